#!/bin/bash
# A VMLINUX of another kernel is refused, also where no VMCOREINFO says which one the dump's is: its
# symbols lead to no notes, but the dump's own do.
. "$(dirname "$0")/lib.sh"

ID=00112233445566778899aabbccddeeff00112233
command -v as >/dev/null || skip "no assembler"
command -v ld >/dev/null || skip "no linker"

# A kernel of a few symbols, which are not where the dump's are.
as -o other.o - <<'ASM'
	.globl _text, _stext, _etext, __start_notes, __stop_notes
	.text
_text:
_stext:	.fill 64, 1, 0x90
_etext:
	.data
__start_notes:
	.fill 64
__stop_notes:
	.section .BTF, "a"
	.fill 64, 1, 0x42
ASM
ld -o other -Ttext=0xffffffff81000000 -Tdata=0xffffffff81234000 --build-id=0x$ID -e 0 other.o

names() { grep -qF -- "$1" err || { cat err >&2; fail "the message does not say '$1'"; }; }

for name in hugetlb-6.12 hugetlb-6.1; do
	unpack $name
	own=$(grep -a -o -m 1 'BUILD-ID=[0-9a-f]*' $name.elf | cut -d= -f2)
	run 2 $name.elf other
	names 'other is of another build'
	names $ID
	names "$own"
	# Its build-id is right, its types are not.
	ld -o damaged -Ttext=0xffffffff81000000 -Tdata=0xffffffff81234000 --build-id=0x"$own" -e 0 other.o
	run 2 $name.elf damaged
	names 'deadlock: damaged: BTF: '
	# No VMCOREINFO: by the kernel's notes.
	sed -i 's/VMCOREINFO/XMCOREINFX/' $name.elf
	run 2 $name.elf other
	names 'other is of another build'
	names $ID
	names "$own"
	# Nor those: whose build it is cannot be known.
	note=$(grep -obUaP "GNU\\0$(printf %s "$own" | sed 's/../\\x&/g')" $name.elf | cut -d: -f1)
	printf X | dd of=$name.elf bs=1 seek="$note" conv=notrunc status=none
	run 2 $name.elf other
	names 'other does not fit'
	names $ID
	! grep -q 'another build' err || fail "it is said to be of another build, which nobody knows"
done
