/* SPDX-License-Identifier: MIT
 *
 * Lines of waiters.  See waiter.h.
 */
#include "loop/loop.h"
#include "task/exception.h"
#include "task/keep.h"
#include "task/task.h"
#include "task/waiter.h"
#include "trace/recorder.h"

static void join(struct waiter *waiter, struct waiters *line)
{
	waiter->line = line;
	waiter->behind = NULL;
	waiter->before = line->last;
	if (line->last)
		line->last->behind = waiter;
	else
		line->first = waiter;
	line->last = waiter;
}

static apart void record_made(struct waiter *waiter, uint64_t id)
{
	struct future *future = &waiter->future;

	future->id = coil__trace_object_id();
	TRACE_NOW(FUTURE_CREATED, future->made_for, .future = future->id,
		  .loop = TRACE_LOOP(future->loop), .site = TRACE_SITE(future->site),
		  .resource = id);
}

struct waiter *coil__waiter_join(struct waiters *line, struct object *resource,
				 struct coil_loop *loop, unsigned made_for, uint64_t id,
				 const coil_site *site)
{
	struct waiter *waiter =
		(struct waiter *)coil__future_new(loop, OBJECT_WAITER, site);

	if (!waiter)
		return coil__null_memory(site);
	waiter->future.made_for = (uint8_t)made_for;
	waiter->resource = resource;
	if (resource)
		object_ref(resource);
	join(waiter, line);
	if (TRACING)
		record_made(waiter, id);
	return waiter;
}

void coil__waiter_again(struct waiter *waiter, struct waiters *line, unsigned made_for,
			uint64_t id, const coil_site *site)
{
	struct future *future = &waiter->future;

	coil__exception_unref(future->result);
	future->result = coil_ok(NULL);
	future->state = FUTURE_PENDING;
	future->made_for = (uint8_t)made_for;
	future->site = site;
	future->id = 0;
	join(waiter, line);
	if (TRACING)
		record_made(waiter, id);
}

coil_result coil__waiter_wait(struct task *task, struct waiter *waiter,
			      const coil_site *site)
{
	object_ref(waiter);
	return coil__task_await(task, &waiter->future, site, TRACE_AWAIT_FUTURE);
}

void coil__waiter_leave(struct waiter *waiter)
{
	struct waiters *line = waiter->line;

	if (!line)
		return;
	if (waiter->before)
		waiter->before->behind = waiter->behind;
	else
		line->first = waiter->behind;
	if (waiter->behind)
		waiter->behind->before = waiter->before;
	else
		line->last = waiter->before;
	waiter->line = NULL;
}

void coil__waiter_drop(struct waiter *waiter)
{
	coil__waiter_leave(waiter);
	object_unref(waiter);
}

void coil__waiter_wake(struct waiter *waiter)
{
	coil__future_finish(&waiter->future, coil_ok(NULL), false);
}

struct waiter *coil__waiters_pending(const struct waiters *line)
{
	struct waiter *waiter = line->first;

	while (waiter && !waiter_is_pending(waiter))
		waiter = waiter->behind;
	return waiter;
}

void coil__waiter_fini(struct waiter *waiter)
{
	coil__waiter_leave(waiter);
	if (waiter->resource)
		object_unref(waiter->resource);
	waiter->resource = NULL;
}
