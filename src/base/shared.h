/* SPDX-License-Identifier: MIT
 *
 * Objects that several threads hold: concurrent futures and executors.  Their
 * references are counted atomically, refs and owned alike, by these alone.
 *
 * Whoever drops the last reference destroys the object, in his thread: what another
 * thread has made goes back to the depot (pool.h).  object.spare says whose it is.
 */
#ifndef COIL_BASE_SHARED_H
#define COIL_BASE_SHARED_H

#include "base/thread.h"

static inline bool object_is_shared(const struct object *object)
{
	return object->kind == OBJECT_CONCURRENT_FUTURE || object->kind == OBJECT_EXECUTOR;
}

/* Two threads may be called the same: then one keeps what is the other's. */
static inline uint32_t shared_home(void)
{
	return (uint32_t)((uintptr_t)&coil__self >> 4);
}

static inline void *shared_take(enum object_kind kind)
{
	struct object *object = pool_take(pool_of(kind), kind);

	if (likely(object))
		object->spare = shared_home();
	return object;
}

static inline void shared_give(struct object *object, enum object_kind kind)
{
	if (likely(object->spare == shared_home()))
		pool_give(pool_of(kind), object);
	else
		coil__pool_give_back(object, kind);
}

static inline void shared_ref(void *object)
{
	__atomic_add_fetch(&((struct object *)object)->refs, 1, __ATOMIC_RELAXED);
}

static inline void shared_unref(void *object)
{
	uint32_t *refs = &((struct object *)object)->refs;

	/* With the only one nobody else can take or drop one. */
	if (likely(__atomic_load_n(refs, __ATOMIC_ACQUIRE) == 1) ||
	    __atomic_sub_fetch(refs, 1, __ATOMIC_ACQ_REL) == 0)
		coil__object_destroy(object);
}

/* One of the program's references more; false if there are too many. */
static inline bool shared_own(struct object *object)
{
	uint16_t owned = __atomic_load_n(&object->owned, __ATOMIC_RELAXED);

	do
		if (owned == UINT16_MAX)
			return false;
	while (!__atomic_compare_exchange_n(&object->owned, &owned, owned + 1, true,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	shared_ref(object);
	return true;
}

/* The program lets go of one, which the caller has from now on; false if it has none.
 * An executor's handle is stale after the last.  A concurrent future's is good as long as
 * the future lives: its callbacks are given it by other threads. */
static inline bool shared_disown(struct object *object)
{
	uint16_t owned = __atomic_load_n(&object->owned, __ATOMIC_RELAXED);

	do
		if (owned == 0)
			return false;
	while (!__atomic_compare_exchange_n(&object->owned, &owned, owned - 1, true,
					    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	if (owned == 1 && object->kind == OBJECT_EXECUTOR)
		object_outdate(object);
	return true;
}

#endif
