/* SPDX-License-Identifier: MIT
 *
 * A loop's life: run, stop, run again, close, and what each refuses.
 */
#include <pthread.h>
#include "journal.h"

static coil_loop *loop;

static coil_result stop_and_schedule(void *unused)
{
	note("stop");
	coil_loop_stop(loop);
	coil_loop_call_soon(loop, say, "next");
	return coil_ok(NULL);
}

TEST(L06_L07_stop_ends_the_iteration_and_what_it_scheduled_waits)
{
	loop = virtual_loop();
	coil_loop_call_soon(loop, stop_and_schedule, NULL);
	coil_loop_call_soon(loop, say, "rest");
	CHECK_ERROR(coil_loop_run_forever(loop), COIL_OK);
	CHECK_LOG("stop rest");
	coil_loop_stop(loop);
	coil_loop_run_forever(loop);
	CHECK_LOG("next");
	coil_loop_close(loop);
}

TEST(L08_stop_before_a_run_gives_one_iteration)
{
	loop = virtual_loop();
	coil_loop_call_soon(loop, stop_and_schedule, NULL);
	coil_loop_call_later(loop, 0, say, "timer");
	coil_loop_call_later(loop, 1, say, "far");
	coil_loop_stop(loop);
	coil_loop_run_forever(loop);
	CHECK_LOG("stop timer");
	coil_loop_close(loop);
}

TEST(L09_with_a_stop_pending_the_poll_does_not_wait)
{
	double start;

	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	start = coil_loop_time(loop);
	coil_loop_call_later(loop, 3600, say, "far");
	run_iterations(loop, 3);
	CHECK(coil_loop_time(loop) - start < 60);
	CHECK_LOG("");
	coil_loop_close(loop);
}

/* Nor does a virtual clock jump. */
TEST(L09_with_a_stop_pending_the_virtual_clock_stands)
{
	loop = virtual_loop();
	coil_loop_call_later(loop, 3600, say, "far");
	run_iterations(loop, 3);
	CHECK(coil_loop_time(loop) == 0);
	CHECK_LOG("");
	coil_loop_close(loop);
}

TEST(L10_stop_twice_is_once)
{
	loop = virtual_loop();
	coil_loop_stop(loop);
	coil_loop_stop(loop);
	coil_loop_call_soon(loop, say, "A");
	coil_loop_run_forever(loop);
	CHECK_LOG("A");
	coil_loop_call_soon(loop, say, "B");
	coil_loop_call_soon(loop, stop, loop);
	coil_loop_call_soon(loop, stop, loop);
	coil_loop_run_forever(loop);
	coil_loop_call_soon(loop, stop_and_schedule, NULL);
	coil_loop_run_forever(loop);
	CHECK_LOG("B stop");
	coil_loop_close(loop);
}

TEST(L11_a_done_future_still_takes_one_iteration)
{
	coil_future *f;

	loop = virtual_loop();
	f = coil_loop_create_future(loop);
	coil_future_set_result(f, coil_number(3));
	start_ticker(loop);
	coil_loop_call_soon(loop, say_at, "A");
	CHECK_INT(coil_loop_run_until_complete(loop, f).number, 3);
	CHECK_LOG("A@1");
	CHECK_INT(iteration, 1);
	coil_loop_close(loop);
}

static coil_result chain(void *left)
{
	note_at("x");
	if (--*(int *)left)
		coil_loop_call_soon(loop, chain, left);
	return coil_ok(NULL);
}

static coil_result ends_in_its_first_step(void *left)
{
	note_at("main");
	coil_loop_call_soon(loop, chain, left);
	return coil_number(5);
}

TEST(L12_run_until_complete_returns_after_the_whole_next_iteration)
{
	int left = 5;

	loop = virtual_loop();
	start_ticker(loop);
	CHECK_INT(coil_loop_run_until_complete(loop,
		coil_coro(ends_in_its_first_step, &left)).number, 5);
	CHECK_LOG("main@1 x@2");
	coil_loop_close(loop);
}

static coil_result stops_and_goes_on(void *unused)
{
	coil_loop_stop(loop);
	coil_sleep(0);
	note("went on");
	return coil_number(5);
}

TEST(L13_L15_stopped_early_and_run_again_on_the_same_task)
{
	coil_task *task;
	coil_result r;

	loop = virtual_loop();
	task = coil_loop_create_task(loop, coil_coro(stops_and_goes_on, NULL));
	r = coil_loop_run_until_complete(loop, coil_retain(task));
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "Event loop stopped before Future completed.");
	CHECK_LOG("");
	CHECK_INT(coil_loop_run_until_complete(loop, coil_retain(task)).number, 5);
	CHECK_LOG("went on");
	/* No callback is left on it that would stop a later run. */
	CHECK_INT(coil_loop_run_until_complete(loop, task).number, 5);
	coil_loop_close(loop);
}

TEST(L13_stopped_early_with_a_coroutine_that_nobody_holds)
{
	coil_result r;

	loop = virtual_loop();
	r = coil_loop_run_until_complete(loop, coil_coro(stops_and_goes_on, NULL));
	CHECK_ERROR(r, COIL_RUNTIME);
	run_iterations(loop, 2);
	CHECK_LOG("went on");
	coil_loop_close(loop);
}

static coil_result stops_and_returns(void *unused)
{
	coil_loop_stop(loop);
	return coil_number(5);
}

TEST(L14_a_task_that_stops_the_loop_and_ends_gives_its_result)
{
	coil_result r;

	loop = virtual_loop();
	r = coil_loop_run_until_complete(loop, coil_coro(stops_and_returns, NULL));
	CHECK_ERROR(r, COIL_OK);
	CHECK_INT(r.number, 5);
	coil_loop_close(loop);
}

/* ---- inside of a running loop -------------------------------------------- */

static coil_loop *other;

static coil_result do_nothing(void *unused)
{
	return coil_number(1);
}

static coil_result run_inside(void *unused)
{
	coil_future *f = coil_create_future();
	coil_result r;

	r = coil_loop_run_forever(loop);
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "This event loop is already running");
	r = coil_loop_run_until_complete(loop, f);
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "This event loop is already running");
	r = coil_loop_run_forever(other);
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r),
		  "Cannot run the event loop while another loop is running");
	r = coil_loop_close(loop);
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "Cannot close a running event loop");
	CHECK(coil_loop_is_running(loop));
	CHECK(!coil_loop_is_running(other));
	CHECK(coil_get_running_loop() == loop);
	CHECK(coil_get_event_loop() == loop);
	coil_sleep(0);
	note("still runs");
	return coil_ok(NULL);
}

TEST(L16_L17_L18_run_and_close_inside_of_a_running_loop)
{
	loop = virtual_loop();
	other = virtual_loop();
	CHECK_ERROR(coil_loop_run_until_complete(loop, coil_coro(run_inside, NULL)),
		    COIL_OK);
	CHECK_LOG("still runs");
	coil_loop_close(other);
	coil_loop_close(loop);
}

static void *run_other(void *unused)
{
	CHECK_INT(coil_loop_run_until_complete(other,
				coil_coro(do_nothing, NULL)).number, 1);
	return NULL;
}

static coil_result run_other_in_a_thread(void *unused)
{
	pthread_t thread;

	CHECK_INT(pthread_create(&thread, NULL, run_other, NULL), 0);
	pthread_join(thread, NULL);
	CHECK(coil_get_running_loop() == loop);
	return coil_ok(NULL);
}

TEST(L17_another_loop_may_run_in_another_thread)
{
	loop = virtual_loop();
	other = virtual_loop();
	coil_loop_call_soon(loop, run_other_in_a_thread, NULL);
	run_iterations(loop, 1);
	coil_loop_close(other);
	coil_loop_close(loop);
}

TEST(L19_close_twice_is_allowed)
{
	loop = virtual_loop();
	CHECK(!coil_loop_is_closed(loop));
	CHECK_ERROR(coil_loop_close(loop), COIL_OK);
	CHECK(coil_loop_is_closed(loop));
	CHECK_ERROR(coil_loop_close(loop), COIL_OK);
	CHECK(coil_loop_is_closed(loop));
}

#define CLOSED "Event loop is closed"

TEST(L20_a_closed_loop_refuses_work)
{
	coil_result r;

	loop = virtual_loop();
	coil_loop_close(loop);
	CHECK(coil_loop_call_soon(loop, say, "x") == NULL);
	CHECK_LAST_ERROR(COIL_RUNTIME, CLOSED);
	CHECK(coil_loop_call_later(loop, 1, say, "x") == NULL);
	CHECK_LAST_ERROR(COIL_RUNTIME, CLOSED);
	CHECK(coil_loop_call_at(loop, 1, say, "x") == NULL);
	CHECK_LAST_ERROR(COIL_RUNTIME, CLOSED);
	r = coil_loop_call_soon_threadsafe(loop, say, "x");
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), CLOSED);
	capture_begin(2); /* and the coroutine was never awaited */
	CHECK(coil_loop_create_task(loop, coil_coro(do_nothing, NULL)) == NULL);
	capture_end();
	CHECK_LAST_ERROR(COIL_RUNTIME, CLOSED);
	r = coil_loop_add_reader(loop, 0, say, "x");
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), CLOSED);
	r = coil_loop_add_writer(loop, 1, say, "x");
	CHECK_ERROR(r, COIL_RUNTIME);
	r = coil_loop_run_forever(loop);
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), CLOSED);
	capture_begin(2);
	r = coil_loop_run_until_complete(loop, coil_coro(do_nothing, NULL));
	capture_end();
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), CLOSED);
	CHECK(!coil_loop_is_running(loop));
}

TEST(L21_what_a_closed_loop_still_allows)
{
	coil_future *f;

	loop = virtual_loop();
	coil_loop_close(loop);
	coil_loop_stop(loop);
	CHECK(!coil_loop_remove_reader(loop, 0));
	CHECK(!coil_loop_remove_writer(loop, 0));
	f = coil_loop_create_future(loop);
	CHECK(f != NULL);
	CHECK(!coil_future_done(f));
	CHECK_ERROR(coil_future_set_result(f, coil_number(1)), COIL_OK);
	CHECK_INT(coil_future_result(f).number, 1);
	coil_release(f);
	CHECK(coil_loop_time(loop) >= 0);
}

TEST(L22_close_runs_nothing_of_what_is_left)
{
	loop = virtual_loop();
	coil_loop_call_soon(loop, say, "soon");
	coil_loop_call_later(loop, 0, say, "timer");
	coil_loop_call_later(loop, 10, say, "far");
	coil_loop_call_soon_threadsafe(loop, say, "threadsafe");
	CHECK_ERROR(coil_loop_close(loop), COIL_OK);
	CHECK_LOG("");
}

TEST(L23_there_is_no_running_loop_outside)
{
	CHECK(coil_get_running_loop() == NULL);
	CHECK_LAST_ERROR(COIL_RUNTIME, "no running event loop");
	CHECK(coil_create_future() == NULL);
	CHECK_LAST_ERROR(COIL_RUNTIME, "no running event loop");
	capture_begin(2);
	CHECK(coil_create_task(coil_coro(do_nothing, NULL)) == NULL);
	CHECK_HAS(capture_end(), "coroutine 'do_nothing' was never awaited");
	CHECK_LAST_ERROR(COIL_RUNTIME, "no running event loop");
	CHECK(coil_current_task() == NULL);
}

static coil_result system_exit(void *unused)
{
	note("exit");
	return coil_raise(COIL_SYSTEM_EXIT, "enough");
}

static coil_result keyboard_interrupt(void *unused)
{
	note("interrupt");
	return coil_raise(COIL_KEYBOARD_INTERRUPT);
}

TEST(L27_system_exit_leaves_the_loop_and_the_rest_stays_queued)
{
	coil_result r;

	loop = virtual_loop();
	coil_loop_call_soon(loop, say, "A");
	coil_loop_call_soon(loop, system_exit, NULL);
	coil_loop_call_soon(loop, say, "B");
	coil_loop_call_soon(loop, keyboard_interrupt, NULL);
	coil_loop_call_soon(loop, say, "C");
	r = coil_loop_run_forever(loop);
	CHECK_ERROR(r, COIL_SYSTEM_EXIT);
	CHECK_STR(coil_error_message(r), "enough");
	CHECK_LOG("A exit");
	CHECK(!coil_loop_is_running(loop)); /* L38 */
	CHECK(coil_get_running_loop() == NULL);
	CHECK_ERROR(coil_loop_run_forever(loop), COIL_KEYBOARD_INTERRUPT);
	CHECK_LOG("B interrupt");
	run_iterations(loop, 1);
	CHECK_LOG("C");
	coil_loop_close(loop);
}

static coil_result check_running(void *unused)
{
	CHECK(coil_loop_is_running(loop));
	note("runs");
	return coil_ok(NULL);
}

TEST(L38_is_running)
{
	loop = virtual_loop();
	CHECK(!coil_loop_is_running(loop));
	coil_loop_call_soon(loop, check_running, NULL);
	run_iterations(loop, 1);
	CHECK(!coil_loop_is_running(loop));
	CHECK_LOG("runs");
	coil_loop_close(loop);
}

/* ---- the current loop ---------------------------------------------------- */

TEST(get_event_loop_gives_the_one_that_was_set)
{
	loop = virtual_loop();
	coil_set_event_loop(loop);
	CHECK(coil_get_event_loop() == loop);
	coil_set_event_loop(NULL);
	CHECK(coil_get_event_loop() == NULL);
	CHECK_ERROR(coil_last_error(), COIL_RUNTIME);
	coil_loop_close(loop);
}

TEST(get_event_loop_makes_one_in_the_main_thread_once)
{
	loop = coil_get_event_loop();
	CHECK(loop != NULL);
	CHECK(coil_get_event_loop() == loop);
	coil_loop_close(loop);
}

static void *get_in_thread(void *unused)
{
	CHECK(coil_get_event_loop() == NULL);
	CHECK_ERROR(coil_last_error(), COIL_RUNTIME);
	CHECK_HAS(coil_error_message(coil_last_error()),
		  "There is no current event loop in thread");
	return NULL;
}

TEST(get_event_loop_makes_none_in_another_thread)
{
	pthread_t thread;

	CHECK_INT(pthread_create(&thread, NULL, get_in_thread, NULL), 0);
	pthread_join(thread, NULL);
}

TEST(a_thousand_loops_one_after_the_other)
{
	for (int i = 0; i < 1000; i++) {
		loop = coil_new_event_loop();
		CHECK(loop != NULL);
		CHECK_INT(coil_loop_run_until_complete(loop,
				coil_coro(do_nothing, NULL)).number, 1);
		coil_loop_close(loop);
	}
}
