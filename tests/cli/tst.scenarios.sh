#!/bin/bash
# The lab's scenarios on stock kernels, from their captures: verdict, confidence, cycles and how many
# are behind, as vmcores/scenario/expect says; worked out there from what the module does.
. "$(dirname "$0")/lib.sh"

command -v jq >/dev/null || skip "jq is not installed"
dumps=()
for capture in "$top"/vmcores/captures/*-{cloud,rt}-*.elf.zst; do
	name=${capture##*/}
	name=${name%.elf.zst}
	unpack "$name"
	dumps+=("$name.elf")
done
[ ${#dumps[@]} -ge 20 ] || fail "only ${#dumps[@]} captures of scenarios"
LAB=$tmp DEADLOCK=$deadlock "$top/vmcores/check-scenarios" "${dumps[@]}" || fail "a scenario's answer is wrong"
