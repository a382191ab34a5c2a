#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tools/deps.sh on machines made of stubs: what is there, what is not, who is asking.
set -eu

fail() {
	echo "$*"
	cat "$T/said"
	exit 1
}

bin=$T/bin
mkdir "$bin"
for tool in sh cat cut sort sed tr printf env; do
	ln -s "$(command -v $tool)" "$bin/$tool"
done

# stub NAME BODY: a program on that machine
stub() {
	printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"
	chmod +x "$bin/$1"
}

# Runs deps.sh there; its output in $T/said, what the stubs did in $T/did.
deps() {
	: >"$T/did"
	status=0
	PATH=$bin tools/deps.sh "$@" >"$T/said" 2>&1 </dev/null || status=$?
}

said() {
	grep -qF -e "$1" "$T/said" || fail "does not say: $1"
}

# An unknown system, with nothing on it.
stub id 'echo 0'
deps build render test
[ $status = 1 ] || fail "status $status, with no package manager"
said 'libevent-dev         libevent, which waits'
said 'graphviz             Graphviz, which draws'
said 'Fedora:  sudo dnf install CUnit-devel'
said 'Arch:    sudo pacman -S --needed'
said 'Alpine:  sudo apk add'
said 'macOS:   brew install cunit graphviz libevent'
[ ! -s "$T/did" ] || fail "did: $(cat "$T/did")"

# Debian, without root and without sudo.
stub apt-get "echo apt-get \"\$@\" >>$T/did"
stub id 'echo 1000'
deps build
[ $status = 1 ] || fail "status $status, without the right to install"
said 'apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev libevent-dev make pkg-config'
[ ! -s "$T/did" ] || fail "did: $(cat "$T/did")"

# Debian, root, but the installation brings nothing.
stub id 'echo 0'
deps build
[ $status = 1 ] || fail "status $status, when apt-get brings nothing"
said 'still missing after the installation'

# The installation fails.
stub apt-get "echo apt-get \"\$@\" >>$T/did; [ \$2 != install ]"
deps build
[ $status = 1 ] || fail "status $status, when apt-get fails"
said 'deps: apt-get failed'

# The installation brings what is needed.
stub apt-get "echo apt-get \"\$@\" >>$T/did
[ \$2 = update ] || for tool in cc make pkg-config; do
	echo '#!/bin/sh' >$bin/\$tool; $(command -v chmod) +x $bin/\$tool; done"
deps build
[ $status = 0 ] || fail "status $status, after an installation"
said 'Installing: gcc libc6-dev libevent-dev make pkg-config'
[ "$(sed -n 1p "$T/did")" = 'apt-get -qq update' ] || fail "did: $(cat "$T/did")"

# The same by sudo.
rm "$bin/cc" "$bin/make" "$bin/pkg-config"
stub id 'echo 1000'
stub sudo "[ \$1 = -n ] && exit 0; echo by sudo >>$T/did; exec \"\$@\""
deps build
[ $status = 0 ] || fail "status $status, by sudo"
grep -q 'by sudo' "$T/did" || fail "no sudo"

# All there: silent, and nothing is called.
deps build
[ $status = 0 ] || fail "status $status, with all there"
[ ! -s "$T/said" ] && [ ! -s "$T/did" ] || fail "not silent: $(cat "$T/did")"

deps nonsense
[ $status = 2 ] || fail "status $status for an unknown group"
said "no group 'nonsense'"
