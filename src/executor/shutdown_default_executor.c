/* SPDX-License-Identifier: MIT
 *
 * shutdown_default_executor: a thread joins the workers, and a task waits for it.
 */
#include <stdlib.h>
#include <string.h>

#include <coil/timeout.h>

#include "base/log.h"
#include "base/shared.h"
#include "executor/executor.h"
#include "loop/loop.h"
#include "loop/outside.h"
#include "task/future.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "task/task.h"
#include "task/timeout.h"
#include "trace/recorder.h"

/* ---- the thread that joins ------------------------------------------- */

struct joiner {
	struct outside outside;
	struct executor *executor; /* a reference */
	struct future *future;     /* a reference, of the loop's side */
	struct joiner **waited_by; /* what the task knows of it, or NULL */
};

static void free_joiner(struct outside *outside)
{
	struct joiner *joiner = container_of(outside, struct joiner, outside);

	shared_unref(joiner->executor);
	free(joiner);
}

static void end_loop_side(struct joiner *joiner)
{
	if (joiner->waited_by)
		*joiner->waited_by = NULL;
	object_unref(joiner->future);
}

static coil_result come(void *arg)
{
	struct joiner *joiner = container_of(arg, struct joiner, outside);

	outside_taken(&joiner->outside);
	if (joiner->future->state == FUTURE_PENDING)
		coil__future_finish(joiner->future, coil_ok(NULL), false);
	end_loop_side(joiner);
	free_joiner(&joiner->outside);
	return coil_ok(NULL);
}

/* The loop is closed: the task that waited is no more. */
static void left(struct outside *outside)
{
	struct joiner *joiner = container_of(outside, struct joiner, outside);

	object_unref(joiner->future);
	free_joiner(outside);
}

static void *join(void *arg)
{
	struct joiner *joiner = arg;

	thread_register();
	coil__thread_pool_close(joiner->executor->pool, false);
	coil__thread_pool_join(joiner->executor->pool);
	if (!coil__outside_arrive(&joiner->outside))
		coil__outside_leave(&joiner->outside);
	return NULL;
}

static struct joiner *joiner_new(struct coil_loop *loop, const coil_site *site)
{
	static const coil_site come_site = {
		"coil_loop_shutdown_default_executor", __FILE__, __LINE__,
		"shutdown_default_executor.joined", ""
	};
	static const struct outside_class class = {
		.come = come, .left = left, .free = free_joiner, .site = &come_site,
	};
	struct joiner *joiner = malloc(sizeof(*joiner));

	if (!joiner)
		return NULL;
	joiner->future = coil__future_new(loop, OBJECT_FUTURE, site);
	if (!joiner->future) {
		free(joiner);
		return NULL;
	}
	if (TRACING) {
		joiner->future->id = coil__trace_object_id();
		TRACE_NOW(FUTURE_CREATED, TRACE_FUTURE_PLAIN, .future = joiner->future->id,
			  .loop = TRACE_LOOP(loop), .site = TRACE_SITE(site));
	}
	joiner->waited_by = NULL;
	joiner->executor = loop->executor;
	shared_ref(joiner->executor);
	outside_init(&joiner->outside, loop, &class);
	return joiner;
}

/* *STARTED: as long as there is one.  Result: a future, with a reference, done when it has
 * joined; NULL with coil_last_error(). */
static struct future *start(struct coil_loop *loop, const coil_site *site,
			    struct joiner **started)
{
	struct joiner *joiner = joiner_new(loop, site);
	pthread_t thread;
	int error;

	if (!joiner)
		return coil__null_memory(site);
	outside_expect(&joiner->outside, true);
	error = coil__thread_start(&thread, join, joiner);
	if (error) {
		coil__outside_forget(&joiner->outside);
		end_loop_side(joiner);
		free_joiner(&joiner->outside);
		return coil__null(COIL_OS, site, "cannot start a thread: %s", strerror(error));
	}
	pthread_detach(thread); /* it does nothing behind its arrival */
	joiner->waited_by = started;
	*started = joiner;
	object_ref(joiner->future);
	return joiner->future;
}

/* ---- the task that waits --------------------------------------------- */

static coil_result await_within(struct task *task, struct future *future, double limit,
				const coil_site *site)
{
	struct coil_loop *loop = task->future.loop;
	double when = limit < 0 ? COIL_NO_TIMEOUT : clock_now(&loop->clock) + limit;
	struct timeout *timeout = coil__timeout_new(loop, when, site);
	coil_result result;

	result = timeout ? coil__timeout_enter(timeout, task) :
			   coil_raise_site(site, COIL_MEMORY, NULL);
	if (result.error)
		object_unref(future);
	else
		result = coil__task_await(task, future, site, TRACE_AWAIT_FUTURE);
	return timeout ? coil__timeout_exit(timeout, result, site) : result;
}

/* It goes on without anybody who waits for it. */
static void let_go(struct joiner *joiner)
{
	joiner->waited_by = NULL;
	if (!coil__outside_forget(&joiner->outside))
		return;
	end_loop_side(joiner);
	coil__outside_leave(&joiner->outside);
}

static coil_result shut_down(struct task *task, double limit, const coil_site *site)
{
	struct coil_loop *loop = task->future.loop;
	struct joiner *joiner = NULL;
	struct future *future = start(loop, site, &joiner);
	coil_result result;

	if (!future)
		return coil_last_error();
	result = await_within(task, future, limit, site);
	if (joiner)
		let_go(joiner);
	if (result.error != COIL_TIMEOUT)
		return result;
	coil__log_misuse(site, "RuntimeWarning: The executor did not finishing joining its "
			 "threads within %g seconds.", limit);
	return coil_ok(NULL);
}

coil_result coil_loop_shutdown_default_executor_site(coil_loop *loop, double timeout,
						     const coil_site *site)
{
	struct task *task = task_that_waits();

	if (!task)
		return coil__task_missing(site, "shutdown_default_executor");
	if (task->future.loop != loop)
		return coil__misuse(site, COIL_RUNTIME, "shutdown_default_executor: the task "
				    "'%s' runs in a different loop", coil__task_name(task));
	loop->executor_shut_down = true;
	return loop->executor ? shut_down(task, timeout, site) : coil_ok(NULL);
}

/* ---- at the end of a run --------------------------------------------- */

struct request {
	struct coil_loop *loop;
	double timeout;
	const coil_site *site;
};

static coil_result shutdown_default_executor(void *arg)
{
	const struct request *request = arg;

	return coil_loop_shutdown_default_executor_site(request->loop, request->timeout,
							request->site);
}

coil_result coil__default_executor_shutdown(struct coil_loop *loop, double timeout,
					    const coil_site *site)
{
	struct request request = { loop, timeout, site };

	if (!loop->executor)
		return coil_ok(NULL);
	return coil_loop_run_until_complete_site(loop,
		coil_coro(shutdown_default_executor, &request), site);
}
