#!/bin/bash
# Each of the extension's calls in a crash(8) that is faked fails, does not return, is met by ^C: crash 8's gdb, 6.1.
# shellcheck source-path=SCRIPTDIR source=crash.sh
. "$(dirname "$0")/crash.sh"

let_fail 6.1-cloud
