#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Gives every fuzz target its seeds, the demos' traces, one of several threads, and
# damaged copies of all of them.
# seconds: 60
set -eu

mkdir "$T/traces"
for demo in documents/10-say-hello documents/04-factorial demos/callbacks; do
	trace=$T/traces/${demo##*/}
	COIL_TRACE=$trace.trace "$B/lessons/$demo" >/dev/null
	"$B/coil" print "$trace.trace" >"$trace.txt"
done
"$B/coil" parse -o "$T/traces/jobs.trace" tests/fuzz/fuzz_parse/jobs.txt
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
