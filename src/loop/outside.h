/* SPDX-License-Identifier: MIT
 *
 * What comes to a loop from outside: another thread works, and will come with what it has
 * done, once, by pushing a handle that it was given.
 *
 * Two sides have such a thing: the loop's, and the other.  It is
 *	away      -> arrived, and from then on the loop's side alone has it;
 *	away      -> abandoned by the loop's side, which is closed or does not want it any
 *	             more: the other's arrival fails, and each side leaves it for itself.
 * Whoever leaves it second frees it.  Nothing of the loop is touched after that.
 *
 * Invariants: loop is NULL if it was abandoned, and arrived is set if it has arrived;
 * both change under the loop's `closing` lock (shared to arrive, exclusive to abandon).
 * What is away is in the chain loop->outside; loop->awaited counts those of them that
 * are sure to come, so that a virtual clock waits for them (run_once.c).
 *
 * Cost: arriving takes the lock, shared, and a compare-and-swap; it allocates nothing,
 * and makes a system call only if the loop sleeps.
 */
#ifndef COIL_LOOP_OUTSIDE_H
#define COIL_LOOP_OUTSIDE_H

#include "loop/loop.h"

struct outside;

struct outside_class {
	/* All but free are called by the loop's thread. */
	coil_function come;             /* it has come: the handle's function     */
	void (*left)(struct outside *); /* it has, but its loop was closed since  */
	void (*free)(struct outside *); /* both sides have left it; in any thread */
	const coil_site *site;          /* of the handle, in the trace            */
};

struct outside {
	struct told_handle told;
	const struct outside_class *class;
	_Atomic(struct coil_loop *) loop;
	atomic_bool left_by_one;
	bool arrived;
	bool awaited;
	struct outside *next, **place; /* in the chain; place: NULL if not      */
};

void coil__outside_init(struct outside *outside, struct coil_loop *loop,
			const struct outside_class *class);

/* By the loop's thread: it is away from now on.  AWAITED: it is sure to come. */
void coil__outside_expect(struct outside *outside, bool awaited);

/* By the other side: it has come.  False if it was abandoned; then leave it. */
bool coil__outside_arrive(struct outside *outside);

/* In place of both, for what the loop does not know of before it comes.  False if the
 * loop is closed. */
bool coil__outside_send(struct outside *outside);

/* Called first where it comes, or is left. */
void coil__outside_taken(struct outside *outside);

/* By the loop's thread: abandons it.  False if it has arrived: it will come yet. */
bool coil__outside_forget(struct outside *outside);

/* By either side of what was abandoned: the second frees it. */
void coil__outside_leave(struct outside *outside);

/* The two ends of a close: with the lock held, nothing arrives from now on; and when
 * all else is gone, what was abandoned is left. */
void coil__outside_abandon(struct coil_loop *loop);
void coil__outside_end_loop(struct coil_loop *loop);

#endif
