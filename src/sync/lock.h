/* SPDX-License-Identifier: MIT
 *
 * Lock: taken, or free with perhaps a line of those who want it.
 *
 * Freeing it wakes the first in line, who takes it when it goes on.  In between the
 * lock is free, and still nobody else can have it: who finds somebody in line that is
 * not cancelled stands behind him.
 *
 * Invariant: if it is free and somebody in line is not cancelled, the first in line is
 * done: it is about to take the lock, or (cancelled) to wake the one behind it.
 * Cost: O(1), and who passes over cancelled waiters looks at each.
 */
#ifndef COIL_SYNC_LOCK_H
#define COIL_SYNC_LOCK_H

#include <coil/sync.h>

#include "sync/resource.h"

struct lock {
	struct resource resource;
	struct waiters line;
	bool locked;
};

/* Takes it for the task of VISIT.  Errors: those of visit_join; what was delivered,
 * and then it is not held. */
coil_result coil__lock_acquire(struct lock *lock, struct visit *visit);

/* Frees it; false if it was free. */
bool coil__lock_release(struct lock *lock);

#endif
