/* SPDX-License-Identifier: MIT
 *
 * See state_handles.h.
 */
#include "state_handles.h"

#include "reader_memory.h"
#include "state_objects.h"
#include "state_queues.h"

#define SWEEP_ABOVE 100 /* timers, before cancelled ones are looked for below the top */

struct coil__state_loop *coil__state_loop_of(struct coil__state *state, uint32_t named,
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

void coil__state_drop(struct coil__state *state, struct coil__state_handle *handle)
{
	coil__state_unqueue(state, handle);
	coil__map_remove(&state->handles, handle->id);
	handle->next = state->spare;
	state->spare = handle;
}

void coil__state_drop_queue(struct coil__state *state, struct coil__state_queue *queue)
{
	while (queue->front)
		coil__state_drop(state, queue->front);
}

void coil__state_drop_timers(struct coil__state *state, struct coil__state_loop *loop)
{
	while (loop->timer_count)
		coil__state_drop(state, loop->timers[loop->timer_count - 1]);
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
			coil__state_drop(state, timer);
		else
			coil__state_timer(loop, timer);
	}
}

void coil__state_pop_cancelled(struct coil__state *state, struct coil__state_loop *loop,
			       const struct coil__state_handle *until)
{
	while (loop->timer_count && loop->timers[0]->cancelled && loop->timers[0] != until)
		coil__state_drop(state, loop->timers[0]);
}

void coil__state_sweep_timers(struct coil__state *state, struct coil__state_loop *loop)
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

void coil__state_handle_scheduled(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_HANDLE_SCHEDULED *scheduled = &event->as.HANDLE_SCHEDULED;
	struct coil__state_loop *loop = coil__state_loop_of(state, scheduled->loop, event);
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
	handle->taken = false;
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

void coil__state_handle_cancelled(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_handle *handle =
		coil__state_handle(state, event->as.HANDLE_CANCELLED.handle);

	if (!handle || handle->cancelled)
		return;
	handle->cancelled = true;
	if (handle->place == COIL__PLACE_TIMERS)
		coil__state_loop(state, handle->loop)->timers_cancelled++;
}

void coil__state_timer_due(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_loop *loop = coil__state_loop(state, event->loop);
	uint64_t id = event->as.TIMER_DUE.handle;

	coil__state_pop_cancelled(state, loop, coil__state_handle(state, id));
	coil__state_ready(state, loop, take_handle(state, id, loop->id));
}

void coil__state_fd_ready(struct coil__state *state, const struct coil__event *event)
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

/* A handle that is not known was scheduled before the recording began. */
void coil__state_handle_taken(struct coil__state *state, const struct coil__event *event)
{
	uint64_t id = event->as.HANDLE_TAKEN.handle;
	struct coil__state_handle *handle = coil__state_handle(state, id);
	struct coil__state_loop *loop =
		coil__state_loop_of(state, handle ? handle->loop : 0, event);

	state->takes = true;
	coil__state_thread(state, event->thread)->taken++;
	if (!id || loop->closed)
		return;
	handle = take_handle(state, id, loop->id);
	handle->kind = TRACE_SCHEDULE_THREADSAFE;
	handle->taken = true;
	coil__state_ready(state, loop, handle);
}

/* The calls were taken over one by one just before; but in an older trace only their
 * number is told.  There, what another thread scheduled may be recorded with a
 * slightly later time than its being taken over: then it is owed. */
void coil__state_wake(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_loop *loop = coil__state_loop_of(state, event->as.WAKE.loop, event);
	uint32_t left = event->as.WAKE.count;

	coil__state_thread(state, event->thread)->taken = 0;
	if (state->takes)
		return;
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
		coil__state_drop(state, loop->ready.front);
}

/* A thread records what it schedules a moment before the loop can see it, so that another
 * may be first: if HANDLE runs, which was not thought to be taken over, then it was, and
 * the last that was thought to be is still on its way. */
static void correct_wake(struct coil__state *state, struct coil__state_loop *loop,
			 const struct coil__state_handle *handle)
{
	struct coil__state_handle *other = loop->ready.back;

	if (state->takes || !handle || handle->place != COIL__PLACE_INCOMING)
		return;
	while (other && (other->kind != TRACE_SCHEDULE_THREADSAFE ||
			 other->thread == handle->thread))
		other = other->previous;
	if (!other)
		return;
	coil__state_unqueue(state, other);
	coil__state_incoming(loop, other);
}

static void begin_handle(struct coil__state *state, const struct coil__event *event,
			 uint64_t task)
{
	struct coil__state_thread *thread = coil__state_thread(state, event->thread);

	struct coil__state_loop *loop = coil__state_loop(state, event->loop);

	if (coil__state_is_early(state, event))
		note_early(state, event);
	correct_wake(state, loop, coil__state_handle(state, event->ctx));
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

void coil__state_run_end(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_thread *thread = coil__state_thread(state, event->thread);
	struct coil__state_handle *handle = coil__state_handle(state, event->ctx);

	thread->handle = 0;
	thread->task = 0;
	if (handle && handle->place == COIL__PLACE_RUNNING)
		coil__state_drop(state, handle);
}

void coil__state_run_begin(struct coil__state *state, const struct coil__event *event)
{
	begin_handle(state, event, 0);
}

void coil__state_step_begin(struct coil__state *state, const struct coil__event *event)
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

/* How a step ended decides what the task is from now on. */
static void step_ended(struct coil__state *state, struct coil__state_object *task,
		       unsigned how, uint64_t future)
{
	if (!task || task->done)
		return;
	if (how == TRACE_STEP_SUSPENDED) {
		task->waits_for = future;
		coil__state_add_waiter(state, future, task->id, 0);
		coil__state_enter(state, task, task->step ? COIL__TASK_READY :
							    COIL__TASK_WAITING);
	} else {
		coil__state_enter(state, task, how == TRACE_STEP_YIELDED ?
					       COIL__TASK_READY : COIL__TASK_DONE);
	}
}

void coil__state_step_end(struct coil__state *state, const struct coil__event *event)
{
	uint64_t id = coil__state_thread(state, event->thread)->task;

	coil__state_run_end(state, event);
	if (id)
		step_ended(state, coil__state_object(state, id), event->tag,
			   event->as.TASK_STEP_END.future);
}

/* The handle that runs goes on running; only the task is another for a while. */
void coil__state_eager_begin(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_thread *thread = coil__state_thread(state, event->thread);
	struct coil__state_object *task =
		coil__state_take_object(state, event->as.TASK_EAGER_BEGIN.task);

	task->is_task = true;
	task->steps++;
	task->outer = thread->task;
	thread->task = task->id;
	coil__state_enter(state, task, COIL__TASK_RUNNING);
}

void coil__state_eager_end(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_TASK_EAGER_END *end = &event->as.TASK_EAGER_END;
	struct coil__state_object *task = coil__state_object(state, end->task);

	coil__state_thread(state, event->thread)->task = task ? task->outer : 0;
	step_ended(state, task, event->tag, end->future);
}
