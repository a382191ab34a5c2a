#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The Python of the documents' programs, run by CPython, prints what the tests of the C
# programs expect: tests/golden/NAME.out and NAME.err.  With COIL_TEST_GOLDEN=write these
# files are made anew of what it prints.
# seconds: 60
set -u

python=$(tests/conformance/python.sh 2>"$T/none") || { head -n 1 "$T/none"; exit 77; }
$python --version | grep -q 'Python 3\.13' || { echo "$($python --version) is not 3.13"; exit 77; }

# Those with threads, or that look at the real clock, run on it.
run() {
	case $1 in
	01-* | 05-* | 06-* | 07-* | 08-* | 09-* | 14-* | 15-* | 18-*) "$python" -W ignore::DeprecationWarning "lessons/documents/$1.py" ;;
	*) "$python" -W ignore::DeprecationWarning tests/documents/virtual.py "lessons/documents/$1.py" ;;
	esac
}

# compare NAME.KIND: what was printed, and what is expected
wrong=0
compare() {
	sed -E -f tests/documents/normal.sed "$T/$1" >"$T/$1.normal"
	golden=tests/golden/$1
	if [ "${COIL_TEST_GOLDEN:-}" = write ]; then
		rm -f "$golden"
		[ ! -s "$T/$1.normal" ] || cp "$T/$1.normal" "$golden"
	fi
	[ -e "$golden" ] || golden=/dev/null
	diff -u "$golden" "$T/$1.normal" || wrong=1
}

# All at the same time: they sleep more than they work.
for file in lessons/documents/*.py; do
	name=$(basename "$file" .py)
	run "$name" >"$T/$name.out" 2>"$T/$name.err" &
done
for name in 06-never-awaited 07-never-retrieved; do
	# (Debug mode may also find that a loaded machine is slow.)
	PYTHONASYNCIODEBUG=1 run $name 2>&1 >/dev/null | grep -v '^Executing' >"$T/$name.debug.err" &
done
wait
for file in lessons/documents/*.py; do
	name=$(basename "$file" .py)
	compare "$name.out"
	compare "$name.err"
done
compare 06-never-awaited.debug.err
compare 07-never-retrieved.debug.err
exit $wrong
