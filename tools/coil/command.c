/* SPDX-License-Identifier: MIT
 *
 * See command.h.
 */
#include "command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/reader_set.h"

/* ---- complaints ----------------------------------------------------------- */

int coil__complain(const char *format, ...)
{
	va_list arguments;

	fflush(stdout); /* what was printed before stays before */
	fputs("coil: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	putc('\n', stderr);
	return STATUS_BAD;
}

int coil__bad_usage(const char *command, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "coil: %s: ", command);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, " (see coil %s --help)\n", command);
	return STATUS_BAD;
}

/* ---- options ---------------------------------------------------------------- */

int coil__option(int argc, char **argv, const char *letters,
		 const struct option *options, const char *help)
{
	const char *word = argv[optind];
	int c;

	opterr = 0;
	c = getopt_long(argc, argv, letters, options, NULL);
	if (c == 'h')
		fputs(help, stdout);
	else if (c == ':')
		coil__bad_usage(argv[0], "%s needs a value", word);
	else if (c == '?' && optopt && (!word || word[1] != '-'))
		coil__bad_usage(argv[0], "there is no option -%c", optopt);
	else if (c == '?')
		coil__bad_usage(argv[0], "there is no option %s, or not so", word);
	return c == ':' ? '?' : c;
}

struct coil__reader *coil__open_argument(int argc, char **argv, bool alone)
{
	struct coil__reader *reader;
	char *error;

	if (optind + 1 != argc) {
		coil__bad_usage(argv[0], optind == argc ? "which trace?" :
				"one trace at a time");
		return NULL;
	}
	reader = alone ? coil__reader_open(argv[optind], &error)
		       : coil__reader_open_set(argv[optind], &error);
	if (!reader) {
		coil__complain("%s", error);
		free(error);
	}
	return reader;
}

int coil__finish(struct coil__reader *reader, int status)
{
	const char *damage = reader ? coil__reader_error(reader) : NULL;
	const char *missing = reader ? coil__reader_missing(reader) : NULL;

	if (fflush(stdout) != 0 || ferror(stdout))
		status = coil__complain("standard output: %s", strerror(errno));
	if (missing)
		coil__complain("%s", missing); /* what is here is good */
	if (damage)
		status = coil__complain("%s", damage);
	if (reader)
		coil__reader_close(reader);
	return status;
}

/* ---- the nearest name --------------------------------------------------------- */

#define LONGEST 32

/* How many letters to add, drop or change to make A into B (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
	size_t row[LONGEST + 1], a_length = strlen(a), b_length = strlen(b);

	if (a_length > LONGEST || b_length > LONGEST)
		return LONGEST;
	for (size_t j = 0; j <= b_length; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j - 1] + 1 < change)
				change = row[j - 1] + 1;
			row[j] = row[j] + 1 < change ? row[j] + 1 : change;
		}
	}
	return row[b_length];
}

const char *coil__nearest(const char *word, const char *const *names, size_t count)
{
	size_t least = strlen(word) / 2 + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t d = distance(word, names[i]);

		if (d < least) {
			least = d;
			nearest = names[i];
		}
	}
	return nearest;
}
