# For the tests that look at a live guest: start it, look at it, see that it goes on.
# Sourced.  DEADLOCK is the program, LAB the lab's folder.
# shellcheck shell=bash
#
#   start_guest COMMAND...        COMMAND... boots it until it says $come, with "${live_sockets[@]}" for QEMU
#   start_scenario KERNEL NAME    a stock kernel in a scenario; after vmcores/scenario.sh
#   attached NAME ARGUMENT...     the program's answer is right, and the guest goes on
#   by_unix by_monitor by_dump    the ways that every guest is looked at
#   finish                        the result
#
# Who sources this sets what is expected: $filter for the program's JSON, $want, what it must make of
# it, a line for each that is right, and $status_expected.

# shellcheck source-path=SCRIPTDIR source=../../vmcores/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../vmcores/lib.sh"
: "${DEADLOCK:?the program}"
deadlock=$(realpath "$DEADLOCK")
# shellcheck source=../../vmcores/boot.sh
. "$VMCORES/boot.sh"
need jq

filter='' want='' status_expected=0
# What it says when it can be looked at: it counts seconds, but for one whose init hangs with its CPUs.
come='LAB: second 2'
# What a guest may stand still, and what may be read of it, without VMLINUX.
max_ms=1500 max_mib=16
passed=0 failed=0
tmp=$(mktemp -d)
# A socket's path must be short.  The gdbstub comes and goes by the monitor on the pipes; QMP is what
# the program is given.
sockets=$(mktemp -d)
live_sockets=(-qmp "unix:$sockets/qmp,server=on,wait=off")
trap 'quit; rm -rf "$sockets" "$tmp"' EXIT

# --- the guest

start_guest() {
	local try
	for try in 1 2 3; do
		say "boot $try"
		"$@" && await 200 "$come" && return 0
		quit
	done
	die "the guest did not come so far, see $guest_console"
}

start_scenario() {
	local root=$LAB/guest/live-$1-$2 module
	module=$(module_of "$2" "$1")
	build_module "$1" "$module"
	start_initrd "$root" "$module"
	add_hang "$root" "$2"
	set_cpus "$2"
	[ "$module" != dlk_busy ] || come='LAB: ready'
	printf '%s\n' "module=$module" "scenario=$2" "pin=${pin?}" live=1 >"$root/lab.conf"
	pack_initrd "$root" "$root.cpio.gz"
	guest_machine=(-cpu "$(cpu_of "$2")" -smp "$cpus" -m 512)
	guest_cmdline="console=ttyS0 panic=-1 ignore_loglevel printk.devkmsg=on nowatchdog rcupdate.rcu_cpu_stall_suppress=1${cpus_cmdline?}"
	! needs_disk "$2" || make_empty_disk "$root.disk" 16
	# shellcheck disable=SC2154  # of scenario.sh
	start_guest boot "$LAB/run/live-$1-$2" "${stock:?}/bzImage" "$root.cpio.gz" "${disk_arguments[@]}" "${live_sockets[@]}"
}

hmp() {
	qmp "{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": \"$*\"}}"
}

# What the monitor answers: qmp_say JSON -> $reply
qmp_say() {
	local end=$((SECONDS + 20))
	printf '%s\n' "$1" >&"$qmp_in"
	while [ $SECONDS -lt $end ]; do
		read -r -t 1 reply <&"$qmp_out" || continue
		case $reply in '{"return"'*) return 0 ;; '{"error"'*) return 1 ;; esac
	done
	return 1
}

runs() { qmp_say '{"execute": "query-status"}' && [[ $reply = *'"running": true'* ]]; }
stands() { qmp_say '{"execute": "query-status"}' && [[ $reply = *'"running": false'* ]]; }

second() { tr -d '\r' <"$guest_console" | sed -n 's/.*LAB: second \([0-9]*\).*/\1/p' | tail -n 1; }
counts_beyond() { [ "$(second)" -gt "$1" ]; }
# The console goes on counting, by two at least: the first may have been on its way.
goes_on() {
	local now
	[ "$come" != 'LAB: ready' ] || { wait_for 10 runs && return; }
	now=$(second)
	wait_for 10 runs && wait_for 60 counts_beyond $((now + 1))
}

# A second gdbstub is refused, and one that is in use is not ended well.
stub_is_idle() { qmp_say '{"execute": "query-chardev"}' && [[ $reply != *'"unix:'*gdb* ]]; }
start_stub() {
	wait_for 20 stub_is_idle
	hmp 'gdbserver none'
	hmp "gdbserver $1,server=on,wait=off"
}
stop_stub() { hmp 'gdbserver none'; }

# --- checks

ok() {
	printf 'ok    %s\n' "$*"
	passed=$((passed + 1))
}

bad() {
	printf 'FAIL  %s\n' "$*"
	[ ! -s "$tmp/err" ] || sed 's/^/      /' "$tmp/err"
	failed=$((failed + 1))
}

# check NAME COMMAND...
check() {
	local name=$1
	shift
	if "$@"; then ok "$name"; else bad "$name"; fi
}

finish() {
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}

# look ARGUMENT...: the program's JSON in $tmp/json
look() {
	local rc=0
	timeout 120 "$deadlock" -j "$@" >"$tmp/json" 2>"$tmp/err" || rc=$?
	[ $rc -eq "$status_expected" ]
}

says_so() {
	local got
	got=$(jq -r "$filter" "$tmp/json")
	grep -qxF -- "$got" <<<"$want" || { printf 'it says: %s\nwanted:  %s\n' "$got" "$want" >>"$tmp/err" && return 1; }
}

answers() {
	look "$@" && says_so &&
		[ "$(jq -r '[.source.target, .source.container] | join(" ")' "$tmp/json")" = 'qemu gdbstub' ]
}

attached() {
	local name=$1
	shift
	check "$name: the answer" answers "$@"
	check "$name: the guest goes on" goes_on
}

# "the guest stood still for 0.13 s (8.1 MiB read); it runs again" -> $stood_still (s), $mib_read
read_cost() {
	read -r stood_still mib_read < <(sed -n \
		's/.*stood still for \([0-9.]*\) s (\([0-9.]*\) MiB.*/\1 \2/p' "$tmp/err")
	[ -n "$stood_still" ]
}

is_little() {
	[ "$(jq -n "$stood_still * 1000 <= $max_ms and $mib_read <= $max_mib")" = true ]
}

costs_little() {
	read_cost || return 1
	echo "      the guest stood still for $stood_still s, $mib_read MiB were read"
	is_little
}

# --- the ways that every guest is looked at

by_unix() {
	start_stub "unix:$sockets/gdb"
	attached 'gdbstub, unix' --qemu "unix:$sockets/gdb"
	cp "$tmp/json" "$tmp/live.json"
	check 'gdbstub, unix: it costs little' costs_little
	attached 'monitor, with a gdbstub' --qmp "unix:$sockets/qmp"
	check 'monitor: the gdbstub that was there stays' test -S "$sockets/gdb"
}

by_monitor() {
	stop_stub
	attached 'monitor, no gdbstub' --qmp "unix:$sockets/qmp"
	check 'monitor: the gdbstub is gone' test -z "$(find "$sockets" -name '*deadlock*')"
}

# A dump at the same stop of the guest says the same to the last word, but for where it comes from.
as_a_dump() {
	timeout 120 "$deadlock" -j "$tmp/vmcore" >"$tmp/dump.json" 2>"$tmp/err" ||
		[ $? -eq "$status_expected" ] || return 1
	diff <(jq -S 'del(.source)' "$tmp/json") <(jq -S 'del(.source)' "$tmp/dump.json") >"$tmp/err"
}

# What hung when the guest was looked at before, and ran on, hangs for good, and in the same way: cycles, all who wait behind
# them, the tasks of the scenario, and whose fault it is.
hung='.cycles, [.tasks[] | select(.role != "none") | select(.role == "cycle" or .role == "behind" or (.comm | startswith("lab-"))) |
	del(.blocked_ns, .running_ns, .stack, .waits_unknown[].ns)], [.roots[] | del(.reason, .behind)]'
hangs_on() {
	jq -e -n --slurpfile live "$tmp/live.json" --slurpfile dump "$tmp/dump.json" \
		"def hung: [$hung]; (\$live[0] | hung) as [\$cycles, \$tasks, \$roots] | (\$dump[0] | hung) |
			.[0] == \$cycles and (\$tasks - .[1] == []) and (\$roots - .[2] == [])" >"$tmp/err"
}

by_dump() {
	start_stub "unix:$sockets/gdb"
	check '--keep-stopped, for a dump: the answer' answers --keep-stopped --qemu "unix:$sockets/gdb"
	dump "$tmp/vmcore" || return 1
	check 'for a dump: the guest stands' stands
	qmp '{"execute": "cont"}'
	check 'a dump at the same stop says the same' as_a_dump
	check 'a dump says the same of what hung before' hangs_on
	rm -f "$tmp/vmcore"
	check 'after the dump: the guest goes on' goes_on
}
