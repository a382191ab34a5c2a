# SPDX-License-Identifier: MIT
#
# The first scenario of docs/scenarios.md does what the page says.
set -eu
awk '/^```/ { n++; next } n == 1' docs/scenarios.md > "$T/ready.scn"
awk '/^```/ { n++; next } n == 3 && !/^\$/' docs/scenarios.md > "$T/said"
"$B/coil" play --iter "$T/ready.scn" > "$T/done"
diff "$T/said" "$T/done"
grep -q 'Task-2 exit waiter = 5' "$T/done"
