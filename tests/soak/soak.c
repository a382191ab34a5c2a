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
#include <dirent.h>
#include <glob.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../tools/coil/play.h"
#include "coroutine/stack.h"
#include "trace/check.h"

#define RECORDED_EVERY 16
/* Bytes.  The last sixteen errors of one play live into the next, so how many a pool has at
 * most depends on the order; a leak of one object in every pass is more in seconds. */
#define IN_USE_MOST 4096
#define RESIDENT_MOST 2048     /* kB of memory freed but not given back (fragments) */

struct scenario {
	char *name, *text;
	size_t length;
	uint64_t log;          /* a hash of it; 0: not played so far */
};

struct figures {
	size_t in_use;         /* bytes; 0 where the allocator does not count */
	size_t resident;       /* kB */
	size_t descriptors, stacks;
};

static struct scenario *scenarios, first;
static size_t scenario_count;
static const char *trace_path;
static uint64_t plays, recordings, wrong;
static uint64_t random_state = 1;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- the scenarios --------------------------------------------------------------------- */

static char *read_whole(const char *path, size_t *length)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t n;

	if (!file)
		die(path);
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
		die(pattern);
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
	printf("%s: %s\n", scenario->name, what);
	wrong++;
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

static size_t resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	size_t pages = 0;

	if (!file || fscanf(file, "%*u %zu", &pages) != 1)
		die("/proc/self/statm");
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

static size_t descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t count = 0;

	if (!directory)
		die("/proc/self/fd");
	while (readdir(directory))
		count++;
	closedir(directory);
	return count - 3; /* . and .. and the directory's own */
}

/* The recorder remembers the strings of the last recording: of the same one each time. */
static struct figures look(void)
{
	play_recorded(&first);
	return (struct figures){
		.in_use = mallinfo2().uordblks + mallinfo2().hblkhd, .resident = resident(),
		.descriptors = descriptors(), .stacks = coil__stack_count(),
	};
}

static void print(double minutes, const struct figures *f)
{
	printf("%5.1f min %10" PRIu64 " plays %8" PRIu64 " recorded %9zu B in use %7zu kB "
	       "resident %3zu descriptors %5zu stacks\n", minutes, plays, recordings,
	       f->in_use, f->resident, f->descriptors, f->stacks);
	fflush(stdout);
}

static void compare(const char *what, size_t before, size_t after, size_t most)
{
	if (after <= before + most)
		return;
	printf("%s: from %zu to %zu\n", what, before, after);
	wrong++;
}

/* A checker's allocator counts nothing, and keeps what was freed. */
static void compare_figures(const struct figures *before, const struct figures *after)
{
	compare("descriptors", before->descriptors, after->descriptors, 0);
	compare("stacks", before->stacks, after->stacks, 0);
	if (!before->in_use)
		return;
	compare("bytes in use", before->in_use, after->in_use, IN_USE_MOST);
	compare("kB resident", before->resident, after->resident, RESIDENT_MOST);
}

static void soak(double minutes)
{
	double began = now(), told = began;
	struct figures before, after;

	pass(RECORDED_EVERY);
	pass(1); /* now everything has been needed once */
	after = before = look();
	print(0, &before);
	do {
		pass(RECORDED_EVERY);
		after = look();
		if (now() - told >= 60) {
			told = now();
			print((told - began) / 60, &after);
		}
	} while (now() - began < 60 * minutes);
	print((now() - began) / 60, &after);
	compare_figures(&before, &after);
}

/* What threads keep of freed memory for themselves, the allocator counts as in use: so
 * they are to keep none. */
static void without_caches(char **argv)
{
	if (getenv("GLIBC_TUNABLES"))
		return;
	setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0", 1);
	execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
	double minutes = argc > 2 ? atof(argv[1]) : 0;

	if (minutes <= 0) {
		fprintf(stderr, "usage: soak MINUTES DIRECTORY [TRACE]\n");
		return 2;
	}
	without_caches(argv);
	trace_path = argc > 3 ? argv[3] : "soak.coil";
	read_scenarios(argv[2]);
	printf("%zu scenarios\n", scenario_count);
	soak(minutes);
	unlink(trace_path);
	printf("soak: %s\n", wrong ? "something is wrong" : "nothing is left behind");
	for (size_t i = 0; i < scenario_count; i++) {
		free(scenarios[i].name);
		free(scenarios[i].text);
	}
	free(scenarios);
	return wrong != 0;
}
