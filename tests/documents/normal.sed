# SPDX-License-Identifier: MIT
#
# What the programs in lessons/documents print, in C and in Python, less what differs by
# nature: times, places in files, and what only one of them knows.

# Wed Nov 25 15:28:06 2026; total(1.0012972354888916); took 0.150 seconds
s/^[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4} /TIME /
s/total\([0-9.e-]+\)/total(SECONDS)/
s/took [0-9.]+ seconds/took SECONDS seconds/

# A loaded machine makes steps slow that only begin something.
/^Executing <Task pending/d

# A Python program has main and its module, a C program amain and main.
s/(File "[^"]*\.py", line [0-9]+, in) main$/\1 amain/
s/(File "[^"]*\.py", line [0-9]+, in) <module>$/\1 main/
s/coro=<main\(\)/coro=<amain()/

# The frames of asyncio itself, and the source text of all frames.
/^  File ".*\/asyncio\//d
/^  [^F]/d
/Enable tracemalloc/d
s/\(most recent await last\)/(most recent call last)/

# Places, and which of them are told: a function's, that of the call which made it.
s/File "[^"]*\.(py|c)", line [0-9]+/File PLACE/
s/[^ "'<]*\.(py|c):[0-9]+/PLACE/g
s/^coil: //
s/^PLACE: in [a-z_]+: /PLACE: /
s/ done, (defined|made) at PLACE/ done/
s/( created)? at PLACE//g
s/ result=None//
