/* SPDX-License-Identifier: MIT
 *
 * The timer heap: handles that will be ready at a time, the earliest on top.
 *
 * A 4-ary heap in an array: the children of entry i are 4i+1 to 4i+4, which lie
 * together in memory.  The key is (when, serial): serial numbers count the pushes,
 * so that equal deadlines leave in the order they were made.
 *
 *	                 0
 *	      1      2       3      4
 *	   5 6 7 8   9..12   13..16   17..20
 *
 * A timer that is cancelled stays where it is and is counted; it leaves when it
 * comes to the top, or when the cancelled ones are more than half of over 100
 * (coil__timer_heap_sweep), as in asyncio.
 *
 * An embedded handle (a task's step, that sleeps) may leave at once: its entry is left
 * behind, and told by its serial number, which the handle has; it counts as cancelled,
 * and goes as those do.  Such handles lie in memory that never becomes anything else.
 *
 * Invariants: no entry's key is before its parent's; every handle in the heap has
 * HANDLE_IN_HEAP, and none outside has; after a sweep or a pop the top was not left.
 * Cost: push O(log4 n) at most, O(1) for a deadline later than most; pop
 * O(log n); sweep O(n) when it rebuilds.
 */
#ifndef COIL_LOOP_TIMER_HEAP_H
#define COIL_LOOP_TIMER_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct handle;

struct timer_entry {
	double when;
	uint64_t serial;
	struct handle *handle;
};

struct timer_heap {
	struct timer_entry *entries;
	size_t count;
	size_t capacity;
	size_t cancelled;  /* as asyncio counts them: may run high, never low */
	uint64_t serial;   /* of the last push */
};

void coil__timer_heap_init(struct timer_heap *heap);

/* Frees the array; the handles in it are not touched. */
void coil__timer_heap_fini(struct timer_heap *heap);

/* Adds HANDLE with the deadline HANDLE->when; false without memory. */
bool coil__timer_heap_push(struct timer_heap *heap, struct handle *handle);

/* The handle with the first deadline, or NULL. */
struct handle *coil__timer_heap_top(const struct timer_heap *heap);

/* Takes it out; NULL if the heap is empty. */
struct handle *coil__timer_heap_pop(struct timer_heap *heap);

/* HANDLE, an embedded one that is in the heap, is to be used for something else. */
void coil__timer_heap_leave(struct timer_heap *heap, struct handle *handle);

/* Drops cancelled timers: those at the top, or all if they are too many.  Each is
 * given to DROP. */
void coil__timer_heap_sweep(struct timer_heap *heap, void (*drop)(struct handle *));

bool coil__timer_heap_validate(const struct timer_heap *heap);

#endif
