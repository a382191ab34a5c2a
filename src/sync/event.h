/* SPDX-License-Identifier: MIT
 *
 * Event: a flag, and a line of those who wait for it.  The flag alone serves where
 * something else has to be waited for in the same way (a queue's join).
 *
 * Invariants: whoever waits for a flag that is set has been woken, and leaves the line
 * when it goes on; clearing the flag takes that back from nobody.
 * Cost: O(1); setting it, O(who waits).
 */
#ifndef COIL_SYNC_EVENT_H
#define COIL_SYNC_EVENT_H

#include <coil/sync.h>

#include "sync/resource.h"

struct flag {
	struct waiters line;
	bool set;
};

struct event {
	struct resource resource;
	struct flag flag;
};

/* Sets it, and wakes all who wait, in order. */
void coil__flag_set(struct flag *flag);

/* Waits until it is set, for MADE_FOR; it belongs to what is visited. */
coil_result coil__flag_wait(struct flag *flag, struct visit *visit, unsigned made_for);

#endif
