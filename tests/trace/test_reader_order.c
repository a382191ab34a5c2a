/* SPDX-License-Identifier: MIT
 *
 * The order of the events of several threads: by time, but an effect behind its cause.
 */
#include <string.h>
#include "trace/check.h"
#include "trace/reader_files.h"
#include "traces.h"

/* What comes out: "1:LOOP_STOP@5 ...", the thread, the event, the time in ms.  Twice the
 * same; the order of each thread kept; times that do not go back. */
static const char *read_once(struct coil__reader *reader)
{
	const char *list = "";
	struct coil__event event;
	uint64_t last = 0;

	while (coil__reader_next(reader, &event)) {
		CHECK(event.time >= last);
		last = event.time;
		list = text("%s%s%u:%s@%g", list, *list ? " " : "", event.thread,
			    coil__event_name(event.type), (double)event.time / 1e6);
	}
	return list;
}

static const char *order_of(const char *lines)
{
	struct coil__reader *reader = trace_of(lines);
	const char *first = read_once(reader);

	coil__reader_rewind(reader);
	CHECK_STR(read_once(reader), first);
	coil__reader_close(reader);
	return first;
}

TEST(a_call_is_taken_over_after_it_was_made)
{
	CHECK_STR(order_of("@0.001 t1/1 ctx=0 HANDLE_TAKEN handle=5\n"
			   "@0.001 t1/1 ctx=0 WAKE loop=1 count=1\n"
			   "@0.002 t2 ctx=0 HANDLE_SCHEDULED threadsafe handle=5 loop=1\n"),
		  "2:HANDLE_SCHEDULED@2 1:HANDLE_TAKEN@2 1:WAKE@2");
}

TEST(others_go_first_while_a_thread_is_held)
{
	CHECK_STR(order_of("@0.001 t1/1 ctx=0 HANDLE_TAKEN handle=5\n"
			   "@0.004 t1/1 ctx=0 LOOP_STOP loop=1\n"
			   "@0.002 t3 ctx=0 MARK text=\"a\"\n"
			   "@0.004 t3 ctx=0 MARK text=\"b\"\n"
			   "@0.003 t2 ctx=0 HANDLE_SCHEDULED threadsafe handle=5 loop=1\n"),
		  "3:MARK@2 2:HANDLE_SCHEDULED@3 1:HANDLE_TAKEN@3 1:LOOP_STOP@4 3:MARK@4");
}

/* On a virtual clock much happens at one moment: another thread's call is in it where it
 * is taken over, and not in front of all. */
TEST(at_the_same_time_loops_go_first)
{
	CHECK_STR(order_of("@0.001 t1 ctx=0 HANDLE_SCHEDULED threadsafe handle=5 loop=1\n"
			   "@0.001 t2/1 ctx=0 ITERATION_BEGIN n=1\n"
			   "@0.001 t2/1 ctx=0 HANDLE_TAKEN handle=5\n"
			   "@0.001 t2/1 ctx=0 WAKE loop=1 count=1\n"
			   "@0.001 t1 ctx=0 MARK text=\"a\"\n"),
		  "2:ITERATION_BEGIN@1 1:HANDLE_SCHEDULED@1 2:HANDLE_TAKEN@1 2:WAKE@1 1:MARK@1");
}

/* What a thread schedules in its own loop gives nothing away. */
TEST(only_calls_of_other_threads_are_given)
{
	CHECK_STR(order_of("@0.001 t1/1 ctx=0 HANDLE_SCHEDULED soon handle=5\n"
			   "@0.002 t1/1 ctx=0 LOOP_STOP loop=1\n"
			   "@0.001 t2/2 ctx=0 HANDLE_TAKEN\n"),
		  "1:HANDLE_SCHEDULED@1 2:HANDLE_TAKEN@1 1:LOOP_STOP@2");
}

/* As it was before there was HANDLE_TAKEN. */
TEST(older_traces_are_in_the_order_of_time)
{
	CHECK_STR(order_of("@0.001 t1/1 ctx=0 WAKE loop=1 count=1\n"
			   "@0.001 t1/1 ctx=5 HANDLE_RUN_BEGIN\n"
			   "@0.002 t2 ctx=0 HANDLE_SCHEDULED threadsafe handle=5 loop=1\n"),
		  "1:WAKE@1 1:HANDLE_RUN_BEGIN@1 2:HANDLE_SCHEDULED@2");
}

TEST(a_job_begins_after_it_was_submitted)
{
	CHECK_STR(order_of("@0.001 t2 ctx=0 JOB_BEGIN job=5\n"
			   "@0.001 t2 ctx=0 JOB_END result job=5\n"
			   "@0.002 t1 ctx=0 JOB_SUBMITTED job=5 executor=1\n"
			   "@0.001 t3 ctx=0 JOB_CANCELLED job=6\n"
			   "@0.003 t1 ctx=0 JOB_SUBMITTED job=6 executor=1\n"),
		  "1:JOB_SUBMITTED@2 2:JOB_BEGIN@2 2:JOB_END@2 1:JOB_SUBMITTED@3 3:JOB_CANCELLED@3");
}

TEST(a_thread_that_waits_for_a_result_goes_on_behind_it)
{
	CHECK_STR(order_of("@0.001 t2 ctx=0 RESULT_PROMISED result=5 loop=1\n"
			   "@0.002 t2 ctx=0 RESULT_TAKEN result=5\n"
			   "@0.003 t1/1 ctx=0 RESULT_GIVEN result result=5\n"),
		  "2:RESULT_PROMISED@1 1:RESULT_GIVEN@3 2:RESULT_TAKEN@3");
	CHECK_STR(order_of("@0.001 t1 ctx=0 JOB_SUBMITTED job=5 executor=1\n"
			   "@0.002 t1 ctx=0 RESULT_TAKEN result=5\n"
			   "@0.001 t2 ctx=0 JOB_BEGIN job=5\n"
			   "@0.003 t2 ctx=0 JOB_END result job=5\n"),
		  "1:JOB_SUBMITTED@1 2:JOB_BEGIN@1 2:JOB_END@3 1:RESULT_TAKEN@3");
	CHECK_STR(order_of("@0.001 t1 ctx=0 JOB_SUBMITTED job=5 executor=1\n"
			   "@0.002 t1 ctx=0 RESULT_TAKEN result=5\n"
			   "@0.003 t2 ctx=0 JOB_CANCELLED job=5\n"),
		  "1:JOB_SUBMITTED@1 2:JOB_CANCELLED@3 1:RESULT_TAKEN@3");
	/* It may be taken again, and from before the recording. */
	CHECK_STR(order_of("@0.002 t2 ctx=0 RESULT_TAKEN result=5\n"
			   "@0.003 t1 ctx=0 MARK text=\"a\"\n"),
		  "2:RESULT_TAKEN@2 1:MARK@3");
}

/* ---- what is never given -------------------------------------------------- */

TEST(what_nobody_gives_is_not_held_for_long)
{
	CHECK_STR(order_of("@0.001 t1/1 ctx=0 HANDLE_TAKEN handle=5\n"
			   "@0.002 t1/1 ctx=0 LOOP_STOP loop=1\n"
			   "@0.5 t2 ctx=0 MARK text=\"a\"\n"
			   "@1.5 t2 ctx=0 MARK text=\"b\"\n"
			   "@1.6 t2 ctx=0 MARK text=\"c\"\n"),
		  "2:MARK@500 1:HANDLE_TAKEN@500 1:LOOP_STOP@500 2:MARK@1500 2:MARK@1600");
}

TEST(what_nobody_is_left_to_give_is_let_go)
{
	CHECK_STR(order_of("@0.001 t1/1 ctx=0 HANDLE_TAKEN handle=5\n"
			   "@0.001 t2/2 ctx=0 HANDLE_TAKEN handle=6\n"
			   "@0.002 t2/2 ctx=0 HANDLE_SCHEDULED threadsafe handle=5 loop=1\n"
			   "@0.002 t1/1 ctx=0 HANDLE_SCHEDULED threadsafe handle=6 loop=2\n"
			   "@0.003 t1/1 ctx=0 HANDLE_TAKEN handle=7\n"),
		  "1:HANDLE_TAKEN@1 1:HANDLE_SCHEDULED@2 2:HANDLE_TAKEN@2 2:HANDLE_SCHEDULED@2 "
		  "1:HANDLE_TAKEN@3");
}

/* Each half of a ring of threads waits for the other: that cannot have been. */
TEST(a_circle_of_causes_comes_to_an_end)
{
	struct coil__reader *reader = trace_of(
		"@0.001 t1 ctx=0 JOB_BEGIN job=1\n"
		"@0.001 t1 ctx=0 JOB_SUBMITTED job=2 executor=9\n"
		"@0.001 t2 ctx=0 JOB_BEGIN job=2\n"
		"@0.001 t2 ctx=0 JOB_SUBMITTED job=3 executor=9\n"
		"@0.001 t3 ctx=0 JOB_BEGIN job=3\n"
		"@0.001 t3 ctx=0 JOB_SUBMITTED job=1 executor=9\n");
	struct coil__event event;
	int count = 0;

	for (; coil__reader_next(reader, &event); count++)
		CHECK(count || event.thread == 1);
	CHECK_INT(count, 6);
	coil__reader_close(reader);
}

/* ---- memory ------------------------------------------------------------------ */

#define CALLS 20000

/* Two threads and a loop: what is on its way is kept, not what has arrived. */
TEST(memory_is_bounded_by_what_is_on_its_way)
{
	char *lines = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&lines, &size);
	struct coil__reader *reader;
	struct coil__event event;
	size_t most = 0;

	for (int i = 1; i <= CALLS; i++)
		fprintf(out, "@%d.000001 t2 ctx=0 HANDLE_SCHEDULED threadsafe handle=%d loop=1\n"
			"@%d.000002 t1/1 ctx=0 HANDLE_TAKEN handle=%d\n", i / 1000, i, i / 1000, i);
	fclose(out);
	reader = trace_of(lines);
	free(lines);
	while (coil__reader_next(reader, &event))
		if (reader->causes.given.count > most)
			most = reader->causes.given.count;
	CHECK(most > 0 && most <= 1000); /* those of the same moment */
	CHECK_INT(reader->causes.given.count, 0);
	coil__reader_close(reader);
}

TEST(a_closed_loop_takes_nothing_any_more)
{
	CHECK_STR(order_of("@0.001 t1/1 ctx=0 HANDLE_TAKEN handle=5\n"
			   "@0.001 t2 ctx=0 HANDLE_SCHEDULED threadsafe handle=5 loop=1\n"
			   "@0.001 t2 ctx=0 HANDLE_SCHEDULED threadsafe handle=6 loop=1\n"
			   "@0.002 t1 ctx=0 LOOP_CLOSE loop=1\n"),
		  "2:HANDLE_SCHEDULED@1 1:HANDLE_TAKEN@1 2:HANDLE_SCHEDULED@1 1:LOOP_CLOSE@2");
}

/* ---- what it is for ------------------------------------------------------------ */

static void count(const struct coil__violation *violation, void *count)
{
	CHECK_STR(violation->message, "");
	++*(int *)count;
}

/* The loop's clock is ahead: by time alone, it would count two handles as ready of
 * which one is not scheduled yet. */
TEST(clocks_that_differ_break_no_law)
{
	struct coil__reader *reader = trace_of(
		"t1 ctx=0 LOOP_CREATED real loop=1\n"
		"t1/1 ctx=0 LOOP_RUN_BEGIN loop=1 site=1\n"
		"t1/1 ctx=0 HANDLE_SCHEDULED soon handle=3\n"
		"@0.001 t1/1 ctx=0 HANDLE_TAKEN handle=1000\n"
		"t1/1 ctx=0 HANDLE_TAKEN handle=2000\n"
		"t1/1 ctx=0 WAKE loop=1 count=2\n"
		"t1/1 ctx=0 HANDLE_SCHEDULED soon handle=4\n"
		"t1/1 ctx=0 ITERATION_BEGIN n=1 ready=4\n"
		"t1/1 ctx=0 POLL_BEGIN timeout=0\n"
		"t1/1 ctx=0 POLL_END events=0\n"
		"t1/1 ctx=3 HANDLE_RUN_BEGIN\n"
		"t1/1 ctx=3 HANDLE_RUN_END\n"
		"t1/1 ctx=1000 HANDLE_RUN_BEGIN\n"
		"t1/1 ctx=1000 HANDLE_RUN_END\n"
		"t1/1 ctx=2000 HANDLE_RUN_BEGIN\n"
		"t1/1 ctx=2000 HANDLE_RUN_END\n"
		"t1/1 ctx=4 HANDLE_RUN_BEGIN\n"
		"t1/1 ctx=4 HANDLE_RUN_END\n"
		"t1/1 ctx=0 ITERATION_END ran=4\n"
		"t1/1 ctx=0 ITERATION_BEGIN n=2 ready=0\n"
		"@0.002 t3 ctx=0 HANDLE_SCHEDULED threadsafe handle=2000 loop=1\n"
		"@0.003 t2 ctx=0 HANDLE_SCHEDULED threadsafe handle=1000 loop=1\n");
	int violations = 0;
	struct coil__check *check = coil__check_create(count, &violations);
	struct coil__event event;

	while (coil__reader_next(reader, &event))
		coil__check_event(check, &event);
	CHECK_INT(violations, 0);
	coil__check_destroy(check);
	coil__reader_close(reader);
}
