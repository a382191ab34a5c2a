/* SPDX-License-Identifier: MIT
 *
 * A task's step: the coroutine goes on until it suspends or ends, and what it did
 * decides what becomes of the task.  The order is asyncio's (Task.__step).
 *
 * Cost: two context switches, and nothing allocated.
 */
#include "loop/loop.h"
#include "task/context.h"
#include "task/exception.h"
#include "task/generator.h"
#include "task/keep.h"
#include "task/list.h"
#include "task/task.h"
#include "trace/recorder.h"

/* What the coroutine will find when it goes on: the error of what it waited for,
 * unless a cancellation is due, which comes first. */
static apart void prepare_delivery(struct task *task)
{
	if (task->waiting_on) {
		task->deliver = coil__future_retrieve(task->waiting_on);
		task->waiting_on = NULL;
	}
	if (task->must_cancel) {
		if (task->deliver.error != COIL_CANCELLED)
			task->deliver = task_cancel_error(task);
		task->must_cancel = false;
		/* A yield ends in the switch, and cannot add its place itself. */
		if (task->flags & TASK_YIELDED && task->step.site)
			coil__exception_through(task->deliver, task->step.site);
	}
}

static unsigned how_sent(const struct task *task)
{
	if (!task->deliver.error)
		return TRACE_SEND_SEND;
	return task->deliver.error == COIL_CANCELLED ? TRACE_SEND_CANCEL : TRACE_SEND_THROW;
}

static apart void record_begin(struct task *task)
{
	TRACE_NOW(TASK_STEP_BEGIN, how_sent(task), .task = task->future.id);
}

/* A task that runs by frames is never seen as started by its step. */
static bool wants_errors(const struct task *task)
{
	return task->flags & TASK_CLOSES ||
	       (task->flags & TASK_GENERATOR && task->frame->line);
}

/* A coroutine that is cancelled before its first step does not run. */
static apart void start_coroutine(struct task *task)
{
	if (task->deliver.error && !wants_errors(task)) {
		task->returned = task->deliver;
		task->flags |= TASK_RETURNED;
		return;
	}
	if (unlikely(task->flags & TASK_GENERATOR)) {
		coil__generator_step(task);
		return;
	}
	task->flags |= TASK_STARTED;
	coil__coroutine_start(&task->coroutine);
}

/* The list that a task returns goes from its own keeping to its future's. */
static bool returns_list(struct task *task)
{
	return task->keep && coil__keep_take(task->keep, task->returned);
}

static void finish(struct task *task)
{
	coil_result returned = task->returned;
	bool is_list = returns_list(task);

	coil__future_finish(&task->future, returned, is_list);
	if (is_list)
		object_unref(list_of(returned.value));
}

/* The coroutine has ended: so has the task.  Result: how, for the trace. */
static unsigned end(struct task *task)
{
	coil_result returned = task->returned;

	if (returned.error == COIL_CANCELLED) {
		task->flags |= TASK_TELLS_ONCE;
		coil__future_end_cancelled(&task->future, returned);
		return TRACE_STEP_CANCELLED;
	}
	if (unlikely(task->must_cancel) && !returned.error) {
		coil__future_end_cancelled(&task->future, task_cancel_error(task));
		return TRACE_STEP_CANCELLED;
	}
	finish(task);
	return returned.error ? TRACE_STEP_RAISED : TRACE_STEP_RETURNED;
}

static apart void record_pause(struct task *task)
{
	if (task->flags & TASK_YIELDED)
		TRACE(TASK_STEP_END, TRACE_STEP_YIELDED, );
	else
		TRACE_NOW(TASK_STEP_END, TRACE_STEP_SUSPENDED,
			  .future = future_id(task->waiting_on));
}

/* An error is given back only if it must leave the loop, and then it outlives the
 * task.  The step ends last: what is reported of the task is reported in it. */
static inline __attribute__((always_inline)) coil_result
bury(struct coil_loop *loop, struct task *task, unsigned *how)
{
	coil_result returned = task->returned;

	*how = end(task);
	loop->current = NULL;
	if (returned.error == COIL_SYSTEM_EXIT || returned.error == COIL_KEYBOARD_INTERRUPT)
		returned = coil__keep_result(returned);
	else
		returned = coil_ok(NULL);
	if (task->keep)
		coil__keep_end(&task->keep);
	object_unref(task); /* the loop's reference */
	return returned;
}

static apart coil_result bury_in_step(struct coil_loop *loop, struct task *task)
{
	unsigned how;
	coil_result returned = bury(loop, task, &how);

	TRACE(TASK_STEP_END, how, );
	return returned;
}

/* An eager task's first step.  The task or callback that makes it goes on behind it, so
 * what is current is put back; an error that must leave the loop does so when that has
 * ended its own step. */
void coil__task_step_eagerly(struct task *task)
{
	struct coil_loop *loop = task->future.loop;
	struct task *outer = loop->current;
	struct context_values **context = coil__context_enter(NULL);
	unsigned how = TRACE_STEP_SUSPENDED;
	coil_result leaving = coil_ok(NULL);
	uint64_t id;

	TRACE_NOW(TASK_EAGER_BEGIN, 0, .task = task->future.id);
	loop->current = task;
	start_coroutine(task);
	id = task->future.id; /* another, if the recording began in it */
	if (task->flags & TASK_RETURNED)
		leaving = bury(loop, task, &how);
	else if (task->flags & TASK_YIELDED)
		how = TRACE_STEP_YIELDED;
	loop->current = outer;
	coil__context_enter(context);
	if (unlikely(leaving.error))
		loop_leave(loop, leaving);
	TRACE_NOW(TASK_EAGER_END, how, .future = future_id(task->waiting_on), .task = id);
}

coil_result coil__task_step(void *arg)
{
	struct task *task = arg;
	struct coil_loop *loop = task->step.loop;

	if (task->waiting_on || task->must_cancel)
		prepare_delivery(task);
	if (TRACING)
		record_begin(task);
	loop->current = task;
	if (likely(task->flags & TASK_STARTED))
		coil__coroutine_resume(&task->coroutine, task->deliver);
	else
		start_coroutine(task);
	if (unlikely(task->flags & TASK_RETURNED))
		return bury_in_step(loop, task);
	loop->current = NULL;
	if (TRACING)
		record_pause(task);
	return coil_ok(NULL);
}
