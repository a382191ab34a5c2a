/* SPDX-License-Identifier: MIT
 *
 * Async generators.  See async_generator.h and <coil/async_generator.h>.
 */
#include <stdlib.h>
#include <string.h>

#include <coil/async_generator.h>

#include "base/log.h"
#include "loop/loop.h"
#include "task/async_generator.h"
#include "task/exception.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "task/task.h"
#include "trace/recorder.h"

/* ---- its life -------------------------------------------------------- */

coil_async_generator *coil_async_generator_new_site(coil_function function,
	const void *arg, const coil_site *site)
{
	struct async_generator *g;

	if (!function)
		return coil__null(COIL_TYPE, site, "a coroutine function was expected, not NULL");
	g = pool_take(pool_of(OBJECT_ASYNC_GENERATOR), OBJECT_ASYNC_GENERATOR);
	if (!g)
		return coil__null_memory(site);
	g->object.owned = 1;
	g->loop = NULL;
	g->site = site;
	g->function = function;
	g->arg = (void *)(uintptr_t)arg;
	g->stack = NULL;
	g->keep = NULL;
	g->id = 0;
	g->state = ASYNC_GENERATOR_NEW;
	g->closing = g->abandoned = false;
	if (TRACING) {
		g->id = coil__trace_object_id();
		TRACE_NOW(RESOURCE_CREATED, TRACE_RESOURCE_ASYNC_GENERATOR,
			  .resource = g->id, .site = TRACE_SITE(site));
	}
	return object_handle(g);
}

static void record(const struct async_generator *g, unsigned action)
{
	if (g->id)
		TRACE_NOW(RESOURCE_CHANGED, action, .resource = g->id);
}

static void chain(struct async_generator *g, struct coil_loop *loop)
{
	g->loop = loop;
	g->older = loop->async_generators;
	g->newer = &loop->async_generators;
	if (g->older)
		g->older->newer = &g->older;
	loop->async_generators = g;
}

/* Its body will not go on: the stack goes back, with what the body was given. */
void coil__async_generator_end(struct async_generator *g)
{
	*g->newer = g->older;
	if (g->older)
		g->older->newer = g->newer;
	coil__stack_return(g->stack);
	g->stack = NULL;
	coil__keep_free(&g->keep);
	g->state = ASYNC_GENERATOR_ENDED;
}

/* First asked for a value, in TASK. */
static coil_result start(struct async_generator *g, struct task *task, const coil_site *site)
{
	struct coil_loop *loop = task->future.loop;

	if (loop->async_generators_shut_down)
		coil__log_warning(site, "ResourceWarning: asynchronous generator '%s' was "
				 "scheduled after loop.shutdown_asyncgens() call",
				 g->site->callee);
	g->stack = coil__stack_borrow(g->function, g->arg, g->site);
	if (!g->stack)
		return coil_raise_site(site, COIL_MEMORY, NULL);
	g->stack->generator = g;
	chain(g, loop);
	return coil_ok(NULL);
}

/* ---- running the body ------------------------------------------------ */

static void swap_keep(struct async_generator *g, struct task *task)
{
	struct keep *keep = g->keep;

	g->keep = task->keep;
	task->keep = keep;
}

/* The body goes on with PASSED, until it yields or ends; where it suspends, TASK does. */
static void run_body(struct async_generator *g, struct task *task, coil_result passed)
{
	struct coroutine *body = &g->stack->coroutine, *outer = task->inside;
	bool first = g->state == ASYNC_GENERATOR_NEW;

	g->yielded = false;
	g->state = ASYNC_GENERATOR_RUNS;
	task->inside = body;
	if (first)
		coil__coroutine_start(body);
	else
		coil__coroutine_resume(body, passed);
	while (!g->yielded && !(g->stack->flags & TASK_RETURNED)) {
		task->inside = outer;
		passed = task_suspend(task);
		task->inside = body;
		coil__coroutine_resume(body, passed);
	}
	task->inside = outer;
	g->state = ASYNC_GENERATOR_STANDS;
}

/* As the body's caller sees it: a value that was yielded, or an error. */
static coil_result outcome(struct async_generator *g, const coil_site *site)
{
	coil_result returned;

	if (g->yielded) {
		record(g, TRACE_ACTION_YIELD);
		return g->passed;
	}
	returned = coil__keep_result(g->stack->returned);
	coil__async_generator_end(g);
	if (returned.error == COIL_STOP_ASYNC_ITERATION)
		return coil_raise_site(site, COIL_RUNTIME,
				       "async generator raised StopAsyncIteration");
	if (!returned.error)
		returned = (coil_result){ .error = COIL_STOP_ASYNC_ITERATION, { NULL } };
	return returned;
}

/* Asks it, with PASSED for the yield that it stands at. */
static coil_result ask(struct async_generator *g, struct task *task, coil_result passed,
		       unsigned action, const coil_site *site)
{
	uint32_t depth = task->depth;
	coil_result result;

	if (TRACING)
		coil__await_record_begin(task, TRACE_AWAIT_COROUTINE, 0, site, g->site);
	record(g, action);
	object_ref(g);
	swap_keep(g, task);
	task->depth = 0;
	run_body(g, task, passed);
	task->depth = depth;
	swap_keep(g, task);
	result = outcome(g, site);
	object_unref(g);
	coil__await_record_end(task, result);
	if (result.error && result.error != COIL_STOP_ASYNC_ITERATION)
		coil__exception_through(result, site);
	return result;
}

/* ---- the program's side ---------------------------------------------- */

/* NULL, and the error in *FAILED, if it cannot be asked here and now. */
static struct async_generator *open_idle(coil_async_generator *public, const char *call,
					 const coil_site *site, struct task *task,
					 coil_result *failed)
{
	struct async_generator *g;

	if (!task) {
		*failed = coil__task_missing(site, call);
		return NULL;
	}
	g = coil__open(public, site, call, OBJECT_ASYNC_GENERATOR);
	if (!g)
		*failed = coil_last_error();
	else if (g->state == ASYNC_GENERATOR_RUNS)
		*failed = coil_raise_site(site, COIL_RUNTIME,
			"%s(): asynchronous generator is already running",
			strcmp(call, "asend") ? call : "anext"); /* as CPython names both */
	else if (g->state == ASYNC_GENERATOR_STANDS && g->loop != task->future.loop)
		*failed = coil_raise_site(site, COIL_RUNTIME,
			"%s(): the asynchronous generator is bound to a different event loop", call);
	else
		return g;
	return NULL;
}

static coil_result send(coil_async_generator *public, coil_result value, const char *call,
			const coil_site *site)
{
	static const coil_result stop = { .error = COIL_STOP_ASYNC_ITERATION, { NULL } };
	struct task *task = task_that_waits();
	coil_result failed;
	struct async_generator *g = open_idle(public, call, site, task, &failed);

	if (!g)
		return failed;
	if (g->state == ASYNC_GENERATOR_ENDED)
		return stop;
	if (g->state == ASYNC_GENERATOR_NEW) {
		if (value.value)
			return coil_raise_site(site, COIL_TYPE, "can't send non-None value "
					       "to a just-started async generator");
		failed = start(g, task, site);
		if (failed.error)
			return failed;
	}
	return ask(g, task, value, TRACE_ACTION_NEXT, site);
}

coil_result coil_anext_site(coil_async_generator *generator, const coil_site *site)
{
	return send(generator, coil_ok(NULL), "anext", site);
}

coil_result coil_asend_site(coil_async_generator *generator, coil_result value,
			    const coil_site *site)
{
	if (value.error)
		return coil_raise_site(site, COIL_TYPE, "asend: that is an error (%s)",
				       coil_error_name(value.error));
	return send(generator, value, "asend", site);
}

const coil_result coil__generator_exit = { .error = COIL_GENERATOR_EXIT, { NULL } };

/* Raises ERROR, as a rule GeneratorExit, in one that stands at a yield. */
coil_result coil__async_generator_close(struct async_generator *g, struct task *task,
			    coil_result error, const coil_site *site)
{
	coil_result result;

	g->closing = true;
	result = ask(g, task, error, TRACE_ACTION_CLOSE, site);
	if (result.error == COIL_STOP_ASYNC_ITERATION || result.error == COIL_GENERATOR_EXIT)
		return coil_ok(NULL);
	return result;
}

coil_result coil_aclose_site(coil_async_generator *public, const coil_site *site)
{
	struct task *task = task_that_waits();
	coil_result failed;
	struct async_generator *g = open_idle(public, "aclose", site, task, &failed);

	if (!g)
		return failed;
	if (g->state == ASYNC_GENERATOR_STANDS)
		return coil__async_generator_close(g, task, coil__generator_exit, site);
	g->state = ASYNC_GENERATOR_ENDED;
	return coil_ok(NULL);
}

/* The generator whose body runs, and not a coroutine that it awaits. */
static struct async_generator *generator_here(void)
{
	struct task *task = task_here(), *stack;

	if (!task || !task->inside || task->depth)
		return NULL;
	stack = stack_of(task->inside);
	return stack->future.object.kind == OBJECT_STACK ? stack->generator : NULL;
}

coil_result coil_yield_site(coil_result value, const coil_site *site)
{
	struct async_generator *g = generator_here();
	coil_result passed;

	if (!g)
		return coil__misuse(site, COIL_RUNTIME, "yield outside of the body of an "
				    "async generator");
	if (g->closing)
		return coil_raise_site(site, COIL_RUNTIME,
				       "async generator ignored GeneratorExit");
	if (value.error)
		return coil_raise_site(site, COIL_TYPE, "yield: that is an error (%s); "
				       "return it", coil_error_name(value.error));
	g->passed = value;
	g->yielded = true;
	passed = coil__coroutine_suspend(&g->stack->coroutine);
	if (passed.error)
		coil__exception_through(passed, site);
	return passed;
}
