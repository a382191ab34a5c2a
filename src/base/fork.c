/* SPDX-License-Identifier: MIT
 *
 * Forks of a program that has threads.  See fork.h.
 */
#include <stddef.h>

#include "base/fork.h"

static pthread_mutex_t *(*const locks[])(void) = {
	coil__loops_lock, coil__stack_lock, coil__depot_lock,
};

#define COUNT (sizeof(locks) / sizeof(*locks))

void coil__fork_lock(void)
{
	for (size_t i = 0; i < COUNT; i++)
		pthread_mutex_lock(locks[i]());
}

/* In the child it is the thread that has locked them which goes on. */
void coil__fork_unlock(void)
{
	for (size_t i = COUNT; i-- > 0;)
		pthread_mutex_unlock(locks[i]());
}
