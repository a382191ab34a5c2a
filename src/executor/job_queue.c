/* SPDX-License-Identifier: MIT
 *
 * The queue of jobs.  See job_queue.h.
 */
#include <errno.h>

#include "base/clock.h"
#include "executor/job_queue.h"

/* How often a worker looks for jobs before it rests, and what is between two looks. */
#define LOOKS 4
#define LOOK_SECONDS 3e-6

struct job coil__job_queue_end;
#define CLOSED JOB_QUEUE_CLOSED

int coil__job_queue_init(struct job_queue *queue, bool watched)
{
	queue->watched = watched;
	atomic_init(&queue->incoming, NULL);
	atomic_init(&queue->resting, 0);
	atomic_init(&queue->waking, false);
	queue->oldest = NULL;
	mutex_init(&queue->lock);
	return sem_init(&queue->token, 0, 0) == 0 ? 0 : errno;
}

void coil__job_queue_fini(struct job_queue *queue)
{
	sem_destroy(&queue->token);
}

/* ---- pushing --------------------------------------------------------- */

void coil__job_queue_wake(struct job_queue *queue)
{
	if (!atomic_exchange(&queue->waking, true))
		sem_post(&queue->token);
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

static inline void pause_processor(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Without the lock, as the only one, and as if it had the token: so long as to wake a
 * thread would take, if there are processors for both.  It looks seldom, so that who pushes
 * has the line to himself, and there are several jobs when it comes to take one. */
static void watch(struct job_queue *queue)
{
	if (atomic_load(&queue->waking) || atomic_exchange(&queue->waking, true))
		return;
	for (int i = 0; i < LOOKS && !atomic_load(&queue->incoming); i++) {
		double next = clock_monotonic() + LOOK_SECONDS;

		do
			pause_processor();
		while (clock_monotonic() < next);
	}
	atomic_store(&queue->waking, false);
}

/* With the lock, which is let go in between: until there may be a job. */
static void rest(struct job_queue *queue)
{
	if (queue->watched) {
		mutex_unlock(&queue->lock);
		watch(queue);
		mutex_lock(&queue->lock);
	}
	atomic_fetch_add(&queue->resting, 1);
	if (!queue->oldest && !atomic_load(&queue->incoming)) {
		mutex_unlock(&queue->lock);
		while (sem_wait(&queue->token) != 0 && errno == EINTR)
			;
		atomic_store(&queue->waking, false);
		mutex_lock(&queue->lock);
	}
	atomic_fetch_sub(&queue->resting, 1);
}

struct job *coil__job_queue_take(struct job_queue *queue)
{
	struct job *job;
	bool more;

	mutex_lock(&queue->lock);
	while (!(job = pop(queue)) && atomic_load(&queue->incoming) != CLOSED)
		rest(queue);
	more = job && (queue->oldest || has_incoming(queue));
	mutex_unlock(&queue->lock);
	if (more)
		job_queue_wake_one(queue);
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
	unsigned resting;

	mutex_lock(&queue->lock);
	incoming = atomic_exchange(&queue->incoming, CLOSED);
	while (*end)
		end = &(*end)->next;
	*end = turn_round(incoming == CLOSED ? NULL : incoming);
	resting = atomic_load(&queue->resting);
	mutex_unlock(&queue->lock);
	while (resting--)
		sem_post(&queue->token);
}

struct job *coil__job_queue_drain(struct job_queue *queue)
{
	struct job *jobs;

	mutex_lock(&queue->lock);
	jobs = queue->oldest;
	queue->oldest = NULL;
	mutex_unlock(&queue->lock);
	return jobs;
}
