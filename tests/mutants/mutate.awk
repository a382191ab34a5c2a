# SPDX-License-Identifier: MIT
#
# awk -v name=NAME -f mutate.awk mutants.txt: the file that the mutant NAME changes, as
# changed, with a #line, so that what it says of itself stays the same.  Ends with a
# message and status 1 if a line to be replaced is not there, or is there twice.

function stripped(line) {
	sub(/^[ \t]+/, "", line)
	sub(/[ \t]+$/, "", line)
	return line
}

function fail(message) {
	print "mutant " name ": " message > "/dev/stderr"
	failed = 1
	exit 1
}

# Where the lines of place P stand in the file: the number of the first.
function find(p,    i, j, at) {
	at = 0
	for (i = 1; i + old_count[p] - 1 <= lines; i++) {
		for (j = 1; j <= old_count[p]; j++)
			if (stripped(line[i + j - 1]) != old[p, j])
				break
		if (j <= old_count[p])
			continue
		if (at)
			fail(file ": there twice: " old[p, 1])
		at = i
	}
	if (!at)
		fail(file ": not there: " old[p, 1])
	return at
}

/^#/ || /^[ \t]*$/ { next }
/^mutant / {
	mine = $2 == name
	if (mine) {
		if (file)
			fail("there twice in the table")
		file = $3
	}
	next
}
!mine { next }
/^-/ {
	if (!places || new_count[places])
		places++
	old[places, ++old_count[places]] = stripped(substr($0, 2))
}
/^\+/ {
	if (!places)
		fail("a + line before any -")
	plus[places, ++new_count[places]] = substr($0, 3)
}

END {
	if (failed)
		exit 1
	if (!places)
		fail("not in the table")
	while ((got = (getline text < file)) > 0)
		line[++lines] = text
	if (got < 0)
		fail(file ": cannot be read")
	for (p = 1; p <= places; p++)
		from[find(p)] = p
	print "#line 1 \"" file "\""
	for (i = 1; i <= lines; i++) {
		if (!(i in from)) {
			print line[i]
			continue
		}
		p = from[i]
		for (j = 1; j <= new_count[p]; j++)
			print plus[p, j]
		i += old_count[p] - 1
	}
}
