/* SPDX-License-Identifier: MIT
 *
 * What worker processes record: into files of their own, that belong to the program's; the
 * recording may begin, end and begin again while they live.
 */
#include "harness.h"

#include <coil.h>
#include <coil/trace.h>
#include <glob.h>
#include <signal.h>
#include <unistd.h>

#include "trace/check.h"
#include "trace/reader_set.h"

static coil_executor *pool;

static coil_result own_pid(void *arg)
{
	return coil_number(getpid());
}

static coil_result nap(void *arg)
{
	return coil_sleep(0);
}

static coil_result runs_loop(void *arg)
{
	return coil_run(coil_coro(nap, NULL));
}

static coil_result kills_itself(void *arg)
{
	raise(SIGKILL);
	return coil_ok(NULL);
}

static coil_result run(coil_function function)
{
	coil_concurrent_future *future = coil_executor_submit(pool, function, NULL);
	coil_result r = coil_concurrent_future_result(future, -1);

	coil_release(future);
	return r;
}

static size_t files(const char *pattern)
{
	glob_t found;
	size_t count = glob(test_path(pattern), 0, NULL, &found) ? 0 : found.gl_pathc;

	if (count)
		globfree(&found);
	return count;
}

/* ---- reading -------------------------------------------------------------- */

struct seen {
	size_t submitted, begun, ended, loops, violations;
	uint32_t process; /* of the last end that tells it */
};

static void violated(const struct coil__violation *violation, void *seen)
{
	CHECK_STR(violation->message, NULL);
	((struct seen *)seen)->violations++;
}

static void note(struct seen *seen, const struct coil__event *event)
{
	seen->submitted += event->type == TRACE_JOB_SUBMITTED;
	seen->begun += event->type == TRACE_JOB_BEGIN;
	seen->ended += event->type == TRACE_JOB_END;
	seen->loops += event->type == TRACE_LOOP_CREATED;
	if (event->type == TRACE_JOB_END && event->as.JOB_END.process)
		seen->process = event->as.JOB_END.process;
}

static struct seen read_all(const char *name)
{
	struct seen seen = { .process = 0 };
	char *error = NULL;
	struct coil__reader *reader = coil__reader_open_set(test_path(name), &error);
	struct coil__check *check = coil__check_create(violated, &seen);
	struct coil__event event;

	CHECK_STR(error, NULL);
	free(error);
	while (reader && coil__reader_next(reader, &event)) {
		note(&seen, &event);
		coil__check_event(check, &event);
	}
	CHECK_STR(coil__reader_missing(reader), NULL);
	coil__check_destroy(check);
	coil__reader_close(reader);
	return seen;
}

/* ---- tests ---------------------------------------------------------------- */

TEST(records_jobs_into_a_file_beside_the_programs, .real_clock = true,
     .no_laws = "it records itself")
{
	struct seen seen;
	int64_t pid;

	REQUIRE(coil_trace_start(test_path("trace")).error == 0);
	REQUIRE(pool = coil_process_pool_executor(.max_workers = 1));
	pid = run(own_pid).number;
	CHECK_INT(run(runs_loop).error, 0);
	CHECK_INT(coil_executor_shutdown(pool, 0).error, 0);
	coil_trace_stop();
	CHECK_INT(files("trace*"), 2); /* the server has none */
	CHECK_INT(files(text("trace.%jd", (intmax_t)pid)), 1);
	seen = read_all("trace");
	CHECK_INT(seen.submitted, 2);
	CHECK_INT(seen.begun, 4);
	CHECK_INT(seen.ended, 4);
	CHECK_INT(seen.loops, 1);
	CHECK_INT(seen.process, pid);
	CHECK_INT(seen.violations, 0);
}

TEST(records_the_jobs_of_workers_that_die, .real_clock = true,
     .no_laws = "it records itself")
{
	struct seen seen;

	REQUIRE(coil_trace_start(test_path("trace.%p")).error == 0);
	REQUIRE(pool = coil_process_pool_executor(.max_workers = 1));
	CHECK_INT(run(kills_itself).error, COIL_BROKEN_PROCESS_POOL);
	CHECK_INT(run(own_pid).error, 0);
	CHECK_INT(coil_executor_shutdown(pool, 0).error, 0);
	coil_trace_stop();
	CHECK_INT(files("trace.*"), 3);
	seen = read_all(text("trace.%d", getpid()));
	CHECK_INT(seen.begun, 4);
	CHECK_INT(seen.ended, 3);
	CHECK_INT(seen.violations, 0);
}

TEST(follows_the_programs_recording, .real_clock = true, .no_laws = "it records itself")
{
	REQUIRE(pool = coil_process_pool_executor(.max_workers = 1));
	CHECK_INT(run(own_pid).error, 0);
	REQUIRE(coil_trace_start(test_path("first")).error == 0);
	CHECK_INT(run(own_pid).error, 0);
	coil_trace_stop();
	CHECK_INT(run(own_pid).error, 0);
	REQUIRE(coil_trace_start(test_path("second")).error == 0);
	CHECK_INT(run(own_pid).error, 0);
	CHECK_INT(run(own_pid).error, 0);
	coil_trace_stop();
	CHECK_INT(coil_executor_shutdown(pool, 0).error, 0);
	CHECK_INT(files("first*"), 2);
	CHECK_INT(files("second*"), 2);
	CHECK_INT(read_all("first").begun, 2);
	CHECK_INT(read_all("second").begun, 4);
}

/* It does not look at the environment itself: it would write over the program's file. */
TEST(does_not_begin_to_record_by_itself, .real_clock = true, .no_laws = "it records itself")
{
	setenv("COIL_TRACE", test_path("trace"), 1);
	REQUIRE(pool = coil_process_pool_executor(.max_workers = 1));
	CHECK_INT(run(runs_loop).error, 0);
	CHECK_INT(coil_executor_shutdown(pool, 0).error, 0);
	CHECK_INT(files("trace*"), 0);
}
