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

[ "$(stat -c %a dump)" = 600 ] || fail 'others may read a capture'

# Standard output is the capture's, and the report goes to the other.
run 1 --json --capture - dump
mv out piped
mv err report
run 1 --json --capture capture dump
same report out
cmp piped capture
"$deadlock" --capture - dump >/dev/full 2>err && fail 'a full device takes a capture'
grep -q 'No space left' err || fail 'no word of the full device'

# refuse_capture NAME WORDS: at once, within the time that run() gives.
refuse_capture() {
	run 2 --capture "$1" dump
	grep -q "deadlock: $1: $2" err || { cat err >&2; fail "--capture $1 does not say: $2"; }
	[ ! -s out ] || fail "a report beside --capture $1"
}

# What is no file of the user's own is not even opened: a pipe would hang, or hand it to somebody.
mkfifo pipe
refuse_capture pipe 'is no regular file'
refuse_capture /dev/null 'is no regular file'
mkdir folder
refuse_capture folder 'is a folder'
refuse_capture folder/ 'is a folder'
echo precious >victim
ln -s ../victim folder/link
refuse_capture folder/link 'is a link'
ln -s nowhere folder/dangling
refuse_capture folder/dangling 'is a link'
[ "$(cat victim)" = precious ] || fail 'a link led to a file'
[ ! -e folder/nowhere ] || fail 'a link led to a new file'
if [ "$(id -u)" -eq 0 ]; then
	touch foreign
	chown 65534 foreign
	refuse_capture foreign 'belongs to another user'
	[ ! -s foreign ] || fail "another user's file was overwritten"
fi

# Nothing is left behind, however the program ends.
(ulimit -f 100 && run 2 --capture folder/big dump) 2>/dev/null || true
[ "$(ls -A folder)" = $'dangling\nlink' ] || fail "left behind: $(ls -A folder)"
