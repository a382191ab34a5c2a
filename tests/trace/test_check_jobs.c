/* SPDX-License-Identifier: MIT
 *
 * The laws of what comes from other threads: calls, jobs of executors, signals.  And what
 * the rebuilt state knows of workers.
 */
#include "trace/check.h"
#include "trace/state.h"
#include "traces.h"

#define OPEN                                                                   \
	"t1 ctx=0 LOOP_CREATED real loop=1\n"                                   \
	"t1/1 ctx=0 LOOP_RUN_BEGIN loop=1 site=1\n"
#define POOL(workers) "t1/1 ctx=0 EXECUTOR_CREATED threads executor=9 workers=" #workers "\n"
#define SUBMIT(job) "t1/1 ctx=0 JOB_SUBMITTED job=" #job " executor=9\n"
#define BEGIN(thread, job) "t" #thread " ctx=0 JOB_BEGIN job=" #job "\n"
#define END(thread, job) "t" #thread " ctx=0 JOB_END result job=" #job "\n"
#define CANCEL(job) "t1/1 ctx=0 JOB_CANCELLED job=" #job "\n"
#define CALL(handle) "t2 ctx=0 HANDLE_SCHEDULED threadsafe handle=" #handle " loop=1\n"
#define TAKE(handle) "t1/1 ctx=0 HANDLE_TAKEN handle=" #handle "\n"
#define LATER "@0.1 "
#define LATEST "@0.2 "

static void note(const struct coil__violation *violation, void *laws)
{
	const char **list = laws;

	CHECK(violation->message[0]);
	*list = text("%s%s%s", *list, **list ? " " : "", coil__law_name(violation->law));
}

/* The laws that LINES break, in order. */
static const char *broken(const char *lines)
{
	struct coil__reader *reader = trace_of(lines);
	const char *laws = "";
	struct coil__check *check = coil__check_create(note, &laws);
	struct coil__event event;

	while (coil__reader_next(reader, &event)) {
		coil__check_event(check, &event);
		CHECK_STR(coil__state_validate(coil__check_state(check)), NULL);
	}
	coil__check_destroy(check);
	coil__reader_close(reader);
	return laws;
}

/* ---- calls from other threads ------------------------------------------------ */

TEST(a_call_is_taken_over_once_by_its_loop)
{
	CHECK_STR(broken(OPEN CALL(5) LATER TAKE(5) "t1/1 ctx=0 WAKE loop=1 count=1\n"), "");
	CHECK_STR(broken(OPEN CALL(5) LATER TAKE(5) TAKE(5)), "taken");
	CHECK_STR(broken(OPEN TAKE(5)), "taken");
	CHECK_STR(broken(OPEN "t1/1 ctx=0 HANDLE_SCHEDULED soon handle=5\n" TAKE(5)), "taken");
	CHECK_STR(broken(OPEN "t2 ctx=0 HANDLE_SCHEDULED threadsafe handle=5 loop=2\n"
			 LATER TAKE(5)), "taken");
}

TEST(what_was_not_taken_over_does_not_run)
{
	CHECK_STR(broken(OPEN CALL(5) CALL(6) LATER TAKE(5)
			 "t1/1 ctx=0 ITERATION_BEGIN n=1 ready=1\n"
			 "t1/1 ctx=6 HANDLE_RUN_BEGIN\n"), "taken");
}

/* Their places in the queue are known now, and held against the law. */
TEST(calls_of_other_threads_run_first_in_first_out)
{
	CHECK_STR(broken(OPEN CALL(5) LATER TAKE(5)
			 "t1/1 ctx=0 HANDLE_SCHEDULED soon handle=7\n"
			 "t1/1 ctx=0 ITERATION_BEGIN n=1 ready=2\n"
			 "t1/1 ctx=7 HANDLE_RUN_BEGIN\n"), "fifo");
	CHECK_STR(broken(OPEN CALL(5) LATER "t1/1 ctx=0 HANDLE_SCHEDULED soon handle=7\n" TAKE(5)
			 "t1/1 ctx=0 ITERATION_BEGIN n=1 ready=2\n"
			 "t1/1 ctx=5 HANDLE_RUN_BEGIN\n"), "fifo");
}

TEST(the_loop_counts_what_it_takes_over)
{
	CHECK_STR(broken(OPEN CALL(5) LATER TAKE(5) "t1/1 ctx=0 WAKE loop=1 count=2\n"),
		  "counts");
	CHECK_STR(broken(OPEN CALL(5) CALL(6) LATER TAKE(5)
			 "t1/1 ctx=0 ITERATION_BEGIN n=1 ready=2\n"), "counts");
	CHECK_STR(broken(OPEN CALL(5) LATER TAKE(5)
			 "t1/1 ctx=0 POLL_BEGIN timeout=1\n"), "poll");
}

TEST(a_signal_schedules_its_handler)
{
	CHECK_STR(broken(OPEN "t1/1 ctx=0 HANDLE_SCHEDULED signal handle=5 target=10\n"
			 "t1/1 ctx=0 SIGNAL loop=1 signum=10 handle=5\n"), "");
	CHECK_STR(broken(OPEN "t1/1 ctx=0 HANDLE_SCHEDULED soon handle=5\n"
			 "t1/1 ctx=0 SIGNAL loop=1 signum=10 handle=5\n"), "signal");
	CHECK_STR(broken(OPEN "t1/1 ctx=0 HANDLE_SCHEDULED signal handle=5 target=10\n"
			 "t1/1 ctx=0 SIGNAL loop=2 signum=10 handle=5\n"), "signal");
}

/* ---- jobs -------------------------------------------------------------------- */

TEST(jobs_that_break_no_law)
{
	CHECK_STR(broken(OPEN POOL(2) SUBMIT(1) SUBMIT(2) SUBMIT(3) LATER BEGIN(2, 1) BEGIN(3, 2)
			 END(3, 2) BEGIN(3, 3) END(2, 1) END(3, 3)), "");
	/* The worker that has job 1 in its hand records that a moment later. */
	CHECK_STR(broken(OPEN POOL(2) SUBMIT(1) SUBMIT(2) LATER BEGIN(3, 2) BEGIN(2, 1)), "");
	CHECK_STR(broken(OPEN POOL(1) SUBMIT(1) SUBMIT(2) CANCEL(1) LATER BEGIN(2, 2)), "");
	/* A worker's trace by itself, and a recording that began later. */
	CHECK_STR(broken(BEGIN(1, 5) END(1, 5) BEGIN(1, 7) END(1, 7)), "");
	CHECK_STR(broken(OPEN POOL(1) "t2 ctx=0 JOB_BEGIN\n" "t2 ctx=0 JOB_END result\n"), "");
}

TEST(a_job_begins_once_and_ends)
{
	CHECK_STR(broken(OPEN POOL(2) BEGIN(2, 1)), "job");
	CHECK_STR(broken(OPEN POOL(2) SUBMIT(1) LATER BEGIN(2, 1) END(2, 1) BEGIN(2, 1)), "job");
	CHECK_STR(broken(OPEN POOL(2) SUBMIT(1) LATER BEGIN(2, 1) BEGIN(3, 1)), "job");
	CHECK_STR(broken(OPEN POOL(2) SUBMIT(1) LATER END(2, 1)), "job");
	CHECK_STR(broken(OPEN POOL(2) SUBMIT(1) LATER BEGIN(2, 1) END(2, 1) END(2, 1)), "job");
	CHECK_STR(broken(OPEN POOL(2) SUBMIT(1) SUBMIT(1)), "job");
}

TEST(a_job_that_was_cancelled_does_not_begin)
{
	CHECK_STR(broken(OPEN POOL(2) SUBMIT(1) LATER CANCEL(1) LATEST BEGIN(2, 1)), "job");
	CHECK_STR(broken(OPEN POOL(2) SUBMIT(1) LATER BEGIN(2, 1) LATEST CANCEL(1)), "job");
	CHECK_STR(broken(OPEN POOL(2) LATER CANCEL(1)), "job");
}

/* As far as it is certain: of one submitter, in one worker. */
TEST(jobs_begin_in_the_order_they_were_submitted)
{
	CHECK_STR(broken(OPEN POOL(1) SUBMIT(1) SUBMIT(2) SUBMIT(3) LATER BEGIN(2, 1) END(2, 1)
			 BEGIN(2, 3) END(2, 3) BEGIN(2, 2)), "job-order");
	CHECK_STR(broken(OPEN POOL(2) SUBMIT(1) SUBMIT(2) LATER BEGIN(3, 2) END(3, 2) BEGIN(2, 1)),
		  "");
	CHECK_STR(broken(OPEN POOL(1) SUBMIT(1)
			 "t4 ctx=0 JOB_SUBMITTED job=2 executor=9\n" LATER BEGIN(2, 2) END(2, 2)
			 BEGIN(2, 1)), "");
	/* The worker passes over one that is cancelled, which is recorded a moment later. */
	CHECK_STR(broken(OPEN POOL(1) SUBMIT(1) SUBMIT(2) LATER BEGIN(2, 2) CANCEL(1)), "");
}

TEST(a_worker_runs_one_job_at_a_time)
{
	CHECK_STR(broken(OPEN POOL(2) SUBMIT(1) SUBMIT(2) LATER BEGIN(2, 1) BEGIN(2, 2)), "worker");
	CHECK_STR(broken(OPEN POOL(1) SUBMIT(1) SUBMIT(2) LATER BEGIN(2, 1) BEGIN(3, 2)), "worker");
	CHECK_STR(broken(OPEN POOL(2) SUBMIT(1) LATER BEGIN(2, 1) END(3, 1)), "worker");
}

#define SUBMIT_FOR(job, future)                                                \
	"t1/1 ctx=0 FUTURE_CREATED executor future=" #future "\n"               \
	"t1/1 ctx=0 JOB_SUBMITTED job=" #job " executor=9 future=" #future "\n"
#define COMES(handle)                                                          \
	"t2 ctx=0 HANDLE_SCHEDULED threadsafe handle=" #handle " loop=1\n"
#define TAKES_IT(handle, future, how)                                          \
	"t1/1 ctx=0 ITERATION_BEGIN n=1 ready=0\n"                              \
	TAKE(handle) "t1/1 ctx=" #handle " HANDLE_RUN_BEGIN\n"                  \
	"t1/1 ctx=" #handle " FUTURE_DONE " #how " future=" #future "\n"

TEST(the_future_of_a_job_is_done_after_the_job)
{
	CHECK_STR(broken(OPEN POOL(1) SUBMIT_FOR(1, 3) LATER BEGIN(2, 1) END(2, 1) COMES(5)
			 LATEST TAKES_IT(5, 3, result)), "");
	CHECK_STR(broken(OPEN POOL(1) SUBMIT_FOR(1, 3) LATER BEGIN(2, 1) COMES(5)
			 LATEST TAKES_IT(5, 3, exception)), "job-future");
	/* The program may complete it by itself, or cancel it. */
	CHECK_STR(broken(OPEN POOL(1) SUBMIT_FOR(1, 3) LATER BEGIN(2, 1)
			 LATEST "t1/1 ctx=0 FUTURE_DONE result future=3\n"), "");
	CHECK_STR(broken(OPEN POOL(1) SUBMIT_FOR(1, 3) LATER BEGIN(2, 1) COMES(5)
			 LATEST TAKES_IT(5, 3, cancelled)), "");
}

/* A thread has a process run it: both say so. */
#define PROCESS "t3 ctx=0 THREAD thread=3 os_thread=9 process=50\n"
#define PROCESSES "t1/1 ctx=0 EXECUTOR_CREATED processes executor=9 workers=2\n"
#define TOLD(thread, how, job)                                                 \
	"t" #thread " ctx=0 JOB_END " how " job=" #job " process=50\n"

TEST(a_job_in_a_process_begins_and_ends_within_its_threads)
{
	CHECK_STR(broken(OPEN PROCESSES SUBMIT(1) SUBMIT(2) PROCESS LATER BEGIN(2, 1)
			 BEGIN(3, 1) TOLD(3, "result", 1) TOLD(2, "result", 1) BEGIN(2, 2)
			 BEGIN(3, 2)), "");
	/* The process was killed. */
	CHECK_STR(broken(OPEN PROCESSES SUBMIT(1) PROCESS LATER BEGIN(2, 1) BEGIN(3, 1)
			 TOLD(2, "exception", 1)), "");
	CHECK_STR(broken(OPEN PROCESSES SUBMIT(1) PROCESS LATER BEGIN(2, 1) BEGIN(3, 1)
			 TOLD(2, "result", 1)), "job");
	CHECK_STR(broken(OPEN PROCESSES SUBMIT(1) PROCESS LATER BEGIN(3, 1)), "job");
	CHECK_STR(broken(OPEN PROCESSES SUBMIT(1) PROCESS LATER BEGIN(2, 1) TOLD(3, "result", 1)),
		  "job");
	/* Read without the process's file. */
	CHECK_STR(broken(OPEN PROCESSES SUBMIT(1) LATER BEGIN(2, 1) TOLD(2, "result", 1)), "");
}

/* ---- the state ------------------------------------------------------------------ */

static struct coil__state *state_of(const char *lines)
{
	struct coil__reader *reader = trace_of(lines);
	struct coil__state *state = coil__state_create();
	struct coil__event event;

	while (coil__reader_next(reader, &event))
		coil__state_apply(state, &event);
	coil__reader_close(reader);
	return state;
}

TEST(which_job_runs_in_which_thread)
{
	struct coil__state *state = state_of(OPEN POOL(2) SUBMIT_FOR(1, 3) SUBMIT(2) SUBMIT(4)
		LATER "t2 ctx=0 THREAD thread=2 os_thread=8 name=\"asyncio_0\"\n" BEGIN(2, 1));
	const struct coil__state_executor *executor = coil__state_executor(state, 9);
	const struct coil__state_thread *worker = coil__state_thread(state, 2);

	CHECK_INT(worker->job, 1);
	CHECK_INT(worker->job_begun, 100000000);
	CHECK_STR(worker->name, "asyncio_0");
	CHECK_INT(worker->process, 0);
	CHECK_INT(executor->workers, 2);
	CHECK_INT(executor->running, 1);
	CHECK_INT(executor->waiting, 2);
	CHECK_INT(executor->first->id, 2);
	CHECK_INT(executor->last->id, 4);
	CHECK_INT(coil__state_job(state, 1)->thread, 2);
	CHECK_INT(coil__state_job(state, 1)->submitter, 1);
	CHECK_INT(coil__state_object(state, 3)->job, 1);
	coil__state_destroy(state);
}

TEST(a_call_is_in_no_queue_of_the_loop_until_it_is_taken_over)
{
	struct coil__state *state = state_of(OPEN CALL(5) CALL(6) LATER TAKE(5));
	struct coil__state_loop *loop = coil__state_loop(state, 1);

	CHECK_INT(loop->ready.count, 1);
	CHECK_INT(loop->ready.front->id, 5);
	CHECK_INT(loop->incoming.count, 1);
	CHECK_INT(loop->incoming.front->id, 6);
	coil__state_destroy(state);
}
