#!/bin/bash
# The lab's scenarios on stock kernels, from their captures: verdict, confidence, cycles and how many
# are behind, as vmcores/scenario/expect says; worked out there from what the module does.  The first of each
# kernel is also given packed in each way; with all of them that would take minutes.
. "$(dirname "$0")/lib.sh"

command -v jq >/dev/null || skip "jq is not installed"
first=()
rest=()
kernel=
for capture in "$top"/vmcores/captures/*-{cloud,rt}-*.elf.zst; do
	name=${capture##*/}
	name=${name%.elf.zst}
	unpack "$name"
	if [[ -n $kernel && $name == "$kernel"-* ]]; then
		rest+=("$name.elf")
	else
		kernel=$(sed -E 's/-(cloud|rt)-.*/-\1/' <<<"$name")
		first+=("$name.elf")
	fi
done
if [ ${#first[@]} -lt 5 ] || [ ${#rest[@]} -lt 60 ]; then
	fail "only ${#first[@]} and ${#rest[@]} captures of scenarios"
fi
export LAB=$tmp DEADLOCK=$deadlock
"$top/vmcores/check-scenarios" "${first[@]}" || fail "a scenario's answer is wrong"
"$top/vmcores/check-scenarios" --as-it-is "${rest[@]}" || fail "a scenario's answer is wrong"
