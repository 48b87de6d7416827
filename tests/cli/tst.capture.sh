#!/bin/bash
# A capture answers as what it was made from, also a capture of a capture; and it is not larger than
# what it was made from.
. "$(dirname "$0")/lib.sh"

unpack hugetlb-6.12
mv hugetlb-6.12.elf dump
run 1 --json dump
mv out expected.json
run 1 --json --capture capture dump
same expected.json out
[ "$(stat -c %s capture)" -le "$(stat -c %s dump)" ] || fail "the capture has grown"

# Under the same name, since the report names its source.
mv capture dump
run 1 --json dump
same expected.json out

# What is read is never written over, whatever it is called.
cp dump before
# shellcheck disable=SC2094
timeout 60 "$deadlock" --capture dump - <dump >out 2>err && fail 'the dump may be overwritten'
grep -q 'must not overwrite' err || fail 'no word of overwriting'
cmp before dump

# Written in place: it is no file.
run 1 --capture /dev/null dump
run 2 --capture /dev/full dump
[ -c /dev/full ] || fail '/dev/full is gone'
[ "$(stat -c %a dump)" = 600 ] || fail 'others may read a capture'
