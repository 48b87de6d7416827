# Sourced by tests/cli/tst.crash-*.sh: the extension in a crash(8) that is faked.  What the gdb inside crash says was
# recorded by tests/crash/record: of 6.1 by gdb 10.2, as crash 8.0.2 has it, of 6.12 by 16.3, as crash 9.0.2 has it, which
# gives no offsets of task_struct.
# shellcheck shell=bash source-path=SCRIPTDIR source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

faults=$(dirname "$deadlock")/tests/crash/faults
[ -x "$faults" ] || skip "built without crash's header"
# Without its caches for each thread, malloc knows how many bytes are in use.
export GLIBC_TUNABLES=glibc.malloc.tcache_count=0

# let_fail KERNEL PART: a part of the faults, with the dump of the scenario abba and what gdb says of its types, types-KERNEL.
let_fail() {
	local kernel=$1

	shift
	unpack "$kernel-abba"
	zstd -q -d -f "$top/tests/crash/gdb-$kernel.zst" -o "types-$kernel"
	"$faults" "$@" "$kernel-abba.elf" "types-$kernel" || fail "see above, $kernel"
}
