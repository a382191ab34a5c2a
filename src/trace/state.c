/* SPDX-License-Identifier: MIT
 *
 * See state.h.  One function per event that changes something, and the table of
 * them at the end.
 */
#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "reader_memory.h"
#include "state_objects.h"
#include "state_queues.h"

#define SWEEP_ABOVE 100 /* timers, before cancelled ones are looked for below the top */

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

static struct coil__state_loop *loop_of(struct coil__state *state, uint32_t named,
					const struct coil__event *event)
{
	return coil__state_loop(state, named ? named : event->loop);
}

/* ---- handles ------------------------------------------------------------ */

struct coil__state_handle *coil__state_handle(const struct coil__state *state, uint64_t id)
{
	return coil__map_get(&state->handles, id);
}

/* The handle ID, out of all queues; a new one if it is not there. */
static struct coil__state_handle *take_handle(struct coil__state *state, uint64_t id,
					      uint32_t loop)
{
	struct coil__state_handle *handle = coil__state_handle(state, id);

	if (handle) {
		coil__state_unqueue(state, handle);
		return handle;
	}
	handle = state->spare;
	if (handle)
		state->spare = handle->next;
	else
		handle = coil__take(1, sizeof *handle);
	*handle = (struct coil__state_handle){ .id = id, .loop = loop,
					       .scheduled = state->time };
	coil__map_put(&state->handles, id, handle);
	return handle;
}

static void drop_handle(struct coil__state *state, struct coil__state_handle *handle)
{
	coil__state_unqueue(state, handle);
	coil__map_remove(&state->handles, handle->id);
	handle->next = state->spare;
	state->spare = handle;
}

static void drop_queue(struct coil__state *state, struct coil__state_queue *queue)
{
	while (queue->front)
		drop_handle(state, queue->front);
}

static void drop_timers(struct coil__state *state, struct coil__state_loop *loop)
{
	while (loop->timer_count)
		drop_handle(state, loop->timers[loop->timer_count - 1]);
}

/* Drops all cancelled timers, and builds the heap anew, in its own array, from
 * the others. */
static void rebuild_timers(struct coil__state *state, struct coil__state_loop *loop)
{
	size_t count = loop->timer_count;

	loop->timer_count = loop->timers_cancelled = 0;
	for (size_t i = 0; i < count; i++) {
		struct coil__state_handle *timer = loop->timers[i];

		timer->place = COIL__PLACE_NONE;
		if (timer->cancelled)
			drop_handle(state, timer);
		else
			coil__state_timer(loop, timer);
	}
}

void coil__state_pop_cancelled(struct coil__state *state, struct coil__state_loop *loop,
			       const struct coil__state_handle *until)
{
	while (loop->timer_count && loop->timers[0]->cancelled && loop->timers[0] != until)
		drop_handle(state, loop->timers[0]);
}

static void sweep_timers(struct coil__state *state, struct coil__state_loop *loop)
{
	if (loop->timer_count > SWEEP_ABOVE &&
	    loop->timers_cancelled > loop->timer_count / 2)
		rebuild_timers(state, loop);
	coil__state_pop_cancelled(state, loop, NULL);
}

static bool is_timer(unsigned kind)
{
	return kind == TRACE_SCHEDULE_LATER || kind == TRACE_SCHEDULE_AT;
}

static bool is_step(unsigned kind)
{
	return kind == TRACE_SCHEDULE_STEP || kind == TRACE_SCHEDULE_WAKEUP;
}

static void step_scheduled(struct coil__state *state,
			   const struct coil__state_handle *handle)
{
	struct coil__state_object *task = coil__state_object(state, handle->target);

	if (!task || task->done)
		return;
	task->step = handle->id;
	if (task->state == COIL__TASK_WAITING)
		coil__state_enter(state, task, COIL__TASK_READY);
}

/* Clocks of two threads may differ by a little: what another thread scheduled can
 * have been taken over, and even run, in front of the record of it. */
bool coil__state_is_early(const struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_loop *loop = coil__map_get(&state->loops, event->loop);

	return loop && loop->owed && event->ctx && !coil__state_handle(state, event->ctx);
}

static void note_early(struct coil__state *state, const struct coil__event *event)
{
	state->early = coil__grow(state->early, &state->early_room,
				  state->early_count + 1, sizeof *state->early);
	state->early[state->early_count++] = event->ctx;
	coil__state_loop(state, event->loop)->owed--;
}

static bool was_early(struct coil__state *state, uint64_t handle)
{
	for (size_t i = 0; i < state->early_count; i++)
		if (state->early[i] == handle) {
			state->early[i] = state->early[--state->early_count];
			return true;
		}
	return false;
}

static void handle_scheduled(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_HANDLE_SCHEDULED *scheduled = &event->as.HANDLE_SCHEDULED;
	struct coil__state_loop *loop = loop_of(state, scheduled->loop, event);
	struct coil__state_handle *handle;

	if (event->tag == TRACE_SCHEDULE_THREADSAFE &&
	    (loop->closed || was_early(state, scheduled->handle)))
		return;
	handle = take_handle(state, scheduled->handle, loop->id);
	handle->target = scheduled->target;
	handle->loop = loop->id;
	handle->site = scheduled->site;
	handle->when = scheduled->when;
	handle->kind = event->tag;
	handle->thread = event->thread;
	handle->by = event->ctx;
	handle->iteration = event->ctx && event->loop == loop->id ? loop->iteration : 0;
	handle->scheduled = handle->ready = event->time;
	handle->order = ++state->order;
	if (is_timer(handle->kind))
		coil__state_timer(loop, handle);
	else if (handle->kind == TRACE_SCHEDULE_THREADSAFE && !loop->owed)
		coil__state_incoming(loop, handle);
	else
		coil__state_ready(state, loop, handle);
	if (handle->kind == TRACE_SCHEDULE_THREADSAFE && loop->owed)
		loop->owed--;
	if (is_step(handle->kind))
		step_scheduled(state, handle);
}

static void handle_cancelled(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_handle *handle =
		coil__state_handle(state, event->as.HANDLE_CANCELLED.handle);

	if (!handle || handle->cancelled)
		return;
	handle->cancelled = true;
	if (handle->place == COIL__PLACE_TIMERS)
		coil__state_loop(state, handle->loop)->timers_cancelled++;
}

static void timer_due(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_loop *loop = coil__state_loop(state, event->loop);
	uint64_t id = event->as.TIMER_DUE.handle;

	coil__state_pop_cancelled(state, loop, coil__state_handle(state, id));
	coil__state_ready(state, loop, take_handle(state, id, loop->id));
}

static void fd_ready(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_FD_READY *fd = &event->as.FD_READY;
	struct coil__state_handle *handle = coil__state_handle(state, fd->handle);

	if (handle && handle->place == COIL__PLACE_READY)
		return;
	handle = take_handle(state, fd->handle, event->loop);
	handle->kind = TRACE_SCHEDULE_IO;
	handle->target = (uint64_t)fd->fd;
	coil__state_ready(state, coil__state_loop(state, event->loop), handle);
}

/* What another thread scheduled may be recorded with a slightly later time than
 * its being taken over: then it is owed. */
static void wake(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_loop *loop = loop_of(state, event->as.WAKE.loop, event);
	uint32_t left = event->as.WAKE.count;

	for (; left > 0 && loop->incoming.front; left--)
		coil__state_ready(state, loop, loop->incoming.front);
	loop->owed += left;
}

/* ---- running ------------------------------------------------------------ */

/* Cancelled handles that stood in front of HANDLE, which runs. */
static void drop_skipped(struct coil__state *state, struct coil__state_loop *loop,
			 const struct coil__state_handle *handle)
{
	while (loop->ready.front && loop->ready.front->cancelled &&
	       loop->ready.front->order < handle->order)
		drop_handle(state, loop->ready.front);
}

static void begin_handle(struct coil__state *state, const struct coil__event *event,
			 uint64_t task)
{
	struct coil__state_thread *thread = coil__state_thread(state, event->thread);

	struct coil__state_loop *loop = coil__state_loop(state, event->loop);

	if (coil__state_is_early(state, event))
		note_early(state, event);
	if (event->ctx) { /* 0: it was scheduled before the recording began */
		struct coil__state_handle *handle = take_handle(state, event->ctx, loop->id);

		handle->place = COIL__PLACE_RUNNING;
		drop_skipped(state, loop, handle);
	}
	loop->ran++;
	thread->handle = event->ctx;
	thread->task = task;
	thread->begun = event->time;
}

static void end_handle(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_thread *thread = coil__state_thread(state, event->thread);
	struct coil__state_handle *handle = coil__state_handle(state, event->ctx);

	thread->handle = 0;
	thread->task = 0;
	if (handle && handle->place == COIL__PLACE_RUNNING)
		drop_handle(state, handle);
}

static void run_begin(struct coil__state *state, const struct coil__event *event)
{
	begin_handle(state, event, 0);
}

static void step_begin(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_object *task =
		coil__state_take_object(state, event->as.TASK_STEP_BEGIN.task);

	begin_handle(state, event, task->id);
	task->is_task = true;
	task->steps++;
	task->step = 0;
	task->waits_for = 0;
	coil__state_enter(state, task, COIL__TASK_RUNNING);
}

static void step_end(struct coil__state *state, const struct coil__event *event)
{
	uint64_t id = coil__state_thread(state, event->thread)->task;
	struct coil__state_object *task = coil__state_object(state, id);

	end_handle(state, event);
	if (!id || !task || task->done)
		return;
	if (event->tag == TRACE_STEP_SUSPENDED) {
		task->waits_for = event->as.TASK_STEP_END.future;
		coil__state_add_waiter(state, task->waits_for, id, 0);
		coil__state_enter(state, task, task->step ? COIL__TASK_READY :
							    COIL__TASK_WAITING);
	} else {
		coil__state_enter(state, task, event->tag == TRACE_STEP_YIELDED ?
					       COIL__TASK_READY : COIL__TASK_DONE);
	}
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
	drop_queue(state, &loop->ready);
	drop_queue(state, &loop->incoming);
	drop_timers(state, loop);
	loop->watch_count = 0;
	coil__state_retire_loop(state, loop->id);
}

static void iteration_begin(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_loop *loop = coil__state_loop(state, event->loop);

	loop->iteration = event->as.ITERATION_BEGIN.n;
	loop->iterating = true;
	loop->ran = 0;
	sweep_timers(state, loop);
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
			drop_handle(state, handle);
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
	struct coil__state_loop *loop = loop_of(state, added->loop, event);
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
	struct coil__state_loop *loop = loop_of(state, event->as.FD_REMOVED.loop, event);
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
	[TRACE_FD_READY] = fd_ready,
	[TRACE_WAKE] = wake,
	[TRACE_HANDLE_SCHEDULED] = handle_scheduled,
	[TRACE_HANDLE_CANCELLED] = handle_cancelled,
	[TRACE_TIMER_DUE] = timer_due,
	[TRACE_HANDLE_RUN_BEGIN] = run_begin,
	[TRACE_HANDLE_RUN_END] = end_handle,
	[TRACE_TASK_CREATED] = coil__state_task_created,
	[TRACE_TASK_STEP_BEGIN] = step_begin,
	[TRACE_TASK_STEP_END] = step_end,
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
	free(state->early);
	coil__map_free(&state->handles);
	coil__map_free(&state->loops);
	coil__map_free(&state->threads);
	free(state);
}

const char *coil__state_validate(const struct coil__state *state)
{
	struct coil__map_entry *entry = NULL;
	size_t queued = 0, running = 0;

	while ((entry = coil__map_next(&state->loops, entry))) {
		const struct coil__state_loop *loop = entry->value;
		const char *problem = coil__state_validate_queues(state, loop);

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
	return coil__state_validate_objects(state);
}
