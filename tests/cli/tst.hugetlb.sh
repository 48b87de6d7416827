#!/bin/bash
# What must be true of the hugetlb deadlock, said without the program: mover waits to read the
# i_mmap_rwsem that puncher holds for writing, puncher waits for a folio that mover has locked.
# Pids, functions and the lock's address are those of the console log: lockdep prints the address of
# dep_map, which stands at the end of struct rw_semaphore.
# mover is in unmap_and_move_huge_page(), inlined in migrate_pages(), which has locked the old folio and the new one, and unlocks
# both at its end; that the file still has, or has again, one of them is why puncher waits for that one.
. "$(dirname "$0")/lib.sh"

need_jq() { command -v jq >/dev/null || skip "jq is not installed"; }
need_jq

# ask FILTER EXPECTED
ask() {
	local got
	got=$(jq -r "$1" out)
	[ "$got" = "$2" ] || fail "$name: $1 is '$got', not '$2'"
}

# check NAME MOVER PUNCHER RWSEM MOVER_AT PUNCHER_AT
check() {
	name=$1
	unpack "$name"
	run 1 --json "$name.elf"
	ask '.verdict' deadlock
	ask '.complete' true
	ask '.cycles | length' 1
	ask '.cycles[0].confidence' likely
	ask '[.cycles[0].steps[] | .comm] | sort | join(" ")' 'mover puncher'
	ask '.summary | [.uninterruptible, .in_cycles, .behind_cycles] | join(" ")' '2 2 0'
	ask '.cycles[0].steps[] | select(.comm == "mover") | [.pid, .held_by] | join(" ")' "$2 $3"
	ask '.cycles[0].steps[] | select(.comm == "puncher") | [.pid, .held_by] | join(" ")' "$3 $2"
	ask '.resources[] | select(.kind == "rwsem") | .address' "$(printf '0x%x' "$4")"
	ask '.resources[] | select(.kind == "rwsem") | .holders[] | [.pid, .mode, .evidence, .confidence] | join(" ")' \
		"$3 write owner certain"
	ask '[.resources[] | select(.kind == "folio") | (.waiters[].pid | tostring) // "nobody"] | sort | join(" ")' \
		"$3 nobody"
	ask '[.resources[] | select(.kind == "folio") | .holders[] | [.pid, .evidence, .confidence] | join(" ")] | unique[]' \
		"$2 code likely"
	ask ".tasks[] | select(.pid == $2) | .waits[] | [.mode, .at, .confidence] | join(\" \")" \
		"read $5 certain"
	ask ".tasks[] | select(.pid == $3) | .waits[] | .at" "$6"
	ask '[.resources[] | select(.waiters != []).name | test("memfd:huge")] | all' true
	ask '.resources[] | select(.waiters == []).name' '2 MiB'
}

check hugetlb-7.3 53 54 $((0xffff9d4d41263010 - 0x70)) __rmap_walk_file+0x146 hugetlbfs_zero_partial_page+0x37
check hugetlb-6.12 51 52 $((0xffff9b0ed0244428 - 0x78)) rmap_walk_file+0x197 hugetlbfs_zero_partial_page+0x34
check hugetlb-6.1 46 47 $((0xffff9430d12b8400 - 0x78)) rmap_walk_file+0x1f5 hugetlbfs_zero_partial_page+0x2f

# The same guests before the race: nothing is blocked.
for name in hugetlb-7.3-before hugetlb-6.12-before hugetlb-6.1-before; do
	unpack $name
	run 0 --json $name.elf
	ask '.verdict' no-deadlock
	ask '.complete' true
	ask '[.cycles, .resources, .roots, .findings | length] | join(" ")' '0 0 0 0'
	ask '.summary.blocked' 0
	ask '[.tasks[] | select(.comm == "mover" or .comm == "puncher") | .state] | join(" ")' 'T T'
done
