#!/bin/bash
# Each of the extension's calls in a crash(8) that is faked fails, or is met by ^C; each question to its gdb goes wrong in
# every way: crash 8's, 6.1.
# shellcheck source-path=SCRIPTDIR source=crash.sh
. "$(dirname "$0")/crash.sh"

let_fail 6.1-cloud --questions
let_fail 6.1-cloud --calls
