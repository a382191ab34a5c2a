/* SPDX-License-Identifier: MIT
 *
 * Queue: items, those who wait to get one, those who wait to put one, and those who
 * wait for all to have been dealt with (join).
 *
 * Who is woken leaves its line by that; it is told that there is something, not given
 * it.  If somebody else was faster it stands at the end of the line again.
 *
 * Invariants: unfinished counts the items put and not dealt with; finished is set while
 * there are none; nobody waits in a queue that is shut down.
 * Cost: O(1), a priority queue O(log n); putting allocates when there are more items
 * than ever before.
 */
#ifndef COIL_SYNC_QUEUE_H
#define COIL_SYNC_QUEUE_H

#include <coil/queue.h>

#include "sync/event.h"
#include "sync/queue_items.h"

struct queue {
	struct resource resource;
	struct items items;
	struct waiters getters, putters;
	size_t max;                 /* 0: no limit                            */
	size_t unfinished;
	struct flag finished;
	bool shut_down;
};

/* The calls of <coil/queue.h>, by the task of VISIT or, the latter two, by anybody. */
coil_result coil__queue_put(struct queue *queue, void *item, struct visit *visit);
coil_result coil__queue_get(struct queue *queue, struct visit *visit);
coil_result coil__queue_put_nowait(struct queue *queue, void *item, const coil_site *site);
coil_result coil__queue_get_nowait(struct queue *queue, const coil_site *site);

/* Called when it is destroyed. */
void coil__queue_fini(void *queue);

#endif
