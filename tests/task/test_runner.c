/* SPDX-License-Identifier: MIT
 *
 * The runner: coil_run in parts.  (The harness puts it on the virtual clock.)
 */
#include <coil/async_generator.h>
#include <coil/generator.h>
#include <coil/run.h>
#include "journal.h"

static const coil_context_var x = COIL_CONTEXT_VAR("x", "none");

static const char *get_x(void)
{
	return coil_context_var_get(&x);
}

static coil_result report(coil_loop *loop, const coil_exception_context *context, void *arg)
{
	note("[%s|%s %s]", context->message, coil_error_name(context->exception.error),
	     coil_error_message(context->exception));
	return coil_ok(NULL);
}

static coil_result show(void *value)
{
	note("%s", get_x());
	CHECK_ERROR(coil_context_var_set(&x, value, NULL), COIL_OK);
	return coil_ok(value);
}

static coil_result left(void *word)
{
	coil_result r = coil_sleep(9);

	note("%s:%s", (char *)word, coil_error_name(r.error));
	return r;
}

COIL_GENERATOR(left_g)
{
	COIL_BEGIN;
	COIL_YIELD_FROM_SLEEP(9);
	note("%s:%s", (char *)COIL_ARG, coil_error_name(COIL_SENT.error));
	COIL_END(COIL_SENT);
}

/* ---- several runs ---------------------------------------------------------------------- */

TEST(R13_a_runner_keeps_loop_and_context)
{
	coil_runner *runner = coil_runner_new();
	coil_context *c = coil_context_new();
	coil_loop *loop;

	CHECK_ERROR(coil_context_var_set(&x, "thread", NULL), COIL_OK);
	CHECK_STR(coil_runner_run(runner, coil_coro(show, "one")).value, "one");
	loop = coil_runner_get_loop(runner);
	CHECK_STR(coil_runner_run(runner, coil_coro(show, "two")).value, "two");
	CHECK(coil_runner_get_loop(runner) == loop);
	CHECK_STR(get_x(), "thread");
	CHECK_ERROR(coil_runner_run_with_context(runner, coil_coro(show, "c"), c), COIL_OK);
	CHECK_STR(coil_context_get(c, &x), "c");
	CHECK_ERROR(coil_runner_run(runner, coil_coro(show, "three")), COIL_OK);
	CHECK_LOG("thread one none two");
	CHECK(!coil_loop_is_closed(loop));
	CHECK_ERROR(coil_runner_close(runner), COIL_OK);
	CHECK(coil_loop_is_closed(loop));
	coil_release(c);
}

static coil_result spawn_left(void *word)
{
	coil_release(coil_create_task(coil_coro(left, word)));
	return coil_sleep(1);
}

static coil_result spawn_left_g(void *word)
{
	coil_release(coil_create_task(coil_generator(left_g, word)));
	return coil_sleep(1);
}

static coil_result look_at_time(void *unused)
{
	note("%g", coil_time());
	return coil_ok(NULL);
}

TEST(R01_R13_tasks_live_from_run_to_run_and_are_cancelled_in_order)
{
	coil_runner *runner = coil_runner_new();

	coil_runner_run(runner, coil_coro(spawn_left, "a"));
	coil_runner_run(runner, coil_coro(spawn_left_g, "b"));
	coil_runner_run(runner, coil_coro(spawn_left, "c"));
	coil_runner_run(runner, coil_coro(look_at_time, NULL));
	CHECK_LOG("3");
	CHECK_ERROR(coil_runner_close(runner), COIL_OK);
	CHECK_LOG("a:CancelledError b:CancelledError c:CancelledError");
}

static coil_result fail(void *unused)
{
	return coil_raise(COIL_VALUE, "main's");
}

static coil_result exit_now(void *unused)
{
	return coil_raise(COIL_SYSTEM_EXIT, "4");
}

static coil_result cancel_me(void *unused)
{
	coil_task_cancel(coil_current_task());
	return coil_sleep(1);
}

TEST(R09_R10_an_error_comes_out_and_the_runner_goes_on)
{
	coil_runner *runner = coil_runner_new();
	coil_result r = coil_runner_run(runner, coil_coro(fail, NULL));

	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), "main's");
	CHECK_ERROR(coil_runner_run(runner, coil_coro(cancel_me, NULL)), COIL_CANCELLED);
	CHECK_ERROR(coil_runner_run(runner, coil_coro(exit_now, NULL)), COIL_SYSTEM_EXIT);
	CHECK_ERROR(coil_runner_run(runner, coil_generator(left_g, "g")), COIL_OK);
	CHECK_LOG("g:OK");
	coil_runner_close(runner);
}

/* ---- refusals ---------------------------------------------------------------------------- */

TEST(R14_a_closed_runner)
{
	coil_runner *runner = coil_retain(coil_runner_new());
	coil_result r;
	char *said;

	CHECK_ERROR(coil_runner_run(runner, coil_coro(show, "a")), COIL_OK);
	CHECK_ERROR(coil_runner_close(runner), COIL_OK);
	capture_begin(2);
	r = coil_runner_run(runner, coil_coro(show, "b"));
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "Runner is closed");
	CHECK(coil_runner_get_loop(runner) == NULL);
	CHECK_LAST_ERROR(COIL_RUNTIME, "Runner is closed");
	CHECK_ERROR(coil_runner_close(runner), COIL_OK); /* twice is allowed */
	CHECK_ERROR(coil_runner_close(runner), COIL_INVALID_HANDLE);
	CHECK_ERROR(coil_runner_run(runner, coil_coro(show, "b")), COIL_INVALID_HANDLE);
	CHECK(coil_runner_get_loop(runner) == NULL);
	said = capture_end();
	CHECK_HAS(said, "coroutine 'show' was never awaited");
	CHECK_LOG("none");
}

TEST(R14_closed_unused_and_released_unclosed)
{
	coil_runner *runner = coil_runner_new();
	coil_loop *loop;

	CHECK_ERROR(coil_runner_close(runner), COIL_OK);
	runner = coil_runner_new();
	coil_release(runner);
	runner = coil_runner_new();
	coil_runner_run(runner, coil_coro(spawn_left, "a"));
	loop = coil_runner_get_loop(runner);
	coil_release(runner);
	CHECK(coil_loop_is_closed(loop));
	CHECK_LOG("a:CancelledError");
	runner = coil_runner_new();
	loop = coil_runner_get_loop(runner);
	CHECK(coil_get_event_loop() == loop);
	coil_runner_close(runner);
	CHECK(coil_loop_is_closed(loop));
}

static coil_runner *the_runner;

static coil_result run_inside(void *unused)
{
	coil_result r = coil_runner_run(the_runner, coil_coro(show, "no"));

	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r),
		  "Runner.run() cannot be called from a running event loop");
	CHECK_ERROR(coil_runner_close(the_runner), COIL_RUNTIME);
	CHECK_ERROR(coil_sleep(1), COIL_OK);
	note("goes on");
	return coil_ok(NULL);
}

TEST(R07_in_a_running_loop)
{
	char *said;

	the_runner = coil_runner_new();
	capture_begin(2);
	CHECK_ERROR(coil_runner_run(the_runner, coil_coro(run_inside, NULL)), COIL_OK);
	CHECK_ERROR(coil_run(coil_coro(run_inside, NULL)), COIL_OK);
	said = capture_end();
	CHECK_HAS(said, "coroutine 'show' was never awaited");
	CHECK_LOG("goes on goes on");
	CHECK_ERROR(coil_runner_close(the_runner), COIL_OK);
}

TEST(R08_of_what_is_not_a_coroutine)
{
	coil_runner *runner = coil_runner_new();
	coil_context *c = coil_context_new();
	coil_result r;

	capture_begin(2);
	r = coil_runner_run(runner, coil_loop_create_future(coil_runner_get_loop(runner)));
	CHECK_ERROR(r, COIL_VALUE);
	CHECK_HAS(coil_error_message(r), "a coroutine was expected");
	CHECK(coil_runner_run(runner, NULL).error != COIL_OK);
	CHECK(coil_runner_run(runner, (coil_coroutine *)c).error != COIL_OK);
	coil_release(c);
	CHECK_ERROR(coil_runner_run_with_context(runner, coil_coro(show, "a"), c),
		    COIL_INVALID_HANDLE);
	CHECK_ERROR(coil_runner_run(runner, coil_coro(show, "a")), COIL_OK);
	capture_end();
	CHECK_LOG("none");
	coil_runner_close(runner);
}

/* ---- the shutdown --------------------------------------------------------------------------- */

static coil_result raises_at_exit(void *unused)
{
	coil_sleep(9);
	return coil_raise(COIL_KEY, "at exit");
}

static coil_result yields_one(void *word)
{
	coil_result r = coil_yield(coil_number(1));

	note("%s:%s", (char *)word, coil_error_name(r.error));
	coil_sleep(1);
	return r;
}

static coil_result leave_all(void *unused)
{
	coil_loop_set_exception_handler(coil_get_running_loop(), report, NULL);
	coil_release(coil_create_task(coil_coro(left, "task")));
	coil_release(coil_create_task(coil_coro(raises_at_exit, NULL)));
	coil_anext(coil_async_generator_new(yields_one, "generator"));
	return coil_sleep(1);
}

TEST(R03_A02_close_reports_errors_and_closes_generators)
{
	coil_runner *runner = coil_runner_new();

	CHECK_ERROR(coil_runner_run(runner, coil_coro(leave_all, NULL)), COIL_OK);
	CHECK_LOG("");
	CHECK_ERROR(coil_runner_close(runner), COIL_OK);
	CHECK_LOG("task:CancelledError "
		  "[unhandled exception during asyncio.run() shutdown|KeyError at exit] "
		  "generator:GeneratorExit");
}

static coil_result exits_at_exit(void *unused)
{
	coil_sleep(9);
	return coil_raise(COIL_SYSTEM_EXIT, "5");
}

static coil_result leave_exiting(void *unused)
{
	coil_release(coil_create_task(coil_coro(exits_at_exit, NULL)));
	coil_release(coil_create_task(coil_coro(left, "second")));
	coil_sleep(1);
	return coil_raise(COIL_VALUE, "main's");
}

static coil_result stops_at_exit(void *unused)
{
	coil_sleep(9);
	coil_loop_stop(coil_get_running_loop());
	return coil_sleep(1);
}

static coil_result leave_stopping(void *unused)
{
	coil_release(coil_create_task(coil_coro(stops_at_exit, NULL)));
	return coil_sleep(1);
}

TEST(R03_what_leaves_the_loop_in_the_shutdown_comes_out)
{
	coil_runner *runner = coil_runner_new();
	coil_loop *loop = coil_runner_get_loop(runner);
	coil_result r;

	capture_begin(2);
	CHECK_ERROR(coil_runner_run(runner, coil_coro(leave_exiting, NULL)), COIL_VALUE);
	r = coil_runner_close(runner);
	CHECK_ERROR(r, COIL_SYSTEM_EXIT);
	CHECK_STR(coil_error_message(r), "5");
	CHECK(coil_loop_is_closed(loop));
	r = coil_run(coil_coro(leave_exiting, NULL));
	CHECK_ERROR(r, COIL_SYSTEM_EXIT);
	r = coil_run(coil_coro(leave_stopping, NULL));
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "Event loop stopped before Future completed.");
	capture_end();
}

TEST(many_runners_one_after_the_other)
{
	for (int i = 0; i < 300; i++) {
		coil_runner *runner = coil_runner_new();

		coil_runner_run(runner, coil_coro(spawn_left, "a"));
		coil_runner_run(runner, coil_generator(left_g, "b"));
		if (i % 2)
			coil_release(runner);
		else
			CHECK_ERROR(coil_runner_close(runner), COIL_OK);
	}
}
