/* SPDX-License-Identifier: MIT
 *
 * See state.h.  One function per event that changes something: here those of the
 * loop itself, in state_handles.c and state_objects.c the others; the table of them
 * is at the end.
 */
#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "reader_memory.h"
#include "state_handles.h"
#include "state_jobs.h"
#include "state_objects.h"
#include "state_queues.h"
#include "state_resources.h"

struct coil__state *coil__state_create(void)
{
	return coil__take(1, sizeof(struct coil__state));
}

/* ---- loops and threads -------------------------------------------------- */

struct coil__state_loop *coil__state_loop(struct coil__state *state, uint32_t id)
{
	struct coil__state_loop *loop = state->last_loop;

	if (loop && loop->id == id)
		return loop;
	loop = coil__map_get(&state->loops, id);
	if (!loop) {
		loop = coil__take(1, sizeof *loop);
		loop->id = id;
		coil__map_put(&state->loops, id, loop);
	}
	return state->last_loop = loop;
}

struct coil__state_thread *coil__state_thread(struct coil__state *state, uint32_t id)
{
	struct coil__state_thread *thread = state->last_thread;

	if (thread && thread->id == id)
		return thread;
	thread = coil__map_get(&state->threads, id);
	if (!thread) {
		thread = coil__take(1, sizeof *thread);
		thread->id = id;
		coil__map_put(&state->threads, id, thread);
	}
	return state->last_thread = thread;
}

static void thread_named(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_thread *thread =
		coil__state_thread(state, event->as.THREAD.thread);

	thread->process = event->as.THREAD.process;
	free(thread->name);
	thread->name = coil__copy(event->text, event->text_length);
}

/* ---- the loop's own events ----------------------------------------------- */

static void loop_created(struct coil__state *state, const struct coil__event *event)
{
	coil__state_loop(state, event->as.LOOP_CREATED.loop)->clock = event->tag;
}

static void loop_run_begin(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_loop *loop =
		coil__state_loop(state, event->as.LOOP_RUN_BEGIN.loop);

	loop->running = true;
	loop->thread = event->thread;
	if (!event->as.LOOP_RUN_BEGIN.site)
		state->partial = true; /* a recording that begins in the middle says so */
	if (loop->clock != TRACE_CLOCK_VIRTUAL)
		return;
	if (state->virtual_thread && state->virtual_thread != event->thread)
		state->partial = true;
	state->virtual_thread = event->thread;
}

static void loop_run_end(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_loop *loop =
		coil__state_loop(state, event->as.LOOP_RUN_END.loop);

	loop->running = loop->stopping = loop->iterating = loop->polling = false;
}

static void loop_stop(struct coil__state *state, const struct coil__event *event)
{
	coil__state_loop(state, event->as.LOOP_STOP.loop)->stopping = true;
}

static void loop_close(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_loop *loop = coil__state_loop(state, event->as.LOOP_CLOSE.loop);

	loop->closed = true;
	coil__state_drop_queue(state, &loop->ready);
	coil__state_drop_queue(state, &loop->incoming);
	coil__state_drop_timers(state, loop);
	loop->watch_count = 0;
	coil__state_retire_loop(state, loop->id);
}

static void iteration_begin(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_loop *loop = coil__state_loop(state, event->loop);

	loop->iteration = event->as.ITERATION_BEGIN.n;
	loop->iterating = true;
	loop->ran = 0;
	coil__state_sweep_timers(state, loop);
}

/* Cancelled handles that this iteration has skipped: those in front of the first
 * that it scheduled itself. */
static void iteration_end(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_loop *loop = coil__state_loop(state, event->loop);
	struct coil__state_handle *handle = loop->ready.front, *next;

	loop->iterating = false;
	for (; handle && handle->iteration != loop->iteration; handle = next) {
		next = handle->next;
		if (handle->cancelled)
			coil__state_drop(state, handle);
	}
}

static void poll_begin(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_loop *loop = coil__state_loop(state, event->loop);

	loop->polling = true;
	loop->poll_timeout = event->as.POLL_BEGIN.timeout;
}

static void poll_end(struct coil__state *state, const struct coil__event *event)
{
	coil__state_loop(state, event->loop)->polling = false;
}

/* ---- descriptors --------------------------------------------------------- */

static size_t find_watch(const struct coil__state_loop *loop, int32_t fd, uint16_t direction)
{
	size_t i = 0;

	while (i < loop->watch_count && (loop->watches[i].fd != fd ||
					 loop->watches[i].direction != direction))
		i++;
	return i;
}

static void fd_added(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_FD_ADDED *added = &event->as.FD_ADDED;
	struct coil__state_loop *loop = coil__state_loop_of(state, added->loop, event);
	size_t i = find_watch(loop, added->fd, event->tag);

	if (i == loop->watch_count) {
		loop->watches = coil__grow(loop->watches, &loop->watch_room, i + 1,
					   sizeof *loop->watches);
		loop->watch_count++;
	}
	loop->watches[i] = (struct coil__state_watch){ added->fd, event->tag, added->site };
}

static void fd_removed(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_loop *loop =
		coil__state_loop_of(state, event->as.FD_REMOVED.loop, event);
	size_t i = find_watch(loop, event->as.FD_REMOVED.fd, event->tag);

	if (i < loop->watch_count)
		memmove(&loop->watches[i], &loop->watches[i + 1],
			(--loop->watch_count - i) * sizeof *loop->watches);
}

/* ---- the table ----------------------------------------------------------- */

typedef void apply_function(struct coil__state *, const struct coil__event *);

static apply_function *const apply[TRACE_TYPES] = {
	[TRACE_LOOP_CREATED] = loop_created,
	[TRACE_LOOP_RUN_BEGIN] = loop_run_begin,
	[TRACE_LOOP_RUN_END] = loop_run_end,
	[TRACE_LOOP_STOP] = loop_stop,
	[TRACE_LOOP_CLOSE] = loop_close,
	[TRACE_ITERATION_BEGIN] = iteration_begin,
	[TRACE_ITERATION_END] = iteration_end,
	[TRACE_POLL_BEGIN] = poll_begin,
	[TRACE_POLL_END] = poll_end,
	[TRACE_FD_ADDED] = fd_added,
	[TRACE_FD_REMOVED] = fd_removed,
	[TRACE_FD_READY] = coil__state_fd_ready,
	[TRACE_WAKE] = coil__state_wake,
	[TRACE_HANDLE_TAKEN] = coil__state_handle_taken,
	[TRACE_HANDLE_SCHEDULED] = coil__state_handle_scheduled,
	[TRACE_HANDLE_CANCELLED] = coil__state_handle_cancelled,
	[TRACE_TIMER_DUE] = coil__state_timer_due,
	[TRACE_HANDLE_RUN_BEGIN] = coil__state_run_begin,
	[TRACE_HANDLE_RUN_END] = coil__state_run_end,
	[TRACE_TASK_CREATED] = coil__state_task_created,
	[TRACE_TASK_STEP_BEGIN] = coil__state_step_begin,
	[TRACE_TASK_STEP_END] = coil__state_step_end,
	[TRACE_TASK_EAGER_BEGIN] = coil__state_eager_begin,
	[TRACE_TASK_EAGER_END] = coil__state_eager_end,
	[TRACE_TASK_CANCEL_REQUESTED] = coil__state_cancel_requested,
	[TRACE_TASK_UNCANCEL] = coil__state_uncancel,
	[TRACE_AWAIT_BEGIN] = coil__state_await_begin,
	[TRACE_AWAIT_END] = coil__state_await_end,
	[TRACE_FUTURE_CREATED] = coil__state_future_created,
	[TRACE_CALLBACK_ADDED] = coil__state_callback_added,
	[TRACE_CALLBACK_REMOVED] = coil__state_callback_removed,
	[TRACE_FUTURE_DONE] = coil__state_future_done,
	[TRACE_GATHER_MEMBER] = coil__state_gather_member,
	[TRACE_GATHER_COUNTED] = coil__state_gather_counted,
	[TRACE_RESOURCE_CREATED] = coil__state_resource_created,
	[TRACE_RESOURCE_CHANGED] = coil__state_resource_changed,
	[TRACE_EXECUTOR_CREATED] = coil__state_executor_created,
	[TRACE_JOB_SUBMITTED] = coil__state_job_submitted,
	[TRACE_JOB_BEGIN] = coil__state_job_begin,
	[TRACE_JOB_END] = coil__state_job_end,
	[TRACE_JOB_CANCELLED] = coil__state_job_cancelled,
	[TRACE_THREAD] = thread_named,
};

void coil__state_apply(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_thread *thread = coil__state_thread(state, event->thread);

	state->time = event->time;
	if (event->loop != thread->loop) {
		if (event->type != TRACE_LOOP_RUN_BEGIN && event->loop)
			state->partial = true; /* it ran before the recording did */
		thread->loop = event->loop;
	}
	if (apply[event->type])
		apply[event->type](state, event);
}

/* ---- the end, and invariants --------------------------------------------- */

void coil__state_destroy(struct coil__state *state)
{
	struct coil__map_entry *entry = NULL;

	while ((entry = coil__map_next(&state->loops, entry))) {
		struct coil__state_loop *loop = entry->value;

		free(loop->timers);
		free(loop->watches);
	}
	while (state->spare) {
		struct coil__state_handle *handle = state->spare;

		state->spare = handle->next;
		free(handle);
	}
	coil__state_free_objects(state);
	coil__state_free_resources(state);
	free(state->early);
	coil__state_free_jobs(state);
	while ((entry = coil__map_next(&state->threads, entry)))
		free(((struct coil__state_thread *)entry->value)->name);
	coil__map_free(&state->handles);
	coil__map_free(&state->loops);
	coil__map_free(&state->threads);
	free(state);
}

const char *coil__state_validate(const struct coil__state *state)
{
	struct coil__map_entry *entry = NULL;
	size_t queued = 0, running = 0;
	const char *problem;

	while ((entry = coil__map_next(&state->loops, entry))) {
		const struct coil__state_loop *loop = entry->value;

		problem = coil__state_validate_queues(state, loop);
		if (problem)
			return problem;
		queued += loop->ready.count + loop->incoming.count + loop->timer_count;
	}
	while ((entry = coil__map_next(&state->handles, entry))) {
		const struct coil__state_handle *handle = entry->value;

		if (handle->id != entry->id)
			return "every handle is found by its id";
		running += handle->place == COIL__PLACE_RUNNING;
	}
	if (state->handles.count != queued + running)
		return "every handle is in a queue or runs";
	problem = coil__state_validate_jobs(state);
	return problem ? problem : coil__state_validate_objects(state);
}
