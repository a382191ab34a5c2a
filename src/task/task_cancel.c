/* SPDX-License-Identifier: MIT
 *
 * Cancelling a task.  The request goes down the chain of awaits at once, to the
 * innermost future that is pending; each task on the way counts it, and unwinds one
 * iteration after the one below.  Where there is no such future, the task's next
 * step delivers it (must_cancel).
 *
 * The chain is walked, not recursed into, so that its length does not matter.
 */
#include <coil/task.h>

#include "loop/loop.h"
#include "task/exception.h"
#include "task/generator.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "task/task.h"
#include "trace/recorder.h"

static void record_request(struct task *task, coil_result cancelled)
{
	const struct task *by = task_here();
	const struct coil_exception *e = coil__exception_of(cancelled);

	TRACE_TEXT(TASK_CANCEL_REQUESTED, 0, e ? e->message : "",
		   .task = task->future.id,
		   .by = by ? by->future.id : 0,
		   .count = task->cancel_requests,
		   .site = TRACE_SITE(e ? e->site : NULL));
}

/* The next step delivers it. */
static void cancel_at_next_step(struct task *task, coil_result cancelled)
{
	coil__keep_cancel(&task->keep, cancelled);
	task->must_cancel = true;
}

static struct task *task_below(const struct task *task)
{
	struct future *below = task->waiting_on;

	return below && below->state == FUTURE_PENDING &&
	       below->object.kind == OBJECT_TASK ? (struct task *)below : NULL;
}

/* The task at the end of a chain of tasks, or where a ring of them closes (which
 * asyncio would go round until its recursion limit): what it waits for is cancelled,
 * or else its next step says so. */
static void cancel_innermost(struct task *task, coil_result cancelled)
{
	if (task->flags & TASK_SLEEPS)
		coil__generator_cancel_sleep(task, cancelled);
	else if (!task->waiting_on || task_below(task) ||
	    !coil__future_cancel(task->waiting_on, cancelled))
		cancel_at_next_step(task, cancelled);
}

bool coil__task_cancel(struct task *top, coil_result cancelled)
{
	struct task *task = top, *below;

	if (top->flags & TASK_ON_CANCEL_PATH)
		return false; /* a ring through a gather */
	for (;;) {
		task->flags |= TASK_ON_CANCEL_PATH;
		task->future.unretrieved = false;
		task->cancel_requests++;
		if (TRACING)
			record_request(task, cancelled);
		below = task_below(task);
		if (!below || below->flags & TASK_ON_CANCEL_PATH)
			break;
		task = below;
	}
	cancel_innermost(task, cancelled);
	for (task = top; task && task->flags & TASK_ON_CANCEL_PATH; task = below) {
		below = task_below(task);
		task->flags &= (uint16_t)~TASK_ON_CANCEL_PATH;
	}
	return true;
}

unsigned coil__task_uncancel(struct task *task)
{
	if (task->cancel_requests && --task->cancel_requests == 0)
		task->must_cancel = false;
	TRACE_NOW(TASK_UNCANCEL, 0, .task = task->future.id,
		  .count = task->cancel_requests);
	return task->cancel_requests;
}

unsigned coil_task_uncancel(coil_task *public)
{
	struct task *task = coil__open_task(public, NULL, "uncancel");

	return task ? coil__task_uncancel(task) : 0;
}
