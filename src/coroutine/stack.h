/* SPDX-License-Identifier: MIT
 *
 * Stacks for coroutines.  A slab is one mapping, cut into slots; memory is
 * touched by whoever first runs there.  A slot, from low to high addresses:
 *
 *	+-------+------------------------------+----------+--------+
 *	| guard |  stack, growing down  <----- |  owner   | colour |
 *	+-------+------------------------------+----------+--------+
 *	a slot is coil_set_stack_size bytes in all
 *
 * The owner (a task) lies at the top of its own stack, so that one that sleeps
 * keeps a single page.  The colour, a few cache lines that differ from slot to
 * slot, keeps the tops of many stacks from meeting in the same sets of the cache.
 * The guard makes an overflow a fault (overflow.c says whose).
 *
 * Invariant: a slot is the owner's for ever; owners are recycled by their pool,
 * with their stacks.  Nothing is given back to the system.
 *
 * Cost: a new slot, one system call for its guard, and page faults when it is
 * first used; a recycled one, nothing.
 */
#ifndef COIL_COROUTINE_STACK_H
#define COIL_COROUTINE_STACK_H

#include <stdbool.h>
#include <stddef.h>

#define STACK_SIZE_DEFAULT 65536
#define STACK_SIZE_MIN 16384
#define STACK_SIZE_MAX (1u << 30)

/* A new, zeroed owner of OWNER_SIZE bytes at the top of a new stack, aligned to
 * 64; NULL without memory. */
void *coil__stack_new(size_t owner_size);

/* The lowest usable byte of the stack below OWNER. */
char *coil__stack_low(const void *owner);

/* The owner of the stack whose guard ADDRESS lies in; NULL if it lies in none.
 * Safe in a signal handler. */
void *coil__stack_of_guard(const void *address, size_t owner_size);

/* The bytes of a slot. */
size_t coil__stack_size(void);

/* How many slots have an owner: never fewer than before. */
size_t coil__stack_count(void);

#endif
