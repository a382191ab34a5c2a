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
 * Invariants: `place` says which of the three it is, and each side changes it by one
 * compare-and-swap: one of the two comes first.  Until what arrives is in loop->incoming, the loop
 * is not closed: close waits for the few instructions between.  What is away is in
 * the chain loop->outside; loop->awaited counts those of them that are sure to come, so
 * that a virtual clock waits for them (run_once.c).
 *
 * Cost: arriving is two atomic operations; it allocates nothing, and makes a system call
 * only if the loop sleeps.
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

enum outside_place { OUTSIDE_AWAY, OUTSIDE_ARRIVED, OUTSIDE_ABANDONED };

struct outside {
	struct told_handle told;
	const struct outside_class *class;
	atomic_uchar place;            /* enum outside_place                      */
	atomic_bool left_by_one;
	bool awaited;
	struct outside *next, **chained; /* chained: NULL if not in the chain     */
};

void coil__outside_left(void *outside);

static inline void outside_init(struct outside *outside, struct coil_loop *loop,
				const struct outside_class *class)
{
	struct handle *handle = &outside->told.handle;

	handle_init(handle, loop, class->site, HANDLE_TOLD);
	handle->function = class->come;
	handle->arg = outside;
	outside->told.left = coil__outside_left;
	outside->class = class;
	atomic_init(&outside->place, OUTSIDE_AWAY);
	atomic_init(&outside->left_by_one, false);
	outside->chained = NULL;
}

/* By the loop's thread: it is away from now on.  AWAITED: it is sure to come. */
static inline void outside_expect(struct outside *outside, bool awaited)
{
	struct coil_loop *loop = outside->told.handle.loop;

	outside->awaited = awaited;
	outside->chained = &loop->outside;
	outside->next = loop->outside;
	if (loop->outside)
		loop->outside->chained = &outside->next;
	loop->outside = outside;
	loop->awaited += awaited;
}

static inline void outside_unchain(struct outside *outside)
{
	if (!outside->chained)
		return;
	*outside->chained = outside->next;
	if (outside->next)
		outside->next->chained = outside->chained;
	outside->chained = NULL;
	outside->told.handle.loop->awaited -= outside->awaited;
}

/* Called first where it comes.  The room in the ready queue was made when it was taken
 * over. */
static inline void outside_taken(struct outside *outside)
{
	outside_unchain(outside);
	outside->told.handle.loop->handles--;
}

/* By the other side: it has come.  False if it was abandoned; then leave it. */
bool coil__outside_arrive(struct outside *outside);

/* In place of both, for what the loop does not know of before it comes.  False if the
 * loop is closed. */
bool coil__outside_send(struct outside *outside);

/* By the loop's thread: abandons it.  False if it has arrived: it will come yet. */
bool coil__outside_forget(struct outside *outside);

/* By either side of what was abandoned: the second frees it. */
void coil__outside_leave(struct outside *outside);

/* When LOOP is closed, first: abandons all that is away.  What has arrived is told, as all
 * that is scheduled then. */
void coil__outside_abandon(struct coil_loop *loop);

/* Is there something yet on its way to loop->incoming?  It will be there in no
 * time. */
bool coil__outside_arriving(const struct coil_loop *loop);

/* When all else of it is gone: the loop's side leaves what was abandoned. */
void coil__outside_end_loop(struct coil_loop *loop);

#endif
