/* SPDX-License-Identifier: MIT
 *
 * Other threads, worker processes, jobs, signals and several loops, in the pictures; and
 * in coil stats.
 */
#include "render_helpers.h"

/* The messages of a picture of TRACE, one a line, in order; => is an error. */
static const char *messages(const char *trace, const char *view)
{
	return run_shell("'%s' render --format plantuml --view %s '%s' |"
			 "grep -e '->' -e ']>' -e '^participant \"' -e '==' | "
			 "sed 's/-\\[[^]]*\\]>/=>/'", test_built("coil"), view, trace)->out;
}

#define HEAD(clock)                                                            \
	"coil-trace 1 clock=" clock " run=0x2a pid=7 parent=0 monotonic=0 wall=9 program=\"./demo x\"\n" \
	"1 0.000000000 t1 ctx=0 STRING string=1 text=\"read_file\"\n"           \
	"2 0.000000000 t1 ctx=0 STRING string=2 text=\"path\"\n"                \
	"3 0.000000000 t1 ctx=0 STRING string=3 text=\"amain\"\n"               \
	"4 0.000000000 t1 ctx=0 STRING string=4 text=\"future.come\"\n"         \
	"5 0.000000000 t1 ctx=0 STRING string=5 text=\"on_signal\"\n"           \
	"6 0.000000000 t1 ctx=0 SITE site=1 function=3 file=3 line=7 callee=1 argument=2\n" \
	"7 0.000000000 t1 ctx=0 SITE site=2 function=3 file=3 line=9 callee=3\n" \
	"8 0.000000000 t1 ctx=0 SITE site=3 function=3 file=3 line=9 callee=4\n" \
	"9 0.000000000 t1 ctx=0 SITE site=4 function=3 file=3 line=9 callee=5\n" \
	"10 0.000000000 t1 ctx=0 THREAD thread=1 os_thread=7 name=\"MainThread\"\n"

#define RUNS                                                                   \
	"11 0.000000000 t1 ctx=0 LOOP_CREATED real loop=1\n"                    \
	"12 0.000000000 t1 ctx=0 TASK_CREATED main task=2 loop=1 number=1 coroutine=2 site=2\n" \
	"13 0.000000000 t1/1 ctx=0 LOOP_RUN_BEGIN loop=1\n"                     \
	"14 0.000000000 t1/1 ctx=0 EXECUTOR_CREATED threads executor=9 workers=1 name=\"asyncio\"\n" \
	"15 0.000000000 t1/1 ctx=0 HANDLE_SCHEDULED step handle=1 target=2\n"   \
	"16 0.000000000 t1/1 ctx=1 TASK_STEP_BEGIN send task=2\n"
#define SUBMIT(job, future)                                                    \
	"17 0.000000000 t1/1 ctx=1 FUTURE_CREATED executor future=" #future " site=1\n" \
	"18 0.000000000 t1/1 ctx=1 JOB_SUBMITTED job=" #job " executor=9 site=1 loop=1 future=" #future "\n"
#define WAITS                                                                  \
	"19 0.000000000 t1/1 ctx=1 AWAIT_BEGIN future task=2 target=5\n"        \
	"20 0.000000000 t1/1 ctx=1 TASK_STEP_END suspended future=5\n"          \
	"21 0.000000000 t1/1 ctx=0 POLL_BEGIN timeout=-1\n"
#define WORKER "22 0.000000000 t2 ctx=0 THREAD thread=2 os_thread=8 name=\"asyncio_0\"\n"
#define BEGIN(job, time) "23 " #time "00000000 t2 ctx=0 JOB_BEGIN job=" #job "\n"
#define END(job, time) "24 " #time "00000000 t2 ctx=0 JOB_END result job=" #job "\n"
#define RAISE(job, time) "24 " #time "00000000 t2 ctx=0 JOB_END exception job=" #job " error=4\n"
#define CALL "25 0.500000000 t2 ctx=0 HANDLE_SCHEDULED threadsafe handle=100 loop=1 site=3\n"

/* The lines are numbered as they come. */
static const char *numbered(const char *lines)
{
	const char *all = "";
	int number = 0;

	for (size_t length; *lines; lines += length + 1, number++) {
		length = strcspn(lines, "\n");
		if (number)
			all = text("%s%d%.*s\n", all, number, (int)(length - strcspn(lines, " ")),
				   lines + strcspn(lines, " "));
		else
			all = text("%.*s\n", (int)length, lines);
	}
	return all;
}

#define DRAWN(view, lines) messages(trace_of_text(numbered(lines)), view)

TEST(a_job_is_asked_of_the_thread_that_runs_it)
{
	CHECK_STR(DRAWN("await", HEAD("real") RUNS SUBMIT(6, 5) WAITS WORKER BEGIN(6, 0.0)
			END(6, 0.5)),
		  "main -> asyncio_0 : read_file(path)\n"
		  "asyncio_0 -> main : total(0.500)\n");
	CHECK_STR(DRAWN("loop", HEAD("real") RUNS SUBMIT(6, 5) WAITS WORKER BEGIN(6, 0.0)
			END(6, 0.5) CALL),
		  "participant \"event loop\" as p1\n"
		  "[-> p1 : create_task(main)\n"
		  "[-> p1 : run_forever\n"
		  "p1 -> main : step\n"
		  "main -> p1 : run_in_executor(read_file(path))\n"
		  "p1 -> asyncio_0 : read_file(path)\n"
		  "main -> p1 : await asyncio.run_in_executor\n"
		  "asyncio_0 -> p1 : total(0.500)\n"
		  "asyncio_0 -> p1 : call_soon_threadsafe(future.come)\n");
}

TEST(a_job_that_waited_for_a_worker_says_so)
{
	CHECK_STR(DRAWN("await", HEAD("real") RUNS SUBMIT(6, 5) SUBMIT(8, 7) WAITS WORKER
			BEGIN(6, 0.0) END(6, 0.5) BEGIN(8, 0.5) RAISE(8, 0.7)),
		  "main -> asyncio_0 : read_file(path)\n"
		  "asyncio_0 -> main : total(0.500)\n"
		  "main -> asyncio_0 : read_file(path), waited 0.500\n"
		  "asyncio_0 => main : RuntimeError, total(0.700)\n");
}

TEST(a_job_that_was_cancelled_before_it_began)
{
	CHECK_STR(DRAWN("await", HEAD("real") RUNS SUBMIT(6, 5)
			"1 0.000000000 t1/1 ctx=1 JOB_CANCELLED job=6\n" WAITS),
		  "main => main : cancel read_file(path), which has not begun\n");
}

/* One that is lost may not even have begun. */
TEST(a_job_whose_worker_is_lost)
{
	CHECK_STR(DRAWN("await", HEAD("real") RUNS SUBMIT(6, 5) WAITS
			"1 0.200000000 t3 ctx=0 JOB_END exception job=6 error=4 process=99\n"),
		  "main => main : RuntimeError, total(0.200)\n");
}

#define PROCESS "1 0.000000000 t2 ctx=0 THREAD thread=2 os_thread=99 process=99 name=\"w\"\n"

TEST(a_worker_process_is_called_by_its_pid)
{
	CHECK_STR(DRAWN("await", HEAD("real") RUNS SUBMIT(6, 5) WAITS PROCESS BEGIN(6, 0.0)
			END(6, 0.5)),
		  "participant \"worker 99\" as p2\n"
		  "main -> p2 : read_file(path)\n"
		  "p2 -> main : total(0.500)\n");
	/* Where pictures are to be the same each time, by its number. */
	CHECK_HAS(DRAWN("await", HEAD("virtual") RUNS SUBMIT(6, 5) WAITS PROCESS BEGIN(6, 0.0)
			END(6, 0.5)), "participant \"worker 1\" as p2\n");
}

/* The thread that has it run there is drawn only where the process's file is not. */
TEST(a_job_in_a_process_is_asked_of_that)
{
#define DEPUTY RUNS "1 0.000000000 t1/1 ctx=1 EXECUTOR_CREATED processes executor=9 workers=1\n" \
	SUBMIT(6, 5) WAITS "1 0.000000000 t3 ctx=0 THREAD thread=3 os_thread=9 name=\"pool_0\"\n" \
	"1 0.000000000 t3 ctx=0 JOB_BEGIN job=6\n"
#define DEPUTY_TELLS "1 0.500000000 t3 ctx=0 JOB_END result job=6 process=99\n"
	CHECK_STR(DRAWN("await", HEAD("real") DEPUTY PROCESS BEGIN(6, 0.0) END(6, 0.4)
			DEPUTY_TELLS),
		  "participant \"worker 99\" as p2\n"
		  "main -> p2 : read_file(path)\n"
		  "p2 -> main : total(0.400)\n");
	CHECK_STR(DRAWN("await", HEAD("real") DEPUTY DEPUTY_TELLS),
		  "main -> pool_0 : read_file(path)\n"
		  "pool_0 -> main : total(0.500)\n");
	CHECK_STR(DRAWN("await", HEAD("real") DEPUTY PROCESS BEGIN(6, 0.0)
			"1 0.500000000 t3 ctx=0 JOB_END exception job=6 error=4 process=99\n"),
		  "participant \"worker 99\" as p2\n"
		  "main -> p2 : read_file(path)\n"
		  "p2 => main : RuntimeError, total(0.500)\n");
}

TEST(a_thread_that_calls_in_has_a_lifeline)
{
	const char *const lines = HEAD("real") RUNS WAITS
		"1 0.100000000 t3 ctx=0 THREAD thread=3 os_thread=9 name=\"demo\"\n"
		"1 0.100000000 t3 ctx=0 HANDLE_SCHEDULED threadsafe handle=200 loop=1 site=1\n"
		"1 0.100000000 t4 ctx=0 THREAD thread=4 os_thread=9 name=\"feeder \\\"<b>\"\n"
		"1 0.200000000 t4 ctx=0 HANDLE_SCHEDULED threadsafe handle=300 loop=1 site=1\n"
		"1 0.300000000 t1/1 ctx=0 HANDLE_TAKEN handle=200\n"
		"1 0.300000000 t1/1 ctx=0 HANDLE_TAKEN handle=300\n"
		"1 0.300000000 t1/1 ctx=0 WAKE loop=1 count=2\n";

	CHECK_STR(DRAWN("await", lines),
		  "participant \"thread 3\" as p3\n"
		  "participant \"feeder <U+0022><U+003C>b>\" as p5\n"
		  "main -> future_1 : await\n"
		  "p3 -> read_file : call_soon_threadsafe(path)\n"
		  "p5 -> read_file : call_soon_threadsafe(path)\n");
	CHECK_HAS(DRAWN("loop", lines), "p3 -> p1 : call_soon_threadsafe(read_file, path)\n");
	CHECK_HAS(DRAWN("loop", lines), "p4 -> p1 : call_soon_threadsafe(read_file, path)\n");
}

/* run_coroutine_threadsafe: coil's own callback makes the task. */
TEST(a_task_that_another_thread_has_made_answers_to_it)
{
	CHECK_STR(DRAWN("await", HEAD("real") RUNS WAITS
		"1 0.100000000 t3 ctx=0 THREAD thread=3 os_thread=9 name=\"other\"\n"
		"1 0.100000000 t3 ctx=0 HANDLE_SCHEDULED threadsafe handle=200 loop=1 site=3\n"
		"1 0.100000000 t1/1 ctx=0 HANDLE_TAKEN handle=200\n"
		"1 0.100000000 t1/1 ctx=0 WAKE loop=1 count=1\n"
		"1 0.100000000 t1/1 ctx=200 HANDLE_RUN_BEGIN\n"
		"1 0.100000000 t1/1 ctx=200 TASK_CREATED plain task=12 number=2 coroutine=1\n"
		"1 0.100000000 t1/1 ctx=200 HANDLE_RUN_END\n"
		"1 0.600000000 t1/1 ctx=0 FUTURE_DONE result future=12\n"),
		  "main -> future_1 : await\n"
		  "other -> read_file\n"
		  "read_file -> other : total(0.500)\n");
}

TEST(a_signal_comes_from_outside)
{
	const char *const lines = HEAD("real") RUNS WAITS
		"1 0.100000000 t1/1 ctx=0 HANDLE_SCHEDULED signal handle=200 target=10 site=4\n"
		"1 0.100000000 t1/1 ctx=0 SIGNAL loop=1 signum=10 handle=200\n";

	CHECK_STR(DRAWN("await", lines), "main -> future_1 : await\nsignal -> on_signal : SIGUSR1\n");
	CHECK_HAS(DRAWN("loop", lines), "signal -> p1 : SIGUSR1\n");
}

/* Whose iteration it is, where two loops run at the same time. */
TEST(several_loops_have_a_lifeline_each)
{
	const char *drawn = DRAWN("loop", HEAD("real") RUNS
		"1 0.000000000 t2 ctx=0 LOOP_CREATED real loop=2\n"
		"1 0.100000000 t2/2 ctx=0 LOOP_RUN_BEGIN loop=2\n"
		"1 0.200000000 t2/2 ctx=0 ITERATION_BEGIN n=1 ready=0 scheduled=0\n"
		"1 0.200000000 t2/2 ctx=0 LOOP_STOP loop=2\n"
		"1 0.300000000 t2/2 ctx=0 LOOP_RUN_END loop=2\n"
		"1 0.400000000 t1/1 ctx=0 ITERATION_BEGIN n=1 ready=0 scheduled=0\n"
		"1 0.400000000 t1/1 ctx=0 LOOP_STOP loop=1\n");

	CHECK_HAS(drawn, "participant \"event loop 2\" as p3\n");
	CHECK_HAS(drawn, "== event loop 2: iteration 1 ==\n");
	CHECK_HAS(drawn, "== iteration 1 ==\n");
}

/* Time passes while the loop waits, whoever does something then. */
TEST(a_pause_is_where_it_was)
{
	const char *drawn = run_shell("'%s' render --ascii '%s'", test_built("coil"),
		trace_of_text(numbered(HEAD("real") RUNS SUBMIT(6, 5) WAITS WORKER BEGIN(6, 0.0)
			"1 0.500000000 t1/1 ctx=0 POLL_END events=0\n" END(6, 0.5))))->out;

	CHECK_HAS(drawn, "0.500 s");
	CHECK(strstr(drawn, "0.500 s") < strstr(drawn, "total(0.500)"));
}

/* ---- coil stats ---------------------------------------------------------------- */

TEST(stats_of_executors_threads_and_signals)
{
	const char *trace = trace_of_text(numbered(HEAD("real") RUNS SUBMIT(6, 5) SUBMIT(8, 7)
		SUBMIT(10, 11) "1 0.000000000 t1/1 ctx=1 JOB_CANCELLED job=10\n" WAITS WORKER
		BEGIN(6, 0.0) END(6, 0.5) CALL BEGIN(8, 0.5) RAISE(8, 0.7)
		"1 0.500000000 t1/1 ctx=0 HANDLE_TAKEN handle=100\n"
		"1 0.500000000 t1/1 ctx=0 WAKE loop=1 count=1\n"
		"1 0.600000000 t1/1 ctx=0 SIGNAL loop=1 signum=2 handle=0\n"
		"1 0.600000000 t1/1 ctx=0 SIGNAL loop=1 signum=2 handle=0\n"
		"1 0.600000000 t1/1 ctx=0 SIGNAL loop=1 signum=60 handle=0\n"));
	const char *out = RUN(test_built("coil"), "stats", trace)->out;

	CHECK_HAS(out, "wake-ups  1, by 1 calls from other threads\n");
	CHECK_HAS(out, "    waited    running    longest      jobs failed cancelled  executor\n"
		  "  0.500000   0.700000   0.500000         3      1         1  asyncio (threads, 1 at most)\n");
	CHECK_HAS(out, "  0.700000         2         1         6  asyncio_0\n");
	CHECK_HAS(out, "         2  SIGINT\n         1  signal 60\n");
}
