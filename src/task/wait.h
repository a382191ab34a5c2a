/* SPDX-License-Identifier: MIT
 *
 * wait: a future that is done when enough of some others are.
 *
 * Invariants: children has every different future once, with a reference, until the
 * wait is destroyed; left counts those whose callback has not run; each callback that
 * is among a child's, or in the ready queue, holds a reference to the wait, so that one
 * that comes after the waiter has gone on finds it.
 *
 * Cost: one pooled object and one allocation a wait; O(children), and taking back a
 * callback O(those of its future).
 */
#ifndef COIL_TASK_WAIT_H
#define COIL_TASK_WAIT_H

#include <coil/wait.h>

#include "task/future.h"

struct task;

struct wait_child {
	struct wait *wait;
	struct future *future;
	struct handle callback;
};

struct wait {
	struct future future;      /* that the waiter awaits                     */
	struct wait_child *children;
	size_t count;              /* of the children                            */
	size_t left;
	size_t room;               /* its callbacks' in the ready queue          */
	struct handle *timer;      /* NULL: none, or it has run; a reference     */
	enum coil_return_when until;
};

/* Begins to wait for COUNT > 0 futures of LOOP, which are borrowed and valid.
 * TIMEOUT: COIL_NO_TIMEOUT for none.  The caller has a reference.  NULL with
 * coil_last_error(), COIL_MEMORY. */
struct wait *coil__wait_begin(struct coil_loop *loop, coil_future *const *futures,
			      size_t count, double timeout, enum coil_return_when until,
			      const coil_site *site);

/* From inside of TASK: suspends until it is over, and drops the reference.
 * Result: how many are done, or COIL_CANCELLED. */
coil_result coil__wait_end(struct task *task, struct wait *wait, const coil_site *site);

/* Called when it is destroyed. */
void coil__wait_fini(struct wait *wait);

#endif
