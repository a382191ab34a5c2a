/* SPDX-License-Identifier: MIT
 *
 * The n-th allocation or mapping fails, for every n, in contexts, eager tasks,
 * generators of both kinds, and the runner: an error or success, and never a crash, a
 * hang or a leak.
 */
#include <coil/async_generator.h>
#include <coil/context.h>
#include <coil/generator.h>
#include <coil/run.h>
#include "faults.h"
#include "journal.h"

static void check_scarce(coil_result r)
{
	CHECK(r.error == COIL_OK || r.error == COIL_MEMORY || r.error == COIL_OS);
}

static void run(coil_function main)
{
	check_scarce(coil_run(coil_coro(main, NULL)));
}

/* ---- contexts ------------------------------------------------------------------------- */

static const coil_context_var x = COIL_CONTEXT_VAR("x", "none");
static const coil_context_var y = COIL_CONTEXT_VAR("y", "none");

/* What was set is there; what was not is as before. */
static void set(const coil_context_var *var, char *value)
{
	char *before = coil_context_var_get(var);
	coil_result r = coil_context_var_set(var, value, NULL);

	check_scarce(r);
	CHECK(coil_context_var_get(var) == (r.error ? before : value));
}

static coil_result use_x(void *unused)
{
	set(&x, "used");
	return coil_sleep(0);
}

static coil_result set_both(void *unused)
{
	set(&x, "a");
	set(&y, "b");
	return coil_ok(NULL);
}

static coil_result on_done(coil_future *future, void *unused)
{
	return set_both(NULL);
}

static coil_result contexts(void *unused)
{
	coil_loop *loop = coil_get_running_loop();
	coil_future *f = coil_create_future();
	coil_context_token token;
	coil_context *c;
	coil_result r;

	set_both(NULL);
	r = coil_context_var_set(&x, "c", &token);
	if (!r.error) {
		check_scarce(coil_context_var_reset(&x, &token));
		check_scarce(coil_context_var_reset(&y, &(coil_context_token){ NULL, false }));
	}
	coil_loop_call_soon(loop, set_both, NULL);
	coil_loop_call_later(loop, 1, set_both, NULL);
	check_scarce(coil_loop_call_soon_threadsafe(loop, set_both, NULL));
	if (f) {
		check_scarce(coil_future_add_done_callback(f, on_done, NULL));
		check_scarce(coil_future_set_result(f, coil_ok(NULL)));
		coil_release(f);
	}
	c = coil_copy_context();
	if (c) {
		coil_loop_call_soon_with_context(loop, c, set_both, NULL);
		check_scarce(coil_context_run(c, set_both, NULL));
		check_scarce(coil_await(coil_create_task_with_context(coil_coro(use_x, NULL), c)));
		coil_release(c);
	}
	check_scarce(coil_await(coil_create_task(coil_coro(use_x, NULL))));
	return coil_sleep(2);
}

static void run_contexts(void *unused)
{
	set(&x, "thread");
	run(contexts);
}

/* ---- generators ------------------------------------------------------------------------- */

static coil_result native(void *depth);

COIL_GENERATOR(frames)
{
	COIL_BEGIN;
	COIL_YIELD_FROM_SLEEP((intptr_t)COIL_ARG % 2);
	if (COIL_SENT.error)
		COIL_RETURN(COIL_SENT);
	if ((intptr_t)COIL_ARG % 3 == 1)
		COIL_YIELD_FROM(coil_coro(native, (char *)COIL_ARG - 1));
	else if (COIL_ARG)
		COIL_YIELD_FROM(coil_generator(frames, (char *)COIL_ARG - 1));
	COIL_END(COIL_SENT);
}

static coil_result native(void *depth)
{
	coil_result r = coil_await(coil_create_task(coil_generator(frames, NULL)));

	if (r.error || !depth)
		return r;
	return coil_await(coil_generator(frames, (char *)depth - 1));
}

COIL_GENERATOR(gathers)
{
	COIL_BEGIN;
	COIL_YIELD_FROM(coil_gather(coil_generator(frames, (void *)5), coil_coro(native, (void *)2)));
	if (!COIL_SENT.error)
		CHECK_INT(((coil_list *)COIL_SENT.value)->count, 2);
	COIL_END(COIL_SENT);
}

static coil_result generators(void *unused)
{
	coil_result r = coil_await(coil_create_task(coil_generator(frames, (void *)7)));

	if (!r.error)
		r = coil_await(coil_create_task(coil_generator(gathers, NULL)));
	return r.error ? r : coil_ok(NULL);
}

static void run_generators(void *unused)
{
	run(generators);
}

/* ---- async generators ----------------------------------------------------------------------- */

static coil_result yields(void *inner)
{
	coil_result r = coil_sleep(1);

	if (inner && !r.error)
		r = coil_anext((coil_async_generator *)inner);
	for (int i = 0; i < 2 && !r.error; i++) {
		r = coil_yield(coil_number(i));
		if (!r.error)
			r = coil_await(coil_coro(native, NULL));
	}
	if (inner)
		coil_release(inner);
	return r;
}

static coil_result async_generators(void *unused)
{
	coil_async_generator *g = coil_async_generator_new(yields, NULL), *outer;

	if (!g)
		return coil_last_error();
	outer = coil_async_generator_new(yields, g);
	if (!outer) {
		coil_release(g);
		return coil_last_error();
	}
	COIL_ASYNC_FOR(r, outer)
		check_scarce(r);
	check_scarce(r);
	coil_release(outer);
	for (int i = 0; i < 4; i++) {
		g = coil_async_generator_new(yields, NULL);
		if (!g)
			break;
		check_scarce(coil_anext(g));
		if (i == 0)
			check_scarce(coil_aclose(g));
		if (i < 3)
			coil_release(g); /* two are closed by tasks, one by run */
	}
	check_scarce(coil_sleep(1));
	if (g) {
		check_scarce(coil_loop_shutdown_asyncgens(coil_get_running_loop()));
		coil_release(g);
	}
	g = coil_async_generator_new(yields, NULL);
	if (g)
		check_scarce(coil_anext(g)); /* run's to close */
	return coil_ok(NULL);
}

static void run_async_generators(void *unused)
{
	run(async_generators);
}

/* ---- eager tasks --------------------------------------------------------------------------- */

static coil_result returns(void *value)
{
	return coil_ok(value);
}

static coil_result eager(void *unused)
{
	coil_loop *loop = coil_get_running_loop();
	coil_list *all;
	coil_future *f;

	coil_loop_set_task_factory(loop, coil_eager_task_factory);
	check_scarce(coil_await(coil_create_task(coil_coro(returns, NULL), "%s", "a name")));
	check_scarce(coil_await(coil_create_task(coil_coro(native, (void *)3))));
	check_scarce(coil_await(coil_create_eager_task(coil_generator(frames, (void *)3))));
	check_scarce(coil_await(coil_gather(coil_coro(returns, NULL), coil_coro(native, NULL))));
	all = coil_all_tasks(loop);
	if (all)
		CHECK(all->count >= 1); /* what failed may have left some */
	coil_release(all);
	f = coil_ensure_future(coil_coro(native, NULL));
	return coil_await(f);
}

static void run_eager(void *unused)
{
	run(eager);
}

/* ---- the runner ------------------------------------------------------------------------------- */

static coil_result leave(void *unused)
{
	coil_release(coil_create_task(coil_coro(native, (void *)5)));
	coil_release(coil_create_task(coil_generator(frames, (void *)5)));
	return coil_sleep(1);
}

static void run_runner(void *unused)
{
	coil_runner *runner = coil_runner_new();

	if (!runner)
		return check_scarce(coil_last_error());
	for (int i = 0; i < 3; i++)
		check_scarce(coil_runner_run(runner, coil_coro(leave, NULL)));
	check_scarce(coil_runner_close(runner));
}

/* ---- every n ----------------------------------------------------------------------------------- */

#define EVERY(name, which, scenario)                                           \
	TEST(name, .seconds = 120)                                             \
	{                                                                      \
		CHECK(faults_every(which, scenario, NULL) > 0);                \
	}

EVERY(memory_fails_in_contexts, FAULT_MEMORY, run_contexts)
EVERY(memory_fails_in_generators, FAULT_MEMORY, run_generators)
EVERY(memory_fails_in_async_generators, FAULT_MEMORY, run_async_generators)
EVERY(memory_fails_in_eager_tasks, FAULT_MEMORY, run_eager)
EVERY(memory_fails_in_the_runner, FAULT_MEMORY, run_runner)
EVERY(mappings_fail_in_generators, FAULT_MAP, run_generators)
EVERY(mappings_fail_in_async_generators, FAULT_MAP, run_async_generators)
EVERY(mappings_fail_in_eager_tasks, FAULT_MAP, run_eager)
EVERY(mappings_fail_in_the_runner, FAULT_MAP, run_runner)
