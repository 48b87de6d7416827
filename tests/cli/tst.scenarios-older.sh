#!/bin/bash
# The lab's scenarios on stock kernels, from their captures: verdict, confidence, cycles and how many
# are behind, as vmcores/scenario/expect says; worked out there from what the module does.  Of 5.10 and 6.1.
# shellcheck source-path=SCRIPTDIR source=scenarios.sh
. "$(dirname "$0")/scenarios.sh"

check_captures 25 '@(5.10|6.1)-*'
