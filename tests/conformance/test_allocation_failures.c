/* SPDX-License-Identifier: MIT
 *
 * The n-th allocation fails, for every n, in scenarios that together use every
 * operation: each time there is a log, or one line that says that memory ran out; and
 * the same process plays the scenario as ever afterwards.
 */
#include <glob.h>
#include <sys/mman.h>
#include "../tools/coil/play.h"
#include "../tools/coil/play_parse.h"
#include "faults.h"
#include "harness.h"

#define CORPUS "tests/conformance/corpus/"

/* The samples, and one for the operation that they lack. */
static const char *const patterns[] = { CORPUS "[0-9][0-9]-*.scn", CORPUS "T12-*.scn" };

struct attempt {
	const char *path, *text, *log;
	size_t length;
	unsigned n;
	bool *reached;
};

static char *play(const struct attempt *attempt, char **error)
{
	*error = NULL;
	return coil__play_text(attempt->text, attempt->length, attempt->path, true, error);
}

static void play_with_failure(void *arg)
{
	struct attempt *attempt = arg;
	char *error, *log;

	faults_fail(FAULT_MEMORY, attempt->n);
	log = play(attempt, &error);
	*attempt->reached = faults_clear();
	if (!log && error)
		harness_check(strstr(error, "out of memory") || strstr(error, "Cannot allocate"),
			      __FILE__, __LINE__, "%s", error);
	free(error);
	free(log);
	log = play(attempt, &error);
	CHECK_STR(log, attempt->log);
	free(error);
	free(log);
}

static void fail_each(const char *path)
{
	struct attempt attempt = { .path = path };
	bool *reached = mmap(NULL, sizeof *reached, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	attempt.reached = reached;
	attempt.text = read_file(path, &attempt.length);
	attempt.log = read_file(text("%.*s.ilog", (int)strlen(path) - 4, path), NULL);
	for (*reached = true; reached != MAP_FAILED && *reached; ) {
		struct outcome *outcome;

		attempt.n++;
		outcome = run_fork(play_with_failure, &attempt);
		if (!harness_check(outcome->status == 0, __FILE__, __LINE__,
				   "%s: allocation %u: status %d, signal %d\n%s", path,
				   attempt.n, outcome->status, outcome->signal, outcome->err))
			break;
	}
	CHECK(attempt.n > 10);
	munmap(reached, sizeof *reached);
}

/* Every fourth of the scenarios, from FIRST on: four tests, to run side by side. */
static void fail_in_a_quarter(size_t first)
{
	glob_t files;
	size_t count;

	CHECK_INT(glob(patterns[0], 0, NULL, &files), 0);
	CHECK_INT(glob(patterns[1], GLOB_APPEND, NULL, &files), 0);
	count = files.gl_pathc;
	for (size_t i = first; i < count; i += 4)
		fail_each(files.gl_pathv[i]);
	globfree(&files);
}

TEST(an_allocation_fails_1, .seconds = 100) { fail_in_a_quarter(0); }
TEST(an_allocation_fails_2, .seconds = 100) { fail_in_a_quarter(1); }
TEST(an_allocation_fails_3, .seconds = 100) { fail_in_a_quarter(2); }
TEST(an_allocation_fails_4, .seconds = 100) { fail_in_a_quarter(3); }

/* ---- that they use everything ------------------------------------------------------ */

/* The scenarios, with a blank in place of every white space. */
static char *all_texts(void)
{
	char *all = text(" ");
	glob_t files;

	CHECK_INT(glob(patterns[0], 0, NULL, &files), 0);
	CHECK_INT(glob(patterns[1], GLOB_APPEND, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		all = text("%s%s ", all, read_file(files.gl_pathv[i], NULL));
	globfree(&files);
	for (char *c = all; *c; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	return all;
}

TEST(the_scenarios_use_every_operation)
{
	const char *all = all_texts();
	const struct operation *operation;

	for (size_t i = 0; (operation = coil__operation(i)); i++)
		CHECK_HAS(all, text(" %s ", operation->name));
}
