/* SPDX-License-Identifier: MIT
 *
 * A map from ids to pointers: open addressing with linear probing in a table
 * that is at most three quarters full, so every operation is O(1).  What is
 * removed leaves no mark behind: the entries after it move up.
 *
 * Id 0 is allowed.  The pointers are the caller's; NULL is not stored.
 */
#ifndef COIL_TRACE_READER_MAP_H
#define COIL_TRACE_READER_MAP_H

#include <stddef.h>
#include <stdint.h>

struct coil__map_entry {
	uint64_t id;
	void *value;             /* NULL: the place is free              */
};

struct coil__map {               /* all zero: empty                      */
	struct coil__map_entry *entries;
	size_t count;
	unsigned bits;           /* the table has 1 << bits places       */
};

void *coil__map_get(const struct coil__map *map, uint64_t id); /* NULL: none */
void coil__map_put(struct coil__map *map, uint64_t id, void *value);
void *coil__map_remove(struct coil__map *map, uint64_t id); /* what was there */

/* Calls free() on every value, and on the table. */
void coil__map_free(struct coil__map *map);

/* Frees the table alone. */
void coil__map_clear(struct coil__map *map);

/* The entries in no order: for (e = NULL; (e = coil__map_next(map, e)); ) */
struct coil__map_entry *coil__map_next(const struct coil__map *map,
				       struct coil__map_entry *entry);

#endif
