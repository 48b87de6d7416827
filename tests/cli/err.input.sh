#!/bin/bash
# Bad input ends in exit status 2 and one message that names it, or in a report that says what is
# missing; soon, and never in a crash.
. "$(dirname "$0")/lib.sh"

LIMIT=5
[ -z "${SANITIZED:-}" ] || LIMIT=20

# Bytes in octal, little-endian: le SIZE NUMBER
le() {
	local i

	for ((i = 0; i < $1; i++)); do
		printf '%b' "\\0$(printf '%03o' $((($2 >> (i * 8)) & 255)))"
	done
}

# be NUMBER: eight bytes, big-endian
be() {
	local i

	for ((i = 56; i >= 0; i -= 8)); do
		printf '%b' "\\0$(printf '%03o' $((($1 >> i) & 255)))"
	done
}

# elf TYPE MACHINE HEADERS: an ELF header, 64 bytes, and the program headers behind it
elf() {
	printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0'
	le 2 "$1"
	le 2 "$2"
	le 4 1
	le 8 0
	le 8 64
	le 8 0
	le 4 0
	le 2 64
	le 2 56
	le 2 "$3"
	le 6 0
}

# header TYPE OFFSET ADDRESS SIZE: a program header
header() {
	le 4 "$1"
	le 4 7
	le 8 "$2"
	le 8 0
	le 8 "$3"
	le 8 "$4"
	le 8 "$4"
	le 8 0
}

# poke FILE OFFSET: overwrite with stdin
poke() {
	dd of="$1" bs=4096 seek="$2" oflag=seek_bytes conv=notrunc status=none
}

# try ARG...: run within the limit; the status in $rc
try() {
	rc=0
	timeout -k 1 $LIMIT "$deadlock" --json "$@" >out 2>err || rc=$?
	case $rc in
	124 | 137) fail "$*: not done after $LIMIT s" ;;
	0 | 1 | 2 | 3) ;;
	*) cat err >&2; fail "$*: exit status $rc" ;;
	esac
}

# refuse NAME WORDS: NAME is refused with one line that says NAME and WORDS
refuse() {
	try "$1"
	[ $rc -eq 2 ] || fail "$1: exit status $rc, not 2"
	[ ! -s out ] || fail "$1: a report"
	[ "$(wc -l <err)" -eq 1 ] || { cat err >&2; fail "$1: not one line"; }
	grep -qF -- "$1" err || { cat err >&2; fail "$1: is not named"; }
	grep -q -- "$2" err || { cat err >&2; fail "$1: the message does not say '$2'"; }
}

# survive NAME: refused with a message, or a report that cannot tell or has the true deadlock; it is
# never denied
survive() {
	try "$1"
	case $rc in
	0) fail "$1: no deadlock" ;;
	1) grep -q '"comm": "puncher"' out || fail "$1: another deadlock" ;;
	2) grep -qF -- "$1" err || { cat err >&2; fail "$1: is not named"; } ;;
	3) grep -qE '"verdict": "(unknown|possible-deadlock)"' out || fail "$1: exit status 3" ;;
	esac
}

# noise SIZE NUMBER: the same bytes each time, without order: compressed data
noise() { head -c $(($2 * 70000 + $1)) "$top/vmcores/captures/hugetlb-6.1.elf.zst" | tail -c "$1"; }

# --- no dump

refuse /dev/null 'not a regular file'
refuse /dev/zero 'not a regular file'
seq 1000 >text
refuse text 'no dump but a text'
{ printf '#!/bin/sh\n'; head -c 65536 /dev/zero; } >script
refuse script 'not a dump'
refuse "$deadlock" 'no dump but a program'
{ elf 4 183 1; header 1 4096 0 4096; head -c 8192 /dev/zero; } >aarch64
refuse aarch64 'another architecture'
{ elf 4 62 0; head -c 8192 /dev/zero; } >headerless
refuse headerless 'without memory'
{ elf 4 62 1; header 1 120 0 4096; } >memoryless
refuse memoryless .
if [ "$(id -u)" -ne 0 ]; then
	echo x >secret
	chmod 0 secret
	refuse secret 'Permission denied'
elif command -v setpriv >/dev/null && (chmod 711 . && setpriv --reuid 65534 --clear-groups true); then
	echo x >secret
	chmod 0 secret
	deadlock_as_root=$deadlock
	printf '#!/bin/sh\nexec setpriv --reuid 65534 --clear-groups "%s" "$@"\n' "$deadlock" >nobody
	chmod 755 nobody
	if setpriv --reuid 65534 --clear-groups test -x "$deadlock"; then
		deadlock=$PWD/nobody
		refuse "$PWD/secret" 'Permission denied'
	else
		echo 'no permission: not tried, another user cannot run the program' >&2
	fi
	deadlock=$deadlock_as_root
else
	echo 'no permission: not tried, root may read all, and there is no setpriv' >&2
fi

# --- streams that end early

unpack hugetlb-6.1
mkfifo fifo
for size in 0 7 64 4096 100000; do
	head -c $size hugetlb-6.1.elf >fifo &
	refuse fifo .
	wait
done
head -c 3000000 hugetlb-6.1.elf >fifo &
survive fifo
wait

# The capture as it is in the tree is a zstd file.
zst=$top/vmcores/captures/hugetlb-6.1.elf.zst
for size in 4 5 18 1000 700000 $(($(stat -c %s "$zst") - 1)); do
	head -c "$size" "$zst" >cut.zst
	refuse cut.zst 'cut off'
done
cp "$zst" damaged.zst
noise 64 1 | poke damaged.zst 500000
survive damaged.zst
if command -v xz >/dev/null; then
	head -c 300000 hugetlb-6.1.elf | xz -1 >small.xz
	for size in 6 12 13 1000 $(($(stat -c %s small.xz) - 1)); do
		head -c "$size" small.xz >cut.xz
		refuse cut.xz 'cut off'
	done
fi

# segment OFFSET SIZE: its head in a flattened stream
segment() { be "$1"; be "$2"; }
flat_header() { printf 'makedumpfile\0\0\0\0'; be 1; be 1; head -c 4064 /dev/zero; }
size=$(stat -c %s hugetlb-6.1.elf)
half=$((size / 2))
{
	flat_header
	segment $half $((size - half))
	tail -c +$((half + 1)) hugetlb-6.1.elf
	segment 0 $half
	head -c $half hugetlb-6.1.elf
	segment -1 -1
} >flat
try flat
[ $rc -eq 1 ] || fail "a flattened stream: exit status $rc"
whole=$(stat -c %s flat)
for size in 16 31 32 4095 4096 4100 4111 4112 4113 $((half + 2000)) $((whole - 17)) $((whole - 16)) \
	$((whole - 1)); do
	head -c "$size" flat >flat.cut
	refuse flat.cut 'cut off'
done
for lie in '-2 16' '0 0' '0 -1' '0 -9223372036854775808' '9223372036854775807 16' \
	'70368744177664 1' '1 70368744177664' '0 9223372036854775807'; do
	read -ra numbers <<<"$lie"
	{ flat_header; segment "${numbers[@]}"; head -c 64 /dev/zero; segment -1 -1; } >flat.lie
	refuse flat.lie 'flattened dump has a segment'
done
{ flat_header; segment 0 4096; head -c 4096 /dev/zero; segment -1 -1; } >flat.zeros
refuse flat.zeros 'not a dump'

# --- captures that lie

# Zeros and noise in the middle: the first quarter is mostly types and symbols.
pages=$(($(stat -c %s hugetlb-6.1.elf) / 4096))
for part in 1 2 3 4 5 6 7 8 9; do
	page=$((pages * part / 10))
	cp hugetlb-6.1.elf zeroed
	head -c 65536 /dev/zero | poke zeroed $((page * 4096))
	survive zeroed
	noise 65536 $part | poke zeroed $((page * 4096))
	survive zeroed
done

# note_lie OFFSET SIZE NUMBER: a copy with a number written over its notes
offset=$(($(od -An -tu8 -j 72 -N 8 hugetlb-6.1.elf)))
size_at=$((64 + 32))
note_lie() {
	cp hugetlb-6.1.elf lie
	le "$2" "$3" | poke lie "$1"
	survive lie
}
for number in 0 1 4 255 65536 4294967295; do
	note_lie $offset 4 $number          # length of a name
	note_lie $((offset + 4)) 4 $number  # length of a note
	note_lie $((offset + 8)) 4 $number  # its type
	note_lie $size_at 8 $number         # all notes
	note_lie 72 8 $number               # where they are
	note_lie 56 2 $number               # how many program headers
	note_lie 54 2 $number               # how large each is
	note_lie 32 8 $number               # where they are
	note_lie 40 8 $number               # where section headers are
done
note_lie $size_at 8 -1
note_lie 72 8 -1
note_lie 32 8 -1

# As many CPUs as there is room for.
{
	elf 4 62 2
	header 4 4096 0 $((9000 * 20))
	header 1 192000 0 4096
	head -c $((4096 - 176)) /dev/zero
	for ((i = 0; i < 9000; i++)); do
		printf '\5\0\0\0\0\0\0\0\1\0\0\0CORE\0\0\0\0'
	done
	head -c 12000 /dev/zero
} >cpus
refuse cpus .
