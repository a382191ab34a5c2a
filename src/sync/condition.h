/* SPDX-License-Identifier: MIT
 *
 * Condition: a lock, and a line of those who wait for news.
 *
 * A wait goes through both lines, with one waiter: it stands in the condition's line,
 * frees the lock, is woken, and stands in the lock's.  So getting the lock back needs
 * no memory, and cannot fail, however often the task is cancelled meanwhile.
 *
 * Invariants: it keeps its lock alive; whoever leaves a wait by an error has the lock
 * (unless that is bound to another loop), and has notified another in its place.
 * Cost: O(1); notify, O(those it passes over and wakes).
 */
#ifndef COIL_SYNC_CONDITION_H
#define COIL_SYNC_CONDITION_H

#include <coil/sync.h>

#include "sync/lock.h"

struct condition {
	struct resource resource;   /* of: the lock                           */
	struct waiters line;
	struct lock *lock;          /* a reference, unless it is a part       */
};

/* Sets up one with LOCK as parts of what they lie in. */
void coil__condition_init_part(struct condition *condition, struct lock *lock,
			       struct resource *whole);

/* Waits for news and has the lock again.  The lock is held.  Errors: those of
 * visit_join; what was delivered. */
coil_result coil__condition_wait(struct condition *condition, struct visit *visit);

/* The same until PREDICATE(ARG) holds. */
coil_result coil__condition_wait_for(struct condition *condition, struct visit *visit,
				     bool (*predicate)(void *arg), void *arg);

/* Wakes the first COUNT who have not been woken. */
void coil__condition_notify(struct condition *condition, size_t count);

/* Called when it is destroyed. */
void coil__condition_fini(void *condition);

#endif
