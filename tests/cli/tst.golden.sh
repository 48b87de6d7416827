#!/bin/bash
# The bundled captures give the expected text and JSON, without VMLINUX.  The golden files were
# checked against the kernel's own words (hung-task reports, sysrq-w) in the lab's console logs;
# UPDATE_GOLDEN=1 writes them anew, to be checked again.
. "$(dirname "$0")/lib.sh"

# check NAME MOVER_PID EXIT_STATUS
check() {
	unpack "$1"
	run "$3" "$1.elf"
	same "$golden/$1.txt" out
	run "$3" --waits "$1.elf"
	same "$golden/$1.waits.txt" out
	run "$3" --cycles --stacks --verbose "$1.elf"
	same "$golden/$1.cycles.txt" out
	run "$3" --task "$2" "$1.elf"
	same "$golden/$1.task.txt" out
	run "$3" --lockdep --verbose "$1.elf"
	same "$golden/$1.lockdep.txt" out
	run "$3" --json "$1.elf"
	same "$golden/$1.json" out
}

check hugetlb-6.12 51 1
check hugetlb-6.1 46 1
check hugetlb-6.12-before 51 0
check hugetlb-6.1-before 46 0
