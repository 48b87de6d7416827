#!/bin/bash
# A file that is no dump, or no VMLINUX, is named, with what to do instead: exit status 2, one line.
# Real files where there is a tool that makes them, else their first bytes.
. "$(dirname "$0")/lib.sh"

# says WORDS ARG...: refused, in a line that has the words
says() {
	local words=$1
	shift
	run 2 "$@"
	[ ! -s out ] || fail "$*: a report"
	[ "$(wc -l <err)" -eq 1 ] || { cat err >&2; fail "$*: not one line"; }
	grep -qF -- "$words" err || { cat err >&2; fail "$*: does not say '$words'"; }
}

# head_of BYTES [OFFSET]: ./head, a file with these bytes (of printf) at the offset, and zeros around them
head_of() {
	truncate -s 0 head
	truncate -s 65536 head
	# shellcheck disable=SC2059  # it is a format
	printf "$1" | dd of=head bs=4096 seek="${2:-0}" oflag=seek_bytes conv=notrunc status=none
}

vmcore='give the vmcore'
memory_only='virsh dump --memory-only'

# --- heads alone: what makes these is not to be had here

for row in 'LibvirtQemudSave saved by libvirt' 'LibvirtQemudPart libvirt has not saved to its end'; do
	head_of "${row%% *}"
	says "${row#* }" head
	says "$memory_only" head
done
for id in '\320\276\320\276' '\322\276\322\276' '\323\276\323\276' '\321\272\321\272' '\322\272\322\272'; do
	head_of "$id"
	says 'a guest of VMware' head
	says vmss2core head
done
head_of '\024\040\050\001'
says 'Hyper-V' head
head_of '\177VirtualBox SavedState V2.0\n'
says 'dumpvmcore' head
for id in '\355\353\017\360' '\356\353\017\360' LinuxGuestRecord 'Xen saved domain, xl format\n' \
	'\377\377\377\377\377\377\377\377XENF'; do
	head_of "$id"
	says Xen head
done
head_of EMiL
says LiME head
head_of AVML
says AVML head
for id in PAGEDUMP PAGEDU64; do
	head_of $id
	says Windows head
done
head_of DISKDUMP
says diskdump head
head_of 'sadump\0\0'
says sadump head
head_of '\355\043\217\141\163\001\031\250'
says LKCD head
head_of '\250\031\001\163\141\217\043\375'
says s390 head
grep -q 'only x86_64 is read' err || fail 'what is read instead of s390'
for id in KDMV '# Disk Desc''riptorFile' vhdxfile conectix; do
	head_of "$id"
	says 'disk image' head
done
head_of '\177\020\332\276' 64
says 'disk image (VDI)' head
head_of CD001 32769
says 'ISO 9660' head
head_of 'EFI PART' 512
says 'disk image' head
head_of HdrS 514
says 'compressed kernel image' head
unpack hugetlb-6.12
says 'head: no vmlinux but a compressed kernel image (bzImage); give vmlinux, or none' hugetlb-6.12.elf head
says 'head: no vmlinux but a compressed kernel image (bzImage); give vmlinux, or none' head hugetlb-6.12.elf
for row in '\211LZO\0\015\012\032\012:lzop' '\004\042\115\030:lz4' '\002\041\114\030:lz4' 'PK\003\004:zip' \
	'7z\274\257\047\034:7z'; do
	head_of "${row%:*}"
	says "${row##*:}" head
	says 'unpack it first' head
done

# --- packed, by the tools

if command -v bzip2 >/dev/null; then
	head -c 100000 hugetlb-6.12.elf | bzip2 -1 >packed
	says 'no dump but a file packed by bzip2; unpack it first (bzip2 -d)' packed
	says 'no vmlinux but a file packed by bzip2; unpack it first (bzip2 -d)' hugetlb-6.12.elf packed
	# Also inside of what is unpacked.
	zstd -q -f packed
	says 'packed by bzip2' packed.zst
	says 'packed by bzip2' <(cat packed)
fi
echo text | gzip >text.packed
says "no dump but a text; $vmcore" text.packed
says 'no vmlinux but a text; give vmlinux, or none' hugetlb-6.12.elf text.packed
tar -cf archive hugetlb-6.12.elf
says 'a tar archive; unpack it first' archive

# --- texts

printf '[    0.000000] Linux version 6.12.1 (x@y) #1 SMP\n[    0.000000] Command line: quiet\n' >log
says 'nothing in its 2 lines tells of a hang' log
printf 'SeaBIOS (version 1)\r\n\r\n[    0.000000] Linux version 6.12.1 (x@y) #1 SMP\r\n' >console
says 'nothing in its 3 lines tells of a hang' console
printf 'ffffffff81000000 T _text\nffffffff81000000 T startup_64\n' >System.map
says "a list of symbols (System.map); $vmcore" System.map
says 'no vmlinux but a list of symbols (System.map); give vmlinux, or none' hugetlb-6.12.elf System.map
echo 'hung again' >text
says "no dump but a text; $vmcore" text

# --- ELF

says "a program or a shared library; $vmcore" "$deadlock"
# A dump, however large, and whatever stands in it.
truncate -s 32M hugetlb-6.12.elf
printf 'Linux version 6.12.1-test (x@y) #1 SMP' |
	dd of=hugetlb-6.12.elf bs=4096 seek=20M oflag=seek_bytes conv=notrunc status=none
run 1 hugetlb-6.12.elf
if command -v as >/dev/null && command -v ld >/dev/null; then
	printf '\t.globl _text\n_text:\t.fill 64, 1, 0x90\n' | as -o object.o -
	says "an object file; $vmcore" object.o
	says 'a module or object file' hugetlb-6.12.elf object.o
	ld -o vmlinux -Ttext=0xffffffff81000000 -e 0 object.o
	says "a kernel's vmlinux; give the dump, too" vmlinux
	printf '\t.section .modinfo,"a"\n\t.asciz "license=GPL"\n' | as -o module.ko -
	says "a kernel module; $vmcore" module.ko
	if command -v objcopy >/dev/null; then
		# Section headers, and no others: as docs/misc/dump-core-format.txt of Xen says.
		printf '\t.section .note.Xen,"",@note\n\t.fill 64\n' | as -o xen -
		printf '\004\000' | dd of=xen bs=1 seek=16 conv=notrunc status=none
		says 'a dump of Xen' xen
	fi
else
	echo 'no assembler or no linker: kernel, module and object file are not tried' >&2
fi

# The core of a process: this shell's child, by the kernel, if it writes cores here, and by gcore.
ulimit -c unlimited
if [ "$(cat /proc/sys/kernel/core_pattern)" = core ]; then
	{ bash -c 'kill -ABRT $$' || :; } 2>/dev/null
	cat core core.* >the-core 2>/dev/null || :
	says "the core of a process; $vmcore" the-core
else
	echo 'no cores are written into this folder: the core of a process by the kernel is not tried' >&2
fi
if command -v gcore >/dev/null; then
	sleep 60 &
	if gcore -o gcore $! >/dev/null 2>&1; then
		says "the core of a process; $vmcore" gcore.$!
	else
		echo 'gcore may not trace: not tried' >&2
	fi
	kill $!
fi

# --- QEMU: a guest that never ran is saved in the ways that are no dump

drive=() savevm=info\ status
if command -v qemu-img >/dev/null; then
	qemu-img create -q -f qcow2 disk.qcow2 16M
	drive=(-drive 'file=disk.qcow2,if=virtio') savevm='savevm lab'
else
	echo 'no qemu-img: no snapshot by savevm is tried' >&2
	head_of 'QFI\373'
	mv head disk.qcow2
fi
if command -v qemu-system-x86_64 >/dev/null; then
	{
		printf '%s\n' 'migrate_set_parameter max-bandwidth 1G' "$savevm" "pmemsave 0 0x2000000 \"$tmp/raw\"" \
			"migrate \"exec:cat >$tmp/stream\"" quit
	} | timeout 60 qemu-system-x86_64 -S -accel tcg -m 32 -nic none -display none -serial none "${drive[@]}" \
		-monitor stdio >qemu.log 2>&1 || { cat qemu.log >&2; fail 'QEMU'; }
	says 'a migration stream of QEMU; take the dump by virsh dump --memory-only' stream
	# As a kernel would have it there, over the border of two chunks that are searched.
	says 'not a dump' raw
	printf 'Linux version 6.12.1-test (x@y) #1 SMP' |
		dd of=raw bs=1 seek=$((0x1000000 - 20)) conv=notrunc status=none
	says 'has Linux 6.12.1-test in it: raw memory' raw
	ln raw guest.vmem
	says 'the raw memory of a guest of VMware; convert it, with its .vmss' guest.vmem
else
	echo 'no QEMU: its files are not tried' >&2
fi
says 'a disk image (qcow2), maybe with a snapshot of savevm' disk.qcow2
