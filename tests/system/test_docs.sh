#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The documents speak of what is there: files, functions, targets of the Makefile;
# and each source file opens with its licence.
set -eu

wrong=0
complain() {
	echo "$*"
	wrong=1
}

docs="README.md CONTRIBUTING.md $(echo docs/*.md lessons/*/*.md)"
make --no-print-directory -s help >"$T/help"

# Each name of the library's in the files and directories given.
names() {
	grep -rohE '\b(coil_[a-z_0-9]*[a-z0-9]|COIL_[A-Z_0-9]*[A-Z0-9])\b' "$@" || true
}
export LC_ALL=C
names include src tools mk Makefile | sort -u >"$T/have"

for doc in $docs; do
	# Links to files, and paths between backquotes.
	{ grep -oE '\]\([^)#:]+\)' "$doc" | sed -E 's/^\]\((.*)\)$/\1/' |
		sed "s|^|$(dirname "$doc")/|"
	  grep -oE '`(src|include|tests|tools|lessons|docs|mk)/[A-Za-z0-9_./-]+`' "$doc" | tr -d '`'
	} >"$T/paths" || true
	while read -r path; do
		[ -e "$path" ] || complain "$doc: no file $path"
	done <"$T/paths"

	names "$doc" | sort -u | comm -23 - "$T/have" >"$T/unknown"
	while read -r name; do
		complain "$doc: nothing is called $name"
	done <"$T/unknown"

	grep -oE '(^|`)make [a-z][a-z0-9_./-]*[a-z0-9]' "$doc" | sed 's/.*make //' | sort -u >"$T/targets" || true
	while read -r target; do
		grep -qE "^  ([a-z0-9_./ -]* )?$target " "$T/help" || complain "$doc: no target $target in make help"
	done <"$T/targets"
done

find src include tools lessons tests mk Makefile .ci \( -name '*.[chS]' -o -name '*.cc' -o -name '*.sh' \
	-o -name '*.mk' -o -name Makefile -o -name '*.def' -o -name run \) -type f >"$T/sources"
xargs awk 'FNR == 1 { has = 0 }
	FNR <= 2 && /SPDX-License-Identifier: MIT/ { has = 1 }
	FNR == 2 && !has { print FILENAME }' <"$T/sources" >"$T/without"
while read -r file; do
	complain "$file: no licence line"
done <"$T/without"
exit $wrong
