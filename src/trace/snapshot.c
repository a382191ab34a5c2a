/* SPDX-License-Identifier: MIT
 *
 * The state of a running loop, said as events.  See snapshot.h.
 */
#include "loop/loop.h"
#include "task/task.h"
#include "trace/recorder.h"
#include "trace/snapshot.h"

static void say_made(struct awaitable *a)
{
	struct future *future = (struct future *)a;

	if (!object_is_future(&a->object))
		return;
	if (a->object.kind == OBJECT_TASK) {
		coil__task_record((struct task *)future, NULL);
		return;
	}
	future->id = coil__trace_object_id();
	TRACE(FUTURE_CREATED, future->made_for, .future = future->id,
	      .site = TRACE_SITE(future->site));
}

/* The innermost await of a task that waits; those around it are not known. */
static void say_waiting(struct awaitable *a)
{
	struct task *task = (struct task *)a;
	struct future *below = a->object.kind == OBJECT_TASK ? task->waiting_on : NULL;

	if (below && task->future.state == FUTURE_PENDING)
		TRACE(AWAIT_BEGIN, below->object.kind == OBJECT_TASK ? TRACE_AWAIT_TASK :
		      below->made_for == TRACE_FUTURE_SLEEP ? TRACE_AWAIT_SLEEP :
		      below->made_for == TRACE_FUTURE_GATHER ? TRACE_AWAIT_GATHER :
		      TRACE_AWAIT_FUTURE, .task = task->future.id, .target = below->id,
		      .depth = task->depth);
}

/* In order of creation: the chain has the newest first. */
static void say_living(struct coil_loop *loop, void (*say)(struct awaitable *))
{
	struct awaitable *oldest = loop->living;

	while (oldest && oldest->older)
		oldest = oldest->older;
	while (oldest) {
		say(oldest);
		oldest = oldest->newer == &loop->living ? NULL :
			 container_of(oldest->newer, struct awaitable, older);
	}
}

static void say_handle(struct handle *handle, unsigned schedule)
{
	unsigned flags = handle->object.flags;

	if (flags & HANDLE_STEP)
		coil__handle_record(handle, TRACE_SCHEDULE_STEP, future_id(handle->arg), 0);
	else if (flags & HANDLE_ON_DONE)
		coil__handle_record(handle, TRACE_SCHEDULE_CALLBACK,
				    future_id(handle->future), 0);
	else
		coil__handle_record(handle, schedule, 0,
				    flags & HANDLE_IN_HEAP ? handle->when : 0);
}

static void say_scheduled(struct coil_loop *loop)
{
	struct ready_queue *ready = &loop->ready;

	for (size_t i = ready->head; i != ready->tail; i++)
		say_handle(ready->slots[i & (ready->capacity - 1)], TRACE_SCHEDULE_SOON);
	for (size_t i = 0; i < loop->timers.count; i++)
		say_handle(loop->timers.entries[i].handle, TRACE_SCHEDULE_AT);
}

/* The handle that is running: we are inside of it. */
static void say_running(struct coil_loop *loop)
{
	struct handle *handle = loop->running_handle;

	if (!handle)
		return;
	say_handle(handle, TRACE_SCHEDULE_SOON);
	TRACE_CONTEXT(handle->id);
	if (handle->object.flags & HANDLE_STEP)
		TRACE(TASK_STEP_BEGIN, TRACE_SEND_SEND, .task = future_id(handle->arg));
	else
		TRACE(HANDLE_RUN_BEGIN, 0, );
}

void coil__trace_snapshot(void)
{
	struct coil_loop *loop = coil__self.running;

	if (!loop)
		return;
	coil__trace_run(loop->id, &loop->clock);
	TRACE_NOW(LOOP_CREATED, loop->clock.kind, .loop = loop->id);
	TRACE(LOOP_RUN_BEGIN, 0, .loop = loop->id);
	say_living(loop, say_made);
	say_living(loop, say_waiting);
	TRACE(ITERATION_BEGIN, 0, .n = loop->iteration,
	      .ready = (uint32_t)coil__ready_queue_length(&loop->ready),
	      .scheduled = (uint32_t)loop->timers.count);
	say_running(loop);
	say_scheduled(loop);
}
