#!/bin/bash
# Without VMCOREINFO - the usual QEMU dump - the kernel is found by the CPUs' CR3 and kallsyms by
# searching the image; the answer is the same.  The note's name is spoilt, so that nobody reads it.
. "$(dirname "$0")/lib.sh"

for name in hugetlb-6.12 hugetlb-6.1 6.12-cloud-three 6.1-cloud-abba 6.12-rt-three; do
	unpack $name
	mv $name.elf dump
	run 1 --json dump
	mv out expected.json
	grep -c VMCOREINFO dump >/dev/null || fail "$name has no VMCOREINFO to begin with"
	sed -i 's/VMCOREINFO/XMCOREINFX/' dump
	run 1 --json dump
	same expected.json out
	rm dump
done
