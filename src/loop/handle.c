/* SPDX-License-Identifier: MIT
 *
 * Handles: making, cancelling and running them.  See handle.h.
 */
#include <stdio.h>

#include "loop/loop.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "trace/recorder.h"

struct handle *coil__handle_new(struct coil_loop *loop, const coil_site *site)
{
	struct handle *handle;

	thread_register();
	if (!coil__ready_queue_reserve(&loop->ready, loop->handles + 1))
		return NULL;
	handle = pool_take(pool_of(OBJECT_HANDLE), OBJECT_HANDLE);
	if (!handle)
		return NULL;
	loop->handles++;
	handle->loop = loop;
	handle->site = site;
	handle->id = 0;
	return handle;
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
static void callback_failed(struct coil_loop *loop, struct handle *handle,
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

static coil_result call(struct handle *handle)
{
	if (handle->object.flags & HANDLE_ON_DONE)
		return coil__call_done_callback(handle);
	return handle->function(handle->arg);
}

/* A task's step records its own beginning and end, which stand for the handle's. */
void coil__run_handle(struct coil_loop *loop, struct handle *handle)
{
	bool step = handle->object.flags & HANDLE_EMBEDDED;
	coil_result result;

	loop->running_handle = handle;
	TRACE_CONTEXT(handle->id);
	if (!step)
		TRACE_NOW(HANDLE_RUN_BEGIN, 0, );
	result = call(handle);
	if (unlikely(result.error))
		callback_failed(loop, handle, result);
	if (!step)
		TRACE(HANDLE_RUN_END, 0, .error = (uint32_t)result.error);
	TRACE_CONTEXT(0);
	loop->running_handle = NULL;
	handle_drop(handle);
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
