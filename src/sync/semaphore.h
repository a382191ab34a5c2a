/* SPDX-License-Identifier: MIT
 *
 * Semaphore: so many tokens, and a line of those who want one.
 *
 * Invariants: value counts the tokens that are nobody's.  Who is woken has its token
 * already, taken on its behalf; if it is cancelled before it goes on it gives that
 * back.  While somebody in line is not cancelled, nobody overtakes him.
 * Cost: O(1), and who passes over those in line that are done looks at each.
 */
#ifndef COIL_SYNC_SEMAPHORE_H
#define COIL_SYNC_SEMAPHORE_H

#include <coil/sync.h>

#include "sync/resource.h"

struct semaphore {
	struct resource resource;
	struct waiters line;
	int64_t value;
	int64_t bound;              /* never more than these; INT64_MAX if unbounded */
	bool bounded;
};

/* Takes a token for the task of VISIT.  Errors: those of visit_join; what was
 * delivered, and then it has none. */
coil_result coil__semaphore_acquire(struct semaphore *semaphore, struct visit *visit);

/* Gives one back; false if it has all it may have. */
bool coil__semaphore_release(struct semaphore *semaphore);

#endif
