/* SPDX-License-Identifier: MIT
 *
 * sleep: zero is one iteration, more is a timer, and both can be cancelled.
 */
#include <math.h>
#include <malloc.h>
#include "journal.h"

static coil_result yield_twice(void *delay)
{
	note_at("a");
	CHECK_ERROR(coil_sleep(*(double *)delay), COIL_OK);
	note_at("b");
	return coil_ok(NULL);
}

static coil_result K09(void *unused)
{
	static double delays[] = { 0, -0.0, -1, -1e300, -INFINITY };

	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		iteration = 0;
		coil_await(coil_coro(yield_twice, &delays[i]));
	}
	return coil_ok(NULL);
}

TEST(K09_zero_and_less_suspend_for_exactly_one_iteration)
{
	run_ticking(K09);
	CHECK_LOG("a@0 b@1 a@0 b@1 a@0 b@1 a@0 b@1 a@0 b@1");
}

static coil_result n_and_n_plus_2(void *n)
{
	note("%d", (int)(intptr_t)n);
	coil_sleep(0);
	note("%d", (int)(intptr_t)n + 2);
	return coil_ok(NULL);
}

static coil_result K10(void *unused)
{
	return coil_await(coil_gather(coil_coro(n_and_n_plus_2, (void *)1),
				      coil_coro(n_and_n_plus_2, (void *)2)));
}

TEST(K10_two_tasks_alternate)
{
	run_virtual(K10);
	CHECK_LOG("1 2 3 4");
}

static coil_result K11(void *unused)
{
	coil_result r = coil_sleep(NAN);

	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), "Invalid delay: NaN (not a number)");
	CHECK_ERROR(coil_sleep(-NAN), COIL_VALUE);
	note_at("end");
	return coil_ok(NULL);
}

TEST(K11_nan_is_a_value_error)
{
	run_ticking(K11);
	CHECK_LOG("end@1");
}

static coil_result sleep_long(void *unused)
{
	coil_result r = coil_sleep(1000);

	note("%s", coil_error_name(r.error));
	return r;
}

static coil_result K12(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(sleep_long, NULL));

	coil_sleep(1);
	coil_task_cancel(t);
	CHECK_ERROR(coil_await(t), COIL_CANCELLED);
	coil_sleep(1);
	note("%g", coil_time());
	return coil_ok(NULL);
}

/* The clock ends at 2, for the timer at 1000 is gone. */
TEST(K12_a_cancelled_sleep_takes_its_timer_away)
{
	run_virtual(K12);
	CHECK_LOG("CancelledError 2");
}

static coil_result say_time(void *unused)
{
	note("%g", coil_time());
	return coil_ok(NULL);
}

static coil_result sleep_for(void *seconds)
{
	CHECK_ERROR(coil_sleep(*(double *)seconds), COIL_OK);
	note("%g", coil_time());
	return coil_ok(NULL);
}

static coil_result several(void *unused)
{
	static double a = 3, b = 1, c = 2, d = 1e-3;

	coil_loop_call_later(coil_get_running_loop(), 1.5, say_time, NULL);
	return coil_await(coil_gather(coil_coro(sleep_for, &a), coil_coro(sleep_for, &b),
				      coil_coro(sleep_for, &c), coil_coro(sleep_for, &d)));
}

TEST(sleepers_wake_in_the_order_of_their_deadlines)
{
	run_virtual(several);
	CHECK_LOG("0.001 1 1.5 2 3");
}

/* The document's program: three that sleep a second take one second. */
static coil_result hello(void *name)
{
	double start = coil_time();

	coil_sleep(1.0);
	note("%s %.3f", (char *)name, coil_time() - start);
	return coil_ok(NULL);
}

static coil_result three_hellos(void *unused)
{
	coil_await(coil_gather(coil_coro(hello, "AAA"), coil_coro(hello, "BBB"),
			       coil_coro(hello, "CCC")));
	note("total %.3f", coil_time());
	return coil_ok(NULL);
}

TEST(sleeps_at_the_same_time_overlap)
{
	run_virtual(three_hellos);
	CHECK_LOG("AAA 1.000 BBB 1.000 CCC 1.000 total 1.000");
}

static coil_result cancelled_sleep_0(void *unused)
{
	coil_result r = coil_sleep(0);

	note("%s", coil_error_name(r.error));
	return r;
}

static coil_result cancel_in_sleep_0(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(cancelled_sleep_0, NULL));

	coil_sleep(0);
	CHECK(coil_task_cancel(t));
	CHECK_ERROR(coil_await(t), COIL_CANCELLED);
	note_at("main");
	return coil_ok(NULL);
}

TEST(sleep_0_is_cancelled_at_the_next_step)
{
	run_ticking(cancel_in_sleep_0);
	CHECK_LOG("CancelledError main@4");
}

static coil_result real_sleep(void *unused)
{
	double start = coil_time();

	coil_sleep(0.03);
	CHECK(coil_time() - start >= 0.03 - 1e-8);
	CHECK(coil_time() - start < 5);
	note("slept");
	return coil_ok(NULL);
}

TEST(sleep_on_the_real_clock)
{
	coil_loop *loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);

	coil_loop_run_until_complete(loop, coil_coro(real_sleep, NULL));
	coil_loop_close(loop);
	CHECK_LOG("slept");
}

TEST(sleep_outside_of_a_task)
{
	int line = __LINE__ + 1;
	coil_result r = coil_sleep(1);

	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_HAS(coil_error_message(r), "sleep");
	CHECK_STR(coil_error_site(r)->file, __FILE__);
	CHECK_INT(coil_error_site(r)->line, line);
}

/* ---- with a result ---------------------------------------------------------------- */

static coil_result K13(void *unused)
{
	coil_result r = coil_sleep_result(1, coil_number(42));

	CHECK_ERROR(r, COIL_OK);
	CHECK_INT(r.number, 42);
	CHECK_REAL(coil_time(), 1);
	CHECK_ERROR(coil_sleep_result(NAN, coil_number(42)), COIL_VALUE);
	coil_task_cancel(coil_current_task());
	CHECK_ERROR(coil_sleep_result(1, coil_number(42)), COIL_CANCELLED);
	return coil_ok(NULL);
}

TEST(K13_gives_the_result_that_it_was_given)
{
	CHECK_INT(run_virtual(K13), COIL_OK);
}

/* ---- loops that end first ------------------------------------------------------- */

static coil_result stop_here(void *unused)
{
	coil_loop_stop(coil_get_running_loop());
	return coil_ok(NULL);
}

static coil_result sleep_too_long(void *unused)
{
	coil_loop_call_soon(coil_get_running_loop(), stop_here, NULL);
	return coil_sleep(1000);
}

/* The sleeper's stack is not gone back to, so nothing may depend on it. */
TEST(a_loop_that_is_closed_takes_the_timers_of_sleepers_with_it)
{
	size_t before = 0;

	for (int i = 0; i < 400; i++) {
		if (i == 100)
			before = mallinfo2().uordblks;
		CHECK_INT(run_virtual(sleep_too_long), COIL_RUNTIME);
	}
	if (before) /* a sanitizer's own allocator counts nothing */
		CHECK(mallinfo2().uordblks < before + 1000);
}
