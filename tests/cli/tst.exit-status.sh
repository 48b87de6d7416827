#!/bin/bash
# Help, manual and README say the four exit statuses in the same words.
. "$(dirname "$0")/lib.sh"

words='0 no deadlock 1 deadlock or leaked lock (certain or likely) 2 not analysed (usage, unreadable) 3 possible or unknown'

# flat: one line of words, without the commas between the statuses
flat() { tr '\n' ' ' | sed -E 's/ +/ /g; s/, ([123] )/ \1/g'; }

run 0 --help
flat <out | grep -qF -- "$words" || fail "--help"
flat <"$top/README.md" | grep -qF -- "$words" || fail "README.md"
# Each a paragraph of its own, and perhaps more behind a semicolon.
sed -n '/^\.SH EXIT STATUS/,/^\.SH JSON/p' "$top/src/cli/deadlock.8.in" | grep -v '^\.SH\|^\.TP\|^also' |
	sed 's/^\.B //; s/;$//' | flat | grep -qF -- "$words" || fail "deadlock.8"
