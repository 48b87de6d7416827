# Sourced by every tests/cli/*.sh.  A test is named by what it must show: tst.* that the program
# does a thing, err.* that it refuses one.  DEADLOCK is the program; the test runs in $tmp.
# shellcheck shell=bash
set -euo pipefail
export LC_ALL=C
unset NO_COLOR

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
golden=$top/tests/cli/golden
deadlock=$(realpath "${DEADLOCK:-./deadlock}")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

fail() { printf 'FAIL: %s\n' "$*" >&2; exit 1; }
skip() { printf 'SKIP: %s\n' "$*" >&2; exit 77; }

# run EXPECTED_STATUS ARG...: the program's output in ./out and ./err
run() {
	local expected=$1 rc=0
	shift
	timeout 60 "$deadlock" "$@" >out 2>err </dev/null || rc=$?
	[ "$rc" -eq "$expected" ] || {
		cat err >&2
		fail "deadlock $*: exit status $rc, not $expected"
	}
}

# unpack NAME: the capture NAME as ./NAME.elf; one that has a NAME.base is a difference to that one
unpack() {
	local captures=$top/vmcores/captures base
	local -a patch=()

	[ ! -e "$1.elf" ] || return 0
	(cd "$captures" && sha256sum --quiet --check --ignore-missing SHA256SUMS) ||
		fail "a capture is damaged"
	if [ -e "$captures/$1.base" ]; then
		base=$(cat "$captures/$1.base")
		unpack "$base"
		patch=("--patch-from=$base.elf")
	fi
	zstd -q -d "${patch[@]}" "$captures/$1.elf.zst" -o "$1.elf"
}

# same EXPECTED ACTUAL: compare; with UPDATE_GOLDEN=1 take the actual one as expected, for review
same() {
	if [ "${UPDATE_GOLDEN:-}" = 1 ]; then
		cp "$2" "$1"
	fi
	diff -u "$1" "$2" >&2 || fail "$1 differs"
}
