/* SPDX-License-Identifier: MIT
 *
 * The queue between those who submit jobs and the workers, who wait at it.  First in,
 * first out.
 *
 *	push ----> incoming, newest first --(turned round, if oldest is empty)--> oldest
 *	                                                                           |
 *	                                                          take <-----------+
 *
 * Pushing is one compare-and-swap: only the workers take the lock, for a few loads.
 *
 * Who rests: a worker that finds no job counts itself in `resting`, under the lock, looks
 * once more, and sleeps until it gets the token.  Whoever pushes gives the token, if
 * somebody rests and it is not given already (`waking`).  Whoever takes a job, and
 * leaves others behind, gives it again: so workers are woken one after the other, as
 * long as there is something for them to do, and not for each of a thousand tiny jobs.
 *
 * Where there are several processors, a worker watches the queue for a moment before it
 * rests, as if it had the token.  The next job often is there by then, and nobody is woken:
 * two system calls and two changes of thread less.  Where there is one, it would only keep
 * others from their work.
 *
 * Invariants: what is in `oldest` is older than all of `incoming`; a closed queue has no
 * incoming, but CLOSED there.  If there are jobs while a worker rests, the token is given,
 * or a worker is about to look who rests.
 */
#ifndef COIL_EXECUTOR_JOB_QUEUE_H
#define COIL_EXECUTOR_JOB_QUEUE_H

#include <semaphore.h>

#include "base/mutex.h"
#include "executor/job.h"

struct job_queue {
	_Alignas(64) _Atomic(struct job *) incoming;
	_Alignas(64) atomic_uint resting; /* changed under the lock */
	atomic_bool waking;
	bool watched;       /* before a worker rests                              */
	sem_t token;
	_Alignas(64) struct mutex lock;
	struct job *oldest; /* under the lock */
};

/* WATCHED: there are several processors.  Result: 0, or an errno. */
int coil__job_queue_init(struct job_queue *queue, bool watched);
void coil__job_queue_fini(struct job_queue *queue);

#define JOB_QUEUE_CLOSED (&coil__job_queue_end)
extern struct job coil__job_queue_end internal;

/* A worker rests, and the token was not given a moment ago. */
void coil__job_queue_wake(struct job_queue *queue);

/* There are jobs.  A worker that begins to rest looks for jobs after it has counted itself,
 * and one that was woken after it has taken the token: what was pushed before we look
 * here is seen by it, or it is seen by us. */
static inline void job_queue_wake_one(struct job_queue *queue)
{
	if (unlikely(atomic_load(&queue->resting) && !atomic_load(&queue->waking)))
		coil__job_queue_wake(queue);
}

/* False if the queue is closed. */
static inline bool job_queue_push(struct job_queue *queue, struct job *job)
{
	struct job *first = NULL; /* a guess: to look first would fetch the line twice */

	do
		job->next = first;
	while (first != JOB_QUEUE_CLOSED &&
	       !atomic_compare_exchange_weak(&queue->incoming, &first, job));
	if (unlikely(first == JOB_QUEUE_CLOSED))
		return false;
	job_queue_wake_one(queue);
	return true;
}

/* By a worker: the next job, once there is one; NULL if there never will be. */
struct job *coil__job_queue_take(struct job_queue *queue);

/* No job is taken any more; workers that rest go on. */
void coil__job_queue_close(struct job_queue *queue);
bool coil__job_queue_closed(struct job_queue *queue);

/* All jobs of a closed queue, the oldest first. */
struct job *coil__job_queue_drain(struct job_queue *queue);

#endif
