/* SPDX-License-Identifier: MIT
 *
 * A queue of log records, and the thread that writes them.  See <coil/log.h>.
 *
 *	logging threads --> coil_log_queue_handler --> ring --> thread --> handler
 *
 * Records are copied, outside of the lock, which is held for a few instructions: never
 * while the handler runs, so that nobody who logs waits for it.
 *
 * What does not fit is counted.  The count goes with the next record that does fit, or
 * stays behind (unsaid) until the ring is empty: so it is told of in its place, between
 * the records that were queued before and those that came after.
 *
 * Invariant: dropped, all in all, = what was told of + what goes with records in the
 * ring + unsaid.
 *
 * A fork takes all locks (logger.c).  The child has no thread: its queues are orphans, that take
 * nothing more; what was queued is the parent's to write.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "task/keep.h"

struct entry {
	coil_log_record record;
	uint64_t dropped;      /* since the one before it */
	char message[];
};

struct coil_log_queue {
	pthread_mutex_t lock;
	pthread_cond_t more;   /* something for the thread */
	coil_log_handler handler;
	void *arg;
	pthread_t thread;

	struct entry *written; /* that the thread has taken, last  */
	struct entry **ring;
	size_t capacity, head, count;
	uint64_t unsaid;       /* dropped since the last that fitted */
	uint64_t dropped;
	bool closing, orphan;

	struct coil_log_queue *next, **place; /* of all queues, under queues_lock */
};

static pthread_mutex_t queues_lock = PTHREAD_MUTEX_INITIALIZER;
static struct coil_log_queue *queues;

/* ---- forks ------------------------------------------------------------ */

void coil__log_queues_lock(void)
{
	pthread_mutex_lock(&queues_lock);
	for (struct coil_log_queue *q = queues; q; q = q->next)
		pthread_mutex_lock(&q->lock);
}

void coil__log_queues_unlock(void)
{
	for (struct coil_log_queue *q = queues; q; q = q->next)
		pthread_mutex_unlock(&q->lock);
	pthread_mutex_unlock(&queues_lock);
}

void coil__log_queues_orphan(void)
{
	for (struct coil_log_queue *q = queues; q; q = q->next)
		q->orphan = true;
	coil__log_queues_unlock();
}

/* ---- queueing --------------------------------------------------------- */

static struct entry *entry_new(const coil_log_record *record)
{
	struct entry *entry = malloc(sizeof(*entry) + record->length + 1);

	if (!entry)
		return NULL;
	entry->record = *record;
	memcpy(entry->message, record->message, record->length);
	entry->message[record->length] = '\0';
	entry->record.message = entry->message;
	return entry;
}

static bool push(struct coil_log_queue *queue, struct entry *entry)
{
	if (!entry || queue->count == queue->capacity || queue->orphan) {
		queue->dropped++;
		queue->unsaid++;
		return false;
	}
	entry->dropped = queue->unsaid;
	queue->unsaid = 0;
	queue->ring[(queue->head + queue->count++) % queue->capacity] = entry;
	return true;
}

void coil_log_queue_handler(const coil_log_record *record, void *arg)
{
	struct coil_log_queue *queue = arg;
	struct entry *entry = entry_new(record);
	bool queued;

	pthread_mutex_lock(&queue->lock);
	queued = push(queue, entry);
	pthread_cond_signal(&queue->more); /* also of a drop: it may be all there is */
	pthread_mutex_unlock(&queue->lock);
	if (!queued)
		free(entry);
}

uint64_t coil_log_queue_dropped(const coil_log_queue *public)
{
	struct coil_log_queue *queue = (struct coil_log_queue *)(uintptr_t)public;
	uint64_t dropped;

	pthread_mutex_lock(&queue->lock);
	dropped = queue->dropped;
	pthread_mutex_unlock(&queue->lock);
	return dropped;
}

/* ---- the thread ------------------------------------------------------- */

static void tell_dropped(struct coil_log_queue *queue, uint64_t count)
{
	char message[64];
	struct timespec now;
	coil_log_record record = {
		.level = COIL_LOG_WARNING, .logger = "asyncio", .message = message,
		.thread = syscall(SYS_gettid),
	};

	if (!count)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	record.created = (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
	record.length = (size_t)snprintf(message, sizeof(message), "%llu message%s dropped",
					 (unsigned long long)count,
					 count == 1 ? " was" : "s were");
	queue->handler(&record, queue->arg);
}

/* The next record, or NULL at the end; and how many were dropped before it.  The last
 * one is freed. */
static apart struct entry *take(struct coil_log_queue *queue, uint64_t *dropped)
{
	struct entry *entry = NULL, *last;

	pthread_mutex_lock(&queue->lock);
	while (!queue->count && !queue->unsaid && !queue->closing)
		pthread_cond_wait(&queue->more, &queue->lock);
	if (queue->count) {
		entry = queue->ring[queue->head];
		queue->head = (queue->head + 1) % queue->capacity;
		queue->count--;
		*dropped = entry->dropped;
	} else {
		*dropped = queue->unsaid;
		queue->unsaid = 0;
	}
	last = queue->written;
	queue->written = entry;
	pthread_mutex_unlock(&queue->lock);
	free(last);
	return entry;
}

static void *write_all(void *arg)
{
	struct coil_log_queue *queue = arg;
	struct entry *entry;
	uint64_t dropped;

	coil__log_silence(true); /* what its handler logs would come back here */
	do {
		entry = take(queue, &dropped);
		tell_dropped(queue, dropped);
		if (entry)
			queue->handler(&entry->record, queue->arg);
	} while (entry || dropped);
	return NULL;
}

/* All signals are for the program's own threads. */
static int start(struct coil_log_queue *queue)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* cannot fail with this argument */
	error = pthread_create(&queue->thread, NULL, write_all, queue);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

/* ---- life ------------------------------------------------------------- */

static void link_queue(struct coil_log_queue *queue)
{
	pthread_mutex_lock(&queues_lock);
	queue->next = queues;
	queue->place = &queues;
	if (queues)
		queues->place = &queue->next;
	queues = queue;
	pthread_mutex_unlock(&queues_lock);
}

static void unlink_queue(struct coil_log_queue *queue)
{
	pthread_mutex_lock(&queues_lock);
	*queue->place = queue->next;
	if (queue->next)
		queue->next->place = queue->place;
	pthread_mutex_unlock(&queues_lock);
}

/* An orphan's condition still has the parent's thread waiting: it is left alone. */
static void queue_free(struct coil_log_queue *queue)
{
	while (queue->count) {
		free(queue->ring[queue->head]);
		queue->head = (queue->head + 1) % queue->capacity;
		queue->count--;
	}
	free(queue->written);
	if (!queue->orphan)
		pthread_cond_destroy(&queue->more);
	pthread_mutex_destroy(&queue->lock);
	free(queue->ring);
	free(queue);
}

coil_log_queue *coil_log_queue_new(coil_log_handler handler, void *arg, size_t capacity)
{
	struct coil_log_queue *queue;
	int error;

	if (!handler || !capacity)
		return coil__null(COIL_VALUE, NULL, "a log queue needs a %s",
				  handler ? "capacity of at least 1" : "handler");
	queue = calloc(1, sizeof(*queue));
	if (queue)
		queue->ring = calloc(capacity, sizeof(*queue->ring));
	if (!queue || !queue->ring) {
		free(queue);
		return coil__null_memory(NULL);
	}
	queue->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	queue->more = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
	queue->handler = handler;
	queue->arg = arg;
	queue->capacity = capacity;
	link_queue(queue);
	error = start(queue);
	if (!error)
		return queue;
	unlink_queue(queue);
	queue_free(queue);
	return coil__null(COIL_OS, NULL, "cannot start a log queue's thread: %s",
			  strerror(error));
}

void coil_log_queue_close(coil_log_queue *queue)
{
	bool orphan;

	if (!queue)
		return;
	pthread_mutex_lock(&queue->lock);
	orphan = queue->orphan;
	queue->closing = true;
	pthread_cond_signal(&queue->more);
	pthread_mutex_unlock(&queue->lock);
	if (!orphan)
		pthread_join(queue->thread, NULL);
	unlink_queue(queue);
	queue_free(queue);
}
