/* SPDX-License-Identifier: MIT
 *
 * Values of scenarios (none, integers, lists) in the pointer of a coil_result, and
 * how they and errors are written.
 *
 *	NULL             none
 *	.......1         an integer, in the other 63 bits
 *	......10         a coil_list of the run's own, in its arena
 *	......00         a coil_list of the library's
 *
 * Integers need no memory, and a list of gather is used as it is.
 */
#ifndef COIL_PLAY_VALUE_H
#define COIL_PLAY_VALUE_H

#include <coil/error.h>

#include "play_parse.h"

static inline void *value_of_number(int64_t number)
{
	return (void *)(uintptr_t)((uint64_t)number << 1 | 1);
}

static inline void *value_of_list(coil_list *list)
{
	return (void *)((uintptr_t)list | 2);
}

static inline bool value_is_number(const void *value)
{
	return (uintptr_t)value & 1;
}

static inline int64_t value_number(const void *value)
{
	return (int64_t)(uintptr_t)value >> 1;
}

/* NULL: it is none or a number. */
static inline const coil_list *value_list(const void *value)
{
	return value_is_number(value) ? NULL :
	       (const coil_list *)((uintptr_t)value & ~(uintptr_t)3);
}

/* The library's list that it is; else NULL. */
static inline coil_list *value_foreign_list(void *value)
{
	return (uintptr_t)value & 3 ? NULL : value;
}

/* As section 4 of the language says. */
void coil__add_value(struct text *text, const struct program *program, const void *value);
void coil__add_error(struct text *text, const struct program *program, coil_result error);

/* For priority queues: none comes before the integers, those before the lists; lists
 * go by their first item that is different, and a shorter one first.  Items that are
 * errors come last, by their code. */
int coil__compare_values(const void *a, const void *b);

/* The scenario's own errors: E:tag, and tag is the name of this number. */
static inline int error_of_tag(size_t name)
{
	return COIL_USER + (int)name;
}

#endif
