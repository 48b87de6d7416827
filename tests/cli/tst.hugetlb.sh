#!/bin/bash
# What must be true of the hugetlb deadlock, said without the program: mover waits to read the
# i_mmap_rwsem that puncher holds for writing, puncher waits for a folio that mover has locked.
# Pids, functions and the lock's address are those of the console log: lockdep prints the address of
# dep_map, which stands at the end of struct rw_semaphore.
. "$(dirname "$0")/lib.sh"

need_jq() { command -v jq >/dev/null || skip "jq is not installed"; }
need_jq

# ask FILTER EXPECTED
ask() {
	local got
	got=$(jq -r "$1" out)
	[ "$got" = "$2" ] || fail "$name: $1 is '$got', not '$2'"
}

# check NAME MOVER PUNCHER RWSEM MOVER_AT PUNCHER_AT SURE
check() {
	name=$1
	unpack "$name"
	local folio_evidence=stack-word

	if [ "$7" = likely ]; then
		folio_evidence=code
		run 1 --json "$name.elf"
		ask '.verdict' deadlock
	else
		run 3 --json "$name.elf"
		ask '.verdict' possible-deadlock
	fi
	ask '.complete' true
	ask '.cycles | length' 1
	ask '.cycles[0].confidence' "$7"
	ask '[.cycles[0].steps[] | .comm] | sort | join(" ")' 'mover puncher'
	ask '.summary | [.uninterruptible, .in_cycles, .behind_cycles] | join(" ")' '2 2 0'
	ask '.cycles[0].steps[] | select(.comm == "mover") | [.pid, .held_by] | join(" ")' "$2 $3"
	ask '.cycles[0].steps[] | select(.comm == "puncher") | [.pid, .held_by] | join(" ")' "$3 $2"
	ask '.resources[] | select(.kind == "rwsem") | .address' "$(printf '0x%x' "$4")"
	ask '.resources[] | select(.kind == "rwsem") | .holders[] | [.pid, .mode, .evidence, .confidence] | join(" ")' \
		"$3 write owner certain"
	ask '.resources[] | select(.kind == "folio") | .holders[] | [.pid, .evidence, .confidence] | join(" ")' \
		"$2 $folio_evidence $7"
	ask ".tasks[] | select(.pid == $2) | .waits[] | [.mode, .at, .confidence] | join(\" \")" \
		"read $5 certain"
	ask ".tasks[] | select(.pid == $3) | .waits[] | .at" "$6"
	ask '[.resources[].name | test("memfd:huge")] | all' true
}

# What holds the folio is told from the code.
check hugetlb-7.3 53 54 $((0xffff9d4d41263010 - 0x70)) __rmap_walk_file+0x146 hugetlbfs_zero_partial_page+0x37 likely
check hugetlb-6.12 51 52 $((0xffff9b0ed0244428 - 0x78)) rmap_walk_file+0x197 hugetlbfs_zero_partial_page+0x34 likely
# This capture was made without the code: all that is left is that the address stands on the stack.
check hugetlb-6.1 46 47 $((0xffff9f5e10358400 - 0x78)) rmap_walk_file+0x1f5 hugetlbfs_zero_partial_page+0x2f possible

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
