/* SPDX-License-Identifier: MIT
 *
 * Pools of objects of one kind, in memory that never becomes anything else: a
 * freed object keeps its header, so that a stale handle to it can be told.
 *
 * A pool belongs to a thread and needs no lock.  What a thread leaves behind when
 * it ends goes to a depot that all threads draw from.  Memory goes back to the
 * system only when the process ends.
 *
 * Taking and giving back cost a few instructions, last in first out, so that the
 * memory is warm; growing costs one allocation for many objects.
 */
#ifndef COIL_BASE_POOL_H
#define COIL_BASE_POOL_H

#include "base/object.h"

/* A free object: the header, then the link. */
struct pool_free {
	struct object object;
	struct pool_free *next;
};

struct pool {
	struct pool_free *free;
};

/* Fills an empty pool with new objects of its kind; false without memory. */
bool coil__pool_grow(struct pool *pool, enum object_kind kind);

/* An object with refs == 1, owned == 0 and its kind set; the rest of it is as its
 * last user left it.  NULL without memory. */
static inline void *pool_take(struct pool *pool, enum object_kind kind)
{
	struct pool_free *free = pool->free;

	if (unlikely(!free)) {
		if (!coil__pool_grow(pool, kind))
			return NULL;
		free = pool->free;
	}
	pool->free = free->next;
	__builtin_prefetch(free->next, 1); /* for the next one */
	free->object.kind = kind;
	free->object.flags = 0;
	free->object.owned = 0;
	free->object.refs = 1;
	return free;
}

static inline void pool_give(struct pool *pool, void *object)
{
	struct pool_free *free = object;

	object_outdate(&free->object);
	free->object.kind = OBJECT_FREE;
	free->next = pool->free;
	pool->free = free;
}

/* Gives an object that another thread made back to the depot, so that it is not
 * this thread's pool that grows; in batches. */
void coil__pool_give_back(void *object, enum object_kind kind);

/* Hands all that a thread has left to the depot, and what it had yet to give back. */
void coil__pool_leave(struct pool *pool, enum object_kind kind);
void coil__pool_leave_foreign(void);

#endif
