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
#include "task/lifetime.h"
#include "task/list.h"
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
static void end(struct async_generator *g)
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
		coil__log_misuse(site, "ResourceWarning: asynchronous generator '%s' was "
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
	end(g);
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

static const coil_result generator_exit = { .error = COIL_GENERATOR_EXIT, { NULL } };

/* Raises ERROR, as a rule GeneratorExit, in one that stands at a yield. */
static coil_result close_in(struct async_generator *g, struct task *task,
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
		return close_in(g, task, generator_exit, site);
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

/* ---- abandoned, and shut down ---------------------------------------- */

static const coil_site close_site = {
	"coil_async_generator", __FILE__, __LINE__, "async_generator.close", ""
};

static void report(struct coil_loop *loop, const struct async_generator *g,
		   coil_result error)
{
	char message[256];
	coil_exception_context context = { .message = message, .exception = error,
					   .site = g->site };

	snprintf(message, sizeof(message), "an error occurred during closing of "
		 "asynchronous generator '%s'", g->site->callee);
	coil_loop_call_exception_handler(loop, &context);
}

/* As long as it runs it has the generator's only reference.  Cancelled before it began
 * it runs all the same, and the cancellation is what it raises (TASK_CLOSES). */
static coil_result close_abandoned(void *arg)
{
	struct async_generator *g = arg;
	struct task *task = task_here();
	coil_result error = task->deliver.error ? task->deliver : generator_exit;
	coil_result result = close_in(g, task, error, &close_site);

	g->abandoned = false;
	object_unref(g);
	return result;
}

static coil_result make_closer(void *generator)
{
	coil_coroutine *closer = coil_coro_site(close_abandoned, generator, &close_site);
	struct task *task;

	if (!closer)
		return coil_last_error();
	task = coil__task_new(coil__self.running,
			      (struct coroutine_object *)handle_object(closer), &close_site, NULL,
			      TASK_CLOSES);
	if (!task)
		return coil_last_error();
	object_unref(task);
	return coil_ok(NULL);
}

/* asyncio's finalizer hook: the task is made in the next iteration. */
static bool abandon(struct async_generator *g)
{
	if (g->loop->closed || !coil_loop_call_soon_site(g->loop, make_closer, g, &close_site))
		return false;
	g->abandoned = true;
	g->object.refs = 1;
	return true;
}

bool coil__async_generator_destroy(struct async_generator *g)
{
	if (g->state == ASYNC_GENERATOR_STANDS && abandon(g))
		return false;
	if (g->stack)
		end(g);
	coil__keep_free(&g->keep);
	return true;
}

void coil__async_generators_end_loop(struct coil_loop *loop)
{
	struct async_generator *g;

	while ((g = loop->async_generators)) {
		end(g);
		/* Who asked or closed it is gone: only the program's references count. */
		g->object.refs = g->object.owned + 1U;
		object_unref(g);
	}
}

/* By its handle: whoever made this task may be gone without having waited for it, and
 * the generator with him, or to a closer of its own. */
static coil_result close_one(void *generator)
{
	struct async_generator *g = handle_open(generator);

	if (!g || g->abandoned)
		return coil_ok(NULL);
	if (g->state == ASYNC_GENERATOR_RUNS)
		return coil_raise_site(&close_site, COIL_RUNTIME,
			"aclose(): asynchronous generator is already running");
	return g->state == ASYNC_GENERATOR_STANDS ?
		close_in(g, task_here(), generator_exit, &close_site) : coil_ok(NULL);
}

static size_t count_open(const struct coil_loop *loop)
{
	size_t n = 0;

	for (struct async_generator *g = loop->async_generators; g; g = g->older)
		n += !g->abandoned;
	return n;
}

/* All that LOOP has, in the order they were first asked, with a reference each, but
 * those that have a closer.  The list is kept for the task, and goes with it if the
 * loop is left in the middle.  NULL without memory. */
static coil_list *take_all(struct coil_loop *loop)
{
	size_t n = count_open(loop);
	struct list *list = coil__list_new(n);
	coil_result kept;

	if (!list)
		return NULL;
	kept = coil__keep_value(coil_ok(&list->public), true);
	object_unref(list);
	if (kept.error)
		return NULL;
	for (struct async_generator *g = loop->async_generators; g; g = g->older) {
		if (g->abandoned)
			continue;
		list->public.items[--n].value = g;
		object_ref(g);
	}
	return &list->public;
}

/* A gather that closes them, each with its own outcome. */
static coil_future *close_all(const coil_list *all, const coil_site *site)
{
	coil_awaitable **closers = malloc(all->count * sizeof(*closers));
	coil_future *gather;

	if (!closers)
		return coil__null_memory(site);
	for (size_t i = 0; i < all->count; i++)
		closers[i] = coil_coro_site(close_one, object_handle(all->items[i].value),
					    &close_site);
	gather = coil_gather_site(COIL_RETURN_EXCEPTIONS, closers, all->count, site);
	free(closers);
	return gather;
}

coil_result coil_loop_shutdown_asyncgens_site(coil_loop *loop, const coil_site *site)
{
	coil_list *all;
	coil_result result;

	loop->async_generators_shut_down = true;
	if (!count_open(loop))
		return coil_ok(NULL);
	all = take_all(loop);
	if (!all)
		return coil_raise_site(site, COIL_MEMORY, NULL);
	result = coil_await_site(close_all(all, site), site);
	for (size_t i = 0; i < all->count; i++) {
		const coil_list *outcomes = result.error ? NULL : result.value;
		struct async_generator *g = all->items[i].value;

		if (outcomes && outcomes->items[i].error &&
		    outcomes->items[i].error != COIL_CANCELLED)
			report(loop, g, outcomes->items[i]);
		object_unref(g);
	}
	coil__list_release(all, site);
	return result.error ? result : coil_ok(NULL);
}

static coil_result shut_down_here(void *site)
{
	return coil_loop_shutdown_asyncgens_site(coil__self.running, site);
}

coil_result coil__async_generators_shutdown(struct coil_loop *loop, const coil_site *site)
{
	if (!loop->async_generators)
		return coil_ok(NULL);
	return coil_loop_run_until_complete_site(loop,
		coil_coro_site(shut_down_here, site, site), site);
}
