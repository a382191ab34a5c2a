/* SPDX-License-Identifier: MIT
 *
 * Futures: states, callbacks, and errors that nobody looked at.
 */
#include <coil/context.h>
#include "journal.h"

static coil_loop *loop;

static coil_result tell_future(coil_future *future, void *word)
{
	CHECK(coil_future_done(future));
	note_at(word);
	return coil_ok(NULL);
}

static coil_result report(coil_loop *of, const coil_exception_context *context, void *arg)
{
	note("[%s|%s %s]", context->message, coil_error_name(context->exception.error),
	     coil_error_message(context->exception));
	return coil_ok(NULL);
}

static coil_future *open_loop_and_future(void)
{
	loop = virtual_loop();
	coil_loop_set_exception_handler(loop, report, NULL);
	return coil_loop_create_future(loop);
}

/* ---- states ----------------------------------------------------------------- */

TEST(F01_a_pending_future_has_no_result_and_no_exception)
{
	coil_future *f = open_loop_and_future();
	coil_result r, e = coil_number(99);

	CHECK(!coil_future_done(f));
	CHECK(!coil_future_cancelled(f));
	r = coil_future_result(f);
	CHECK_ERROR(r, COIL_INVALID_STATE);
	CHECK_STR(coil_error_message(r), "Result is not set.");
	r = coil_future_exception(f, &e);
	CHECK_ERROR(r, COIL_INVALID_STATE);
	CHECK_STR(coil_error_message(r), "Exception is not set.");
	CHECK_ERROR(e, COIL_OK);
	CHECK(coil_future_get_loop(f) == loop);
	coil_release(f);
	coil_loop_close(loop);
}

TEST(F02_a_done_future_cannot_be_completed_again)
{
	coil_future *f = open_loop_and_future();
	coil_result e;

	CHECK_ERROR(coil_future_set_result(f, coil_number(7)), COIL_OK);
	CHECK(coil_future_done(f));
	CHECK(!coil_future_cancelled(f));
	CHECK_ERROR(coil_future_set_result(f, coil_number(8)), COIL_INVALID_STATE);
	CHECK_ERROR(coil_future_set_exception(f, COIL_VALUE), COIL_INVALID_STATE);
	CHECK_INT(coil_future_result(f).number, 7);
	CHECK_ERROR(coil_future_exception(f, &e), COIL_OK); /* F06 */
	CHECK_ERROR(e, COIL_OK);
	coil_release(f);
	coil_loop_close(loop);
}

TEST(F03_F05_a_cancelled_future)
{
	coil_future *f = open_loop_and_future();
	coil_result e;

	CHECK(coil_future_cancel(f));
	CHECK(coil_future_done(f));
	CHECK(coil_future_cancelled(f));
	CHECK_ERROR(coil_future_set_result(f, coil_number(8)), COIL_INVALID_STATE);
	CHECK_ERROR(coil_future_set_exception(f, COIL_VALUE), COIL_INVALID_STATE);
	CHECK_ERROR(coil_future_result(f), COIL_CANCELLED);
	CHECK_ERROR(coil_future_exception(f, &e), COIL_CANCELLED);
	CHECK_ERROR(e, COIL_OK);
	CHECK(!coil_future_cancel(f));
	coil_release(f);
	coil_loop_close(loop);
	CHECK_LOG("");
}

TEST(F04_cancel_of_a_done_future_changes_nothing)
{
	coil_future *f = open_loop_and_future();

	coil_future_set_result(f, coil_number(7));
	CHECK(!coil_future_cancel(f, "too late"));
	CHECK(!coil_future_cancelled(f));
	CHECK_INT(coil_future_result(f).number, 7);
	coil_release(f);
	coil_loop_close(loop);
}

TEST(values_of_every_kind)
{
	coil_future *f = open_loop_and_future();
	coil_future *g = coil_loop_create_future(loop);
	coil_future *h = coil_loop_create_future(loop);

	coil_future_set_result(f, coil_ok(loop));
	coil_future_set_result(g, coil_number(INT64_MIN));
	coil_future_set_result(h, coil_real(0.25));
	CHECK(coil_future_result(f).value == loop);
	CHECK(coil_future_result(g).number == INT64_MIN);
	CHECK(coil_future_result(h).real == 0.25);
	coil_release(f);
	coil_release(g);
	coil_release(h);
	coil_loop_close(loop);
}

TEST(a_result_must_be_a_success_and_an_exception_an_error)
{
	coil_future *f = open_loop_and_future();
	coil_result failed = { .error = COIL_VALUE };

	CHECK_ERROR(coil_future_set_result(f, failed), COIL_TYPE);
	CHECK_ERROR(coil_future_set_exception(f, COIL_OK), COIL_TYPE); /* F23 */
	CHECK(!coil_future_done(f));
	coil_release(f);
	coil_loop_close(loop);
}

TEST(an_exception_has_a_code_a_message_and_a_place)
{
	coil_future *f = open_loop_and_future();
	coil_result e, r;
	int line;

	line = __LINE__ + 1;
	CHECK_ERROR(coil_future_set_exception(f, COIL_USER + 5, "x is %d", 3), COIL_OK);
	r = coil_future_result(f);
	CHECK_INT(r.error, COIL_USER + 5);
	CHECK_STR(coil_error_message(r), "x is 3");
	CHECK(coil_error_site(r) != NULL);
	CHECK_INT(coil_error_site(r)->line, line);
	CHECK_ERROR(coil_future_exception(f, &e), COIL_OK);
	CHECK_INT(e.error, COIL_USER + 5);
	CHECK_STR(coil_error_message(e), "x is 3");
	coil_release(f);
	coil_loop_close(loop);
	CHECK_LOG("");
}

/* ---- callbacks -------------------------------------------------------------- */

TEST(F07_callbacks_run_in_order_in_the_next_iteration)
{
	coil_future *f = open_loop_and_future();

	start_ticker(loop);
	coil_future_add_done_callback(f, tell_future, "1");
	coil_future_add_done_callback(f, tell_future, "2");
	coil_future_add_done_callback(f, tell_future, "3");
	coil_future_set_result(f, coil_ok(NULL));
	CHECK_LOG("");
	run_iterations(loop, 2);
	CHECK_LOG("1@1 2@1 3@1");
	coil_release(f);
	coil_loop_close(loop);
}

TEST(F08_the_callbacks_stand_next_to_each_other)
{
	coil_future *f = open_loop_and_future();

	start_ticker(loop);
	coil_future_add_done_callback(f, tell_future, "1");
	coil_future_add_done_callback(f, tell_future, "2");
	coil_loop_call_soon(loop, say_at, "before");
	coil_future_set_result(f, coil_ok(NULL));
	coil_loop_call_soon(loop, say_at, "after");
	run_iterations(loop, 1);
	CHECK_LOG("before@1 1@1 2@1 after@1");
	coil_release(f);
	coil_loop_close(loop);
}

TEST(F09_a_callback_added_twice_runs_twice)
{
	coil_future *f = open_loop_and_future();

	coil_future_add_done_callback(f, tell_future, "x");
	coil_future_add_done_callback(f, tell_future, "y");
	coil_future_add_done_callback(f, tell_future, "x");
	coil_future_set_result(f, coil_ok(NULL));
	run_iterations(loop, 1);
	CHECK_LOG("x@0 y@0 x@0");
	coil_release(f);
	coil_loop_close(loop);
}

static coil_result other_callback(coil_future *future, void *word)
{
	note("other %s", (char *)word);
	return coil_ok(NULL);
}

TEST(F10_remove_takes_all_equal_ones_and_counts)
{
	coil_future *f = open_loop_and_future();
	static char x[] = "x";

	coil_future_add_done_callback(f, tell_future, x);
	coil_future_add_done_callback(f, tell_future, "y");
	coil_future_add_done_callback(f, other_callback, x);
	coil_future_add_done_callback(f, tell_future, x);
	CHECK_INT(coil_future_remove_done_callback(f, tell_future, x), 2);
	CHECK_INT(coil_future_remove_done_callback(f, tell_future, x), 0);
	coil_future_set_result(f, coil_ok(NULL));
	run_iterations(loop, 1);
	CHECK_LOG("y@0 other x");
	coil_release(f);
	coil_loop_close(loop);
}

/* The first, the last, the only, one in the middle, all. */
TEST(F10_remove_at_every_place)
{
	static char words[][2] = { "a", "b", "c" };
	static const char *const left[] = { "b@0 c@0", "a@0 c@0", "a@0 b@0" };

	for (int i = 0; i < 3; i++) {
		coil_future *f = open_loop_and_future();

		for (int j = 0; j < 3; j++)
			coil_future_add_done_callback(f, tell_future, words[j]);
		CHECK_INT(coil_future_remove_done_callback(f, tell_future, words[i]), 1);
		coil_future_set_result(f, coil_ok(NULL));
		run_iterations(loop, 1);
		CHECK_LOG(left[i]);
		coil_release(f);
		coil_loop_close(loop);
	}
}

TEST(F11_remove_after_completion_does_not_stop_what_is_scheduled)
{
	coil_future *f = open_loop_and_future();
	static char x[] = "x";

	coil_future_add_done_callback(f, tell_future, x);
	coil_future_set_result(f, coil_ok(NULL));
	CHECK_INT(coil_future_remove_done_callback(f, tell_future, x), 0);
	run_iterations(loop, 1);
	CHECK_LOG("x@0");
	coil_release(f);
	coil_loop_close(loop);
}

TEST(F12_a_callback_on_a_done_future_is_scheduled_at_once)
{
	coil_future *f = open_loop_and_future();

	start_ticker(loop);
	coil_future_set_result(f, coil_ok(NULL));
	coil_loop_call_soon(loop, say_at, "before");
	coil_future_add_done_callback(f, tell_future, "x");
	coil_loop_call_soon(loop, say_at, "after");
	CHECK_LOG("");
	run_iterations(loop, 1);
	CHECK_LOG("before@1 x@1 after@1");
	coil_release(f);
	coil_loop_close(loop);
}

static coil_result add_another(coil_future *future, void *unused)
{
	note_at("first");
	coil_future_add_done_callback(future, tell_future, "added");
	return coil_ok(NULL);
}

TEST(F13_a_callback_added_by_a_callback_runs_one_iteration_later)
{
	coil_future *f = open_loop_and_future();

	start_ticker(loop);
	coil_future_add_done_callback(f, add_another, NULL);
	coil_future_add_done_callback(f, tell_future, "second");
	coil_future_set_result(f, coil_ok(NULL));
	run_iterations(loop, 2);
	CHECK_LOG("first@1 second@1 added@2");
	coil_release(f);
	coil_loop_close(loop);
}

static coil_result failing_callback(coil_future *future, void *unused)
{
	return coil_raise(COIL_VALUE, "in callback");
}

TEST(F14_an_error_in_a_callback_does_not_affect_the_others)
{
	coil_future *f = open_loop_and_future();

	coil_future_add_done_callback(f, tell_future, "1");
	coil_future_add_done_callback(f, failing_callback, NULL);
	coil_future_add_done_callback(f, tell_future, "3");
	coil_future_set_result(f, coil_ok(NULL));
	run_iterations(loop, 1);
	CHECK_HAS(log_text, "1@0 [Exception in callback ");
	CHECK_HAS(log_text, "|ValueError in callback] 3@0");
	coil_release(f);
	coil_loop_close(loop);
}

TEST(F15_cancel_schedules_the_callbacks_too)
{
	coil_future *f = open_loop_and_future();

	start_ticker(loop);
	coil_future_add_done_callback(f, tell_future, "1");
	coil_future_add_done_callback(f, tell_future, "2");
	coil_future_cancel(f);
	run_iterations(loop, 2);
	CHECK_LOG("1@1 2@1");
	coil_release(f);
	coil_loop_close(loop);
}

/* The callback has a reference of its own until it has run. */
TEST(a_future_released_before_its_callbacks_run)
{
	coil_future *f = open_loop_and_future();

	coil_future_add_done_callback(f, tell_future, "x");
	coil_future_set_result(f, coil_ok(NULL));
	coil_release(f);
	run_iterations(loop, 1);
	CHECK_LOG("x@0");
	coil_loop_close(loop);
}

TEST(a_pending_future_released_with_callbacks_runs_none)
{
	coil_future *f = open_loop_and_future();

	coil_future_add_done_callback(f, tell_future, "x");
	coil_release(f);
	run_iterations(loop, 2);
	coil_loop_close(loop);
	CHECK_LOG("");
}

/* ---- waiting for one ---------------------------------------------------------- */

static coil_future *shared;

static coil_result await_shared(void *word)
{
	coil_result r = coil_await(coil_retain(shared));

	note("%s%s", (char *)word, r.error ? coil_error_name(r.error) : "");
	return coil_ok(NULL);
}

static coil_result F16(void *unused)
{
	coil_future *f = coil_create_future();

	coil_future_set_result(f, coil_number(1));
	coil_release(coil_create_task(coil_coro(await_shared, "task ")));
	CHECK_INT(coil_await(f).number, 1);
	note("A");
	coil_future_set_result(shared, coil_ok(NULL));
	coil_sleep(0);
	note("B");
	return coil_ok(NULL);
}

TEST(F16_awaiting_a_done_future_does_not_suspend)
{
	shared = open_loop_and_future();
	coil_loop_run_until_complete(loop, coil_coro(F16, NULL));
	CHECK_LOG("A task  B");
	coil_release(shared);
	coil_loop_close(loop);
}

static coil_result F17(void *unused)
{
	coil_future *f = coil_create_future();

	coil_future_set_exception(f, COIL_VALUE, "broken");
	for (int i = 0; i < 3; i++) {
		coil_result r = coil_await(coil_retain(f));

		CHECK_ERROR(r, COIL_VALUE);
		CHECK_STR(coil_error_message(r), "broken");
	}
	coil_release(f);
	return coil_ok(NULL);
}

TEST(F17_an_exception_is_raised_at_every_await)
{
	coil_release(open_loop_and_future());
	coil_loop_run_until_complete(loop, coil_coro(F17, NULL));
	coil_loop_close(loop);
	CHECK_LOG("");
}

static coil_result F18(void *unused)
{
	coil_create_task(coil_coro(await_shared, "1"));
	coil_create_task(coil_coro(await_shared, "2"));
	coil_create_task(coil_coro(await_shared, "3"));
	coil_sleep(0);
	coil_future_set_exception(shared, COIL_KEY);
	coil_sleep(0);
	note("main");
	return coil_ok(NULL);
}

TEST(F18_tasks_resume_in_the_order_they_awaited)
{
	shared = open_loop_and_future();
	coil_loop_run_until_complete(loop, coil_coro(F18, NULL));
	CHECK_LOG("1KeyError 2KeyError 3KeyError main");
	coil_release(shared);
	coil_loop_close(loop);
	CHECK_LOG(""); /* F20: a resumed await has retrieved it */
}

/* ---- errors that nobody retrieved ----------------------------------------------- */

#define NEVER "[Future exception was never retrieved|ValueError lost]"

TEST(F19_an_error_nobody_retrieved_is_reported)
{
	coil_future *f = open_loop_and_future();

	coil_future_set_exception(f, COIL_VALUE, "lost");
	CHECK_LOG("");
	coil_release(f);
	CHECK_LOG(NEVER);
	coil_loop_close(loop);
	CHECK_LOG("");
}

TEST(F19_also_when_the_loop_closes)
{
	coil_future *f = open_loop_and_future();

	coil_future_set_exception(f, COIL_VALUE, "lost");
	coil_loop_close(loop);
	CHECK_LOG(NEVER);
}

TEST(F19_only_when_the_last_reference_goes)
{
	coil_future *f = open_loop_and_future();

	coil_future_set_exception(f, COIL_VALUE, "lost");
	coil_retain(f);
	coil_release(f);
	CHECK_LOG("");
	coil_release(f);
	CHECK_LOG(NEVER);
	coil_loop_close(loop);
}

TEST(F20_result_exception_and_cancel_count_as_retrieving)
{
	coil_result e;

	for (int how = 0; how < 3; how++) {
		coil_future *f = open_loop_and_future();

		coil_future_set_exception(f, COIL_VALUE, "lost");
		if (how == 0)
			CHECK_ERROR(coil_future_result(f), COIL_VALUE);
		else if (how == 1)
			CHECK_ERROR(coil_future_exception(f, &e), COIL_OK);
		else
			CHECK(!coil_future_cancel(f));
		coil_release(f);
		CHECK_LOG("");
		coil_loop_close(loop);
	}
}

TEST(F21_done_and_cancelled_do_not)
{
	coil_future *f = open_loop_and_future();

	coil_future_set_exception(f, COIL_VALUE, "lost");
	CHECK(coil_future_done(f));
	CHECK(!coil_future_cancelled(f));
	coil_release(f);
	CHECK_LOG(NEVER);
	coil_loop_close(loop);
}

TEST(F19_the_default_report_names_error_and_place)
{
	coil_future *f = open_loop_and_future();
	char *said, *where = text("\"%s\", line %d", __FILE__, __LINE__ + 1);
	coil_future_set_exception(f, COIL_VALUE, "lost");

	coil_loop_set_exception_handler(loop, NULL, NULL);
	capture_begin(2);
	coil_release(f);
	said = capture_end();
	CHECK_HAS(said, "Future exception was never retrieved");
	CHECK_HAS(said, "ValueError: lost");
	CHECK_HAS(said, where);
	coil_loop_close(loop);
}

/* ---- messages of cancellations ---------------------------------------------------- */

TEST(F24_the_message_of_a_cancel_comes_back_every_time)
{
	coil_future *f = open_loop_and_future();
	coil_result e;

	coil_future_cancel(f, "because %d", 7);
	for (int i = 0; i < 3; i++)
		CHECK_STR(coil_error_message(coil_future_result(f)), "because 7");
	CHECK_STR(coil_error_message(coil_future_exception(f, &e)), "because 7");
	coil_release(f);
	coil_loop_close(loop);
}

/* ---- many ------------------------------------------------------------------------ */

static coil_result count_callback(coil_future *future, void *n)
{
	++*(int *)n;
	return coil_ok(NULL);
}

TEST(many_callbacks_on_one_future)
{
	coil_future *f = open_loop_and_future();
	int n = 0, m = 0;

	for (int i = 0; i < 5000; i++)
		coil_future_add_done_callback(f, count_callback, i % 5 ? &n : &m);
	CHECK_INT(coil_future_remove_done_callback(f, count_callback, &m), 1000);
	coil_future_set_result(f, coil_ok(NULL));
	run_iterations(loop, 1);
	CHECK_INT(n, 4000);
	CHECK_INT(m, 0);
	coil_release(f);
	coil_loop_close(loop);
}

/* ---- done callbacks with a context --------------------------------------------------------- */

static const coil_context_var x = COIL_CONTEXT_VAR("x", "none");

static coil_result say_and_set(coil_future *future, void *word)
{
	note("%s:%s", (char *)word, (char *)coil_context_var_get(&x));
	coil_context_var_set(&x, word, NULL);
	return coil_ok(NULL);
}

static coil_result V05(void *unused)
{
	coil_future *f = coil_create_future();
	coil_context *c = coil_context_new();

	coil_future_add_done_callback(f, say_and_set, "early");
	coil_context_var_set(&x, "main", NULL);
	coil_future_add_done_callback_with_context(f, c, say_and_set, "c1");
	coil_future_add_done_callback(f, say_and_set, "own");
	coil_future_add_done_callback_with_context(f, c, say_and_set, "c2");
	coil_future_add_done_callback_with_context(f, c, say_and_set, "c2");
	coil_future_add_done_callback_with_context(f, NULL, say_and_set, "copy");
	CHECK_INT(coil_future_remove_done_callback(f, say_and_set, "c2"), 2);
	coil_future_cancel(f);
	coil_future_add_done_callback_with_context(f, c, say_and_set, "done");
	coil_release(f);
	coil_sleep(0);
	note("%s %s", (char *)coil_context_var_get(&x), (char *)coil_context_get(c, &x));
	coil_release(c);
	f = coil_create_future();
	coil_future_add_done_callback(f, say_and_set, "never");
	coil_release(f);
	return coil_ok(NULL);
}

TEST(V05_done_callbacks_and_their_contexts)
{
	CHECK_INT(run_virtual(V05), COIL_OK);
	CHECK_LOG("early:none c1:none own:main copy:main done:c1 main done");
}
