/* SPDX-License-Identifier: MIT
 *
 * Executors.  See executor.h and <coil/executor.h>.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/shared.h"
#include "executor/concurrent_future.h"
#include "executor/executor.h"
#include "loop/loop.h"
#include "task/future.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "trace/recorder.h"

/* ---- the trace ------------------------------------------------------- */

/* One that was made before the recording began is made known first: by one of the
 * threads that use it. */
static uint64_t recorded_id(struct executor *executor)
{
	uint64_t none = 0, id = __atomic_load_n(&executor->id, __ATOMIC_ACQUIRE);

	if (id)
		return id;
	id = coil__trace_object_id();
	if (!__atomic_compare_exchange_n(&executor->id, &none, id, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		return none;
	TRACE_TEXT(EXECUTOR_CREATED, executor->pool->class->kind, executor->pool->prefix,
		   .executor = id, .workers = executor->pool->max,
		   .site = TRACE_SITE(executor->site));
	return id;
}

static void record_submitted(struct executor *executor, struct job *job,
			     const struct future *future)
{
	uint64_t id = recorded_id(executor);

	job->id = coil__trace_object_id();
	TRACE_NOW(JOB_SUBMITTED, 0, .job = job->id, .executor = id,
		  .site = TRACE_SITE(job->site), .loop = future ? future->loop->id : 0,
		  .future = future_id(future));
}

/* ---- making ---------------------------------------------------------- */

struct executor *coil__executor_new(const struct worker_class *class, void *data,
				    unsigned max_workers, const char *prefix,
				    const coil_site *site)
{
	struct executor *executor = shared_take(OBJECT_EXECUTOR);
	int error;

	if (!executor)
		return coil__null_memory(site);
	executor->pool = coil__thread_pool_new(class, data, max_workers, prefix, &error);
	if (!executor->pool) {
		shared_give(&executor->object, OBJECT_EXECUTOR);
		return error == ENOMEM ? coil__null_memory(site) :
		       coil__null(COIL_OS, site, "cannot make an executor: %s",
				  strerror(error));
	}
	executor->id = 0;
	executor->site = site;
	if (TRACING)
		recorded_id(executor);
	return executor;
}

void coil__executor_fini(void *object)
{
	struct executor *executor = object;

	coil__thread_pool_close(executor->pool, false);
	coil__thread_pool_unref(executor->pool);
}

static const struct worker_class threads = { .kind = TRACE_EXECUTOR_THREADS, .run = coil__job_run };

struct executor *coil__executor_new_threads(unsigned max_workers, const char *prefix)
{
	static atomic_uint unnamed;
	char name[40];
	unsigned cpus = coil__cpu_count();

	if (!max_workers)
		max_workers = cpus + 4 < 32 ? cpus + 4 : 32;
	if (!prefix || !*prefix) {
		snprintf(name, sizeof(name), "ThreadPoolExecutor-%u",
			 atomic_fetch_add(&unnamed, 1));
		prefix = name;
	}
	return coil__executor_new(&threads, NULL, max_workers, prefix, NULL);
}

/* ---- submitting ------------------------------------------------------ */

cold struct concurrent_future *coil__executor_refuse(coil_function function,
						     const coil_site *site)
{
	return coil__null(COIL_TYPE, site, function ? "an argument for another process must "
			  "be copied (coil_executor_submit_copy), or NULL" :
			  "a function was expected, not NULL");
}

/* Taken from nobody's queue. */
static cold void refused(struct concurrent_future *job, int error)
{
	const coil_site *site = job->job.site;

	coil__concurrent_future_cancel(job);
	shared_unref(job);
	if (error == ENOMEM)
		coil__null_memory(site);
	else if (error > 0)
		coil__null(COIL_OS, site, "cannot start a worker thread: %s", strerror(error));
	else
		coil__null(COIL_RUNTIME, site, "cannot schedule new futures after %sshutdown",
			   coil__thread_pools_ended() ? "interpreter " : "");
}

bool coil__executor_submit(struct executor *executor, struct concurrent_future *job,
			   const struct future *future)
{
	int error;

	if (TRACING)
		record_submitted(executor, &job->job, future);
	error = thread_pool_submit(executor->pool, &job->job);
	if (unlikely(error))
		refused(job, error);
	return !error;
}

/* ---- the program's side ---------------------------------------------- */

coil_executor *coil_thread_pool_executor(unsigned max_workers, const char *prefix)
{
	struct executor *executor = coil__executor_new_threads(max_workers, prefix);

	if (!executor)
		return NULL;
	executor->object.owned = 1;
	return object_handle(executor);
}

coil_concurrent_future *coil_executor_submit_site(coil_executor *public,
	coil_function function, const void *arg, size_t size, const coil_site *site)
{
	struct executor *executor = coil__open(public, site, "submit", OBJECT_EXECUTOR);
	struct concurrent_future *job;

	job = executor ? executor_job(executor, function, arg, size, site) : NULL;
	if (!job)
		return NULL;
	shared_own(&job->object);
	if (coil__executor_submit(executor, job, NULL))
		return object_handle(job);
	shared_disown(&job->object);
	shared_unref(job);
	return NULL;
}

coil_result coil_executor_shutdown(coil_executor *public, unsigned flags)
{
	struct executor *executor = coil__hand_over_object(public, NULL, "shutdown",
							   OBJECT_EXECUTOR);
	coil_result result = coil_ok(NULL);

	if (!executor)
		return coil_last_error();
	coil__thread_pool_close(executor->pool, flags & COIL_SHUTDOWN_CANCEL_FUTURES);
	if (!(flags & COIL_SHUTDOWN_NO_WAIT) && !coil__thread_pool_join(executor->pool))
		result = coil_raise(COIL_RUNTIME, "cannot join current thread");
	shared_unref(executor);
	return result;
}
