/* SPDX-License-Identifier: MIT
 *
 * coil parse: the text of coil print, made a trace again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "trace/reader_parse.h"

static const char help[] =
	"usage: coil parse [-o TRACE] [TEXT]\n\n"
	"Reads what coil print has printed (TEXT, else standard input) and writes the\n"
	"trace that it was printed from.  Empty lines, and lines that begin with #, are\n"
	"skipped.\n\n"
	"  -o, --output TRACE   the file to write (coil.trace)\n"
	"  --help               this\n";

static int parse(FILE *input, const char *name, const char *output)
{
	char *error = coil__parse(input, name, output);

	if (!error)
		return STATUS_GOOD;
	coil__complain("%s", error);
	free(error);
	return STATUS_BAD;
}

int coil__command_parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	const char *output = "coil.trace";
	FILE *input;
	int c, status;

	while ((c = coil__option(argc, argv, ":o:", options, help)) != -1) {
		if (c == 'h')
			return coil__finish(NULL, STATUS_GOOD);
		if (c == '?')
			return STATUS_BAD;
		output = optarg;
	}
	if (argc - optind > 1)
		return coil__bad_usage(argv[0], "one text at a time");
	if (optind == argc)
		return parse(stdin, "standard input", output);
	input = fopen(argv[optind], "re");
	if (!input)
		return coil__complain("%s: %s", argv[optind], strerror(errno));
	status = parse(input, argv[optind], output);
	fclose(input);
	return status;
}
