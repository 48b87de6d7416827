# What the hugetlb guest is made of, how it is hung, and what must be found in it.
# Sourced, after lib.sh and, for a guest, boot.sh.
# shellcheck shell=bash
#
#   hugetlb_initrd DIRECTORY FILE         busybox, the init and the two racing processes
#   hugetlb_boot DIRECTORY BZIMAGE INITRD [QEMU-ARGUMENT...]
#                                         start the guest; both processes are there, stopped
#   hugetlb_race WORD                     start the race and wait for the hang.  WORD is go, or live:
#                                         the guest then counts the seconds on its console
#   $hugetlb_answer, $hugetlb_hang        a filter for the program's JSON, and what it must make of it

# shellcheck disable=SC2016,SC2034  # jq's; for who sources this
hugetlb_answer='[.verdict, (.complete | tostring), (.cycles[] | .confidence,
	(.steps as $all | [.steps[] | .held_by as $pid | .comm + " waits for "
		+ (.waits_for | sub("@.*"; "")) + " held by "
		+ ([$all[] | select(.pid == $pid).comm] | join(" "))] | sort | join(", "))),
	([.resources[] | .kind + " " + .holders[0].confidence] | sort[])] | join("; ")'
# shellcheck disable=SC2034
hugetlb_hang='deadlock; true; likely; mover waits for rwsem held by puncher, '
hugetlb_hang+='puncher waits for folio held by mover; folio likely; folio likely; rwsem certain'

# The kernel brings /dev/console itself, so no device is made here and no root needed.
hugetlb_initrd() {
	need gcc libc6-dev linux-libc-dev cpio gzip busybox-static
	rm -rf "$1"
	mkdir -p "$1/bin"
	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -o "$1/hugetlb" "$VMCORES/guest/hugetlb.c"
	cp "$VMCORES/guest/init" "$1/init"
	cp /bin/busybox "$1/bin/busybox"
	(cd "$1" && find . | cpio --quiet -o -H newc -R 0:0) | gzip -1 >"$2"
}

hugetlb_boot() {
	boot "$@" || return 1
	await 120 'LAB: ready' || { say "the guest did not come up"; return 1; }
}

hugetlb_race() {
	tell "$1"
	say "the race runs"
	await 300 'LAB: hung' || { say "mover and puncher did not hang"; return 1; }
}
