/* SPDX-License-Identifier: MIT
 *
 * sleep.  A delay of 0 or less gives up control for one iteration: the next step
 * goes straight to the ready queue.  Else a timer completes a future, and the
 * sleeper goes on in the iteration after that.
 */
#include <math.h>

#include <coil/await.h>

#include "loop/loop.h"
#include "task/exception.h"
#include "task/keep.h"
#include "task/task.h"
#include "trace/recorder.h"

/* The future may have been cancelled in the iteration in which its timer is due. */
static coil_result wake(void *arg)
{
	struct future *future = arg;

	if (future->state == FUTURE_PENDING)
		coil__future_finish(future, coil_ok(NULL), false);
	return coil_ok(NULL);
}

static apart coil_result sleep_for(struct task *task, double delay, const coil_site *site)
{
	static const coil_site wake_site = {
		"coil_sleep", __FILE__, __LINE__, "sleep.wake", ""
	};
	struct coil_loop *loop = task->future.loop;
	struct future *future;
	struct handle *timer;
	coil_result result;

	if (isnan(delay))
		return coil_raise_site(site, COIL_VALUE,
				       "Invalid delay: NaN (not a number)");
	future = coil__future_new(loop, OBJECT_FUTURE, site);
	if (!future)
		return coil_raise_site(site, COIL_MEMORY, NULL);
	future->made_for = TRACE_FUTURE_SLEEP;
	if (TRACING) {
		future->id = coil__trace_object_id();
		TRACE_NOW(FUTURE_CREATED, TRACE_FUTURE_SLEEP, .future = future->id,
			  .site = TRACE_SITE(site), .delay = delay);
	}
	timer = coil__loop_timer(loop, clock_now(&loop->clock) + delay, wake, future,
				 &wake_site, TRACE_SCHEDULE_LATER, future->id);
	if (!timer) {
		object_unref(future);
		return coil_raise_site(site, COIL_MEMORY, NULL);
	}
	/* Both live until the await is over, whichever ends it. */
	object_ref(timer);
	result = coil__task_await(task, future, site, TRACE_AWAIT_SLEEP);
	if (unlikely(result.error)) {
		coil__handle_cancel(timer);
		coil__exception_through(result, site);
	}
	object_unref(timer);
	return result;
}

coil_result coil_sleep_site(double delay, const coil_site *site)
{
	struct task *task = task_here();

	if (unlikely(!task))
		return coil__task_missing(site, "sleep");
	if (!(delay <= 0))
		return sleep_for(task, delay, site);
	/* asyncio's bare yield: no future, no timer.  It ends in the switch. */
	task->flags |= TASK_YIELDED;
	task->step.site = site;
	task->deliver = coil_ok(NULL);
	coil__task_schedule(task, TRACE_SCHEDULE_STEP);
	return task_suspend(task);
}
