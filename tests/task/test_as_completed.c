/* SPDX-License-Identifier: MIT
 *
 * as_completed: one item for each, in the order in which they are done.
 */
#include "journal.h"
#include "faults.h"

static coil_result nap(void *seconds)
{
	coil_result r = coil_sleep((double)(intptr_t)seconds);

	return r.error ? r : coil_number((intptr_t)seconds);
}

static coil_result fail(void *seconds)
{
	coil_result r = coil_sleep((double)(intptr_t)seconds);

	return r.error ? r : coil_raise(COIL_VALUE, "%d", (int)(intptr_t)seconds);
}

#define NAP(n) coil_coro(nap, (void *)(n))

static void note_result(coil_result r)
{
	if (r.error)
		note("%s(%s)@%g", coil_error_name(r.error), coil_error_message(r), coil_time());
	else
		note("%d@%g", (int)r.number, coil_time());
}

static void note_all(coil_as_completed *all)
{
	coil_result r;

	while (coil_as_completed_next(all, &r))
		note_result(r);
	note("%s", r.error ? coil_error_name(r.error) : "end");
}

static coil_result W13(void *unused)
{
	coil_awaitable *a[] = { NAP(3), coil_coro(fail, (void *)2), NAP(1) };
	coil_as_completed *all = coil_as_completed_new(a, 3, COIL_NO_TIMEOUT);

	note_all(all);
	note_all(all);
	coil_release(all);
	all = coil_as_completed_new(a, 0, 1);
	note_all(all);
	coil_release(all);
	return coil_ok(NULL);
}

TEST(W13_W14_in_order_of_completion_and_an_error_at_its_turn)
{
	run_virtual(W13);
	CHECK_LOG("1@1 ValueError(2)@2 3@3 end end end");
}

static coil_result W15(void *unused)
{
	coil_task *slow = coil_create_task(NAP(5));
	coil_awaitable *a[] = { coil_retain(slow), NAP(1), NAP(4) };
	coil_as_completed *all = coil_as_completed_new(a, 3, 2);

	note_all(all);
	CHECK(!coil_as_completed_future(all));
	coil_release(all);
	note_result(coil_await(slow));
	return coil_ok(NULL);
}

TEST(W15_a_timeout_gives_an_error_for_each_and_the_futures_go_on)
{
	run_virtual(W15);
	CHECK_LOG("1@1 TimeoutError()@2 TimeoutError()@2 end 5@5");
}

static coil_future *future;

static coil_result set(void *unused)
{
	note_at("set");
	coil_future_set_result(future, coil_number(5));
	return coil_ok(NULL);
}

static coil_result W16(void *unused)
{
	coil_future *done = coil_create_future();
	coil_awaitable *a[2] = { done };
	coil_as_completed *all;
	coil_result r;

	coil_future_set_result(done, coil_number(1));
	future = a[1] = coil_retain(coil_create_future());
	all = coil_as_completed_new(a, 2, COIL_NO_TIMEOUT);
	coil_as_completed_next(all, &r);
	note_result(r);
	note_at("woken");
	coil_loop_call_soon(coil_get_running_loop(), set, NULL);
	coil_as_completed_next(all, &r);
	note_result(r);
	note_at("woken");
	CHECK(coil_as_completed_future(all) == future);
	coil_release(future);
	coil_release(all);
	return coil_ok(NULL);
}

TEST(W16_resumes_at_plus_2_also_if_done_already)
{
	run_ticking(W16);
	CHECK_LOG("1@0 woken@3 set@4 5@0 woken@6");
}

static coil_result W17(void *unused)
{
	coil_task *t = coil_create_task(NAP(1));
	coil_awaitable *a[] = { coil_retain(t), coil_retain(t), t };
	coil_as_completed *all = coil_as_completed_new(a, 3, COIL_NO_TIMEOUT);

	note_all(all);
	coil_release(all);
	return coil_ok(NULL);
}

TEST(W17_duplicates_give_one_item)
{
	run_virtual(W17);
	CHECK_LOG("1@1 end");
}

/* ---- several takers, cancelled takers ------------------------------------------------ */

static coil_result take_one(void *all)
{
	coil_result r;

	CHECK(coil_as_completed_next(all, &r));
	note_result(r);
	return r;
}

static coil_result takers(void *unused)
{
	coil_awaitable *a[] = { NAP(1), NAP(2), NAP(3) };
	coil_as_completed *all = coil_as_completed_new(a, 3, COIL_NO_TIMEOUT);
	coil_task *t = coil_create_task(coil_coro(take_one, all)),
		  *u = coil_create_task(coil_coro(take_one, all));

	coil_sleep(0);
	coil_future_cancel(t, "t");
	coil_await(t);
	coil_await(u);
	note_all(all); /* the item of the cancelled one was asked for */
	coil_release(all);
	return coil_ok(NULL);
}

TEST(a_taker_that_is_cancelled)
{
	run_virtual(takers);
	CHECK_LOG("CancelledError(t)@0 1@1 2@2 end");
}

static coil_result released(void *unused)
{
	coil_awaitable *a[] = { NAP(1), NAP(9) };
	coil_as_completed *all = coil_as_completed_new(a, 2, 3);
	coil_task *t = coil_create_task(coil_coro(take_one, all));

	coil_sleep(0);
	coil_release(all); /* while another waits for it */
	coil_await(t);
	coil_sleep(20);
	CAPTURE_STDERR({ note_all(all); });
	return coil_ok(NULL);
}

TEST(released_early)
{
	run_virtual(released);
	CHECK_LOG("1@1 InvalidHandleError");
}

static coil_result hang(void *unused)
{
	coil_awaitable *a[] = { NAP(100), coil_create_future() };
	coil_as_completed *all = coil_as_completed_new(a, 2, 1000);

	note_all(all);
	return coil_ok(NULL);
}

TEST(a_loop_is_closed_in_the_middle_of_it)
{
	coil_loop *loop = virtual_loop();
	char *text;

	coil_release(coil_loop_create_task(loop, coil_coro(hang, NULL)));
	run_iterations(loop, 3);
	text = CAPTURE_STDERR({ coil_loop_close(loop); });
	CHECK_HAS(text, "Task was destroyed but it is pending!");
}

static coil_result wrong(void *unused)
{
	coil_awaitable *a[] = { NAP(1), NULL };

	CAPTURE_STDERR({ CHECK(!coil_as_completed_new(a, 1, (double)NAN)); });
	CHECK_LAST_ERROR(COIL_VALUE, "Invalid timeout: NaN (not a number)");
	a[0] = NAP(1);
	CAPTURE_STDERR({ CHECK(!coil_as_completed_new(a, 2, 1)); });
	note_all(NULL);
	return coil_ok(NULL);
}

TEST(wrong_arguments)
{
	coil_awaitable *a[] = { NAP(1) };

	CAPTURE_STDERR({ CHECK(!coil_as_completed_new(a, 1, 1)); });
	CHECK_LAST_ERROR(COIL_RUNTIME, "no running event loop");
	run_virtual(wrong);
	CHECK_LOG("ValueError");
}

static coil_result scarce(void *unused)
{
	coil_awaitable *a[] = { NAP(1), NAP(2), NAP(3) };
	coil_as_completed *all = coil_as_completed_new(a, 3, 10);
	coil_result r = coil_ok(NULL), failed = coil_ok(NULL);

	if (!all)
		return coil_raise(COIL_MEMORY, "not made");
	while (coil_as_completed_next(all, &r))
		if (r.error)
			failed = r;
	coil_release(all);
	return failed;
}

static void run_scarce(void *unused)
{
	coil_result r = coil_run(coil_coro(scarce, NULL));

	CHECK(!r.error || r.error == COIL_MEMORY || r.error == COIL_OS);
}

TEST(memory_fails_in_as_completed, .seconds = 60)
{
	CHECK(faults_every(FAULT_MEMORY, run_scarce, NULL) > 0);
}
