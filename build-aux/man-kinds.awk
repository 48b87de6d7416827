# SPDX-License-Identifier: GPL-2.0-or-later
# Puts what is not known of each kind, from the table of kinds, into the manual at the line @KINDS@.
# usage: awk -f man-kinds.awk kinds.h deadlock.8.in

FNR == NR {
	if (split($0, part, /"/) < 3 || $0 !~ /^\tX\([A-Z_]+, /)
		next
	split(part[1], column, /, */)
	kinds = kinds ".TP\n.B " column[2] "\n" toupper(substr(part[2], 1, 1)) substr(part[2], 2)
	if (column[3] == "NAMED")
		kinds = kinds "; waits for it are named, not analysed"
	else if (column[3] == "PARTLY")
		kinds = kinds "; only some of the waits for it are analysed"
	kinds = kinds ".\n"
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
