/* SPDX-License-Identifier: MIT
 *
 * coil print: a trace as text (src/trace/reader_print.h).
 */
#include <stdio.h>

#include "command.h"
#include "filter.h"
#include "trace/reader_print.h"

static const char help[] =
	"usage: coil print [OPTION...] TRACE\n\n"
	"Prints a line for the trace, and one for every event:\n\n"
	"  12 1.000000000 t1/1 ctx=4 TASK_STEP_BEGIN send task=2[main]\n\n"
	"its number, the time in seconds, the thread / the loop that it runs, the\n"
	"handle that runs (0: the loop itself), the event, its tag and its fields; in\n"
	"brackets, what a field means.  coil parse reads the whole of it back.\n\n"
	FILTER_HELP
	ALONE_HELP
	"  --brief         leave out strings, places and threads: what the others\n"
	"                  refer to\n"
	"  --help          this\n";

static bool is_reference(const struct coil__event *event)
{
	return event->type == TRACE_STRING || event->type == TRACE_SITE ||
	       event->type == TRACE_THREAD;
}

static void print_all(struct coil__reader *reader, struct filter *filter, bool brief)
{
	struct coil__names *names = coil__names_create(reader);
	struct coil__event event;

	coil__print_header(stdout, coil__reader_header(reader));
	while (coil__reader_next(reader, &event)) {
		coil__names_apply(names, &event);
		if (coil__filter_wants(filter, names, &event) &&
		    !(brief && is_reference(&event)))
			coil__print_event(stdout, reader, names, &event);
		if (ferror(stdout))
			break;
	}
	coil__names_destroy(names);
}

int coil__command_print(int argc, char **argv)
{
	static const struct option options[] = {
		FILTER_OPTIONS,
		ALONE_OPTION,
		{ "brief", no_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct coil__reader *reader;
	struct filter filter;
	bool brief = false, alone = false;
	int c, status = STATUS_BAD;

	coil__filter_init(&filter);
	while ((c = coil__option(argc, argv, ":", options, help)) != -1) {
		if (c == 'h') {
			status = coil__finish(NULL, STATUS_GOOD);
			goto end;
		}
		if (c == 'b')
			brief = true;
		else if (c == 'A')
			alone = true;
		else if (c == '?' || !coil__filter_option(&filter, argv[0], c, optarg))
			goto end;
	}
	reader = coil__open_argument(argc, argv, alone);
	if (reader) {
		print_all(reader, &filter, brief);
		status = coil__finish(reader, STATUS_GOOD);
	}
end:
	coil__filter_free(&filter);
	return status;
}
