#!/bin/bash
# A hypervisor's dump that was taken while the capture kernel ran: what is read is the kernel that
# crashed, and it is said that there is another.  In these the first CPU runs the capture kernel.
. "$(dirname "$0")/lib.sh"

says() { grep -qF -- "$1" err || { cat err >&2; fail "the message does not say '$1'"; }; }

# poke FILE WORD OTHER: the first WORD in it becomes OTHER, of the same length
poke() {
	local at
	at=$(grep -obUaF -m 1 -- "$2" "$1" | head -n 1 | cut -d: -f1)
	[ -n "$at" ] || fail "$1 has no $2"
	printf %s "$3" | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

for name in 6.12-cloud-three-two 6.1-cloud-three-two; do
	unpack $name
	mv $name.elf dump
	# By VMCOREINFO, which is that of the kernel that crashed.
	run 1 --json dump
	says 'read is the one that crashed (6.'
	says 'its capture kernel runs, on CPU 0,'
	grep -q '"code": "other-kernel"' out || fail 'no such finding'
	grep -q '"comm": "lab-three-1"' out || fail 'another kernel'
	mv out expected.json
	# The registers are those from before the crash, not the capture kernel's.
	run 1 -s -t 1 dump
	grep -q '#0 .*__crash_kexec' out || { cat out >&2; fail 'not where it crashed'; }
	# Without it the page tables are the capture kernel's, which leads to the other one.  The first is the note.
	poke dump VMCOREINFO XMCOREINFX
	run 1 --json dump
	same expected.json out
	# Where that way is blocked, nothing is said of the capture kernel instead.
	cp dump blocked
	sed -i 's/VMCOREINFO/XMCOREINFX/g' blocked
	run 2 blocked
	says 'blocked: a capture kernel (kdump) runs, and the kernel that crashed is not found: the ELF headers'
	cp dump blocked
	sed -i 's/elfcorehdr=/xlfcorehdr=/g' blocked
	run 2 blocked
	says 'its command line does not say where'
done
