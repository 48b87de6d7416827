# Common to the lab's scripts: where things are, and how to say and bound things.
# Sourced, not run.  LAB is where kernels, guests and dumps are made.
# shellcheck shell=bash

set -euo pipefail
export LC_ALL=C

VMCORES=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB=${LAB:-$VMCORES/../_lab}
mkdir -p "$LAB"
LAB=$(cd "$LAB" && pwd)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

# A kernel is called VERSION-FLAVOUR.  Where get-stock or build-kernel puts it:
kernel_home() {
	case $1 in
	*-lockdep | *-fp | *-guess) echo "$LAB/kernel-${1%-lockdep}" ;;
	*) echo "$LAB/stock/$1" ;;
	esac
}

# kernel_of DUMP: of KERNEL-SCENARIO[-VARIANT].*, its kernel; of others nothing.
kernel_of() { sed -nE 's/^([0-9]+\.[0-9]+-[a-z]+)-.*/\1/p' <<<"${1##*/}"; }

# scenario_of DUMP: its scenario, the longest name that can be; of others nothing.
scenario_of() {
	local name=${1##*/} kernel expect scenario best=
	kernel=$(kernel_of "$name")
	for expect in "$VMCORES"/scenario/expect/*.json; do
		scenario=${expect##*/}
		scenario=${scenario%.json}
		[[ $name != "$kernel-$scenario"[-.]* ]] || [ ${#scenario} -le ${#best} ] || best=$scenario
	done
	echo "$best"
}

# expected_on KERNEL SCENARIO: what the scenario must show on such a kernel: what is the same on all, but for
# "rt" on -rt ones, "lockdep" on -lockdep ones, and "since": {"6.16": ...} from that release on.
expected_on() {
	# shellcheck disable=SC2016
	jq --arg kernel "$1" 'def release: split("-")[0] | split(".") | map(tonumber);
		(if $kernel | endswith("-rt") then . + .rt else . end) |
		(if $kernel | endswith("-lockdep") then . + .lockdep else . end) |
		. + ([.since // {} | to_entries[] | select(($kernel | release) >= (.key | release)) | .value] | add)' \
		"$VMCORES/scenario/expect/$2.json"
}

# need PACKAGE...: install what is missing.
need() {
	local missing=() p
	for p in "$@"; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' ||
			missing+=("$p")
	done
	[ ${#missing[@]} -eq 0 ] && return 0
	say "installing: ${missing[*]}"
	[ "$(id -u)" -eq 0 ] || die "run as root, or install by hand: ${missing[*]}"
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		"${missing[@]}" >&2
}

# wait_for SECONDS COMMAND...: poll until the command succeeds.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}

# last_list LOG: the lines of the kernel's last list of held locks (sysrq-d), from its title to its end.
last_list() {
	tr -d '\r' <"$1" | sed 's/^\[ *[0-9.]*\] \{0,1\}//' | awk '
		/^Showing all locks held in the system:/ { list = ""; inside = 1; whole = 0 }
		/^INFO: lockdep is turned off/ { list = $0 "\n"; inside = 0; whole = 1 }
		inside { list = list $0 "\n" }
		inside && /^====/ { inside = 0; whole = 1 }
		END { if (!whole) exit 1; printf "%s", list }'
}
