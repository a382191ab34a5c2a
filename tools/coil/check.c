/* SPDX-License-Identifier: MIT
 *
 * coil check: holds a trace against the laws of asyncio (src/trace/check.h).
 */
#include "trace/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"

static const char help[] =
	"usage: coil check [OPTION...] TRACE\n\n"
	"Holds a trace against the laws of asyncio.  For every violation it prints the\n"
	"event's number and time, the law, and what is wrong.  Exit status 1 if there\n"
	"is one.\n\n"
	"  --laws          print the laws\n"
	"  --most N        stop printing after N violations (100); all are counted\n"
	ALONE_HELP
	"  -q, --quiet     print nothing but violations\n"
	"  --help          this\n";

struct found {
	uint64_t count, most;
};

static void print_laws(void)
{
	for (int law = 0; law < COIL__LAWS; law++)
		printf("%-10s %s\n", coil__law_name(law), coil__law_sentence(law));
}

static void print_violation(const struct coil__violation *violation, void *arg)
{
	const struct coil__event *event = violation->event;
	struct found *found = arg;

	if (found->count++ < found->most)
		printf("%" PRIu64 " %" PRIu64 ".%09" PRIu64 " %s: %s: %s\n", event->index,
		       event->time / 1000000000, event->time % 1000000000,
		       coil__law_name(violation->law), coil__event_name(event->type),
		       violation->message);
}

static int check(struct coil__reader *reader, struct found *found, bool quiet)
{
	struct coil__check *checker = coil__check_create(print_violation, found);
	struct coil__event event;
	uint64_t events = 0;

	for (; coil__reader_next(reader, &event); events++)
		coil__check_event(checker, &event);
	coil__check_destroy(checker);
	if (found->count > found->most)
		printf("and %" PRIu64 " more\n", found->count - found->most);
	if (!quiet)
		printf("%" PRIu64 " events, %d laws, %" PRIu64 " violation%s\n", events,
		       COIL__LAWS, found->count, found->count == 1 ? "" : "s");
	return coil__finish(reader, found->count ? STATUS_FOUND : STATUS_GOOD);
}

static bool take_most(const char *command, const char *value, uint64_t *most)
{
	char *end;

	*most = strtoull(value, &end, 10);
	if (end != value && !*end && *value != '-')
		return true;
	coil__bad_usage(command, "%s is no number of violations", value);
	return false;
}

int coil__command_check(int argc, char **argv)
{
	static const struct option options[] = {
		{ "laws", no_argument, NULL, 'l' },
		{ "most", required_argument, NULL, 'm' },
		ALONE_OPTION,
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct found found = { .most = 100 };
	struct coil__reader *reader;
	bool quiet = false, alone = false;
	int c;

	while ((c = coil__option(argc, argv, ":q", options, help)) != -1) {
		if (c == 'h')
			return coil__finish(NULL, STATUS_GOOD);
		if (c == 'l') {
			print_laws();
			return coil__finish(NULL, STATUS_GOOD);
		}
		if (c == 'q')
			quiet = true;
		else if (c == 'A')
			alone = true;
		else if (c == '?' || !take_most(argv[0], optarg, &found.most))
			return STATUS_BAD;
	}
	reader = coil__open_argument(argc, argv, alone);
	return reader ? check(reader, &found, quiet) : STATUS_BAD;
}
