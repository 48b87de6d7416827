#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Console logs: what is read from files, pipes and packed files, in every form of report; and public ones, where they are there.
. "$(dirname "$0")/lib.sh"

command -v jq >/dev/null || skip "no jq"

log=$PWD/zoo.log
cat >"$log" <<'END'
[  243.1] INFO: task zoo:70 blocked for more than 122 seconds.
[  243.1] task:zoo             state:D stack:0     pid:70    tgid:70    ppid:2      flags:0x00004000
[  243.1] Call Trace:
[  243.1]  <TASK>
[  243.1]  __schedule+0x3b4/0xa80
[  243.1]  schedule+0x27/0xf0
[  243.1]  schedule_preempt_disabled+0x15/0x30
[  243.1]  __mutex_lock.constprop.0+0x2d0/0x6d0
[  243.1]  zoo_second+0x20/0x40 [zoo]
[  243.1]  </TASK>
[  243.1] INFO: task zoo:70 is blocked on a mutex likely owned by task ape:71.
[  243.2] INFO: task ape:71 blocked for more than 122 seconds.
[  243.2] task:ape             state:D stack:0     pid:71    tgid:71    ppid:2      flags:0x00004000
[  243.2] Call Trace:
[  243.2]  <TASK>
[  243.2]  __schedule+0x3b4/0xa80
[  243.2]  schedule+0x27/0xf0
[  243.2]  schedule_preempt_disabled+0x15/0x30
[  243.2]  __mutex_lock.constprop.0+0x2d0/0x6d0
[  243.2]  ape_first+0x24/0x44 [zoo]
[  243.2]  </TASK>
[  243.2] INFO: task ape:71 is blocked on a mutex likely owned by task zoo:70.
END

# expect STATUS WORDS COMMAND...: the exit status, and that the report says so
expect() {
	local want=$1 words=$2 status=0
	shift 2
	"$@" >out 2>err || status=$?
	[ $status -eq "$want" ] || fail "$*: exit status $status, not $want"
	grep -qF -- "$words" out || fail "$*: does not say '$words'"
}

both='DEADLOCK: 2 tasks wait for each other'
expect 1 "$both" "$deadlock" "$log"
expect 1 'in zoo_second+0x20, line 11' "$deadlock" "$log"
expect 1 "$both" "$deadlock" - <"$log"
expect 1 "$both" "$deadlock" - < <(cat "$log")
expect 1 "$both" "$deadlock" <(cat "$log")
gzip -k "$log"
expect 1 "$both" "$deadlock" "$log.gz"
expect 1 "$both" "$deadlock" - < <(cat "$log.gz")
sed 's/^/Nov  3 10:00:00 host kernel: /; s/$/\r/' "$log" >quoted
expect 1 "$both" "$deadlock" quoted

expect 1 '"target": "log"' "$deadlock" --json "$log"
jq -e '.verdict == "deadlock" and .cycles[0].confidence == "likely" and .incident.of == 1 and
	(.tasks | length) == 2 and all(.tasks[]; .waits[0].line > 0)' out >jq.out || fail 'JSON'
expect 1 'digraph' "$deadlock" --dot "$log"
expect 1 'zoo' "$deadlock" -t 70 "$log"
expect 1 'mutex' "$deadlock" -w "$log"
expect 1 'schedule_preempt_disabled' "$deadlock" -s "$log"

# Its owner naps, and will go on: no more is claimed than the log tells.
{
	sed -n 1,11p "$log"
	printf '[  243.2] %s\n' 'task:ape state:S stack:0 pid:71 tgid:71 ppid:2 flags:0x00004000' 'Call Trace:' ' <TASK>' \
		' __schedule+0x3b4/0xa80' ' schedule+0x27/0xf0' ' schedule_timeout+0x80/0xf0' ' msleep+0x2d/0x40' \
		' ape_nap+0x10/0x20 [zoo]' ' </TASK>'
} >naps
expect 0 'No deadlock among the waits that the log tells of.' "$deadlock" naps

# A boot before it, in which only one waited: told apart, the last first.
{
	echo '[    0.0] Linux version 6.12.1-zoo (zoo@zoo) #1'
	sed -n 1,11p "$log"
	echo '[    0.0] Linux version 6.12.1-zoo (zoo@zoo) #1'
	cat "$log"
} >boots
expect 1 'Incident 2 of 2, lines 14 to 35:' "$deadlock" boots
expect 1 'Incident 1 of 2, lines 2 to 12:' "$deadlock" boots
expect 1 '"earlier_incidents"' "$deadlock" --json boots
jq -e '.verdict == "deadlock" and (.earlier_incidents | length) == 1 and
	.earlier_incidents[0].verdict == "unknown"' out >jq.out || fail 'JSON of two'

# Beside a dump: what both say, and where they do not agree.
unpack hugetlb-6.12
"$deadlock" --json hugetlb-6.12.elf >dump.json || :
pid_of() { jq --arg comm "$1" '[.tasks[] | select(.comm == $comm) | .pid][0]' dump.json; }
mover=$(pid_of mover) puncher=$(pid_of puncher)
said() { jq -r --arg code "$1" '[.findings[] | select(.code == $code) | .text] | join("; ")' out; }

# hung WAITER OWNER: a log in which one waits for a rwsem of the other's
hung() {
	echo "INFO: task $1 blocked for more than 122 seconds."
	echo "INFO: task $1 <writer> blocked on an rw-semaphore likely owned by task $2 <writer>"
}
hung "mover:$mover" "puncher:$puncher" >beside
expect 1 '"target": "vmcore"' "$deadlock" --json hugetlb-6.12.elf beside
[[ $(said log-agrees) == *'of 1 that wait by the log 1 wait so by the dump'* ]] || fail 'agreement is not said'
[ -z "$(said log-differs)" ] || fail 'a difference that is none'
expect 1 'By the log beside it:' "$deadlock" beside hugetlb-6.12.elf
hung "mover:$mover" zoo:7 >beside
expect 1 '"target": "vmcore"' "$deadlock" --json hugetlb-6.12.elf beside
[[ $(said log-differs) == *"waits for what zoo pid 7 holds by the log, and puncher pid $puncher by the dump"* ]] ||
	fail 'another owner is not said'
hung "ape:99999" "zoo:7" >beside
expect 1 '"target": "vmcore"' "$deadlock" --json hugetlb-6.12.elf beside
[[ $(said log-differs) == *'ape pid 99999 hangs by the log, and is not in the dump'* ]] || fail 'who is gone is not said'
echo '[    0.0] Linux version 5.0.0-zoo (zoo@zoo) #1' | cat - <(hung "mover:$mover" "puncher:$puncher") >beside
expect 1 '"target": "vmcore"' "$deadlock" --json hugetlb-6.12.elf beside
[[ $(said log-differs) == *'is of Linux 5.0.0-zoo, and the dump of '*': not compared'* ]] || fail 'another kernel is not said'
run 2 beside beside
grep -q 'give one log at a time' err || fail 'two logs'

# What is no log, and what cannot be asked of one.
run 2 --capture x "$log"
grep -q -- '--capture' err || fail '--capture of a log is not refused'

# Whatever it is cut behind, it is answered.
size=$(stat -c %s "$log")
for ((cut = 1; cut < size; cut += 97)); do
	status=0
	head -c $cut "$log" >short.log
	"$deadlock" short.log >out 2>err || status=$?
	[ $status -le 3 ] || fail "cut behind $cut bytes: exit status $status"
	! grep -q '^DEADLOCK' out || [ $cut -gt 1700 ] || fail "cut behind $cut bytes: a deadlock"
done

logs=$top/../shared/logs
if [ -d "$logs" ]; then
	DEADLOCK=$deadlock "$top/tests/log/check-logs" "$logs" || fail 'public logs'
else
	echo "no public logs in $logs: not compared"
fi
