#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs the demo programs named, recorded, on the real clock; holds each trace
# against the laws; draws it in both views and all formats.  `make trace-demo`.
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

for demo; do
	printf '== %s\n' "$demo"
	"$coil" record -o "$to/$demo.trace" -- "$B/demos/$demo" ||
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

printf '\n== gather, as its trace tells it\n'
"$coil" render "$to/gather.trace" --format text --view await || fail "cannot draw gather"
cat <<END

The traces, and their pictures in two views (await: who waits for what; loop: what
the event loop does), each as .puml (PlantUML), .dot (Graphviz), .svg and .png:
END
for demo; do
	printf '  %s\n' "$to/$demo.trace  $to/$demo-await.svg  $to/$demo-loop.svg"
done
printf 'Look into one:  %s print %s\n' "$coil" "$to/gather.trace"
