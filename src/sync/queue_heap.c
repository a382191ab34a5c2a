/* SPDX-License-Identifier: MIT
 *
 * The smallest first, and of equal ones the one that came first.  See queue_items.h.
 */
#include "sync/queue_items.h"

static bool comes_before(const struct items *items, const struct ranked *a,
			 const struct ranked *b)
{
	int order = items->compare(a->item, b->item);

	return order < 0 || (order == 0 && a->number < b->number);
}

static bool put(struct items *items, void *item)
{
	struct ranked new = { item, items->next_number };
	size_t i = items->count;

	if (!coil__items_make_room(items, sizeof(*items->ranked)))
		return false;
	items->next_number++;
	items->count++;
	while (i && comes_before(items, &new, &items->ranked[(i - 1) / 2])) {
		items->ranked[i] = items->ranked[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	items->ranked[i] = new;
	return true;
}

static void *get(struct items *items)
{
	struct ranked *heap = items->ranked;
	void *item = heap[0].item;
	struct ranked last = heap[--items->count];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < items->count) {
		if (child + 1 < items->count &&
		    comes_before(items, &heap[child + 1], &heap[child]))
			child++;
		if (!comes_before(items, &heap[child], &last))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = last;
	return item;
}

const struct items_order coil__items_priority = { put, get };
