#!/bin/sh
# SPDX-License-Identifier: MIT
#
# table.sh DIR NAME...: the results of the mutants, and how many survive (status 1 if
# any does).  What only crashes or hangs under the laws is not noticed by a law.
dir=$1
shift
for name; do
	cat "$dir/$name/result" || exit 1
done | awk -F'|' '
	function shown(text) { return text == "" ? "-" : text }
	{
		printf "%-31s %-18s %-34s %s\n", $1, shown($2), shown($3), shown($4)
		law = $2
		sub(/(, )?(hang|crash)$/, "", law)
		laws += law != ""
		scenarios += $3 != ""
		tests += $4 != ""
		if ($2 == "" && $3 == "" && $4 == "")
			left = left " " $1
		survive += $2 == "" && $3 == "" && $4 == ""
	}
	BEGIN { printf "%-31s %-18s %-34s %s\n", "mutant", "law", "scenarios that differ, first", "first test" }
	END {
		printf "noticed by laws: %d, by scenarios: %d, by tests: %d\n", laws, scenarios, tests
		if (survive)
			print "survive:" left
		printf "%d mutants, %d survive\n", NR, survive
		exit survive > 0
	}'
