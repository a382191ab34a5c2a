/* SPDX-License-Identifier: MIT
 *
 * Last in, first out.  See queue_items.h.
 */
#include "sync/queue_items.h"

static bool put(struct items *items, void *item)
{
	if (!coil__items_make_room(items, sizeof(*items->slots)))
		return false;
	items->slots[items->count++] = item;
	return true;
}

static void *get(struct items *items)
{
	return items->slots[--items->count];
}

const struct items_order coil__items_lifo = { put, get };
