# SPDX-License-Identifier: GPL-2.0-or-later
# Puts what is not known of each kind, from the table of kinds, into the manual at the line @KINDS@.
# usage: awk -f man-kinds.awk kinds.h deadlock.8.in

FNR == NR {
	if (split($0, part, /"/) < 5 || $0 !~ /^\tX\([A-Z_]+, /)
		next
	kinds = kinds ".TP\n.B " part[2] "\n" toupper(substr(part[4], 1, 1)) substr(part[4], 2)
	kinds = kinds (part[3] ~ /NAMED/ ? "; waits for it are named, not analysed.\n" : ".\n")
	count++
	next
}

/^@KINDS@$/ {
	printf "%s", kinds
	is_in = 1
	next
}

{ print }

END {
	if (count < 10 || !is_in) {
		print "man-kinds.awk: no kinds, or no place for them" > "/dev/stderr"
		exit 1
	}
}
