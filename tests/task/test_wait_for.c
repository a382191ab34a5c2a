/* SPDX-License-Identifier: MIT
 *
 * wait_for: in the calling task with time left, and without any.
 */
#include "journal.h"
#include "faults.h"

static void note_result(coil_result r)
{
	if (r.error)
		note("%s(%s)@%g", coil_error_name(r.error), coil_error_message(r), coil_time());
	else
		note("%d@%g", (int)r.number, coil_time());
}

static coil_task *caller;

static coil_result nap(void *seconds)
{
	coil_result r = coil_sleep((double)(intptr_t)seconds);

	note("%s", coil_current_task() == caller ? "caller" : "own");
	return r.error ? r : coil_number((intptr_t)seconds);
}

#define NAP(n) coil_coro(nap, (void *)(n))

static coil_result O20(void *unused)
{
	caller = coil_current_task();
	note_result(coil_wait_for(NAP(2), 5));
	note_result(coil_wait_for(NAP(2), 1));
	note_result(coil_wait_for(NAP(2), COIL_NO_TIMEOUT));
	note("%u", coil_task_cancelling(caller));
	return coil_ok(NULL);
}

TEST(O20_O21_a_coroutine_runs_in_the_calling_task)
{
	run_virtual(O20);
	CHECK_LOG("caller 2@2 caller TimeoutError()@3 caller 2@5 0");
}

static coil_result O22(void *unused)
{
	coil_task *t = coil_create_task(NAP(9));

	note_result(coil_wait_for(coil_retain(t), 1));
	note("%d", coil_future_cancelled(t));
	coil_release(t);
	return coil_ok(NULL);
}

TEST(O22_a_task_is_cancelled_and_waited_for)
{
	run_virtual(O22);
	CHECK_LOG("own TimeoutError()@1 1");
}

static coil_result O23(void *unused)
{
	coil_future *f = coil_create_future();

	coil_future_set_result(f, coil_number(4));
	note_result(coil_wait_for(coil_retain(f), 0));
	note_result(coil_wait_for(f, -1));
	note_at("main");
	f = coil_create_future();
	coil_future_cancel(f, "m");
	note_result(coil_wait_for(f, 0));
	return coil_ok(NULL);
}

TEST(O23_done_and_no_time)
{
	run_ticking(O23);
	CHECK_LOG("4@0 4@0 main@1 CancelledError(m)@0");
}

static coil_result never(void *unused)
{
	note("never");
	return coil_ok(NULL);
}

static coil_result O24(void *unused)
{
	note_at("main");
	note_result(coil_wait_for(coil_coro(never, NULL), 0));
	note_at("main");
	note_result(coil_wait_for(coil_create_future(), 0));
	note_at("main");
	return coil_ok(NULL);
}

TEST(O24_a_coroutine_never_starts_and_takes_three_iterations)
{
	run_ticking(O24);
	CHECK_LOG("main@1 TimeoutError()@0 main@4 TimeoutError()@0 main@6");
}

static coil_result swallow(void *unused)
{
	coil_sleep(9);
	return coil_number(8);
}

static coil_result fail(void *unused)
{
	coil_sleep(9);
	return coil_raise(COIL_KEY, "k");
}

static coil_result O25(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(swallow, NULL)),
		  *u = coil_create_task(coil_coro(fail, NULL));

	note_result(coil_wait_for(coil_coro(swallow, NULL), 1));
	note_result(coil_wait_for(coil_coro(fail, NULL), 1));
	note_result(coil_wait_for(t, 0));
	note_result(coil_wait_for(u, 0));
	return coil_ok(NULL);
}

TEST(O25_O26_swallowed_or_another_error)
{
	run_virtual(O25);
	CHECK_LOG("8@1 KeyError(k)@2 8@2 KeyError(k)@2");
}

static coil_result O27(void *unused)
{
	coil_task *t = coil_create_task(NAP(3));

	note_result(coil_wait_for(coil_shield(coil_retain(t)), 1));
	note_result(coil_await(t));
	return coil_ok(NULL);
}

TEST(O27_around_a_shield)
{
	run_virtual(O27);
	CHECK_LOG("TimeoutError()@1 own 3@3");
}

static coil_result O28(void *unused)
{
	coil_task *t = coil_create_task(NAP(2));

	caller = coil_current_task();
	note_result(coil_wait_for(NAP(2), 2));
	note_result(coil_await(t));
	t = coil_create_task(NAP(2));
	coil_sleep(0);
	note_result(coil_wait_for(t, 2));
	return coil_ok(NULL);
}

TEST(O28_done_at_the_instant_of_the_deadline)
{
	run_virtual(O28);
	CHECK_LOG("caller TimeoutError()@2 own 2@2 own TimeoutError()@4");
}

static coil_result with_limit(void *t)
{
	coil_result r = coil_wait_for(coil_retain((coil_task *)t), 100);

	note_result(r);
	return r;
}

static coil_result O29(void *unused)
{
	coil_task *t = coil_create_task(NAP(9));
	coil_task *w = coil_create_task(coil_coro(with_limit, t));

	coil_sleep(1);
	coil_future_cancel(w, "m");
	note_result(coil_await(w));
	note("%d", coil_future_cancelled(t));
	coil_release(t);
	return coil_ok(NULL);
}

TEST(O29_cancelling_it_cancels_what_it_awaits)
{
	run_virtual(O29);
	CHECK_LOG("own CancelledError(m)@1 CancelledError(m)@1 1");
}

static coil_result stubborn(void *unused)
{
	coil_sleep(9);
	note_result(coil_sleep(3));
	return coil_number(1);
}

static coil_result no_time(void *t)
{
	return coil_wait_for(coil_retain((coil_task *)t), 0);
}

static coil_result cancel_the_wait(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(stubborn, NULL)), *w;

	coil_sleep(1);
	w = coil_create_task(coil_coro(no_time, t));
	coil_sleep(1);
	coil_future_cancel(w, "w");
	note_result(coil_await(w));
	note_result(coil_await(t));
	return coil_ok(NULL);
}

TEST(cancelled_while_what_it_cancelled_takes_its_time)
{
	run_virtual(cancel_the_wait);
	CHECK_LOG("CancelledError(w)@2 0@4 1@4");
}

static coil_result wrong(void *unused)
{
	note_result(coil_wait_for(coil_create_future(), (double)NAN));
	CAPTURE_STDERR({ note_result(coil_wait_for(NULL, 1)); });
	return coil_ok(NULL);
}

TEST(wrong_arguments_and_outside_of_a_task)
{
	char *text;

	run_virtual(wrong);
	CHECK_HAS(log_take(), "ValueError(Invalid timeout: NaN (not a number))@0");
	text = CAPTURE_STDERR({
		CHECK_ERROR(coil_wait_for(coil_coro(never, NULL), 1), COIL_RUNTIME);
	});
	CHECK_HAS(text, "wait_for outside of a task");
}

static coil_result scarce(void *unused)
{
	coil_result r = coil_wait_for(coil_coro(swallow, NULL), 1);

	if (!r.error)
		r = coil_wait_for(coil_coro(never, NULL), 0);
	CHECK(r.error == COIL_MEMORY || r.error == COIL_TIMEOUT || r.error == COIL_OS);
	return r;
}

static void run_scarce(void *unused)
{
	coil_result r = coil_run(coil_coro(scarce, NULL));

	CHECK(r.error == COIL_TIMEOUT || r.error == COIL_MEMORY || r.error == COIL_OS);
}

TEST(memory_fails_in_wait_for, .seconds = 60)
{
	CHECK(faults_every(FAULT_MEMORY, run_scarce, NULL) > 0);
}
