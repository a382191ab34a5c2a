/* SPDX-License-Identifier: MIT
 *
 * Traces for tests, written as the text that `coil print` prints, without what is
 * the same everywhere: the header, the index, and (unless a line begins with
 * "@SECONDS ") the time, which is that of the line before.
 *
 *	reader = trace_of("t1 ctx=0 LOOP_CREATED real loop=1\n"
 *			  "@0.5 t1/1 ctx=0 LOOP_RUN_BEGIN loop=1\n");
 */
#ifndef TESTS_TRACE_TRACES_H
#define TESTS_TRACE_TRACES_H

#include <stdio.h>
#include "harness.h"
#include "trace/reader.h"
#include "trace/reader_parse.h"

#define TRACE_HEADER                                                           \
	"coil-trace 1 clock=real run=0x2a pid=7 parent=0 monotonic=-5 wall=9 program=\"./a b\"\n"

/* Writes the trace of LINES to PATH.  NULL, or what coil__parse says. */
static inline char *write_trace(const char *path, const char *lines)
{
	char *whole = NULL, *error, seconds[32] = "0.000000000";
	size_t size = 0;
	unsigned long index = 1;
	FILE *out = open_memstream(&whole, &size), *in;

	fputs(TRACE_HEADER, out);
	while (*lines) {
		size_t length = strcspn(lines, "\n");

		if (*lines == '@') {
			snprintf(seconds, sizeof(seconds), "%.9f", strtod(lines + 1, NULL));
			length -= strcspn(lines, " ") + 1;
			lines += strcspn(lines, " ") + 1;
		}
		fprintf(out, "%lu %s %.*s\n", index++, seconds, (int)length, lines);
		lines += length + (lines[length] == '\n');
	}
	fclose(out);
	in = fmemopen(whole, size, "r");
	error = coil__parse(in, "lines", path);
	fclose(in);
	free(whole);
	return error;
}

static inline struct coil__reader *trace_of(const char *lines)
{
	const char *path = test_path("lines.trace");
	char *error = write_trace(path, lines);
	struct coil__reader *reader;

	CHECK_STR(error, NULL);
	free(error);
	reader = coil__reader_open(path, &error);
	CHECK_STR(error, NULL);
	return reader;
}

#endif
