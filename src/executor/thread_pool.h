/* SPDX-License-Identifier: MIT
 *
 * A pool of threads that run jobs: what every executor consists of.  What a thread does
 * with a job is its class's matter: it calls the function, or has a process do so.
 *
 * A thread is added when a job is submitted and none is idle, up to `max`, and stays until
 * the pool is closed.  A thread is idle if there are fewer jobs `submitted` and not
 * `finished` than threads; both are counted until there are as many as may be.  All
 * signals that are not of its own making are blocked in it.
 *
 * How threads end: closed, the queue gives them what is left, and then nothing.  One that
 * nobody joins detaches itself; coil__thread_pool_join takes all that there are, and joins
 * them.  When the process ends by exit() or by returning from main, pools that are left
 * are closed and joined, also those shut down without waiting: what was submitted runs to
 * its end, as in Python.  In the child of a fork a pool has no threads, and no jobs.
 *
 * Invariants: `workers` are those that nobody has taken to join; `live` counts these and
 * those being joined; a worker has a reference to the pool.
 */
#ifndef COIL_EXECUTOR_THREAD_POOL_H
#define COIL_EXECUTOR_THREAD_POOL_H

#include <pthread.h>
#include <stdatomic.h>

#include "executor/job.h"
#include "executor/job_queue.h"

/* How the workers of a kind of executor work.  What may be NULL is marked so. */
struct worker_class {
	unsigned kind;       /* TRACE_EXECUTOR_...                                 */
	bool flat_arguments; /* an argument must be copied, or NULL                */

	/* In the worker's thread: when it begins, for each job, when it ends.  DATA is the
	 * pool's, NUMBER counts its workers from 0.  begin's result is what the others are
	 * given; to fail, it gives one whose run fails.  run writes RESULT, which is
	 * all zeros; and job->process, if that is another. */
	void *(*begin)(void *data, unsigned number);                   /* or NULL */
	void (*run)(void *worker, struct job *job, struct parcel *result);
	void (*end)(void *worker);                                     /* or NULL */

	/* The pool is gone, with its workers; in any thread. */
	void (*free)(void *data);                                      /* or NULL */
};

struct worker;

struct thread_pool {
	struct job_queue queue;
	const struct worker_class *class;
	void *data;
	unsigned max;
	atomic_uint made;              /* threads; changed under the lock         */
	atomic_uint submitted, finished; /* jobs, while made < max                */
	atomic_uint refs;              /* the executor's, the workers', joiners'  */

	pthread_mutex_t lock;
	pthread_cond_t gone;           /* live is 0                               */
	struct worker *workers;
	unsigned live;

	struct thread_pool *next, **place; /* all pools (thread_pools.c)          */
	bool ended;                    /* closed by the end of the process        */
	char prefix[];                 /* of the threads' names                   */
};

/* PREFIX is copied.  Result: NULL, with an errno in *ERROR; DATA is still the caller's
 * then. */
struct thread_pool *coil__thread_pool_new(const struct worker_class *class, void *data,
					  unsigned max, const char *prefix, int *error);

void coil__thread_pool_ref(struct thread_pool *pool);
void coil__thread_pool_unref(struct thread_pool *pool);

static inline bool thread_pool_may_grow(const struct thread_pool *pool)
{
	return atomic_load_explicit(&pool->made, memory_order_relaxed) < pool->max;
}

/* Counts a job that will be submitted, and adds a worker for it unless one is idle.
 * Result: 0; or an errno if there is none at all. */
int coil__thread_pool_grow(struct thread_pool *pool);

/* Result: 0; -1 if it is closed; or an errno if there is no thread, and none can be made. */
static inline int thread_pool_submit(struct thread_pool *pool, struct job *job)
{
	int error = 0;

	if (thread_pool_may_grow(pool))
		error = coil__thread_pool_grow(pool);
	if (unlikely(error))
		return error;
	return job_queue_push(&pool->queue, job) ? 0 : -1;
}

/* Takes no jobs any more.  CANCEL: those that have not begun are cancelled. */
void coil__thread_pool_close(struct thread_pool *pool, bool cancel);

/* Blocks until the threads of a closed pool are gone; but the calling one, if it is one of
 * them: false then. */
bool coil__thread_pool_join(struct thread_pool *pool);

/* The chain of all pools (thread_pools.c). */
void coil__thread_pools_add(struct thread_pool *pool);
void coil__thread_pools_remove(struct thread_pool *pool);

/* Has the end of the process begun? */
bool coil__thread_pools_ended(void);

/* In the child of a fork: POOL has lost its threads, and its jobs. */
void coil__thread_pool_forked(struct thread_pool *pool);

/* How many CPUs this process may use. */
unsigned coil__cpu_count(void);

/* A thread with all those signals blocked.  Result: 0, or an errno. */
int coil__thread_start(pthread_t *thread, void *(*function)(void *), void *arg);

#endif
