/* SPDX-License-Identifier: MIT
 *
 * Async generators: asked, sent to, closed, abandoned, and shut down.  The logs are
 * those of CPython 3.13.
 */
#include <coil/async_generator.h>
#include <coil/generator.h>
#include <coil/run.h>
#include "journal.h"

static coil_result report(coil_loop *loop, const coil_exception_context *context, void *arg)
{
	note("[%s|%s %s]", context->message, coil_error_name(context->exception.error),
	     coil_error_message(context->exception));
	return coil_ok(NULL);
}

static void report_here(void)
{
	coil_loop_set_exception_handler(coil_get_running_loop(), report, NULL);
}

static void yield_control(int times)
{
	while (times--)
		coil_sleep(0);
}

#define NEW(function) coil_async_generator_new(function, NULL)

/* try: for i in range(3): x = yield i; await sleep(0)
 * finally: await sleep(0) */
static coil_result counting(void *unused)
{
	coil_result r = coil_ok(NULL);

	for (int i = 0; i < 3 && !r.error; i++) {
		note_at(text("y%d", i));
		r = coil_yield(coil_number(i));
		if (r.error)
			break;
		note("got%d", (int)r.number);
		r = coil_sleep(0);
	}
	note_at("fin");
	coil_sleep(0);
	note_at("fin2");
	return r;
}

/* ---- asking -------------------------------------------------------------------------- */

static coil_result iterate(void *unused)
{
	coil_async_generator *g = NEW(counting);

	COIL_ASYNC_FOR(r, g)
		note_at(text("%d", (int)r.number));
	CHECK_ERROR(r, COIL_OK);
	note_at("end");
	CHECK_ERROR(coil_anext(g), COIL_STOP_ASYNC_ITERATION);
	CHECK_ERROR(coil_anext(g), COIL_STOP_ASYNC_ITERATION);
	CHECK_ERROR(coil_asend(g, coil_number(3)), COIL_STOP_ASYNC_ITERATION);
	CHECK_ERROR(coil_aclose(g), COIL_OK);
	coil_release(g);
	return coil_ok(NULL);
}

TEST(async_for_gives_each_value_and_the_end)
{
	CHECK_INT(run_ticking(iterate), COIL_OK);
	CHECK_LOG("y0@1 0@1 got0 y1@2 1@2 got0 y2@3 2@3 got0 fin@4 fin2@5 end@5");
}

static coil_result send(void *unused)
{
	coil_async_generator *g = NEW(counting);
	coil_result r = coil_asend(g, coil_number(5));

	CHECK_ERROR(r, COIL_TYPE);
	CHECK_STR(coil_error_message(r),
		  "can't send non-None value to a just-started async generator");
	CHECK_INT(coil_asend(g, coil_ok(NULL)).number, 0);
	CHECK_INT(coil_asend(g, coil_number(7)).number, 1);
	CHECK_INT(coil_asend(g, coil_number(8)).number, 2);
	CHECK_ERROR(coil_asend(g, coil_raise(COIL_KEY)), COIL_TYPE);
	CHECK_ERROR(coil_asend(g, coil_number(9)), COIL_STOP_ASYNC_ITERATION);
	coil_release(g);
	return coil_ok(NULL);
}

TEST(asend_gives_the_yield_its_value)
{
	CHECK_INT(run_ticking(send), COIL_OK);
	CHECK_LOG("y0@1 got7 y1@2 got8 y2@3 got9 fin@4 fin2@5");
}

static coil_result stop_in_the_middle(void *unused)
{
	coil_async_generator *g = NEW(counting);

	COIL_ASYNC_FOR(r, g)
		if (r.number == 1)
			break;
	CHECK_INT(r.number, 1);
	note_at("a");
	CHECK_ERROR(coil_aclose(g), COIL_OK);
	note_at("b");
	CHECK_ERROR(coil_anext(g), COIL_STOP_ASYNC_ITERATION);
	CHECK_ERROR(coil_aclose(g), COIL_OK);
	note_at("c");
	coil_release(g);
	g = NEW(counting);
	CHECK_ERROR(coil_aclose(g), COIL_OK); /* not begun: nothing runs */
	CHECK_ERROR(coil_anext(g), COIL_STOP_ASYNC_ITERATION);
	coil_release(g);
	coil_release(NEW(counting)); /* and never asked */
	return coil_ok(NULL);
}

TEST(break_and_aclose)
{
	CHECK_INT(run_ticking(stop_in_the_middle), COIL_OK);
	CHECK_LOG("y0@1 got0 y1@2 a@2 fin@2 fin2@3 b@3 c@3");
}

/* ---- errors -------------------------------------------------------------------------- */

static const char *line_of_raise, *line_of_ask;

#define HERE text("line %d,", __LINE__)

static coil_result fails_second(void *unused)
{
	coil_result r = coil_yield(coil_number(1));

	if (r.error)
		return r;
	coil_sleep(0);
	line_of_raise = HERE; return coil_raise(COIL_KEY, "k");
}

static coil_result error_of_the_body(void *unused)
{
	coil_async_generator *g = NEW(fails_second);
	coil_result r = coil_anext(g);
	char *said = NULL;
	size_t size;
	FILE *file;

	CHECK_INT(r.number, 1);
	line_of_ask = HERE; r = coil_anext(g);
	CHECK_ERROR(r, COIL_KEY);
	CHECK_STR(coil_error_message(r), "k");
	file = open_memstream(&said, &size);
	coil_print_exception(r, file);
	fclose(file);
	CHECK_HAS(said, line_of_raise);
	CHECK_HAS(said, line_of_ask);
	CHECK(strstr(said, line_of_ask) < strstr(said, line_of_raise));
	free(said);
	CHECK_ERROR(coil_anext(g), COIL_STOP_ASYNC_ITERATION);
	coil_release(g);
	g = NEW(fails_second);
	COIL_ASYNC_FOR(r2, g)
		note("%d", (int)r2.number);
	CHECK_ERROR(r2, COIL_KEY);
	coil_release(g);
	CHECK_STR(coil_error_message(r2), "k"); /* it outlives the generator */
	return coil_ok(NULL);
}

TEST(an_error_of_the_body_comes_out_of_anext)
{
	CHECK_INT(run_virtual(error_of_the_body), COIL_OK);
	CHECK_LOG("1");
}

static coil_result raises_stop(void *unused)
{
	coil_yield(coil_number(1));
	return coil_raise(COIL_STOP_ASYNC_ITERATION);
}

static coil_result raises_stop_at_last(void *unused)
{
	coil_async_generator *g = NEW(raises_stop);
	coil_result r;

	coil_anext(g);
	r = coil_anext(g);
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "async generator raised StopAsyncIteration");
	coil_release(g);
	return coil_ok(NULL);
}

TEST(stop_async_iteration_raised_in_the_body)
{
	CHECK_INT(run_virtual(raises_stop_at_last), COIL_OK);
}

static coil_result ignores_exit(void *unused)
{
	coil_result r = coil_yield(coil_number(1));

	CHECK_ERROR(r, COIL_GENERATOR_EXIT);
	return coil_yield(coil_number(2));
}

static coil_result returns_at_exit(void *unused)
{
	coil_result r = coil_yield(coil_number(1));

	CHECK_ERROR(r, COIL_GENERATOR_EXIT);
	return coil_ok(NULL);
}

static coil_result raises_at_exit(void *unused)
{
	coil_yield(coil_number(1));
	return coil_raise(COIL_VALUE, "at exit");
}

static coil_result close_each(void *unused)
{
	coil_async_generator *g = NEW(ignores_exit);
	coil_result r;

	coil_anext(g);
	r = coil_aclose(g);
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "async generator ignored GeneratorExit");
	CHECK_ERROR(coil_anext(g), COIL_STOP_ASYNC_ITERATION);
	coil_release(g);
	g = NEW(returns_at_exit);
	coil_anext(g);
	CHECK_ERROR(coil_aclose(g), COIL_OK);
	coil_release(g);
	g = NEW(raises_at_exit);
	coil_anext(g);
	r = coil_aclose(g);
	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), "at exit");
	CHECK_ERROR(coil_aclose(g), COIL_OK);
	coil_release(g);
	return coil_ok(NULL);
}

TEST(what_a_body_does_with_generator_exit)
{
	CHECK_INT(run_virtual(close_each), COIL_OK);
}

static coil_result yields_inline(void *unused)
{
	coil_result r = coil_yield(coil_number(2));

	CHECK_ERROR(r, COIL_RUNTIME);
	return r;
}

COIL_GENERATOR(yields_in_frame)
{
	coil_result r;

	COIL_BEGIN;
	r = coil_yield(coil_number(3));
	CHECK_ERROR(r, COIL_RUNTIME);
	COIL_END(coil_ok(NULL));
}

static coil_result has_inline(void *unused)
{
	CHECK_ERROR(coil_await(coil_coro(yields_inline, NULL)), COIL_RUNTIME);
	CHECK_ERROR(coil_await(coil_generator(yields_in_frame, NULL)), COIL_OK);
	CHECK_ERROR(coil_yield(coil_raise(COIL_KEY)), COIL_TYPE);
	return coil_yield(coil_number(1));
}

static coil_result yield_elsewhere(void *unused)
{
	coil_async_generator *g = NEW(has_inline);
	coil_task *t = coil_create_task(coil_coro(yields_inline, NULL));

	CHECK_ERROR(coil_yield(coil_number(1)), COIL_RUNTIME);
	CHECK_ERROR(coil_await(t), COIL_RUNTIME);
	t = coil_create_task(coil_generator(yields_in_frame, NULL));
	CHECK_ERROR(coil_await(t), COIL_OK);
	CHECK_INT(coil_anext(g).number, 1);
	CHECK_ERROR(coil_anext(g), COIL_STOP_ASYNC_ITERATION);
	coil_release(g);
	return coil_ok(NULL);
}

TEST(a_yield_outside_of_the_body_is_refused)
{
	char *said;

	capture_begin(2);
	CHECK_ERROR(coil_yield(coil_number(1)), COIL_RUNTIME);
	CHECK_INT(run_virtual(yield_elsewhere), COIL_OK);
	said = capture_end();
	CHECK_HAS(said, "yield outside of the body of an async generator");
}

TEST(asked_outside_of_a_task_or_by_a_wrong_handle)
{
	coil_async_generator *g = NEW(counting);
	coil_context *c = coil_context_new();
	char *said;

	capture_begin(2);
	CHECK(coil_async_generator_new(NULL, NULL) == NULL);
	CHECK_ERROR(coil_last_error(), COIL_TYPE);
	CHECK_ERROR(coil_anext(g), COIL_RUNTIME);
	CHECK_ERROR(coil_aclose(g), COIL_RUNTIME);
	coil_release(g);
	coil_release(c);
	said = capture_end();
	CHECK_HAS(said, "anext outside of a task");
	CHECK_HAS(said, "aclose outside of a task");
}

static coil_result ask_stale(void *unused)
{
	coil_async_generator *g = NEW(counting);

	coil_release(g);
	CHECK_ERROR(coil_anext(g), COIL_INVALID_HANDLE);
	CHECK_ERROR(coil_aclose(g), COIL_INVALID_HANDLE);
	coil_release(g);
	CHECK_ERROR(coil_anext((coil_async_generator *)coil_current_task()), COIL_TYPE);
	CHECK(coil_await((coil_awaitable *)NEW(counting)).error == COIL_TYPE);
	return coil_ok(NULL);
}

TEST(asked_after_it_was_released)
{
	capture_begin(2);
	CHECK_INT(run_virtual(ask_stale), COIL_OK);
	CHECK_HAS(capture_end(), "async generator");
}

/* ---- several tasks -------------------------------------------------------------------- */

static coil_result slow(void *unused)
{
	for (int i = 1; i < 4; i++) {
		coil_result r = coil_sleep(0);

		if (!r.error)
			r = coil_yield(coil_number(i));
		if (r.error)
			return r;
	}
	return coil_ok(NULL);
}

static coil_result ask_one(void *g)
{
	coil_result r = coil_anext((coil_async_generator *)g);

	note_at(text("%s:%d", coil_error_name(r.error), r.error ? 0 : (int)r.number));
	return r;
}

static coil_result ask_at_once(void *unused)
{
	coil_async_generator *g = NEW(slow);
	coil_task *t = coil_create_task(coil_coro(ask_one, g));
	coil_result r;

	coil_sleep(0);
	r = coil_anext(g);
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "anext(): asynchronous generator is already running");
	r = coil_asend(g, coil_number(3));
	CHECK_STR(coil_error_message(r), "anext(): asynchronous generator is already running");
	r = coil_aclose(g);
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "aclose(): asynchronous generator is already running");
	CHECK_INT(coil_await(t).number, 1);
	/* ... and others one after the other. */
	CHECK_INT(coil_await(coil_create_task(coil_coro(ask_one, g))).number, 2);
	CHECK_INT(coil_await(coil_create_task(coil_coro(ask_one, g))).number, 3);
	CHECK_ERROR(coil_anext(g), COIL_STOP_ASYNC_ITERATION);
	coil_release(g);
	return coil_ok(NULL);
}

TEST(asked_by_several_tasks_at_once_and_in_turn)
{
	CHECK_INT(run_ticking(ask_at_once), COIL_OK);
	CHECK_LOG("OK:1@3 OK:2@6 OK:3@9");
}

static coil_async_generator *shared;

static coil_result asks_itself(void *unused)
{
	CHECK_ERROR(coil_anext(shared), COIL_RUNTIME);
	CHECK_ERROR(coil_aclose(shared), COIL_RUNTIME);
	return coil_yield(coil_number(1));
}

static coil_result ask_itself(void *unused)
{
	shared = NEW(asks_itself);
	CHECK_INT(coil_anext(shared).number, 1);
	coil_aclose(shared);
	coil_release(shared);
	return coil_ok(NULL);
}

TEST(a_body_that_asks_its_own_generator)
{
	CHECK_INT(run_virtual(ask_itself), COIL_OK);
}

static coil_result other_loop(void *unused)
{
	coil_result r = coil_anext(shared);

	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_HAS(coil_error_message(r), "different event loop");
	return coil_ok(NULL);
}

static coil_result begin_shared(void *unused)
{
	CHECK_INT(coil_anext(shared).number, 0);
	return coil_ok(NULL);
}

TEST(asked_in_a_second_loop)
{
	coil_loop *loop = virtual_loop();

	shared = NEW(counting);
	coil_loop_run_until_complete(loop, coil_coro(begin_shared, NULL));
	CHECK_INT(run_virtual(other_loop), COIL_OK);
	coil_loop_close(loop);
	coil_release(shared);
	CHECK_LOG("y0@0");
}

/* ---- inside of each other, and awaits inside ------------------------------------------------ */

static coil_result doubles(void *inner)
{
	coil_async_generator *g = inner;

	COIL_ASYNC_FOR(r, g) {
		coil_result sent = coil_yield(coil_number(2 * r.number));

		if (sent.error) {
			note("closing");
			coil_aclose(g);
			coil_release(g);
			return sent;
		}
	}
	coil_release(g);
	return r.error ? r : coil_ok(NULL);
}

static coil_result nest(void *unused)
{
	coil_async_generator *g = NEW(slow);

	for (int i = 0; i < 10; i++)
		g = coil_async_generator_new(doubles, g);
	COIL_ASYNC_FOR(r, g)
		note("%d", (int)r.number);
	CHECK_ERROR(r, COIL_OK);
	coil_release(g);
	note_at("and");
	g = NEW(slow);
	for (int i = 0; i < 3; i++)
		g = coil_async_generator_new(doubles, g);
	CHECK_INT(coil_anext(g).number, 8);
	CHECK_ERROR(coil_aclose(g), COIL_OK);
	coil_release(g);
	return coil_ok(NULL);
}

/* However deep, a sleep(0) in the innermost takes one turn. */
TEST(generators_that_iterate_generators)
{
	CHECK_INT(run_ticking(nest), COIL_OK);
	CHECK_LOG("1024 2048 3072 and@4 closing closing closing");
}

static coil_result three(void *unused)
{
	coil_sleep(1);
	return coil_number(3);
}

static coil_task *asker;

static coil_result awaits_all(void *unused)
{
	coil_result r = coil_await(coil_gather(coil_coro(three, NULL), coil_coro(three, NULL)));
	coil_list *list = r.value;

	CHECK(coil_current_task() == asker);
	CHECK_INT(list->count, 2);
	CHECK_ERROR(coil_yield(coil_number(1)), COIL_OK);
	CHECK_INT(list->items[1].number, 3); /* the body's, as long as it runs */
	CHECK_INT(coil_await(coil_coro(three, NULL)).number, 3);
	CHECK_INT(coil_await(coil_create_task(coil_coro(three, NULL))).number, 3);
	CHECK_ERROR(coil_yield(coil_ok(list)), COIL_OK);
	CHECK_INT(list->items[0].number, 3);
	return coil_raise(COIL_VALUE, "last");
}

static coil_result ask_it_all(void *unused)
{
	coil_async_generator *g = NEW(awaits_all);
	coil_result r;

	asker = coil_current_task();
	coil_await(coil_gather(coil_coro(three, NULL))); /* and one of the asker's */
	CHECK_INT(coil_anext(g).number, 1);
	r = coil_anext(g);
	CHECK_INT(((coil_list *)r.value)->items[1].number, 3);
	CHECK_ERROR(coil_anext(g), COIL_VALUE);
	coil_release(g);
	note("%g", coil_time());
	return coil_ok(NULL);
}

TEST(what_a_body_awaits_and_keeps)
{
	CHECK_INT(run_virtual(ask_it_all), COIL_OK);
	CHECK_LOG("4");
}

static coil_result cancelled_body(void *unused)
{
	coil_result r = coil_yield(coil_number(1));

	if (!r.error)
		r = coil_sleep(5);
	note_at(text("body:%s", coil_error_message(r)));
	return r;
}

static coil_result cancelled_user(void *unused)
{
	coil_async_generator *g = NEW(cancelled_body);

	COIL_ASYNC_FOR(r, g)
		note_at(text("%d", (int)r.number));
	note_at(text("user:%s", coil_error_message(r)));
	CHECK_ERROR(coil_anext(g), COIL_STOP_ASYNC_ITERATION);
	coil_release(g);
	return r;
}

static coil_result cancel_asker(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(cancelled_user, NULL));

	coil_sleep(0);
	coil_task_cancel(t, "enough");
	CHECK_ERROR(coil_await(t), COIL_CANCELLED);
	note_at("main");
	return coil_ok(NULL);
}

TEST(a_cancellation_reaches_what_the_body_awaits)
{
	CHECK_INT(run_ticking(cancel_asker), COIL_OK);
	CHECK_LOG("1@2 body:enough@3 user:enough@3 main@4");
}

static coil_result swallows(void *unused)
{
	coil_yield(coil_number(1));
	CHECK_ERROR(coil_sleep(5), COIL_CANCELLED);
	return coil_yield(coil_number(2));
}

static coil_result ask_swallower(void *unused)
{
	coil_async_generator *g = NEW(swallows);

	coil_anext(g);
	note("%d", (int)coil_anext(g).number);
	CHECK_ERROR(coil_sleep(0), COIL_OK);
	CHECK_ERROR(coil_aclose(g), COIL_OK);
	coil_release(g);
	return coil_ok(NULL);
}

static coil_result time_out(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(ask_swallower, NULL));

	coil_sleep(1);
	coil_task_cancel(t);
	CHECK_ERROR(coil_await(t), COIL_OK);
	return coil_ok(NULL);
}

TEST(a_body_may_swallow_a_cancellation)
{
	CHECK_INT(run_virtual(time_out), COIL_OK);
	CHECK_LOG("2");
}

/* An asker that runs by frames, with the body over a borrowed stack. */
static coil_result ask_all(void *g)
{
	COIL_ASYNC_FOR(r, g)
		note("%d", (int)r.number);
	coil_release(g);
	return r;
}

COIL_GENERATOR(asks_in_frames)
{
	coil_async_generator *g;

	COIL_BEGIN;
	g = NEW(slow);
	CHECK_ERROR(coil_anext(g), COIL_RUNTIME); /* a frame has no stack to leave */
	COIL_YIELD_FROM(coil_coro(ask_all, g));
	COIL_END(COIL_SENT);
}

static coil_result ask_over_frames(void *unused)
{
	char *said;

	capture_begin(2);
	CHECK_ERROR(coil_await(coil_create_task(coil_generator(asks_in_frames, NULL))), COIL_OK);
	said = capture_end();
	CHECK_HAS(said, "COIL_YIELD_FROM");
	return coil_await(coil_coro(ask_all, NEW(slow)));
}

TEST(asked_from_a_generator_based_coroutine)
{
	CHECK_INT(run_virtual(ask_over_frames), COIL_OK);
	CHECK_LOG("1 2 3 1 2 3");
}

static coil_result frames_in_body(void *unused)
{
	coil_async_generator *g = coil_async_generator_new(doubles, NEW(slow));

	return coil_await(coil_coro(ask_all, g));
}

COIL_GENERATOR(awaits_in_body)
{
	COIL_BEGIN;
	COIL_YIELD_FROM_SLEEP(1);
	COIL_YIELD_FROM(coil_coro(three, NULL));
	COIL_END(COIL_SENT);
}

static coil_result body_of_frames(void *unused)
{
	coil_result r = coil_await(coil_generator(awaits_in_body, NULL));

	r = coil_yield(r);
	return r.error ? r : coil_await(coil_create_task(coil_generator(awaits_in_body, NULL)));
}

static coil_result ask_body_of_frames(void *unused)
{
	return coil_await(coil_coro(ask_all, NEW(body_of_frames)));
}

TEST(a_body_that_awaits_generator_based_coroutines)
{
	CHECK_INT(run_virtual(ask_body_of_frames), COIL_OK);
	CHECK_INT(run_virtual(frames_in_body), COIL_OK);
	CHECK_LOG("3 2 4 6");
}

/* ---- abandoned ---------------------------------------------------------------------------- */

static coil_result abandon(void *unused)
{
	coil_async_generator *g = NEW(counting);

	coil_anext(g);
	note_at("rel");
	coil_release(g);
	note_at("released");
	yield_control(5);
	note_at("end");
	return coil_ok(NULL);
}

TEST(A01_a_new_task_closes_one_that_is_abandoned)
{
	CHECK_INT(run_ticking(abandon), COIL_OK);
	CHECK_LOG("y0@1 rel@1 released@1 fin@3 fin2@4 end@6");
}

static coil_result look_at_closer(void *unused)
{
	coil_async_generator *g = NEW(counting);
	coil_list *tasks;

	coil_anext(g);
	coil_release(g);
	coil_sleep(0);
	tasks = coil_all_tasks(coil_get_running_loop());
	CHECK_INT(tasks->count, 2);
	coil_task_cancel(tasks->items[1].value);
	coil_release(tasks);
	yield_control(5);
	note_at("end");
	return coil_ok(NULL);
}

/* Cancelled before its first step, it still closes: with the cancellation. */
TEST(A01_the_closer_is_a_task_and_can_be_cancelled)
{
	CHECK_INT(run_ticking(look_at_closer), COIL_OK);
	CHECK_LOG("y0@1 fin@3 fin2@4 end@7");
}

static coil_result shut_down_abandoned(void *unused)
{
	coil_async_generator *g = NEW(counting);

	coil_anext(g);
	coil_release(g);
	note_at("sd");
	CHECK_ERROR(coil_loop_shutdown_asyncgens(coil_get_running_loop()), COIL_OK);
	note_at("sd2");
	yield_control(4);
	return coil_ok(NULL);
}

/* It has a closer, and is the shutdown's no more. */
TEST(A01_shutdown_leaves_an_abandoned_one_to_its_closer)
{
	CHECK_INT(run_ticking(shut_down_abandoned), COIL_OK);
	CHECK_LOG("y0@1 sd@1 sd2@1 fin@3 fin2@4");
}

static coil_result fails_at_close(void *unused)
{
	coil_yield(coil_number(1));
	return coil_raise(COIL_KEY, "close");
}

static coil_result close_with_errors(void *unused)
{
	coil_loop *loop = coil_get_running_loop();
	coil_async_generator *g = NEW(fails_at_close), *h = NEW(fails_at_close);

	report_here();
	coil_anext(g);
	coil_release(g);
	yield_control(5);
	coil_anext(h);
	note_at("sd");
	CHECK_ERROR(coil_loop_shutdown_asyncgens(loop), COIL_OK);
	note_at("sd2");
	CHECK_ERROR(coil_loop_shutdown_asyncgens(loop), COIL_OK);
	note_at("sd3");
	coil_release(h);
	return coil_ok(NULL);
}

TEST(A03_an_error_in_closing_is_reported)
{
	CHECK_INT(run_ticking(close_with_errors), COIL_OK);
	CHECK_LOG("[Task exception was never retrieved|KeyError close] sd@6 "
		  "[an error occurred during closing of asynchronous generator "
		  "'fails_at_close'|KeyError close] sd2@9 sd3@9");
}

static coil_result late(void *unused)
{
	coil_async_generator *g = NEW(counting);

	CHECK_ERROR(coil_loop_shutdown_asyncgens(coil_get_running_loop()), COIL_OK);
	CHECK_INT(coil_anext(g).number, 0);
	CHECK_ERROR(coil_aclose(g), COIL_OK);
	coil_release(g);
	return coil_ok(NULL);
}

TEST(A04_first_asked_after_the_shutdown)
{
	char *said;

	capture_begin(2);
	CHECK_INT(run_virtual(late), COIL_OK);
	said = capture_end();
	CHECK_HAS(said, "ResourceWarning: asynchronous generator 'counting' was scheduled "
			"after loop.shutdown_asyncgens() call");
	CHECK_HAS(log_take(), "y0");
}

static coil_result slow_to_close(void *word)
{
	coil_result r = coil_yield(coil_number(1));
	const char *name = word;

	note_at(name);
	yield_control(name[0] - 'a' + 1);
	note_at(name);
	return r;
}

static coil_result shut_down(void *unused)
{
	coil_async_generator *a = coil_async_generator_new(slow_to_close, "a");
	coil_async_generator *b = coil_async_generator_new(slow_to_close, "b");

	coil_anext(a);
	coil_anext(b);
	note_at("sd");
	CHECK_ERROR(coil_loop_shutdown_asyncgens(coil_get_running_loop()), COIL_OK);
	note_at("done");
	CHECK_ERROR(coil_anext(a), COIL_STOP_ASYNC_ITERATION);
	coil_release(a);
	coil_release(b);
	return coil_ok(NULL);
}

TEST(shutdown_closes_all_at_once)
{
	CHECK_INT(run_ticking(shut_down), COIL_OK);
	CHECK_LOG("sd@1 a@2 b@2 a@3 b@4 done@6");
}

static coil_result very_slow(void *unused)
{
	yield_control(5);
	return coil_yield(coil_number(1));
}

static coil_result shut_down_running(void *unused)
{
	coil_async_generator *g = NEW(very_slow);
	coil_task *t = coil_create_task(coil_coro(ask_one, g));

	report_here();
	coil_sleep(0);
	CHECK_ERROR(coil_loop_shutdown_asyncgens(coil_get_running_loop()), COIL_OK);
	CHECK_INT(coil_await(t).number, 1);
	coil_aclose(g);
	coil_release(g);
	return coil_ok(NULL);
}

TEST(A03_shutdown_while_one_is_asked)
{
	CHECK_INT(run_ticking(shut_down_running), COIL_OK);
	CHECK_HAS(log_take(), "aclose(): asynchronous generator is already running");
}

static coil_result leave_some(void *unused)
{
	coil_async_generator *a = NEW(counting), *b = NEW(fails_at_close);

	report_here();
	coil_anext(a); /* held, and never let go of */
	coil_anext(b);
	coil_anext(coil_async_generator_new(slow_to_close, "a"));
	note("main");
	return coil_ok(NULL);
}

TEST(A02_run_closes_what_is_left)
{
	CHECK_ERROR(coil_run(coil_coro(leave_some, NULL)), COIL_OK);
	CHECK_LOG("y0@0 main fin@0 a@0 fin2@0 a@0 [an error occurred during closing of "
		  "asynchronous generator 'fails_at_close'|KeyError close]");
}

static coil_result leave_abandoned(void *unused)
{
	coil_async_generator *a = NEW(counting);

	coil_anext(a);
	coil_release(a);
	note("main");
	return coil_ok(NULL);
}

/* The task that closes it is made as run ends, and cancelled before it begins. */
TEST(A02_run_closes_what_was_abandoned_at_its_end)
{
	CHECK_ERROR(coil_run(coil_coro(leave_abandoned, NULL)), COIL_OK);
	CHECK_LOG("y0@0 main fin@0 fin2@0");
}

static coil_result exits_at_close(void *unused)
{
	coil_yield(coil_number(1));
	return coil_raise(COIL_SYSTEM_EXIT, "3");
}

static coil_result leave_exiting(void *unused)
{
	coil_anext(NEW(exits_at_close));
	coil_anext(NEW(counting));
	return coil_ok(NULL);
}

TEST(A02_system_exit_in_closing)
{
	coil_result r;

	capture_begin(2);
	r = coil_run(coil_coro(leave_exiting, NULL));
	CHECK_ERROR(r, COIL_SYSTEM_EXIT);
	CHECK_STR(coil_error_message(r), "3");
	capture_end();
	CHECK_HAS(log_take(), "y0");
}

/* ---- released, and closed with its loop ------------------------------------------------------ */

static coil_result ask_shared(void *times)
{
	for (intptr_t i = 0; i < (intptr_t)times; i++)
		coil_anext(shared);
	return coil_ok(NULL);
}

static coil_result use_and_release(void *g)
{
	coil_anext(g);
	coil_release(g);
	return coil_sleep(100);
}

static coil_result hold_many(void *depth)
{
	coil_async_generator *g = NEW(counting);

	for (int i = 0; i < 3; i++)
		g = coil_async_generator_new(doubles, g);
	coil_anext(g);
	coil_anext(g);
	return coil_sleep(100);
}

static void close_at(unsigned iterations, bool release_before)
{
	coil_loop *loop = virtual_loop();

	shared = NEW(counting);
	coil_release(coil_loop_create_task(loop, coil_coro(ask_shared, (void *)3)));
	coil_release(coil_loop_create_task(loop, coil_coro(use_and_release, NEW(counting))));
	coil_release(coil_loop_create_task(loop, coil_coro(hold_many, NULL)));
	run_iterations(loop, iterations);
	if (release_before)
		coil_release(shared);
	capture_begin(2);
	coil_loop_close(loop);
	capture_end();
	if (!release_before)
		coil_release(shared);
}

TEST(a_loop_closed_over_them_at_every_moment)
{
	for (unsigned i = 0; i < 7; i++)
		for (int before = 0; before < 2; before++)
			close_at(i, before);
	CHECK_HAS(log_take(), "y0@0");
}

static coil_result ask_released(void *unused)
{
	CHECK_ERROR(coil_anext(shared), COIL_STOP_ASYNC_ITERATION);
	CHECK_ERROR(coil_aclose(shared), COIL_OK);
	return coil_ok(NULL);
}

TEST(asked_again_after_its_loop_was_closed)
{
	coil_loop *loop = virtual_loop();

	shared = NEW(counting);
	coil_loop_run_until_complete(loop, coil_coro(begin_shared, NULL));
	coil_loop_close(loop);
	CHECK_INT(run_virtual(ask_released), COIL_OK);
	coil_release(shared);
	CHECK_LOG("y0@0");
}

static coil_result release_while_asked(void *unused)
{
	coil_async_generator *g = NEW(slow);
	coil_task *t = coil_create_task(coil_coro(ask_one, g));

	coil_sleep(0);
	coil_release(g); /* the task that asks holds it, and at its yield it is abandoned */
	CHECK_INT(coil_await(t).number, 1);
	yield_control(4);
	return coil_ok(NULL);
}

TEST(released_while_a_task_asks_it)
{
	CHECK_INT(run_ticking(release_while_asked), COIL_OK);
	CHECK_LOG("OK:1@3");
}

static coil_result ten_thousand(void *unused)
{
	for (int i = 0; i < 10000; i++) {
		coil_async_generator *g = NEW(slow);

		CHECK_INT(coil_anext(g).number, 1);
		if (i % 3 == 0)
			CHECK_ERROR(coil_aclose(g), COIL_OK);
		coil_release(g);
		if (i % 100 == 0)
			coil_sleep(1);
	}
	return coil_ok(NULL);
}

TEST(ten_thousand_that_are_let_go, .seconds = 60)
{
	CHECK_INT(run_virtual(ten_thousand), COIL_OK);
}
