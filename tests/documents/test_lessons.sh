#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Each of the documents' programs is there in C and in Python, with what it prints, a test
# that runs it, and its line in the README.
set -u

wrong=0
complain() {
	echo "$*"
	wrong=1
}

for file in lessons/documents/*.c lessons/documents/*.py; do
	name=$(basename "${file%.*}")
	for side in c py; do
		[ -s "lessons/documents/$name.$side" ] || complain "$name has no .$side"
		grep -qF "($name.$side)" lessons/documents/README.md || complain "$name.$side is not in the README"
	done
	[ -e "tests/golden/$name.out" ] || [ -e "tests/golden/$name.err" ] || complain "$name: not known what it prints"
	grep -qF "(\"$name\"" tests/documents/test_documents.c || complain "$name is not run by test_documents.c"
done
[ "$(find lessons/documents -name '*.c' | wc -l)" -ge 17 ] || complain "there are fewer than 17 programs"
exit $wrong
