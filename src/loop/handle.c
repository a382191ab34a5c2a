/* SPDX-License-Identifier: MIT
 *
 * Handles: making, cancelling and running them.  See handle.h.
 */
#include <stdio.h>

#include "loop/loop.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "trace/recorder.h"

void coil__handle_record(struct handle *handle, unsigned schedule, uint64_t target,
			 double when)
{
	handle->id = coil__trace_handle_id();
	TRACE(HANDLE_SCHEDULED, schedule, .handle = handle->id, .target = target,
	      .loop = TRACE_LOOP(handle->loop),
	      .site = handle->object.flags & HANDLE_STEP ? 0 : TRACE_SITE(handle->site),
	      .when = when);
}

void coil__handle_destroy(struct handle *handle)
{
	handle->loop->handles--;
	if (handle->object.flags & HANDLE_HAS_FUTURE)
		object_unref(handle->future);
	if (unlikely(handle->object.flags & HANDLE_FOREIGN))
		coil__pool_give_back(handle, OBJECT_HANDLE);
	else
		pool_give(pool_of(OBJECT_HANDLE), handle);
}

void coil__handle_cancel(struct handle *handle)
{
	if (handle->object.flags & HANDLE_CANCELLED)
		return;
	handle->object.flags |= HANDLE_CANCELLED;
	if (handle->object.flags & HANDLE_IN_HEAP)
		handle->loop->timers.cancelled++;
	TRACE(HANDLE_CANCELLED, 0, .handle = handle->id);
}

/* What a callback raised goes to the exception handler, except what must leave
 * the loop. */
static cold void callback_failed(struct coil_loop *loop, struct handle *handle,
			    coil_result error)
{
	char message[256];
	coil_exception_context context = {
		.message = message, .exception = error,
		.handle = object_handle(handle), .site = handle->site,
	};

	if (error.error == COIL_SYSTEM_EXIT || error.error == COIL_KEYBOARD_INTERRUPT) {
		loop->leaving = error;
		return;
	}
	snprintf(message, sizeof(message), "Exception in callback %s(%s)",
		 handle->site ? handle->site->callee : "?",
		 handle->site ? handle->site->argument : "");
	coil_loop_call_exception_handler(loop, &context);
}

static inline coil_result call(struct handle *handle)
{
	if (handle->object.flags & HANDLE_ON_DONE)
		return handle->done_function(object_handle(handle->future), handle->arg);
	return handle->function(handle->arg);
}

/* A task's step records its own beginning and end, which stand for the handle's. */
static apart void record_begin(const struct handle *handle)
{
	TRACE_CONTEXT(handle->id);
	if (!(handle->object.flags & HANDLE_STEP))
		TRACE_NOW(HANDLE_RUN_BEGIN, 0, );
}

static apart void record_end(unsigned flags, int error)
{
	if (!(flags & HANDLE_STEP))
		TRACE(HANDLE_RUN_END, 0, .error = (uint32_t)error);
}

/* A handle that is a part of something else may be gone with that after the call. */
void coil__run_handle(struct coil_loop *loop, struct handle *handle)
{
	unsigned flags = handle->object.flags;
	coil_result result;

	loop->running_handle = handle;
	if (TRACING)
		record_begin(handle);
	result = call(handle);
	if (unlikely(result.error))
		callback_failed(loop, handle, result);
	if (!(flags & HANDLE_EMBEDDED))
		handle_drop(handle);
	if (TRACING)
		record_end(flags, result.error);
}

/* ---- the program's side ---------------------------------------------- */

void coil_handle_cancel(coil_handle *public)
{
	struct handle *handle = handle_open(public);

	if (handle && handle->object.kind == OBJECT_HANDLE)
		coil__handle_cancel(handle);
}

bool coil_handle_cancelled(const coil_handle *public)
{
	const struct handle *handle = handle_open(public);

	return handle && handle->object.kind == OBJECT_HANDLE &&
	       (handle->object.flags & HANDLE_CANCELLED);
}

double coil_handle_when(const coil_handle *public)
{
	const struct handle *handle = handle_open(public);

	return handle && handle->object.kind == OBJECT_HANDLE &&
	       (handle->object.flags & HANDLE_IS_TIMER) ? handle->when : 0;
}
