#!/bin/sh
# SPDX-License-Identifier: MIT
#
# one.sh NAME: builds one mutant (none: coil as it is) in build/mutants/NAME, and asks
# who notices.  make gives the commands: COMPILE, LINK_COIL, LINK_TESTS.  The answer is
# a line in build/mutants/NAME/result:
#
#	NAME|law|scenarios that differ, and the first of them|first test that fails
#
# Each is empty if nothing was noticed; "hang" and "crash" are notices too.
set -u
name=$1
dir=$B/mutants/$name
corpus=tests/conformance/corpus
rm -rf "$dir"
mkdir -p "$dir/logs" "$dir/tests"
ulimit -f 1000000 # a mutant may record without end
ulimit -c 0

build() {
	objects=
	if [ "$name" != none ]; then
		awk -v name="$name" -f tests/mutants/mutate.awk tests/mutants/mutants.txt >"$dir/mutant.c" || exit 1
		objects=$dir/mutant.o
		$COMPILE -w -c "$dir/mutant.c" -o "$objects" || exit 1
	fi
	# Found before the one in libcoil.a, which is then left out.
	$LINK_COIL -o "$dir/coil" $COIL_OBJECTS $objects $LIBRARIES || exit 1
	$LINK_TESTS -o "$dir/tests/run" $TESTS_OBJECTS $objects $LIBRARIES || exit 1
}

# hang or crash, of a status of timeout; else nothing.
how_ended() {
	case $1 in
	0 | 1) ;;
	124 | 137) echo hang ;;
	*) echo crash ;;
	esac
}

# The laws that the recorded corpus breaks, as far as it came: the first.
laws() {
	COIL_TRACE=$dir/trace.coil timeout -k 1 10 "$dir/coil" play "$corpus"/*.scn >/dev/null 2>&1
	ended=$(how_ended $?)
	broken=$(timeout 60 "$B/coil" check -q --most 1 "$dir/trace.coil" 2>/dev/null |
		sed -n '1s/^[0-9]* [0-9.]* \([a-z-]*\):.*/\1/p')
	rm -f "$dir"/trace.coil*
	echo "$broken${ended:+${broken:+, }$ended}"
}

scenarios() {
	timeout -k 1 10 "$dir/coil" play --iter --out "$dir/logs" "$corpus"/*.scn >/dev/null 2>&1
	ended=$(how_ended $?)
	differ=$(diff -rq "$corpus" "$dir/logs" | sed -n 's/^Files .*\/\([^/]*\)\.ilog and .*/\1/p
		s/^Only in .*: \(.*\)\.ilog$/\1/p')
	[ -n "$differ" ] || return
	echo "$(echo "$differ" | wc -l): $(echo "$differ" | head -n 1)${ended:+, $ended}"
}

# The first test that fails; with a short limit, as most need no time.
unit_tests() {
	COIL_TEST_TIMEOUT=0.6 timeout -k 1 120 "$dir/tests/run" -x loop/ task/ sync/ >"$dir/tests.log" 2>&1
	case $(how_ended $?) in
	hang) echo hang ;;
	*) sed -n 's/^FAILED \([^:]*\):.*/\1/p' "$dir/tests.log" | head -n 1 ;;
	esac
}

build
echo "$name|$(laws)|$(scenarios)|$(unit_tests)" >"$dir/result.new"
rm -rf "$dir/coil" "$dir/tests" "$dir/logs" "$dir/mutant.o"
mv "$dir/result.new" "$dir/result"
