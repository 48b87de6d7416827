# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For scripts/demo and scripts/check: packages, and builds outside of the sources.  Sourced by
# scripts that have gone to the top folder and set "set -euo pipefail".

export LC_ALL=C

# All that is built; git ignores it.
build=$PWD/_build

build_packages=(autoconf automake libtool make gcc libc6-dev pkg-config libkdumpfile-dev libbpf-dev
	libelf-dev libdw-dev libjansson-dev libexpat1-dev libcapstone-dev liblzma-dev libseccomp-dev zlib1g-dev liblzo2-dev libsnappy-dev
	libzstd-dev zstd)

say() {
	printf '%s: %s\n' "${0##*/}" "$*"
}

die() {
	say "$@" >&2
	exit 1
}

is_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# need_packages PACKAGE...: install those that are missing
need_packages() {
	local package missing=() root=()

	if ! command -v apt-get >/dev/null; then
		say "no apt-get here; these Debian 12 packages, or their like, are needed: $*"
		return
	fi
	for package; do
		is_installed "$package" || missing+=("$package")
	done
	if [ ${#missing[@]} -eq 0 ]; then
		return
	fi
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null ||
			die "packages are missing; as root: apt-get install ${missing[*]}"
		root=(sudo)
	fi
	say "installing ${missing[*]}"
	"${root[@]}" apt-get update -qq
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null ||
		die "apt-get could not install: ${missing[*]}"
}

# configure NAME ARGUMENT...: make $build/NAME ready for make(1), configured with ARGUMENT...
configure() {
	local name=$1

	shift
	if [ ! -e configure ] || [ configure.ac -nt configure ]; then
		autoreconf -fi || return
	fi
	mkdir -p "$build/$name"
	if [ -e "$build/$name/config.status" ] && [ "$(cat "$build/$name/arguments" 2>&1)" = "$*" ]; then
		return
	fi
	(cd "$build/$name" && ../../configure "$@") || return
	printf '%s\n' "$*" >"$build/$name/arguments"
}

# make_in NAME ARGUMENT...: make(1) in $build/NAME, on all processors
make_in() {
	local name=$1

	shift
	make -C "$build/$name" --no-print-directory -j "$(nproc)" "$@"
}

# run_logged FILE COMMAND...: COMMAND... with its output in FILE
run_logged() {
	local log=$1

	shift
	mkdir -p "${log%/*}"
	"$@" >"$log" 2>&1
}
