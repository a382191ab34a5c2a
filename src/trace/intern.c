/* SPDX-License-Identifier: MIT
 *
 * Hash tables with open addressing, for interning.  See intern.h.
 */
#include <stdlib.h>
#include <string.h>

#include "trace/intern.h"

#define FIRST_CAPACITY 64

static uint32_t hash_of(const struct intern *intern, const void *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	if (!intern->by_content)
		return (uint32_t)(((uintptr_t)key >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
	for (const unsigned char *c = key; *c; c++)
		h = (h ^ *c) * UINT64_C(0x100000001b3);
	return (uint32_t)(h ^ h >> 32);
}

static bool same(const struct intern *intern, const struct intern_entry *entry,
		 const void *key, uint32_t hash)
{
	return entry->hash == hash &&
	       (intern->by_content ? strcmp(entry->key, key) == 0 : entry->key == key);
}

/* The entry of KEY, or the empty one where it belongs. */
static struct intern_entry *find(const struct intern *intern, const void *key,
				 uint32_t hash)
{
	size_t i = hash & (intern->capacity - 1);

	while (intern->entries[i].number && !same(intern, &intern->entries[i], key, hash))
		i = (i + 1) & (intern->capacity - 1);
	return &intern->entries[i];
}

static bool grow(struct intern *intern)
{
	struct intern old = *intern;

	intern->capacity = old.capacity ? 2 * old.capacity : FIRST_CAPACITY;
	intern->entries = calloc(intern->capacity, sizeof(*intern->entries));
	if (!intern->entries) {
		*intern = old;
		return false;
	}
	for (size_t i = 0; i < old.capacity; i++)
		if (old.entries[i].number)
			*find(intern, old.entries[i].key, old.entries[i].hash) =
				old.entries[i];
	free(old.entries);
	return true;
}

uint32_t coil__intern(struct intern *intern, const void *key, bool *fresh)
{
	uint32_t hash = hash_of(intern, key);
	struct intern_entry *entry;

	*fresh = false;
	if (2 * (size_t)intern->count >= intern->capacity && !grow(intern))
		return 0;
	entry = find(intern, key, hash);
	if (entry->number)
		return entry->number;
	if (intern->by_content) {
		key = strdup(key);
		if (!key)
			return 0;
	}
	*fresh = true;
	*entry = (struct intern_entry){ key, hash, ++intern->count };
	return entry->number;
}

void coil__intern_clear(struct intern *intern)
{
	for (size_t i = 0; i < intern->capacity && intern->by_content; i++)
		free((void *)intern->entries[i].key);
	free(intern->entries);
	*intern = (struct intern){ .by_content = intern->by_content };
}
