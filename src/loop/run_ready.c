/* SPDX-License-Identifier: MIT
 *
 * Handles are run: callbacks are called, here and nowhere else.  See run_ready.h.
 *
 * Cost: of a handle, its call, and a load and a branch that is predicted.
 */
#include <stdio.h>
#include <string.h>

#include "base/place.h"
#include "loop/debug.h"
#include "loop/registry.h"
#include "loop/run_ready.h"
#include "task/interrupt.h"
#include "trace/recorder.h"

/* What a callback raised goes to the exception handler, except what must leave
 * the loop. */
static cold void callback_failed(struct coil_loop *loop, struct handle *handle,
			    coil_result error)
{
	char message[256];
	coil_exception_context context = {
		.message = message, .exception = error,
		.handle = object_handle(handle), .site = handle->site,
		.source_traceback = coil__place_if_made(handle->site),
	};

	if (error.error == COIL_SYSTEM_EXIT || error.error == COIL_KEYBOARD_INTERRUPT) {
		loop_leave(loop, error);
		return;
	}
	snprintf(message, sizeof(message), "Exception in callback %s(%s)",
		 handle->site ? handle->site->callee : "?",
		 handle->site && strcmp(handle->site->argument, "NULL") != 0 ?
		 handle->site->argument : "");
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

/* Everything but the straight path: what is recorded, is a done callback, comes from
 * another thread, or was cancelled and is skipped.  Result: whether it was run.  A
 * handle that is a part of something else may be gone with that after the call. */
static apart bool run_other(struct coil_loop *loop, struct handle *handle)
{
	unsigned flags = handle->object.flags;
	coil_result result;

	if (flags & HANDLE_CANCELLED) {
		handle_drop(handle);
		return false;
	}
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
	return true;
}

/* Here callbacks are called.  In line, because the processor guesses wrong at every
 * return that stands between a switch of stacks and the loop: 8 ns each. */
static inline bool run_handle(struct coil_loop *loop, struct handle *handle)
{
	unsigned flags = handle->object.flags;
	coil_result result;

	if (unlikely(TRACING || flags & HANDLE_NOT_STRAIGHT))
		return run_other(loop, handle);
	loop->running_handle = handle;
	result = handle->function(handle->arg);
	if (unlikely(result.error))
		callback_failed(loop, handle, result);
	if (!(flags & HANDLE_EMBEDDED))
		handle_drop(handle);
	return true;
}

cold bool coil__loop_attend(struct coil_loop *loop)
{
	loop->running_handle = NULL;
	TRACE_CONTEXT(0);
	if (loop_attention(loop) & LOOP_LOST && !loop->leaving.error)
		loop->leaving = coil__loop_refusal(loop, NULL);
	if (loop_take_attention(loop, LOOP_INTERRUPTED))
		coil__interrupt_attend(loop);
	return loop_attention(loop) & (LOOP_LEAVES | LOOP_LOST);
}

/* In debug mode each is timed. */
static apart uint32_t run_ready_timed(struct coil_loop *loop)
{
	size_t todo = coil__ready_queue_length(&loop->ready);
	uint32_t ran = 0;

	for (; todo && !is_left(loop); todo--) {
		struct handle *handle = coil__ready_queue_pop(&loop->ready);
		struct debug_run run;
		bool this_ran;

		coil__debug_run_begin(&run, loop, handle);
		this_ran = run_handle(loop, handle);
		coil__debug_run_end(&run, loop, this_ran);
		ran += this_ran;
	}
	return ran;
}

static inline uint32_t run_ready(struct coil_loop *loop)
{
	size_t todo = coil__ready_queue_length(&loop->ready);
	uint32_t ran = 0;

	while (todo-- && !is_left(loop))
		ran += run_handle(loop, coil__ready_queue_pop(&loop->ready));
	return ran;
}

uint32_t coil__run_ready(struct coil_loop *loop)
{
	uint32_t ran = unlikely(loop->debug) ? run_ready_timed(loop) : run_ready(loop);

	loop->running_handle = NULL;
	TRACE_CONTEXT(0);
	return ran;
}
