#!/bin/bash
# Kernels to come, made up from a capture of a hung 6.12: what is not understood of them is said, and the
# deadlock, which is there, is never denied.
#   - the list that leads to a lock's waiters has another name
#   - the registers in the ORC tables have other numbers, as they once got (1735858caa4b, v7.1)
#   - kallsyms is not there
. "$(dirname "$0")/lib.sh"

command -v perl >/dev/null || skip "perl is not installed"
command -v jq >/dev/null || skip "jq is not installed"
capture=6.12-cloud-abba
unpack $capture
release=$(run 1 --json $capture.elf && jq -r .source.release out)

# says WORDS: the report does, wherever it breaks its lines
says() { tr -s ' \n' ' ' <out | grep -qF -- "$1" || { cat out >&2; fail "it does not say '$1'"; }; }

# cannot_tell FILE: in no mode is there a deadlock or none
cannot_tell() {
	local mode
	for mode in --cycles --waits --lockdep ''; do
		run 3 ${mode:+"$mode"} "$1"
		! grep -qiE '^(no )?deadlock[.:]' out || { cat out >&2; fail "$1 $mode: a verdict"; }
	done
	run 3 --json "$1"
	[ "$(jq -r .verdict out)" = unknown ] || fail "$1: $(jq -r .verdict out)"
	run 3 "$1"
	says "this kernel ($release)"
}

# no_symbols FILE
no_symbols() {
	cannot_tell "$1"
	says "CANNOT TELL: "
	says "is not understood: its symbols: "
	says "give its vmlinux"
	# Of what is not understood nobody knows which pages count.
	run 2 --capture capture "$1"
	grep -qF "no capture: it has what an analysis reads, and this kernel ($release) is not understood: " err ||
		{ cat err >&2; fail "why there is no capture of $1"; }
	grep -qF "a whole dump is needed" err || fail "what to do without a capture of $1"
	[ ! -e capture ] || fail "a capture of $1"
	[ "$(jq '.tasks | length' <("$deadlock" -j "$1"))" -eq 0 ] || fail "$1: tasks"
}

# Of all locks with such a list: BTF has each name once.
perl -0777 -pe 's/\0wait_list\0/\0wait_lisX\0/ == 1 or die' $capture.elf >list.elf
cannot_tell list.elf
says "CANNOT TELL: "
says "is not understood."
says "has no mutex.wait_list or mutex.first_waiter: who waits for a mutex is not understood"
says "has no rw_semaphore.wait_list or rw_semaphore.first_waiter: who waits for a rwsem is not understood"
says "lab-abba-1"
says "__mutex_lock"
[ "$(jq '[.tasks[].waits_unknown[] | select(.why == "not-found")] | length' <("$deadlock" -j list.elf))" -eq 2 ] ||
	fail "not two waits that are not found"

# shuffle FILE: entries of six bytes: two offsets, sp_reg and bp_reg in a byte, the type.  The stack pointer,
# the frame pointer and the caller's stack pointer get other numbers.
shuffle() {
	perl -0777 -pe 'BEGIN { %number = (0x05 => 0x03, 0x15 => 0x83, 0x14 => 0x86) }
		s{((?s:...)[\x00\xff][\x05\x14\x15]\x02){3,}}{
			my $run = $&;
			for (my $at = 4; $at < length $run; $at += 6) {
				substr($run, $at, 1) = chr $number{ord substr $run, $at, 1};
			}
			$run;
		}gesx >= 1000 or die' "$1"
}
lost="stacks could not be followed to their end: the ORC tables of this kernel ($release) are not understood"

# Mutexes are found all the same, by stacks that are guessed; so nothing is certain.
shuffle $capture.elf >orc.elf
run 1 orc.elf
says "DEADLOCK: 2 tasks wait for each other (likely"
says "$lost"
# Three tasks that wait for one that sleeps: by a guess, that it sleeps for no lock is not known.
unpack 6.12-cloud-sleeper
shuffle 6.12-cloud-sleeper.elf >orc.elf
cannot_tell orc.elf
says "$lost"
[ "$(jq .complete <("$deadlock" -j orc.elf))" = false ] || fail "orc.elf: complete"

# The table of tokens is known by its digits; what is behind it tells where each token is.  VMCOREINFO names
# the tables, and without it they are looked for.
perl -0777 -pe 's{0\x001\x002\x003\x004\x005\x006\x007\x008\x009\x00.{1200}}{"\0" x length $&}ges >= 1 or die' \
	$capture.elf >kallsyms.elf
no_symbols kallsyms.elf
sed -i 's/VMCOREINFO/XMCOREINFX/' kallsyms.elf
no_symbols kallsyms.elf
says "no kallsyms tables between 0x"
