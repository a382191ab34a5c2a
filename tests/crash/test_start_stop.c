/* SPDX-License-Identifier: MIT
 *
 * coil_trace_start, coil_trace_stop and their kin.
 */
#include <coil.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>
#include "readback.h"

static coil_result yield_a_little(void *unused)
{
	for (int i = 0; i < 5; i++)
		coil_sleep(1);
	return coil_ok(NULL);
}

TEST(start_and_stop)
{
	const char *path = test_path("trace");
	struct facts facts;

	CHECK(!coil_trace_active());
	CHECK_INT(coil_trace_start(path).error, COIL_OK);
	CHECK(coil_trace_active());
	coil_trace_mark("one %d", 1);
	coil_trace_counter("things", 2.5);
	CHECK_INT(coil_run(coil_coro(yield_a_little, NULL)).error, COIL_OK);
	coil_trace_mark("two");
	coil_trace_stop();
	CHECK(!coil_trace_active());
	coil_trace_mark("nobody listens");
	facts = read_back(path);
	CHECK_WHOLE(facts, "two");
	CHECK_STR(facts.first_mark, "one 1");
	CHECK_INT(facts.marks, 2);
	CHECK(facts.ended);
	CHECK(facts.counter == 2.5);
	CHECK_INT(facts.loops, 1);
	CHECK_INT(facts.steps, 6);
	CHECK_INT(facts.header.pid, getpid());
	CHECK_INT(facts.header.clock, TRACE_CLOCK_VIRTUAL);
	CHECK(facts.header.program[0] != '\0');
}

TEST(without_a_recording_nothing_happens)
{
	CHECK(!coil_trace_active());
	coil_trace_stop();
	coil_trace_mark("%s", "x");
	coil_trace_counter("x", 1);
	coil_trace_stop();
	CHECK(!coil_trace_active());
}

TEST(a_second_start_is_an_error_and_changes_nothing)
{
	const char *path = test_path("trace"), *other = test_path("other");
	struct facts facts;

	CHECK_INT(coil_trace_start(path).error, COIL_OK);
	CHECK_INT(coil_trace_start(other).error, COIL_RUNTIME);
	CHECK(access(other, F_OK) != 0);
	coil_trace_mark("still here");
	coil_trace_stop();
	facts = read_back(path);
	CHECK_WHOLE(facts, "still here");
}

TEST(one_recording_after_the_other)
{
	for (int i = 0; i < 5; i++) {
		const char *path = test_path(text("trace%d", i));
		struct facts facts;

		CHECK_INT(coil_trace_start(path).error, COIL_OK);
		coil_run(coil_coro(yield_a_little, NULL));
		coil_trace_mark("m %d", i);
		coil_trace_stop();
		facts = read_back(path);
		CHECK_WHOLE(facts, text("m %d", i));
		CHECK_INT(facts.marks, 1);
		CHECK_INT(facts.loops, 1);
		CHECK(facts.ended);
	}
}

TEST(an_old_file_is_emptied)
{
	const char *path = test_path("trace");
	char *junk = keep(calloc(1, 300000));
	struct facts facts;

	memset(junk, 'x', 300000);
	write_file(path, junk, 300000);
	CHECK_INT(coil_trace_start(path).error, COIL_OK);
	coil_trace_mark("new");
	coil_trace_stop();
	facts = read_back(path);
	CHECK_WHOLE(facts, "new");
}

/* Begun in the middle of a run: what was there before is not known, and what
 * comes is recorded. */
static coil_result start_in_the_middle(void *path)
{
	coil_sleep(1);
	CHECK_INT(coil_trace_start(path).error, COIL_OK);
	coil_sleep(1);
	coil_trace_mark("middle");
	coil_sleep(1);
	coil_trace_stop();
	coil_sleep(1);
	return coil_ok(NULL);
}

TEST(recording_a_part_of_a_run, .no_laws = "it records itself")
{
	char *path = text("%s", test_path("trace"));
	struct facts facts;

	CHECK_INT(coil_run(coil_coro(start_in_the_middle, path)).error, COIL_OK);
	facts = read_back(path);
	CHECK_WHOLE(facts, "middle");
	CHECK(facts.ended);
	CHECK(facts.iterations >= 3);
}

TEST(percent_p_is_the_process_id)
{
	struct facts facts;

	CHECK_INT(coil_trace_start(test_path("a-%p-b")).error, COIL_OK);
	coil_trace_mark("here");
	coil_trace_stop();
	facts = read_back(test_path(text("a-%d-b", (int)getpid())));
	CHECK_WHOLE(facts, "here");
}

static void check_start_fails(const char *path)
{
	coil_result r = coil_trace_start(path);

	CHECK_INT(r.error, COIL_OS);
	CHECK_HAS(coil_error_message(r), path);
	CHECK(!coil_trace_active());
}

TEST(errors_name_the_file)
{
	CHECK_INT(mkdir(test_path("directory"), 0700), 0);
	check_start_fails(test_path("no/such/directory/trace"));
	check_start_fails(test_path("directory"));
	check_start_fails("/dev/full");
	check_start_fails("/proc/version");
	CHECK(coil_trace_start("").error != COIL_OK);
	/* and it can be tried again */
	CHECK_INT(coil_trace_start(test_path("trace")).error, COIL_OK);
	coil_trace_stop();
}

/* ---- the environment ----------------------------------------------------------------- */

static void run_recorded(void *path)
{
	setenv("COIL_TRACE", path, 1);
	CHECK_INT(coil_run(coil_coro(yield_a_little, NULL)).error, COIL_OK);
	coil_trace_mark("end");
}

TEST(the_environment_starts_a_recording_that_exit_ends)
{
	const char *path = test_path("trace");
	struct outcome *child = run_fork(run_recorded, (void *)(uintptr_t)path);
	struct facts facts = read_back(path);

	CHECK_INT(child->status, 0);
	CHECK_STR(child->err, "");
	CHECK_WHOLE(facts, "end");
	CHECK(facts.ended);
	CHECK_INT(facts.loops, 1);
}

TEST(a_file_that_cannot_be_made_is_told_of_and_the_program_runs)
{
	const char *path = test_path("no/such/trace");
	struct outcome *child = run_fork(run_recorded, (void *)(uintptr_t)path);

	CHECK_INT(child->status, 0);
	CHECK_HAS(child->err, path);
}

/* ---- marks ------------------------------------------------------------------------------- */

TEST(a_long_mark_is_cut_and_the_next_is_whole)
{
	const char *path = test_path("trace");
	struct facts facts;

	CHECK_INT(coil_trace_start(path).error, COIL_OK);
	coil_trace_mark("%05000d", 1);
	facts = read_back(path);
	CHECK_INT(strlen(facts.last_mark), 1000);
	coil_trace_mark("%s", "");
	coil_trace_mark("\001 \"quoted\" \\ \303\244 <b>\n next line");
	coil_trace_stop();
	facts = read_back(path);
	CHECK_WHOLE(facts, "\001 \"quoted\" \\ \303\244 <b>\n next line");
	CHECK_INT(facts.marks, 3);
}

/* Every length, so that a record ends at every place of a chunk. */
TEST(marks_of_every_length_over_many_chunks)
{
	const char *path = test_path("trace");
	static char words[1001];
	struct facts facts;
	int n = 0;

	memset(words, 'w', 1000);
	CHECK_INT(coil_trace_start(path).error, COIL_OK);
	for (int length = 0; length <= 1000; length++, n++)
		coil_trace_mark("%.*s", length, words);
	for (int length = 0; length <= 1000; length += 7, n++)
		coil_trace_mark("%.*s", length, words);
	coil_trace_mark("end");
	coil_trace_stop();
	facts = read_back(path);
	CHECK_WHOLE(facts, "end");
	CHECK_INT(facts.marks, n + 1);
}

/* ---- threads -------------------------------------------------------------------------------- */

static void *mark_in_thread(void *number)
{
	for (int i = 0; i < 5000; i++)
		coil_trace_mark("thread %d mark %d", (int)(intptr_t)number, i);
	return NULL;
}

TEST(threads_record_side_by_side)
{
	const char *path = test_path("trace");
	pthread_t threads[4];
	struct facts facts;

	CHECK_INT(coil_trace_start(path).error, COIL_OK);
	for (intptr_t i = 0; i < 4; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, mark_in_thread, (void *)i), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	coil_trace_mark("end");
	coil_trace_stop();
	facts = read_back(path);
	CHECK_WHOLE(facts, "end");
	CHECK_INT(facts.marks, 20001);
}

static _Atomic bool enough;

static void *mark_until_enough(void *unused)
{
	while (!enough)
		coil_trace_mark("noise");
	return NULL;
}

/* Stopped and begun again under the feet of threads that record. */
TEST(stop_and_start_while_threads_record, .seconds = 30)
{
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, mark_until_enough, NULL), 0);
	for (int i = 0; i < 30; i++) {
		const char *path = test_path("trace");
		struct facts facts;

		CHECK_INT(coil_trace_start(path).error, COIL_OK);
		usleep(1000);
		coil_trace_stop();
		facts = read_back(path);
		CHECK(facts.readable);
		CHECK_STR(facts.error, NULL);
	}
	enough = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}
