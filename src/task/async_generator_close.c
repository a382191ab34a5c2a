/* SPDX-License-Identifier: MIT
 *
 * Async generators that nobody asks any more: abandoned in the middle, or left when their
 * loop is shut down or closed.  See async_generator.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil/async_generator.h>

#include "loop/loop.h"
#include "task/async_generator.h"
#include "task/keep.h"
#include "task/lifetime.h"
#include "task/list.h"
#include "task/misuse.h"
#include "task/task.h"

/* ---- abandoned ------------------------------------------------------- */

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
	coil_result error = task->deliver.error ? task->deliver : coil__generator_exit;
	coil_result result = coil__async_generator_close(g, task, error, &close_site);

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
	if (loop_refuses(g->loop) || !coil_loop_call_soon_site(g->loop, make_closer, g, &close_site))
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
		coil__async_generator_end(g);
	coil__keep_free(&g->keep);
	return true;
}

void coil__async_generators_end_loop(struct coil_loop *loop)
{
	struct async_generator *g;

	while ((g = loop->async_generators)) {
		coil__async_generator_end(g);
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
		coil__async_generator_close(g, task_here(), coil__generator_exit, &close_site) : coil_ok(NULL);
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
