/* SPDX-License-Identifier: MIT
 *
 * The invariants of a loop, held before its iterations in builds with COIL_VALIDATE
 * (the sanitizers' and the cruel one): the first thousand, then one in 64, as it
 * costs O(all that lives).
 */
#include <stdlib.h>

#include "base/log.h"
#include "loop/loop.h"
#include "loop/validate.h"
#include "task/task.h"

#define ALWAYS 1000
#define SOMETIMES 64

static void hold(bool truth, const char *law)
{
	if (truth)
		return;
	coil__log("internal error: %s", law);
	abort();
}

static void validate_task(const struct task *task)
{
	if (task->future.state != FUTURE_PENDING)
		return;
	hold(task->future.object.refs > 0, "a pending task is referred to by its loop");
	hold(!task->waiting_on || task->waiting_on->loop == task->future.loop,
	     "a task waits for a future of its own loop");
}

static void validate_future(const struct future *future)
{
	hold(future->object.refs >= future->object.owned,
	     "references are at least those of the program");
	hold(future->state == FUTURE_PENDING || !future->first,
	     "a future that is done has no callbacks");
	hold(future->state != FUTURE_CANCELLED || future->result.error == COIL_CANCELLED,
	     "a cancelled future says so");
	if (future->object.kind == OBJECT_TASK)
		validate_task((const struct task *)future);
}

void coil__loop_validate(const struct coil_loop *loop)
{
	if (loop->iteration > ALWAYS && loop->iteration % SOMETIMES)
		return;
	hold(coil__ready_queue_validate(&loop->ready), "the ready queue is a ring");
	hold(loop->ready.capacity >= loop->handles,
	     "the ready queue has room for every handle");
	hold(coil__timer_heap_validate(&loop->timers), "the timers are a heap");
	hold(loop->poller.watched <= loop->poller.fired_capacity,
	     "every watch can be collected");
	for (const struct awaitable *a = loop->living; a; a = a->older) {
		hold(*a->newer == a, "the chain of the living is linked both ways");
		if (object_is_future(&a->object))
			validate_future((const struct future *)a);
	}
}
