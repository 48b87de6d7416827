#!/bin/bash
# None of the extension's calls in a crash(8) that is faked returns, one after the other: 6.1.
# shellcheck source-path=SCRIPTDIR source=crash.sh
. "$(dirname "$0")/crash.sh"

let_fail 6.1-cloud --jumps
