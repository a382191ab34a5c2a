/* SPDX-License-Identifier: MIT
 *
 * await.  A coroutine is called; what is done gives its result; for what is not,
 * the task puts its next step among the callbacks of the future, and suspends.
 *
 * Cost: a call; a few loads; a link in a list and, later, one turn of the loop.
 */
#include <coil/await.h>

#include "loop/loop.h"
#include "task/chain.h"
#include "task/exception.h"
#include "task/generator.h"
#include "task/keep.h"
#include "task/lifetime.h"
#include "task/misuse.h"
#include "task/task.h"
#include "trace/recorder.h"

static unsigned outcome(coil_result result)
{
	if (!result.error)
		return TRACE_OUTCOME_RESULT;
	return result.error == COIL_CANCELLED ? TRACE_OUTCOME_CANCELLED :
						TRACE_OUTCOME_EXCEPTION;
}

void coil__await_record_begin(struct task *task, unsigned how, uint64_t target,
			      const coil_site *site, const coil_site *coroutine)
{
	TRACE_NOW(AWAIT_BEGIN, how, .task = task->future.id, .target = target,
		  .depth = task->depth, .site = TRACE_SITE(site),
		  .coroutine = TRACE_SITE(coroutine));
}

coil_result coil__await_record_end(struct task *task, coil_result result)
{
	TRACE(AWAIT_END, outcome(result), .task = task->future.id,
	      .depth = task->depth, .error = (uint32_t)result.error);
	return result;
}

/* ---- a coroutine ----------------------------------------------------- */

static inline __attribute__((always_inline)) coil_result
call(struct task *task, struct coroutine_object *coroutine, const coil_site *site)
{
	bool is_generator = coroutine->awaitable.object.flags & COROUTINE_GENERATOR;
	struct coroutine_object called = *coroutine;
	coil_result result;

	task->depth++;
	if (unlikely(!coroutine_keep_copy(coroutine, &task->keep, task->depth))) {
		task->depth--;
		coil__awaitable_drop(&coroutine->awaitable, site);
		return coil_raise_site(site, COIL_MEMORY, NULL);
	}
	coroutine_consume(coroutine, site);
	if (unlikely(is_generator))
		result = coil__generator_call(called.type, called.arg);
	else
		result = called.function(called.arg);
	if (task->keep)
		coil__keep_leave(task->keep, task->depth, result);
	task->depth--;
	return result;
}

static apart coil_result await_watched(struct task *task, struct coroutine_object *coroutine,
				       const coil_site *site)
{
	struct inline_await await;
	bool entered = coil__chain_enter(task, &await, site);
	coil_result result;

	if (TRACING)
		coil__await_record_begin(task, TRACE_AWAIT_COROUTINE, 0, site,
					 coroutine->awaitable.site);
	result = call(task, coroutine, site);
	if (entered)
		coil__chain_leave(task, &await);
	return coil__await_record_end(task, result);
}

/* The end is recorded also where the recording began in the middle. */
static inline coil_result await_inline(struct task *task, struct coroutine_object *coroutine,
				       const coil_site *site)
{
	if (WATCHED)
		return await_watched(task, coroutine, site);
	return coil__await_record_end(task, call(task, coroutine, site));
}

/* ---- a future -------------------------------------------------------- */

/* asyncio steps the task once more, with the error. */
static void refuse(struct task *task, struct future *future, const coil_site *site)
{
	coil_result error = (struct future *)task == future ?
		coil_raise_site(site, COIL_RUNTIME, "Task cannot await on itself") :
		coil_raise_site(site, COIL_RUNTIME, "the task '%s' got a future attached "
				"to a different loop", coil__task_name(task));

	task->flags |= TASK_YIELDED;
	task->step.site = NULL; /* coil_await adds its place itself */
	task->deliver = error;
	coil__task_schedule(task, TRACE_SCHEDULE_STEP);
}

void coil__task_wait(struct task *task, struct future *future, const coil_site *site)
{
	if (unlikely(future->loop != task->future.loop || (struct future *)task == future)) {
		refuse(task, future, site);
		return;
	}
	task->step.site = site;
	coil__future_wait(future, &task->step);
	task->waiting_on = future;
	task->flags &= (uint16_t)~TASK_YIELDED;
	if (unlikely(task->must_cancel) && coil__future_cancel(future, task_cancel_error(task)))
		task->must_cancel = false;
}

coil_result coil__task_end_await(struct task *task, struct future *future,
				 coil_result delivered)
{
	coil_result result = delivered;

	if (!result.error && future->state != FUTURE_PENDING)
		result = coil__future_retrieve(future);
	result = coil__keep_value(result, !result.error && future->is_list);
	coil__await_record_end(task, result);
	object_unref(future);
	return result;
}

coil_result coil__task_await(struct task *task, struct future *future,
			     const coil_site *site, unsigned how)
{
	coil_result delivered = coil_ok(NULL);

	if (TRACING)
		coil__await_record_begin(task, how, future->id, site, NULL);
	if (future->state == FUTURE_PENDING) {
		coil__task_wait(task, future, site);
		delivered = task_suspend(task);
	}
	return coil__task_end_await(task, future, delivered);
}

unsigned coil__await_how(const struct future *future)
{
	if (future->object.kind == OBJECT_TASK)
		return TRACE_AWAIT_TASK;
	return future->object.kind == OBJECT_GATHER ? TRACE_AWAIT_GATHER :
						      TRACE_AWAIT_FUTURE;
}

/* ---- the program's side ---------------------------------------------- */

coil_result coil_await_site(coil_awaitable *public, const coil_site *site)
{
	struct awaitable *awaitable;
	coil_result result;
	struct task *task = task_that_waits();

	if (unlikely(!task)) {
		coil__awaitable_discard(public, site);
		return coil__task_missing(site, "await");
	}
	awaitable = coil__hand_over(public, site, "await");
	if (unlikely(!awaitable))
		return coil_last_error();
	if (awaitable->object.kind == OBJECT_COROUTINE)
		result = await_inline(task, (struct coroutine_object *)awaitable, site);
	else
		result = coil__task_await(task, (struct future *)awaitable, site,
					  coil__await_how((struct future *)awaitable));
	if (unlikely(result.error))
		coil__exception_through(result, site);
	return result;
}
