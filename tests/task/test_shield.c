/* SPDX-License-Identifier: MIT
 *
 * shield: what follows, and what does not.
 */
#include "journal.h"
#include "faults.h"

static coil_result inner(void *word)
{
	coil_result r = coil_sleep(2);

	note("%s:%s", (char *)word, r.error ? coil_error_name(r.error) : "ended");
	return r.error ? r : coil_number(7);
}

static coil_result fail(void *unused)
{
	coil_sleep(2);
	return coil_raise(COIL_KEY, "k");
}

static coil_result report(coil_loop *loop, const coil_exception_context *context, void *arg)
{
	note("[%s]", context->message);
	return coil_ok(NULL);
}

static void note_result(coil_result r)
{
	if (r.error)
		note("%s(%s)", coil_error_name(r.error), coil_error_message(r));
	else
		note("=%d", (int)r.number);
}

static coil_result await_shield(void *future)
{
	coil_result r = coil_await(coil_shield(coil_retain((coil_future *)future)));

	note_result(r);
	note_at("woken");
	return r;
}

static coil_result S01(void *unused)
{
	coil_future *f = coil_create_future(), *e = coil_create_future(),
		    *c = coil_create_future();
	coil_task *a = coil_create_task(coil_coro(await_shield, f)),
		  *b = coil_create_task(coil_coro(await_shield, e)),
		  *d = coil_create_task(coil_coro(await_shield, c));

	coil_sleep(0);
	coil_future_set_result(f, coil_number(3));
	coil_future_set_exception(e, COIL_VALUE, "v");
	coil_future_cancel(c, "m");
	note_at("set");
	coil_await(a);
	coil_await(b);
	coil_await(coil_retain(d));
	note("%d", coil_future_cancelled(d));
	coil_release(d);
	coil_release(f);
	coil_release(e);
	coil_release(c);
	return coil_ok(NULL);
}

TEST(S01_S04_follows_result_error_and_cancellation_at_plus_2)
{
	run_ticking(S01);
	CHECK_LOG("set@2 =3 woken@4 ValueError(v) woken@4 CancelledError() woken@4 1");
}

static coil_result S02(void *unused)
{
	coil_future *f = coil_create_future(), *s;

	coil_future_set_result(f, coil_number(3));
	s = coil_shield(coil_retain(f));
	CHECK(s == f);
	note_result(coil_await(s));
	s = coil_shield(f); /* the last reference: another handle, the same future */
	CHECK(coil_future_done(s));
	note_result(coil_await(s));
	note_at("main");
	return coil_ok(NULL);
}

TEST(S02_what_is_done_is_returned_itself)
{
	run_ticking(S02);
	CHECK_LOG("=3 =3 main@1");
}

static coil_result S03(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(inner, "in"));
	coil_task *a = coil_create_task(coil_coro(await_shield, t));

	coil_sleep(1);
	coil_future_cancel(a, "x");
	note_result(coil_await(a));
	note_result(coil_await(t));
	return coil_ok(NULL);
}

TEST(S03_cancelling_the_awaiter_leaves_the_inner_alone)
{
	run_virtual(S03);
	CHECK_LOG("CancelledError(x) woken@0 CancelledError(x) in:ended =7");
}

static coil_result S05(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(fail, NULL));
	coil_future *s = coil_shield(coil_retain(t));

	coil_loop_set_exception_handler(coil_get_running_loop(), report, NULL);
	coil_sleep(1);
	CHECK(coil_future_cancel(s));
	coil_release(s);
	coil_sleep(2);
	coil_release(t);
	note("released");
	t = coil_create_task(coil_coro(fail, NULL));
	s = coil_shield(coil_retain(t));
	coil_sleep(3);
	coil_release(t); /* the shield has seen it, but nobody the shield */
	coil_release(s);
	return coil_ok(NULL);
}

TEST(S05_after_the_outer_was_cancelled_the_inner_error_is_unseen)
{
	run_virtual(S05);
	CHECK_LOG("[Task exception was never retrieved] released "
		  "[Future exception was never retrieved]");
}

static coil_result at_once(void *unused)
{
	coil_future *f = coil_create_future();
	coil_future *s = coil_shield(coil_retain(f));

	coil_loop_set_exception_handler(coil_get_running_loop(), report, NULL);
	coil_future_cancel(s);
	coil_future_set_exception(f, COIL_VALUE, "between"); /* before they part */
	coil_sleep(0);
	coil_sleep(0);
	coil_release(f);
	coil_release(s);
	return coil_ok(NULL);
}

TEST(an_inner_error_in_the_iteration_of_the_cancellation_counts_as_seen)
{
	run_virtual(at_once);
	CHECK_LOG("");
}

static coil_result S06(void *unused)
{
	coil_future *s = coil_shield(coil_coro(inner, "own task"));

	CHECK_ERROR(coil_future_set_result(s, coil_ok(NULL)), COIL_RUNTIME);
	note_result(coil_await(s));
	return coil_ok(NULL);
}

TEST(S06_a_coroutine_runs_in_a_task_of_its_own)
{
	run_virtual(S06);
	CHECK_LOG("own task:ended =7");
}

static coil_result list(void *unused)
{
	coil_result r = coil_await(coil_shield(coil_gather(coil_coro(inner, "a"),
							   coil_coro(inner, "b"))));

	CHECK_INT(((coil_list *)r.value)->count, 2);
	CHECK_INT(((coil_list *)r.value)->items[1].number, 7);
	return coil_ok(NULL);
}

TEST(the_list_of_a_shielded_gather)
{
	CHECK_INT(run_virtual(list), COIL_OK);
	CHECK_LOG("a:ended b:ended");
}

static coil_result hang(void *unused)
{
	coil_future *f = coil_create_future();

	return coil_await(coil_shield(coil_shield(f)));
}

TEST(a_loop_is_closed_in_the_middle_of_a_shield)
{
	coil_loop *loop = virtual_loop();
	char *text;

	coil_release(coil_loop_create_task(loop, coil_coro(hang, NULL)));
	run_iterations(loop, 3);
	text = CAPTURE_STDERR({ coil_loop_close(loop); });
	CHECK_HAS(text, "Task was destroyed but it is pending!");
}

TEST(outside_of_loops)
{
	char *text = CAPTURE_STDERR({ CHECK(!coil_shield(coil_coro(hang, NULL))); });

	CHECK_LAST_ERROR(COIL_RUNTIME, "no running event loop");
	CHECK_HAS(text, "never awaited");
}

static coil_result scarce(void *unused)
{
	coil_future *f = coil_create_future();
	coil_result r;

	if (!f)
		return coil_last_error();
	r = coil_await(coil_shield(coil_coro(inner, "in")));
	coil_release(coil_shield(f));
	return r;
}

static void run_scarce(void *unused)
{
	coil_result r = coil_run(coil_coro(scarce, NULL));

	CHECK(!r.error || r.error == COIL_MEMORY || r.error == COIL_OS);
}

TEST(memory_fails_in_shield, .seconds = 60)
{
	CHECK(faults_every(FAULT_MEMORY, run_scarce, NULL) > 0);
}
