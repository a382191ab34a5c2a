/* SPDX-License-Identifier: MIT
 *
 * Waiters: futures that stand in a line, for a lock, a place in a queue, an event.
 *
 *	line->first                                    line->last
 *	   |                                              |
 *	   v                                              v
 *	+--------+ behind  +--------+ behind         +--------+
 *	| waiter |-------->| waiter |-------> ...    | waiter |
 *	|        |<--------|        |                |        |
 *	+--------+ before  +--------+                +--------+
 *
 * A task that has to wait joins the line, awaits its waiter, and leaves the line
 * itself when it goes on, in whichever way it was woken: until then a waiter that is
 * done (woken, or cancelled) still has its place.  So it is in asyncio, and whom a
 * release wakes depends on it.
 *
 * Invariants: a waiter is in at most one line, and keeps what the line belongs to
 * alive; one that its loop's end destroys leaves the line by that.
 * Cost: O(1) each; a pooled object per wait.
 */
#ifndef COIL_TASK_WAITER_H
#define COIL_TASK_WAITER_H

#include "task/future.h"

struct task;

struct waiter {
	struct future future;
	struct waiter *before, *behind;
	struct waiters *line;       /* NULL: it has left                        */
	struct object *resource;    /* that the line belongs to; a reference    */
};

struct waiters {
	struct waiter *first, *last;
};

/* A new waiter at the end of LINE, which belongs to RESOURCE (kept meanwhile; NULL for
 * none).  MADE_FOR: TRACE_FUTURE_*; ID: the resource's in the trace, or 0.  The caller
 * has a reference.  NULL, and coil_last_error(), without memory. */
struct waiter *coil__waiter_join(struct waiters *line, struct object *resource,
				 struct coil_loop *loop, unsigned made_for, uint64_t id,
				 const coil_site *site);

/* WAITER, which is done and has left its line, waits again, at the end of LINE (of
 * what its resource keeps alive): for a task that has to wait once more, and must not
 * fail.  Only for one whose task has gone on since. */
void coil__waiter_again(struct waiter *waiter, struct waiters *line, unsigned made_for,
			uint64_t id, const coil_site *site);

/* From inside of TASK: suspends until the waiter is done.  Result: COIL_OK, or the
 * error that was delivered (COIL_CANCELLED).  It is still in line. */
coil_result coil__waiter_wait(struct task *task, struct waiter *waiter,
			      const coil_site *site);

/* Out of its line, if it is in one. */
void coil__waiter_leave(struct waiter *waiter);

/* leave, and drops the caller's reference. */
void coil__waiter_drop(struct waiter *waiter);

/* Completes WAITER, which is pending, so that its task goes on in the next iteration. */
void coil__waiter_wake(struct waiter *waiter);

static inline bool waiter_is_pending(const struct waiter *waiter)
{
	return waiter->future.state == FUTURE_PENDING;
}

/* The first of LINE that is not done; NULL if there is none. */
struct waiter *coil__waiters_pending(const struct waiters *line);

/* Called when it is destroyed. */
void coil__waiter_fini(struct waiter *waiter);

#endif
