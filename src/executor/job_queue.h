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
 * Who rests: a worker that finds no job counts itself in `idle`, under the lock, looks
 * once more, and sleeps until it gets a token of `wake`.  Whoever pushes takes one out of
 * `idle`, and gives a token for it.  So idle plus the tokens given and not yet taken is
 * the number of workers that rest; a worker is woken only for a job; and whether one is
 * idle is known before a thread is added, exactly.
 *
 * Invariants: what is in `oldest` is older than all of `incoming`; a closed queue has no
 * incoming, but CLOSED there.
 */
#ifndef COIL_EXECUTOR_JOB_QUEUE_H
#define COIL_EXECUTOR_JOB_QUEUE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

struct job;

struct job_queue {
	_Alignas(64) _Atomic(struct job *) incoming;
	_Alignas(64) atomic_int idle;
	sem_t wake;
	_Alignas(64) pthread_mutex_t lock;
	struct job *oldest; /* under the lock */
};

/* Result: 0, or an errno. */
int coil__job_queue_init(struct job_queue *queue);
void coil__job_queue_fini(struct job_queue *queue);

/* Reserves a worker that rests, for the next push; false if there is none. */
bool coil__job_queue_claim(struct job_queue *queue);

/* CLAIMED: a worker was reserved.  False if it is closed. */
bool coil__job_queue_push(struct job_queue *queue, struct job *job, bool claimed);

/* By a worker: the next job, once there is one; NULL if there never will be. */
struct job *coil__job_queue_take(struct job_queue *queue);

/* No job is taken any more; workers that rest go on. */
void coil__job_queue_close(struct job_queue *queue);
bool coil__job_queue_closed(struct job_queue *queue);

/* All jobs of a closed queue, the oldest first. */
struct job *coil__job_queue_drain(struct job_queue *queue);

#endif
