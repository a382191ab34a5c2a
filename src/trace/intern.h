/* SPDX-License-Identifier: MIT
 *
 * Interning: the numbers of strings (by content) and of call sites (by address)
 * in the trace that is being recorded.  Not safe by itself: the recorder holds its
 * lock.  Cost: a hash and a probe.
 */
#ifndef COIL_TRACE_INTERN_H
#define COIL_TRACE_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct intern_entry {
	const void *key;
	uint32_t hash;
	uint32_t number; /* 0: empty */
};

struct intern {
	bool by_content; /* keys are strings, copied */
	struct intern_entry *entries;
	size_t capacity; /* a power of two, or 0 */
	uint32_t count;  /* numbers given so far */
};

/* The number of KEY.  *FRESH: it was given only now.  0 without memory. */
uint32_t coil__intern(struct intern *intern, const void *key, bool *fresh);

/* Forgets all, and begins at 1 again. */
void coil__intern_clear(struct intern *intern);

#endif
