/* SPDX-License-Identifier: MIT
 *
 * Barrier: tasks meet, on a condition and its lock, which lie inside of it.
 *
 *	            the last arrives           the last leaves
 *	FILLING ----------------------> DRAINING ----------------> FILLING
 *	   |  reset, somebody waits
 *	   +--------------------------> RESETTING ---------------> FILLING
 *	any --------- abort ----------> BROKEN ------ reset -----> RESETTING or FILLING
 *
 * Invariants: count is how many are between arriving and leaving; state and count
 * change only under the lock; whoever arrives while it drains or resets waits for that
 * to be over.
 * Cost: O(1) to arrive, a turn through the lock's line to leave.
 */
#ifndef COIL_SYNC_BARRIER_H
#define COIL_SYNC_BARRIER_H

#include <coil/sync.h>

#include "sync/condition.h"

enum barrier_state { BARRIER_FILLING, BARRIER_DRAINING, BARRIER_RESETTING, BARRIER_BROKEN };

struct barrier {
	struct resource resource;
	struct condition condition;
	struct lock lock;
	size_t parties, count;
	enum barrier_state state;
};

#endif
