#!/bin/bash
# The lab's scenarios on stock kernels, from their captures: verdict, confidence, cycles and how many
# are behind, as vmcores/scenario/expect says; worked out there from what the module does.  Of 6.12.
# shellcheck source-path=SCRIPTDIR source=scenarios.sh
. "$(dirname "$0")/scenarios.sh"

check_captures 50 '6.12-*'
