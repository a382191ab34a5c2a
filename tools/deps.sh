#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Finds what coil needs on this machine and installs what is missing.
#
#	tools/deps.sh [GROUP ...]    groups: build render test lint fuzz valgrind cross (default: build)
#
# All there: says nothing, touches no network, status 0.  Something missing: says
# what and why; on Debian and its kin installs it with apt-get, as root or by sudo;
# elsewhere, or without the right to, prints the command to run, status 1.
set -u

# group | how to see that it is there | what for | Debian, Ubuntu | Fedora | Arch | Alpine | macOS
table() {
	cat <<-'END'
	build|cc|a C compiler, to build coil|gcc|gcc|gcc|gcc|
	build|header stdlib.h|the C library's headers|libc6-dev|glibc-devel|glibc|musl-dev|
	build|make|to build coil|make|make|make|make|make
	build|pkg-config|to find libevent|pkg-config|pkgconf-pkg-config|pkgconf|pkgconf|pkgconf
	build|module libevent_core|libevent, which waits for descriptors and time|libevent-dev|libevent-devel|libevent|libevent-dev|libevent
	render|dot|Graphviz, which draws the svg and png pictures|graphviz|graphviz|graphviz|graphviz|graphviz
	test|module cunit|CUnit, which counts the assertions of the tests|libcunit1-dev|CUnit-devel|cunit|cunit-dev|cunit
	test|module libuv|libuv, by which a loop can wait instead|libuv1-dev|libuv-devel|libuv|libuv-dev|libuv
	test|c++|a C++ compiler, to test that coil can be used from C++|g++|gcc-c++|gcc|g++|
	test|nm|to look at the symbols that the library exports|binutils|binutils|binutils|binutils|
	lint fuzz|clang|to build with a second compiler, and to fuzz|clang|clang|clang|clang|llvm
	fuzz|fuzzer|libFuzzer, for make fuzz|libclang-rt-dev|compiler-rt|compiler-rt|compiler-rt|llvm
	lint|clang-tidy|for make lint|clang-tidy|clang-tools-extra|clang|clang-extra-tools|llvm
	lint|cppcheck|for make lint|cppcheck|cppcheck|cppcheck|cppcheck|cppcheck
	valgrind|valgrind|for make valgrind|valgrind|valgrind|valgrind|valgrind|
	cross|aarch64-linux-gnu-gcc|the cross compiler for aarch64|gcc-aarch64-linux-gnu||||
	cross|qemu-aarch64|to run what it made|qemu-user||||
	END
}

is_there() {
	case $1 in
	module\ *) pkg-config --exists "${1#module }" 2>/dev/null ;;
	header\ *) echo "#include <${1#header }>" | cc -E - >/dev/null 2>&1 ;;
	fuzzer) ls /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a >/dev/null 2>&1 ;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

# The packages of column $1 of what is missing, one after the other, each once.
packages() {
	printf '%s\n' "$missing" | cut -d'|' -f"$1" | sort -u | tr '\n' ' ' | sed 's/^ *//; s/ *$//'
}

print_other_systems() {
	cat <<-END
	On other systems:
	  Fedora:  sudo dnf install $(packages 5)
	  Arch:    sudo pacman -S --needed $(packages 6)
	  Alpine:  sudo apk add $(packages 7)
	  macOS:   brew install $(packages 8)
	END
}

install_debian() {
	wanted=$(packages 4)
	command="apt-get update && apt-get install -y --no-install-recommends $wanted"
	if [ "$(id -u)" = 0 ]; then
		as_root=
	elif sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null 2>&1; }; then
		as_root=sudo
	else
		echo "Run this as root, and try again:"
		echo "  $command"
		print_other_systems
		exit 1
	fi
	echo "Installing: $wanted"
	get="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq"
	# shellcheck disable=SC2086
	if ! $get update ||
	   ! $get install -y --no-install-recommends $wanted; then
		echo "deps: apt-get failed; what it was to do: $command" >&2
		exit 1
	fi
}

# Is one of the groups $1 (words) among the others?
is_wanted() {
	groups=$1
	shift
	for of_it in $groups; do
		case " $* " in *" $of_it "*) return 0 ;; esac
	done
	return 1
}

# Sets `missing` to the lines of the table that are, of the groups $*.
look() {
	missing=$(table | while IFS='|' read -r group probe rest; do
		is_wanted "$group" "$@" || continue
		is_there "$probe" || echo "$group|$probe|$rest"
	done)
}

[ $# -gt 0 ] || set -- build
for group; do
	case $group in
	build | render | test | lint | fuzz | valgrind | cross) ;;
	*) echo "deps: no group '$group'; there are: build render test lint fuzz valgrind cross" >&2; exit 2 ;;
	esac
done

look "$@"
[ -n "$missing" ] || exit 0
echo "coil needs what is not on this machine:"
printf '%s\n' "$missing" | while IFS='|' read -r group probe why debian rest; do
	printf '  %-20s %s\n' "$debian" "$why"
done
if ! command -v apt-get >/dev/null 2>&1; then
	echo "Install it, and try again."
	print_other_systems
	exit 1
fi
install_debian
look "$@"
if [ -n "$missing" ]; then
	echo "deps: still missing after the installation: $(packages 2)" >&2
	exit 1
fi
