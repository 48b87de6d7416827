#!/bin/bash
# The extension in a crash(8) that is faked: each of its calls fails, does not return, is met by ^C.
# What the gdb inside crash says was recorded by tests/crash/record: of 6.1 by gdb 10.2, as crash 8.0.2 has it, of
# 6.12 by 16.3, as crash 9.0.2 has it, which gives no offsets of task_struct.
. "$(dirname "$0")/lib.sh"

faults=$(dirname "$deadlock")/tests/crash/faults
[ -x "$faults" ] || skip "built without crash's header"
# Without its caches for each thread, malloc knows how many bytes are in use.
export GLIBC_TUNABLES=glibc.malloc.tcache_count=0
for kernel in 6.1-cloud 6.12-cloud; do
	unpack "$kernel-abba"
	zstd -q -d "$top/tests/crash/gdb-$kernel.zst" -o "types-$kernel"
done
"$faults" 6.1-cloud-abba.elf types-6.1-cloud || fail "see above"
grep -q "^@ .* output/u (.deadlock = (struct task_struct" types-6.12-cloud || fail "of a gdb that gives them"
"$faults" --questions 6.12-cloud-abba.elf types-6.12-cloud || fail "see above, gdb 16"
