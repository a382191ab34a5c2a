#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Each fact of checks.txt that is to be tested in C is named by a test: L08, or L08_...
set -u
cd tests || exit 1
missing=$(grep -E '^[A-Z][0-9]+ C ' conformance/checks.txt | while read -r id where what; do
	grep -qE "(^|[^A-Za-z0-9])$id([^A-Za-z0-9]|\$)" ./*/test_*.c || echo "$id has no test: $what"
done)
[ -z "$missing" ] || { echo "$missing"; exit 1; }
grep -cE '^[A-Z][0-9]+ C ' conformance/checks.txt | grep -q '^[4-9][0-9]$'
