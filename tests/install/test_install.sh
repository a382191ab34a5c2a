#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Installs to a place of its own, and uses what is there as a stranger would:
# compiles by pkg-config alone, in C and in C++, shared and static, and runs it.
# seconds: 60
set -eu

fail() {
	echo "$*"
	exit 1
}

# A sanitizer's library wants the sanitizer's compiler flags: not a user's case.
case ${VARIANT:-} in
asan | ubsan | tsan | aarch64) echo "not for the $VARIANT build"; exit 77 ;;
esac

PREFIX=/opt/coil
root=$T/root
make_quietly() {
	MAKEFLAGS="" make --no-print-directory VARIANT="${VARIANT:-}" B="${B#"$PWD"/}" \
		DESTDIR="$root" PREFIX="$PREFIX" "$@" >"$T/make.log" 2>&1 ||
		{ cat "$T/make.log"; fail "make $* failed"; }
}
make_quietly install

for file in bin/coil lib/libcoil.a lib/libcoil.so.0.1.0 lib/pkgconfig/coil.pc \
	    include/coil.h include/coil/loop.h include/coil/errors.def \
	    share/man/man1/coil.1; do
	[ -s "$root$PREFIX/$file" ] || fail "$file was not installed"
done
[ "$(readlink "$root$PREFIX/lib/libcoil.so.0")" = libcoil.so.0.1.0 ] || fail "no link libcoil.so.0"
[ "$(readlink "$root$PREFIX/lib/libcoil.so")" = libcoil.so.0 ] || fail "no link libcoil.so"
objdump -p "$root$PREFIX/lib/libcoil.so" | grep -q 'SONAME *libcoil.so.0$' || fail "no soname"

echo "exported symbols:"
nm -D --defined-only "$root$PREFIX/lib/libcoil.so" | awk '{ print $3 }' >"$T/symbols"
grep -q '^coil_run_site$' "$T/symbols" || fail "coil_run_site is not exported"
if grep -v '^coil_[a-z]' "$T/symbols"; then
	fail "the library exports what is not coil_*"
fi

export PKG_CONFIG_PATH="$root$PREFIX/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$root"
export LD_LIBRARY_PATH="$root$PREFIX/lib"
needs=$(pkg-config --print-requires-private coil)
for language in c cc; do
	case $language in
	c) compile="${CC:-cc} -std=gnu11" says="42 from C, coil 0.1.0" ;;
	cc) compile="${CXX:-c++}" says="42 from C++, coil 0.1.0" ;;
	esac
	flags="-Wall -Wextra -Werror"
	# shellcheck disable=SC2046,SC2086
	$compile $flags -o "$T/shared" tests/install/program.$language \
		$(pkg-config --cflags --libs coil)
	# shellcheck disable=SC2046,SC2086
	$compile $flags $(pkg-config --cflags coil) -o "$T/static" \
		tests/install/program.$language "$root$PREFIX/lib/libcoil.a" \
		$(PKG_CONFIG_SYSROOT_DIR='' pkg-config --libs $needs) -lpthread -lm
	objdump -p "$T/shared" | grep -q 'NEEDED *libcoil.so.0' || fail "shared: not linked to it"
	if objdump -p "$T/static" | grep -q 'NEEDED *libcoil'; then fail "static: not static"; fi
	for kind in shared static; do
		said=$("$T/$kind") || fail "$language, $kind: status $?"
		[ "$said" = "$says" ] || fail "$language, $kind: printed '$said'"
	done
done
# What a static link needs, pkg-config must know itself.
PKG_CONFIG_SYSROOT_DIR='' pkg-config --static --libs coil | grep -q -- '-levent_core' ||
	fail "pkg-config --static --libs lacks libevent"
if objdump -p "$root$PREFIX/lib/libcoil.so" | grep -q 'NEEDED *libuv'; then
	PKG_CONFIG_SYSROOT_DIR='' pkg-config --static --libs coil | grep -q -- '-luv' ||
		fail "pkg-config --static --libs lacks libuv"
elif [ "$needs" != libevent_core ]; then
	fail "coil.pc wants $needs, the library does not"
fi

"$root$PREFIX/bin/coil" --help >/dev/null || fail "coil --help: status $?"

make_quietly uninstall
left=$(find "$root" ! -type d)
[ -z "$left" ] || fail "make uninstall left: $left"
