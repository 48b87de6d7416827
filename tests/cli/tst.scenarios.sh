#!/bin/bash
# The lab's scenarios on stock kernels, from their captures: verdict, confidence, cycles and how many
# are behind, as vmcores/scenario/expect says; worked out there from what the module does.  A whole capture of
# each kernel is also given packed in each way; of those that are kept as a difference that would take minutes.
. "$(dirname "$0")/lib.sh"

command -v jq >/dev/null || skip "jq is not installed"
whole=()
rest=()
for capture in "$top"/vmcores/captures/*-{cloud,rt}-*.elf.zst; do
	name=${capture##*/}
	name=${name%.elf.zst}
	unpack "$name"
	if [ -e "${capture%.elf.zst}.base" ]; then
		rest+=("$name.elf")
	else
		whole+=("$name.elf")
	fi
done
if [ ${#whole[@]} -lt 5 ] || [ ${#rest[@]} -lt 60 ]; then
	fail "only ${#whole[@]} and ${#rest[@]} captures of scenarios"
fi
export LAB=$tmp DEADLOCK=$deadlock
"$top/vmcores/check-scenarios" "${whole[@]}" || fail "a scenario's answer is wrong"
"$top/vmcores/check-scenarios" --as-it-is "${rest[@]}" || fail "a scenario's answer is wrong"
