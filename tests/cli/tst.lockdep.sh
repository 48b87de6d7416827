#!/bin/bash
# The held locks of the captures with lockdep are those that the kernel itself listed (captures/NAME.locks,
# from the console log) and those that the scenarios take; and what the lockdep scenarios are.
. "$(dirname "$0")/lib.sh"

command -v jq >/dev/null || skip "jq is not installed"
dumps=() scenarios=()
for list in "$top"/vmcores/captures/*.locks; do
	name=${list##*/}
	name=${name%.locks}
	unpack "$name"
	cp "$list" .
	dumps+=("$name.elf")
	[[ $name = hugetlb-* ]] || scenarios+=("$name.elf")
done
[ ${#dumps[@]} -ge 8 ] || fail "only ${#dumps[@]} captures with the kernel's own list"
export LAB=$tmp DEADLOCK=$deadlock
"$top/vmcores/check-lockdep" "${dumps[@]}" || fail "held locks are wrong"
"$top/vmcores/check-scenarios" "${scenarios[@]}" || fail "a scenario's answer is wrong"
