/* SPDX-License-Identifier: MIT
 *
 * timeout: whom the deadline interrupts, and what comes out of exit.
 */
#include "journal.h"
#include "faults.h"

static void note_result(coil_result r)
{
	note("%s", r.error ? coil_error_name(r.error) : "ok");
}

/* Enters a timeout of DELAY, runs BODY(ARG) in it, and notes how both ended; its
 * handle, for those that change it, is `active`. */
static coil_timeout *active;

static coil_result within(double delay, coil_function body, void *arg)
{
	coil_timeout *t = coil_retain(coil_timeout_new(delay));
	coil_result r = coil_timeout_enter(t);

	active = t;
	if (!r.error)
		r = body(arg);
	note_result(r);
	r = coil_timeout_exit(t, r);
	note_result(r);
	note("%s@%g", coil_timeout_expired(t) ? "expired" : "in-time", coil_time());
	coil_release(t);
	return r;
}

static coil_result nap(void *seconds)
{
	return coil_sleep((double)(intptr_t)seconds);
}

#define NAP(n) nap, (void *)(n)

static coil_result pass(void *unused)
{
	return coil_ok(NULL);
}

static coil_result O01(void *unused)
{
	within(5, NAP(1));
	note("%u", coil_task_cancelling(coil_current_task()));
	return coil_ok(NULL);
}

TEST(O01_in_time)
{
	run_virtual(O01);
	CHECK_LOG("ok ok in-time@1 0");
}

static coil_result O02(void *unused)
{
	coil_result r = within(2, NAP(5));

	CHECK_STR(coil_error_message(r), "");
	note("%u", coil_task_cancelling(coil_current_task()));
	coil_sleep(1); /* nothing is left of it */
	return coil_ok(NULL);
}

TEST(O02_O03_expired_and_the_count_is_back)
{
	run_virtual(O02);
	CHECK_LOG("CancelledError TimeoutError expired@2 0");
}

static coil_result inner(void *delay)
{
	return within((double)(intptr_t)delay, NAP(9));
}

static coil_result O04(void *unused)
{
	within(1, inner, (void *)5);
	within(5, inner, (void *)1);
	within(1, inner, (void *)1);
	return coil_ok(NULL);
}

TEST(O04_O05_O06_nested)
{
	run_virtual(O04);
	CHECK_LOG("CancelledError CancelledError in-time@1 CancelledError TimeoutError expired@1 "
		  "CancelledError TimeoutError expired@2 TimeoutError TimeoutError in-time@2 "
		  "CancelledError CancelledError expired@3 CancelledError TimeoutError expired@3");
}

static coil_result on_a_future(void *unused)
{
	coil_future *f = coil_create_future();
	coil_result r = coil_await(coil_retain(f));

	coil_release(f);
	return r;
}

static coil_result O07(void *unused)
{
	note_at("begin");
	within(0, pass, NULL);
	note_at("passed");
	within(0, NAP(0));
	note_at("yielded");
	within(0, on_a_future, NULL);
	note_at("waited");
	within(-3, on_a_future, NULL);
	note_at("waited");
	return coil_ok(NULL);
}

TEST(O07_O08_O09_O10_zero_and_the_past)
{
	run_ticking(O07);
	CHECK_LOG("begin@1 ok ok in-time@0 passed@1 "
		  "CancelledError TimeoutError expired@0 yielded@2 "
		  "CancelledError TimeoutError expired@0 waited@4 "
		  "CancelledError TimeoutError expired@0 waited@6");
}

static coil_result O11(void *unused)
{
	within(COIL_NO_TIMEOUT, NAP(100000));
	return coil_ok(NULL);
}

TEST(O11_none_never_expires)
{
	run_virtual(O11);
	CHECK_LOG("ok ok in-time@100000");
}

static coil_result reschedule_all(void *unused)
{
	coil_sleep(1);
	note("when=%g", coil_timeout_when(active));
	note_result(coil_timeout_reschedule(active, 5)); /* later  */
	coil_sleep(2);
	note_result(coil_timeout_reschedule(active, COIL_NO_TIMEOUT));
	note("when=%g", coil_timeout_when(active));
	coil_sleep(10);
	note_result(coil_timeout_reschedule(active, 15));
	note_result(coil_timeout_reschedule(active, 14)); /* sooner */
	note("when=%g", coil_timeout_when(active));
	note_result(coil_timeout_reschedule(active, (double)NAN));
	return coil_sleep(100);
}

static coil_result O12(void *unused)
{
	within(2, reschedule_all, NULL);
	return coil_ok(NULL);
}

TEST(O12_reschedule)
{
	run_virtual(O12);
	CHECK_LOG("when=2 ok ok when=inf ok ok when=14 ValueError CancelledError "
		  "TimeoutError expired@14");
}

static coil_result reschedule_to_the_past(void *unused)
{
	note_at("now");
	coil_timeout_reschedule(active, -1);
	return on_a_future(NULL);
}

static coil_result O13(void *unused)
{
	within(100, reschedule_to_the_past, NULL);
	note_at("woken");
	return coil_ok(NULL);
}

TEST(O13_rescheduled_to_the_past_it_fires_in_the_next_iteration)
{
	run_ticking(O13);
	CHECK_LOG("now@1 CancelledError TimeoutError expired@0 woken@3");
}

static coil_result O14(void *unused)
{
	coil_timeout *t = coil_retain(coil_timeout_new(1));
	coil_result r = coil_timeout_reschedule(t, 1);

	note("%s", coil_error_message(r));
	coil_timeout_enter(t);
	r = coil_sleep(5);
	note("%s", coil_error_message(coil_timeout_reschedule(t, 9)));
	coil_timeout_exit(t, r);
	note("%s", coil_error_message(coil_timeout_reschedule(t, 9)));
	coil_release(t);
	t = coil_retain(coil_timeout_new(1));
	coil_timeout_enter(t);
	coil_timeout_exit(t, coil_ok(NULL));
	note("%s", coil_error_message(coil_timeout_reschedule(t, 9)));
	coil_release(t);
	return coil_ok(NULL);
}

TEST(O14_reschedule_at_the_wrong_time)
{
	run_virtual(O14);
	CHECK_LOG("Timeout has not been entered Cannot change state of expiring Timeout "
		  "Cannot change state of expired Timeout Cannot change state of finished Timeout");
}

static coil_result swallow(void *unused)
{
	note_result(coil_sleep(9));
	return coil_ok(NULL);
}

static coil_result change(void *unused)
{
	note_result(coil_sleep(9));
	return coil_raise(COIL_KEY, "k");
}

static coil_result O15(void *unused)
{
	within(1, swallow, NULL);
	within(1, change, NULL);
	return coil_ok(NULL);
}

TEST(O15_O16_swallowed_and_another_error)
{
	run_virtual(O15);
	CHECK_LOG("CancelledError ok ok expired@1 CancelledError KeyError KeyError expired@2");
}

static coil_result cancelled_and_expired(void *unused)
{
	coil_result r = coil_sleep(9);

	coil_future_cancel(coil_current_task());
	return r;
}

static coil_result O17(void *unused)
{
	return within(1, cancelled_and_expired, NULL);
}

static coil_result O18(void *unused)
{
	return within(5, NAP(9));
}

static coil_result cancel_others(void *unused)
{
	coil_task *both = coil_create_task(coil_coro(O17, NULL)),
		  *foreign = coil_create_task(coil_coro(O18, NULL));

	coil_sleep(3);
	coil_future_cancel(foreign, "m");
	note_result(coil_await(both));
	note("%s", coil_error_message(coil_await(foreign)));
	return coil_ok(NULL);
}

TEST(O17_O18_cancelled_by_others)
{
	run_virtual(cancel_others);
	CHECK_LOG("CancelledError CancelledError expired@1 CancelledError "
		  "CancelledError CancelledError in-time@3 m");
}

static coil_result enter_in_a_callback(void *t)
{
	note("%s", coil_error_message(coil_timeout_enter(t)));
	return coil_ok(NULL);
}

static coil_result O19(void *unused)
{
	coil_timeout *t = coil_timeout_new(1), *u = coil_timeout_at_new(1);

	coil_timeout_enter(t);
	note("%s", coil_error_message(coil_timeout_enter(t)));
	coil_loop_call_soon(coil_get_running_loop(), enter_in_a_callback, u);
	coil_sleep(0);
	note_result(coil_timeout_exit(u, coil_raise(COIL_KEY, "k"))); /* never entered */
	note_result(coil_timeout_exit(t, coil_ok(NULL)));
	CHECK(!coil_timeout_new((double)NAN));
	CHECK_ERROR(coil_last_error(), COIL_VALUE);
	CHECK_ERROR(coil_timeout_enter(NULL), COIL_VALUE);
	note_result(coil_timeout_exit(NULL, coil_ok(NULL)));
	return coil_ok(NULL);
}

TEST(O19_entered_twice_or_outside_of_a_task)
{
	run_virtual(O19);
	CHECK_LOG("Timeout has already been entered Timeout should be used inside a task "
		  "KeyError ok ok");
	CHECK(!coil_timeout_new(1));
	CHECK_LAST_ERROR(COIL_RUNTIME, "no running event loop");
}

/* ---- misuse ----------------------------------------------------------------------- */

static coil_result leave_open(void *unused)
{
	return coil_timeout_enter(coil_timeout_new(1)); /* and never exit */
}

static coil_result wait_for_it(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(leave_open, NULL));

	note_result(coil_await(t));
	coil_sleep(2);
	note("alive");
	return coil_ok(NULL);
}

TEST(a_coroutine_that_returns_without_exit)
{
	CHECK_INT(run_virtual(wait_for_it), COIL_OK);
	CHECK_LOG("ok alive");
}

static coil_result release_active(void *unused)
{
	coil_timeout *t = coil_timeout_new(1);

	coil_timeout_enter(t);
	coil_release(t);
	note_result(coil_sleep(2));
	note("%s", CAPTURE_STDERR({
		coil_result r = coil_timeout_exit(t, coil_ok(NULL));

		CHECK_ERROR(r, COIL_INVALID_HANDLE);
	})[0] ? "reported" : "silent");
	return coil_ok(NULL);
}

TEST(released_while_active_it_is_gone)
{
	run_virtual(release_active);
	CHECK_LOG("ok reported");
}

static coil_result exit_twice(void *unused)
{
	coil_timeout *t = coil_retain(coil_timeout_new(1));
	char *text;

	coil_timeout_enter(t);
	coil_timeout_exit(t, coil_ok(NULL));
	text = CAPTURE_STDERR({
		CHECK_ERROR(coil_timeout_exit(t, coil_ok(NULL)), COIL_RUNTIME);
	});
	CHECK_HAS(text, "Timeout has already been exited");
	return coil_ok(NULL);
}

TEST(exit_twice_is_told)
{
	CHECK_INT(run_virtual(exit_twice), COIL_OK);
}

static coil_result exit_it(void *t)
{
	return coil_timeout_exit(t, coil_ok(NULL));
}

static coil_result exit_elsewhere(void *unused)
{
	coil_timeout *t = coil_timeout_new(1);

	coil_timeout_enter(t);
	note_result(coil_await(coil_create_task(coil_coro(exit_it, t))));
	note_result(coil_sleep(2));
	return coil_ok(NULL);
}

TEST(another_task_exits_it)
{
	run_virtual(exit_elsewhere);
	CHECK_LOG("ok ok");
}

TEST(a_loop_is_closed_in_the_middle_of_a_timeout)
{
	coil_loop *loop = virtual_loop();

	coil_release(coil_loop_create_task(loop, coil_coro(O18, NULL)));
	run_iterations(loop, 2);
	CAPTURE_STDERR({ coil_loop_close(loop); });
	CAPTURE_STDERR({ CHECK(!coil_timeout_expired(active)); }); /* stale, and told */
}

static coil_result scarce(void *unused)
{
	coil_timeout *t = coil_timeout_new(1);
	coil_result r = coil_timeout_enter(t);
	bool entered = !r.error;

	if (!r.error)
		r = coil_timeout_reschedule(t, 2);
	if (!r.error)
		r = coil_sleep(3);
	r = coil_timeout_exit(t, r);
	CHECK(r.error == COIL_MEMORY || (entered && r.error == COIL_TIMEOUT));
	return r;
}

static void run_scarce(void *unused)
{
	coil_result r = coil_run(coil_coro(scarce, NULL));

	CHECK(r.error == COIL_TIMEOUT || r.error == COIL_MEMORY || r.error == COIL_OS);
}

TEST(memory_fails_in_timeout, .seconds = 60)
{
	CHECK(faults_every(FAULT_MEMORY, run_scarce, NULL) > 0);
}
