#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Loops in threads, and pools, for a moment: all ends, and nothing is left behind (make soak
# is the long form).
# seconds: 60
exec "$B/tests/soak/stress" 2
