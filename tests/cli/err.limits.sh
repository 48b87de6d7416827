#!/bin/bash
# What the program may take is bounded, each bound has its sentence, and with more it goes on; a signal ends it,
# whatever it is about.
. "$(dirname "$0")/lib.sh"

unpack hugetlb-6.12
dump=hugetlb-6.12.elf

# refused WORDS ARG...: exit status 2, one message with WORDS
refused() {
	local words=$1

	shift
	run 2 "$@"
	[ "$(grep -c '^deadlock: ' err)" -eq 1 ] || { cat err >&2; fail "$*: not one message"; }
	tr '\n' ' ' <err | grep -q -- "$words" || { cat err >&2; fail "$*: does not say '$words'"; }
}

refused 'is no size' --max-memory many $dump
refused 'is no time: give 1 to' --max-cpu 0 $dump
refused 'out of memory .*give --max-memory SIZE' --max-memory 12M $dump

# Before anything is read: nobody waits for an answer that cannot be kept.
refused 'no/folder/c: No such file' --capture no/folder/c $dump
[ ! -s out ] || fail 'a report without the capture that was to come with it'

refused 'c: it would be larger than 1 MiB; give --max-capture SIZE' --max-capture 1M --capture c $dump
grep -q '^DEADLOCK: ' out || fail 'no report beside a capture that is too large'
[ ! -e c ] || fail 'a capture that is not whole'
run 1 --max-capture 100M --capture c $dump
[ -s c ] || fail 'no capture'

[ -z "${SANITIZED:-}" ] || exit 0
[ -e "$INVADER_SO" ] || fail "no $INVADER_SO"

INVADER=slow LD_PRELOAD=$INVADER_SO refused 'not done within 1 s of CPU time; .*give --max-cpu SECONDS' \
	--max-cpu 1 $dump

# now: milliseconds
now() { echo $((${EPOCHREALTIME/./} / 1000)); }

# A library that does not come back looks at no signal.
INVADER=deaf LD_PRELOAD=$INVADER_SO "$deadlock" $dump >out 2>err &
program=$!
limit=$(($(now) + 60000))
until grep -q deaf err; do
	[ "$(now)" -lt $limit ] || fail 'never reads'
done
begin=$(now)
kill -TERM $program
rc=0
wait $program || rc=$?
took=$(($(now) - begin))
[ $rc -eq 143 ] || fail "a signal that nobody answers: exit status $rc, not 143"
[ $took -ge 1500 ] || fail "ended after $took ms: it may have been about to answer"
[ $took -lt 10000 ] || fail "ended after $took ms"
grep -q '^deadlock: was to stop' err || fail 'no word of how it ended'
