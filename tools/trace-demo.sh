#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs the programs named (documents/02-hello, demos/queue), recorded, on the real clock
# but for one that takes 15 seconds there; holds each trace against the laws; draws it in
# both views and all formats.  `make trace-demo`.
set -u
: "${B:=build}"
coil=$B/coil
: "${TO:=$B/trace-demo}"
to=$TO

fail() {
	echo "trace-demo: $*" >&2
	exit 1
}

[ $# -gt 0 ] || fail "name the demos to run"
rm -rf "$to"
mkdir -p "$to" || fail "cannot make $to"
unset COIL_CLOCK COIL_TRACE

for program; do
	demo=${program##*/}
	printf '== %s\n' "$demo"
	clock=
	[ "$demo" != 13-cor1-cor2 ] || clock=--virtual
	"$coil" record $clock -o "$to/$demo.trace" -- "$B/lessons/$program" ||
		fail "$demo ended with status $?"
	"$coil" check "$to/$demo.trace" || fail "the trace of $demo is not right: $to/$demo.trace"
	for view in await loop; do
		for format in plantuml:puml dot:dot svg:svg png:png; do
			picture=$to/$demo-$view.${format#*:}
			"$coil" render "$to/$demo.trace" --format "${format%:*}" \
				--view "$view" -o "$picture" || fail "cannot draw $picture"
			[ -s "$picture" ] || fail "$picture is empty"
		done
	done
done

printf '\n== 10-say-hello, as its trace tells it\n'
"$coil" render "$to/10-say-hello.trace" --format text --view await || fail "cannot draw 10-say-hello"
cat <<END

The traces, and their pictures in two views (await: who waits for what; loop: what
the event loop does), each as .puml (PlantUML), .dot (Graphviz), .svg and .png:
END
for program; do
	demo=${program##*/}
	printf '  %s\n' "$to/$demo.trace  $to/$demo-await.svg  $to/$demo-loop.svg"
done
printf 'Look into one:  %s print %s\n' "$coil" "$to/10-say-hello.trace"
