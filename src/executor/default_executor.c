/* SPDX-License-Identifier: MIT
 *
 * Jobs of a loop: run_in_executor, its default executor, to_thread.
 */
#include "base/shared.h"
#include "executor/executor.h"
#include "executor/wrap_future.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "task/context.h"
#include "task/exception.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "task/task.h"
#include "trace/recorder.h"

/* ---- the default executor -------------------------------------------- */

static struct executor *default_executor(struct coil_loop *loop, const coil_site *site)
{
	if (unlikely(loop->executor_shut_down))
		return coil__null(COIL_RUNTIME, site, "Executor shutdown has been called");
	if (unlikely(!loop->executor))
		loop->executor = coil__executor_new_threads(0, "asyncio");
	return loop->executor;
}

coil_result coil_loop_set_default_executor(coil_loop *loop, coil_executor *public)
{
	struct executor *executor = public ? coil__open(public, NULL, "set_default_executor",
							OBJECT_EXECUTOR) : NULL;

	if (public && !executor)
		return coil_last_error();
	if (!executor || executor->pool->class->kind != TRACE_EXECUTOR_THREADS)
		return coil_raise(COIL_TYPE, "executor must be ThreadPoolExecutor instance");
	shared_ref(executor);
	if (loop->executor)
		shared_unref(loop->executor);
	loop->executor = executor;
	return coil_ok(NULL);
}

void coil__executor_end_loop(struct coil_loop *loop)
{
	struct executor *executor = loop->executor;

	loop->executor_shut_down = true;
	loop->executor = NULL;
	if (!executor)
		return;
	coil__thread_pool_close(executor->pool, false);
	shared_unref(executor);
}

/* ---- run_in_executor ------------------------------------------------- */

/* Takes over a reference to JOB. */
static inline struct future *start(struct coil_loop *loop, struct executor *executor,
				   struct concurrent_future *job, const coil_site *site)
{
	struct future *future = coil__wrap_future(loop, job, true, TRACE_FUTURE_EXECUTOR, site);

	if (unlikely(!future)) {
		shared_unref(job);
		return coil__null_memory(site);
	}
	if (likely(coil__executor_submit(executor, job, future)))
		return future;
	object_unref(future);
	return NULL;
}

coil_future *coil_loop_run_in_executor_site(coil_loop *loop, coil_executor *public,
	coil_function function, const void *arg, size_t size, const coil_site *site)
{
	struct concurrent_future *job;
	struct executor *executor;
	struct future *future;

	if (!loop)
		loop = coil_get_running_loop();
	if (unlikely(!loop))
		return NULL;
	if (unlikely(loop_refuses(loop)))
		return coil__loop_refuses(loop, site);
	if (public)
		executor = coil__open(public, site, "run_in_executor", OBJECT_EXECUTOR);
	else
		executor = default_executor(loop, site);
	job = executor ? executor_job(executor, function, arg, size, site) : NULL;
	future = job ? start(loop, executor, job, site) : NULL;
	if (unlikely(!future))
		return NULL;
	future->object.owned = 1;
	return object_handle(future);
}

/* ---- to_thread ------------------------------------------------------- */

struct call {
	coil_function function;
	const void *arg;
	const coil_site *site;
};

/* What CALL asks for, in a copy of the current context; NULL with coil_last_error(). */
static struct future *start_in_context(struct coil_loop *loop, const struct call *call)
{
	struct executor *executor = default_executor(loop, call->site);
	struct concurrent_future *job;

	job = executor ? executor_job(executor, call->function, call->arg, COIL_NOT_COPIED,
				      call->site) : NULL;
	if (!job)
		return NULL;
	job->job.values = context_copy();
	return start(loop, executor, job, call->site);
}

/* In asyncio a coroutine too: what it does begins when it is awaited. */
static coil_result to_thread(void *arg)
{
	const struct call *call = arg;
	struct task *task = task_that_waits();
	struct future *future;
	coil_result result;

	if (!task)
		return coil__task_missing(call->site, "to_thread");
	future = start_in_context(task->future.loop, call);
	if (!future)
		return coil_last_error();
	result = coil__task_await(task, future, call->site, TRACE_AWAIT_FUTURE);
	if (result.error)
		coil__exception_through(result, call->site);
	return result;
}

coil_coroutine *coil_to_thread_site(coil_function function, const void *arg,
				    const coil_site *site)
{
	const struct call call = { function, arg, site };

	if (!function)
		return coil__null(COIL_TYPE, site, "a function was expected, not NULL");
	return coil_coro_copy_site(to_thread, &call, sizeof(call), site);
}
