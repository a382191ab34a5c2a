/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a scenario: it may be refused, with a line that says where; if it is
 * taken it runs, the same way twice.  The limit is small, and numbers of more than
 * four digits are left alone: a day takes an iteration of the loop, and who sleeps for
 * a million years takes too many.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../tools/coil/play_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIMIT 200
#define MOST_DIGITS 4

static bool has_long_number(const uint8_t *data, size_t size)
{
	unsigned digits = 0;

	for (size_t i = 0; i < size; i++) {
		digits = data[i] >= '0' && data[i] <= '9' ? digits + 1 : 0;
		if (digits > MOST_DIGITS)
			return true;
	}
	return false;
}

static char *run(const struct program *program)
{
	char *error, *log = coil__play_run(program, true, &error);

	if (!log)
		abort();
	return log;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct program *program;
	char *error, *first, *second;

	if (has_long_number(data, size))
		return 0;
	program = coil__play_parse((const char *)data, size, "input", &error);
	if (!program) {
		if (!error || strncmp(error, "input:", 6) || strchr(error, '\n'))
			abort();
		free(error);
		return 0;
	}
	if (program->limit > LIMIT)
		program->limit = LIMIT;
	first = run(program);
	second = run(program);
	if (strcmp(first, second))
		abort();
	free(first);
	free(second);
	coil__play_forget(program);
	return 0;
}
