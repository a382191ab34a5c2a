#!/bin/sh
# SPDX-License-Identifier: MIT
# seconds: 60
#
# The logs in the tests of what tasks share are those of CPython.
set -eu

for python in python3.13 python3.14 python3 "env PYENV_VERSION=3.13.0 python3"; do
	if $python -c 'import sys; sys.exit(sys.version_info < (3, 13))' 2>/dev/null; then
		exec $python -W ignore tests/sync/play.py tests/sync/test_*.c 2>"$T/errors"
	fi
done
echo "no CPython 3.13 is installed"
exit 77
