/* SPDX-License-Identifier: MIT
 *
 * The steps of generator-based coroutines.  See generator.h.
 */
#include <stdlib.h>
#include <string.h>

#include "loop/loop.h"
#include "task/exception.h"
#include "task/generator.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "task/sleep.h"
#include "task/task.h"
#include "trace/recorder.h"

struct coil_frame *coil__frame_new(const coil_generator_type *type, void *arg,
				   struct coil_frame *caller)
{
	struct coil_frame *frame = calloc(1, type->size);

	if (!frame)
		return NULL;
	frame->type = type;
	frame->arg = arg;
	frame->caller = caller;
	return frame;
}

/* ---- in a task of its own -------------------------------------------- */

/* The frame goes on at once: it has what it wanted.  An error has come through here. */
static bool give(struct coil_frame *frame, coil_result result)
{
	if (unlikely(result.error))
		coil__exception_through(result, frame->site);
	frame->sent = result;
	return true;
}

/* A native coroutine on the borrowed stack has run until it suspended or ended. */
static bool after_native(struct task *task, struct coil_frame *frame)
{
	struct task *stack = stack_of(task->inside);
	coil_result result = stack->returned;

	if (!(stack->flags & TASK_RETURNED))
		return false;
	coil__stack_return(stack);
	task->inside = NULL;
	if (task->keep)
		coil__keep_leave(task->keep, task->depth, result);
	task->depth--;
	return give(frame, coil__await_record_end(task, result));
}

static bool no_memory(struct task *task, struct coil_frame *frame)
{
	coil_result error = coil_raise_site(frame->site, COIL_MEMORY, NULL);

	return give(frame, coil__await_record_end(task, error));
}

static bool call_native(struct task *task, struct coil_frame *frame,
			struct coroutine_object *coroutine)
{
	struct task *stack = coil__stack_borrow(coroutine->function, coroutine->arg,
						coroutine->awaitable.site);

	if (!stack || !coroutine_keep_copy(coroutine, &task->keep, task->depth + 1)) {
		if (stack)
			coil__stack_return(stack);
		coil__awaitable_drop(&coroutine->awaitable, frame->site);
		return no_memory(task, frame);
	}
	coroutine_consume(coroutine, frame->site);
	task->depth++;
	frame->request = FRAME_CALLS;
	task->inside = &stack->coroutine;
	coil__coroutine_start(task->inside);
	return after_native(task, frame);
}

static bool call_generator(struct task *task, struct coil_frame *frame,
			   struct coroutine_object *coroutine)
{
	struct coil_frame *callee = coil__frame_new(coroutine->type, coroutine->arg, frame);

	if (!callee) {
		coil__awaitable_drop(&coroutine->awaitable, frame->site);
		return no_memory(task, frame);
	}
	coroutine_consume(coroutine, frame->site);
	task->depth++;
	task->frame = callee;
	return true;
}

static bool want_future(struct task *task, struct coil_frame *frame,
			struct future *future)
{
	if (TRACING)
		coil__await_record_begin(task, coil__await_how(future), future->id,
					 frame->site, NULL);
	if (future->state != FUTURE_PENDING)
		return give(frame, coil__task_end_await(task, future, coil_ok(NULL)));
	frame->request = FRAME_WAITS;
	frame->wanted.awaitable = (coil_awaitable *)future;
	coil__task_wait(task, future, frame->site);
	return false;
}

static bool want_awaitable(struct task *task, struct coil_frame *frame)
{
	struct awaitable *awaitable = coil__hand_over(frame->wanted.awaitable, frame->site,
						      "yield from");

	if (!awaitable)
		return give(frame, coil_last_error());
	if (awaitable->object.kind != OBJECT_COROUTINE)
		return want_future(task, frame, (struct future *)awaitable);
	if (TRACING)
		coil__await_record_begin(task, TRACE_AWAIT_COROUTINE, 0, frame->site,
					 awaitable->site);
	if (awaitable->object.flags & COROUTINE_GENERATOR)
		return call_generator(task, frame, (struct coroutine_object *)awaitable);
	return call_native(task, frame, (struct coroutine_object *)awaitable);
}

static bool want_sleep(struct task *task, struct coil_frame *frame)
{
	double delay = frame->wanted.delay;
	struct sleep sleep;
	coil_result result;

	if (delay <= 0) {
		frame->request = FRAME_YIELDED;
		coil__sleep_yield(task, frame->site);
		return false;
	}
	if (likely(delay > 0 && !TRACING && !task->must_cancel)) {
		frame->request = FRAME_SLEEPS_BARE;
		return !coil__generator_sleep(task, delay) &&
		       give(frame, coil_raise_site(frame->site, COIL_MEMORY, NULL));
	}
	result = coil__sleep_begin(task, delay, frame->site, &sleep);
	if (result.error)
		return give(frame, result);
	frame->request = FRAME_SLEEPS;
	frame->wanted.awaitable = (coil_awaitable *)sleep.future;
	frame->wanted.timer = sleep.timer;
	coil__task_wait(task, sleep.future, frame->site);
	return false;
}

/* The innermost frame has returned: its caller goes on, or the task has ended. */
static bool frame_returned(struct task *task, struct coil_frame *frame, coil_result result)
{
	struct coil_frame *caller = frame->caller;

	task->frame = caller;
	free(frame);
	if (!caller) {
		task->returned = result;
		task->flags |= TASK_RETURNED;
		return false;
	}
	if (task->keep)
		coil__keep_leave(task->keep, task->depth, result);
	task->depth--;
	return give(caller, coil__await_record_end(task, result));
}

/* The innermost frame takes a step.  Result: whether the task goes on at once. */
static bool run_frame(struct task *task)
{
	struct coil_frame *frame = task->frame;
	coil_result result;

	frame->request = COIL_FRAME_RETURN;
	result = frame->type->resume(frame);
	switch (frame->request) {
	case COIL_FRAME_AWAIT:
		return want_awaitable(task, frame);
	case COIL_FRAME_SLEEP:
		return want_sleep(task, frame);
	default:
		return frame_returned(task, frame, result);
	}
}

/* What FRAME wanted and had to wait for has come. */
static bool end_wait(struct task *task, struct coil_frame *frame)
{
	coil_result delivered = task->deliver;
	struct future *future = (struct future *)frame->wanted.awaitable;
	struct sleep sleep = { future, frame->wanted.timer };

	switch (frame->request) {
	case FRAME_WAITS:
		return give(frame, coil__task_end_await(task, future, delivered));
	case FRAME_SLEEPS:
		return give(frame, coil__sleep_end(task, &sleep, delivered));
	case FRAME_SLEEPS_BARE:
		return give(frame, coil__generator_end_sleep(task));
	case FRAME_CALLS:
		coil__coroutine_resume(task->inside, delivered);
		return after_native(task, frame);
	default:
		frame->sent = delivered; /* a yield's place was added with the cancellation */
		return true;
	}
}

void coil__generator_step(struct task *task)
{
	bool goes_on = true;

	if (task->frame->request != COIL_FRAME_RETURN)
		goes_on = end_wait(task, task->frame);
	while (goes_on)
		goes_on = run_frame(task);
}

/* ---- in a native coroutine ------------------------------------------- */

/* Its frame lies on the stack, and so goes with that, should the task be given up in
 * the middle. */
coil_result coil__generator_call(const coil_generator_type *type, void *arg)
{
	struct coil_frame *frame = __builtin_alloca(type->size);
	coil_result result;

	memset(frame, 0, type->size);
	frame->type = type;
	frame->arg = arg;
	for (;;) {
		frame->request = COIL_FRAME_RETURN;
		result = type->resume(frame);
		if (frame->request == COIL_FRAME_AWAIT)
			frame->sent = coil_await_site(frame->wanted.awaitable, frame->site);
		else if (frame->request == COIL_FRAME_SLEEP)
			frame->sent = coil_sleep_site(frame->wanted.delay, frame->site);
		else
			return result;
	}
}

/* ---- the end --------------------------------------------------------- */

/* Futures that frames wait for belong to a loop that is closed: it frees them. */
void coil__generator_fini(struct task *task)
{
	if (task->flags & TASK_DELIVERS)
		coil__exception_unref(task->deliver);
	if (task->inside)
		coil__stack_return(stack_of(task->inside));
	while (task->frame) {
		struct coil_frame *frame = task->frame;

		task->frame = frame->caller;
		free(frame);
	}
}
