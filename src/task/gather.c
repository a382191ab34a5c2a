/* SPDX-License-Identifier: MIT
 *
 * gather.  Each child's done callback counts it; the last one, or the first that
 * fails, completes the gather.  See gather.h and semantics in <coil/await.h>.
 */
#include <stdlib.h>

#include <coil/await.h>

#include "loop/loop.h"
#include "task/exception.h"
#include "task/gather.h"
#include "task/keep.h"
#include "task/list.h"
#include "task/misuse.h"
#include "task/task.h"
#include "trace/recorder.h"

/* The children lie on as many pages: they are asked for from memory ahead. */
#define AHEAD 8

static inline struct future *child_at(const struct gather *gather, size_t i)
{
	if (i + AHEAD < gather->count) {
		prefetch_line(gather->children[i + AHEAD], 0);
		prefetch_line(gather->children[i + AHEAD], 64);
	}
	return gather->children[i];
}

/* ---- completing ------------------------------------------------------ */

/* As an item.  asyncio looks at a cancelled child without asking it, so that the
 * message of a task is lost here. */
static coil_result item_of(struct future *child)
{
	coil_result result;

	if (likely(child->state != FUTURE_CANCELLED))
		return coil__future_retrieve(child);
	result = child->result;
	if (child->object.kind == OBJECT_TASK &&
	    ((struct task *)child)->flags & TASK_TELLS_ONCE)
		result.exception = NULL;
	return result;
}

/* A request to cancel wins, even if every child has swallowed it.  Its message is that
 * of the last argument, as asyncio has it: of its cancellation, or the last that a task
 * was to be given by its next step. */
static coil_result cancelled_by(struct future *last)
{
	if (last->state == FUTURE_CANCELLED)
		return coil__future_retrieve(last);
	return (coil_result){ .error = COIL_CANCELLED,
		.exception = last->object.kind == OBJECT_TASK ?
			((struct task *)last)->cancel_error.exception : NULL };
}

static void finish(struct gather *gather)
{
	for (size_t i = 0; i < gather->count; i++) {
		struct future *child = child_at(gather, i);

		if (likely(!child->result.error && !child->is_list))
			gather->results->public.items[i] = child->result;
		else
			coil__list_set(gather->results, i, item_of(child), child->is_list);
	}
	if (unlikely(gather->cancel_requested))
		coil__future_finish(&gather->future,
				    cancelled_by(gather->children[gather->count - 1]), false);
	else
		coil__future_finish(&gather->future, coil_ok(&gather->results->public),
				    true);
}

static void record_counted(const struct gather *gather, const struct future *child)
{
	TRACE(GATHER_COUNTED, coil__future_outcome(child), .gather = gather->future.id, .child = child->id,
	      .done = (uint32_t)gather->counted, .count = (uint32_t)gather->unique);
}

/* asyncio's _done_callback. */
static void count(struct gather *gather, struct future *child)
{
	gather->counted++;
	if (TRACING)
		record_counted(gather, child);
	if (gather->future.state != FUTURE_PENDING) {
		if (child->state != FUTURE_CANCELLED)
			coil__future_retrieve(child); /* too late to be told of */
	} else if (!gather->return_exceptions && child->result.error) {
		coil__future_finish(&gather->future, coil__future_retrieve(child), false);
	} else if (gather->counted == gather->unique) {
		finish(gather);
	}
}

static coil_result child_done(coil_future *child, void *arg)
{
	struct gather *gather = arg;

	count(gather, handle_open(child));
	object_unref(gather);
	return coil_ok(NULL);
}

bool coil__gather_cancel(struct gather *gather, coil_result cancelled)
{
	bool any = false;

	for (size_t i = 0; i < gather->count; i++)
		any |= coil__future_cancel(gather->children[i], cancelled);
	gather->cancel_requested |= any;
	return any;
}

/* ---- making ---------------------------------------------------------- */

void coil__gather_fini(struct gather *gather)
{
	if (!gather->future.loop->closed) /* else they are freed for themselves */
		for (size_t i = 0; i < gather->count; i++)
			object_unref(child_at(gather, i));
	gather->future.loop->handles -= gather->room;
	free(gather->callbacks);
	free(gather->children);
	if (gather->results)
		object_unref(gather->results);
}

static void record_made(struct gather *gather, const coil_site *site)
{
	struct future *future = &gather->future;

	future->id = coil__trace_object_id();
	TRACE_NOW(FUTURE_CREATED, future->made_for, .future = future->id,
		  .loop = TRACE_LOOP(future->loop), .site = TRACE_SITE(site));
	for (size_t i = 0; i < gather->count; i++)
		TRACE(GATHER_MEMBER, 0, .gather = future->id,
		      .child = gather->children[i]->id, .position = (uint32_t)i,
		      .count = (uint32_t)gather->count);
}

/* With no children yet. */
static struct gather *gather_new(struct coil_loop *loop, size_t room, unsigned flags,
				 const coil_site *site)
{
	struct gather *gather;

	gather = (struct gather *)coil__future_new(loop, OBJECT_GATHER, site);
	if (!gather)
		return NULL;
	gather->future.made_for = TRACE_FUTURE_GATHER;
	gather->count = gather->unique = gather->counted = 0;
	gather->return_exceptions = flags & COIL_RETURN_EXCEPTIONS;
	gather->cancel_requested = false;
	gather->children = malloc((room ? room : 1) * sizeof(*gather->children));
	gather->callbacks = malloc((room ? room : 1) * sizeof(*gather->callbacks));
	gather->results = coil__list_new(room);
	gather->room = coil__ready_queue_reserve(&loop->ready, loop->handles + room) ?
		       room : 0;
	loop->handles += gather->room;
	if (gather->children && gather->callbacks && gather->results && gather->room == room)
		return gather;
	object_unref(gather);
	return NULL;
}

/* Adds a callback to every child that is not done. */
static void watch_children(struct gather *gather)
{
	static const coil_site count_site = {
		"coil_gather", __FILE__, __LINE__, "gather.count", ""
	};
	uint32_t look = coil__new_look();

	for (size_t i = 0; i < gather->count; i++) {
		struct future *child = child_at(gather, i);
		struct handle *callback = &gather->callbacks[i];

		if (!first_look(child, look))
			continue;
		gather->unique++;
		if (child->state != FUTURE_PENDING)
			continue;
		handle_init(callback, gather->future.loop, &count_site, HANDLE_ON_DONE);
		callback->done_function = child_done;
		callback->arg = gather;
		coil__future_attach(child, callback, gather->future.id);
		object_ref(gather); /* the callback's */
	}
}

/* Children that were done before are counted at once, now that the gather is made. */
static void count_done(struct gather *gather)
{
	uint32_t look = coil__new_look();

	for (size_t i = 0; i < gather->count; i++)
		if (gather->children[i]->state != FUTURE_PENDING &&
		    first_look(gather->children[i], look))
			count(gather, gather->children[i]);
}

struct gather *coil__gather(struct coil_loop *loop, struct future *const *children,
			    size_t count, unsigned flags, const coil_site *site)
{
	struct gather *gather = gather_new(loop, count, flags, site);

	if (!gather) {
		for (size_t i = 0; i < count; i++)
			object_unref(children[i]);
		return coil__null_memory(site);
	}
	for (size_t i = 0; i < count; i++)
		gather->children[gather->count++] = children[i];
	if (TRACING)
		record_made(gather, site);
	watch_children(gather);
	if (count)
		count_done(gather);
	else
		finish(gather);
	return gather;
}

/* ---- the program's side ---------------------------------------------- */

/* The loop of the arguments: of the first that has one, else the running one, else
 * the one that was set. */
static struct coil_loop *loop_of(coil_awaitable *const *awaitables, size_t count,
				 const coil_site *site)
{
	for (size_t i = 0; i < count; i++) {
		const struct object *object = handle_open(awaitables[i]);

		if (object && object->kind != OBJECT_COROUTINE)
			return ((const struct awaitable *)object)->loop;
	}
	if (coil__self.running || coil__self.set)
		return coil__self.running ? coil__self.running : coil__self.set;
	return coil__null(COIL_RUNTIME, site, "gather: no current event loop");
}

coil_future *coil_gather_site(unsigned flags, coil_awaitable *const *awaitables,
			      size_t count, const coil_site *site)
{
	struct coil_loop *loop = loop_of(awaitables, count, site);
	struct future **children;
	struct gather *gather;

	if (!loop) {
		for (size_t i = 0; i < count; i++)
			coil__awaitable_discard(awaitables[i], site);
		return NULL;
	}
	children = coil__ensure_futures(loop, awaitables, count, site);
	if (!children)
		return NULL;
	gather = coil__gather(loop, children, count, flags, site);
	free(children);
	if (!gather)
		return NULL;
	gather->future.object.owned = 1;
	return object_handle(gather);
}
