/* SPDX-License-Identifier: MIT
 *
 * What is in a queue: the items, in the order in which they will be got.
 *
 *	FIFO, a ring               LIFO, a stack            priority, a binary heap
 *	slots[(first + i) % capacity]  slots[count - 1] next   ranked[0] next
 *
 * Invariants: count <= capacity, which is 0 or a power of two and never shrinks: so a
 * place that was in use once needs no memory again.  In the heap none comes before its
 * parent, by compare and then by the number of its arrival.
 * Cost: O(1), the heap O(log n); growing doubles.
 */
#ifndef COIL_SYNC_QUEUE_ITEMS_H
#define COIL_SYNC_QUEUE_ITEMS_H

#include <coil/queue.h>

struct ranked {
	void *item;
	uint64_t number;
};

struct items_order;

struct items {
	const struct items_order *order;
	union {
		void **slots;
		struct ranked *ranked;
	};
	size_t count, capacity;
	size_t first;               /* of a ring                     */
	coil_compare compare;       /* of a heap                     */
	uint64_t next_number;       /* of a heap                     */
};

struct items_order {
	bool (*put)(struct items *items, void *item); /* false without memory      */
	void *(*get)(struct items *items);            /* the next; there is one    */
};

extern const struct items_order coil__items_fifo, coil__items_lifo, coil__items_priority;

/* Room for one more of SIZE bytes; false without memory. */
bool coil__items_make_room(struct items *items, size_t size);

#endif
