#!/bin/sh
# SPDX-License-Identifier: MIT
#
# make trace-demo's walk: run, record, check, draw; all of the pictures are there and
# are what their names say.
# seconds: 120
set -eu

fail() {
	echo "$*"
	exit 1
}

command -v dot >/dev/null || { echo "Graphviz is not here"; exit 77; }
demos=$(cd lessons && ls -- documents/*.c demos/*.c | sed 's/\.c$//')
# shellcheck disable=SC2086
TO=$T/demo tools/trace-demo.sh $demos >"$T/said" 2>&1 ||
	fail "status $?: $(cat "$T/said")"

for demo in $demos; do
	for view in await loop; do
		base=$T/demo/${demo##*/}-$view
		head -n 1 "$base.puml" | grep -q '^@startuml' || fail "$base.puml is not PlantUML"
		tail -n 1 "$base.puml" | grep -q '^@enduml' || fail "$base.puml has no end"
		dot -Kneato -n2 -Tplain "$base.dot" >/dev/null 2>"$T/dot" || fail "$base.dot is not dot's"
		[ ! -s "$T/dot" ] || fail "$base.dot: $(cat "$T/dot")"
		grep -q '</svg>' "$base.svg" || fail "$base.svg is not whole"
		[ "$(dd if="$base.png" bs=1 skip=1 count=3 2>/dev/null)" = PNG ] || fail "$base.png is no PNG"
	done
done

# The document's messages, in the picture and in the terminal.
for message in 'main -> say_hello_AAA' 'say_hello_AAA -> asyncio.sleep : sleep' \
	       'asyncio.sleep -> say_hello_CCC : total(1.0' 'say_hello_CCC -> main : total(1.0'; do
	grep -qF -e "$message" "$T/demo/10-say-hello-await.puml" || {
		cat "$T/demo/10-say-hello-await.puml"
		fail "the picture of 10-say-hello lacks: $message"
	}
done
for word in say_hello_AAA say_hello_BBB say_hello_CCC asyncio.sleep 'total(1.0'; do
	grep -qF -e "$word" "$T/said" || fail "the diagram in the terminal lacks $word"
done
grep -qF "$T/demo/callbacks-loop.svg" "$T/said" || fail "it does not say where the rest is"

# What goes wrong is said, and ends it.
if TO=$T/other tools/trace-demo.sh demos/no_such_demo >"$T/said" 2>&1; then
	fail "no complaint about a demo that is not there"
fi
grep -q '^trace-demo: no_such_demo ended with status' "$T/said" || fail "said: $(cat "$T/said")"
