/* SPDX-License-Identifier: MIT
 *
 * gather.  Each child's done callback counts it; the last one, or the first that
 * fails, completes the gather.  See gather.h and semantics in <coil/await.h>.
 */
#include <stdlib.h>

#include <coil/await.h>

#include "loop/loop.h"
#include "task/chain.h"
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
	if (last->object.kind == OBJECT_TASK)
		return task_cancel_error((struct task *)last);
	return (coil_result){ .error = COIL_CANCELLED, { NULL } };
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
	if (!loop_is_closed(gather->future.loop)) /* else they are freed for themselves */
		for (size_t i = 0; i < gather->count; i++)
			object_unref(child_at(gather, i));
	gather->future.loop->handles -= gather->room;
	free(gather->callbacks);
	free(gather->children);
	if (gather->results)
		object_unref(gather->results);
}

static void record_made(struct future *future, const coil_site *site)
{
	future->id = coil__trace_object_id();
	TRACE_NOW(FUTURE_CREATED, future->made_for, .future = future->id,
		  .loop = TRACE_LOOP(future->loop), .site = TRACE_SITE(site));
}

static void record_members(const struct gather *gather)
{
	for (size_t i = 0; i < gather->count; i++)
		TRACE(GATHER_MEMBER, 0, .gather = gather->future.id,
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
	if (gather->children && gather->callbacks && gather->results && gather->room == room) {
		if (TRACING)
			record_made(&gather->future, site);
		return gather;
	}
	object_unref(gather);
	return NULL;
}

/* What a place among the arguments is: in the kind of its callback. */
enum place {
	PLACE_AGAIN = OBJECT_FREE,     /* a future that has a place before      */
	PLACE_DONE = OBJECT_FUTURE,    /* the first of one that was done by then */
	PLACE_WATCHED = OBJECT_HANDLE, /* the first of one that has the callback */
};

/* The next child, whose reference the gather takes over.  Its callback is added before
 * the next child is made, which, if it is eager, may wait for this one. */
static void add_child(struct gather *gather, struct future *child)
{
	static const coil_site count_site = {
		"coil_gather", __FILE__, __LINE__, "gather.count", ""
	};
	struct handle *callback = &gather->callbacks[gather->count];
	uint8_t *place = &callback->object.kind;

	gather->children[gather->count++] = child;
	if (*place == PLACE_AGAIN)
		return;
	gather->unique++;
	if (child->state != FUTURE_PENDING) {
		*place = PLACE_DONE;
		return;
	}
	handle_init(callback, gather->future.loop, &count_site, HANDLE_ON_DONE);
	callback->done_function = child_done;
	callback->arg = gather;
	coil__future_attach(child, callback, gather->future.id);
	object_ref(gather); /* the callback's */
}

/* All children are there.  Those that were done when they were looked at are counted
 * at once. */
static void all_added(struct gather *gather)
{
	if (TRACING)
		record_members(gather);
	for (size_t i = 0; i < gather->count; i++)
		if (gather->callbacks[i].object.kind == PLACE_DONE)
			count(gather, gather->children[i]);
	if (!gather->count)
		finish(gather);
}

/* One of its children could not be had: it is done, so that its callbacks, which may
 * be scheduled already, do nothing. */
static void give_up(struct gather *gather)
{
	coil__future_finish(&gather->future, coil_ok(NULL), false);
	object_unref(gather);
}

struct gather *coil__gather(struct coil_loop *loop, struct future *const *children,
			    size_t count, unsigned flags, const coil_site *site)
{
	struct gather *gather = gather_new(loop, count, flags, site);

	for (size_t i = 0; i < count; i++) {
		if (!gather) {
			object_unref(children[i]);
			continue;
		}
		gather->callbacks[i].object.kind = PLACE_WATCHED;
		add_child(gather, children[i]);
	}
	if (!gather)
		return coil__null_memory(site);
	all_added(gather);
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

/* Which arguments are there for the first time, of those that are futures: found
 * before any coroutine becomes a task, which may be eager, and gather some itself. */
static void find_places(struct gather *gather, coil_awaitable *const *awaitables,
			size_t count)
{
	uint32_t look = coil__new_look();

	for (size_t i = 0; i < count; i++) {
		struct object *object = handle_open(awaitables[i]);
		bool first = !object || object->kind == OBJECT_COROUTINE ||
			     first_look((struct future *)object, look);

		gather->callbacks[i].object.kind = first ? PLACE_WATCHED : PLACE_AGAIN;
	}
}

static void discard(coil_awaitable *const *awaitables, size_t count, const coil_site *site)
{
	for (size_t i = 0; i < count; i++)
		coil__awaitable_discard(awaitables[i], site);
}

/* Hands all arguments over, in order; coroutines become tasks.  False: one of them was
 * none, and the rest is discarded. */
static bool take_children(struct gather *gather, coil_awaitable *const *awaitables,
			  size_t count, const coil_site *site)
{
	find_places(gather, awaitables, count);
	for (size_t i = 0; i < count; i++) {
		struct future *child = coil__ensure_future(gather->future.loop, awaitables[i],
							   site);

		if (!child) {
			coil_result failed = coil_last_error();

			discard(awaitables + i + 1, count - i - 1, site);
			coil__set_last_error(failed);
			return false;
		}
		add_child(gather, child);
	}
	return true;
}

coil_future *coil_gather_site(unsigned flags, coil_awaitable *const *awaitables,
			      size_t count, const coil_site *site)
{
	struct coil_loop *loop = loop_of(awaitables, count, site);
	struct gather *gather = loop ? gather_new(loop, count, flags,
							     place_here(loop, site)) : NULL;

	if (!gather) {
		discard(awaitables, count, site);
		return loop ? coil__null_memory(site) : NULL;
	}
	if (!take_children(gather, awaitables, count, site)) {
		give_up(gather);
		return NULL;
	}
	all_added(gather);
	gather->future.object.owned = 1;
	return object_handle(gather);
}
