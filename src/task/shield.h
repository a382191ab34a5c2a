/* SPDX-License-Identifier: MIT
 *
 * shield: a future that follows another, its inner one, and whose cancellation does
 * not reach that.
 *
 * Two callbacks make the connection: follow, of the inner, completes the shield;
 * part, the shield's own first, takes follow away when the shield was done earlier,
 * which is only so when it was cancelled, and that in the iteration after (as in
 * asyncio: an error of the inner that falls between still counts as seen).
 *
 * Invariants: the shield has a reference to its inner; each of the two callbacks holds
 * one to the shield until it has run or was taken away.
 * Cost: one pooled object, O(1) each.
 */
#ifndef COIL_TASK_SHIELD_H
#define COIL_TASK_SHIELD_H

#include "task/future.h"

struct shield {
	struct future future;
	struct future *inner;
	struct handle follow, part;
};

/* Called when it is destroyed. */
void coil__shield_fini(struct shield *shield);

#endif
