/* SPDX-License-Identifier: MIT
 *
 * What every object of coil begins with, and the handles that stand for it.
 *
 * A handle is the object's address with the object's epoch in the top 16 bits
 * (user addresses have 47 or 48 bits):
 *
 *	63      48 47                                 0
 *	+---------+-----------------------------------+
 *	|  epoch  |  address of a struct object       |
 *	+---------+-----------------------------------+
 *
 * The epoch moves on when the program's last reference is handed over, and when
 * the object is freed.  Objects live in type-stable memory (pool.h), so that a
 * stale handle can always be looked at: its epoch is not the object's.  A stale
 * handle is missed only if its slot was used 65,535 times since.
 *
 * Invariants: refs >= owned; an object with refs == 0 is in its pool's free list.
 * Opening a handle costs a mask, a load and a compare.
 */
#ifndef COIL_BASE_OBJECT_H
#define COIL_BASE_OBJECT_H

#include <coil/error.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
/* Off the path that must be fast. */
#define cold __attribute__((noinline, cold))
/* Called on that path but not a part of it: kept out of its registers. */
#define apart __attribute__((noinline))
/* A variable of the library's own: reached directly, not by the linker's table. */
#define internal __attribute__((visibility("hidden")))

/* Asks for the cache line OFFSET bytes behind POINTER, which may be anything. */
static inline void prefetch_line(const void *pointer, intptr_t offset)
{
	__builtin_prefetch((const void *)((uintptr_t)pointer + (uintptr_t)offset), 1);
}

#define container_of(pointer, type, member)                                    \
	((type *)((char *)(pointer) - offsetof(type, member)))

enum object_kind {
	OBJECT_FREE,
	OBJECT_COROUTINE,
	OBJECT_FUTURE,
	OBJECT_GATHER,
	OBJECT_TASK,
	OBJECT_HANDLE,
	OBJECT_EXCEPTION,
	OBJECT_LIST,
	OBJECT_WAITER,          /* a future that stands in a line (waiter.h)   */
	OBJECT_SHIELD,
	OBJECT_WAIT,            /* the future that a wait awaits (wait.h)      */
	OBJECT_CONTEXT,
	OBJECT_ASYNC_GENERATOR,
	OBJECT_TIMEOUT,
	OBJECT_TASK_GROUP,
	OBJECT_AS_COMPLETED,
	OBJECT_EVENT,
	OBJECT_LOCK,
	OBJECT_CONDITION,
	OBJECT_SEMAPHORE,
	OBJECT_BARRIER,
	OBJECT_QUEUE,
	OBJECT_RUNNER,
	OBJECT_CONCURRENT_FUTURE, /* held by several threads (shared.h)        */
	OBJECT_EXECUTOR,        /* the same                                    */
	OBJECT_CHAIN,           /* a pool only (wrap_future.h)                 */
	OBJECT_GENERATOR_TASK,  /* a pool only: such a task is an OBJECT_TASK  */
	OBJECT_STACK,           /* a task's memory that is used for its stack  */
	OBJECT_KINDS
};

struct object {
	uint16_t epoch;        /* the one that valid handles carry             */
	uint16_t owned;        /* how many of the references are the program's */
	uint16_t handed_epoch; /* the epoch that awaitable.handed belongs to   */
	uint8_t kind;          /* enum object_kind                             */
	uint8_t flags;         /* the kind's own                               */
	uint32_t refs;         /* all references                               */
	uint32_t spare;
};

#define HANDLE_ADDRESS ((UINT64_C(1) << 48) - 1)

static inline void *object_handle(const void *object)
{
	uint64_t epoch = ((const struct object *)object)->epoch;

	return (void *)((uintptr_t)object | epoch << 48);
}

/* The object of a handle, whether the handle is stale or not. */
static inline struct object *handle_object(const void *handle)
{
	return (struct object *)((uintptr_t)handle & HANDLE_ADDRESS);
}

static inline uint16_t handle_epoch(const void *handle)
{
	return (uint16_t)((uintptr_t)handle >> 48);
}

/* The object, or NULL if the handle is NULL or stale. */
static inline void *handle_open(const void *handle)
{
	struct object *object = handle_object(handle);

	return object && object->epoch == handle_epoch(handle) ? object : NULL;
}

/* No handle made before this is valid any more.  0 is left out: a pointer
 * without an epoch is never a handle. */
static inline void object_outdate(struct object *object)
{
	if (++object->epoch == 0)
		object->epoch = 1;
}

static inline void object_ref(void *object)
{
	((struct object *)object)->refs++;
}

/* Drops a reference; the last one destroys the object (lifetime.c). */
void coil__object_destroy(struct object *object);

static inline void object_unref(void *object)
{
	if (--((struct object *)object)->refs == 0)
		coil__object_destroy(object);
}

#endif
