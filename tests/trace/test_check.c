/* SPDX-License-Identifier: MIT
 *
 * The laws: a small trace that breaks each, and programs that break none.
 */
#include <coil.h>
#include <pthread.h>
#include <unistd.h>
#include "trace/check.h"
#include "traces.h"

/* ---- traces that break a law ------------------------------------------- */

#define OPEN "t1 ctx=0 LOOP_CREATED real loop=1\n"
#define RUNS "t1/1 ctx=0 LOOP_RUN_BEGIN loop=1 site=1\n"
#define TURN(n, ready) "t1/1 ctx=0 ITERATION_BEGIN n=" #n " ready=" #ready " scheduled=0\n"
#define TURNED(ran) "t1/1 ctx=0 ITERATION_END ran=" #ran "\n"
#define SOON(ctx, handle) "t1/1 ctx=" #ctx " HANDLE_SCHEDULED soon handle=" #handle "\n"
#define AT(handle, when) "t1/1 ctx=0 HANDLE_SCHEDULED at handle=" #handle " when=" #when "\n"
#define DUE(handle, lag) "t1/1 ctx=0 TIMER_DUE handle=" #handle " lag=" #lag "\n"
#define BEGIN(handle) "t1/1 ctx=" #handle " HANDLE_RUN_BEGIN\n"
#define END(handle) "t1/1 ctx=" #handle " HANDLE_RUN_END\n"
#define CALL(handle) BEGIN(handle) END(handle)
#define TASK(ctx, task) "t1/1 ctx=" #ctx " TASK_CREATED plain task=" #task " number=" #task "\n"
#define STEP(ctx, handle, task)                                                \
	"t1/1 ctx=" #ctx " HANDLE_SCHEDULED step handle=" #handle " target=" #task "\n"
#define WAKEUP(ctx, handle, task)                                              \
	"t1/1 ctx=" #ctx " HANDLE_SCHEDULED wakeup handle=" #handle " target=" #task "\n"
#define GOES_ON(handle, task) "t1/1 ctx=" #handle " TASK_STEP_BEGIN send task=" #task "\n"
#define WAITS(handle, future)                                                  \
	"t1/1 ctx=" #handle " TASK_STEP_END suspended future=" #future "\n"
#define RETURNS(handle, task)                                                  \
	"t1/1 ctx=" #handle " FUTURE_DONE result future=" #task "\n"            \
	"t1/1 ctx=" #handle " TASK_STEP_END returned\n"
#define FUTURE(ctx, future) "t1/1 ctx=" #ctx " FUTURE_CREATED plain future=" #future "\n"
#define DONE(ctx, future) "t1/1 ctx=" #ctx " FUTURE_DONE result future=" #future "\n"
#define ON_DONE(ctx, future, place)                                            \
	"t1/1 ctx=" #ctx " CALLBACK_ADDED future=" #future " site=" #place "\n"
#define CALLBACK(ctx, handle, future, place)                                   \
	"t1/1 ctx=" #ctx " HANDLE_SCHEDULED callback handle=" #handle           \
	" target=" #future " site=" #place "\n"

/* Task 1 waits for future 2 from iteration 1 on. */
#define TASK_1_WAITS_FOR_2                                                     \
	OPEN RUNS TASK(0, 1) STEP(0, 1, 1) TURN(1, 1) GOES_ON(1, 1) FUTURE(1, 2) \
	WAITS(1, 2) TURNED(1)

struct verdict {
	unsigned violations;
	char law[32];            /* of the first */
	uint64_t index;
};

static void note(const struct coil__violation *violation, void *arg)
{
	struct verdict *verdict = arg;

	if (verdict->violations++)
		return;
	snprintf(verdict->law, sizeof(verdict->law), "%s", coil__law_name(violation->law));
	verdict->index = violation->event->index;
	CHECK(violation->message[0]);
}

static struct verdict check_reader(struct coil__reader *reader)
{
	struct verdict verdict = { 0 };
	struct coil__check *check = coil__check_create(note, &verdict);
	struct coil__event event;

	while (coil__reader_next(reader, &event))
		coil__check_event(check, &event);
	CHECK_STR(coil__reader_error(reader), NULL);
	coil__check_destroy(check);
	coil__reader_close(reader);
	return verdict;
}

/* LINES break LAW, first at the event INDEX; "" for none. */
static void expect(const char *lines, const char *law, uint64_t index)
{
	struct verdict verdict = check_reader(trace_of(lines));

	CHECK_STR(verdict.law, law);
	CHECK_INT(verdict.index, index);
}

TEST(a_good_trace_breaks_none)
{
	expect(OPEN RUNS SOON(0, 1) TURN(1, 1) CALL(1) TURNED(1), "", 0);
	expect(TASK_1_WAITS_FOR_2 SOON(0, 2) TURN(2, 1) BEGIN(2) DONE(2, 2) WAKEUP(2, 3, 1)
	       END(2) TURNED(1) TURN(3, 1) GOES_ON(3, 1) RETURNS(3, 1) TURNED(1), "", 0);
}

TEST(time_does_not_go_back)
{
	expect("@2 t1 ctx=0 MARK\n@1 t1 ctx=0 MARK\n", "time", 2);
	expect("@2 t2 ctx=0 MARK text=\"a\"\n@1 t1 ctx=0 MARK text=\"b\"\n", "", 0);
}

TEST(what_runs_was_scheduled)
{
	expect(OPEN RUNS TURN(1, 0) CALL(7) TURNED(1), "scheduled", 4);
	expect(OPEN RUNS SOON(0, 1) TURN(1, 1) CALL(1) CALL(1) TURNED(2), "scheduled", 7);
	expect(OPEN RUNS SOON(0, 1) SOON(0, 1), "scheduled", 4);
	expect(OPEN RUNS AT(1, 5) TURN(1, 0) CALL(1), "scheduled", 5);
	expect(OPEN RUNS TURN(1, 0) DUE(1, 0), "scheduled", 4);
	expect(OPEN RUNS TASK(0, 1) TASK(0, 2) STEP(0, 1, 1) TURN(1, 1) GOES_ON(1, 2),
	       "scheduled", 7);
}

TEST(the_ready_queue_is_fifo)
{
	expect(OPEN RUNS SOON(0, 1) SOON(0, 2) TURN(1, 2) CALL(2) CALL(1) TURNED(2),
	       "fifo", 6);
}

TEST(what_a_callback_schedules_waits_a_turn)
{
	expect(OPEN RUNS SOON(0, 1) TURN(1, 1) BEGIN(1) SOON(1, 2) END(1) CALL(2) TURNED(2),
	       "iteration", 8);
}

TEST(what_was_cancelled_does_not_run)
{
	const char *cancel = "t1/1 ctx=0 HANDLE_CANCELLED handle=1\n";

	expect(text(OPEN RUNS SOON(0, 1) "%s" TURN(1, 1) CALL(1) TURNED(1), cancel),
	       "cancelled", 6);
	expect(text(OPEN RUNS SOON(0, 1) SOON(0, 2) "%s" TURN(1, 2) CALL(2) TURNED(1)
		    TURN(2, 0), cancel), "", 0);
}

TEST(one_handle_runs_at_a_time)
{
	expect(OPEN RUNS SOON(0, 1) SOON(0, 2) TURN(1, 2) BEGIN(1) BEGIN(2), "one", 7);
	expect(OPEN RUNS SOON(0, 1) BEGIN(1), "one", 4);
	expect(OPEN RUNS SOON(0, 1) TURN(1, 1) BEGIN(1) "t1/1 ctx=1 TASK_STEP_END returned\n",
	       "one", 6);
}

TEST(the_running_handle_is_the_cause)
{
	expect(OPEN RUNS SOON(0, 1) TURN(1, 1) BEGIN(1) "t1/1 ctx=9 MARK text=\"x\"\n",
	       "cause", 6);
}

TEST(the_loop_counts_right)
{
	expect(OPEN RUNS SOON(0, 1) TURN(1, 2), "counts", 4);
	expect(OPEN RUNS SOON(0, 1) TURN(1, 1) CALL(1) TURNED(3), "counts", 7);
	expect(OPEN RUNS TURN(1, 0) TURNED(0) TURN(1, 0), "counts", 5);
}

TEST(the_loop_waits_only_when_nothing_is_ready)
{
	expect(OPEN RUNS SOON(0, 1) TURN(1, 1) "t1/1 ctx=0 POLL_BEGIN timeout=1\n", "poll", 5);
	expect(OPEN RUNS AT(1, 1) TURN(1, 0) "t1/1 ctx=0 POLL_BEGIN timeout=1\n", "", 0);
}

TEST(timers_are_not_early_and_in_order)
{
	expect(OPEN RUNS AT(1, 5) TURN(1, 0) DUE(1, -0.1), "early", 5);
	expect(OPEN RUNS AT(1, 5) TURN(1, 0) DUE(1, nan), "early", 5);
	expect(OPEN RUNS AT(1, 5) AT(2, 4) TURN(1, 0) DUE(1, 0), "timers", 6);
	expect(OPEN RUNS AT(9, 5) AT(2, 5) TURN(1, 0) DUE(2, 0), "timers", 6);
	expect(OPEN RUNS AT(9, 5) AT(2, 5) TURN(1, 0) DUE(9, 0) DUE(2, 0), "", 0);
}

TEST(a_closed_loop_does_not_run)
{
	expect(OPEN "t1 ctx=0 LOOP_CLOSE loop=1\n" RUNS, "closed", 3);
}

TEST(only_watched_descriptors_are_ready)
{
	expect(OPEN RUNS "t1/1 ctx=0 FD_ADDED read fd=3\n" TURN(1, 0)
	       "t1/1 ctx=0 FD_READY write handle=1 fd=3\n", "watched", 5);
	expect(OPEN RUNS "t1/1 ctx=0 FD_ADDED read fd=3\n" TURN(1, 0)
	       "t1/1 ctx=0 FD_READY read handle=1 fd=3\n"
	       "t1/1 ctx=0 HANDLE_SCHEDULED io handle=1 target=3\n" CALL(1) TURNED(1), "", 0);
}

TEST(a_task_goes_on_only_when_what_it_waits_for_is_done)
{
	expect(TASK_1_WAITS_FOR_2 WAKEUP(0, 2, 1), "step", 10);
	expect(TASK_1_WAITS_FOR_2 SOON(0, 2) TURN(2, 1) GOES_ON(2, 1), "scheduled", 12);
}

TEST(one_step_is_scheduled)
{
	expect(OPEN RUNS TASK(0, 1) STEP(0, 1, 1) STEP(0, 2, 1), "one-step", 5);
}

TEST(a_task_that_is_done_takes_no_step)
{
	expect(OPEN RUNS TASK(0, 1) STEP(0, 1, 1) TURN(1, 1) GOES_ON(1, 1) RETURNS(1, 1)
	       STEP(0, 2, 1), "done-task", 9);
}

TEST(awaits_are_nested)
{
	expect(OPEN RUNS TASK(0, 1) STEP(0, 1, 1) TURN(1, 1) GOES_ON(1, 1)
	       "t1/1 ctx=1 AWAIT_END result task=1 depth=0\n", "awaits", 7);
	expect(OPEN RUNS TASK(0, 1) STEP(0, 1, 1) TURN(1, 1) GOES_ON(1, 1)
	       "t1/1 ctx=1 AWAIT_BEGIN coroutine task=1 depth=0\n" RETURNS(1, 1), "awaits", 8);
	expect(OPEN RUNS TASK(0, 1) STEP(0, 1, 1) TURN(1, 1) GOES_ON(1, 1)
	       "t1/1 ctx=1 AWAIT_BEGIN coroutine task=1 depth=0\n"
	       "t1/1 ctx=1 AWAIT_END result task=1 depth=3\n", "awaits", 8);
}

TEST(a_future_is_completed_once)
{
	expect(OPEN RUNS FUTURE(0, 1) DONE(0, 1) DONE(0, 1), "future", 5);
}

TEST(callbacks_come_in_the_order_added)
{
	expect(OPEN RUNS FUTURE(0, 1) ON_DONE(0, 1, 1) ON_DONE(0, 1, 2) DONE(0, 1)
	       CALLBACK(0, 1, 1, 2) CALLBACK(0, 2, 1, 1), "callbacks", 8);
	expect(OPEN RUNS FUTURE(0, 1) ON_DONE(0, 1, 1) ON_DONE(0, 1, 2) ON_DONE(0, 1, 1)
	       DONE(0, 1) CALLBACK(0, 1, 1, 1) CALLBACK(0, 2, 1, 2) CALLBACK(0, 3, 1, 1),
	       "", 0);
	/* Which one of an equal pair was removed, the trace does not say. */
	expect(OPEN RUNS FUTURE(0, 1) ON_DONE(0, 1, 1) ON_DONE(0, 1, 2) ON_DONE(0, 1, 1)
	       "t1/1 ctx=0 CALLBACK_REMOVED future=1 count=1 site=1\n"
	       DONE(0, 1) CALLBACK(0, 1, 1, 1) CALLBACK(0, 2, 1, 2), "", 0);
	expect(OPEN RUNS FUTURE(0, 1) ON_DONE(0, 1, 1) ON_DONE(0, 1, 2) ON_DONE(0, 1, 3)
	       "t1/1 ctx=0 CALLBACK_REMOVED future=1 count=1 site=1\n"
	       DONE(0, 1) CALLBACK(0, 1, 1, 3) CALLBACK(0, 2, 1, 2), "callbacks", 10);
}

TEST(who_waits_is_woken)
{
	expect(TASK_1_WAITS_FOR_2 DONE(0, 2) TURN(2, 0), "woken", 10);
	expect(OPEN RUNS TASK(0, 1) STEP(0, 1, 1) TURN(1, 1) GOES_ON(1, 1) WAITS(1, 0),
	       "woken", 7);
	expect(OPEN RUNS TASK(0, 1) STEP(0, 1, 1) TURN(1, 1) GOES_ON(1, 1)
	       "t1/1 ctx=1 TASK_STEP_END yielded\n", "woken", 7);
}

TEST(a_gather_counts_each_child_once)
{
#define GATHER OPEN RUNS "t1/1 ctx=0 FUTURE_CREATED gather future=9\n"            \
	"t1/1 ctx=0 GATHER_MEMBER gather=9 child=1 position=0 count=2\n"         \
	"t1/1 ctx=0 GATHER_MEMBER gather=9 child=2 position=1 count=2\n"
#define COUNTED(child, done)                                                   \
	"t1/1 ctx=0 GATHER_COUNTED result gather=9 child=" #child " done=" #done " count=2\n"
	expect(GATHER COUNTED(2, 1) COUNTED(1, 2), "", 0);
	expect(GATHER COUNTED(2, 1) COUNTED(2, 2), "gather", 7);
	expect(GATHER COUNTED(3, 1), "gather", 6);
	expect(GATHER COUNTED(1, 2), "gather", 6);
}

TEST(every_law_has_a_name_and_a_sentence)
{
	for (int law = 0; law < COIL__LAWS; law++) {
		CHECK(coil__law_name(law)[0]);
		CHECK(strchr(coil__law_sentence(law), '.') != NULL);
		for (int other = 0; other < law; other++)
			CHECK(strcmp(coil__law_name(law), coil__law_name(other)) != 0);
	}
}

TEST(another_threads_call_may_be_recorded_late)
{
	const char *late = "t2 ctx=0 HANDLE_SCHEDULED threadsafe handle=7 loop=1\n";

	expect(text(OPEN RUNS TURN(1, 0) "t1/1 ctx=0 WAKE loop=1 count=1\n" CALL(7) TURNED(1)
		    "@1 %s" "@2 " TURN(2, 0), late), "", 0);
	expect(text(OPEN RUNS TURN(1, 0) "t1/1 ctx=0 WAKE loop=1 count=1\n" "@1 %s" "@2 "
		    CALL(7) TURNED(1) TURN(2, 0) CALL(7), late), "scheduled", 10);
}

/* ---- programs that break none --------------------------------------------- */

static coil_result nap(void *seconds)
{
	return coil_sleep(*(double *)seconds);
}

static coil_result swallow(void *unused)
{
	coil_result r = coil_sleep(10);

	(void)unused;
	return r.error == COIL_CANCELLED ? coil_number(1) : r;
}

static coil_result fail(void *unused)
{
	coil_result r = coil_sleep(0);

	(void)unused;
	return r.error ? r : coil_raise(COIL_VALUE, "on purpose");
}

static coil_result nothing(void *unused)
{
	(void)unused;
	return coil_ok(NULL);
}

static coil_result done(coil_future *future, void *count)
{
	(void)future;
	++*(int *)count;
	return coil_ok(NULL);
}

static coil_result read_byte(void *fds)
{
	char byte;

	if (read(((int *)fds)[0], &byte, 1) == 1)
		coil_loop_remove_reader(coil_get_running_loop(), ((int *)fds)[0]);
	return coil_ok(NULL);
}

static coil_result set(void *future)
{
	return coil_future_set_result(future, coil_number(3));
}

static void *from_outside(void *loop)
{
	for (int i = 0; i < 100; i++)
		CHECK_INT(coil_loop_call_soon_threadsafe(loop, nothing, NULL).error, COIL_OK);
	return NULL;
}

/* Callbacks, timers that are cancelled, a descriptor, another thread. */
static coil_result loops(void *unused)
{
	static int fds[2], count;
	coil_loop *loop = coil_get_running_loop();
	coil_future *future = coil_create_future();
	pthread_t thread;

	(void)unused;
	for (int i = 0; i < 300; i++) {
		coil_handle *timer = coil_loop_call_later(loop, 0.001 * (i % 7), nothing, NULL);

		if (i % 3)
			coil_handle_cancel(timer);
	}
	coil_handle_cancel(coil_loop_call_soon(loop, nothing, NULL));
	for (int i = 0; i < 5; i++)
		coil_future_add_done_callback(future, done, &count);
	coil_loop_call_later(loop, 0.002, set, future);
	REQUIRE(pipe(fds) == 0 && write(fds[1], "x", 1) == 1, coil_ok(NULL));
	coil_loop_add_reader(loop, fds[0], read_byte, fds);
	REQUIRE(pthread_create(&thread, NULL, from_outside, loop) == 0, coil_ok(NULL));
	CHECK_INT(coil_await(coil_retain(future)).number, 3);
	coil_release(future);
	pthread_join(thread, NULL);
	CHECK_INT(coil_sleep(0.01).error, COIL_OK);
	CHECK_INT(count, 5);
	close(fds[0]);
	close(fds[1]);
	return coil_ok(NULL);
}

/* Gathers of gathers, of the same future twice, that fail, that are cancelled. */
static coil_result gathers(void *unused)
{
	static double times[] = { 0.003, 0.001, 0.002, 0 };
	coil_task *task = coil_create_task(coil_coro(nap, &times[0]), "twice");
	coil_task *slow = coil_create_task(coil_coro(swallow, NULL));
	coil_future *cancelled;

	(void)unused;
	coil_retain(task);
	CHECK_INT(coil_await(coil_gather(task, task, coil_coro(nap, &times[1]),
		coil_gather(coil_coro(nap, &times[2]), coil_coro(nap, &times[3])))).error, COIL_OK);
	CHECK_INT(coil_await(coil_gather_return_exceptions(coil_coro(fail, NULL),
		coil_coro(nap, &times[1]))).error, COIL_OK);
	CHECK_INT(coil_await(coil_gather(coil_coro(fail, NULL), coil_coro(nap, &times[0]))).error,
		  COIL_VALUE);
	CHECK_INT(coil_await(coil_gather()).error, COIL_OK);
	CHECK_INT(coil_sleep(0).error, COIL_OK);
	coil_task_cancel(slow, "wake up");
	CHECK_INT(coil_await(slow).number, 1);
	cancelled = coil_gather(coil_coro(nap, &times[0]), coil_coro(swallow, NULL));
	coil_future_cancel(cancelled);
	CHECK_INT(coil_await(cancelled).error, COIL_CANCELLED);
	return coil_ok(NULL);
}

static coil_result both(void *unused)
{
	coil_result r = coil_await(coil_coro(loops, NULL));

	(void)unused;
	return r.error ? r : coil_await(coil_coro(gathers, NULL));
}

static struct verdict check_program(coil_result (*function)(void *))
{
	const char *path = test_path("program.trace");
	struct coil__reader *reader;
	char *error;

	CHECK_INT(coil_trace_start(path).error, COIL_OK);
	CHECK_INT(coil_run(coil_coro(function, NULL)).error, COIL_OK);
	coil_trace_stop();
	reader = coil__reader_open(path, &error);
	CHECK_STR(error, NULL);
	return reader ? check_reader(reader) : (struct verdict){ .violations = 1 };
}

TEST(a_program_breaks_none_on_the_virtual_clock)
{
	struct verdict verdict = check_program(both);

	CHECK_STR(verdict.law, "");
	CHECK_INT(verdict.index, 0);
}

TEST(a_program_breaks_none_on_the_real_clock, .real_clock = true)
{
	struct verdict verdict = check_program(both);

	CHECK_STR(verdict.law, "");
	CHECK_INT(verdict.index, 0);
}

static coil_result starts_recording(void *path)
{
	static double time = 0.001;
	coil_task *task = coil_create_task(coil_coro(nap, &time));
	coil_result r = coil_sleep(0);

	CHECK_INT(r.error, COIL_OK);
	CHECK_INT(coil_trace_start(path).error, COIL_OK);
	CHECK_INT(coil_await(task).error, COIL_OK);
	return coil_await(coil_coro(gathers, NULL));
}

/* What was scheduled before the recording began is not known, and no violation. */
TEST(a_recording_that_begins_in_the_middle_breaks_none, .no_laws = "it records itself")
{
	const char *path = test_path("middle.trace");
	struct coil__reader *reader;
	char *error;

	CHECK_INT(coil_run(coil_coro(starts_recording, path)).error, COIL_OK);
	coil_trace_stop();
	reader = coil__reader_open(path, &error);
	REQUIRE(reader);
	CHECK_STR(check_reader(reader).law, "");
}

/* ---- other threads ----------------------------------------------------------------- */

static coil_result stop_loop(void *loop)
{
	coil_loop_stop(loop);
	return coil_ok(NULL);
}

static void *calls_twice(void *loop)
{
	/* From one place: one that is new to the recorder reads the clock. */
	for (int i = 0; i < 2; i++) {
		usleep(30000);
		coil_loop_call_soon_threadsafe(loop, i ? stop_loop : nothing, loop);
	}
	return NULL;
}

/* Nanoseconds between the first and the last that was scheduled from another thread. */
static uint64_t time_between(struct coil__reader *reader)
{
	struct coil__event event;
	uint64_t first = 0, last = 0;

	while (coil__reader_next(reader, &event))
		if (event.type == TRACE_HANDLE_SCHEDULED &&
		    event.tag == TRACE_SCHEDULE_THREADSAFE) {
			first = first ? first : event.time;
			last = event.time;
		}
	return last - first;
}

/* It runs no loop, and looks at the clock for its record alone. */
TEST(another_thread_records_the_time, .real_clock = true)
{
	const char *path = test_path("thread.trace");
	coil_loop *loop;
	struct coil__reader *reader;
	pthread_t thread;
	char *error;

	CHECK_INT(coil_trace_start(path).error, COIL_OK);
	loop = coil_new_event_loop();
	CHECK_INT(pthread_create(&thread, NULL, calls_twice, loop), 0);
	CHECK_INT(coil_loop_run_forever(loop).error, COIL_OK);
	pthread_join(thread, NULL);
	coil_loop_close(loop);
	coil_trace_stop();
	reader = coil__reader_open(path, &error);
	REQUIRE(reader);
	CHECK(time_between(reader) >= 30000000);
	coil__reader_close(reader);
}

#define FROM_OTHER(thread, handle)                                             \
	"t" #thread " ctx=0 HANDLE_SCHEDULED threadsafe handle=" #handle " loop=1\n"
#define WAKE(count) "t1/1 ctx=0 WAKE count=" #count "\n"

/* What was recorded first may have been handed over last. */
TEST(either_of_two_threads_may_be_first)
{
	expect(OPEN RUNS TURN(1, 0) TURNED(0) FROM_OTHER(2, 1) FROM_OTHER(3, 2) WAKE(1)
	       TURN(2, 1) CALL(2) TURNED(1) TURN(3, 0) TURNED(0) WAKE(1) TURN(4, 1) CALL(1),
	       "", 0);
}

#define LOCK_1 "t1 ctx=0 RESOURCE_CREATED lock resource=1\n"
#define STANDS_FOR_1(future)                                                   \
	"t1/1 ctx=0 FUTURE_CREATED lock future=" #future " resource=1\n"
#define TAKES_1(handle)                                                        \
	"t1/2 ctx=" #handle " RESOURCE_CHANGED acquire resource=1 value=1\n"

TEST(who_stood_in_line_in_a_closed_loop_is_gone)
{
	expect(OPEN RUNS LOCK_1 STANDS_FOR_1(2) "t1/1 ctx=0 LOOP_RUN_END loop=1\n"
	       "t1 ctx=0 LOOP_CLOSE loop=1\n" "t1 ctx=0 LOOP_CREATED real loop=2\n"
	       "t1/2 ctx=0 LOOP_RUN_BEGIN loop=2 site=1\n" TAKES_1(0), "", 0);
	expect(OPEN RUNS LOCK_1 STANDS_FOR_1(2) "t1/1 ctx=0 RESOURCE_CHANGED acquire "
	       "resource=1 value=1\n", "lock", 5);
}
