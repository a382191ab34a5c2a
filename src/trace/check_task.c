/* SPDX-License-Identifier: MIT
 *
 * The laws of tasks, futures and gathers.
 */
#include <inttypes.h>
#include <string.h>

#include "check_rules.h"
#include "reader_memory.h"

/* ---- steps ------------------------------------------------------------------ */

/* What is not found was done long ago (state.h). */
static bool is_pending(const struct coil__check *check, uint64_t future)
{
	const struct coil__state_object *object = coil__state_object(check->state, future);

	return object && !object->done;
}

void coil__check_step_scheduled(struct coil__check *check, const struct coil__event *event)
{
	const struct coil__state_object *task =
		coil__state_object(check->state, event->as.HANDLE_SCHEDULED.target);

	if ((event->tag != TRACE_SCHEDULE_STEP && event->tag != TRACE_SCHEDULE_WAKEUP) ||
	    !task || !task->seen)
		return;
	if (task->step)
		coil__violated(check, COIL__LAW_ONE_STEP, event,
			       "a step of task %" PRIu64 " is scheduled, but handle %" PRIu64
			       " is that already", task->id, task->step);
	if (task->done)
		coil__violated(check, COIL__LAW_DONE_TASK, event,
			       "a step of task %" PRIu64 " is scheduled, but it is done",
			       task->id);
	else if (task->state == COIL__TASK_WAITING && is_pending(check, task->waits_for))
		coil__violated(check, COIL__LAW_STEP, event,
			       "a step of task %" PRIu64 " is scheduled, but future %" PRIu64
			       ", which it waits for, is not done", task->id, task->waits_for);
}

void coil__check_step_begin(struct coil__check *check, const struct coil__event *event)
{
	uint64_t id = event->as.TASK_STEP_BEGIN.task;
	const struct coil__state_object *task = coil__state_object(check->state, id);
	const struct coil__state_handle *handle =
		coil__state_handle(check->state, event->ctx);

	coil__check_begin(check, event);
	if (handle && handle->target != id)
		coil__violated(check, COIL__LAW_SCHEDULED, event,
			       "handle %" PRIu64 " is for task %" PRIu64
			       ", but task %" PRIu64 " takes a step", handle->id,
			       handle->target, id);
	if (!task || !task->seen)
		return;
	if (task->done)
		coil__violated(check, COIL__LAW_DONE_TASK, event,
			       "task %" PRIu64 " is done, but takes a step", id);
	else if (task->waits_for && is_pending(check, task->waits_for))
		coil__violated(check, COIL__LAW_STEP, event,
			       "task %" PRIu64 " takes a step, but future %" PRIu64
			       ", which it waits for, is not done", id, task->waits_for);
}

/* A task is suspended, or yields: something must be there to wake it. */
static void check_will_wake(struct coil__check *check, const struct coil__event *event,
			    const struct coil__state_object *task, uint64_t future)
{
	if (event->tag == TRACE_STEP_SUSPENDED && !task->step &&
	    !(future && is_pending(check, future)))
		coil__violated(check, COIL__LAW_WOKEN, event,
			       "task %" PRIu64 " is suspended, but nothing will wake it",
			       task->id);
	if (event->tag == TRACE_STEP_YIELDED && !task->step)
		coil__violated(check, COIL__LAW_WOKEN, event,
			       "task %" PRIu64 " yields, but its next step is not scheduled",
			       task->id);
}

/* Done, it has left all of its awaits; suspended, it waits for something, or is
 * scheduled already. */
void coil__check_step_end(struct coil__check *check, const struct coil__event *event)
{
	const struct coil__state_thread *thread =
		coil__state_thread(check->state, event->thread);
	const struct coil__state_object *task = coil__state_object(check->state, thread->task);
	uint64_t future = event->as.TASK_STEP_END.future;

	if (check->state->partial)
		return;
	if (!thread->task || thread->handle != event->ctx)
		coil__violated(check, COIL__LAW_ONE, event,
			       "a step ends, but handle %" PRIu64 " is not a step that runs",
			       event->ctx);
	if (task)
		check_will_wake(check, event, task, future);
}

void coil__check_eager_begin(struct coil__check *check, const struct coil__event *event)
{
	const struct coil__state_object *task =
		coil__state_object(check->state, event->as.TASK_EAGER_BEGIN.task);

	if (task && task->seen && (task->steps || task->step || task->done))
		coil__violated(check, COIL__LAW_EAGER, event,
			       "task %" PRIu64 " takes its first step at once, but has %s",
			       task->id, task->steps ? "taken one" : task->done ?
			       "ended" : "one scheduled");
}

void coil__check_eager_end(struct coil__check *check, const struct coil__event *event)
{
	const struct trace_TASK_EAGER_END *end = &event->as.TASK_EAGER_END;
	const struct coil__state_object *task = coil__state_object(check->state, end->task);
	uint64_t runs = coil__state_thread(check->state, event->thread)->task;

	if (check->state->partial || !task)
		return;
	if (runs != end->task)
		coil__violated(check, COIL__LAW_EAGER, event,
			       "the eager step of task %" PRIu64 " ends, but task %" PRIu64
			       " runs", end->task, runs);
	if (event->tag > TRACE_STEP_YIELDED && !task->done)
		coil__violated(check, COIL__LAW_EAGER, event,
			       "task %" PRIu64 " has returned, but is not done", end->task);
	else if (!task->done)
		check_will_wake(check, event, task, end->future);
}

/* ---- awaits ------------------------------------------------------------------ */

/* A task awaits, and ends its awaits, in its own steps. */
static void check_own_step(struct coil__check *check, const struct coil__event *event,
			   uint64_t task)
{
	uint64_t runs = coil__state_thread(check->state, event->thread)->task;

	if (runs != task && !check->state->partial)
		coil__violated(check, COIL__LAW_AWAITS, event,
			       "task %" PRIu64 " awaits, but task %" PRIu64 " runs",
			       task, runs);
}

void coil__check_await_begin(struct coil__check *check, const struct coil__event *event)
{
	check_own_step(check, event, event->as.AWAIT_BEGIN.task);
}

void coil__check_await_end(struct coil__check *check, const struct coil__event *event)
{
	const struct trace_AWAIT_END *end = &event->as.AWAIT_END;
	const struct coil__state_object *task = coil__state_object(check->state, end->task);
	uint32_t depth;

	check_own_step(check, event, end->task);
	if (!task || !task->seen || check->state->partial)
		return;
	if (!task->await_count) {
		coil__violated(check, COIL__LAW_AWAITS, event,
			       "an await of task %" PRIu64 " ends, but none had begun",
			       task->id);
		return;
	}
	depth = task->awaits[task->await_count - 1].depth;
	if (depth != end->depth)
		coil__violated(check, COIL__LAW_AWAITS, event,
			       "an await of task %" PRIu64 " at depth %" PRIu32
			       " ends, but the last begun is at depth %" PRIu32,
			       task->id, end->depth, depth);
}

/* ---- completions --------------------------------------------------------------- */

void coil__check_future_done(struct coil__check *check, const struct coil__event *event)
{
	const struct trace_FUTURE_DONE *done = &event->as.FUTURE_DONE;
	const struct coil__state_object *object = coil__state_object(check->state, done->future);
	struct check_thread *thread = coil__map_get(&check->threads, event->thread);
	struct completion *completion = &thread->completion;

	if (!object)
		return;
	coil__check_line(check, event, object);
	coil__check_job_future(check, event, object);
	if (object->done) {
		coil__violated(check, COIL__LAW_FUTURE, event,
			       "%s %" PRIu64 " is completed, but was done before",
			       object->is_task ? "task" : "future", object->id);
		return;
	}
	if (object->is_task && object->await_count && !check->state->partial)
		coil__violated(check, COIL__LAW_AWAITS, event,
			       "task %" PRIu64 " is done, but %zu of its awaits have not ended",
			       object->id, object->await_count);
	if (!object->callback_count)
		return;
	completion->waiters = coil__grow(completion->waiters, &completion->room,
					 object->callback_count, sizeof *completion->waiters);
	memcpy(completion->waiters, object->callbacks,
	       object->callback_count * sizeof *completion->waiters);
	completion->count = object->callback_count;
	completion->next = 0;
	completion->unordered = object->unordered;
	completion->future = object->id;
	completion->event = *event;
	completion->event.text = "";
	completion->event.text_length = 0;
}

/* The first waiter from FROM on, to TO, that EVENT schedules; TO if there is none. */
static size_t find_waiter(const struct completion *completion, size_t from, size_t to,
			  const struct coil__event *event)
{
	const struct trace_HANDLE_SCHEDULED *scheduled = &event->as.HANDLE_SCHEDULED;
	bool wakeup = event->tag == TRACE_SCHEDULE_WAKEUP;

	for (; from < to; from++) {
		const struct coil__state_callback *waiter = &completion->waiters[from];

		if (wakeup ? waiter->task == scheduled->target :
			     !waiter->task && waiter->site == scheduled->site)
			break;
	}
	return from;
}

/* One may be left out, but none may be out of order; unless some were removed of those
 * that were added at one place, which the event does not tell apart. */
static void scheduled_in_completion(struct coil__check *check,
				    struct completion *completion,
				    const struct coil__event *event)
{
	size_t found = find_waiter(completion, completion->next, completion->count, event);

	if (found < completion->count)
		completion->next = found + 1;
	else if (!completion->unordered &&
		 find_waiter(completion, 0, completion->next, event) < completion->next)
		coil__violated(check, COIL__LAW_CALLBACKS, event,
			       "handle %" PRIu64 " of future %" PRIu64
			       " is scheduled behind one that was added later",
			       event->as.HANDLE_SCHEDULED.handle, completion->future);
}

static void end_completion(struct coil__check *check, struct completion *completion)
{
	for (size_t i = 0; i < completion->count; i++) {
		const struct coil__state_object *task =
			coil__state_object(check->state, completion->waiters[i].task);

		if (task && task->state == COIL__TASK_WAITING &&
		    task->waits_for == completion->future)
			coil__violated(check, COIL__LAW_WOKEN, &completion->event,
				       "future %" PRIu64 " is done, but task %" PRIu64
				       ", which waits for it, is not woken",
				       completion->future, task->id);
	}
	completion->future = 0;
}

void coil__check_completion(struct coil__check *check, struct check_thread *thread,
			    const struct coil__event *event)
{
	if (event->type == TRACE_WAKE || event->type == TRACE_HANDLE_TAKEN)
		return; /* other threads' calls were taken over in between */
	if (event->type == TRACE_HANDLE_SCHEDULED &&
	    (event->tag == TRACE_SCHEDULE_WAKEUP || event->tag == TRACE_SCHEDULE_CALLBACK))
		scheduled_in_completion(check, &thread->completion, event);
	else
		end_completion(check, &thread->completion);
}

/* ---- gather --------------------------------------------------------------------- */

void coil__check_gather_counted(struct coil__check *check, const struct coil__event *event)
{
	const struct trace_GATHER_COUNTED *counted = &event->as.GATHER_COUNTED;
	const struct coil__state_object *gather =
		coil__state_object(check->state, counted->gather);
	size_t i = 0;

	if (!gather || gather->done || !gather->member_count)
		return;
	while (i < gather->member_count) {
		size_t at = (gather->member_next + i) % gather->member_count;

		if (gather->members[at].child == counted->child &&
		    !gather->members[at].counted)
			break;
		i++;
	}
	if (i == gather->member_count)
		coil__violated(check, COIL__LAW_GATHER, event,
			       "gather %" PRIu64 " counts %" PRIu64
			       ", which is not its child or was counted before",
			       gather->id, counted->child);
	else if (counted->done != gather->counted + 1 || counted->done > counted->count)
		coil__violated(check, COIL__LAW_GATHER, event,
			       "gather %" PRIu64 " has counted %" PRIu32 " of %" PRIu32
			       ", but %" PRIu32 " were counted before", gather->id,
			       counted->done, counted->count, gather->counted);
}
