/* SPDX-License-Identifier: MIT
 *
 * Waiting for a word of memory to change, and waking who waits: a system call each.
 */
#ifndef COIL_BASE_FUTEX_H
#define COIL_BASE_FUTEX_H

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Sleeps while *WORD is VALUE, until DEADLINE on CLOCK_MONOTONIC (NULL: without end).
 * May return at any time: look at *WORD, and at the clock. */
static inline void futex_wait(atomic_uint *word, unsigned value,
			      const struct timespec *deadline)
{
	syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value, deadline, NULL,
		FUTEX_BITSET_MATCH_ANY);
}

static inline void futex_wake_one(atomic_uint *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static inline void futex_wake_all(atomic_uint *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

#endif
