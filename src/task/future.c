/* SPDX-License-Identifier: MIT
 *
 * Futures: made, completed, cancelled, waited for.  What the program calls is in
 * future_api.c.  See future.h.
 */
#include <stdarg.h>

#include "loop/loop.h"
#include "task/context.h"
#include "task/exception.h"
#include "task/future.h"
#include "task/gather.h"
#include "task/keep.h"
#include "task/list.h"
#include "task/task.h"
#include "trace/recorder.h"

/* ---- making ---------------------------------------------------------- */

void coil__future_init(struct future *future, struct coil_loop *loop,
		       const coil_site *site)
{
	future->loop = loop;
	future->site = site;
	future->result = coil_ok(NULL);
	future->first = future->last = NULL;
	future->id = 0;
	future->state = FUTURE_PENDING;
	future->made_for = TRACE_FUTURE_PLAIN;
	future->is_list = false;
	future->unretrieved = false;
	awaitable_chain(&future->awaitable, &loop->living);
}

struct future *coil__future_new(struct coil_loop *loop, enum object_kind kind,
				const coil_site *site)
{
	struct future *future;

	future = pool_take(pool_of(kind), kind);
	if (future)
		coil__future_init(future, loop, site);
	return future;
}

uint32_t coil__new_look(void)
{
	static uint32_t looks;

	return __atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED);
}

/* ---- completing ------------------------------------------------------ */

unsigned coil__future_outcome(const struct future *future)
{
	if (future->state == FUTURE_CANCELLED)
		return TRACE_OUTCOME_CANCELLED;
	return future->result.error ? TRACE_OUTCOME_EXCEPTION : TRACE_OUTCOME_RESULT;
}

static void record_done(struct future *future)
{
	const struct coil_exception *e = coil__exception_of(future->result);

	TRACE_TEXT(FUTURE_DONE, coil__future_outcome(future), e ? e->message : "",
		   .future = future->id, .error = (uint32_t)future->result.error,
		   .site = TRACE_SITE(e ? e->site : NULL));
}

static void record_callback(struct future *future, struct handle *handle)
{
	bool step = handle->object.flags & HANDLE_STEP;

	coil__handle_record(handle, step ? TRACE_SCHEDULE_WAKEUP : TRACE_SCHEDULE_CALLBACK,
			    step ? future_id(handle->arg) : future->id, 0);
}

/* All callbacks of one completion stand next to each other in the queue. */
static void schedule_callbacks(struct future *future)
{
	struct handle *handle = future->first, *next;

	future->first = future->last = NULL;
	for (; handle; handle = next) {
		next = handle->next;
		if (handle->object.flags & HANDLE_ON_DONE)
			handle->future = future;
		if (!(handle->object.flags & HANDLE_EMBEDDED)) {
			handle->object.flags |= HANDLE_HAS_FUTURE;
			object_ref(future);
		}
		if (TRACING)
			record_callback(future, handle);
		coil__ready_queue_push(&future->loop->ready, handle);
	}
}

static void complete(struct future *future, enum future_state state,
		     coil_result result, bool is_list)
{
	future->state = (uint8_t)state;
	future->result = result;
	future->is_list = is_list;
	if (unlikely(result.error)) {
		coil__exception_ref(result);
		future->unretrieved = state == FUTURE_FINISHED;
	}
	if (is_list)
		object_ref(list_of(result.value));
	if (TRACING)
		record_done(future);
	if (unlikely(loop_has_incoming(future->loop)))
		coil__loop_take_over(future->loop);
	schedule_callbacks(future);
}

void coil__future_finish(struct future *future, coil_result result, bool is_list)
{
	complete(future, FUTURE_FINISHED, result, is_list);
}

void coil__future_end_cancelled(struct future *future, coil_result cancelled)
{
	complete(future, FUTURE_CANCELLED, cancelled, false);
}

coil_result coil__future_no_stop(coil_result error)
{
	return coil_raise_site(coil_error_site(error), COIL_RUNTIME,
			       "StopIteration interacts badly with generators and cannot "
			       "be raised into a Future");
}

/* ---- cancelling ------------------------------------------------------ */

bool coil__future_cancel(struct future *future, coil_result cancelled)
{
	if (future->object.kind != OBJECT_GATHER) /* asyncio's looks at done first */
		future->unretrieved = false;
	if (future->state != FUTURE_PENDING)
		return false;
	switch (future->object.kind) {
	case OBJECT_TASK:
		return coil__task_cancel((struct task *)future, cancelled);
	case OBJECT_GATHER:
		return coil__gather_cancel((struct gather *)future, cancelled);
	default:
		coil__future_end_cancelled(future, cancelled);
		return true;
	}
}

/* ---- callbacks ------------------------------------------------------- */

void coil__future_wait(struct future *future, struct handle *handle)
{
	handle->next = NULL;
	if (future->last)
		future->last->next = handle;
	else
		future->first = handle;
	future->last = handle;
}

void coil__future_attach(struct future *future, struct handle *handle, uint64_t target)
{
	TRACE(CALLBACK_ADDED, 0, .future = future->id, .target = target,
	      .site = TRACE_SITE(handle->site));
	coil__future_wait(future, handle);
	if (likely(future->state == FUTURE_PENDING))
		return;
	if (unlikely(loop_has_incoming(future->loop)))
		coil__loop_take_over(future->loop);
	schedule_callbacks(future);
}

static void record_removed(const struct future *future, const struct handle *handle)
{
	TRACE(CALLBACK_REMOVED, 0, .future = future->id, .count = 1,
	      .site = TRACE_SITE(handle->site));
}

void coil__future_detach(struct future *future, struct handle *handle)
{
	struct handle *last = NULL, **place;

	for (place = &future->first; *place != handle; place = &last->next)
		last = *place;
	*place = handle->next;
	if (future->last == handle)
		future->last = last;
	record_removed(future, handle);
}

coil_result coil__future_add_callback_in(struct future *future, struct context *context,
	bool in_context, coil_done_callback function, void *arg, const coil_site *site)
{
	struct handle *handle = loop_new_handle(future->loop, site);

	if (!handle)
		return coil_raise_site(site, COIL_MEMORY, NULL);
	handle->object.flags |= HANDLE_ON_DONE;
	handle->done_function = function;
	handle->arg = arg;
	if (in_context && !context_bind(handle, context)) {
		object_unref(handle);
		return coil_raise_site(site, COIL_MEMORY, NULL);
	}
	coil__future_attach(future, handle, 0);
	return coil_ok(NULL);
}

coil_result coil__future_add_callback(struct future *future,
	coil_done_callback function, void *arg, const coil_site *site)
{
	return coil__future_add_callback_in(future, NULL, false, function, arg, site);
}

size_t coil__future_remove_callbacks(struct future *future, coil_done_callback function,
				     void *arg)
{
	struct handle *handle, *last = NULL, **place;
	size_t removed = 0;

	for (place = &future->first; (handle = *place);) {
		if (coil__context_is_callback(handle, function, arg)) {
			*place = handle->next;
			record_removed(future, handle);
			object_unref(handle);
			removed++;
		} else {
			last = handle;
			place = &handle->next;
		}
	}
	future->last = last;
	return removed;
}

/* ---- looking at it --------------------------------------------------- */

coil_result coil__future_retrieve(struct future *future)
{
	coil_result result = future->result;
	struct task *task = (struct task *)future;

	future->unretrieved = false;
	if (likely(future->object.kind != OBJECT_TASK || !(task->flags & TASK_TELLS_ONCE)))
		return result;
	if (task->flags & TASK_TOLD)
		result.exception = NULL;
	task->flags |= TASK_TOLD;
	return result;
}
