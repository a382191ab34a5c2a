/* SPDX-License-Identifier: MIT
 *
 * run_coroutine_threadsafe: coroutines of one thread that another's loop runs.
 */
#include <unistd.h>

#include "gate.h"

static coil_loop *loop;
static pthread_t runner;

static void *runs(void *unused)
{
	CHECK_ERROR(coil_loop_run_forever(loop), COIL_OK);
	return NULL;
}

static void start_loop(void)
{
	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	CHECK_INT(pthread_create(&runner, NULL, runs, NULL), 0);
}

static void end_loop(void)
{
	coil_loop_call_soon_threadsafe(loop, stop, loop);
	pthread_join(runner, NULL);
	coil_loop_close(loop);
}

static coil_result adds_after_a_while(void *arg)
{
	const int *n = arg;

	coil_sleep(1e-3);
	return coil_number(n[0] + n[1]);
}

TEST(X08_the_result_is_had_in_another_thread)
{
	int numbers[] = { 1, 2 };
	coil_concurrent_future *f;

	start_loop();
	f = coil_run_coroutine_threadsafe(coil_coro(adds_after_a_while, numbers), loop);
	CHECK_INT(coil_concurrent_future_result(f, -1).number, 3);
	CHECK(!coil_concurrent_future_cancel(f));
	coil_release(f);
	end_loop();
}

static coil_result fails_inside(void *unused)
{
	return coil_await(coil_coro(fails, (void *)4));
}

static coil_result gathers(void *unused)
{
	return coil_await(coil_gather(coil_coro(twice, (void *)1), coil_coro(twice, (void *)2)));
}

TEST(X08_errors_and_lists_cross_as_copies)
{
	coil_concurrent_future *f;
	coil_result r, list;

	start_loop();
	f = coil_run_coroutine_threadsafe(coil_coro(fails_inside, NULL), loop);
	r = coil_concurrent_future_result(f, -1);
	coil_release(f);
	f = coil_run_coroutine_threadsafe(coil_coro(gathers, NULL), loop);
	list = coil_concurrent_future_result(f, -1);
	coil_release(f);
	end_loop();
	CHECK_STR(coil_error_message(r), "no 4");
	CHECK_HAS(CAPTURE_STDERR({ coil_print_exception(r, stderr); }), "fails_inside");
	CHECK_INT(((coil_list *)list.value)->items[1].number, 4);
}

/* ---- cancelling ----------------------------------------------------------- */

static struct gate gate;
static atomic_int ended_by;

static coil_result sleeps(void *unused)
{
	coil_result r;

	sem_post(&gate.reached);
	r = coil_sleep(3600);
	atomic_store(&ended_by, r.error);
	sem_post(&gate.reached);
	return r;
}

TEST(X08_cancelling_it_cancels_the_task)
{
	coil_concurrent_future *f;

	gate_init(&gate);
	start_loop();
	f = coil_run_coroutine_threadsafe(coil_coro(sleeps, NULL), loop);
	await_reached(&gate);
	CHECK(coil_concurrent_future_cancel(f));
	CHECK_ERROR(coil_concurrent_future_result(f, -1), COIL_CANCELLED);
	await_reached(&gate);
	CHECK_INT(ended_by, COIL_CANCELLED);
	coil_release(f);
	end_loop();
}

static coil_result cancels_itself(void *unused)
{
	coil_task_cancel(coil_current_task());
	return coil_sleep(1);
}

TEST(X08_a_task_that_is_cancelled_cancels_it)
{
	coil_concurrent_future *f;

	start_loop();
	f = coil_run_coroutine_threadsafe(coil_coro(cancels_itself, NULL), loop);
	CHECK_ERROR(coil_concurrent_future_result(f, -1), COIL_CANCELLED);
	CHECK(coil_concurrent_future_cancelled(f));
	coil_release(f);
	end_loop();
}

/* As in asyncio: the task is made, takes its first step, and is cancelled then. */
TEST(cancelled_before_the_loop_has_seen_it)
{
	coil_concurrent_future *f;

	gate_init(&gate);
	loop = virtual_loop();
	f = coil_run_coroutine_threadsafe(coil_coro(sleeps, NULL), loop);
	CHECK(coil_concurrent_future_cancel(f));
	run_iterations(loop, 1);
	CHECK_INT(ended_by, 0);
	run_iterations(loop, 3);
	CHECK_INT(ended_by, COIL_CANCELLED);
	coil_release(f);
	coil_loop_close(loop);
}

/* ---- errors ---------------------------------------------------------------- */

TEST(X09_what_is_no_coroutine_is_refused)
{
	coil_future *f;

	loop = virtual_loop();
	f = coil_loop_create_future(loop);
	CHECK(!coil_run_coroutine_threadsafe(f, loop));
	CHECK_LAST_ERROR(COIL_TYPE, "A coroutine object is required");
	coil_loop_close(loop);
}

TEST(a_closed_loop_is_told)
{
	char *text;

	loop = virtual_loop();
	coil_loop_close(loop);
	text = CAPTURE_STDERR({
		CHECK(!coil_run_coroutine_threadsafe(coil_coro_copy(twice, &(int){ 1 }), loop));
		CHECK_LAST_ERROR(COIL_RUNTIME, "Event loop is closed");
	});
	CHECK_HAS(text, "coroutine 'twice' was never awaited");
}

static coil_result first_number(void *n)
{
	return coil_number(*(int *)n);
}

static void *runs_a_copy(void *unused)
{
	coil_concurrent_future *f =
		coil_run_coroutine_threadsafe(coil_coro_copy(first_number, &(int){ 9 }), loop);

	CHECK_INT(coil_concurrent_future_result(f, -1).number, 9);
	coil_release(f);
	return NULL;
}

TEST(the_argument_may_be_a_copy)
{
	start_loop();
	in_a_thread(runs_a_copy, NULL);
	end_loop();
}

COIL_GENERATOR(generated)
{
	COIL_BEGIN;
	COIL_YIELD_FROM_SLEEP(1e-3);
	COIL_END(coil_number(1 + (intptr_t)COIL_ARG));
}

TEST(a_generator_based_coroutine_crosses_too)
{
	coil_concurrent_future *f;

	start_loop();
	f = coil_run_coroutine_threadsafe(coil_generator(generated, (void *)3), loop);
	CHECK_INT(coil_concurrent_future_result(f, -1).number, 4);
	coil_release(f);
	end_loop();
}

static coil_context_var variable = { .name = "v" };

static coil_result get_variable(void *unused)
{
	return coil_ok(coil_context_var_get(&variable));
}

static void *runs_in_its_context(void *value)
{
	coil_concurrent_future *f;

	coil_context_var_set(&variable, value, NULL);
	f = coil_run_coroutine_threadsafe(coil_coro(get_variable, NULL), loop);
	CHECK_STR(coil_concurrent_future_result(f, -1).value, value);
	coil_release(f);
	return NULL;
}

TEST(it_runs_in_a_copy_of_the_callers_context)
{
	start_loop();
	in_a_thread(runs_in_its_context, "thread");
	end_loop();
}

/* ---- in the loop's own thread ------------------------------------------------ */

static coil_result calls_from_inside(void *unused)
{
	coil_concurrent_future *f =
		coil_run_coroutine_threadsafe(coil_coro(twice, (void *)5), coil_get_running_loop());

	CHECK(!coil_concurrent_future_done(f));
	CHECK_INT(coil_await(coil_wrap_future(f)).number, 10);
	return coil_ok(NULL);
}

TEST(the_loops_own_thread_may_call_it_and_awaits_it)
{
	CHECK_INT(run_virtual(calls_from_inside), COIL_OK);
}

/* ---- the end of the loop ------------------------------------------------------- */

static void close_after(unsigned iterations, const char *report)
{
	coil_concurrent_future *f;
	char *text;

	gate_init(&gate);
	loop = virtual_loop();
	f = coil_run_coroutine_threadsafe(coil_coro_copy(sleeps, &(int){ 1 }), loop);
	run_iterations(loop, iterations);
	text = CAPTURE_STDERR({ coil_loop_close(loop); });
	CHECK_HAS(text, report);
	CHECK_ERROR(coil_concurrent_future_result(f, -1), COIL_CANCELLED); /* not for ever */
	coil_release(f);
}

TEST(nobody_waits_for_a_loop_that_is_closed)
{
	close_after(0, "coroutine 'sleeps' was never awaited");
	close_after(1, "Task was destroyed but it is pending!");
	close_after(2, "Task was destroyed but it is pending!");
}

TEST(a_result_that_was_on_its_way_when_the_loop_was_closed_arrives)
{
	coil_concurrent_future *f;

	loop = virtual_loop();
	f = coil_run_coroutine_threadsafe(coil_coro(twice, (void *)2), loop);
	run_iterations(loop, 2); /* the task is done, its callback waits */
	coil_loop_close(loop);
	CHECK_INT(coil_concurrent_future_result(f, -1).number, 4);
	coil_release(f);
}

TEST(cancelled_but_the_loop_is_closed_before_it_knows)
{
	coil_concurrent_future *f;

	gate_init(&gate);
	loop = virtual_loop();
	f = coil_run_coroutine_threadsafe(coil_coro(sleeps, NULL), loop);
	run_iterations(loop, 2);
	coil_concurrent_future_cancel(f);
	CAPTURE_STDERR({ coil_loop_close(loop); });
	coil_release(f);
	f = coil_run_coroutine_threadsafe(coil_coro(twice, NULL), loop = virtual_loop());
	run_iterations(loop, 2);
	coil_concurrent_future_cancel(f); /* the task has ended */
	coil_loop_close(loop);
	CHECK(coil_concurrent_future_cancelled(f));
	coil_release(f);
}

/* ---- many ---------------------------------------------------------------------- */

static coil_result short_sleep(void *n)
{
	if ((intptr_t)n % 3 == 0)
		coil_sleep(0);
	if ((intptr_t)n % 7 == 0)
		return coil_sleep(3600);
	return coil_number((intptr_t)n);
}

static void *calls_many(void *unused)
{
	for (intptr_t i = 1; i <= 300; i++) {
		coil_concurrent_future *f =
			coil_run_coroutine_threadsafe(coil_coro(short_sleep, (void *)i), loop);
		coil_result r;

		if (i % 5 == 0)
			coil_concurrent_future_cancel(f);
		if (i % 7 == 0)
			coil_concurrent_future_cancel(f);
		r = coil_concurrent_future_result(f, -1);
		if (r.error ? r.error != COIL_CANCELLED : r.number != i)
			CHECK_INT(r.number, i);
		coil_release(f);
	}
	return NULL;
}

TEST(several_threads_call_and_cancel, .seconds = 60)
{
	pthread_t threads[3];

	start_loop();
	for (int i = 0; i < 3; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, calls_many, NULL), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	end_loop();
}

static void *calls_until_closed(void *unused)
{
	for (intptr_t i = 1;; i++) {
		coil_concurrent_future *f;

		f = coil_run_coroutine_threadsafe(coil_coro(short_sleep, (void *)i), loop);
		if (!f)
			break;
		if (i % 5 == 0)
			coil_concurrent_future_cancel(f);
		coil_release(f);
		if (i % 5 == 0) /* a checker counts every coroutine as a thread */
			usleep(i < 100 ? 100 : 10000);
	}
	CHECK_ERROR(coil_last_error(), COIL_RUNTIME);
	return NULL;
}

static void close_under_callers(void)
{
	pthread_t threads[2];

	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	for (int i = 0; i < 2; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, calls_until_closed, NULL), 0);
	usleep(1000);
	run_iterations(loop, 3);
	coil_loop_close(loop);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

TEST(a_loop_is_closed_under_its_callers, .seconds = 30)
{
	CAPTURE_STDERR({
		for (int turn = 0; turn < 10; turn++)
			close_under_callers();
	});
}

/* ---- without memory --------------------------------------------------------------- */

static void scarce(void *unused)
{
	coil_concurrent_future *f;
	coil_result r;

	loop = coil_new_event_loop_with_clock(COIL_CLOCK_VIRTUAL);
	if (!loop)
		return;
	f = coil_run_coroutine_threadsafe(coil_coro_copy(fails_inside, &(int){ 1 }), loop);
	for (int i = 0; i < 6; i++) {
		coil_loop_stop(loop);
		coil_loop_run_forever(loop);
	}
	if (f) {
		r = coil_concurrent_future_result(f, 0);
		CHECK(r.error == COIL_VALUE || r.error == COIL_MEMORY || r.error == COIL_OS ||
		      r.error == COIL_TIMEOUT || r.error == COIL_CANCELLED);
		coil_release(f);
	}
	coil_loop_close(loop);
}

TEST(without_memory)
{
	CHECK(faults_every(FAULT_MEMORY, scarce, NULL) > 5);
}
