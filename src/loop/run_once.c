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
#include <string.h>

#include "loop/debug.h"
#include "loop/loop.h"
#include "loop/run_ready.h"
#include "loop/signals.h"
#include "loop/validate.h"
#include "trace/recorder.h"

#define LONGEST_WAIT 86400.0 /* seconds: a day, as asyncio has it */
#define FOR_EVER (-1.0)

/* An iteration is compiled as one function; these are its parts. */
#define in_line inline __attribute__((always_inline))

static in_line double poll_timeout(const struct coil_loop *loop)
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

/* In debug mode a wait is timed. */
static apart int ask_system_timed(struct coil_loop *loop, double timeout)
{
	double began = clock_now(&loop->clock);
	int fired = ask_system(loop, timeout);

	coil__debug_poll(loop, timeout, clock_now(&loop->clock) - began,
			 fired > 0 ? fired : 0);
	return fired;
}

/* Result: 0, or why the system could not be asked. */
static in_line int poll(struct coil_loop *loop, double timeout)
{
	int fired, error;

	TRACE(POLL_BEGIN, 0, .timeout = timeout);
	fired = unlikely(loop->debug) ? ask_system_timed(loop, timeout) :
					ask_system(loop, timeout);
	error = fired < 0 && errno != EINTR ? errno : 0;
	if (timeout != 0)
		TRACE_NOW(POLL_END, 0, .events = fired > 0 ? (uint32_t)fired : 0);
	else
		TRACE(POLL_END, 0, .events = fired > 0 ? (uint32_t)fired : 0);
	return error;
}

coil_result coil__run_once(struct coil_loop *loop)
{
	uint32_t ran;
	double timeout;
	int error;

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
	if (unlikely(loop->leaves_deadlock) && is_deadlock(loop, timeout))
		return coil_raise(COIL_RUNTIME, "deadlock: nothing will ever be ready");
	error = poll(loop, timeout);
	if (unlikely(error))
		return coil_raise(COIL_OS, "the poll failed: %s", strerror(error));

	if (unlikely(has_incoming_or_attention(loop)))
		take_what_came(loop);
	schedule_fired(loop);
	schedule_due(loop);
	ran = coil__run_ready(loop);
	TRACE_NOW(ITERATION_END, 0, .ran = ran);
	return loop->leaving;
}
