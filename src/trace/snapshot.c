/* SPDX-License-Identifier: MIT
 *
 * The state of a running loop, said as events.  See snapshot.h.
 */
#include <coil/timeout.h>

#include "loop/loop.h"
#include "sync/condition.h"
#include "task/as_completed.h"
#include "task/async_generator.h"
#include "task/task.h"
#include "task/task_group.h"
#include "task/timeout.h"
#include "task/waiter.h"
#include "trace/recorder.h"
#include "trace/snapshot.h"

/* ---- futures ---------------------------------------------------------- */

static void say_future(struct future *future, uint64_t resource)
{
	future->id = coil__trace_object_id();
	TRACE(FUTURE_CREATED, future->made_for, .future = future->id,
	      .site = TRACE_SITE(future->site), .resource = resource);
}

/* One that is done lives as long as somebody has it. */
static void say_made(struct awaitable *a)
{
	struct future *future = (struct future *)a;

	if (!object_is_future(&a->object) || a->object.kind == OBJECT_WAITER)
		return;
	if (a->object.kind == OBJECT_TASK)
		coil__task_record((struct task *)future, NULL);
	else
		say_future(future, 0);
	if (future->state != FUTURE_PENDING)
		TRACE_TEXT(FUTURE_DONE, coil__future_outcome(future), "",
			   .future = future->id, .error = (uint32_t)future->result.error);
}

/* ---- what tasks share ------------------------------------------------- */

static uint64_t say_resource(unsigned kind, const coil_site *site, uint64_t value)
{
	uint64_t id = coil__trace_object_id();

	TRACE(RESOURCE_CREATED, kind, .resource = id, .site = TRACE_SITE(site),
	      .value = value);
	return id;
}

static void say_timeout(struct timeout *timeout)
{
	timeout->id = say_resource(TRACE_RESOURCE_TIMEOUT, timeout->awaitable.site, 0);
	TRACE(RESOURCE_CHANGED, TRACE_ACTION_ENTER, .resource = timeout->id,
	      .other = timeout->task->future.id,
	      .when = timeout->when == COIL_NO_TIMEOUT ? 0 : timeout->when);
}

static void say_group(struct task_group *group)
{
	group->id = say_resource(TRACE_RESOURCE_TASK_GROUP, group->awaitable.site, 0);
	coil__task_group_record(group, TRACE_ACTION_ENTER, group->parent);
	for (struct group_child *child = group->first; child; child = child->behind)
		coil__task_group_record(group, TRACE_ACTION_ADD, child->task);
}

static void say_as_completed(struct as_completed *all)
{
	all->id = say_resource(TRACE_RESOURCE_AS_COMPLETED, all->awaitable.site, all->count);
	for (size_t i = 0; i < all->count; i++)
		if (!all->children[i].counted)
			TRACE(RESOURCE_CHANGED, TRACE_ACTION_ADD, .resource = all->id,
			      .other = all->children[i].future->id, .value = all->todo);
}

/* What is in the chain of the living has been entered.  Tasks are known by now. */
static void say_shared(struct awaitable *a)
{
	if (a->object.kind == OBJECT_TIMEOUT)
		say_timeout((struct timeout *)a);
	else if (a->object.kind == OBJECT_TASK_GROUP)
		say_group((struct task_group *)a);
	else if (a->object.kind == OBJECT_AS_COMPLETED)
		say_as_completed((struct as_completed *)a);
}

static void say_async_generators(struct coil_loop *loop)
{
	struct async_generator *g = loop->async_generators;

	while (g && g->older)
		g = g->older;
	while (g) {
		g->id = say_resource(TRACE_RESOURCE_ASYNC_GENERATOR, g->site, 0);
		g = g->newer == &loop->async_generators ? NULL :
		    container_of(g->newer, struct async_generator, older);
	}
}

/* A lock, a queue ... is made known with the first who stands in its line.  A visitor of
 * a condition may stand in the line of its lock. */
static uint64_t line_of(const struct waiter *waiter)
{
	struct object *object = waiter->resource;

	if (!object)
		return 0;
	if (object->kind == OBJECT_AS_COMPLETED)
		return ((struct as_completed *)object)->id;
	if (object->kind == OBJECT_CONDITION && waiter->future.made_for == TRACE_FUTURE_LOCK)
		return coil__resource_id(&((struct condition *)object)->lock->resource);
	return coil__resource_id((struct resource *)object);
}

static void say_waiter(struct awaitable *a)
{
	if (a->object.kind == OBJECT_WAITER)
		say_future((struct future *)a, line_of((struct waiter *)a));
}

/* ---- what runs, and waits ---------------------------------------------- */

/* The innermost await of a task that waits; those around it are not known. */
static void say_waiting(struct awaitable *a)
{
	struct task *task = (struct task *)a;
	struct future *below = a->object.kind == OBJECT_TASK ? task->waiting_on : NULL;

	if (below && task->future.state == FUTURE_PENDING)
		TRACE(AWAIT_BEGIN, below->object.kind == OBJECT_TASK ? TRACE_AWAIT_TASK :
		      below->made_for == TRACE_FUTURE_SLEEP ? TRACE_AWAIT_SLEEP :
		      below->made_for == TRACE_FUTURE_GATHER ? TRACE_AWAIT_GATHER :
		      TRACE_AWAIT_FUTURE, .task = task->future.id, .target = below->id,
		      .depth = task->depth);
}

/* In order of creation: the chain has the newest first. */
static void say_living(struct coil_loop *loop, void (*say)(struct awaitable *))
{
	struct awaitable *oldest = loop->living;

	while (oldest && oldest->older)
		oldest = oldest->older;
	while (oldest) {
		say(oldest);
		oldest = oldest->newer == &loop->living ? NULL :
			 container_of(oldest->newer, struct awaitable, older);
	}
}

static void say_handle(struct handle *handle, unsigned schedule)
{
	unsigned flags = handle->object.flags;

	if (flags & HANDLE_STEP)
		coil__handle_record(handle, TRACE_SCHEDULE_STEP, future_id(handle->arg), 0);
	else if (flags & HANDLE_ON_DONE)
		coil__handle_record(handle, TRACE_SCHEDULE_CALLBACK,
				    future_id(handle->future), 0);
	else
		coil__handle_record(handle, schedule, 0,
				    flags & HANDLE_IN_HEAP ? handle->when : 0);
}

static void say_scheduled(struct coil_loop *loop)
{
	struct ready_queue *ready = &loop->ready;

	for (size_t i = ready->head; i != ready->tail; i++)
		say_handle(ready->slots[i & (ready->capacity - 1)], TRACE_SCHEDULE_SOON);
	for (size_t i = 0; i < loop->timers.count; i++)
		say_handle(loop->timers.entries[i].handle, TRACE_SCHEDULE_AT);
}

/* The first step of an eager task, which we may be inside of, is in the step of another,
 * or in a callback; of several within each other the innermost is said. */
static void say_eager(struct coil_loop *loop, const struct handle *handle)
{
	if (loop->current && !(handle->object.flags & HANDLE_STEP &&
			       handle->arg == loop->current))
		TRACE(TASK_EAGER_BEGIN, 0, .task = loop->current->future.id);
}

/* The handle that is running: we are inside of it. */
static void say_running(struct coil_loop *loop)
{
	struct handle *handle = loop->running_handle;

	if (!handle)
		return;
	say_handle(handle, TRACE_SCHEDULE_SOON);
	TRACE_CONTEXT(handle->id);
	if (handle->object.flags & HANDLE_STEP)
		TRACE(TASK_STEP_BEGIN, TRACE_SEND_SEND, .task = future_id(handle->arg));
	else
		TRACE(HANDLE_RUN_BEGIN, 0, );
	say_eager(loop, handle);
}

void coil__trace_snapshot(void)
{
	struct coil_loop *loop = coil__self.running;

	if (!loop)
		return;
	coil__trace_run(loop->id, &loop->clock);
	TRACE_NOW(LOOP_CREATED, loop->clock.kind, .loop = loop->id);
	TRACE(LOOP_RUN_BEGIN, 0, .loop = loop->id);
	say_living(loop, say_made);
	say_living(loop, say_shared);
	say_async_generators(loop);
	say_living(loop, say_waiter);
	say_living(loop, say_waiting);
	TRACE(ITERATION_BEGIN, 0, .n = loop->iteration,
	      .ready = (uint32_t)coil__ready_queue_length(&loop->ready),
	      .scheduled = (uint32_t)loop->timers.count);
	say_running(loop);
	say_scheduled(loop);
}
