/* SPDX-License-Identifier: MIT
 *
 * See reader_map.h.  The place of an id is the top bits of its product with the
 * golden ratio, which spreads ids that follow each other evenly.
 */
#include "reader_map.h"

#include <stdlib.h>

#include "reader_memory.h"

static size_t place_of(const struct coil__map *map, uint64_t id)
{
	return (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> (64 - map->bits));
}

static size_t mask_of(const struct coil__map *map)
{
	return ((size_t)1 << map->bits) - 1;
}

/* The place where ID is, or the free one where it belongs. */
static size_t find(const struct coil__map *map, uint64_t id)
{
	size_t i = place_of(map, id);

	while (map->entries[i].value && map->entries[i].id != id)
		i = (i + 1) & mask_of(map);
	return i;
}

void *coil__map_get(const struct coil__map *map, uint64_t id)
{
	return map->count ? map->entries[find(map, id)].value : NULL;
}

static void enlarge(struct coil__map *map)
{
	struct coil__map old = *map;
	struct coil__map_entry *entry = NULL;

	map->bits = old.entries ? old.bits + 1 : 4;
	map->entries = coil__take((size_t)1 << map->bits, sizeof *map->entries);
	while ((entry = coil__map_next(&old, entry)))
		map->entries[find(map, entry->id)] = *entry;
	free(old.entries);
}

void coil__map_put(struct coil__map *map, uint64_t id, void *value)
{
	size_t i;

	if (!map->entries || map->count >= mask_of(map) / 4 * 3)
		enlarge(map);
	i = find(map, id);
	map->count += !map->entries[i].value;
	map->entries[i] = (struct coil__map_entry){ id, value };
}

void *coil__map_remove(struct coil__map *map, uint64_t id)
{
	size_t hole, i, mask;
	void *value;

	if (!map->count)
		return NULL;
	mask = mask_of(map);
	hole = i = find(map, id);
	value = map->entries[hole].value;
	if (!value)
		return NULL;
	/* An entry may move into the hole unless its place lies behind it. */
	while (map->entries[i = (i + 1) & mask].value) {
		size_t home = place_of(map, map->entries[i].id);

		if (((i - home) & mask) >= ((i - hole) & mask)) {
			map->entries[hole] = map->entries[i];
			hole = i;
		}
	}
	map->entries[hole].value = NULL;
	map->count--;
	return value;
}

struct coil__map_entry *coil__map_next(const struct coil__map *map,
				       struct coil__map_entry *entry)
{
	struct coil__map_entry *end;

	if (!map->count)
		return NULL;
	end = map->entries + mask_of(map) + 1;
	entry = entry ? entry + 1 : map->entries;
	while (entry != end && !entry->value)
		entry++;
	return entry == end ? NULL : entry;
}

void coil__map_free(struct coil__map *map)
{
	struct coil__map_entry *entry = NULL;

	while ((entry = coil__map_next(map, entry)))
		free(entry->value);
	coil__map_clear(map);
}

void coil__map_clear(struct coil__map *map)
{
	free(map->entries);
	*map = (struct coil__map){ 0 };
}
