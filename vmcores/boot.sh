# Starts a guest in QEMU, talks to it and dumps its memory.  Sourced, after lib.sh.
# shellcheck shell=bash
#
#   boot DIRECTORY BZIMAGE INITRD [QEMU-ARGUMENT...]
#                           start a guest; DIRECTORY takes its pipes and console.log
#   await SECONDS TEXT      wait until TEXT is on the console
#   tell LINE               type a line on the console
#   dump FILE [FORMAT]      dump the guest's memory as ELF, or as FORMAT (kdump-zlib ...);
#                           the guest then runs on
#   quit                    end the guest
#
# No network and no port: the console is QEMU's standard input and output, the monitor
# (QMP) a pair of named pipes.  At most one guest at a time; it ends with the script.

guest_pid=
guest_console=
# The machine.  A script may put another in its place before boot.
# -cpu max under emulation has panicked at boot; a plain model is steadier.
# Two nodes, a CPU on each.  vmcoreinfo: the kernel leaves its note in the dump.
# shellcheck disable=SC2054  # the commas are QEMU's
guest_machine=(-cpu Haswell -smp 2 -m 512
	-object memory-backend-ram,id=ram0,size=256M -numa node,cpus=0,memdev=ram0
	-object memory-backend-ram,id=ram1,size=256M -numa node,cpus=1,memdev=ram1
	-device vmcoreinfo)
guest_cmdline='console=ttyS0 panic=-1'
# How long QEMU may take over one command: a dump of 2 GB is slow.
qmp_limit=120

need qemu-system-x86 util-linux
trap quit EXIT
trap 'exit 1' INT TERM HUP

quit() {
	[ -n "$guest_pid" ] || return 0
	kill -KILL "$guest_pid" 2>/dev/null || :
	wait "$guest_pid" 2>/dev/null || :
	guest_pid=
	exec {guest_in}>&- {qmp_in}>&- {qmp_out}>&-
}

boot() {
	local dir=$1 kernel=$2 initrd=$3
	shift 3
	quit
	rm -rf "$dir"
	mkdir -p "$dir"
	mkfifo "$dir/console.in" "$dir/qmp.in" "$dir/qmp.out"
	guest_console=$dir/console.log
	# Opened for both ways, so that neither side waits for the other.
	exec {guest_in}<>"$dir/console.in" {qmp_in}<>"$dir/qmp.in" {qmp_out}<>"$dir/qmp.out"

	# no_timer_check: on a busy machine ticks come too late for the kernel's check, and it panics.
	# pdeathsig: the guest ends even if this script is killed outright.
	setpriv --pdeathsig KILL qemu-system-x86_64 -accel tcg "${guest_machine[@]}" \
		-nic none -vga none -display none -no-reboot \
		-chardev stdio,id=console,signal=off -serial chardev:console \
		-qmp "pipe:$dir/qmp" \
		-kernel "$kernel" -initrd "$initrd" -append "no_timer_check $guest_cmdline" "$@" \
		<"$dir/console.in" >"$guest_console" 2>"$dir/qemu.log" &
	guest_pid=$!
	qmp '{"execute": "qmp_capabilities"}' || { say "QEMU does not answer, see $dir/qemu.log"; return 1; }
}

is_running() { [ -n "$guest_pid" ] && kill -0 "$guest_pid" 2>/dev/null; }
on_console() { grep -qF -- "$1" "$guest_console"; }
on_console_or_gone() { on_console "$1" || ! is_running; }

await() {
	wait_for "$1" on_console_or_gone "$2" && on_console "$2"
}

tell() { printf '%s\n' "$*" >&"$guest_in"; }

# qmp JSON: send a command and wait for its answer; QMP's greeting and events pass by.
qmp() {
	local answer end=$((SECONDS + qmp_limit))
	printf '%s\n' "$1" >&"$qmp_in"
	while [ $SECONDS -lt $end ] && is_running; do
		read -r -t 1 answer <&"$qmp_out" || continue
		case $answer in
		'{"return"'*) return 0 ;;
		'{"error"'*) say "QEMU: $answer"; return 1 ;;
		esac
	done
	say "QEMU gave no answer to $1"
	return 1
}

# The file appears under its name only when it is whole.  QEMU makes it 0400.
dump() {
	rm -f "$1.part"
	qmp "{\"execute\": \"dump-guest-memory\",
		\"arguments\": {\"paging\": false, \"protocol\": \"file:$1.part\"${2:+, \"format\": \"$2\"}}}" ||
		return 1
	chmod 644 "$1.part"
	mv "$1.part" "$1"
}
