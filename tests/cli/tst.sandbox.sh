#!/bin/bash
# Whoever takes the program over by what it is given to read cannot get out of it.
. "$(dirname "$0")/lib.sh"

[ -z "${SANITIZED:-}" ] || skip 'the sanitizers need what the sandbox takes; they have none'
[ "${SECCOMP:-}" = yes ] || skip 'built without libseccomp'
[ -e "$INVADER_SO" ] || fail "no $INVADER_SO"

mkdir t
export TMPDIR=$PWD/t
unpack hugetlb-6.12
zstd -q hugetlb-6.12.elf
echo kept >precious

ways=('read a file' 'write a file' 'remove a file' 'make a socket' connect 'start a process' 'run a program'
	'trace a process' 'make code' 'change code' 'kill somebody')

# invade ARG...: as run 1; what the invader came to is in ./came
invade() {
	local rc=0

	timeout 60 env INVADER=try LD_PRELOAD="$INVADER_SO" "$deadlock" "$@" >out 2>came </dev/null || rc=$?
	[ $rc -eq 1 ] || { cat came >&2; fail "deadlock $*: exit status $rc, not 1"; }
	grep -q '^DEADLOCK: ' out || fail "deadlock $*: no report"
}

# barred ARG...: nothing that the invader tries is allowed
barred() {
	local way

	invade "$@"
	for way in "${ways[@]}"; do
		grep -q "^$way: \(Operation not permitted\|Permission denied\)$" came || {
			cat came >&2
			fail "deadlock $*: who has taken it over can $way"
		}
	done
	[ ! -e invaded ] || fail "deadlock $*: a file was written"
	[ "$(cat precious)" = kept ] || fail "deadlock $*: a file is gone"
}

# Without the sandbox the way out is open: the test can tell.
invade --no-sandbox hugetlb-6.12.elf
for way in "${ways[@]}"; do
	! grep -q "^$way: Operation not permitted$" came || fail "without the sandbox: $way is barred"
done
grep -q '^read a file: done$' came || fail 'without the sandbox no file can be read'
rm -f invaded
echo kept >precious

barred hugetlb-6.12.elf
barred -s -v hugetlb-6.12.elf
barred hugetlb-6.12.elf.zst
[ -z "$(ls -A t)" ] || fail "left $(ls -A t)"

# Of a capture the names of its folder are left, and only those.
mkdir folder
timeout 60 env INVADER=try LD_PRELOAD="$INVADER_SO" "$deadlock" --capture folder/c hugetlb-6.12.elf >out 2>came || true
[ "$(ls -A folder)" = c ] || fail "--capture in the sandbox: $(ls -A folder)"
[ ! -e invaded ] || fail '--capture: a file was written elsewhere'
grep -q '^read a file: ' came || fail 'the invader was not there'
! grep -q '^\(read a file\|write a file\|make a socket\|connect\|start a process\|make code\): done' came ||
	{ cat came >&2; fail '--capture opens a way out'; }

# Again over what is there; the answer is that of the whole.
run 1 --capture folder/c hugetlb-6.12.elf
run 1 folder/c
[ "$(ls -A folder)" = c ] || fail "--capture twice: $(ls -A folder)"
