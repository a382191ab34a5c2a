#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Prints a CPython of 3.13 or later, which the reference needs; or says that there is
# none, status 1.  Looked for: $PYTHON, python3.13 and later, python3, those of pyenv.

is_good() {
	"$@" -c 'import sys, asyncio; sys.exit(not (sys.version_info >= (3, 13) and
		sys.implementation.name == "cpython"))' >/dev/null 2>&1
}

of_pyenv() {
	command -v pyenv >/dev/null 2>&1 || return
	for version in $(pyenv versions --bare 2>/dev/null); do
		echo "$(pyenv root)/versions/$version/bin/python3"
	done
}

for python in ${PYTHON:+"$PYTHON"} python3.13 python3.14 python3.15 python3 /usr/bin/python3 \
	$(of_pyenv); do
	if is_good "$python"; then
		echo "$python"
		exit 0
	fi
done
echo "This needs CPython 3.13 or later, whose asyncio is what coil is compared with, and
there is none here: neither python3.13 nor a newer python3, nor in pyenv.  Name one by
PYTHON=/path/to/python3.13, or install it (Debian 13: python3; pyenv install 3.13)." >&2
exit 1
