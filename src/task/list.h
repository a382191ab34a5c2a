/* SPDX-License-Identifier: MIT
 *
 * A list of results, as gather makes it.  The program sees the coil_list inside.
 *
 *	+---------------+-----------+--------------------+------------------+
 *	| struct object | coil_list | items, 16 bytes    | holds, a byte    |
 *	|               |   .count  | each               | for each item    |
 *	+---------------+-----------+--------------------+------------------+
 *
 * holds[i]: item i is itself a list, and this one has a reference to it.
 */
#ifndef COIL_TASK_LIST_H
#define COIL_TASK_LIST_H

#include "base/object.h"

struct list {
	struct object object;
	coil_list public;
};

/* One reference, all items COIL_OK with NULL; NULL without memory. */
struct list *coil__list_new(size_t count);
void coil__list_destroy(struct list *list);

/* Stores an item, taking references to what it carries. */
void coil__list_set(struct list *list, size_t i, coil_result result, bool is_list);

static inline struct list *list_of(const void *public)
{
	return container_of(public, struct list, public);
}

#endif
