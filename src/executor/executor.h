/* SPDX-License-Identifier: MIT
 *
 * Executors: what the program holds of a pool of threads (thread_pool.h), and how jobs
 * get there.
 *
 * References are counted atomically (shared.h): the program's, a loop's to its default
 * one.  When the last goes, the pool takes no jobs any more, and ends when it has run those
 * that it has.
 */
#ifndef COIL_EXECUTOR_EXECUTOR_H
#define COIL_EXECUTOR_EXECUTOR_H

#include <coil/executor.h>

#include "executor/concurrent_future.h"
#include "executor/thread_pool.h"
#include "task/keep.h"

struct future;

struct executor {
	struct object object;
	struct thread_pool *pool;
	uint64_t id;           /* in the trace; 0: not made known yet             */
	const coil_site *site; /* where it was made, or NULL                      */
};

/* With one reference, none of them the program's; takes over DATA.  NULL with
 * coil_last_error(); DATA is still the caller's then. */
struct executor *coil__executor_new(const struct worker_class *class, void *data,
				    unsigned max_workers, const char *prefix,
				    const coil_site *site);

/* The same of threads that run the jobs themselves, by the usual numbers and names for
 * 0 and NULL. */
struct executor *coil__executor_new_threads(unsigned max_workers, const char *prefix);

/* Always NULL. */
struct concurrent_future *coil__executor_refuse(coil_function function,
						const coil_site *site);

/* A job for EXECUTOR: its future, with one reference, to be submitted.  NULL with
 * coil_last_error(). */
static inline struct concurrent_future *executor_job(struct executor *executor,
	coil_function function, const void *arg, size_t size, const coil_site *site)
{
	struct concurrent_future *job;

	if (unlikely(!function || (arg && size == COIL_NOT_COPIED &&
				   executor->pool->class->flat_arguments)))
		return coil__executor_refuse(function, site);
	job = concurrent_future_new(site);
	if (likely(job && job_init(&job->job, function, arg, size)))
		return job;
	if (job)
		shared_unref(job);
	return coil__null_memory(site);
}

/* Takes over a reference to JOB.  FUTURE: of a loop, that waits for it, or NULL.  False
 * with coil_last_error(), and it was cancelled. */
bool coil__executor_submit(struct executor *executor, struct concurrent_future *job,
			   const struct future *future);

/* Called when it is destroyed. */
void coil__executor_fini(void *executor);

/* ---- of a loop (default_executor.c) ---------------------------------- */

/* LOOP runs until its default executor, if it has one, is shut down
 * (shutdown_default_executor.c). */
coil_result coil__default_executor_shutdown(struct coil_loop *loop, double timeout,
					    const coil_site *site);

/* LOOP is closed. */
void coil__executor_end_loop(struct coil_loop *loop);

#endif
