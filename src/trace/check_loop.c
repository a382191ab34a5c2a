/* SPDX-License-Identifier: MIT
 *
 * The laws of the loop: handles, iterations, timers, descriptors.
 */
#include <inttypes.h>

#include "check_rules.h"
#include "state_handles.h"

#define RESOLUTION 1e-9 /* a timer within this of now is due */

#define PASSED_OVER 64

/* In a trace of before HANDLE_TAKEN, is the place of another thread's call in the queue
 * known to the loop only? */
static bool is_unsure(const struct coil__state_handle *handle)
{
	return handle->kind == TRACE_SCHEDULE_THREADSAFE && !handle->taken;
}

/* The handle that must run next, or HANDLE if it may: the first that is not
 * cancelled.  Those that are in an unsure place may run at any time, and are passed
 * over (but where they are many, no search is made). */
static const struct coil__state_handle *first_ready(const struct coil__state_loop *loop,
						    const struct coil__state_handle *handle)
{
	const struct coil__state_handle *first = loop->ready.front;

	if (is_unsure(handle))
		return handle;
	for (int i = 0; first && i < PASSED_OVER; i++, first = first->next)
		if (!first->cancelled && !is_unsure(first))
			return first;
	return handle;
}

static void check_order(struct coil__check *check, const struct coil__event *event,
			const struct coil__state_loop *loop,
			const struct coil__state_handle *handle)
{
	const struct coil__state_handle *first = first_ready(loop, handle);

	if (handle->place == COIL__PLACE_TIMERS)
		coil__violated(check, COIL__LAW_SCHEDULED, event,
			       "the timer %" PRIu64 " runs, but was not due yet", handle->id);
	else if (handle->place == COIL__PLACE_INCOMING && check->state->takes)
		coil__violated(check, COIL__LAW_TAKEN, event,
			       "handle %" PRIu64 " runs, but was not taken over yet", handle->id);
	else if (handle->cancelled)
		coil__violated(check, COIL__LAW_CANCELLED, event,
			       "handle %" PRIu64 " was cancelled, but runs", handle->id);
	else if (first != handle)
		coil__violated(check, COIL__LAW_FIFO, event,
			       "handle %" PRIu64 " runs, but handle %" PRIu64
			       " is in front of it", handle->id, first->id);
	if (handle->iteration && handle->iteration == loop->iteration)
		coil__violated(check, COIL__LAW_ITERATION, event,
			       "handle %" PRIu64 " was scheduled by handle %" PRIu64
			       " in this iteration, %" PRIu64, handle->id, handle->by,
			       loop->iteration);
}

void coil__check_begin(struct coil__check *check, const struct coil__event *event)
{
	const struct coil__state_handle *handle =
		coil__state_handle(check->state, event->ctx);
	const struct coil__state_loop *loop = coil__state_loop(check->state, event->loop);
	uint64_t running = coil__state_thread(check->state, event->thread)->handle;

	if (check->state->partial)
		return;
	if (running)
		coil__violated(check, COIL__LAW_ONE, event,
			       "handle %" PRIu64 " begins while handle %" PRIu64 " runs",
			       event->ctx, running);
	else if (!event->loop || !loop->iterating)
		coil__violated(check, COIL__LAW_ONE, event,
			       "handle %" PRIu64 " begins outside of an iteration",
			       event->ctx);
	if (coil__state_is_early(check->state, event))
		return;
	if (!handle || handle->place == COIL__PLACE_RUNNING)
		coil__violated(check, COIL__LAW_SCHEDULED, event,
			       "handle %" PRIu64 " was not scheduled, or has run since",
			       event->ctx);
	else if (handle->loop != event->loop)
		coil__violated(check, COIL__LAW_SCHEDULED, event,
			       "handle %" PRIu64 " was scheduled in loop %" PRIu32
			       ", but runs in loop %" PRIu32, handle->id, handle->loop,
			       event->loop);
	else
		check_order(check, event, loop, handle);
}

void coil__check_run_begin(struct coil__check *check, const struct coil__event *event)
{
	const struct coil__state_handle *handle =
		coil__state_handle(check->state, event->ctx);

	coil__check_begin(check, event);
	if (handle && (handle->kind == TRACE_SCHEDULE_STEP ||
		       handle->kind == TRACE_SCHEDULE_WAKEUP))
		coil__violated(check, COIL__LAW_ONE, event,
			       "handle %" PRIu64 " is a task's step, but runs as a callback",
			       event->ctx);
}

void coil__check_run_end(struct coil__check *check, const struct coil__event *event)
{
	const struct coil__state_thread *thread =
		coil__state_thread(check->state, event->thread);

	if (!check->state->partial && (thread->handle != event->ctx || thread->task))
		coil__violated(check, COIL__LAW_ONE, event,
			       "handle %" PRIu64 " ends as a callback, but %s %" PRIu64 " runs",
			       event->ctx, thread->task ? "the step of task" : "handle",
			       thread->task ? thread->task : thread->handle);
}

/* ---- scheduling ------------------------------------------------------------ */

void coil__check_scheduled(struct coil__check *check, const struct coil__event *event)
{
	const struct trace_HANDLE_SCHEDULED *scheduled = &event->as.HANDLE_SCHEDULED;
	const struct coil__state_handle *handle =
		coil__state_handle(check->state, scheduled->handle);

	if (handle && event->tag != TRACE_SCHEDULE_IO &&
	    !(event->tag == TRACE_SCHEDULE_THREADSAFE && handle->place == COIL__PLACE_RUNNING))
		coil__violated(check, COIL__LAW_SCHEDULED, event,
			       "handle %" PRIu64 " is scheduled, but was before and has not run",
			       scheduled->handle);
	coil__check_step_scheduled(check, event);
}

void coil__check_handle_taken(struct coil__check *check, const struct coil__event *event)
{
	uint64_t id = event->as.HANDLE_TAKEN.handle;
	const struct coil__state_handle *handle = coil__state_handle(check->state, id);

	if (!id || check->state->partial)
		return;
	if (!handle)
		coil__violated(check, COIL__LAW_TAKEN, event,
			       "handle %" PRIu64 " is taken over, but was not scheduled, or has "
			       "run since", id);
	else if (handle->place != COIL__PLACE_INCOMING)
		coil__violated(check, COIL__LAW_TAKEN, event,
			       "handle %" PRIu64 " is taken over, but %s", id,
			       handle->taken ? "was before" : "this loop's thread scheduled it");
	else if (handle->loop != event->loop && event->loop)
		coil__violated(check, COIL__LAW_TAKEN, event,
			       "loop %" PRIu32 " takes handle %" PRIu64 " over, which is loop "
			       "%" PRIu32 "'s", event->loop, id, handle->loop);
}

void coil__check_wake(struct coil__check *check, const struct coil__event *event)
{
	uint32_t taken = coil__state_thread(check->state, event->thread)->taken;

	if (check->state->takes && !check->state->partial && event->as.WAKE.count != taken)
		coil__violated(check, COIL__LAW_COUNTS, event,
			       "%" PRIu32 " calls are said to have been taken over, but %" PRIu32
			       " were", event->as.WAKE.count, taken);
}

/* Its handle is scheduled with it, just before or just behind. */
void coil__check_signal(struct coil__check *check, const struct coil__event *event)
{
	const struct trace_SIGNAL *signal = &event->as.SIGNAL;
	const struct coil__state_handle *handle =
		coil__state_handle(check->state, signal->handle);

	if (handle && (handle->kind != TRACE_SCHEDULE_SIGNAL ||
		       (signal->loop && handle->loop != signal->loop)))
		coil__violated(check, COIL__LAW_SIGNAL, event,
			       "handle %" PRIu64 " is not the handler of signal %" PRId32
			       " in loop %" PRIu32, handle->id, signal->signum, signal->loop);
}

void coil__check_timer_due(struct coil__check *check, const struct coil__event *event)
{
	const struct trace_TIMER_DUE *due = &event->as.TIMER_DUE;
	struct coil__state_loop *loop = coil__state_loop(check->state, event->loop);
	const struct coil__state_handle *handle =
		coil__state_handle(check->state, due->handle);

	coil__state_pop_cancelled(check->state, loop, handle);
	if (!(due->lag > -RESOLUTION))
		coil__violated(check, COIL__LAW_EARLY, event,
			       "handle %" PRIu64 " is due %g seconds early", due->handle,
			       -due->lag);
	if (check->state->partial)
		return;
	if (!handle || handle->place != COIL__PLACE_TIMERS)
		coil__violated(check, COIL__LAW_SCHEDULED, event,
			       "handle %" PRIu64 " is due, but is not in the timer heap",
			       due->handle);
	else if (loop->timer_count && loop->timers[0] != handle)
		coil__violated(check, COIL__LAW_TIMERS, event,
			       "handle %" PRIu64 " (%.9f) is due, but handle %" PRIu64
			       " (%.9f) comes before it", handle->id, handle->when,
			       loop->timers[0]->id, loop->timers[0]->when);
}

void coil__check_fd_ready(struct coil__check *check, const struct coil__event *event)
{
	const struct trace_FD_READY *ready = &event->as.FD_READY;
	const struct coil__state_loop *loop = coil__state_loop(check->state, event->loop);

	for (size_t i = 0; i < loop->watch_count; i++)
		if (loop->watches[i].fd == ready->fd &&
		    loop->watches[i].direction == event->tag)
			return;
	if (!check->state->partial)
		coil__violated(check, COIL__LAW_WATCHED, event,
			       "descriptor %" PRId32 " is ready to %s, but is not watched for it",
			       ready->fd, coil__event_tag(TRACE_FD_READY, event->tag));
}

/* ---- iterations -------------------------------------------------------------- */

void coil__check_loop_run_begin(struct coil__check *check, const struct coil__event *event)
{
	const struct coil__state_loop *loop =
		coil__state_loop(check->state, event->as.LOOP_RUN_BEGIN.loop);

	bool unclear = check->state->partial || (loop->clock == TRACE_CLOCK_VIRTUAL &&
		check->state->virtual_thread && check->state->virtual_thread != event->thread);

	if (!unclear && (loop->closed || loop->running))
		coil__violated(check, COIL__LAW_CLOSED, event, "loop %" PRIu32 " is %s",
			       loop->id, loop->closed ? "closed" : "running already");
}

/* Is it known exactly what is in LOOP's queues?  Not when other threads' calls are on
 * their way, and it is not told when they are taken over. */
static bool is_exact(const struct coil__check *check, const struct coil__state_loop *loop)
{
	return !check->state->partial &&
	       (check->state->takes || (!loop->incoming.count && !loop->owed));
}

void coil__check_iteration_begin(struct coil__check *check, const struct coil__event *event)
{
	const struct trace_ITERATION_BEGIN *begin = &event->as.ITERATION_BEGIN;
	const struct coil__state_loop *loop = coil__state_loop(check->state, event->loop);

	if (is_exact(check, loop) && begin->ready != loop->ready.count)
		coil__violated(check, COIL__LAW_COUNTS, event,
			       "%" PRIu32 " handles are said to be ready, but %zu are",
			       begin->ready, loop->ready.count);
	if (!check->state->partial && begin->n <= loop->iteration)
		coil__violated(check, COIL__LAW_COUNTS, event,
			       "iteration %" PRIu64 " follows iteration %" PRIu64,
			       begin->n, loop->iteration);
}

void coil__check_iteration_end(struct coil__check *check, const struct coil__event *event)
{
	const struct coil__state_loop *loop = coil__state_loop(check->state, event->loop);

	if (!check->state->partial && event->as.ITERATION_END.ran != loop->ran)
		coil__violated(check, COIL__LAW_COUNTS, event,
			       "%" PRIu32 " handles are said to have run, but %" PRIu32 " did",
			       event->as.ITERATION_END.ran, loop->ran);
}

void coil__check_poll_begin(struct coil__check *check, const struct coil__event *event)
{
	const struct coil__state_loop *loop = coil__state_loop(check->state, event->loop);

	if (is_exact(check, loop) && loop->ready.count && event->as.POLL_BEGIN.timeout != 0)
		coil__violated(check, COIL__LAW_POLL, event,
			       "the loop waits, but handle %" PRIu64 " is ready",
			       loop->ready.front->id);
}
