/* SPDX-License-Identifier: MIT
 *
 * gather: results in the order of the arguments, and whom an error stops.
 */
#include "journal.h"

static coil_result number(void *n)
{
	return coil_number((intptr_t)n);
}

static coil_result say_number(void *n)
{
	note_at(n);
	return coil_number(*(char *)n);
}

static coil_result sleep_number(void *n)
{
	coil_result r = coil_sleep((double)(intptr_t)n);

	if (r.error) {
		note("%s%d", coil_error_name(r.error), (int)(intptr_t)n);
		return r;
	}
	note("%d", (int)(intptr_t)n);
	return coil_number((intptr_t)n);
}

static coil_result fail_after_1(void *unused)
{
	coil_result r = coil_sleep(1);

	return r.error ? r : coil_raise(COIL_VALUE, "g");
}

static coil_result fail_now(void *message)
{
	return coil_raise(COIL_KEY, "%s", (char *)message);
}

/* "[1,ValueError,2]" */
static void note_list(coil_result r)
{
	const coil_list *list = r.value;
	char said[512] = "[";
	size_t n = 1;

	if (r.error) {
		note("%s", coil_error_name(r.error));
		return;
	}
	for (size_t i = 0; i < list->count && n < sizeof(said) - 40; i++) {
		const coil_result *item = &list->items[i];

		n += (size_t)snprintf(said + n, 40, "%s", i ? "," : "");
		n += (size_t)(item->error ?
			snprintf(said + n, 40, "%s", coil_error_name(item->error)) :
			snprintf(said + n, 40, "%d", (int)item->number));
	}
	note("%s]", said);
}

static const char *state(coil_future *f)
{
	return !coil_future_done(f) ? "pending" : coil_future_cancelled(f) ? "cancelled"
									  : "finished";
}

static coil_result report(coil_loop *loop, const coil_exception_context *context, void *arg)
{
	note("[%s]", context->message);
	return coil_ok(NULL);
}

static void report_here(void)
{
	coil_loop_set_exception_handler(coil_get_running_loop(), report, NULL);
}

#define SLEEPER(n) coil_coro(sleep_number, (void *)(n))

/* ---- results ---------------------------------------------------------------------- */

static coil_result G01(void *unused)
{
	coil_future *g = coil_gather();

	CHECK(coil_future_done(g));
	note_list(coil_await(g));
	note_list(coil_await(coil_gather_return_exceptions()));
	note_at("main");
	return coil_ok(NULL);
}

TEST(G01_no_arguments_a_done_future_with_an_empty_list)
{
	run_ticking(G01);
	CHECK_LOG("[] [] main@1");
}

static coil_result G02(void *unused)
{
	note_list(coil_await(coil_gather(SLEEPER(3), SLEEPER(1), SLEEPER(2))));
	note("%g", coil_time());
	return coil_ok(NULL);
}

TEST(G02_results_are_in_the_order_of_the_arguments)
{
	run_virtual(G02);
	CHECK_LOG("1 2 3 [3,1,2] 3");
}

static coil_result G03(void *unused)
{
	coil_task *t = coil_create_task(SLEEPER(1));

	note_list(coil_await(coil_gather(coil_retain(t), coil_retain(t), SLEEPER(2),
					 coil_retain(t))));
	note_list(coil_await(coil_gather_return_exceptions(coil_retain(t), t)));
	return coil_ok(NULL);
}

TEST(G03_the_same_future_in_several_places)
{
	run_virtual(G03);
	CHECK_LOG("1 2 [1,1,2,1] [1,1]");
}

static coil_result G04(void *unused)
{
	coil_future *g = coil_gather(coil_coro(say_number, "A"), coil_coro(say_number, "B"),
				     coil_coro(say_number, "C"));

	note_at("made");
	note_list(coil_await(g));
	note_at("main");
	return coil_ok(NULL);
}

TEST(G04_G05_coroutines_become_tasks_in_order_and_the_awaiter_resumes_at_plus_2)
{
	run_ticking(G04);
	CHECK_LOG("made@1 A@2 B@2 C@2 [65,66,67] main@4");
}

static coil_result G06(void *unused)
{
	coil_task *a = coil_create_task(coil_coro(number, (void *)1));
	coil_future *f = coil_create_future();

	coil_future_set_result(f, coil_number(2));
	coil_sleep(0);
	note_list(coil_await(coil_gather(a, f)));
	note_at("main");
	return coil_ok(NULL);
}

TEST(G06_all_done_the_await_does_not_suspend)
{
	run_ticking(G06);
	CHECK_LOG("[1,2] main@2");
}

static coil_result arrays(void *unused)
{
	coil_awaitable *all[100];
	const coil_list *list;
	coil_result r;
	int wrong = 0;

	for (intptr_t i = 0; i < 100; i++)
		all[i] = coil_coro(sleep_number, (void *)(i * 37 % 100));
	r = coil_await(coil_gather_array(0, all, 100));
	log_take();
	list = r.value;
	CHECK_INT(list->count, 100);
	for (intptr_t i = 0; i < 100; i++)
		wrong += list->items[i].number != i * 37 % 100;
	CHECK_INT(wrong, 0);
	note_list(coil_await(coil_gather_array(COIL_RETURN_EXCEPTIONS, NULL, 0)));
	return coil_ok(NULL);
}

TEST(G02_of_an_array)
{
	CHECK_INT(run_virtual(arrays), COIL_OK);
	CHECK_LOG("[]");
}

static coil_result nested(void *unused)
{
	coil_future *inner = coil_gather(coil_coro(say_number, "A"), coil_coro(say_number, "B"));
	coil_result r = coil_await(coil_gather(inner, coil_coro(say_number, "C")));
	const coil_list *list = r.value;

	note_at("main");
	CHECK_INT(list->count, 2);
	note_list(list->items[0]);
	CHECK_INT(list->items[1].number, 'C');
	return coil_ok(NULL);
}

TEST(G05_nested_gathers_take_one_turn_more)
{
	run_ticking(nested);
	CHECK_LOG("A@2 B@2 C@2 main@5 [65,66]");
}

/* ---- errors ------------------------------------------------------------------------ */

static coil_result G07(void *unused)
{
	coil_task *other = coil_create_task(SLEEPER(5));
	coil_result r;

	report_here();
	r = coil_await(coil_gather(coil_retain(other), coil_coro(fail_after_1, NULL), SLEEPER(2)));
	CHECK_STR(coil_error_message(r), "g");
	note("%s %g %s", coil_error_name(r.error), coil_time(), state(other));
	CHECK_INT(coil_await(other).number, 5);
	return coil_ok(NULL);
}

TEST(G07_the_first_error_reaches_the_awaiter_and_the_others_go_on)
{
	run_virtual(G07);
	CHECK_LOG("ValueError 1 pending 2 5");
}

static coil_result G07_when(void *unused)
{
	coil_result r = coil_await(coil_gather(coil_coro(fail_now, "x")));

	note_at(coil_error_name(r.error));
	return coil_ok(NULL);
}

TEST(G07_at_plus_2)
{
	run_ticking(G07_when);
	CHECK_LOG("KeyError@4");
}

static coil_result G08(void *unused)
{
	coil_result r = coil_await(coil_gather_return_exceptions(
		SLEEPER(2), coil_coro(fail_after_1, NULL), coil_coro(fail_now, "k"), SLEEPER(1)));
	const coil_list *list = r.value;

	note_list(r);
	CHECK_STR(coil_error_message(list->items[1]), "g");
	CHECK_STR(coil_error_message(list->items[2]), "k");
	return coil_ok(NULL);
}

TEST(G08_return_exceptions_gives_errors_as_items)
{
	run_virtual(G08);
	CHECK_LOG("1 2 [2,ValueError,KeyError,1]");
}

static coil_result G09(void *unused)
{
	coil_task *t = coil_create_task(SLEEPER(5));
	coil_future *f = coil_create_future();
	coil_result r;
	const coil_list *list;

	coil_future_cancel(f, "plain");
	coil_sleep(0);
	coil_task_cancel(t, "message");
	r = coil_await(coil_gather_return_exceptions(t, SLEEPER(1), f));
	list = r.value;
	note_list(r);
	CHECK_STR(coil_error_message(list->items[0]), ""); /* lost, for a task */
	CHECK_STR(coil_error_message(list->items[2]), "plain");
	return coil_ok(NULL);
}

TEST(G09_a_cancelled_child_is_an_item)
{
	run_virtual(G09);
	CHECK_LOG("CancelledError5 1 [CancelledError,1,CancelledError]");
}

static coil_result G10(void *unused)
{
	coil_task *a = coil_create_task(SLEEPER(5)), *b = coil_create_task(SLEEPER(6));
	coil_future *g = coil_gather(coil_retain(a), coil_retain(b));
	coil_result r, e;

	coil_sleep(1);
	coil_task_cancel(a, "seven");
	r = coil_await(coil_retain(g));
	CHECK_STR(coil_error_message(r), "seven");
	note("%s %s %s", coil_error_name(r.error), state(b), state(g)); /* G11 */
	CHECK_ERROR(coil_future_exception(g, &e), COIL_OK);
	CHECK_ERROR(e, COIL_CANCELLED);
	CHECK_INT(coil_await(b).number, 6);
	coil_release(a);
	coil_release(g);
	return coil_ok(NULL);
}

TEST(G10_G11_a_cancelled_child_cancels_no_other_and_the_gather_is_finished)
{
	run_virtual(G10);
	CHECK_LOG("CancelledError5 CancelledError pending finished 6");
}

/* ---- cancelling it ------------------------------------------------------------------ */

static coil_result G12(void *unused)
{
	coil_future *g = coil_gather(SLEEPER(5), SLEEPER(6), SLEEPER(7));
	coil_result r, e;

	coil_sleep(1);
	CHECK(coil_future_cancel(g, "why"));
	CHECK(!coil_future_done(g));
	r = coil_await(coil_retain(g));
	note("%s %s %g", coil_error_name(r.error), state(g), coil_time());
	CHECK_ERROR(coil_future_exception(g, &e), COIL_OK);
	CHECK_ERROR(e, COIL_CANCELLED);
	coil_release(g);
	return coil_ok(NULL);
}

TEST(G12_cancel_of_the_gather_cancels_all_children_in_order)
{
	run_virtual(G12);
	CHECK_LOG("CancelledError5 CancelledError6 CancelledError7 "
		  "CancelledError finished 1");
}

static coil_future *gate;

static coil_result at_gate(void *word)
{
	coil_result r = coil_await(coil_retain(gate));

	note_at(word);
	return r;
}

static coil_result awaits_gather(void *unused)
{
	coil_result r = coil_await(coil_gather(coil_coro(at_gate, "child")));

	note_at("awaiter");
	return r;
}

static coil_result G13(void *unused)
{
	coil_task *t;

	gate = coil_create_future();
	t = coil_create_task(coil_coro(awaits_gather, NULL));
	coil_sleep(0);
	coil_sleep(0);
	note_at("cancel");
	CHECK(coil_task_cancel(t)); /* G15 */
	CHECK_ERROR(coil_await(t), COIL_CANCELLED);
	note_at("main");
	coil_release(gate);
	return coil_ok(NULL);
}

TEST(G13_G15_cancelling_the_awaiter_takes_three_turns)
{
	run_ticking(G13);
	CHECK_LOG("cancel@3 child@4 awaiter@6 main@7");
}

static coil_result swallow(void *unused)
{
	if (coil_sleep(4).error)
		coil_sleep(2);
	note("swallowed");
	return coil_number(9);
}

static coil_result G14(void *unused)
{
	coil_future *g = coil_gather_return_exceptions(SLEEPER(5), coil_coro(swallow, NULL));
	coil_result r;

	coil_sleep(1);
	CHECK(coil_future_cancel(g));
	CHECK(coil_future_cancel(g));
	r = coil_await(coil_retain(g));
	note("%s %s %g", coil_error_name(r.error), state(g), coil_time());
	coil_release(g);
	return coil_ok(NULL);
}

/* Cancelled twice in one instant: the second is merged into the first. */
TEST(G14_with_return_exceptions_a_cancelled_gather_waits_for_all)
{
	run_virtual(G14);
	CHECK_LOG("CancelledError5 swallowed CancelledError finished 3");
}

static coil_result G16(void *unused)
{
	coil_task *slow = coil_create_task(SLEEPER(5));
	coil_future *g = coil_gather(coil_retain(slow), coil_coro(fail_after_1, NULL));

	CHECK_ERROR(coil_await(coil_retain(g)), COIL_VALUE);
	CHECK(!coil_future_cancel(g));
	CHECK(!coil_future_done(slow));
	CHECK_INT(coil_task_cancelling(slow), 0);
	CHECK_INT(coil_await(slow).number, 5);
	coil_release(g);
	return coil_ok(NULL);
}

TEST(G16_cancel_of_a_finished_gather_leaves_its_children_alone)
{
	run_virtual(G16);
	CHECK_LOG("5");
}

static coil_result fail_after_2(void *unused)
{
	coil_sleep(2);
	note("second error");
	return coil_raise(COIL_INDEX, "second");
}

static coil_result G17(void *unused)
{
	report_here();
	CHECK_ERROR(coil_await(coil_gather(coil_coro(fail_after_1, NULL),
					   coil_coro(fail_after_2, NULL))), COIL_VALUE);
	return coil_sleep(5);
}

TEST(G17_an_error_after_the_gather_failed_counts_as_retrieved)
{
	run_virtual(G17);
	CHECK_LOG("second error");
}

static coil_result nobody_asks(void *unused)
{
	coil_future *g;

	report_here();
	g = coil_gather(coil_coro(fail_now, "x"));
	coil_sleep(1);
	note("release");
	coil_release(g);
	note("end");
	return coil_ok(NULL);
}

TEST(the_error_of_a_gather_nobody_asked_is_reported)
{
	run_virtual(nobody_asks);
	CHECK_LOG("release [_GatheringFuture exception was never retrieved] end");
}

static coil_result let_go(void *unused)
{
	report_here();
	coil_release(coil_gather(SLEEPER(1), SLEEPER(2)));
	return coil_sleep(3);
}

TEST(G18_a_gather_that_is_let_go_runs_on_and_reports_nothing)
{
	run_virtual(let_go);
	CHECK_LOG("1 2");
}

/* ---- misuse ---------------------------------------------------------------------------- */

TEST(G19_futures_of_different_loops_are_a_value_error)
{
	coil_loop *a = virtual_loop(), *b = virtual_loop();
	coil_future *f = coil_loop_create_future(a), *g = coil_loop_create_future(b);

	capture_begin(2);
	CHECK(coil_gather(f, g) == NULL);
	CHECK_ERROR(coil_last_error(), COIL_VALUE);
	capture_end();
	coil_loop_close(a);
	coil_loop_close(b);
}

static coil_result await_null(void *unused)
{
	coil_result r;

	capture_begin(2);
	/* The same coroutine twice: the second is a handle that was handed over. */
	coil_coroutine *c = coil_coro(number, (void *)1);
	r = coil_await(coil_gather(c, c));
	capture_end();
	note("%s", coil_error_name(r.error));
	return coil_ok(NULL);
}

TEST(awaiting_a_gather_that_could_not_be_made_gives_its_error)
{
	run_virtual(await_null);
	CHECK_LOG("InvalidHandleError");
}

TEST(coroutines_need_a_running_loop)
{
	char *said;

	capture_begin(2);
	CHECK(coil_gather(coil_coro(number, NULL)) == NULL);
	said = capture_end();
	CHECK_ERROR(coil_last_error(), COIL_RUNTIME);
	CHECK_HAS(said, "coroutine 'number' was never awaited");
}

#define CHILDREN MANY(10000)

static coil_result many(void *unused)
{
	static coil_awaitable *all[CHILDREN];
	coil_result r;
	int wrong = 0;

	for (intptr_t i = 0; i < CHILDREN; i++)
		all[i] = coil_coro(number, (void *)i);
	r = coil_await(coil_gather_array(0, all, CHILDREN));
	for (int i = 0; i < CHILDREN; i++)
		wrong += ((coil_list *)r.value)->items[i].number != i;
	CHECK_INT(wrong, 0);
	return coil_ok(NULL);
}

TEST(a_gather_of_ten_thousand, .seconds = 30)
{
	CHECK_INT(run_virtual(many), COIL_OK);
}

/* A list that is returned goes on to the awaiter. */
static coil_result returns_list(void *unused)
{
	return coil_await(coil_gather(coil_coro(number, (void *)4), coil_coro(number, (void *)5)));
}

static coil_list *kept_list;

static coil_result uses_list(void *unused)
{
	coil_result r = coil_await(coil_coro(returns_list, NULL));

	note_list(r);
	kept_list = coil_retain((coil_list *)r.value);
	note_list(coil_await(coil_create_task(coil_coro(returns_list, NULL))));
	return coil_ok(NULL);
}

TEST(a_list_lives_as_long_as_it_is_passed_on)
{
	CHECK_INT(run_virtual(uses_list), COIL_OK);
	CHECK_LOG("[4,5] [4,5]");
	note_list(coil_ok(kept_list));
	CHECK_LOG("[4,5]");
	coil_release(kept_list);
}
