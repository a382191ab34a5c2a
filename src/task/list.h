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
 *
 * Bytes, as coil_bytes copies them, are a list too, for all who keep and hand over
 * lists, with bytes in place of the coil_list (LIST_BYTES; object.spare: how many).
 */
#ifndef COIL_TASK_LIST_H
#define COIL_TASK_LIST_H

#include "base/object.h"

enum list_flags { LIST_BYTES = 1 };

struct list {
	struct object object;
	coil_list public;
};

/* One reference, all items COIL_OK with NULL; NULL without memory. */
struct list *coil__list_new(size_t count);
/* One reference, and a copy of SIZE bytes; NULL without memory, or past 4 GiB. */
struct list *coil__bytes_new(const void *data, size_t size);
void coil__list_destroy(struct list *list);

/* Is item I itself a list, or bytes? */
bool coil__list_holds(const struct list *list, size_t i);

/* Stores an item, taking references to what it carries. */
void coil__list_set(struct list *list, size_t i, coil_result result, bool is_list);

static inline struct list *list_of(const void *public)
{
	return container_of(public, struct list, public);
}

#endif
