/* SPDX-License-Identifier: MIT
 *
 * Growing pools, and the depot between threads.  See pool.h.
 *
 * Tasks are different: each lies at the top of a stack of its own (stack.h), so
 * the stacks provide them.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/fork.h"
#include "base/pool.h"
#include "base/thread.h"
#include "coroutine/stack.h"
#include "executor/concurrent_future.h"
#include "executor/executor.h"
#include "executor/wrap_future.h"
#include "loop/handle.h"
#include "sync/barrier.h"
#include "sync/condition.h"
#include "sync/event.h"
#include "sync/lock.h"
#include "sync/queue.h"
#include "sync/semaphore.h"
#include "task/as_completed.h"
#include "task/async_generator.h"
#include "task/context.h"
#include "task/exception.h"
#include "task/future.h"
#include "task/gather.h"
#include "task/run.h"
#include "task/shield.h"
#include "task/task.h"
#include "task/task_group.h"
#include "task/timeout.h"
#include "task/wait.h"
#include "task/waiter.h"

#ifdef COIL_CRUEL
#define OBJECTS_AT_ONCE 2
#else
#define OBJECTS_AT_ONCE 64
#endif

static const size_t object_size[OBJECT_KINDS] = {
	[OBJECT_COROUTINE] = sizeof(struct coroutine_object),
	[OBJECT_FUTURE] = sizeof(struct future),
	[OBJECT_GATHER] = sizeof(struct gather),
	[OBJECT_TASK] = sizeof(struct task),
	[OBJECT_HANDLE] = sizeof(struct handle),
	[OBJECT_EXCEPTION] = sizeof(struct coil_exception),
	[OBJECT_GENERATOR_TASK] = GENERATOR_TASK_SIZE,
	[OBJECT_WAITER] = sizeof(struct waiter),
	[OBJECT_ASYNC_GENERATOR] = sizeof(struct async_generator),
	[OBJECT_RUNNER] = sizeof(struct runner),
	[OBJECT_CONTEXT] = sizeof(struct context),
	[OBJECT_EVENT] = sizeof(struct event),
	[OBJECT_LOCK] = sizeof(struct lock),
	[OBJECT_CONDITION] = sizeof(struct condition),
	[OBJECT_SEMAPHORE] = sizeof(struct semaphore),
	[OBJECT_BARRIER] = sizeof(struct barrier),
	[OBJECT_QUEUE] = sizeof(struct queue),
	[OBJECT_SHIELD] = sizeof(struct shield),
	[OBJECT_WAIT] = sizeof(struct wait),
	[OBJECT_TIMEOUT] = sizeof(struct timeout),
	[OBJECT_TASK_GROUP] = sizeof(struct task_group),
	[OBJECT_AS_COMPLETED] = sizeof(struct as_completed),
	[OBJECT_CONCURRENT_FUTURE] = sizeof(struct concurrent_future),
	[OBJECT_EXECUTOR] = sizeof(struct executor),
	[OBJECT_CHAIN] = sizeof(struct chain),
};

/* All slabs are chained, so that leak checkers see them as in use. */
struct slab {
	struct slab *next;
	char pad[64 - sizeof(struct slab *)]; /* objects begin on a cache line */
};

static pthread_mutex_t depot_lock = PTHREAD_MUTEX_INITIALIZER;
static struct slab *slabs;                      /* under depot_lock */
static struct pool_free *depot[OBJECT_KINDS];   /* under depot_lock */

pthread_mutex_t *coil__depot_lock(void)
{
	return &depot_lock;
}

static void pool_add(struct pool *pool, void *object)
{
	struct pool_free *free = object;

	free->object.epoch = 1;
	free->next = pool->free;
	pool->free = free;
}

/* Not all that is there: threads that come and go side by side would each find nothing,
 * make their own, and leave ever more behind. */
static bool grow_from_depot(struct pool *pool, enum object_kind kind)
{
	struct pool_free *last;

	pthread_mutex_lock(&depot_lock);
	pool->free = last = depot[kind];
	for (int i = 1; last && last->next && i < OBJECTS_AT_ONCE; i++)
		last = last->next;
	if (last) {
		depot[kind] = last->next;
		last->next = NULL;
	}
	pthread_mutex_unlock(&depot_lock);
	return pool->free;
}

static bool grow_from_slab(struct pool *pool, enum object_kind kind)
{
	size_t stride = (object_size[kind] + 63) & ~(size_t)63;
	size_t bytes = sizeof(struct slab) + OBJECTS_AT_ONCE * stride;
	struct slab *slab = aligned_alloc(64, bytes);

	if (!slab)
		return false;
	memset(slab, 0, bytes);
	for (int i = OBJECTS_AT_ONCE - 1; i >= 0; i--)
		pool_add(pool, (char *)(slab + 1) + i * stride);
	pthread_mutex_lock(&depot_lock);
	slab->next = slabs;
	slabs = slab;
	pthread_mutex_unlock(&depot_lock);
	return true;
}

bool coil__pool_grow(struct pool *pool, enum object_kind kind)
{
	thread_register();
	if (grow_from_depot(pool, kind))
		return true;
	if (kind == OBJECT_TASK) {
		void *task = coil__stack_new(object_size[kind]);

		if (task)
			pool_add(pool, task);
		return task;
	}
	return grow_from_slab(pool, kind);
}

#define GIVEN_BACK_AT_ONCE 64

static __thread struct {
	struct pool pool;
	unsigned count;
} foreign[OBJECT_KINDS];

void coil__pool_give_back(void *object, enum object_kind kind)
{
	pool_give(&foreign[kind].pool, object);
	if (++foreign[kind].count < GIVEN_BACK_AT_ONCE)
		return;
	foreign[kind].count = 0;
	coil__pool_leave(&foreign[kind].pool, kind);
}

void coil__pool_leave_foreign(void)
{
	for (int kind = 0; kind < OBJECT_KINDS; kind++) {
		foreign[kind].count = 0;
		coil__pool_leave(&foreign[kind].pool, kind);
	}
}

void coil__pool_leave(struct pool *pool, enum object_kind kind)
{
	struct pool_free *last = pool->free;

	if (!last)
		return;
	while (last->next)
		last = last->next;
	pthread_mutex_lock(&depot_lock);
	last->next = depot[kind];
	depot[kind] = pool->free;
	pthread_mutex_unlock(&depot_lock);
	pool->free = NULL;
}
