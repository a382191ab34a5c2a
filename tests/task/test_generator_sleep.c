/* SPDX-License-Identifier: MIT
 *
 * A generator-based task sleeps without a future (generator_sleep.c).  It must not be
 * told from a native one that sleeps: random programs of both kinds, in which tasks
 * sleep and are cancelled from everywhere, make the same log, to the iteration.
 */
#include "journal.h"

#define TASKS 6
#define SLEEPS 5

static uint64_t seed;
static coil_task *tasks[TASKS];

static unsigned dice(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

/* The same numbers for both kinds, whoever asks first. */
static double delay_of(intptr_t task, int n)
{
	static const double delays[] = { 0, 1, 1, 2, 3, -1 };

	return delays[(task * 7 + n * 3 + (intptr_t)(seed % 5)) % 6];
}

static void said(intptr_t task, int n, coil_result r)
{
	note("%d.%d%s%s/%g@%u", (int)task, n, r.error ? "!" : "",
	     r.error ? coil_error_message(r) : "", coil_time(), iteration);
}

static coil_result native(void *arg)
{
	for (int n = 0; n < SLEEPS; n++) {
		coil_result r = coil_sleep(delay_of((intptr_t)arg, n));

		said((intptr_t)arg, n, r);
		if (r.error && n % 2)
			return r;
	}
	return coil_ok(NULL);
}

COIL_GENERATOR(framed, int n;)
{
	COIL_BEGIN;
	for (self->n = 0; self->n < SLEEPS; self->n++) {
		COIL_YIELD_FROM_SLEEP(delay_of((intptr_t)COIL_ARG, self->n));
		said((intptr_t)COIL_ARG, self->n, COIL_SENT);
		if (COIL_SENT.error && self->n % 2)
			COIL_RETURN(COIL_SENT);
	}
	COIL_END(coil_ok(NULL));
}

static coil_result strike(void *arg)
{
	intptr_t which = (intptr_t)arg;
	coil_task *t = tasks[which % TASKS];

	note("c%d=%d", (int)(which % TASKS), coil_task_cancel(t, "m%d", (int)which));
	if (which % 3 == 0)
		note("c%d", coil_task_cancel(t, "again"));
	if (which % 5 == 0)
		note("u%u", coil_task_uncancel(t));
	coil_loop_call_soon(coil_get_running_loop(), say, "soon");
	return coil_ok(NULL);
}

static coil_result program(void *framed_too)
{
	coil_loop *loop = coil_get_running_loop();

	for (intptr_t i = 0; i < TASKS; i++)
		tasks[i] = coil_create_task(framed_too ? coil_generator(framed, (void *)i) :
							 coil_coro(native, (void *)i));
	for (int i = 0; i < 9; i++)
		coil_loop_call_later(loop, dice(5), strike, (void *)(intptr_t)dice(60));
	for (int i = 0; i < TASKS; i++) {
		coil_result r = coil_await(coil_retain(tasks[i]));

		note("%d:%s%s", i, coil_error_name(r.error), coil_error_message(r));
		coil_release(tasks[i]);
	}
	return coil_ok(NULL);
}

/* To be freed with the test.  LEFT: the program is given up in the middle. */
static const char *play(uint64_t n, bool framed_too)
{
	coil_loop *loop = virtual_loop();
	const char *log;

	seed = n;
	CHECK_ERROR(coil_loop_run_until_complete(loop,
		coil_coro(program, (void *)(intptr_t)framed_too)), COIL_OK);
	coil_loop_close(loop);
	log = log_take();
	return text("%s", log);
}

TEST(sleeps_as_a_native_coroutine_does, .seconds = 30)
{
	for (uint64_t n = 1; n <= MANY(3000) / 3; n++)
		if (!CHECK_STR(play(n, true), play(n, false)))
			return;
}

/* ---- where a heap has entries that were left behind ------------------------------- */

COIL_GENERATOR(sleep_often, int n;)
{
	COIL_BEGIN;
	for (self->n = 0; self->n < 300; self->n++)
		COIL_YIELD_FROM_SLEEP(100 - self->n % 7);
	COIL_END(coil_ok(NULL));
}

/* One task leaves hundreds of entries, and sleeps by the last. */
static coil_result cancel_often(void *unused)
{
	coil_task *t = coil_create_task(coil_generator(sleep_often, NULL));

	for (int i = 0; i < 299; i++) {
		coil_sleep(0);
		coil_sleep(0);
		coil_task_cancel(t);
	}
	CHECK_ERROR(coil_await(t), COIL_OK);
	CHECK_REAL(coil_time(), 100 - 299 % 7);
	return coil_ok(NULL);
}

TEST(a_task_that_is_cancelled_often_sleeps_by_its_last_deadline)
{
	CHECK_INT(run_virtual(cancel_often), COIL_OK);
}

static coil_result leave_sleeping(void *unused)
{
	coil_task *t = coil_create_task(coil_generator(sleep_often, NULL));

	coil_sleep(1);
	coil_task_cancel(t, "not delivered any more");
	coil_release(t);
	return coil_ok(NULL);
}

TEST(a_loop_is_closed_with_sleepers)
{
	coil_loop *loop = virtual_loop();

	capture_begin(2);
	for (int i = 0; i < 3; i++)
		CHECK_ERROR(coil_loop_run_until_complete(loop, coil_coro(leave_sleeping, NULL)),
			    COIL_OK);
	CHECK_ERROR(coil_loop_close(loop), COIL_OK);
	capture_end();
}
