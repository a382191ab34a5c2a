/* SPDX-License-Identifier: MIT
 *
 * How a generator-based task sleeps in 360 bytes: nobody but the task sees the future of
 * a sleep, so there is none, and the task's own step, which has nothing else to do
 * meanwhile, is the timer:
 *
 *	step:  in the heap --(due)--> in the ready queue, as a timer --(runs: wake)-->
 *	       in the ready queue, as a step --(runs)--> the task goes on
 *
 * which is an iteration between the timer and the step, as with a future.
 *
 * A cancelled sleeper takes its step at once.  In the heap the entry is left behind
 * (timer_heap.h).  If the timer is due already, the step stands in the ready queue twice
 * for a while: as the timer, that finds nothing to do, and as what it is.
 */
#include "loop/loop.h"
#include "task/exception.h"
#include "task/generator.h"
#include "task/keep.h"
#include "task/task.h"
#include "trace/recorder.h"

static void become_step(struct task *task)
{
	task->step.object.flags = HANDLE_EMBEDDED | HANDLE_STEP;
	task->step.function = coil__task_step;
	task->step.site = NULL;
	task->flags &= (uint16_t)~TASK_SLEEPS;
}

static coil_result wake(void *task)
{
	become_step(task);
	coil__task_schedule(task, TRACE_SCHEDULE_WAKEUP);
	return coil_ok(NULL);
}

bool coil__generator_sleep(struct task *task, double delay)
{
	struct coil_loop *loop = task->future.loop;
	struct handle *step = &task->step;

	step->object.flags = HANDLE_EMBEDDED | HANDLE_IS_TIMER;
	step->function = wake;
	step->when = clock_now(&loop->clock) + delay;
	step->id = 0;
	task->deliver = coil_ok(NULL);
	if (!coil__timer_heap_push(&loop->timers, step)) {
		become_step(task);
		return false;
	}
	task->flags &= (uint16_t)~TASK_YIELDED;
	task->flags |= TASK_SLEEPS;
	return true;
}

coil_result coil__generator_end_sleep(struct task *task)
{
	coil_result result = coil__keep_result(task->deliver);

	if (task->flags & TASK_DELIVERS)
		coil__exception_unref(result);
	task->flags &= (uint16_t)~TASK_DELIVERS;
	return result;
}

/* The step in its first place in the queue: from here on it is in the second alone. */
static coil_result woken_before(void *arg)
{
	struct task *task = arg;

	task->future.loop->handles--;
	become_step(task);
	return coil_ok(NULL);
}

/* Without memory for the second place it takes its step when the timer has run. */
static void stand_twice(struct task *task)
{
	task->flags &= (uint16_t)~TASK_SLEEPS;
	if (!loop_make_room(task->future.loop))
		return;
	task->step.object.flags = HANDLE_EMBEDDED;
	task->step.function = woken_before;
	coil__task_schedule(task, TRACE_SCHEDULE_WAKEUP);
}

void coil__generator_cancel_sleep(struct task *task, coil_result cancelled)
{
	struct handle *step = &task->step;

	coil__exception_ref(cancelled);
	task->deliver = cancelled;
	task->flags |= TASK_DELIVERS;
	if (!(step->object.flags & HANDLE_IN_HEAP)) {
		stand_twice(task);
		return;
	}
	coil__timer_heap_leave(&task->future.loop->timers, step);
	become_step(task);
	coil__task_schedule(task, TRACE_SCHEDULE_WAKEUP);
}
