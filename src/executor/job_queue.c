/* SPDX-License-Identifier: MIT
 *
 * The queue of jobs.  See job_queue.h.
 */
#include <errno.h>

#include "base/object.h"
#include "executor/job.h"
#include "executor/job_queue.h"

static struct job closed;
#define CLOSED (&closed)

/* Workers that meet at the lock are through with it before a sleep would begin. */
static int init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attributes;
	int error = pthread_mutexattr_init(&attributes);

	if (error)
		return error;
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
	error = pthread_mutex_init(lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return error;
}

int coil__job_queue_init(struct job_queue *queue)
{
	int error;

	atomic_init(&queue->incoming, NULL);
	atomic_init(&queue->idle, 0);
	queue->oldest = NULL;
	error = init_lock(&queue->lock);
	if (error)
		return error;
	if (sem_init(&queue->wake, 0, 0) == 0)
		return 0;
	error = errno;
	pthread_mutex_destroy(&queue->lock);
	return error;
}

void coil__job_queue_fini(struct job_queue *queue)
{
	sem_destroy(&queue->wake);
	pthread_mutex_destroy(&queue->lock);
}

/* ---- pushing --------------------------------------------------------- */

bool coil__job_queue_claim(struct job_queue *queue)
{
	int idle = atomic_load(&queue->idle);

	do
		if (idle == 0)
			return false;
	while (!atomic_compare_exchange_weak(&queue->idle, &idle, idle - 1));
	return true;
}

/* A worker that begins to rest looks for jobs after it has counted itself, and we look
 * for it after we have pushed: one of the two sees the other. */
bool coil__job_queue_push(struct job_queue *queue, struct job *job, bool claimed)
{
	struct job *first = atomic_load(&queue->incoming);

	do
		job->next = first;
	while (first != CLOSED &&
	       !atomic_compare_exchange_weak(&queue->incoming, &first, job));
	if (claimed || coil__job_queue_claim(queue))
		sem_post(&queue->wake);
	return first != CLOSED;
}

/* ---- taking: with the lock ------------------------------------------- */

static struct job *turn_round(struct job *newest)
{
	struct job *oldest = NULL;

	while (newest) {
		struct job *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

static bool has_incoming(struct job_queue *queue)
{
	struct job *first = atomic_load(&queue->incoming);

	return first && first != CLOSED;
}

static struct job *pop(struct job_queue *queue)
{
	struct job *job;

	if (!queue->oldest && has_incoming(queue))
		queue->oldest = turn_round(atomic_exchange(&queue->incoming, NULL));
	job = queue->oldest;
	if (job)
		queue->oldest = job->next;
	return job;
}

/* Is there nothing to do but to sleep?  Then this worker is counted as one that rests, or
 * is woken already. */
static bool begin_rest(struct job_queue *queue)
{
	atomic_fetch_add(&queue->idle, 1);
	return !has_incoming(queue) || !coil__job_queue_claim(queue);
}

static void sleep_until_woken(struct job_queue *queue)
{
	while (sem_wait(&queue->wake) != 0 && errno == EINTR)
		;
}

struct job *coil__job_queue_take(struct job_queue *queue)
{
	struct job *job;
	bool rest, end;

	do {
		pthread_mutex_lock(&queue->lock);
		job = pop(queue);
		end = !job && atomic_load(&queue->incoming) == CLOSED;
		rest = !job && !end && begin_rest(queue);
		pthread_mutex_unlock(&queue->lock);
		if (rest)
			sleep_until_woken(queue);
	} while (!job && !end);
	return job;
}

/* ---- the end --------------------------------------------------------- */

bool coil__job_queue_closed(struct job_queue *queue)
{
	return atomic_load(&queue->incoming) == CLOSED;
}

void coil__job_queue_close(struct job_queue *queue)
{
	struct job *incoming, **end = &queue->oldest;

	pthread_mutex_lock(&queue->lock);
	incoming = atomic_exchange(&queue->incoming, CLOSED);
	while (*end)
		end = &(*end)->next;
	*end = turn_round(incoming == CLOSED ? NULL : incoming);
	pthread_mutex_unlock(&queue->lock);
	while (coil__job_queue_claim(queue))
		sem_post(&queue->wake);
}

struct job *coil__job_queue_drain(struct job_queue *queue)
{
	struct job *jobs;

	pthread_mutex_lock(&queue->lock);
	jobs = queue->oldest;
	queue->oldest = NULL;
	pthread_mutex_unlock(&queue->lock);
	return jobs;
}
