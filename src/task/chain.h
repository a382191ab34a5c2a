/* SPDX-License-Identifier: MIT
 *
 * The chain of awaits that a task is in: which coroutine awaits which, inline.  Kept in
 * debug mode alone, for places (base/place.h) and for what is said of a task.
 *
 * An await of a coroutine is a call, and its link lies on the caller's stack:
 *
 *	task->keep->awaiting ---> innermost ---> ... ---> outermost ---> NULL
 *
 * A task that runs by frames has those of its frames in front (generator.h).  What was
 * awaited before debug mode was turned on is not in it.
 */
#ifndef COIL_TASK_CHAIN_H
#define COIL_TASK_CHAIN_H

#include "base/watched.h"
#include "task/task.h"

struct inline_await {
	const coil_site *site;
	struct inline_await *outer;
};

/* AWAIT, at SITE, is the innermost of TASK until it leaves.  False without memory, or not
 * in debug mode: then it is not to leave. */
bool coil__chain_enter(struct task *task, struct inline_await *await, const coil_site *site);
void coil__chain_leave(struct task *task, const struct inline_await *await);

/* Where TASK, which does not run, or awaits, is: the await of its outermost coroutine.
 * NULL if that is not known. */
const coil_site *coil__chain_outermost(const struct task *task);

/* The place of what is made at SITE, now, for LOOP: SITE itself if that is not in debug
 * mode. */
const coil_site *coil__chain_place(const struct coil_loop *loop, const coil_site *site);

static inline const coil_site *place_here(const struct coil_loop *loop, const coil_site *site)
{
	return DEBUGGING ? coil__chain_place(loop, site) : site;
}

#endif
