#!/bin/bash
# What is no dump is refused: exit status 2, nothing on stdout, one message that names the file.
. "$(dirname "$0")/lib.sh"

refuse() {
	run 2 "$@"
	[ ! -s out ] || fail "$*: wrote to stdout"
	[ "$(wc -l <err)" -ge 1 ] || fail "$*: no message"
}

names() { grep -q -- "$1" err || { cat err >&2; fail "the message does not say '$1'"; }; }

refuse missing.elf
names missing.elf
names 'No such file'
mkdir dir
refuse dir
names 'not a regular file'
: >empty
refuse empty
names empty
tail -c 100000 "$top/vmcores/captures/hugetlb-6.1.elf.zst" >random
refuse random
names 'not a dump'
refuse
names 'VMCORE'
refuse --no-such-option x
unpack hugetlb-6.12
refuse hugetlb-6.12.elf hugetlb-6.12.elf
refuse --task 999999 hugetlb-6.12.elf
names 999999
refuse --lock 0x1234 hugetlb-6.12.elf
names 0x1234
# The report is there all the same; only the capture could not be written.
run 2 --capture /no/such/dir/file hugetlb-6.12.elf
names /no/such/dir/file
# A limit on the size of files is a message, not a signal: here for the temporary file.
(ulimit -f 100 && refuse "$top/vmcores/captures/hugetlb-6.12.elf.zst")
names 'File too large'
