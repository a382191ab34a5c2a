#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The scenarios of the corpus, played and recorded: their traces keep the laws, can be
# drawn in both views and all formats that need no other program, and come back from
# text as they were.  Stops after a time, but not before some of each kind are done.
# seconds: 120
set -u

fail() {
	echo "$*"
	[ ! -s "$T/said" ] || head -n 40 "$T/said"
	exit 1
}

# well WHAT COMMAND...: it ends with 0 and says nothing to stderr.
well() {
	what=$1
	shift
	"$@" >"$T/out" 2>"$T/said" || fail "$what: status $?"
	[ ! -s "$T/said" ] || fail "$what says:"
}

unset COIL_TRACE
coil=$B/coil
until=$(($(date +%s) + ${CORPUS_SECONDS:-60}))
drawn=0
# Those written by hand, then the random ones.
for scenario in tests/conformance/corpus/[0-9C]*.scn tests/conformance/corpus/[!0-9C]*.scn; do
	[ -e "$scenario" ] || continue
	[ "$drawn" -ge 50 ] && [ "$(date +%s)" -ge "$until" ] && break
	rm -f "$T/trace"
	COIL_TRACE=$T/trace "$coil" play "$scenario" >"$T/out" 2>"$T/said"
	[ $? -lt 3 ] || fail "playing $scenario"
	well "checking $scenario" "$coil" check -q "$T/trace"
	for view in await loop; do
		for format in text plantuml dot; do
			well "$scenario as $format, $view" "$coil" render --limit 0 \
				--view "$view" --format "$format" "$T/trace"
			[ -s "$T/out" ] || fail "$scenario as $format, $view: nothing"
		done
	done
	well "statistics of $scenario" "$coil" stats "$T/trace"
	well "printing $scenario" "$coil" print "$T/trace"
	mv "$T/out" "$T/printed"
	well "parsing $scenario" "$coil" parse -o "$T/again" "$T/printed"
	well "printing $scenario again" "$coil" print "$T/again"
	cmp -s "$T/out" "$T/printed" || fail "$scenario is another after print and parse"
	drawn=$((drawn + 1))
done
[ "$drawn" -ge 50 ] || fail "only $drawn scenarios"
