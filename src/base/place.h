/* SPDX-License-Identifier: MIT
 *
 * Places: sites of the program with the chain of calls that led there.
 *
 * In debug mode what is made remembers a place.  A place begins with a copy of its site,
 * and is pointed to as one: whatever reads a site reads it.  Each is made once, for each
 * site and chain that occur, and never freed, as little as sites are: they are bounded by
 * the program's text.
 *
 *	awaitable.site ---> +----------------+
 *	                    | site (a copy)  |
 *	                    | of ------------|--> the site itself, static
 *	                    | chain[count] --|--> sites, outermost first
 *	                    +----------------+
 *
 * The tables are appended to without a lock, so that any thread, also after a fork, can
 * look.  Cost: a hash of up to ten pointers.  More than PLACES_MAX are not made: the
 * site stands for itself then, as it does without memory.
 */
#ifndef COIL_BASE_PLACE_H
#define COIL_BASE_PLACE_H

#include <coil/debug.h>

#include "base/object.h"

#define PLACE_CHAIN 9    /* asyncio keeps ten frames: these, and the site */
#define PLACES_MAX 65536

struct place {
	coil_site site;
	const coil_site *of;
	size_t count;
	const coil_site *chain[PLACE_CHAIN];
	struct place *next, *next_by_address;
};

/* The place of SITE with the COUNT sites of CHAIN; SITE if it cannot be made, is NULL, or
 * is a place already. */
const coil_site *coil__place_make(const coil_site *site, const coil_site *const *chain,
				  size_t count);

/* The place that SITE is; NULL if it is a plain site. */
const struct place *coil__place_find(const coil_site *site);

/* SITE, if it is a place; else NULL. */
const coil_site *coil__place_if_made(const coil_site *site);

/* The plain site. */
const coil_site *coil__place_site(const coil_site *site);

#endif
