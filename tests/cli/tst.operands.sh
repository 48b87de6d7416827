#!/bin/bash
# Which file is what is told by what is in it, not by its place or its name; a pipe is a dump, and is
# neither waited for nor robbed of its bytes.
. "$(dirname "$0")/lib.sh"

# says STATUS WORDS ARG...
says() {
	local status=$1 words=$2
	shift 2
	run "$status" "$@"
	grep -q -- "$words" err || { cat err >&2; fail "deadlock $*: does not say '$words'"; }
}

unpack hugetlb-6.12
mv hugetlb-6.12.elf dump
cp "$top/vmcores/captures/hugetlb-6.12.elf.zst" dump.zst
echo text >text
gzip -c "$deadlock" >program.gz
zstd -q -c "$deadlock" >program.zst

# A file of another build is refused as VMLINUX, so it was taken for that; a dump as a further part.
# Not every libdw unpacks zstd.
another='another build\|no build-id\|unpack it first'
for program in "$deadlock" program.gz program.zst; do
	says 2 "$another" dump "$program"
done
for program in "$deadlock" program.zst; do
	says 2 "$another" "$program" dump
	says 2 "$another" "$program" dump.zst
done
printf 'KDUMP   ' >part
zstd -q part
xz -k part
for part in part part.zst part.xz; do
	says 2 "no further parts; what is $part?" dump $part
	says 2 "no further parts; what is $part?" dump "$deadlock" $part
done
for part in dump dump.zst; do
	says 2 "$part: an ELF dump is whole" dump "$part"
	says 2 "$part: an ELF dump is whole" dump "$part" "$deadlock"
	says 2 "$part: an ELF dump is whole" dump "$deadlock" "$part"
done
says 2 'text: no vmlinux but a text' dump text
says 2 'text: no vmlinux but a text' text dump
says 2 'no dump but a program' "$deadlock"
says 2 'no dump but a program' "$deadlock" "$deadlock"
says 2 'too many files' dump text text
says 2 'text: no vmlinux but a text' dump "$deadlock" text
says 2 'too many files' dump "$deadlock" "$deadlock" text

# Pipes: nobody writes to this one.
mkfifo fifo
says 2 'fifo: a pipe' dump fifo
says 2 'fifo: a pipe' dump fifo "$deadlock"
run 1 <(cat dump)
says 2 "$another" <(cat dump) "$deadlock"
says 2 "$another" "$deadlock" <(cat dump)
says 2 ': a pipe' dump <(cat dump)
says 2 ': a pipe' dump -
cat dump >fifo &
run 1 fifo
wait
