/* SPDX-License-Identifier: MIT
 *
 * What the program does with tasks: makes them, names them, asks for them.  See
 * <coil/task.h>; making itself is in task.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil/await.h>

#include "loop/loop.h"
#include "loop/registry.h"
#include "task/context.h"
#include "task/keep.h"
#include "task/list.h"
#include "task/misuse.h"
#include "task/task.h"
#include "trace/recorder.h"

/* ---- create_task ----------------------------------------------------- */

bool coil__task_make_name(char **name, const char *format, va_list args)
{
	*name = NULL;
	return !format || vasprintf(name, format, args) >= 0;
}

static coil_task *create_task(struct coil_loop *loop, coil_coroutine *public,
			      const coil_site *site, struct context *context,
			      unsigned flags, const char *format, va_list args)
{
	struct coroutine_object *coroutine = coil__take_coroutine(public, site);
	struct task *task;
	char *name;

	if (!coroutine)
		return NULL;
	if (!coil__task_make_name(&name, format, args)) {
		coil__awaitable_drop(&coroutine->awaitable, site);
		return coil__null_memory(site);
	}
	task = coil__task_new_in(loop, coroutine, site, name, context, flags);
	if (!task)
		return NULL;
	task->future.object.owned++; /* an eager one may have been retained already */
	return object_handle(task);
}

/* In the running loop. */
static coil_task *create_here(coil_coroutine *coroutine, const coil_site *site,
			      struct context *context, unsigned flags,
			      const char *format, va_list args)
{
	coil_loop *loop = coil__self.running;

	if (loop)
		return create_task(loop, coroutine, site, context, flags, format, args);
	coil__awaitable_discard(coroutine, site);
	return coil__not_running(site);
}

coil_task *coil_create_task_site(const coil_site *site, coil_coroutine *coroutine,
				 const char *format, ...)
{
	coil_task *task;
	va_list args;

	va_start(args, format);
	task = create_here(coroutine, site, NULL, 0, format, args);
	va_end(args);
	return task;
}

coil_task *coil_create_eager_task_site(const coil_site *site, coil_coroutine *coroutine,
				       const char *format, ...)
{
	coil_task *task;
	va_list args;

	va_start(args, format);
	task = create_here(coroutine, site, NULL, TASK_EAGER, format, args);
	va_end(args);
	return task;
}

coil_task *coil_create_task_with_context_site(const coil_site *site,
	coil_coroutine *coroutine, coil_context *public, const char *format, ...)
{
	struct context *context = NULL;
	coil_task *task;
	va_list args;

	if (public && !(context = coil__open(public, site, "create_task", OBJECT_CONTEXT))) {
		coil__awaitable_discard(coroutine, site);
		return NULL;
	}
	va_start(args, format);
	task = create_here(coroutine, site, context, 0, format, args);
	va_end(args);
	return task;
}

coil_task *coil_loop_create_task_site(const coil_site *site, coil_loop *loop,
				      coil_coroutine *coroutine, const char *format, ...)
{
	coil_task *task;
	va_list args;

	va_start(args, format);
	task = create_task(loop, coroutine, site, NULL, 0, format, args);
	va_end(args);
	return task;
}

/* ---- how tasks are made ---------------------------------------------- */

struct coil_task_factory {
	unsigned flags; /* that every task begins with */
};

static const struct coil_task_factory eager = { TASK_EAGER };
const coil_task_factory *const coil_eager_task_factory = &eager;

void coil_loop_set_task_factory(coil_loop *loop, const coil_task_factory *factory)
{
	loop->task_flags = factory ? factory->flags : 0;
}

const coil_task_factory *coil_loop_get_task_factory(const coil_loop *loop)
{
	return loop->task_flags ? &eager : NULL;
}

coil_future *coil_ensure_future_site(coil_awaitable *awaitable, const coil_site *site)
{
	const struct object *given = handle_open(awaitable);
	struct future *future;

	if (!coil__self.running) {
		coil__awaitable_discard(awaitable, site);
		return coil__not_running(site);
	}
	if (given && given->kind != OBJECT_COROUTINE) {
		future = coil__open_future(awaitable, site, "ensure_future");
		if (!future || future->loop == coil__self.running)
			return future ? awaitable : NULL;
	}
	future = coil__ensure_future(coil__self.running, awaitable, site);
	if (!future)
		return NULL;
	future->object.owned++;
	return object_handle(future);
}

coil_list *coil_all_tasks(coil_loop *loop)
{
	struct list *list;
	size_t count = 0;

	for (struct task *t = coil__task_oldest(loop); t; t = coil__task_newer(t))
		count++;
	list = coil__list_new(count);
	if (!list)
		return coil__null_memory(NULL);
	list->object.owned = 1;
	count = 0;
	for (struct task *t = coil__task_oldest(loop); t; t = coil__task_newer(t))
		list->public.items[count++] = coil_ok(object_handle(t));
	return &list->public;
}

/* ---- looking at it --------------------------------------------------- */

coil_task *coil_current_task(void)
{
	struct coil_loop *loop = coil__self.running;

	return loop && loop->current ? object_handle(loop->current) : NULL;
}

coil_result coil__task_missing(const coil_site *site, const char *call)
{
	if (task_here())
		return coil__misuse(site, COIL_RUNTIME, "%s in a generator-based coroutine, "
				    "which waits by COIL_YIELD_FROM alone", call);
	if (coil__self.left_behind && !coil__self.running)
		return coil__misuse(site, COIL_RUNTIME, "%s: %s", call, coil_error_message(
			coil__loop_refusal(coil__self.left_behind, site)));
	return coil__misuse(site, COIL_RUNTIME, "%s outside of a task%s", call,
			    coil__self.running ? "" : " (no running event loop)");
}

const char *coil__task_name(const struct task *task)
{
	char *name;

	if (task->name)
		return task->name;
	if (asprintf(&name, "Task-%u", task->number) < 0)
		return "Task";
	((struct task *)(uintptr_t)task)->name = name;
	return name;
}

const char *coil_task_get_name(coil_task *public)
{
	const struct task *task = coil__open_task(public, NULL, "get_name");

	return task ? coil__task_name(task) : "";
}

coil_result coil_task_set_name(coil_task *public, const char *format, ...)
{
	struct task *task = coil__open_task(public, NULL, "set_name");
	va_list args;
	char *name;
	bool made;

	if (!task)
		return coil_last_error();
	va_start(args, format);
	made = coil__task_make_name(&name, format, args);
	va_end(args);
	if (!made)
		return coil_raise_site(NULL, COIL_MEMORY, NULL);
	free(task->name);
	task->name = name;
	TRACE_TEXT(TASK_RENAMED, 0, name, .task = task->future.id);
	return coil_ok(NULL);
}

unsigned coil_task_cancelling(const coil_task *public)
{
	const struct task *task = coil__open_task(public, NULL, "cancelling");

	return task ? task->cancel_requests : 0;
}
