#!/bin/bash
# A capture cut anywhere ends in a message or in a report that says what is missing; never in a
# crash, a hang, or another deadlock than the true one.
. "$(dirname "$0")/lib.sh"

unpack hugetlb-6.1
size=$(stat -c %s hugetlb-6.1.elf)
for part in 0 1 2 3 4 6 8 12 16 24 32 48 64 80 96 112 120 126 127; do
	head -c $((size * part / 128)) hugetlb-6.1.elf >cut.elf
	rc=0
	timeout 60 "$deadlock" --json cut.elf >out 2>err || rc=$?
	case $rc in
	0) fail "cut at $part/128: no deadlock" ;;
	3) grep -q '"complete": false' out || fail "cut at $part/128: complete" ;;
	1) grep -q '"comm": "puncher"' out || fail "cut at $part/128: another deadlock" ;;
	2) grep -qE 'cut off|is empty' err || fail "cut at $part/128: not a word of the cut: $(cat err)" ;;
	*) cat err >&2; fail "cut at $part/128: exit status $rc" ;;
	esac
done
