#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A few passes over the corpus leave nothing behind (make soak is the long form).
# seconds: 60
# Not in debug mode, where places are kept for ever: those of scenarios come and go.
COIL_DEBUG=0 exec "$B/tests/soak/soak" 0.1 tests/conformance/corpus "$T/trace.coil"
