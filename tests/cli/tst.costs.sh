#!/bin/bash
# From start to answer, a bundled capture takes at most 0.10 s of CPU and 64 MiB.
. "$(dirname "$0")/lib.sh"

bench=$(dirname "$deadlock")/tests/bench/bench
[ -x "$bench" ] || skip "the bench is not built"
[ -z "${SANITIZED:-}" ] || skip "sanitizers change the costs"
for name in hugetlb-6.12 hugetlb-6.1; do
	unpack $name
	"$bench" -c 0.10 -m 64 $name.elf || fail "$name costs more than it may"
done
