#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Gives every fuzz target its seeds, the demos' traces, and damaged copies of both.
# seconds: 60
set -eu

mkdir "$T/traces"
for demo in gather factorial callbacks; do
	COIL_TRACE=$T/traces/$demo.trace "$B/demos/$demo" >/dev/null
	"$B/coil" print "$T/traces/$demo.trace" >"$T/traces/$demo.txt"
done
ran=0
for target in "$B"/tests/fuzz/replay-*; do
	[ -x "$target" ] || continue
	seeds=tests/fuzz/${target##*/replay-}
	[ -d "$seeds" ] || seeds=
	# shellcheck disable=SC2046
	"$target" -n 100 "$T"/traces/* $([ -z "$seeds" ] || find "$seeds" -type f)
	ran=$((ran + 1))
done
[ "$ran" -gt 0 ] || { echo "no fuzz target was built"; exit 1; }
