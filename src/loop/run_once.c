/* SPDX-License-Identifier: MIT
 *
 * One iteration of the loop: the heart of coil.  Read it aloud.
 *
 * The order is asyncio's (BaseEventLoop._run_once): forget cancelled timers; ask
 * the operating system, waiting only if nothing is ready; then descriptors, then
 * due timers join the ready queue; then what is in the queue now is run, and what
 * is scheduled meanwhile waits for the next iteration.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/place.h"
#include "loop/debug.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "loop/signals.h"
#include "loop/validate.h"
#include "task/interrupt.h"
#include "trace/recorder.h"

#define LONGEST_WAIT 86400.0 /* seconds: a day, as asyncio has it */
#define FOR_EVER (-1.0)

/* An iteration is one function, but there are two of it: the second looks at how long
 * things take, and at what else loop->watched says. */
#define in_line inline __attribute__((always_inline))

static double poll_timeout(const struct coil_loop *loop)
{
	const struct handle *top = coil__timer_heap_top(&loop->timers);
	double wait;

	if (loop->stopping || loop->late || coil__ready_queue_length(&loop->ready) ||
	    loop_attention(loop))
		return 0;
	if (!top)
		return FOR_EVER;
	wait = top->when - clock_now(&loop->clock);
	return wait < 0 ? 0 : wait > LONGEST_WAIT ? LONGEST_WAIT : wait;
}

/* Asked after the poller said that it is asleep, so this load must not be moved
 * in front of that. */
static bool must_not_sleep(void *loop)
{
	atomic_thread_fence(memory_order_seq_cst);
	return loop_has_incoming(loop) || loop_attention(loop) ||
	       ((struct coil_loop *)loop)->late;
}

/* May something happen while the loop waits that is not a matter of its clock: a
 * descriptor becomes ready, another thread comes with what it was given to do? */
static bool waits_for_others(const struct coil_loop *loop)
{
	return loop->poller.watched || loop->awaited;
}

/* On the virtual clock nobody waits for the time alone: it jumps.  For others the wait
 * is a real one, of up to that time. */
static in_line int ask_system(struct coil_loop *loop, double timeout)
{
	bool jump = loop->clock.kind == COIL_CLOCK_VIRTUAL && timeout > 0;
	double began = jump ? clock_monotonic() : 0;
	int fired;

	fired = coil__poller_poll(&loop->poller,
				  jump && !waits_for_others(loop) ? 0 : timeout,
				  must_not_sleep, loop);
	if (jump && (fired > 0 || loop_has_incoming(loop) || loop_attention(loop))) {
		double waited = clock_monotonic() - began;

		timeout = waited < timeout ? waited : timeout;
	}
	if (jump && fired >= 0)
		loop->clock.now += timeout;
	return fired;
}

static bool is_deadlock(struct coil_loop *loop, double timeout)
{
	loop->deadlocked = timeout == FOR_EVER && loop->clock.kind == COIL_CLOCK_VIRTUAL &&
			   !waits_for_others(loop) && !coil__signals_count(loop) &&
			   !loop_has_incoming(loop);
	return loop->deadlocked;
}

/* A descriptor's handle gets the loop's reference on top of the watch's. */
static void fire(struct coil_loop *loop, struct handle *handle, int fd,
		 unsigned direction)
{
	if (TRACING) {
		coil__handle_record(handle, TRACE_SCHEDULE_IO, (uint64_t)fd, 0);
		TRACE(FD_READY, direction, .handle = handle->id, .fd = fd);
	}
	object_ref(handle);
	coil__ready_queue_push(&loop->ready, handle);
}

static in_line void schedule_fired(struct coil_loop *loop)
{
	for (size_t i = 0; i < loop->poller.fired_count; i++) {
		const struct fired *fired = &loop->poller.fired[i];

		if ((fired->what & POLLER_READ) && fired->watch->reader)
			fire(loop, fired->watch->reader, fired->watch->fd,
			     TRACE_DIRECTION_READ);
		if ((fired->what & POLLER_WRITE) && fired->watch->writer)
			fire(loop, fired->watch->writer, fired->watch->fd,
			     TRACE_DIRECTION_WRITE);
	}
}

static in_line void schedule_due(struct coil_loop *loop)
{
	double now, end;
	struct handle *top = coil__timer_heap_top(&loop->timers);

	if (!top)
		return;
	now = clock_now(&loop->clock);
	end = now + CLOCK_RESOLUTION;
	while (top && top->when < end) {
		coil__timer_heap_pop(&loop->timers);
		TRACE(TIMER_DUE, 0, .handle = top->id, .lag = now - top->when);
		coil__ready_queue_push(&loop->ready, top);
		top = coil__timer_heap_top(&loop->timers);
	}
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
static in_line bool run_handle(struct coil_loop *loop, struct handle *handle)
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

/* Something is to be done between two handles.  Result: whether the loop is left. */
static cold bool attend(struct coil_loop *loop)
{
	loop->running_handle = NULL;
	TRACE_CONTEXT(0);
	if (loop_attention(loop) & LOOP_LOST && !loop->leaving.error)
		loop->leaving = coil__loop_refusal(loop, NULL);
	if (loop_take_attention(loop, LOOP_INTERRUPTED))
		coil__interrupt_attend(loop);
	return loop_attention(loop) & (LOOP_LEAVES | LOOP_LOST);
}

static inline bool is_left(struct coil_loop *loop)
{
	return unlikely(loop_attention(loop)) && attend(loop);
}

/* Both with one branch, as mostly there is neither. */
static inline bool has_incoming_or_attention(struct coil_loop *loop)
{
	return (uintptr_t)atomic_load_explicit(&loop->incoming, memory_order_acquire) |
	       loop_attention(loop);
}

/* What ended the wait, or came since the last handle, is before what fired. */
static apart void take_what_came(struct coil_loop *loop)
{
	if (loop_has_incoming(loop))
		coil__loop_take_over(loop);
	(void)is_left(loop);
	if (loop_attention(loop) && loop_take_attention(loop, LOOP_SIGNALLED))
		coil__signals_attend(loop);
}

/* Result: how many were run, cancelled ones not counted. */
static in_line uint32_t run_ready(struct coil_loop *loop)
{
	size_t todo = coil__ready_queue_length(&loop->ready);
	uint32_t ran = 0;

	while (todo-- && !is_left(loop))
		ran += run_handle(loop, coil__ready_queue_pop(&loop->ready));
	loop->running_handle = NULL;
	TRACE_CONTEXT(0);
	return ran;
}

/* The same in debug mode. */
static apart uint32_t run_ready_timed(struct coil_loop *loop)
{
	size_t todo = coil__ready_queue_length(&loop->ready);
	uint32_t ran = 0;

	while (todo-- && !is_left(loop)) {
		struct handle *handle = coil__ready_queue_pop(&loop->ready);
		struct debug_run run;
		bool this_ran;

		coil__debug_run_begin(&run, loop, handle);
		this_ran = run_handle(loop, handle);
		coil__debug_run_end(&run, loop, this_ran);
		ran += this_ran;
	}
	loop->running_handle = NULL;
	TRACE_CONTEXT(0);
	return ran;
}

/* From the poll to the end of an iteration. */
static in_line coil_result
poll_and_run(struct coil_loop *loop, double timeout, bool debug)
{
	double began = debug ? clock_now(&loop->clock) : 0;
	uint32_t ran;
	int fired;

	TRACE(POLL_BEGIN, 0, .timeout = timeout);
	fired = ask_system(loop, timeout);
	if (unlikely(fired < 0 && errno != EINTR))
		return coil_raise(COIL_OS, "the poll failed: %s", strerror(errno));
	if (timeout != 0)
		TRACE_NOW(POLL_END, 0, .events = fired > 0 ? (uint32_t)fired : 0);
	else
		TRACE(POLL_END, 0, .events = (uint32_t)fired);
	if (debug)
		coil__debug_poll(loop, timeout, clock_now(&loop->clock) - began,
				 fired > 0 ? fired : 0);

	if (unlikely(has_incoming_or_attention(loop)))
		take_what_came(loop);
	schedule_fired(loop);
	schedule_due(loop);
	ran = debug ? run_ready_timed(loop) : run_ready(loop);
	TRACE_NOW(ITERATION_END, 0, .ran = ran);
	return loop->leaving;
}

static apart coil_result poll_and_run_watched(struct coil_loop *loop, double timeout)
{
	if (loop->leaves_deadlock && is_deadlock(loop, timeout))
		return coil_raise(COIL_RUNTIME, "deadlock: nothing will ever be ready");
	return poll_and_run(loop, timeout, loop->debug);
}

coil_result coil__run_once(struct coil_loop *loop)
{
	double timeout;

	VALIDATE(loop);
	if (loop->timers.count)
		coil__timer_heap_sweep(&loop->timers, handle_drop);
	if (unlikely(loop_has_incoming(loop) || loop->late))
		coil__loop_take_over(loop);
	loop->iteration++;
	TRACE_NOW(ITERATION_BEGIN, 0, .n = loop->iteration,
		  .ready = (uint32_t)coil__ready_queue_length(&loop->ready),
		  .scheduled = (uint32_t)loop->timers.count);

	timeout = poll_timeout(loop);
	if (unlikely(loop->watched))
		return poll_and_run_watched(loop, timeout);
	return poll_and_run(loop, timeout, false);
}
