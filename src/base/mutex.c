/* SPDX-License-Identifier: MIT
 *
 * What a mutex does where it is contended.  See mutex.h.
 */
#include "base/mutex.h"

#define LOOKS 100

static void pause_processor(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static bool take_free(struct mutex *mutex)
{
	unsigned state = MUTEX_FREE;

	return atomic_load_explicit(&mutex->state, memory_order_relaxed) == MUTEX_FREE &&
	       atomic_compare_exchange_weak_explicit(&mutex->state, &state, MUTEX_TAKEN,
			memory_order_acquire, memory_order_relaxed);
}

/* Who has slept cannot know whether others do, and takes it as waited for. */
void coil__mutex_wait(struct mutex *mutex)
{
	for (int i = 0; i < LOOKS; i++) {
		if (take_free(mutex))
			return;
		pause_processor();
	}
	while (atomic_exchange_explicit(&mutex->state, MUTEX_WAITED_FOR,
					memory_order_acquire) != MUTEX_FREE)
		futex_wait(&mutex->state, MUTEX_WAITED_FOR, NULL);
}

void coil__mutex_wake(struct mutex *mutex)
{
	futex_wake_one(&mutex->state);
}
