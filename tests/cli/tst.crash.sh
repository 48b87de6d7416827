#!/bin/bash
# The extension in a crash(8) that is faked: each of its calls fails, does not return, is met by ^C.
# What the gdb inside crash says was recorded by tests/crash/record.
. "$(dirname "$0")/lib.sh"

faults=$(dirname "$deadlock")/tests/crash/faults
[ -x "$faults" ] || skip "built without crash's header"
unpack 6.1-cloud-abba
zstd -q -d "$top/tests/crash/gdb-6.1-cloud.zst" -o types
# Without its caches for each thread, malloc knows how many bytes are in use.
GLIBC_TUNABLES=glibc.malloc.tcache_count=0 "$faults" 6.1-cloud-abba.elf types || fail "see above"
