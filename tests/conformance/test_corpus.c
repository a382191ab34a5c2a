/* SPDX-License-Identifier: MIT
 *
 * The corpus: scenarios, each with the log that CPython's asyncio gives, iteration
 * numbers and all (make_corpus.py).  coil gives the same bytes, and a recording of
 * each run keeps the laws.
 */
#include <coil/trace.h>
#include <glob.h>
#include "../tools/coil/play.h"
#include "harness.h"
#include "trace/check.h"

#define CORPUS "tests/conformance/corpus"
#define SECONDS 100

/* ---- the logs -------------------------------------------------------------------- */

/* The log with iteration numbers; NULL is a failed assertion. */
static char *play(const char *path)
{
	size_t size;
	char *text = read_file(path, &size), *error = NULL, *log;

	if (!text)
		return NULL;
	log = coil__play_text(text, size, path, true, &error);
	harness_check(log != NULL, __FILE__, __LINE__, "%s", error ? error : "no memory");
	free(error);
	return log ? keep(log) : NULL;
}

/* The first line in which they differ. */
static void compare(const char *path, const char *expected, const char *found)
{
	unsigned line = 1;
	size_t begin = 0, i;

	for (i = 0; expected[i] && expected[i] == found[i]; i++)
		if (expected[i] == '\n') {
			line++;
			begin = i + 1;
		}
	harness_check(expected[i] == found[i], __FILE__, __LINE__,
		      "%s: line %u of the log is \"%.*s\", and should be \"%.*s\"", path, line,
		      (int)strcspn(found + begin, "\n"), found + begin,
		      (int)strcspn(expected + begin, "\n"), expected + begin);
}

static char *log_of(const char *path)
{
	return read_file(text("%.*s.ilog", (int)strlen(path) - 4, path), NULL);
}

static void each(void (*test)(const char *path))
{
	glob_t files;
	int found = glob(text("%s/%s/*.scn", test_root(), CORPUS), 0, NULL, &files);

	CHECK_INT(found, 0);
	for (size_t i = 0; !found && i < files.gl_pathc; i++)
		test(files.gl_pathv[i]);
	if (!found)
		globfree(&files);
}

static void has_the_log(const char *path)
{
	const char *expected = log_of(path), *found = play(path);

	if (expected && found)
		compare(path, expected, found);
}

TEST(logs_are_those_of_cpython, .seconds = SECONDS)
{
	each(has_the_log);
}

/* A play leaves nothing behind that the next one sees. */
TEST(the_second_time_too, .seconds = SECONDS)
{
	each(has_the_log);
	each(has_the_log);
}

/* ---- recorded ---------------------------------------------------------------------- */

static void violated(const struct coil__violation *violation, void *path)
{
	harness_check(false, __FILE__, __LINE__, "%s: event %lu: %s: %s", (const char *)path,
		      (unsigned long)violation->event->index, coil__law_name(violation->law),
		      violation->message);
}

static void check(const char *scenario, const char *trace)
{
	char *error;
	struct coil__reader *reader = coil__reader_open(trace, &error);
	struct coil__check *check;
	struct coil__event event;

	REQUIRE(reader);
	check = coil__check_create(violated, (void *)(uintptr_t)scenario);
	while (coil__reader_next(reader, &event))
		coil__check_event(check, &event);
	CHECK_STR(coil__reader_error(reader), NULL);
	coil__check_destroy(check);
	coil__reader_close(reader);
}

static void keeps_the_laws(const char *path)
{
	const char *trace = test_path("trace"), *expected = log_of(path), *found;

	CHECK_INT(coil_trace_start(trace).error, COIL_OK);
	found = play(path);
	coil_trace_stop();
	if (expected && found)
		compare(path, expected, found);
	check(path, trace);
}

TEST(recorded_runs_keep_the_laws, .seconds = SECONDS)
{
	each(keeps_the_laws);
}
