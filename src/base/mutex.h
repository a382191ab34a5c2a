/* SPDX-License-Identifier: MIT
 *
 * A mutex for a few instructions: it is taken and let go in line, with an atomic operation
 * each.  Who finds it taken looks again for a while, as whoever has it will be through
 * before a sleep would begin, and sleeps then.
 */
#ifndef COIL_BASE_MUTEX_H
#define COIL_BASE_MUTEX_H

#include "base/futex.h"
#include "base/object.h"

enum { MUTEX_FREE, MUTEX_TAKEN, MUTEX_WAITED_FOR };

struct mutex {
	atomic_uint state;
};

static inline void mutex_init(struct mutex *mutex)
{
	atomic_init(&mutex->state, MUTEX_FREE);
}

void coil__mutex_wait(struct mutex *mutex);
void coil__mutex_wake(struct mutex *mutex);

static inline void mutex_lock(struct mutex *mutex)
{
	unsigned state = MUTEX_FREE;

	if (unlikely(!atomic_compare_exchange_strong_explicit(&mutex->state, &state,
			MUTEX_TAKEN, memory_order_acquire, memory_order_relaxed)))
		coil__mutex_wait(mutex);
}

static inline void mutex_unlock(struct mutex *mutex)
{
	if (unlikely(atomic_exchange_explicit(&mutex->state, MUTEX_FREE,
					      memory_order_release) == MUTEX_WAITED_FOR))
		coil__mutex_wake(mutex);
}

#endif
