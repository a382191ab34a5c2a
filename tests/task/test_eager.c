/* SPDX-License-Identifier: MIT
 *
 * Eager tasks: the first step is taken inside of the call that makes them.  The logs
 * are those of CPython 3.13.
 */
#include <coil/async_generator.h>
#include <coil/context.h>
#include <coil/generator.h>
#include <coil/run.h>
#include <coil/timeout.h>
#include "journal.h"

static coil_result report(coil_loop *loop, const coil_exception_context *context, void *arg)
{
	note("[%s|%s %s]", context->message, coil_error_name(context->exception.error),
	     coil_error_message(context->exception));
	return coil_ok(NULL);
}

/* Runs MAIN in a loop whose tasks are eager, counting iterations. */
static int run_eager(coil_function main)
{
	coil_loop *loop = virtual_loop();
	int error;

	start_ticker(loop);
	coil_loop_set_exception_handler(loop, report, NULL);
	coil_loop_set_task_factory(loop, coil_eager_task_factory);
	CHECK(coil_loop_get_task_factory(loop) == coil_eager_task_factory);
	error = coil_loop_run_until_complete(loop, coil_coro(main, NULL)).error;
	CHECK_ERROR(coil_loop_close(loop), COIL_OK);
	return error;
}

/* say(w); n times await sleep(0); say(w); return w */
static coil_result step_0(void *word)
{
	note_at(word);
	note_at(word);
	return coil_ok(word);
}

static coil_result step_1(void *word)
{
	coil_result r;

	note_at(word);
	r = coil_sleep(0);
	if (r.error)
		return r;
	note_at(word);
	return coil_ok(word);
}

COIL_GENERATOR(step_g)
{
	COIL_BEGIN;
	note_at(COIL_ARG);
	COIL_YIELD_FROM_SLEEP(0);
	if (COIL_SENT.error)
		COIL_RETURN(COIL_SENT);
	note_at(COIL_ARG);
	COIL_END(coil_ok(COIL_ARG));
}

static coil_result Z01(void *unused)
{
	coil_task *t;

	note_at("main");
	t = coil_create_task(coil_coro(step_1, "A"));
	note_at("made");
	CHECK(!coil_future_done(t));
	CHECK_STR(coil_await(t).value, "A");
	note_at("end");
	t = coil_create_task(coil_generator(step_g, "G"), "named");
	CHECK_STR(coil_task_get_name(t), "named");
	note_at("made");
	CHECK_STR(coil_await(t).value, "G");
	note_at("end");
	return coil_ok(NULL);
}

TEST(Z01_the_body_runs_up_to_its_first_suspension)
{
	CHECK_INT(run_eager(Z01), COIL_OK);
	CHECK_LOG("main@1 A@1 made@1 A@2 end@3 G@3 made@3 G@4 end@5");
}

static coil_task *outer, *made;

static coil_result look(void *unused)
{
	coil_task *me = coil_current_task();

	CHECK(me != NULL);
	CHECK(me != outer);
	note("%s", coil_task_get_name(me));
	coil_release(coil_create_task(coil_coro(step_0, "inner")));
	CHECK(coil_current_task() == me);
	coil_sleep(0);
	note("%s", coil_task_get_name(coil_current_task()));
	return coil_ok(NULL);
}

static coil_result Z02(void *unused)
{
	outer = coil_current_task();
	made = coil_create_task(coil_coro(look, NULL), "eager");
	CHECK(coil_current_task() == outer);
	coil_release(coil_create_task(coil_coro(look, NULL)));
	CHECK(coil_current_task() == outer);
	coil_sleep(0);
	CHECK(coil_current_task() == outer);
	CHECK_ERROR(coil_await(made), COIL_OK);
	return coil_ok(NULL);
}

TEST(Z02_the_current_task_is_the_new_one_and_then_the_old)
{
	CHECK_INT(run_eager(Z02), COIL_OK);
	CHECK_LOG("eager inner@1 inner@1 Task-3 inner@1 inner@1 eager Task-3");
}

static coil_result when_done(coil_future *future, void *word)
{
	note_at(word);
	return coil_ok(NULL);
}

static coil_result Z03(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(step_0, "A"));

	CHECK(coil_future_done(t));
	coil_future_add_done_callback(t, when_done, "callback");
	CHECK_STR(coil_await(t).value, "A");
	note_at("main");
	coil_sleep(0);
	return coil_ok(NULL);
}

TEST(Z03_a_body_that_does_not_suspend_is_done_at_once)
{
	CHECK_INT(run_eager(Z03), COIL_OK);
	CHECK_LOG("A@1 A@1 main@1 callback@2");
}

static coil_result fail(void *unused)
{
	return coil_raise(COIL_VALUE, "v");
}

COIL_GENERATOR(fail_g)
{
	COIL_BEGIN;
	COIL_YIELD_FROM(coil_coro(fail, NULL));
	COIL_END(COIL_SENT);
}

static coil_result Z04(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(fail, NULL));
	coil_result r;

	CHECK(t != NULL);
	CHECK(coil_future_done(t));
	r = coil_await(t);
	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), "v");
	r = coil_await(coil_create_task(coil_generator(fail_g, NULL)));
	CHECK_ERROR(r, COIL_VALUE);
	t = coil_create_task(coil_coro(fail, NULL));
	coil_release(t);
	note("x");
	return coil_ok(NULL);
}

TEST(Z04_an_error_is_stored)
{
	CHECK_INT(run_eager(Z04), COIL_OK);
	CHECK_LOG("[Task exception was never retrieved|ValueError v] x");
}

static coil_result Z05(void *unused)
{
	coil_loop *loop = coil_get_running_loop();
	coil_task *a = coil_create_task(coil_coro(step_1, "a"));
	coil_task *b = coil_create_task(coil_coro(step_0, "b"));
	coil_task *c = coil_create_task(coil_generator(step_g, "c"));
	coil_list *all = coil_all_tasks(loop);

	CHECK_INT(all->count, 3);
	CHECK(all->items[0].value == coil_current_task());
	CHECK(all->items[1].value == a);
	CHECK(all->items[2].value == c);
	coil_release(all);
	coil_await(a);
	coil_await(b);
	coil_await(c);
	return coil_ok(NULL);
}

TEST(Z05_all_tasks_has_those_that_are_suspended)
{
	CHECK_INT(run_eager(Z05), COIL_OK);
	CHECK_LOG("a@1 b@1 b@1 c@1 a@2 c@2");
}

static coil_result Z06(void *unused)
{
	coil_future *g = coil_gather(coil_coro(step_0, "a"), coil_coro(step_0, "b"));
	coil_list *list;

	CHECK(coil_future_done(g));
	list = coil_await(g).value;
	CHECK_STR(list->items[1].value, "b");
	note_at("main");
	coil_await(coil_gather(coil_coro(step_0, "a"), coil_coro(step_1, "b")));
	note_at("main");
	CHECK_ERROR(coil_await(coil_gather(coil_coro(fail, NULL), coil_coro(step_0, "b"))),
		    COIL_VALUE);
	note_at("main");
	return coil_ok(NULL);
}

TEST(Z06_gather_of_what_ends_at_once_does_not_suspend)
{
	CHECK_INT(run_eager(Z06), COIL_OK);
	CHECK_LOG("a@1 a@1 b@1 b@1 main@1 a@1 a@1 b@1 b@2 main@4 b@4 b@4 main@4");
}

static coil_result eager_main(void *unused)
{
	note_at("main");
	return coil_ok(NULL);
}

TEST(Z07_outside_of_the_running_loop_it_is_not_eager)
{
	coil_runner *runner = coil_runner_new();
	coil_loop *loop = coil_runner_get_loop(runner);
	coil_task *t;

	coil_loop_set_task_factory(loop, coil_eager_task_factory);
	t = coil_loop_create_task(loop, coil_coro(step_0, "t"));
	CHECK_LOG("");
	CHECK(!coil_future_done(t));
	start_ticker(loop);
	CHECK_ERROR(coil_runner_run(runner, coil_coro(eager_main, NULL)), COIL_OK);
	CHECK_LOG("t@0 t@0 main@1");
	coil_release(t);
	coil_runner_close(runner);
	CHECK(!coil_create_eager_task(coil_coro(step_0, "no")));
	CHECK_ERROR(coil_last_error(), COIL_RUNTIME);
}

static coil_result cancels_itself(void *delay)
{
	coil_result r;

	coil_task_cancel(coil_current_task(), "x");
	note_at("me");
	r = coil_sleep((double)(intptr_t)delay);
	note_at(text("%s:%s", coil_error_name(r.error), coil_error_message(r)));
	return r;
}

static coil_result cancels_and_returns(void *unused)
{
	coil_task_cancel(coil_current_task());
	return coil_ok(NULL);
}

static coil_result Z08(void *unused)
{
	coil_task *t;

	CHECK_ERROR(coil_await(coil_create_task(coil_coro(cancels_itself, (void *)5))),
		    COIL_CANCELLED);
	note_at("main");
	CHECK_ERROR(coil_await(coil_create_task(coil_coro(cancels_itself, (void *)0))),
		    COIL_CANCELLED);
	note_at("main");
	t = coil_create_task(coil_coro(cancels_and_returns, NULL));
	CHECK(coil_future_cancelled(t));
	CHECK_ERROR(coil_await(t), COIL_CANCELLED);
	note_at("main");
	return coil_ok(NULL);
}

TEST(Z08_cancelled_by_itself_in_its_eager_step)
{
	CHECK_INT(run_eager(Z08), COIL_OK);
	CHECK_LOG("me@1 CancelledError:x@2 main@3 me@3 CancelledError:x@4 main@5 main@5");
}

static coil_result Z09(void *unused)
{
	coil_result r = coil_wait_for(coil_coro(step_0, "a"), 0);

	CHECK_ERROR(r, COIL_OK);
	CHECK_STR(r.value, "a");
	note_at("main");
	CHECK_ERROR(coil_wait_for(coil_coro(step_1, "b"), 0), COIL_TIMEOUT);
	note_at("main");
	return coil_ok(NULL);
}

TEST(Z09_wait_for_0_of_one_that_ends_at_once_gives_its_value)
{
	CHECK_INT(run_eager(Z09), COIL_OK);
	CHECK_LOG("a@1 a@1 main@1 b@1 main@4");
}

static coil_future *gate;

static coil_result wait_at_gate(void *unused)
{
	coil_result r = coil_await(coil_retain(gate));

	note_at(text("w:%s", coil_error_message(r)));
	return r;
}

static coil_result cancel_suspended(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(step_1, "s"));

	CHECK(coil_task_cancel(t));
	CHECK_ERROR(coil_await(t), COIL_CANCELLED);
	note_at("c");
	gate = coil_create_future();
	t = coil_create_task(coil_coro(wait_at_gate, NULL));
	CHECK(coil_task_cancel(t, "m"));
	CHECK_ERROR(coil_await(t), COIL_CANCELLED);
	note_at("c");
	coil_release(gate);
	return coil_ok(NULL);
}

TEST(C01_C02_an_eager_task_that_is_suspended_is_cancelled)
{
	CHECK_INT(run_eager(cancel_suspended), COIL_OK);
	CHECK_LOG("s@1 c@3 w:m@4 c@5");
}

static coil_result nested(void *depth)
{
	note_at(text("%d", (int)(intptr_t)depth));
	if (depth) {
		coil_task *t = coil_create_task(coil_coro(nested, (char *)depth - 1));

		coil_sleep(0);
		coil_await(t);
	}
	note_at(text("%d", (int)(intptr_t)depth));
	return coil_ok(NULL);
}

static coil_result run_nested(void *unused)
{
	coil_await(coil_coro(nested, (void *)3));
	note_at("end");
	return coil_ok(NULL);
}

TEST(Z01_eager_tasks_that_make_eager_tasks)
{
	CHECK_INT(run_eager(run_nested), COIL_OK);
	CHECK_LOG("3@1 2@1 1@1 0@1 0@1 1@2 2@2 3@2 end@2");
}

static coil_result very_deep(void *depth)
{
	coil_result r;

	if (!depth)
		return coil_number(0);
	r = coil_await(coil_create_task(coil_coro(very_deep, (char *)depth - 1)));
	return coil_number(r.number + 1);
}

static coil_result run_very_deep(void *unused)
{
	CHECK_INT(coil_await(coil_coro(very_deep, (void *)1000)).number, 1000);
	return coil_ok(NULL);
}

/* Each on its own stack: no recursion limit. */
TEST(Z01_a_thousand_deep)
{
	CHECK_INT(run_eager(run_very_deep), COIL_OK);
}

static coil_result make_one(void *word)
{
	coil_task *t;

	CHECK(coil_current_task() == NULL);
	t = coil_create_eager_task(coil_coro(step_1, word));
	CHECK(coil_current_task() == NULL);
	coil_release(t);
	coil_release(coil_create_eager_task(coil_generator(step_g, word)));
	note_at("callback");
	return coil_ok(NULL);
}

static coil_result in_callbacks(void *unused)
{
	coil_loop_call_soon(coil_get_running_loop(), make_one, "A");
	coil_sleep(0);
	coil_sleep(0);
	note_at("main");
	return coil_ok(NULL);
}

TEST(Z02_made_in_a_callback)
{
	CHECK_INT(run_ticking(in_callbacks), COIL_OK);
	CHECK_LOG("A@2 A@2 callback@2 A@3 A@3 main@3");
}

static coil_result one_eager(void *unused)
{
	coil_task *a = coil_create_eager_task(coil_coro(step_1, "a"), "eager-%d", 1);
	coil_task *b = coil_create_task(coil_coro(step_1, "b"));

	CHECK_STR(coil_task_get_name(a), "eager-1");
	note_at("main");
	coil_await(a);
	coil_await(b);
	coil_loop_set_task_factory(coil_get_running_loop(), coil_eager_task_factory);
	coil_await(coil_create_task(coil_coro(step_1, "c")));
	coil_loop_set_task_factory(coil_get_running_loop(), NULL);
	CHECK(coil_loop_get_task_factory(coil_get_running_loop()) == NULL);
	b = coil_create_task(coil_coro(step_1, "d"));
	note_at("main");
	coil_await(b);
	return coil_ok(NULL);
}

TEST(one_eager_task_in_a_loop_of_others)
{
	CHECK_INT(run_ticking(one_eager), COIL_OK);
	CHECK_LOG("a@1 main@1 a@2 b@2 b@3 c@4 c@5 main@6 d@7 d@8");
}

static coil_result leave(void *unused)
{
	return coil_raise(COIL_SYSTEM_EXIT, "3");
}

static coil_result make_leaver(void *unused)
{
	coil_task *t;

	coil_loop_call_soon(coil_get_running_loop(), say, "rest");
	t = coil_create_task(coil_coro(leave, NULL));
	CHECK(coil_future_done(t));
	CHECK_ERROR(coil_future_result(t), COIL_SYSTEM_EXIT);
	coil_release(t);
	note_at("goes on");
	coil_sleep(0);
	note("main");
	return coil_ok(NULL);
}

TEST(K21_system_exit_leaves_the_loop_when_the_maker_has_ended_its_step)
{
	coil_loop *loop = virtual_loop();
	coil_task *t = coil_loop_create_task(loop, coil_coro(make_leaver, NULL));
	coil_result r;

	coil_loop_set_task_factory(loop, coil_eager_task_factory);
	start_ticker(loop);
	r = coil_loop_run_forever(loop);
	CHECK_ERROR(r, COIL_SYSTEM_EXIT);
	CHECK_STR(coil_error_message(r), "3");
	CHECK_LOG("goes on@0");
	run_iterations(loop, 2);
	CHECK_LOG("rest main");
	coil_release(t);
	coil_loop_close(loop);
}

static coil_result awaits_itself(void *unused)
{
	coil_result r = coil_await(coil_retain(coil_current_task()));

	note_at(text("%.25s", coil_error_message(r)));
	return coil_ok(NULL);
}

static coil_result K18(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(awaits_itself, NULL));

	note_at("m");
	coil_await(t);
	note_at("e");
	return coil_ok(NULL);
}

TEST(K18_an_eager_task_that_awaits_itself)
{
	CHECK_INT(run_eager(K18), COIL_OK);
	CHECK_LOG("m@1 Task cannot await on itse@2 e@3");
}

static const coil_context_var x = COIL_CONTEXT_VAR("x", "none");

static coil_result set_x(void *value)
{
	note("%s", (char *)coil_context_var_get(&x));
	CHECK_ERROR(coil_context_var_set(&x, value, NULL), COIL_OK);
	coil_sleep(0);
	note("%s", (char *)coil_context_var_get(&x));
	return coil_ok(NULL);
}

static coil_result contexts(void *unused)
{
	coil_context *c = coil_context_new();
	coil_task *t, *u;

	CHECK_ERROR(coil_context_var_set(&x, "main", NULL), COIL_OK);
	t = coil_create_task(coil_coro(set_x, "eager"));
	note("%s", (char *)coil_context_var_get(&x));
	u = coil_create_task_with_context(coil_coro(set_x, "given"), c);
	note("%s", (char *)coil_context_get(c, &x));
	coil_await(t);
	coil_await(u);
	note("%s", (char *)coil_context_var_get(&x));
	coil_release(c);
	return coil_ok(NULL);
}

TEST(V01_an_eager_task_has_its_own_context)
{
	CHECK_INT(run_eager(contexts), COIL_OK);
	CHECK_LOG("main main none given eager given main");
}

static coil_result number(void *n)
{
	return coil_number((intptr_t)n);
}

static coil_result returns_list(void *unused)
{
	return coil_await(coil_gather(coil_coro(number, (void *)1), coil_coro(number, (void *)2)));
}

static coil_result lists(void *unused)
{
	coil_result r = coil_await(coil_create_task(coil_coro(returns_list, NULL)));

	CHECK_INT(((coil_list *)r.value)->items[1].number, 2);
	return coil_ok(NULL);
}

TEST(an_eager_task_may_return_a_list)
{
	CHECK_INT(run_eager(lists), COIL_OK);
}

static coil_result yields_one(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(step_1, "in body"));
	coil_result r = coil_yield(coil_number(1));

	coil_await(t);
	return r;
}

static coil_result asks_eagerly(void *g)
{
	CHECK_INT(coil_anext((coil_async_generator *)g).number, 1);
	return coil_ok(NULL);
}

static coil_result abandons(void *unused)
{
	coil_async_generator *g = coil_async_generator_new(yields_one, NULL);
	coil_task *t = coil_create_task(coil_coro(asks_eagerly, g));

	CHECK(coil_future_done(t));
	coil_await(t);
	coil_release(g);
	for (int i = 0; i < 4; i++)
		coil_sleep(0);
	return coil_ok(NULL);
}

TEST(A01_async_generators_in_eager_tasks)
{
	CHECK_INT(run_eager(abandons), COIL_OK);
	CHECK_LOG("in body@1 in body@2");
}
