/* SPDX-License-Identifier: MIT
 *
 * Queues between tasks: Queue, PriorityQueue, LifoQueue.
 *
 * An item is a pointer; whose it is, is between those who put and those who get.
 * Ownership of the queue, loops and wrong handles are as in <coil/sync.h>.
 */
#ifndef COIL_QUEUE_H
#define COIL_QUEUE_H

#include <coil/sync.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct coil_queue coil_queue;

/* First in, first out; at most MAXSIZE items, 0: without limit.
 * Errors: NULL with COIL_MEMORY.  (asyncio.Queue(maxsize)) */
#define coil_queue_new(maxsize) coil_queue_new_site((maxsize), COIL_SITE("Queue", #maxsize))
COIL_API coil_queue *coil_queue_new_site(size_t maxsize, const coil_site *site);

/* The smallest first, by COMPARE (negative: a comes before b); equal ones in the
 * order they came.  (asyncio.PriorityQueue(maxsize)) */
typedef int (*coil_compare)(const void *a, const void *b);
#define coil_priority_queue_new(maxsize, compare)                              \
	coil_priority_queue_new_site((maxsize), (compare),                     \
				     COIL_SITE("PriorityQueue", #maxsize))
COIL_API coil_queue *coil_priority_queue_new_site(size_t maxsize, coil_compare compare,
						  const coil_site *site);

/* The last one in first.  (asyncio.LifoQueue(maxsize)) */
#define coil_lifo_queue_new(maxsize)                                           \
	coil_lifo_queue_new_site((maxsize), COIL_SITE("LifoQueue", #maxsize))
COIL_API coil_queue *coil_lifo_queue_new_site(size_t maxsize, const coil_site *site);

/* Puts ITEM in; SUSPENDS while the queue is full.
 * Errors: COIL_QUEUE_SHUT_DOWN; as coil_event_wait, and then ITEM is not in it.
 * (await queue.put(item)) */
#define coil_queue_put(queue, item) coil_queue_put_site((queue), (item), COIL_SITE(#queue, #item))
COIL_API coil_result coil_queue_put_site(coil_queue *queue, void *item,
					 const coil_site *site);

/* The next item, in .value; SUSPENDS while the queue is empty.
 * Errors: COIL_QUEUE_SHUT_DOWN, when it is empty too; as coil_event_wait.
 * (await queue.get()) */
#define coil_queue_get(queue) coil_queue_get_site((queue), COIL_SITE(#queue, ""))
COIL_API coil_result coil_queue_get_site(coil_queue *queue, const coil_site *site);

/* The same at once.  Errors: COIL_QUEUE_FULL, COIL_QUEUE_EMPTY,
 * COIL_QUEUE_SHUT_DOWN, COIL_MEMORY.  Do not suspend.
 * (queue.put_nowait(item), get_nowait()) */
COIL_API coil_result coil_queue_put_nowait(coil_queue *queue, void *item);
COIL_API coil_result coil_queue_get_nowait(coil_queue *queue);

/* An item that was got has been dealt with.
 * Errors: COIL_VALUE "task_done() called too many times".  (queue.task_done()) */
COIL_API coil_result coil_queue_task_done(coil_queue *queue);

/* Waits until every item that was put has been dealt with; SUSPENDS unless all are.
 * Errors: as coil_event_wait.  (await queue.join()) */
#define coil_queue_join(queue) coil_queue_join_site((queue), COIL_SITE(#queue, ""))
COIL_API coil_result coil_queue_join_site(coil_queue *queue, const coil_site *site);

/* From now on put fails, and get when there is nothing left; all who wait are woken.
 * IMMEDIATE: what is in the queue is dropped, as if dealt with.
 * (queue.shutdown(immediate)) */
COIL_API coil_result coil_queue_shutdown(coil_queue *queue, bool immediate);

/* (queue.qsize(), maxsize, empty(), full()) */
COIL_API size_t coil_queue_qsize(const coil_queue *queue);
COIL_API size_t coil_queue_maxsize(const coil_queue *queue);
COIL_API bool coil_queue_empty(const coil_queue *queue);
COIL_API bool coil_queue_full(const coil_queue *queue);

#ifdef __cplusplus
}
#endif
#endif
