/* SPDX-License-Identifier: MIT
 *
 * Cancellation: what is asked for, when it arrives, and what may come of it.
 */
#include "journal.h"

/* ---- bodies -------------------------------------------------------------------- */

static coil_future *gate; /* what the bodies wait for; of main */

static coil_result wait_at_gate(void *word)
{
	coil_result r;

	note_at(word);
	r = coil_await(coil_retain(gate));
	note_at(r.error ? coil_error_name(r.error) : "passed");
	return r;
}

static coil_result swallow(void *unused)
{
	coil_result r = coil_await(coil_retain(gate));

	note_at(r.error == COIL_CANCELLED ? "swallowed" : "?");
	return coil_number(1);
}

static const char *state(coil_future *f)
{
	return !coil_future_done(f) ? "pending" : coil_future_cancelled(f) ? "cancelled"
									  : "finished";
}

/* Runs MAIN, counting iterations, with a gate. */
static coil_function main_with_gate;

static coil_result open_gate_and_run(void *unused)
{
	coil_result r;

	gate = coil_create_future();
	r = coil_await(coil_coro(main_with_gate, NULL));
	coil_release(gate);
	return r;
}

static int run_with_gate(coil_function function)
{
	main_with_gate = function;
	return run_ticking(open_gate_and_run);
}

/* ---- before the first step ------------------------------------------------------- */

static coil_result C01(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(wait_at_gate, "never"));

	CHECK(coil_task_cancel(t));
	note("%s %u", state(t), coil_task_cancelling(t));
	coil_sleep(0);
	note("%s", state(t));
	CHECK(!coil_task_cancel(t)); /* C04 */
	coil_release(t);
	return coil_ok(NULL);
}

TEST(C01_cancelled_before_its_first_step_the_body_never_runs)
{
	run_with_gate(C01);
	CHECK_LOG("pending 1 cancelled");
}

/* ---- on a future ------------------------------------------------------------------- */

static coil_result C02(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(wait_at_gate, "w"));

	coil_sleep(0);
	note_at("cancel");
	CHECK(coil_task_cancel(t));
	CHECK(coil_future_cancelled(gate));
	CHECK(!coil_future_done(t));
	CHECK_ERROR(coil_await(coil_retain(t)), COIL_CANCELLED);
	note_at("main");
	CHECK(coil_future_cancelled(t));
	CHECK(!coil_task_cancel(t));
	CHECK_INT(coil_task_cancelling(t), 1);
	coil_release(t);
	return coil_ok(NULL);
}

TEST(C02_C03_C04_a_task_on_a_pending_future)
{
	run_with_gate(C02);
	CHECK_LOG("w@2 cancel@2 CancelledError@3 main@4");
}

static coil_result C06(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(wait_at_gate, "w"));

	coil_sleep(0);
	CHECK(coil_task_cancel(t));
	CHECK(coil_task_cancel(t));
	CHECK_INT(coil_task_cancelling(t), 2); /* C05 */
	CHECK_ERROR(coil_await(t), COIL_CANCELLED);
	note_at("main");
	return coil_ok(NULL);
}

TEST(C05_C06_two_cancels_in_one_instant_are_delivered_once)
{
	run_with_gate(C06);
	CHECK_LOG("w@2 CancelledError@3 main@4");
}

static coil_result cancelled_twice(void *unused)
{
	coil_result r = coil_await(coil_retain(gate));

	note_at(coil_error_name(r.error));
	r = coil_sleep(0);
	note_at(coil_error_name(r.error));
	return coil_number(2);
}

static coil_result C06_swallowed(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(cancelled_twice, NULL));

	coil_sleep(0);
	coil_task_cancel(t);
	coil_task_cancel(t);
	CHECK_INT(coil_await(t).number, 2);
	return coil_ok(NULL);
}

TEST(C06_the_second_is_not_delivered_later)
{
	run_with_gate(C06_swallowed);
	CHECK_LOG("CancelledError@3 OK@4");
}

/* ---- what the task makes of it -------------------------------------------------------- */

static coil_result C07(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(swallow, NULL));

	coil_sleep(0);
	coil_task_cancel(t);
	CHECK_INT(coil_await(coil_retain(t)).number, 1);
	note("%s %u", state(t), coil_task_cancelling(t));
	coil_release(t);
	return coil_ok(NULL);
}

TEST(C07_a_task_may_swallow_it_and_is_finished)
{
	run_with_gate(C07);
	CHECK_LOG("swallowed@3 finished 1");
}

static coil_result raise_instead(void *unused)
{
	coil_await(coil_retain(gate));
	return coil_raise(COIL_VALUE, "instead");
}

static coil_result C08(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(raise_instead, NULL));
	coil_result r;

	coil_sleep(0);
	coil_task_cancel(t);
	r = coil_await(coil_retain(t));
	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), "instead");
	note("%s", state(t));
	coil_release(t);
	return coil_ok(NULL);
}

TEST(C08_a_task_may_raise_something_else)
{
	run_with_gate(C08);
	CHECK_LOG("finished");
}

static coil_result clean_up(void *unused)
{
	coil_result r = coil_await(coil_retain(gate));

	note_at("cleaning");
	CHECK_ERROR(coil_sleep(0), COIL_OK);
	CHECK_ERROR(coil_sleep(0), COIL_OK);
	note_at("cleaned");
	return r;
}

static coil_result C09(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(clean_up, NULL));

	coil_sleep(0);
	coil_task_cancel(t);
	CHECK_ERROR(coil_await(coil_retain(t)), COIL_CANCELLED);
	note_at(state(t));
	coil_release(t);
	return coil_ok(NULL);
}

TEST(C09_cleaning_up_may_suspend)
{
	run_with_gate(C09);
	CHECK_LOG("cleaning@3 cleaned@5 cancelled@6");
}

static coil_result stubborn(void *unused)
{
	for (int i = 0; i < 3; i++) {
		coil_result r = coil_sleep(10);

		note("%s%u", coil_error_name(r.error),
		     coil_task_cancelling(coil_current_task()));
	}
	return coil_number(8);
}

static coil_result C10(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(stubborn, NULL));

	for (int i = 0; i < 3; i++) {
		coil_sleep(1);
		CHECK(coil_task_cancel(t));
	}
	CHECK_INT(coil_await(coil_retain(t)).number, 8);
	note("%s %u %g", state(t), coil_task_cancelling(t), coil_time());
	coil_release(t);
	return coil_ok(NULL);
}

TEST(C10_after_a_swallowed_one_the_next_is_delivered)
{
	run_virtual(C10);
	CHECK_LOG("CancelledError1 CancelledError2 CancelledError3 finished 3 3");
}

/* ---- races with what is awaited ---------------------------------------------------------- */

static coil_result C11(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(wait_at_gate, "w"));

	coil_sleep(0);
	coil_future_set_result(gate, coil_number(1));
	CHECK(coil_task_cancel(t));
	CHECK(!coil_future_cancelled(gate));
	CHECK_ERROR(coil_await(coil_retain(t)), COIL_CANCELLED);
	note_at(state(t));
	CHECK_INT(coil_future_result(gate).number, 1);
	coil_release(t);
	return coil_ok(NULL);
}

TEST(C11_a_result_that_has_not_been_received_is_lost)
{
	run_with_gate(C11);
	CHECK_LOG("w@2 CancelledError@3 cancelled@4");
}

static coil_result C12(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(wait_at_gate, "w"));

	coil_sleep(0);
	coil_future_set_exception(gate, COIL_VALUE, "lost");
	CHECK(coil_task_cancel(t));
	CHECK_ERROR(coil_await(t), COIL_CANCELLED);
	CHECK_ERROR(coil_future_result(gate), COIL_VALUE);
	return coil_ok(NULL);
}

TEST(C12_and_so_is_an_exception)
{
	run_with_gate(C12);
	CHECK_LOG("w@2 CancelledError@3");
}

static coil_result return_3(void *unused)
{
	coil_sleep(0);
	return coil_number(3);
}

static coil_task *awaited;

static coil_result await_task(void *unused)
{
	coil_result r = coil_await(coil_retain(awaited));

	note_at(coil_error_name(r.error));
	return r;
}

static coil_result C13(void *unused)
{
	coil_task *t;

	awaited = coil_create_task(coil_coro(return_3, NULL));
	t = coil_create_task(coil_coro(await_task, NULL));
	coil_sleep(0); /* both have begun */
	coil_sleep(0); /* awaited has ended, t has not resumed */
	CHECK(coil_future_done(awaited));
	CHECK(coil_task_cancel(t));
	CHECK_ERROR(coil_await(t), COIL_CANCELLED);
	CHECK_INT(coil_future_result(awaited).number, 3);
	coil_release(awaited);
	return coil_ok(NULL);
}

TEST(C13_the_same_with_an_awaited_task)
{
	run_ticking(C13);
	CHECK_LOG("CancelledError@4");
}

/* ---- chains --------------------------------------------------------------------------- */

static coil_task *chain[3];

static coil_result link_of_chain(void *n)
{
	intptr_t i = (intptr_t)n;
	coil_result r;
	static char *const words[] = { "top", "middle", "leaf" };

	if (i == 2) {
		r = coil_await(coil_retain(gate));
	} else {
		chain[i + 1] = coil_create_task(coil_coro(link_of_chain, (void *)(i + 1)));
		r = coil_await(coil_retain(chain[i + 1]));
	}
	note_at(words[i]);
	return r;
}

static coil_result C14_C15_C16(void *unused)
{
	coil_result r;

	chain[0] = coil_create_task(coil_coro(link_of_chain, (void *)0));
	coil_sleep(0);
	coil_sleep(0);
	coil_sleep(0);
	note_at("cancel");
	CHECK(coil_task_cancel(chain[0], "down"));
	CHECK(coil_future_cancelled(gate)); /* C14: at once */
	for (int i = 0; i < 3; i++)
		CHECK_INT(coil_task_cancelling(chain[i]), 1);
	r = coil_await(coil_retain(chain[0]));
	CHECK_ERROR(r, COIL_CANCELLED);
	CHECK_STR(coil_error_message(r), "down"); /* C28 */
	note_at("main");
	for (int i = 0; i < 3; i++) {
		CHECK(coil_future_cancelled(chain[i]));
		coil_release(chain[i]);
	}
	return coil_ok(NULL);
}

TEST(C14_C15_C16_C28_a_chain_of_awaits)
{
	run_with_gate(C14_C15_C16);
	CHECK_LOG("cancel@4 leaf@5 middle@6 top@7 main@8");
}

/* ---- of oneself ------------------------------------------------------------------------ */

static coil_result cancel_self_and_return(void *unused)
{
	CHECK(coil_task_cancel(coil_current_task()));
	return coil_number(1);
}

static coil_result cancel_self_and_raise(void *unused)
{
	coil_task_cancel(coil_current_task());
	return coil_raise(COIL_VALUE, "x");
}

static coil_result C17_C18(void *unused)
{
	coil_task *a = coil_create_task(coil_coro(cancel_self_and_return, NULL));
	coil_task *b = coil_create_task(coil_coro(cancel_self_and_raise, NULL));

	CHECK_ERROR(coil_await(coil_retain(a)), COIL_CANCELLED);
	CHECK_ERROR(coil_await(coil_retain(b)), COIL_VALUE);
	note("%s %s", state(a), state(b));
	coil_release(a);
	coil_release(b);
	return coil_ok(NULL);
}

TEST(C17_C18_a_task_that_cancels_itself_and_ends)
{
	run_ticking(C17_C18);
	CHECK_LOG("cancelled finished");
}

static coil_result cancel_self_and_suspend(void *unused)
{
	coil_result r;

	coil_task_cancel(coil_current_task());
	CHECK_INT(coil_task_cancelling(coil_current_task()), 1);
	note_at("goes on");
	r = coil_await(coil_retain(gate));
	note_at(coil_error_name(r.error));
	return r;
}

static coil_result C19(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(cancel_self_and_suspend, NULL));

	CHECK_ERROR(coil_await(t), COIL_CANCELLED);
	note_at("main");
	CHECK(coil_future_cancelled(gate));
	return coil_ok(NULL);
}

TEST(C19_a_task_that_cancels_itself_gets_it_at_its_next_suspension)
{
	run_with_gate(C19);
	CHECK_LOG("goes on@2 CancelledError@3 main@4");
}

static coil_result inline_5(void *unused)
{
	return coil_number(5);
}

static coil_result cancel_self_and_await_done(void *unused)
{
	coil_task *done = coil_create_task(coil_coro(inline_5, NULL));

	coil_sleep(0);
	coil_sleep(0);
	coil_task_cancel(coil_current_task());
	CHECK_INT(coil_await(done).number, 5);
	CHECK_INT(coil_await(coil_coro(inline_5, NULL)).number, 5);
	note_at("not yet");
	CHECK_ERROR(coil_sleep(0), COIL_CANCELLED); /* C21 */
	note_at("now");
	CHECK_ERROR(coil_sleep(0), COIL_OK);
	note_at("went on");
	return coil_number(9);
}

static coil_result C20_C21(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(cancel_self_and_await_done, NULL));

	CHECK_INT(coil_await(t).number, 9);
	return coil_ok(NULL);
}

TEST(C20_C21_awaiting_done_things_does_not_trigger_it_but_sleep_0_does)
{
	run_ticking(C20_C21);
	CHECK_LOG("not yet@4 now@5 went on@6");
}

/* ---- uncancel ---------------------------------------------------------------------------- */

static coil_result C22(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(wait_at_gate, "w"));

	coil_sleep(0);
	CHECK_INT(coil_task_uncancel(t), 0);
	coil_task_cancel(t);
	coil_task_cancel(t);
	CHECK_INT(coil_task_uncancel(t), 1);
	CHECK_INT(coil_task_uncancel(t), 0);
	CHECK_INT(coil_task_uncancel(t), 0);
	CHECK_INT(coil_task_cancelling(t), 0);
	CHECK_ERROR(coil_await(t), COIL_CANCELLED); /* C24: it had reached the gate */
	return coil_ok(NULL);
}

TEST(C22_C24_uncancel_counts_down_and_cannot_call_back_what_was_delivered)
{
	run_with_gate(C22);
	CHECK_LOG("w@2 CancelledError@3");
}

static coil_result cancel_and_uncancel_self(void *unused)
{
	coil_task_cancel(coil_current_task());
	coil_task_uncancel(coil_current_task());
	CHECK_ERROR(coil_sleep(0), COIL_OK);
	note_at("not cancelled");
	return coil_ok(NULL);
}

static coil_result C23(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(return_3, NULL));

	coil_task_cancel(t);
	CHECK_INT(coil_task_uncancel(t), 0);
	CHECK_INT(coil_await(t).number, 3);
	return coil_await(coil_create_task(coil_coro(cancel_and_uncancel_self, NULL)));
}

TEST(C23_uncancel_to_zero_withdraws_what_was_not_delivered)
{
	CHECK_INT(run_ticking(C23), COIL_OK);
	CHECK_LOG("not cancelled@6");
}

static coil_result C25(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(wait_at_gate, "w"));

	coil_sleep(0);
	CHECK(coil_future_cancel(gate));
	CHECK_ERROR(coil_await(coil_retain(t)), COIL_CANCELLED);
	note("%s %u", state(t), coil_task_cancelling(t));
	coil_release(t);
	return coil_ok(NULL);
}

TEST(C25_cancelling_the_awaited_future_is_not_a_request_to_the_task)
{
	run_with_gate(C25);
	CHECK_LOG("w@2 CancelledError@3 cancelled 0");
}

/* ---- messages ------------------------------------------------------------------------------ */

static coil_result C26_C27(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(wait_at_gate, "w"));

	coil_sleep(0);
	coil_task_cancel(t, "first %d", 1);
	coil_task_cancel(t, "second");
	CHECK_STR(coil_error_message(coil_await(coil_retain(t))), "first 1");
	CHECK_STR(coil_error_message(coil_future_result(t)), "");
	CHECK_STR(coil_error_message(coil_future_result(t)), "");
	coil_release(t);
	return coil_ok(NULL);
}

TEST(C26_C27_the_first_message_goes_to_the_first_who_asks)
{
	run_with_gate(C26_C27);
	CHECK_LOG("w@2 CancelledError@3");
}

static coil_result C27_result(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(wait_at_gate, "w"));

	coil_task_cancel(t, "early");
	coil_sleep(0);
	CHECK_STR(coil_error_message(coil_future_result(t)), "early");
	CHECK_STR(coil_error_message(coil_future_result(t)), "");
	coil_release(t);
	return coil_ok(NULL);
}

TEST(C27_also_by_result)
{
	run_with_gate(C27_result);
	CHECK_LOG("");
}

static coil_result tell_message(void *unused)
{
	coil_result r = coil_await(coil_retain(gate));

	note("%s", coil_error_message(r));
	return r;
}

static coil_result C26_inside(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(tell_message, NULL));

	coil_sleep(0);
	coil_task_cancel(t, "enough");
	coil_await(t);
	return coil_ok(NULL);
}

TEST(C26_the_task_itself_sees_the_message)
{
	run_with_gate(C26_inside);
	CHECK_LOG("enough");
}

static coil_result report(coil_loop *loop, const coil_exception_context *context, void *arg)
{
	note("[%s]", context->message);
	return coil_ok(NULL);
}

static coil_result fail(void *unused)
{
	return coil_raise(COIL_VALUE, "x");
}

static coil_result C29(void *unused)
{
	coil_task *t;

	coil_loop_set_exception_handler(coil_get_running_loop(), report, NULL);
	t = coil_create_task(coil_coro(fail, NULL));
	coil_sleep(0);
	CHECK(!coil_task_cancel(t));
	coil_release(t);
	note("end");
	return coil_ok(NULL);
}

TEST(C29_cancel_of_a_failed_task_marks_its_error_as_retrieved)
{
	run_ticking(C29);
	CHECK_LOG("end");
}

static coil_result C30(void *unused)
{
	coil_task *a = coil_create_task(coil_coro(wait_at_gate, "a"));
	coil_task *b = coil_create_task(coil_coro(wait_at_gate, "b"));
	coil_task *c = coil_create_task(coil_coro(wait_at_gate, "c"));

	coil_sleep(0);
	coil_future_set_result(gate, coil_ok(NULL));
	coil_loop_call_soon(coil_get_running_loop(), say_at, "after");
	CHECK(coil_task_cancel(b));
	coil_sleep(0);
	CHECK(coil_future_cancelled(b));
	CHECK(!coil_future_cancelled(a));
	coil_release(a);
	coil_release(b);
	coil_release(c);
	return coil_ok(NULL);
}

TEST(C30_a_woken_task_that_is_cancelled_keeps_its_place)
{
	run_with_gate(C30);
	CHECK_LOG("a@2 b@2 c@2 passed@3 CancelledError@3 passed@3 after@3");
}

/* Through a coroutine that is awaited inline. */
static coil_result inline_wait(void *unused)
{
	coil_result r = coil_await(coil_retain(gate));

	note("inner %s", coil_error_name(r.error));
	return r;
}

static coil_result middle_wait(void *unused)
{
	coil_result r = coil_await(coil_coro(inline_wait, NULL));

	note("outer %s", coil_error_name(r.error));
	return r;
}

static coil_result inline_chain(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(middle_wait, NULL));

	coil_sleep(0);
	coil_task_cancel(t);
	CHECK_ERROR(coil_await(t), COIL_CANCELLED);
	note_at("main");
	return coil_ok(NULL);
}

TEST(a_cancellation_unwinds_inline_coroutines_at_once)
{
	run_with_gate(inline_chain);
	CHECK_LOG("inner CancelledError outer CancelledError main@4");
}

/* Two tasks that await each other: a cycle that cancel must not follow for ever. */
static coil_task *ring[2];

static coil_result await_other(void *n)
{
	return coil_await(coil_retain(ring[1 - (intptr_t)n]));
}

static coil_result cancel_a_ring(void *unused)
{
	ring[0] = coil_create_task(coil_coro(await_other, (void *)0));
	ring[1] = coil_create_task(coil_coro(await_other, (void *)1));
	coil_sleep(0);
	coil_task_cancel(ring[0]);
	coil_sleep(0);
	coil_sleep(0);
	coil_sleep(0);
	note("survived");
	coil_release(ring[0]);
	coil_release(ring[1]);
	return coil_ok(NULL);
}

TEST(cancel_of_a_ring_of_tasks_ends)
{
	coil_loop *loop = virtual_loop();

	capture_begin(2); /* the two are destroyed pending, if they are */
	coil_loop_run_until_complete(loop, coil_coro(cancel_a_ring, NULL));
	coil_loop_close(loop);
	capture_end();
	CHECK_LOG("survived");
}

/* A chain that is longer than a C stack would bear recursion for. */
#define LONG_CHAIN MANY(20000)
static coil_task *long_chain[LONG_CHAIN + 1];

static coil_result long_link(void *n)
{
	intptr_t i = (intptr_t)n;

	if (i == LONG_CHAIN)
		return coil_await(coil_retain(gate));
	return coil_await(coil_retain(long_chain[i + 1]));
}

static coil_result cancel_long_chain(void *unused)
{
	int cancelled = 0;

	gate = coil_create_future();
	for (intptr_t i = LONG_CHAIN; i >= 0; i--)
		long_chain[i] = coil_create_task(coil_coro(long_link, (void *)i));
	coil_sleep(0);
	CHECK(coil_task_cancel(long_chain[0]));
	CHECK(coil_future_cancelled(gate));
	CHECK_ERROR(coil_await(coil_retain(long_chain[0])), COIL_CANCELLED);
	for (int i = 0; i <= LONG_CHAIN; i++) {
		cancelled += coil_future_cancelled(long_chain[i]);
		coil_release(long_chain[i]);
	}
	CHECK_INT(cancelled, LONG_CHAIN + 1);
	coil_release(gate);
	return coil_ok(NULL);
}

TEST(cancel_reaches_through_a_chain_of_twenty_thousand, .seconds = 60)
{
	CHECK_INT(run_virtual(cancel_long_chain), COIL_OK);
}
