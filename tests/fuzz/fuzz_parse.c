/* SPDX-License-Identifier: MIT
 *
 * Any bytes as the text of a trace: it may be refused, but if it is taken, the
 * trace is whole, and printing and parsing it once more changes nothing.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "trace/names.h"
#include "trace/reader_parse.h"
#include "trace/reader_print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text {
	char *bytes;
	size_t size;
};

/* The text that the trace at PATH is printed as. */
static struct text print(const char *path)
{
	struct text text;
	struct coil__event event;
	char *error;
	struct coil__reader *reader = coil__reader_open(path, &error);
	FILE *file = open_memstream(&text.bytes, &text.size);
	struct coil__names *names;

	if (!reader || !file)
		abort();
	names = coil__names_create(reader);
	coil__print_header(file, coil__reader_header(reader));
	while (coil__reader_next(reader, &event)) {
		coil__names_apply(names, &event);
		coil__print_event(file, reader, names, &event);
	}
	if (coil__reader_error(reader))
		abort();
	coil__names_destroy(names);
	coil__reader_close(reader);
	fclose(file);
	return text;
}

/* False: it was refused. */
static bool parse(const void *data, size_t size, const char *path)
{
	FILE *input = fmemopen((void *)(uintptr_t)data, size, "r");
	char *error;

	if (!input)
		abort();
	error = coil__parse(input, "input", path);
	fclose(input);
	if (!error)
		return true;
	if (strncmp(error, "input:", 6))
		abort();
	free(error);
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[64];
	struct text first, second;

	if (!*path) {
		int fd = memfd_create("trace", 0);

		if (fd < 0)
			abort();
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	}
	if (!size || !parse(data, size, path))
		return 0;
	first = print(path);
	if (!parse(first.bytes, first.size, path))
		abort();
	second = print(path);
	if (first.size != second.size || memcmp(first.bytes, second.bytes, first.size))
		abort();
	free(first.bytes);
	free(second.bytes);
	return 0;
}
