/* SPDX-License-Identifier: MIT
 *
 * Debug mode: what is refused, what is slow, what is said of loops, and what is left over.
 * Slow callbacks move their loop's virtual clock themselves.
 */
#include <math.h>
#include <pthread.h>
#include "faults.h"
#include "journal.h"
#include "loop/debug.h"

#define NOT_THREAD_SAFE \
	"Non-thread-safe operation invoked on an event loop other than the current one"

static coil_loop *loop;

/* ---- what is logged -------------------------------------------------------- */

static char logged[4000];

static void keep_log(const coil_log_record *record, void *unused)
{
	size_t used = strlen(logged);

	snprintf(logged + used, sizeof(logged) - used, "%s %s\n",
		 coil_log_level_name(record->level), record->message);
}

/* What was logged since the last call, FILE for the name of this file. */
static const char *log_since(void)
{
	static char text[sizeof(logged)];
	size_t used = 0, skip = strlen(__FILE__);

	for (const char *c = logged; *c; c++) {
		if (strncmp(c, __FILE__, skip) == 0) {
			memcpy(text + used, "FILE", 4);
			used += 4;
			c += skip - 1;
		} else {
			text[used++] = *c;
		}
	}
	text[used] = '\0';
	logged[0] = '\0';
	return text;
}

static coil_loop *debug_loop(void)
{
	loop = virtual_loop();
	coil_loop_set_debug(loop, true);
	coil_log_set_handler(keep_log, NULL);
	return loop;
}

static void end_loop(void)
{
	CHECK_ERROR(coil_loop_close(loop), COIL_OK);
	coil_log_set_handler(NULL, NULL);
}

/* ---- on and off ------------------------------------------------------------ */

static void debug_is(void *expected)
{
	loop = virtual_loop();
	CHECK_INT(coil_loop_get_debug(loop), expected != NULL);
	coil_loop_close(loop);
}

TEST(the_environment_turns_it_on)
{
	static const char *const values[] = { "", "0", "1", "yes", "00" };

	for (size_t i = 0; i < 5; i++) {
		setenv("COIL_DEBUG", values[i], 1);
		run_fork(debug_is, i < 2 ? NULL : "on");
	}
	unsetenv("COIL_DEBUG");
	run_fork(debug_is, NULL);
}

static coil_result say_debug(void *unused)
{
	note("%d", coil_loop_get_debug(coil_get_running_loop()));
	return coil_ok(NULL);
}

TEST(run_turns_it_on_and_off)
{
	unsetenv("COIL_DEBUG");
	coil_run(coil_coro(say_debug, NULL));
	coil_run(coil_coro(say_debug, NULL), .debug = COIL_DEBUG_ON);
	setenv("COIL_DEBUG", "1", 1);
	coil_run(coil_coro(say_debug, NULL));
	coil_run(coil_coro(say_debug, NULL), .debug = COIL_DEBUG_OFF);
	CHECK_LOG("0 1 1 0");
}

TEST(loops_in_debug_mode_are_counted)
{
	coil_loop *other;

	unsetenv("COIL_DEBUG");
	loop = virtual_loop();
	other = virtual_loop();
	CHECK_INT(coil__watched.debugging, 0);
	coil_loop_set_debug(loop, true);
	coil_loop_set_debug(loop, true);
	coil_loop_set_debug(other, true);
	CHECK_INT(coil__watched.debugging, 2);
	coil_loop_set_debug(other, false);
	coil_loop_set_debug(other, false);
	CHECK_INT(coil__watched.debugging, 1);
	coil_loop_close(loop);
	CHECK_INT(coil__watched.debugging, 0);
	coil_loop_set_debug(loop, false);
	coil_loop_set_debug(loop, true);
	CHECK_INT(coil__watched.debugging, 0);
	CHECK(coil_loop_get_debug(loop));
	coil_loop_close(other);
}

/* ---- threads --------------------------------------------------------------- */

static coil_future *future, *waited_for;
static coil_task *task;
static int pipe_fds[2];

static coil_result never(void *unused)
{
	note("never");
	return coil_ok(NULL);
}

static coil_result never_done(coil_future *of, void *unused)
{
	note("never done");
	return coil_ok(NULL);
}

static coil_result wait_for_it(void *unused)
{
	return coil_await(coil_retain(waited_for));
}

/* GAVE an error, and coil_last_error() says it as well. */
static void refused(bool gave)
{
	CHECK(gave);
	CHECK_LAST_ERROR(COIL_RUNTIME, NOT_THREAD_SAFE);
	coil_raise(COIL_OK);
}

static void *call_all(void *unused)
{
	refused(!coil_loop_call_soon(loop, never, NULL));
	refused(!coil_loop_call_later(loop, 0, never, NULL));
	refused(!coil_loop_call_at(loop, 0, never, NULL));
	refused(coil_loop_add_reader(loop, pipe_fds[0], never, NULL).error == COIL_RUNTIME);
	refused(coil_loop_add_writer(loop, pipe_fds[1], never, NULL).error == COIL_RUNTIME);
	refused(!coil_loop_create_task(loop, coil_coro(never, NULL)));
	refused(coil_future_add_done_callback(future, never_done, NULL).error == COIL_RUNTIME);
	refused(coil_future_set_result(waited_for, coil_ok(NULL)).error == COIL_RUNTIME);
	refused(coil_future_set_exception(waited_for, COIL_VALUE, "x").error == COIL_RUNTIME);
	refused(!coil_future_cancel(waited_for));
	refused(!coil_future_cancel(task));
	CHECK(!coil_future_done(waited_for) && !coil_future_done(task));
	CHECK_INT(coil_task_cancelling(task), 0);
	return NULL;
}

static void in_thread(void *(*function)(void *))
{
	pthread_t thread;

	REQUIRE(pthread_create(&thread, NULL, function, NULL) == 0);
	pthread_join(thread, NULL);
}

static coil_result join_foreign_calls(void *unused)
{
	waited_for = coil_create_future();
	future = coil_create_future();
	task = coil_create_task(coil_coro(wait_for_it, NULL));
	coil_sleep(0);
	in_thread(call_all);
	coil_sleep(0);
	coil_sleep(0);
	CHECK_ERROR(coil_future_set_result(waited_for, coil_ok(NULL)), COIL_OK);
	coil_await(task);
	coil_release(waited_for);
	coil_release(future);
	return coil_ok(NULL);
}

/* Nothing of what the thread asked for is done; each call is logged, with its place. */
TEST(D01_calls_from_another_thread_are_refused)
{
	const char *said;
	int count = 0;

	REQUIRE(pipe(pipe_fds) == 0);
	debug_loop();
	CHECK_ERROR(coil_loop_run_until_complete(loop, coil_coro(join_foreign_calls, NULL)),
		    COIL_OK);
	CHECK_LOG("");
	said = log_since();
	CHECK_HAS(said, "in call_all: " NOT_THREAD_SAFE);
	while ((said = strstr(said, "ERROR coil: FILE:")))
		said++, count++;
	CHECK_INT(count, 11);
	end_loop();
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void *call_safely(void *unused)
{
	CHECK_ERROR(coil_loop_call_soon_threadsafe(loop, say, "from the thread"), COIL_OK);
	return NULL;
}

static coil_result let_thread_call(void *unused)
{
	in_thread(call_safely);
	coil_sleep(0);
	coil_sleep(0);
	return coil_ok(NULL);
}

TEST(D02_call_soon_threadsafe_is_allowed)
{
	debug_loop();
	CHECK_ERROR(coil_loop_run_until_complete(loop, coil_coro(let_thread_call, NULL)), COIL_OK);
	CHECK_LOG("from the thread");
	CHECK_STR(log_since(), "");
	end_loop();
}

static void *call_soon(void *unused)
{
	CHECK(coil_loop_call_soon(loop, say, "unchecked") != NULL);
	return NULL;
}

static coil_result let_thread_call_soon(void *unused)
{
	in_thread(call_soon);
	coil_sleep(0);
	return coil_ok(NULL);
}

/* The loop's thread waits meanwhile, so that nothing comes of the mistake. */
TEST(D03_without_debug_mode_there_is_no_check, .no_laws = "it calls from the wrong thread")
{
	debug_loop();
	coil_loop_set_debug(loop, false);
	coil_loop_run_until_complete(loop, coil_coro(let_thread_call_soon, NULL));
	CHECK_LOG("unchecked");
	CHECK_STR(log_since(), "");
	end_loop();
}

/* asyncio: the thread of a loop is the one that runs it. */
TEST(a_loop_that_does_not_run_takes_calls_from_every_thread)
{
	debug_loop();
	in_thread(call_soon);
	run_iterations(loop, 1);
	CHECK_LOG("unchecked");
	CHECK_STR(log_since(), "");
	end_loop();
}

/* What may not be scheduled may be completed, where nobody waits. */
static void *complete(void *unused)
{
	CHECK_ERROR(coil_future_set_result(future, coil_ok(NULL)), COIL_OK);
	return NULL;
}

static coil_result let_thread_complete(void *unused)
{
	future = coil_create_future();
	in_thread(complete);
	return coil_await(future);
}

TEST(a_future_that_nobody_waits_for_may_be_completed)
{
	debug_loop();
	CHECK_ERROR(coil_loop_run_until_complete(loop, coil_coro(let_thread_complete, NULL)),
		    COIL_OK);
	CHECK_STR(log_since(), "");
	end_loop();
}

TEST(a_closed_loop_still_says_so)
{
	debug_loop();
	end_loop();
	CHECK(!coil_loop_call_soon(loop, never, NULL));
	CHECK_LAST_ERROR(COIL_RUNTIME, "Event loop is closed");
	CHECK(!coil_loop_call_later(loop, 1, never, NULL));
	CHECK_LAST_ERROR(COIL_RUNTIME, "Event loop is closed");
}

TEST(D04_no_function_is_a_type_error)
{
	debug_loop();
	CHECK(!coil_loop_call_soon(loop, NULL, NULL));
	CHECK_LAST_ERROR(COIL_TYPE, "a callable object was expected by call_soon(), got NULL");
	CHECK(!coil_loop_call_at(loop, 5, NULL, NULL));
	CHECK_LAST_ERROR(COIL_TYPE, "a callable object was expected by call_at(), got NULL");
	CHECK_ERROR(coil_loop_call_soon_threadsafe(loop, NULL, NULL), COIL_TYPE);
	end_loop();
}

/* What tasks share, where somebody would be woken. */
static coil_lock *lock;
static coil_event *event;
static coil_semaphore *semaphore;
static coil_queue *queue, *full;

static coil_result get(void *unused)
{
	coil_queue_get(queue);
	return coil_ok(NULL);
}

static coil_result put(void *unused)
{
	return coil_queue_put(full, "second");
}

static coil_result acquire(void *unused)
{
	coil_lock_acquire(lock);
	return coil_lock_release(lock);
}

static coil_result wait_event(void *unused)
{
	return coil_event_wait(event);
}

static coil_result acquire_semaphore(void *unused)
{
	return coil_semaphore_acquire(semaphore);
}

static void *wake_all(void *unused)
{
	refused(coil_lock_release(lock).error == COIL_RUNTIME);
	refused(coil_event_set(event).error == COIL_RUNTIME);
	refused(coil_semaphore_release(semaphore).error == COIL_RUNTIME);
	refused(coil_queue_put_nowait(queue, "x").error == COIL_RUNTIME);
	refused(coil_queue_get_nowait(full).error == COIL_RUNTIME);
	CHECK(coil_lock_locked(lock) && !coil_event_is_set(event) &&
	      coil_semaphore_locked(semaphore));
	CHECK_INT(coil_queue_qsize(queue), 0);
	CHECK_INT(coil_queue_qsize(full), 1);
	return NULL;
}

static coil_result share(void *unused)
{
	coil_future *all;

	lock = coil_lock_new();
	event = coil_event_new();
	semaphore = coil_semaphore_new(0);
	queue = coil_queue_new(0);
	full = coil_queue_new(1);
	coil_queue_put_nowait(full, "first");
	coil_lock_acquire(lock);
	all = coil_gather(coil_coro(acquire, NULL), coil_coro(wait_event, NULL),
			  coil_coro(acquire_semaphore, NULL), coil_coro(get, NULL),
			  coil_coro(put, NULL));
	coil_sleep(0);
	in_thread(wake_all);
	coil_lock_release(lock);
	coil_event_set(event);
	coil_semaphore_release(semaphore);
	coil_queue_put_nowait(queue, "x");
	coil_queue_get_nowait(full);
	CHECK_ERROR(coil_await(all), COIL_OK);
	coil_release(lock);
	coil_release(event);
	coil_release(semaphore);
	coil_release(queue);
	coil_release(full);
	return coil_ok(NULL);
}

TEST(another_thread_wakes_nobody)
{
	debug_loop();
	CHECK_ERROR(coil_loop_run_until_complete(loop, coil_coro(share, NULL)), COIL_OK);
	end_loop();
}

/* ---- what is slow ---------------------------------------------------------- */

static coil_result take(void *seconds)
{
	loop->clock.now += *(double *)seconds;
	return coil_ok(NULL);
}

static coil_result take_done(coil_future *of, void *seconds)
{
	return take(seconds);
}

static double limit = 0.125, less = 0.0625, much = 2.5;

static int slept;

static coil_result take_twice(void *seconds)
{
	take(seconds);
	slept = __LINE__ + 1;
	coil_sleep(1);
	take(seconds);
	return coil_ok(NULL);
}

TEST(D05_a_slow_callback_is_logged_with_its_place)
{
	int line = __LINE__ + 3;

	debug_loop();
	coil_loop_call_soon(loop, take, &limit);
	coil_loop_call_later(loop, 0.25, take, &limit);
	coil_loop_call_soon_threadsafe(loop, take, &much);
	run_iterations(loop, 2);
	CHECK_STR(log_since(), text(
		"WARNING Executing <Handle take(&limit) at FILE:%d> took 0.125 seconds\n"
		"WARNING Executing <Handle take(&much) at FILE:%d> took 2.500 seconds\n"
		"WARNING Executing <TimerHandle when=0.25 take(&limit) at FILE:%d> took 0.125 "
		"seconds\n", line, line + 2, line + 1));
	end_loop();
}

TEST(D05_a_slow_step_is_logged_with_its_task)
{
	const char *said;
	int line = __LINE__ + 4;
	coil_result r;

	debug_loop();
	task = coil_loop_create_task(loop, coil_coro(take_twice, &limit), "slow");
	r = coil_loop_run_until_complete(loop, task);
	CHECK_ERROR(r, COIL_OK);
	said = log_since();
	CHECK_HAS(said, text(
		"WARNING Executing <Task pending name='slow' coro=<take_twice() running at "
		"FILE:%d> wait_for=<Future pending cb=[Task.task_wakeup()] created at FILE:%d> "
		"cb=[run_until_complete.stop() at ", slept, slept));
	CHECK_HAS(said, text(
		"] created at FILE:%d> took 0.125 seconds\n"
		"WARNING Executing <Task finished name='slow' coro=<take_twice() done, defined at "
		"FILE:%d> result=None created at FILE:%d> took 0.125 seconds\n",
		line, line, line));
	end_loop();
}

TEST(D06_the_limit_can_be_changed)
{
	debug_loop();
	CHECK_REAL(coil_loop_get_slow_callback_duration(loop), 0.1);
	coil_loop_call_soon(loop, take, &less);
	run_iterations(loop, 1);
	CHECK_STR(log_since(), "");
	coil_loop_set_slow_callback_duration(loop, less);
	coil_loop_call_soon(loop, take, &less);
	run_iterations(loop, 1);
	CHECK_HAS(log_since(), "took 0.062 seconds");
	coil_loop_set_slow_callback_duration(loop, 10);
	coil_loop_call_soon(loop, take, &much);
	run_iterations(loop, 1);
	CHECK_STR(log_since(), "");
	end_loop();
}

TEST(what_is_not_in_debug_mode_may_be_slow)
{
	debug_loop();
	coil_loop_set_debug(loop, false);
	coil_loop_call_soon(loop, take, &much);
	run_iterations(loop, 1);
	CHECK_STR(log_since(), "");
	end_loop();
}

static coil_result turn_on(void *unused)
{
	coil_loop_set_debug(loop, true);
	coil_loop_call_soon(loop, take, &much);
	return coil_ok(NULL);
}

TEST(it_can_be_turned_on_while_the_loop_runs)
{
	debug_loop();
	coil_loop_set_debug(loop, false);
	coil_loop_call_soon(loop, turn_on, NULL);
	run_iterations(loop, 2);
	CHECK_HAS(log_since(), "Executing <Handle take(&much) at ");
	end_loop();
}

/* One that is cancelled is not run, and callbacks of a future that are slow. */
TEST(other_handles_are_timed_as_well)
{
	debug_loop();
	future = coil_loop_create_future(loop);
	coil_future_add_done_callback(future, take_done, &much);
	coil_future_set_result(future, coil_ok(NULL));
	coil_handle_cancel(coil_loop_call_soon(loop, take, &much));
	coil_release(future);
	run_iterations(loop, 1);
	CHECK_HAS(log_since(), "Executing <Handle take_done(&much) at FILE:");
	CHECK_REAL(coil_loop_time(loop), 2.5);
	end_loop();
}

static void without_memory(void *unused)
{
	loop = coil_new_event_loop_with_clock(COIL_CLOCK_VIRTUAL);
	if (!loop)
		return;
	coil_loop_set_debug(loop, true);
	if (coil_loop_call_soon(loop, take, &much)) {
		coil_loop_stop(loop);
		CHECK_ERROR(coil_loop_run_forever(loop), COIL_OK);
		CHECK_REAL(coil_loop_time(loop), 2.5);
	}
	coil_loop_close(loop);
}

TEST(without_memory_it_goes_on)
{
	CHECK(faults_every(FAULT_MEMORY, without_memory, NULL) > 0);
}

/* ---- polls ----------------------------------------------------------------- */

TEST(slow_polls_are_logged)
{
	debug_loop();
	coil_log_set_level(COIL_LOG_DEBUG);
	coil__debug_poll(loop, -1, 0.5, 3);
	coil__debug_poll(loop, -1, 1.5, 3);
	coil__debug_poll(loop, 0.5, 0.25, 2);
	coil__debug_poll(loop, 0.5, 0.5, 0);
	coil__debug_poll(loop, 2, 1, 0);
	coil__debug_poll(loop, 0, 5, 1);
	CHECK_STR(log_since(),
		  "DEBUG poll took 500.000 ms: 3 events\n"
		  "INFO poll took 1500.000 ms: 3 events\n"
		  "DEBUG poll 500.000 ms took 250.000 ms: 2 events\n"
		  "INFO poll 2000.000 ms took 1000.000 ms: timeout\n");
	coil_log_set_level(COIL_LOG_WARNING);
	end_loop();
}

TEST(a_poll_that_is_late_names_whose_timer)
{
	int line = __LINE__ + 3;

	debug_loop();
	coil_loop_call_at(loop, 0.1, take, &less);
	coil__debug_poll(loop, 0.1, 0.35, 0);
	coil__debug_poll(loop, 0.1, 0.15, 0);
	CHECK_STR(log_since(), text(
		"WARNING the poll was told to wait 100.000 ms and took 350.000 ms; late for "
		"<TimerHandle when=0.1 take(&less) at FILE:%d>\n", line));
	end_loop();
}

static coil_result sleep_for_long(void *unused)
{
	return coil_sleep(100);
}

TEST(a_poll_that_is_late_for_a_sleeper_names_its_place)
{
	int line = __LINE__ - 5;

	debug_loop();
	task = coil_loop_create_task(loop, coil_coro(sleep_for_long, NULL));
	run_iterations(loop, 1);
	coil__debug_poll(loop, 100, 101, 0);
	CHECK_HAS(log_since(), text("late for <TimerHandle when=100.0 sleep.wake() at FILE:%d>\n",
				    line));
	coil_future_cancel(task);
	coil_loop_run_until_complete(loop, task);
	end_loop();
}

/* ---- loops ----------------------------------------------------------------- */

TEST(D09_loops_are_logged_when_they_are_opened_and_closed)
{
	coil_loop *other;

	coil_log_set_level(COIL_LOG_DEBUG);
	debug_loop();
	other = virtual_loop();
	coil_loop_set_debug(other, false); /* it may be on for all */
	coil_loop_close(other);
	CHECK_STR(log_since(), text("DEBUG Using selector: %s\n", coil_loop_get_driver(loop)));
	end_loop();
	CHECK_STR(log_since(), text("DEBUG Close <EventLoop selector=%s running=False "
				    "closed=False debug=True>\n", coil_loop_get_driver(loop)));
	coil_log_set_level(COIL_LOG_WARNING);
}

/* ---- what is left over ----------------------------------------------------- */

TEST(what_was_not_released_is_said_at_the_end)
{
	coil_timeout *timeout;
	int line = __LINE__ + 3;

	debug_loop();
	future = coil_loop_create_future(loop);
	task = coil_retain(coil_loop_create_task(loop, coil_coro(say, "x")));
	coil_loop_run_until_complete(loop, coil_retain(task));
	timeout = coil_timeout_new(1);
	CHECK(timeout == NULL); /* there is no loop for it */
	end_loop();
	CHECK_STR(log_since(), text(
		"WARNING ResourceWarning: unreleased <Future pending created at FILE:%d>\n"
		"Object created at (most recent call last):\n"
		"  File \"FILE\", line %d, in test_what_was_not_released_is_said_at_the_end\n"
		"    create_future\n"
		"WARNING ResourceWarning: unreleased <Task finished name='Task-1' "
		"coro=<say() done, defined at FILE:%d> result=None created at FILE:%d>\n"
		"Object created at (most recent call last):\n"
		"  File \"FILE\", line %d, in test_what_was_not_released_is_said_at_the_end\n"
		"    create_task(coil_coro(say, \"x\"))\n",
		line, line, line + 1, line + 1, line + 1));
	CHECK_LOG("x");
}

TEST(what_is_reported_for_something_else_is_not_said)
{
	debug_loop();
	future = coil_loop_create_future(loop);
	coil_loop_create_task(loop, coil_coro(wait_for_it, NULL));
	coil_future_set_exception(future, COIL_VALUE, "x");
	waited_for = coil_loop_create_future(loop);
	run_iterations(loop, 1);
	end_loop();
	CHECK(!strstr(logged, "ResourceWarning"));
	CHECK_HAS(logged, "Task was destroyed but it is pending!");
	CHECK_HAS(logged, "Future exception was never retrieved");
}

TEST(without_debug_mode_nothing_is_said)
{
	debug_loop();
	coil_loop_create_future(loop);
	coil_loop_set_debug(loop, false);
	end_loop();
	CHECK_STR(log_since(), "");
}
