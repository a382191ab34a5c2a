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
#include "task/sleep.h"
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

const coil_site *coil__sleep_site(const struct handle *timer)
{
	return timer->function == wake ? ((const struct future *)timer->arg)->site : NULL;
}

static struct future *sleep_future(struct task *task, double delay, const coil_site *site)
{
	struct future *future = coil__future_new(task->future.loop, OBJECT_FUTURE, site);

	if (!future)
		return NULL;
	future->made_for = TRACE_FUTURE_SLEEP;
	if (TRACING) {
		future->id = coil__trace_object_id();
		TRACE_NOW(FUTURE_CREATED, TRACE_FUTURE_SLEEP, .future = future->id,
			  .site = TRACE_SITE(site), .delay = delay);
	}
	return future;
}

coil_result coil__sleep_begin(struct task *task, double delay, const coil_site *site,
			      struct sleep *sleep)
{
	static const coil_site wake_site = {
		"coil_sleep", __FILE__, __LINE__, "sleep.wake", ""
	};
	struct coil_loop *loop = task->future.loop;
	struct handle *timer;

	if (isnan(delay))
		return coil_raise_site(site, COIL_VALUE,
				       "Invalid delay: NaN (not a number)");
	sleep->future = sleep_future(task, delay, site);
	if (!sleep->future)
		return coil_raise_site(site, COIL_MEMORY, NULL);
	timer = coil__loop_timer(loop, clock_now(&loop->clock) + delay, wake, sleep->future,
				 &wake_site, TRACE_SCHEDULE_LATER, sleep->future->id);
	if (!timer) {
		object_unref(sleep->future);
		return coil_raise_site(site, COIL_MEMORY, NULL);
	}
	/* No reference: a loop that is closed would not get it back from the sleeper. */
	sleep->timer = object_handle(timer);
	if (TRACING)
		coil__await_record_begin(task, TRACE_AWAIT_SLEEP, sleep->future->id, site,
					 NULL);
	return coil_ok(NULL);
}

coil_result coil__sleep_end(struct task *task, struct sleep *sleep, coil_result delivered)
{
	coil_result result = coil__task_end_await(task, sleep->future, delivered);

	if (unlikely(result.error))
		coil_handle_cancel(sleep->timer);
	return result;
}

static apart coil_result sleep_for(struct task *task, double delay, const coil_site *site)
{
	struct sleep sleep = { NULL, NULL };
	coil_result result = coil__sleep_begin(task, delay, site, &sleep);

	if (result.error)
		return result;
	coil__task_wait(task, sleep.future, site);
	result = coil__sleep_end(task, &sleep, task_suspend(task));
	if (unlikely(result.error))
		coil__exception_through(result, site);
	return result;
}

void coil__sleep_yield(struct task *task, const coil_site *site)
{
	task->flags |= TASK_YIELDED;
	task->step.site = site;
	task->deliver = coil_ok(NULL);
	coil__task_schedule(task, TRACE_SCHEDULE_STEP);
}

coil_result coil_sleep_site(double delay, const coil_site *site)
{
	struct task *task = task_that_waits();

	if (unlikely(!task))
		return coil__task_missing(site, "sleep");
	if (!(delay <= 0))
		return sleep_for(task, delay, site);
	coil__sleep_yield(task, site); /* no future, no timer; it ends in the switch */
	return task_suspend(task);
}
