#!/bin/bash
# Each question to a newer gdb, that of crash 9, fails, does not return, is met by ^C: 6.12.
# shellcheck source-path=SCRIPTDIR source=crash.sh
. "$(dirname "$0")/crash.sh"

let_fail 6.12-cloud --questions
grep -q "^@ .* output/u (.deadlock = (struct task_struct" types-6.12-cloud || fail "of a gdb that gives them"
