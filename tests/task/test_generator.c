/* SPDX-License-Identifier: MIT
 *
 * Generator-based coroutines: alone, under and above the native kind, cancelled
 * at every place.  What they do is what the native kind does, to the iteration.
 */
#include <math.h>
#include <coil/async_generator.h>
#include <coil/generator.h>
#include <coil/sync.h>
#include <coil/timeout.h>
#include "journal.h"

#define WHEN_FAILED_RETURN                                                     \
	do {                                                                   \
		if (COIL_SENT.error)                                           \
			COIL_RETURN(COIL_SENT);                                \
	} while (0)

static const char *line_here(int line)
{
	return text("line %d,", line);
}

#define HERE line_here(__LINE__)

static coil_result native_number(void *n)
{
	return coil_number((intptr_t)n);
}

static coil_result native_sleep(void *word)
{
	coil_result r = coil_sleep(1);

	note("%s:%s", (char *)word, coil_error_name(r.error));
	return r.error ? r : coil_number(5);
}

COIL_GENERATOR(number)
{
	COIL_BEGIN;
	COIL_END(coil_number((intptr_t)COIL_ARG));
}

COIL_GENERATOR(sleeper)
{
	COIL_BEGIN;
	COIL_YIELD_FROM_SLEEP(1);
	note("%s:%s", (char *)COIL_ARG, coil_error_name(COIL_SENT.error));
	WHEN_FAILED_RETURN;
	COIL_END(coil_number(5));
}

/* ---- steps ---------------------------------------------------------------------------- */

COIL_GENERATOR(twice, int i;)
{
	COIL_BEGIN;
	for (self->i = 0; self->i < 2; self->i++) {
		note_at(COIL_ARG);
		COIL_YIELD_FROM_SLEEP(0);
		CHECK_ERROR(COIL_SENT, COIL_OK);
	}
	note_at(COIL_ARG);
	COIL_END(coil_number(self->i));
}

static coil_result spawn_twice(void *unused)
{
	coil_task *t = coil_create_task(coil_generator(twice, "t"), "gen-%d", 1);

	CHECK_STR(coil_task_get_name(t), "gen-1");
	note_at("main");
	CHECK_INT(coil_await(t).number, 2);
	note_at("main");
	return coil_ok(NULL);
}

TEST(K01_K08_K09_of_a_task)
{
	CHECK_INT(run_ticking(spawn_twice), COIL_OK);
	CHECK_LOG("main@1 t@2 t@3 t@4 main@5");
}

static coil_result await_twice(void *unused)
{
	CHECK_INT(coil_await(coil_generator(twice, "t")).number, 2);
	note_at("main");
	return coil_ok(NULL);
}

TEST(K06_awaited_by_a_native_coroutine)
{
	CHECK_INT(run_ticking(await_twice), COIL_OK);
	CHECK_LOG("t@1 t@2 t@3 main@3");
}

COIL_GENERATOR(main_of_generators)
{
	COIL_BEGIN;
	note_at("main");
	COIL_YIELD_FROM(coil_generator(twice, "inline"));
	CHECK_INT(COIL_SENT.number, 2);
	note_at("main");
	COIL_YIELD_FROM(coil_create_task(coil_generator(twice, "task")));
	CHECK_INT(COIL_SENT.number, 2);
	note_at("main");
	COIL_YIELD_FROM(coil_create_task(coil_coro(native_number, (void *)3)));
	CHECK_INT(COIL_SENT.number, 3);
	note_at("main");
	COIL_END(coil_number(7));
}

static coil_result await_main_of_generators(void *unused)
{
	return coil_await(coil_generator(main_of_generators, NULL));
}

TEST(K06_K08_as_the_main_task_and_inline)
{
	coil_loop *loop = virtual_loop();

	start_ticker(loop);
	CHECK_INT(coil_loop_run_until_complete(loop,
		coil_generator(main_of_generators, NULL)).number, 7);
	coil_loop_close(loop);
	CHECK_LOG("main@1 inline@1 inline@2 inline@3 main@3 task@4 task@5 task@6 main@7 "
		  "main@9");
	CHECK_INT(run_ticking(await_main_of_generators), COIL_OK);
	CHECK_LOG("main@1 inline@1 inline@2 inline@3 main@3 task@4 task@5 task@6 main@7 "
		  "main@9");
	CHECK_INT(coil_run(coil_generator(main_of_generators, NULL)).number, 7);
}

COIL_GENERATOR(done_things, coil_future *f;)
{
	COIL_BEGIN;
	self->f = coil_create_future();
	coil_future_set_result(self->f, coil_number(4));
	COIL_YIELD_FROM(coil_retain(self->f));
	CHECK_INT(COIL_SENT.number, 4);
	note_at("A");
	coil_release(self->f);
	COIL_YIELD_FROM(coil_coro(native_number, (void *)5));
	CHECK_INT(COIL_SENT.number, 5);
	COIL_YIELD_FROM(coil_generator(number, (void *)6));
	CHECK_INT(COIL_SENT.number, 6);
	note_at("B");
	COIL_END(coil_ok(NULL));
}

static coil_result await_done_things(void *unused)
{
	coil_await(coil_create_task(coil_generator(done_things, NULL)));
	return coil_await(coil_generator(done_things, NULL));
}

TEST(K07_F16_what_is_done_does_not_suspend)
{
	run_ticking(await_done_things);
	CHECK_LOG("A@2 B@2 A@3 B@3");
}

COIL_GENERATOR(sleeps)
{
	COIL_BEGIN;
	COIL_YIELD_FROM_SLEEP(1.5);
	note("%g", coil_time());
	COIL_YIELD_FROM_SLEEP(-1);
	note("%g", coil_time());
	COIL_YIELD_FROM_SLEEP(NAN);
	CHECK_ERROR(COIL_SENT, COIL_VALUE);
	CHECK_STR(coil_error_message(COIL_SENT), "Invalid delay: NaN (not a number)");
	COIL_YIELD_FROM_SLEEP(2);
	note("%g", coil_time());
	COIL_END(coil_ok(NULL));
}

static coil_result await_sleeps(void *unused)
{
	coil_await(coil_create_task(coil_generator(sleeps, NULL)));
	return coil_await(coil_generator(sleeps, NULL));
}

TEST(K09_K11_sleep)
{
	run_virtual(await_sleeps);
	CHECK_LOG("1.5 1.5 3.5 5 5 7");
}

static coil_result alternate(void *unused)
{
	coil_result r = coil_await(coil_gather(coil_generator(twice, "a"),
					       coil_generator(twice, "b")));

	CHECK_INT(((coil_list *)r.value)->items[1].number, 2);
	note_at("main");
	return coil_ok(NULL);
}

TEST(K10_G05_gathered_they_alternate)
{
	run_ticking(alternate);
	CHECK_LOG("a@2 b@2 a@3 b@3 a@4 b@4 main@6");
}

/* ---- each awaits the other -------------------------------------------------------------- */

static coil_result native_level(void *depth);

COIL_GENERATOR(level)
{
	COIL_BEGIN;
	if (!COIL_ARG)
		COIL_RETURN(coil_number(0));
	if ((intptr_t)COIL_ARG % 3 == 0)
		COIL_YIELD_FROM_SLEEP(0);
	if ((intptr_t)COIL_ARG % 2)
		COIL_YIELD_FROM(coil_coro(native_level, (char *)COIL_ARG - 1));
	else
		COIL_YIELD_FROM(coil_generator(level, (char *)COIL_ARG - 1));
	if (COIL_SENT.error)
		COIL_RETURN(COIL_SENT);
	COIL_END(coil_number(COIL_SENT.number + 1));
}

static coil_result native_level(void *depth)
{
	coil_result r;

	if (!depth)
		return coil_number(0);
	r = coil_sleep((intptr_t)depth % 5 == 0 ? 1 : 0);
	if (r.error)
		return r;
	r = coil_await((intptr_t)depth % 4 == 1 ? coil_coro(native_level, (char *)depth - 1) :
						  coil_generator(level, (char *)depth - 1));
	return r.error ? r : coil_number(r.number + 1);
}

static coil_result nest(void *unused)
{
	CHECK_INT(coil_await(coil_generator(level, (void *)60)).number, 60);
	CHECK_INT(coil_await(coil_create_task(coil_generator(level, (void *)60))).number, 60);
	CHECK_INT(coil_await(coil_create_task(coil_coro(native_level, (void *)60))).number, 60);
	return coil_ok(NULL);
}

TEST(both_kinds_nested_sixty_deep)
{
	CHECK_INT(run_virtual(nest), COIL_OK);
}

COIL_GENERATOR(very_deep)
{
	COIL_BEGIN;
	COIL_YIELD_FROM_SLEEP(COIL_ARG ? 0 : 1);
	if (COIL_ARG)
		COIL_YIELD_FROM(coil_generator(very_deep, (char *)COIL_ARG - 1));
	if (COIL_SENT.error)
		COIL_RETURN(COIL_SENT);
	COIL_END(coil_number(COIL_SENT.number + 1));
}

static coil_result nest_frames(void *unused)
{
	return coil_number(coil_await(coil_create_task(
		coil_generator(very_deep, (void *)10000))).number != 10001);
}

/* They take no stack. */
TEST(ten_thousand_frames_deep, .seconds = 60)
{
	CHECK_INT(run_virtual(nest_frames), COIL_OK);
}

static coil_task *the_task;

static coil_result native_looks(void *unused)
{
	CHECK(coil_current_task() == the_task);
	CHECK_ERROR(coil_sleep(0), COIL_OK);
	CHECK(coil_current_task() == the_task);
	CHECK_ERROR(coil_await(coil_create_task(coil_coro(native_number, NULL))), COIL_OK);
	CHECK(coil_current_task() == the_task);
	note("native");
	return coil_ok(NULL);
}

COIL_GENERATOR(looks)
{
	COIL_BEGIN;
	the_task = coil_current_task();
	CHECK(the_task != NULL);
	COIL_YIELD_FROM(coil_coro(native_looks, NULL));
	CHECK(coil_current_task() == the_task);
	COIL_YIELD_FROM_SLEEP(0);
	CHECK(coil_current_task() == the_task);
	CHECK_STR(coil_task_get_name(the_task), "looks");
	COIL_END(coil_ok(NULL));
}

static coil_result run_looks(void *unused)
{
	coil_await(coil_create_task(coil_generator(looks, NULL), "looks"));
	return coil_ok(NULL);
}

TEST(K14_K15_the_current_task_on_a_borrowed_stack)
{
	run_virtual(run_looks);
	CHECK_LOG("native");
}

/* ---- errors ----------------------------------------------------------------------------- */

static const char *line_raise, *line_native, *line_inner, *line_outer, *line_task;

static coil_result fail_natively(void *unused)
{
	coil_sleep(0);
	line_raise = HERE; return coil_raise(COIL_VALUE, "deep trouble");
}

static coil_result await_failing(void *unused)
{
	line_native = HERE; return coil_await(coil_coro(fail_natively, NULL));
}

COIL_GENERATOR(inner_fails)
{
	COIL_BEGIN;
	line_inner = HERE; COIL_YIELD_FROM(coil_coro(await_failing, NULL));
	COIL_END(COIL_SENT);
}

COIL_GENERATOR(outer_fails)
{
	COIL_BEGIN;
	line_outer = HERE; COIL_YIELD_FROM(coil_generator(inner_fails, NULL));
	COIL_END(COIL_SENT);
}

static char *traceback(coil_result r)
{
	char *said = NULL;
	size_t size;
	FILE *file = open_memstream(&said, &size);

	coil_print_exception(r, file);
	fclose(file);
	return keep(said);
}

static void check_traceback(coil_result r)
{
	const char *said = traceback(r), *at = said;
	const char *const lines[] = { line_task, line_outer, line_inner, line_native, line_raise };

	CHECK_ERROR(r, COIL_VALUE);
	CHECK_HAS(said, "ValueError: deep trouble");
	for (int i = 0; i < 5; i++) {
		CHECK_HAS(at, lines[i]);
		at = strstr(at, lines[i]);
		at = at ? at + 1 : "";
	}
	CHECK_STR(strstr(at, "await last"), NULL);
}

static coil_result fail_through(void *unused)
{
	coil_result r;

	line_task = HERE; r = coil_await(coil_create_task(coil_generator(outer_fails, NULL)));
	check_traceback(r);
	line_task = HERE; r = coil_await(coil_generator(outer_fails, NULL));
	check_traceback(r);
	return coil_ok(NULL);
}

TEST(K20_an_error_through_both_kinds_with_its_places)
{
	CHECK_INT(run_virtual(fail_through), COIL_OK);
}

COIL_GENERATOR(fails)
{
	COIL_BEGIN;
	COIL_END(coil_raise(COIL_KEY, "at once"));
}

COIL_GENERATOR(catches)
{
	COIL_BEGIN;
	COIL_YIELD_FROM(coil_generator(fails, NULL));
	CHECK_ERROR(COIL_SENT, COIL_KEY);
	COIL_YIELD_FROM(coil_create_task(coil_generator(fails, NULL)));
	CHECK_ERROR(COIL_SENT, COIL_KEY);
	CHECK_STR(coil_error_message(COIL_SENT), "at once");
	COIL_YIELD_FROM(NULL);
	CHECK(COIL_SENT.error != COIL_OK);
	COIL_YIELD_FROM(coil_coro(NULL, NULL));
	CHECK_ERROR(COIL_SENT, COIL_TYPE);
	COIL_END(coil_number(1));
}

static coil_result run_catches(void *unused)
{
	CHECK_INT(coil_await(coil_create_task(coil_generator(catches, NULL))).number, 1);
	CHECK_INT(coil_await(coil_generator(catches, NULL)).number, 1);
	return coil_ok(NULL);
}

TEST(K20_errors_are_caught)
{
	CHECK_INT(run_virtual(run_catches), COIL_OK);
}

COIL_GENERATOR(awaits_self)
{
	COIL_BEGIN;
	COIL_YIELD_FROM(coil_retain(coil_current_task()));
	CHECK_ERROR(COIL_SENT, COIL_RUNTIME);
	CHECK_HAS(coil_error_message(COIL_SENT), "Task cannot await on itself");
	CHECK_HAS(traceback(COIL_SENT), "awaits_self_step");
	note_at("caught");
	COIL_YIELD_FROM_SLEEP(0);
	CHECK_ERROR(COIL_SENT, COIL_OK);
	note_at("on");
	COIL_END(coil_number(4));
}

static coil_result K18(void *unused)
{
	CHECK_INT(coil_await(coil_create_task(coil_generator(awaits_self, NULL))).number, 4);
	note_at("main");
	return coil_ok(NULL);
}

TEST(K18_a_task_that_awaits_itself)
{
	run_ticking(K18);
	CHECK_LOG("caught@3 on@4 main@5");
}

static coil_future *of_another;

COIL_GENERATOR(awaits_other)
{
	COIL_BEGIN;
	COIL_YIELD_FROM(coil_retain(of_another));
	CHECK_ERROR(COIL_SENT, COIL_RUNTIME);
	CHECK_HAS(coil_error_message(COIL_SENT), "got a future attached to a different loop");
	note_at("caught");
	COIL_END(coil_ok(NULL));
}

static coil_result K19(void *unused)
{
	coil_await(coil_create_task(coil_generator(awaits_other, NULL)));
	note_at("main");
	coil_await(coil_generator(awaits_other, NULL));
	return coil_ok(NULL);
}

TEST(K19_a_future_of_another_loop)
{
	coil_loop *other = virtual_loop();

	of_another = coil_loop_create_future(other);
	run_ticking(K19);
	CHECK_LOG("caught@3 main@4 caught@5");
	coil_loop_close(other);
}

static coil_result await_here(void *unused)
{
	return coil_sleep(1);
}

static coil_event *an_event;

/* Made to be called where there is no stack to suspend. */
COIL_GENERATOR(suspends_in_a_frame)
{
	COIL_BEGIN;
	CHECK_ERROR(coil_sleep(0), COIL_RUNTIME);
	CHECK_ERROR(coil_sleep(1), COIL_RUNTIME);
	CHECK_ERROR(coil_await(coil_create_future()), COIL_RUNTIME);
	CHECK_ERROR(coil_await(coil_coro(await_here, NULL)), COIL_RUNTIME);
	CHECK_ERROR(coil_wait_for(coil_coro(await_here, NULL), 5), COIL_RUNTIME);
	CHECK_ERROR(coil_event_wait(an_event), COIL_RUNTIME);
	COIL_YIELD_FROM_SLEEP(0);
	CHECK_ERROR(COIL_SENT, COIL_OK);
	COIL_END(coil_number(3));
}

static coil_result run_suspends(void *unused)
{
	an_event = coil_event_new();
	return coil_number(coil_await(coil_create_task(
		coil_generator(suspends_in_a_frame, NULL))).number != 3);
}

TEST(a_frame_that_awaits_without_yielding_is_told)
{
	char *said;

	capture_begin(2);
	CHECK_INT(run_virtual(run_suspends), COIL_OK);
	coil_release(an_event);
	said = capture_end();
	CHECK_HAS(said, "COIL_YIELD_FROM");
}

/* ---- lists ------------------------------------------------------------------------------ */

COIL_GENERATOR(gathers)
{
	COIL_BEGIN;
	COIL_YIELD_FROM(coil_gather(coil_generator(number, (void *)1),
				    coil_coro(native_number, (void *)2)));
	COIL_END(COIL_SENT); /* the list goes on to the caller */
}

static coil_result native_gathers(void *unused)
{
	coil_await(coil_gather(coil_coro(native_number, (void *)9))); /* goes here */
	return coil_await(coil_generator(gathers, NULL));
}

COIL_GENERATOR(passes_list, coil_list *kept;)
{
	COIL_BEGIN;
	COIL_YIELD_FROM(coil_generator(gathers, NULL));
	self->kept = COIL_SENT.value;
	COIL_YIELD_FROM(coil_coro(native_gathers, NULL));
	COIL_YIELD_FROM(coil_generator(gathers, NULL));
	COIL_YIELD_FROM_SLEEP(1);
	CHECK_INT(self->kept->count, 2);
	CHECK_INT(self->kept->items[0].number, 1);
	CHECK_INT(self->kept->items[1].number, 2);
	COIL_END(coil_ok(self->kept));
}

static void check_list(coil_result r)
{
	const coil_list *list = r.value;

	CHECK_ERROR(r, COIL_OK);
	CHECK_INT(list->count, 2);
	CHECK_INT(list->items[0].number, 1);
	CHECK_INT(list->items[1].number, 2);
}

static coil_result pass_lists(void *unused)
{
	coil_result r;

	check_list(coil_await(coil_create_task(coil_generator(gathers, NULL))));
	check_list(coil_await(coil_create_task(coil_coro(native_gathers, NULL))));
	check_list(coil_await(coil_create_task(coil_generator(passes_list, NULL))));
	r = coil_await(coil_generator(passes_list, NULL));
	check_list(r);
	coil_release(coil_retain(r.value));
	coil_release(r.value);
	return coil_ok(NULL);
}

TEST(a_list_goes_up_through_frames_as_long_as_it_is_passed_on)
{
	CHECK_INT(run_virtual(pass_lists), COIL_OK);
}

/* ---- cancelling ------------------------------------------------------------------------- */

COIL_GENERATOR(never_runs)
{
	COIL_BEGIN;
	note("ran");
	COIL_END(coil_ok(NULL));
}

static coil_result C01(void *unused)
{
	coil_task *t = coil_create_task(coil_generator(never_runs, NULL));

	CHECK(coil_task_cancel(t, "early"));
	CHECK(!coil_future_done(t));
	coil_sleep(0);
	CHECK(coil_future_cancelled(t));
	CHECK_STR(coil_error_message(coil_await(t)), "early");
	return coil_ok(NULL);
}

TEST(C01_cancelled_before_its_first_step)
{
	run_virtual(C01);
	CHECK_LOG("");
}

static coil_future *gate;

COIL_GENERATOR(waits)
{
	COIL_BEGIN;
	COIL_YIELD_FROM(coil_retain(gate));
	note("%s:%s:%s", (char *)COIL_ARG, coil_error_name(COIL_SENT.error),
	     coil_error_message(COIL_SENT));
	note_at("here");
	COIL_END(COIL_SENT);
}

COIL_GENERATOR(yields)
{
	COIL_BEGIN;
	COIL_YIELD_FROM_SLEEP(0);
	COIL_YIELD_FROM_SLEEP(0);
	COIL_YIELD_FROM_SLEEP(0);
	note("%s:%s:%s", (char *)COIL_ARG, coil_error_name(COIL_SENT.error),
	     coil_error_message(COIL_SENT));
	note_at("here");
	COIL_END(COIL_SENT);
}

COIL_GENERATOR(sleeps_long)
{
	COIL_BEGIN;
	COIL_YIELD_FROM_SLEEP(100);
	note("%s:%s:%s", (char *)COIL_ARG, coil_error_name(COIL_SENT.error),
	     coil_error_message(COIL_SENT));
	note_at("here");
	COIL_END(COIL_SENT);
}

static coil_result native_waits(void *word)
{
	coil_result r = coil_await(coil_retain(gate));

	note("%s:%s:%s", (char *)word, coil_error_name(r.error), coil_error_message(r));
	note_at("here");
	return r;
}

static coil_result waits_in_generator(void *word)
{
	coil_result r = coil_await(coil_generator(waits, word));

	note("native:%s", coil_error_name(r.error));
	return r;
}

COIL_GENERATOR(under_frames)
{
	COIL_BEGIN;
	COIL_YIELD_FROM(coil_generator(waits, COIL_ARG));
	note("frame:%s", coil_error_name(COIL_SENT.error));
	COIL_END(COIL_SENT);
}

COIL_GENERATOR(under_native)
{
	COIL_BEGIN;
	COIL_YIELD_FROM(coil_coro(native_waits, COIL_ARG));
	note("frame:%s", coil_error_name(COIL_SENT.error));
	COIL_END(COIL_SENT);
}

COIL_GENERATOR(under_both)
{
	COIL_BEGIN;
	COIL_YIELD_FROM(coil_coro(waits_in_generator, COIL_ARG));
	note("frame:%s", coil_error_name(COIL_SENT.error));
	COIL_END(COIL_SENT);
}

static void cancel_there(coil_coroutine *coroutine)
{
	coil_task *t;

	gate = coil_create_future();
	t = coil_create_task(coroutine);
	for (int i = 0; i < 3; i++)
		coil_sleep(0);
	iteration = 0;
	CHECK(coil_task_cancel(t, "stop"));
	CHECK_INT(coil_task_cancelling(t), 1);
	CHECK_STR(coil_error_message(coil_await(coil_retain(t))), "stop");
	CHECK(coil_future_cancelled(t));
	note_at("main");
	coil_release(t);
	coil_release(gate);
}

static coil_result cancel_everywhere(void *unused)
{
	cancel_there(coil_generator(waits, "future"));
	CHECK_LOG("future:CancelledError:stop here@1 main@2");
	cancel_there(coil_generator(yields, "yield"));
	CHECK_LOG("yield:CancelledError:stop here@1 main@2");
	cancel_there(coil_generator(sleeps_long, "sleep"));
	CHECK_LOG("sleep:CancelledError:stop here@1 main@2");
	cancel_there(coil_generator(under_frames, "inner"));
	CHECK_LOG("inner:CancelledError:stop here@1 frame:CancelledError main@2");
	cancel_there(coil_generator(under_native, "native"));
	CHECK_LOG("native:CancelledError:stop here@1 frame:CancelledError main@2");
	cancel_there(coil_generator(under_both, "inner"));
	CHECK_LOG("inner:CancelledError:stop here@1 native:CancelledError "
		  "frame:CancelledError main@2");
	cancel_there(coil_coro(waits_in_generator, "inner"));
	CHECK_LOG("inner:CancelledError:stop here@1 native:CancelledError main@2");
	return coil_ok(NULL);
}

TEST(C02_C03_cancelled_at_every_place)
{
	CHECK_INT(run_ticking(cancel_everywhere), COIL_OK);
}

COIL_GENERATOR(swallows, int times;)
{
	COIL_BEGIN;
	for (self->times = 0; self->times < 2; self->times++) {
		COIL_YIELD_FROM_SLEEP(9);
		note("%s", coil_error_name(COIL_SENT.error));
	}
	COIL_YIELD_FROM_SLEEP(0);
	note("%s", coil_error_name(COIL_SENT.error));
	COIL_END(coil_number(1));
}

static coil_result C07_C10(void *unused)
{
	coil_task *t = coil_create_task(coil_generator(swallows, NULL));

	coil_sleep(0);
	coil_task_cancel(t);
	coil_task_cancel(t);
	coil_sleep(0);
	coil_task_cancel(t);
	coil_sleep(0);
	CHECK_INT(coil_task_cancelling(t), 3);
	CHECK_INT(coil_await(coil_retain(t)).number, 1);
	CHECK(!coil_future_cancelled(t));
	coil_release(t);
	CHECK(coil_time() == 0); /* the timers are gone */
	return coil_ok(NULL);
}

TEST(C06_C07_C10_a_frame_may_swallow_it)
{
	run_virtual(C07_C10);
	CHECK_LOG("CancelledError CancelledError OK");
}

COIL_GENERATOR(cancels_itself)
{
	COIL_BEGIN;
	coil_task_cancel(coil_current_task(), "me");
	COIL_YIELD_FROM(coil_coro(native_number, (void *)1));
	CHECK_ERROR(COIL_SENT, COIL_OK);
	COIL_YIELD_FROM(coil_generator(number, (void *)1));
	CHECK_ERROR(COIL_SENT, COIL_OK);
	note_at("before");
	if (COIL_ARG)
		COIL_YIELD_FROM_SLEEP(0);
	else
		COIL_YIELD_FROM_SLEEP(5);
	note_at(coil_error_name(COIL_SENT.error));
	CHECK_STR(coil_error_message(COIL_SENT), "me");
	COIL_END(coil_ok(NULL));
}

static coil_result C19(void *unused)
{
	coil_await(coil_create_task(coil_generator(cancels_itself, NULL)));
	coil_await(coil_create_task(coil_generator(cancels_itself, "yield")));
	return coil_ok(NULL);
}

TEST(C19_C20_C21_it_cancels_itself)
{
	run_ticking(C19);
	CHECK_LOG("before@2 CancelledError@3 before@5 CancelledError@6");
}

static coil_result C11(void *unused)
{
	coil_task *t;

	gate = coil_create_future();
	t = coil_create_task(coil_generator(waits, "lost"));
	coil_sleep(0);
	coil_future_set_exception(gate, COIL_VALUE, "lost");
	coil_task_cancel(t, "wins");
	CHECK_ERROR(coil_await(t), COIL_CANCELLED);
	coil_release(gate);
	gate = coil_create_future();
	t = coil_create_task(coil_generator(waits, "uncancelled"));
	coil_sleep(0);
	coil_future_set_result(gate, coil_ok(NULL));
	coil_task_cancel(t, "no");
	coil_task_uncancel(t);
	CHECK_ERROR(coil_await(t), COIL_OK);
	coil_release(gate);
	return coil_ok(NULL);
}

TEST(C11_C12_C23_a_cancellation_wins_over_what_came)
{
	run_virtual(C11);
	CHECK_HAS(log_take(), "lost:CancelledError:wins");
}

static coil_result chain(void *unused)
{
	coil_task *leaf, *middle, *top;

	gate = coil_create_future();
	leaf = coil_create_task(coil_generator(waits, "leaf"));
	coil_sleep(0);
	coil_release(gate);
	gate = coil_retain(leaf);
	middle = coil_create_task(coil_coro(waits_in_generator, "middle"));
	coil_sleep(0);
	coil_release(gate);
	gate = middle;
	top = coil_create_task(coil_generator(under_native, "top"));
	coil_sleep(0);
	iteration = 0;
	coil_task_cancel(top);
	CHECK_INT(coil_task_cancelling(leaf), 1);
	CHECK_ERROR(coil_await(top), COIL_CANCELLED);
	note_at("main");
	coil_release(leaf);
	coil_release(middle);
	return coil_ok(NULL);
}

TEST(C14_C15_C16_a_chain_of_both_kinds)
{
	run_ticking(chain);
	CHECK_LOG("leaf:CancelledError: here@1 middle:CancelledError: here@2 "
		  "native:CancelledError top:CancelledError: here@3 frame:CancelledError "
		  "main@4");
}

/* ---- misuse, and a loop that is closed in the middle -------------------------------------- */

TEST(K25_a_generator_is_a_coroutine_object)
{
	char *said;

	said = CAPTURE_STDERR({ coil_release(coil_generator(number, NULL)); });
	CHECK_HAS(said, "coroutine 'number' was never awaited");
}

static coil_result await_forgotten(void *unused)
{
	coil_coroutine *c = coil_generator(number, (void *)1);

	CHECK_INT(coil_await(c).number, 1);
	CHECK_ERROR(coil_await(c), COIL_INVALID_HANDLE);
	coil_generator(number, NULL);
	return coil_ok(NULL);
}

TEST(a_generator_awaited_twice_and_one_forgotten)
{
	char *said;

	capture_begin(2);
	CHECK_INT(run_virtual(await_forgotten), COIL_OK);
	said = capture_end();
	CHECK_HAS(said, "handed over before");
	CHECK_HAS(said, "coroutine 'number' was never awaited");
}

static coil_result count_reports(coil_loop *loop, const coil_exception_context *context,
				 void *arg)
{
	note("[%s]", context->message);
	return coil_ok(NULL);
}

static coil_result yield_then_wait(void *unused)
{
	coil_result r = coil_yield(coil_number(1));

	return r.error ? r : coil_await(coil_retain(gate));
}

static coil_result iterate(void *n)
{
	coil_async_generator *g = coil_async_generator_new(yield_then_wait, NULL);

	for (intptr_t i = (intptr_t)n; i > 0; i--)
		coil_anext(g);
	return coil_await(coil_generator(under_both, "x"));
}

COIL_GENERATOR(iterates)
{
	COIL_BEGIN;
	COIL_YIELD_FROM(coil_coro(iterate, COIL_ARG));
	COIL_END(COIL_SENT);
}

TEST(K24_a_loop_closed_over_frames_in_the_middle)
{
	for (unsigned n = 0; n < 4; n++) {
		coil_loop *loop = virtual_loop();

		coil_loop_set_exception_handler(loop, count_reports, NULL);
		gate = coil_loop_create_future(loop);
		coil_release(coil_loop_create_task(loop, coil_generator(waits, "x")));
		coil_release(coil_loop_create_task(loop, coil_generator(sleeps_long, "x")));
		coil_release(coil_loop_create_task(loop, coil_generator(yields, "x")));
		coil_release(coil_loop_create_task(loop, coil_generator(under_frames, "x")));
		coil_release(coil_loop_create_task(loop, coil_generator(under_native, "x")));
		coil_release(coil_loop_create_task(loop, coil_generator(under_both, "x")));
		coil_release(coil_loop_create_task(loop, coil_coro(waits_in_generator, "x")));
		coil_release(coil_loop_create_task(loop, coil_generator(iterates, (void *)0)));
		coil_release(coil_loop_create_task(loop, coil_generator(iterates, (void *)1)));
		coil_release(coil_loop_create_task(loop, coil_generator(iterates, (void *)2)));
		coil_release(coil_loop_create_task(loop, coil_coro(iterate, (void *)2)));
		run_iterations(loop, n);
		coil_loop_close(loop);
		CHECK_HAS(log_take(), "[Task was destroyed but it is pending!]");
	}
}

static coil_result many_generators(void *unused)
{
	static coil_task *tasks[20000];

	for (int i = 0; i < 20000; i++)
		tasks[i] = coil_create_task(i % 2 ? coil_generator(twice, "") :
						    coil_generator(sleeper, ""));
	for (int i = 0; i < 20000; i++) {
		coil_result r = coil_await(tasks[i]);

		CHECK_INT(r.number, i % 2 ? 2 : 5);
	}
	return coil_ok(NULL);
}

TEST(twenty_thousand_tasks_without_a_stack, .seconds = 60)
{
	CHECK_INT(run_virtual(many_generators), COIL_OK);
}

static coil_result gather_both(void *unused)
{
	coil_result r = coil_await(coil_gather(coil_generator(sleeper, "G"),
					       coil_coro(native_sleep, "N"),
					       coil_generator(under_frames, "x")));

	CHECK_ERROR(r, COIL_VALUE);
	return coil_ok(NULL);
}

static coil_result fail_gate(void *future)
{
	coil_future_set_exception(future, COIL_VALUE, "gate");
	return coil_ok(NULL);
}

TEST(G02_G07_gathers_of_both_kinds)
{
	coil_loop *loop = virtual_loop();

	gate = coil_loop_create_future(loop);
	coil_loop_call_later(loop, 3, fail_gate, gate);
	CHECK_ERROR(coil_loop_run_until_complete(loop, coil_coro(gather_both, NULL)), COIL_OK);
	coil_loop_close(loop);
	CHECK_HAS(log_take(), "G:OK N:OK x:ValueError:gate");
}
