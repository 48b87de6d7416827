#!/bin/bash
# A small file costs little, whatever it unpacks to: it is refused with a sentence, within seconds,
# and nothing is left of it.
. "$(dirname "$0")/lib.sh"

CPU=2
MEMORY=$((256 * 1024))
FILE=$((320 * 1024))
if [ -n "${SANITIZED:-}" ]; then
	CPU=20
	MEMORY=unlimited
fi
mkdir t
export TMPDIR=$PWD/t
ulimit -c 0

# refuse WORDS ARG...: exit status 2, one message with WORDS; little time, memory and disk
refuse() {
	local words=$1 rc=0
	shift
	(
		ulimit -t $CPU
		ulimit -v $MEMORY
		ulimit -f $FILE
		exec "$deadlock" "$@" >out 2>err </dev/null
	) || rc=$?
	[ $rc -eq 2 ] || { cat err >&2; fail "$*: exit status $rc, not 2"; }
	[ "$(grep -c '^deadlock: ' err)" -eq 1 ] || { cat err >&2; fail "$*: not one message"; }
	tr '\n' ' ' <err | grep -q -- "$words" || { cat err >&2; fail "$*: does not say '$words'"; }
	[ -z "$(ls -A t)" ] || fail "$*: left $(ls -A t)"
}

# twice FILE TIMES: the file's content doubled TIMES times
twice() {
	local i

	for ((i = 0; i < $2; i++)); do
		cat "$1" "$1" >"$1.more"
		mv "$1.more" "$1"
	done
}

# runs BYTE TIMES: a zstd frame of 2^TIMES blocks of 128 KiB, of four bytes each: all of them BYTE
runs() {
	printf '\002\000\020%b' "$1" >blocks
	twice blocks "$2"
	printf '\050\265\057\375\000\070'
	cat blocks
	printf '\003\000\020%b' "$1"
}

# octal I: a byte by its number
for ((i = 0; i < 256; i++)); do
	printf -v "octal[i]" '\\%03o' $i
done

# be VALUE: eight bytes, big-endian; le SIZE VALUE: little-endian
be() {
	local i text=

	for ((i = 56; i >= 0; i -= 8)); do
		text+=${octal[$1 >> i & 255]}
	done
	# shellcheck disable=SC2059 # it is a format on purpose
	printf "$text"
}
le() {
	local i text=

	for ((i = 0; i < $1; i++)); do
		text+=${octal[$2 >> (i * 8) & 255]}
	done
	# shellcheck disable=SC2059
	printf "$text"
}

more='unpacks to more than 1000 times its size'
zeros='unpacks to zeros of more than 4096 times its size'
ask='give --max-unpack SIZE'

# --- dumps: what a few bytes unpack to, packed again and again

runs A 23 | zstd -q | zstd -q | zstd -q >tib.zst
[ "$(stat -c %s tib.zst)" -lt 4096 ] || fail "no bomb"
refuse "tib.zst: it $more" tib.zst
refuse "$ask" tib.zst
refuse "$more" <(cat tib.zst)
runs '\000' 23 | zstd -q | zstd -q >zeros.zst
refuse "zeros.zst: it $zeros" zeros.zst
refuse "$zeros" <(cat zeros.zst)
runs '\000' 17 >one-layer.zst
refuse "$zeros" one-layer.zst
# A dump that goes on in a bomb.
unpack hugetlb-6.12
mv hugetlb-6.12.elf dump
{ head -c 200000 dump | zstd -q; runs A 23; } | zstd -q >goes-on.zst
refuse "$more" goes-on.zst
# As VMLINUX or further part only the beginning is looked at, before it is refused.
refuse 'times its size' tib.zst dump
refuse 'times its size' dump tib.zst
for tool in xz gzip; do
	head -c 64M /dev/zero | $tool -6 >"zeros.$tool"
	twice "zeros.$tool" 6
done
refuse "$zeros" zeros.xz
# gzip makes no more than a thousand of one: that is a file of its size.
head -c 96M /dev/zero | tr '\0' A | gzip -9 | gzip -9 >letters.gz
refuse "$more" letters.gz
xz -c tib.zst | gzip | zstd -q | zstd -q >deep
refuse 'packed more than 4 times' deep
rm tib.zst one-layer.zst goes-on.zst blocks

# --- a flattened dump in pieces: a byte each, a block of the disk for each

{
	printf 'makedumpfile\0\0\0\0'
	be 1
	be 1
	head -c 4064 /dev/zero
	for ((i = 0; i < 20000; i++)); do
		text='\0\0\0\0'
		for ((j = 24; j >= 0; j -= 8)); do
			text+=${octal[i * 4096 >> j & 255]}
		done
		# shellcheck disable=SC2059
		printf "$text"'\0\0\0\0\0\0\0\1x'
	done
} >pieces
refuse 'pieces so small that they take more than 8 times its size' pieces
zstd -q pieces
refuse 'times its size' pieces.zst

# --- memory that unpacking takes

head -c 1M dump | xz --lzma2=dict=192MiB,mf=hc3,mode=fast >window.xz
refuse 'more than 128 MiB of memory' window.xz
head -c 1M dump | zstd -q -1 --long=28 -c >window.zst
refuse 'more than 128 MiB of memory' window.zst
head -c 1M dump | zstd -q -1 --long=27 -c >window.zst
refuse 'cut off\|ends\|no task' window.zst

# --- VMLINUX

# An ELF header, and a lot behind it: nothing unpacks it but the same gate.
{
	printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0'
	le 2 2
	le 2 62
	le 4 1
	head -c 40 /dev/zero
} >head.elf
vmlinux='unpacks to .*more than 100 times its size'
for tool in gzip xz; do
	{ $tool -c head.elf; cat "zeros.$tool"; } >vmlinux.$tool
	refuse "vmlinux.$tool: it $vmlinux" dump vmlinux.$tool
	refuse "vmlinux.$tool: it $vmlinux" vmlinux.$tool dump
done
{ zstd -q -c head.elf; runs A 16; } >vmlinux.zst
refuse "vmlinux.zst: it $vmlinux" dump vmlinux.zst
gzip -c vmlinux.xz >vmlinux.xz.gz
refuse "$vmlinux" dump vmlinux.xz.gz
head -c 16M /dev/zero >filler
for tool in bzip2 'xz --format=lzma'; do
	command -v "${tool%% *}" >/dev/null || continue
	cat head.elf filler | $tool -c >vmlinux.other
	refuse "vmlinux.other: .*unpack it first" dump vmlinux.other
	refuse "vmlinux.other: .*unpack it first" vmlinux.other dump
done
rm filler zeros.* vmlinux.*

# Sections that declare more than there is: of the debugging information, of the names of the sections.

# sections NAME TYPE FLAGS... : an ELF file of three sections, of 64 bytes each.  The second has the NAME and
# the stdin as its content, the third the names, or the same content.
sections() {
	local name=$1 flags=$2 names_flags=$3 names_at=$4

	printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0'
	le 2 2
	le 2 62
	le 4 1
	le 8 0
	le 8 0
	le 8 64
	le 4 0
	for field in 64 56 0 64 3 2; do
		le 2 $field
	done
	head -c 64 /dev/zero
	section 1 1 "$flags" 320
	section 0 3 "$names_flags" "$names_at"
	{ printf '\0%s\0' "$name"; head -c 64 /dev/zero; } | head -c 64
	{ cat; head -c 64 /dev/zero; } | head -c 64
}

# section NAME TYPE FLAGS OFFSET: a header
section() {
	le 4 "$1"
	le 4 "$2"
	le 8 "$3"
	le 8 0
	le 8 "$4"
	le 8 64
	le 8 0
	le 8 1
	le 8 0
}

compressed=$((0x800))
declares='its compressed sections: it unpacks to more than'
for type in 1 2; do
	{ le 4 $type; le 4 0; le 8 $((1 << 40)); le 8 1; } >content
	sections .debug_info $compressed 0 256 <content >debug
	refuse "debug: $declares" dump debug
	sections .debug_info 0 $compressed 320 <content >debug
	refuse "debug: $declares" dump debug
done
{ printf ZLIB; be $((1 << 40)); } | sections .zdebug_info 0 0 256 >debug
refuse "debug: $declares" dump debug
zstd -q debug
refuse "debug.zst: $declares" dump debug.zst

# --- a kdump-compressed dump of which all pages are one

# 4 GiB of memory: 2^20 page frames, 32 blocks a bitmap, all descriptors the same.
page=$(((2 + 64) * 4096 + (1 << 20) * 24))
head -c 4096 /dev/zero | tr '\0' '\177' | zstd -q --no-check >page.zst
size=$(stat -c %s page.zst)
{ le 8 $page; le 4 "$size"; le 4 32; le 8 0; } >descs
twice descs 20
{
	printf 'KDUMP   '
	le 4 6
	head -c 260 /dev/zero
	printf 'x86_64'
	head -c 150 /dev/zero
	le 4 4096
	le 4 1
	le 4 64
	le 4 $((1 << 20))
	head -c $((4096 - 444 + 96)) /dev/zero
	le 8 $((1 << 20))
	head -c $((4096 - 104)) /dev/zero
	head -c $((64 * 4096)) /dev/zero | tr '\0' '\377'
	cat descs page.zst
} >same
refuse 'same: ' same
zstd -q same
refuse 'same.zst: ' same.zst
rm same same.zst descs

# --- --max-unpack

runs A 10 >letters.zst
refuse "$more" letters.zst
refuse 'not a dump\|no dump' --max-unpack 1G letters.zst
refuse 'unpacks to more than 100 MiB' --max-unpack 100M letters.zst
refuse 'unpacks to more than 1 MiB' --max-unpack 1024k letters.zst
zstd -q -c dump >dump.zst
run 1 --max-unpack 1T dump.zst
refuse 'unpacks to more than 1 MiB' --max-unpack 1048576 dump.zst
# The parts of a dump count together, and so does VMLINUX.
for size in '' 0 x -1 1Q 1KK K '1 K' 0x10 16777216T 99999999999999999999; do
	refuse "'$size' is no size" --max-unpack "$size" dump
done

# --- the disk

# small COMMAND...: with a file system of 64 MiB as temporary folder
small() {
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare -rm bash -c 'mount -t tmpfs -o size=64M none t && "$@"' small "$@"
}
if small true 2>/dev/null; then
	head -c 100M /dev/urandom | zstd -q -1 >random.zst
	rc=0
	small "$deadlock" random.zst >out 2>err || rc=$?
	[ $rc -eq 2 ] || fail "a disk that gets full: exit status $rc"
	grep -q 'less than 2 MiB free in .*/t; set TMPDIR' err || { cat err >&2; fail "a full disk"; }
	rm random.zst
else
	echo 'a small disk: not tried, there is no mount namespace' >&2
fi

# --- killed outright

mkfifo fifo
"$deadlock" fifo >/dev/null 2>&1 &
pid=$!
exec 3>fifo
head -c 4M dump >&3
for ((i = 0; i < 1000; i++)); do
	# Of the files that it has open the one in the folder.
	open=$(find /proc/$pid/fd -lname "$TMPDIR/*" 2>/dev/null || true)
	[ -z "$open" ] || break
done
[ -n "$open" ] || fail "no temporary file is open"
[ "$(stat -L -c %a "$open")" = 600 ] || fail "others may read the temporary file"
[ -z "$(ls -A t)" ] || fail "the temporary file has a name"
kill -9 $pid
wait $pid 2>/dev/null || true
exec 3>&-
[ -z "$(ls -A t)" ] || fail "killed, it left $(ls -A t)"
