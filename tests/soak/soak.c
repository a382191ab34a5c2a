/* SPDX-License-Identifier: MIT
 *
 * soak MINUTES DIR [TRACE]: plays the scenarios of DIR over and over in one process, in
 * ever other orders, and records every 16th play, to TRACE.  Every play must give the
 * log that the first one gave, every recording keep the laws, and behind each pass there
 * must be what there was behind the second: memory, descriptors, stacks.
 *
 * It prints its figures every minute, and ends with status 1 if something was wrong.
 */
#include <coil/trace.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tools/coil/play.h"
#include "figures.h"
#include "trace/check.h"

#define RECORDED_EVERY 16
static const struct figures most = {
	/* The last sixteen errors of one play live into the next, so how many a pool has at
	 * most depends on the order; a leak of one object in every pass is more in seconds. */
	.in_use = 4096,
	.resident = 2048, /* memory freed but not given back (fragments) */
};

struct scenario {
	char *name, *text;
	size_t length;
	uint64_t log;          /* a hash of it; 0: not played so far */
};

static struct scenario *scenarios, first;
static size_t scenario_count;
static const char *trace_path;
static uint64_t plays, recordings;
static uint64_t random_state = 1;

/* ---- the scenarios --------------------------------------------------------------------- */

static char *read_whole(const char *path, size_t *length)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t n;

	if (!file)
		figures_die(path);
	n = getdelim(&text, &room, '\0', file);
	*length = n > 0 ? (size_t)n : 0;
	fclose(file);
	return text;
}

static void read_scenarios(const char *directory)
{
	char pattern[4096];
	glob_t found;

	snprintf(pattern, sizeof pattern, "%s/*.scn", directory);
	if (glob(pattern, 0, NULL, &found) != 0)
		figures_die(pattern);
	scenario_count = found.gl_pathc;
	scenarios = calloc(scenario_count, sizeof *scenarios);
	for (size_t i = 0; scenarios && i < scenario_count; i++) {
		scenarios[i].name = strdup(found.gl_pathv[i]);
		scenarios[i].text = read_whole(found.gl_pathv[i], &scenarios[i].length);
	}
	globfree(&found);
	first = scenarios[0];
}

/* xorshift: every run plays in the same orders. */
static size_t random_below(size_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (size_t)(random_state % n);
}

static void shuffle(void)
{
	for (size_t i = scenario_count; i > 1; i--) {
		size_t j = random_below(i);
		struct scenario other = scenarios[j];

		scenarios[j] = scenarios[i - 1];
		scenarios[i - 1] = other;
	}
}

/* ---- one play -------------------------------------------------------------------------- */

static void complain(const struct scenario *scenario, const char *what)
{
	figures_complain("%s: %s", scenario->name, what);
}

static uint64_t hash(const char *text)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 0x100000001b3;
	return sum | 1;
}

static void play(struct scenario *scenario)
{
	char *error = NULL;
	char *log = coil__play_text(scenario->text, scenario->length, scenario->name, true,
				    &error);

	plays++;
	if (!log)
		complain(scenario, error ? error : "out of memory");
	else if (!scenario->log)
		scenario->log = hash(log);
	else if (scenario->log != hash(log))
		complain(scenario, "the log is another than the first time");
	free(error);
	free(log);
}

static void violated(const struct coil__violation *violation, void *scenario)
{
	complain(scenario, violation->message);
}

static void check_trace(struct scenario *scenario)
{
	char *error = NULL;
	struct coil__reader *reader = coil__reader_open(trace_path, &error);
	struct coil__check *check;
	struct coil__event event;

	if (!reader) {
		complain(scenario, error ? error : "no trace");
		free(error);
		return;
	}
	check = coil__check_create(violated, scenario);
	while (coil__reader_next(reader, &event))
		coil__check_event(check, &event);
	if (coil__reader_error(reader))
		complain(scenario, coil__reader_error(reader));
	coil__check_destroy(check);
	coil__reader_close(reader);
}

static void play_recorded(struct scenario *scenario)
{
	recordings++;
	if (coil_trace_start(trace_path).error)
		complain(scenario, "cannot be recorded");
	play(scenario);
	coil_trace_stop();
	check_trace(scenario);
}

/* One play in EVERY is recorded. */
static void pass(unsigned every)
{
	shuffle();
	for (size_t i = 0; i < scenario_count; i++) {
		if (random_below(every) == 0)
			play_recorded(&scenarios[i]);
		else
			play(&scenarios[i]);
	}
}

/* ---- the figures ----------------------------------------------------------------------- */

/* The recorder remembers the strings of the last recording: of the same one each time. */
static struct figures look(void)
{
	play_recorded(&first);
	return figures_look();
}

static void print(double minutes, const struct figures *f)
{
	printf("%5.1f min %10" PRIu64 " plays %8" PRIu64 " recorded ", minutes, plays, recordings);
	figures_print(f);
}

static void soak(double minutes)
{
	double began = figures_now(), told = began;
	struct figures before, after;

	pass(RECORDED_EVERY);
	pass(1); /* now everything has been needed once */
	after = before = look();
	print(0, &before);
	do {
		pass(RECORDED_EVERY);
		after = look();
		if (figures_now() - told >= 60) {
			told = figures_now();
			print((told - began) / 60, &after);
		}
	} while (figures_now() - began < 60 * minutes);
	print((figures_now() - began) / 60, &after);
	figures_compare(&before, &after, &most);
}

int main(int argc, char **argv)
{
	double minutes = argc > 2 ? atof(argv[1]) : 0;

	if (minutes <= 0) {
		fprintf(stderr, "usage: soak MINUTES DIRECTORY [TRACE]\n");
		return 2;
	}
	figures_without_caches(argv);
	trace_path = argc > 3 ? argv[3] : "soak.coil";
	read_scenarios(argv[2]);
	printf("%zu scenarios\n", scenario_count);
	soak(minutes);
	unlink(trace_path);
	printf("soak: %s\n", figures_wrong ? "something is wrong" : "nothing is left behind");
	for (size_t i = 0; i < scenario_count; i++) {
		free(scenarios[i].name);
		free(scenarios[i].text);
	}
	free(scenarios);
	return figures_wrong != 0;
}
