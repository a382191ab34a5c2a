/* SPDX-License-Identifier: MIT
 *
 * The tables of places.  See place.h.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/place.h"

#define BUCKETS 1024

static _Atomic(struct place *) by_content[BUCKETS], by_address[BUCKETS];
static atomic_size_t places;

static uint64_t mix(uint64_t hash, const void *pointer)
{
	return (hash ^ (uintptr_t)pointer >> 3) * UINT64_C(0x9e3779b97f4a7c15);
}

static size_t bucket_of(uint64_t hash)
{
	return hash >> 32 & (BUCKETS - 1);
}

static size_t content_bucket(const coil_site *site, const coil_site *const *chain,
			     size_t count)
{
	uint64_t hash = mix(0, site);

	for (size_t i = 0; i < count; i++)
		hash = mix(hash, chain[i]);
	return bucket_of(hash);
}

static bool is_copy(const coil_site *a, const coil_site *b)
{
	return a->function == b->function && a->file == b->file && a->line == b->line &&
	       a->callee == b->callee && a->argument == b->argument;
}

/* The content as well: sites that are not a program's, but a scenario's, come and go. */
static bool is_of(const struct place *place, const coil_site *site,
		  const coil_site *const *chain, size_t count)
{
	return place->of == site && place->count == count &&
	       is_copy(&place->site, site) &&
	       (!count || memcmp(place->chain, chain, count * sizeof(*chain)) == 0);
}

/* From FIRST on, up to END. */
static const struct place *look(const struct place *first, const struct place *end,
				const coil_site *site, const coil_site *const *chain,
				size_t count)
{
	while (first != end && !is_of(first, site, chain, count))
		first = first->next;
	return first == end ? NULL : first;
}

static struct place *place_new(const coil_site *site, const coil_site *const *chain,
			       size_t count)
{
	struct place *place = NULL;

	if (atomic_fetch_add(&places, 1) < PLACES_MAX)
		place = malloc(sizeof(*place));
	if (!place) {
		atomic_fetch_sub(&places, 1);
		return NULL;
	}
	*place = (struct place){ .site = *site, .of = site, .count = count };
	for (size_t i = 0; i < count; i++)
		place->chain[i] = chain[i];
	return place;
}

static void push_by_address(struct place *place)
{
	_Atomic(struct place *) *bucket = &by_address[bucket_of(mix(0, place))];
	struct place *first = atomic_load(bucket);

	do
		place->next_by_address = first;
	while (!atomic_compare_exchange_weak(bucket, &first, place));
}

/* By address first: who finds it by its content may ask for it at once. */
const coil_site *coil__place_make(const coil_site *site, const coil_site *const *chain,
				  size_t count)
{
	_Atomic(struct place *) *bucket = &by_content[content_bucket(site, chain, count)];
	struct place *first = atomic_load(bucket), *end = NULL, *made;
	const struct place *found = site ? look(first, NULL, site, chain, count) : NULL;

	if (found)
		return &found->site;
	if (!site || coil__place_find(site))
		return site;
	made = place_new(site, chain, count);
	if (!made)
		return site;
	push_by_address(made);
	do {
		/* Another thread may have made it meanwhile: then ours stays unused. */
		found = look(first, end, site, chain, count);
		if (found)
			return &found->site;
		end = made->next = first;
	} while (!atomic_compare_exchange_weak(bucket, &first, made));
	return &made->site;
}

const struct place *coil__place_find(const coil_site *site)
{
	const struct place *place = atomic_load(&by_address[bucket_of(mix(0, site))]);

	while (place && &place->site != site)
		place = place->next_by_address;
	return place;
}

const coil_site *coil__place_if_made(const coil_site *site)
{
	return site && coil__place_find(site) ? site : NULL;
}

const coil_site *coil__place_site(const coil_site *site)
{
	const struct place *place = site ? coil__place_find(site) : NULL;

	return place ? place->of : site;
}

size_t coil_site_traceback(const coil_site *site, const coil_site **sites, size_t count)
{
	const struct place *place = site ? coil__place_find(site) : NULL;
	size_t length = !site ? 0 : place ? place->count + 1 : 1;

	for (size_t i = 0; i < length && i < count; i++)
		sites[i] = place && i < place->count ? place->chain[i] :
			   place ? place->of : site;
	return length;
}
