# Debian's suites: the packages of others than the machine's own, and a chroot of each.  Sourced, after
# lib.sh.
# shellcheck shell=bash
#
#   suites_of KERNEL               those that may have it, the best first; "own" is the machine's
#   update_suite SUITE             learn what it has
#   in_suite SUITE TOOL [ARG...]   apt-get or apt-cache, on its packages
#   has_package SUITE PACKAGE
#   find_suite KERNEL COMMAND [ARG...]   the first in which that succeeds, in $suite; it may have set more
#   fetch DIRECTORY PACKAGE...     download from $suite; nothing is installed
#   deb_of DIRECTORY PACKAGE       the file there
#   room GIGABYTES                 is there that much left in $LAB?
#   chroot_with SUITE PACKAGE...   make a chroot of it with these installed
#   in_chroot SUITE COMMAND [ARG...]   run it there; $LAB is there too, by the same name
#   enter_chroot SUITE COMMAND [ARG...]   the same, in the place of this shell, as this process
#   left_in_chroot SUITE           name what still runs there, or is mounted

suites_of() {
	case $1 in
	5.10-cloud) echo bullseye ;;
	6.1-cloud | 6.1-rt | 6.12-cloud | 6.12-rt) echo own ;;
	6.1[6-9]-cloud | 7.[0-3]-cloud | 7.3-rt) echo trixie-backports forky sid ;;
	*) return 1 ;;
	esac
}

# The archive's address, as the machine's own apt has it.
archive() {
	local all
	# shellcheck disable=SC2016  # the fields are apt's
	all=$(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' 'Component: main')
	[ -n "$all" ] || die "this machine's apt has no archive of Debian"
	echo "${all%%$'\n'*}"
}

# sources SUITE [OPTIONS]: as sources.list has it.  Backports come on top of their suite.
sources() {
	local uri
	uri=$(archive)
	printf "deb ${2:-} $uri %s main\n" "$1"
	[[ $1 != *-backports ]] || sources "${1%-backports}" "${2:-}"
}

# Lists of our own: nothing of the machine's apt is changed, nor asked what is installed.
in_suite() {
	local dir=$LAB/apt/$1 tool=$2 options=()
	[ "$1" = own ] || options=(-o "Dir::Etc::SourceList=$dir/sources.list"
		-o Dir::Etc::SourceParts=/dev/null -o "Dir::State=$dir/state"
		-o Dir::State::Status=/dev/null -o "Dir::Cache=$dir/cache")
	shift 2
	"$tool" "${options[@]}" "$@"
}

# The Release file of a suite that is not looked after, or of sid in a mirror that stands still, is out of
# date; it is signed nonetheless.
update_suite() {
	local dir=$LAB/apt/$1 keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	if [ "$1" = own ]; then
		[ "$(id -u)" -ne 0 ] || apt-get update -qq
		return
	fi
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	sources "$1" "[signed-by=$keyring]" >"$dir/sources.list"
	in_suite "$1" apt-get update -qq -o APT::Sandbox::User="$(id -un)" \
		-o Acquire::Check-Valid-Until=false -o Acquire::Languages=none
}

has_package() { [ -n "$(in_suite "$1" apt-cache show "$2" 2>/dev/null)" ]; }

# The machine's own lists are taken as they are, if they have it.
find_suite() {
	local kernel=$1 suites
	shift
	suites=$(suites_of "$kernel") || die "no kernel $kernel is known"
	for suite in $suites; do
		[ "$suite" = own ] && "$@" && return 0
		update_suite "$suite"
		"$@" && return 0
	done
	die "no package found for $kernel"
}

# Run by root, apt would go down to a user that may not write there.
fetch() {
	local dir=$1
	shift
	mkdir -p "$dir"
	(cd "$dir" && in_suite "$suite" apt-get -qq -o APT::Sandbox::User="$(id -un)" download "$@") ||
		die "could not fetch: $*"
}

deb_of() { find "$1" -name "$2_*.deb" | head -n 1; }

room() {
	local free
	free=$(df --output=avail -k "$LAB" | tail -n 1)
	[ "$free" -gt $(($1 * 1024 * 1024)) ] || die "less than $1 GB left in $LAB"
}

# What is mounted meanwhile is so in this command's eyes only, and gone when it ends, however it ends.
enter_chroot() {
	local root=$LAB/chroot/$1
	shift
	mkdir -p "$root$LAB"
	# shellcheck disable=SC2016  # for the inner shell
	exec unshare --mount sh -ec 'mount --bind "$2" "$1$2"; mount -t proc proc "$1/proc"
		root=$1; shift 2; exec chroot "$root" "$@"' sh "$root" "$LAB" "$@"
}

in_chroot() { (enter_chroot "$@"); }

left_in_chroot() {
	local root=$LAB/chroot/$1 process
	for process in /proc/[0-9]*; do
		[ "$(readlink "$process/root")" != "$root" ] || tr '\0' ' ' <"$process/cmdline"
	done
	grep -F " $root/" /proc/self/mounts
} 2>/dev/null

# debootstrap's scripts for these suites are all the same; it need not know the newest by name.
make_chroot() {
	local root=$LAB/chroot/$1
	need debootstrap
	say "making $root"
	mkdir -p "$LAB/chroot"
	rm -rf "$root.part"
	unshare --mount debootstrap --variant=minbase "${1%-backports}" "$root.part" "$(archive)" \
		/usr/share/debootstrap/scripts/sid >"$root.log" 2>&1 ||
		die "debootstrap failed, see $root.log"
	sources "$1" >"$root.part/etc/apt/sources.list"
	printf '%s localhost\n' 127.0.0.1 ::1 >"$root.part/etc/hosts"
	mv "$root.part" "$root"
}

chroot_with() {
	local suite=$1 log=$LAB/chroot/$1.log install
	shift
	[ "$(id -u)" -eq 0 ] || die "a chroot of $suite needs root"
	[ -e "$LAB/chroot/$suite" ] || make_chroot "$suite"
	install=(in_chroot "$suite" env DEBIAN_FRONTEND=noninteractive
		apt-get install -y -q --no-install-recommends -t "$suite" "$@")
	"${install[@]}" >>"$log" 2>&1 || {
		in_chroot "$suite" apt-get update -o Acquire::Check-Valid-Until=false &&
			"${install[@]}"
	} >>"$log" 2>&1 || die "could not install $* in the chroot of $suite, see $log"
}
