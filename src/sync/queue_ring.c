/* SPDX-License-Identifier: MIT
 *
 * First in, first out; and the room that all orders grow.  See queue_items.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/object.h"
#include "sync/queue_items.h"

#ifdef COIL_CRUEL
#define FIRST_CAPACITY 1
#else
#define FIRST_CAPACITY 8
#endif

static cold bool grow(struct items *items, size_t size)
{
	size_t capacity = items->capacity ? 2 * items->capacity : FIRST_CAPACITY;
	void *slots = realloc(items->slots, capacity * size);

	if (!slots)
		return false;
	items->slots = slots;
	items->capacity = capacity;
	return true;
}

bool coil__items_make_room(struct items *items, size_t size)
{
	return likely(items->count < items->capacity) || grow(items, size);
}

/* What had wrapped round follows the rest again. */
static void unwrap(struct items *items, size_t old)
{
	if (items->capacity != old)
		memcpy(items->slots + old, items->slots, items->first * sizeof(*items->slots));
}

static bool put(struct items *items, void *item)
{
	size_t old = items->capacity;

	if (!coil__items_make_room(items, sizeof(*items->slots)))
		return false;
	unwrap(items, old);
	items->slots[(items->first + items->count++) & (items->capacity - 1)] = item;
	return true;
}

static void *get(struct items *items)
{
	void *item = items->slots[items->first];

	items->first = (items->first + 1) & (items->capacity - 1);
	items->count--;
	return item;
}

const struct items_order coil__items_fifo = { put, get };
