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
#include "task/keep.h"
#include "task/misuse.h"
#include "task/task.h"
#include "trace/recorder.h"

static void record_request(struct task *task, coil_result cancelled)
{
	struct coil_loop *loop = coil__self.running;
	const struct coil_exception *e = coil__exception_of(cancelled);

	TRACE_TEXT(TASK_CANCEL_REQUESTED, 0, e ? e->message : "",
		   .task = task->future.id,
		   .by = loop && loop->current ? loop->current->future.id : 0,
		   .count = task->cancel_requests,
		   .site = TRACE_SITE(e ? e->site : NULL));
}

/* The next step delivers it.  The detail must outlive whoever asked. */
static void cancel_at_next_step(struct task *task, coil_result cancelled)
{
	coil__exception_ref(cancelled);
	coil__exception_unref(task->cancel_error);
	task->cancel_error = cancelled;
	task->must_cancel = true;
}

bool coil__task_cancel(struct task *task, coil_result cancelled)
{
	for (;;) {
		struct future *below = task->waiting_on;

		task->cancel_requests++;
		if (TRACING)
			record_request(task, cancelled);
		if (below && below->state == FUTURE_PENDING &&
		    below->object.kind == OBJECT_TASK) {
			below->unretrieved = false;
			task = (struct task *)below;
			continue;
		}
		if (!below || !coil__future_cancel(below, cancelled))
			cancel_at_next_step(task, cancelled);
		return true;
	}
}

unsigned coil_task_uncancel(coil_task *public)
{
	struct task *task = coil__open_task(public, NULL, "uncancel");

	if (!task)
		return 0;
	if (task->cancel_requests && --task->cancel_requests == 0)
		task->must_cancel = false;
	TRACE_NOW(TASK_UNCANCEL, 0, .task = task->future.id,
		  .count = task->cancel_requests);
	return task->cancel_requests;
}
