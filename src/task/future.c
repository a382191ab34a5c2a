/* SPDX-License-Identifier: MIT
 *
 * Futures.  See future.h and <coil/future.h>.
 */
#include <stdarg.h>

#include "loop/debug.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "task/chain.h"
#include "task/context.h"
#include "task/exception.h"
#include "task/future.h"
#include "task/gather.h"
#include "task/keep.h"
#include "task/list.h"
#include "task/misuse.h"
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

static apart void created(struct future *future, struct coil_loop *loop,
			  const coil_site *site)
{
	future->site = place_here(loop, site);
	if (!TRACING)
		return;
	future->id = coil__trace_object_id();
	TRACE_NOW(FUTURE_CREATED, TRACE_FUTURE_PLAIN, .future = future->id,
		  .loop = TRACE_LOOP(loop), .site = TRACE_SITE(site));
}

coil_future *coil_loop_create_future_site(coil_loop *loop, const coil_site *site)
{
	struct future *future = coil__future_new(loop, OBJECT_FUTURE, site);

	if (!future)
		return coil__null_memory(site);
	future->object.owned = 1;
	if (WATCHED)
		created(future, loop, site);
	return object_handle(future);
}

coil_future *coil_create_future_site(const coil_site *site)
{
	coil_loop *loop = coil_get_running_loop();

	return loop ? coil_loop_create_future_site(loop, site) : NULL;
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

/* Completing schedules what waits: in debug mode for its loop's thread alone. */
static inline bool admits(const struct future *future, const coil_site *site)
{
	return !DEBUGGING || future->state != FUTURE_PENDING ||
	       (!future->first && future->object.kind == OBJECT_FUTURE) ||
	       coil__debug_admits(future->loop, site);
}

static struct future *open_settable(coil_future *public, const coil_site *site,
				    const char *call, coil_result *failed)
{
	struct future *future = coil__open_future(public, site, call);

	*failed = future ? coil_ok(NULL) : coil_last_error();
	if (!future)
		return NULL;
	if (future->object.kind != OBJECT_FUTURE)
		*failed = coil_raise_site(site, COIL_RUNTIME, "%s does not support %s operation",
			future->object.kind == OBJECT_TASK ? "Task" :
			coil__kind_name(future->object.kind), call);
	else if (future->state != FUTURE_PENDING)
		*failed = coil_raise_site(site, COIL_INVALID_STATE, "%s: the future is %s",
			call, future->state == FUTURE_CANCELLED ? "cancelled" : "finished");
	else if (!admits(future, site))
		*failed = coil_last_error();
	return failed->error ? NULL : future;
}

coil_result coil_future_set_result_site(coil_future *public, coil_result result,
					const coil_site *site)
{
	coil_result failed;
	struct future *future = open_settable(public, site, "set_result", &failed);

	if (!future)
		return failed;
	if (result.error)
		return coil_raise_site(site, COIL_TYPE,
			"set_result: that is an error (%s); set_exception takes it",
			coil_error_name(result.error));
	coil__future_finish(future, result, false);
	return coil_ok(NULL);
}

coil_result coil_future_set_exception_site(coil_future *public, const coil_site *site,
					   int error, const char *format, ...)
{
	coil_result failed, raised;
	struct future *future = open_settable(public, site, "set_exception", &failed);
	va_list args;

	if (!future)
		return failed;
	if (!error)
		return coil_raise_site(site, COIL_TYPE, "set_exception: COIL_OK is no error");
	va_start(args, format);
	raised = coil__raise(site, error, format, args);
	va_end(args);
	coil__future_finish(future, coil__future_error(raised), false);
	return coil_ok(NULL);
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

bool coil_future_cancel_site(coil_future *public, const coil_site *site,
			     const char *format, ...)
{
	struct future *future = coil__open_future(public, site, "cancel");
	coil_result cancelled = { .error = COIL_CANCELLED };
	va_list args;

	if (!future || !admits(future, site))
		return false;
	cancelled.exception = NULL;
	if (format) {
		va_start(args, format);
		cancelled = coil__raise(site, COIL_CANCELLED, format, args);
		va_end(args);
	}
	return coil__future_cancel(future, cancelled);
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

static coil_result add_callback(struct future *future, struct context *context,
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
	return add_callback(future, NULL, false, function, arg, site);
}

coil_result coil_future_add_done_callback_site(coil_future *public,
	coil_done_callback function, void *arg, const coil_site *site)
{
	return coil_future_add_done_callback_with_context_site(public, NULL, function,
							       arg, site);
}

coil_result coil_future_add_done_callback_with_context_site(coil_future *public,
	coil_context *public_context, coil_done_callback function, void *arg,
	const coil_site *site)
{
	struct context *context = NULL;
	struct future *future = coil__open_future(public, site, "add_done_callback");

	if (!future)
		return coil_last_error();
	if (!function)
		return coil_raise_site(site, COIL_TYPE, "a callable object was expected by add_done_callback(), got NULL");
	if (public_context) {
		context = coil__open(public_context, site, "add_done_callback", OBJECT_CONTEXT);
		if (!context)
			return coil_last_error();
	}
	if (unlikely(loop_looks_twice(future->loop)) && !coil__loop_admits(future->loop, site))
		return coil_last_error();
	return add_callback(future, context, true, function, arg,
			    place_here(future->loop, site));
}

size_t coil_future_remove_done_callback(coil_future *public,
					coil_done_callback function, void *arg)
{
	struct future *future = coil__open_future(public, NULL, "remove_done_callback");
	struct handle *handle, *last = NULL, **place;
	size_t removed = 0;

	if (!future)
		return 0;
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

bool coil_future_done(const coil_future *public)
{
	const struct future *future = coil__open_future(public, NULL, "done");

	return future && future->state != FUTURE_PENDING;
}

bool coil_future_cancelled(const coil_future *public)
{
	const struct future *future = coil__open_future(public, NULL, "cancelled");

	return future && future->state == FUTURE_CANCELLED;
}

coil_result coil_future_result(coil_future *public)
{
	struct future *future = coil__open_future(public, NULL, "result");

	if (!future)
		return coil_last_error();
	if (future->state == FUTURE_PENDING)
		return coil_raise_site(NULL, COIL_INVALID_STATE, "Result is not set.");
	return coil__future_retrieve(future);
}

coil_result coil_future_exception(coil_future *public, coil_result *exception)
{
	coil_result result;
	struct future *future = coil__open_future(public, NULL, "exception");

	*exception = coil_ok(NULL);
	if (!future)
		return coil_last_error();
	if (future->state == FUTURE_PENDING)
		return coil_raise_site(NULL, COIL_INVALID_STATE, "Exception is not set.");
	result = coil__future_retrieve(future);
	if (future->state == FUTURE_CANCELLED)
		return result;
	if (result.error)
		*exception = result;
	return coil_ok(NULL);
}

coil_loop *coil_future_get_loop(const coil_future *public)
{
	const struct future *future = coil__open_future(public, NULL, "get_loop");

	return future ? future->loop : NULL;
}
