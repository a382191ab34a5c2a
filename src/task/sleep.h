/* SPDX-License-Identifier: MIT
 *
 * The parts of a sleep, for those that cannot call it: what comes before the task
 * suspends, and what comes after.
 */
#ifndef COIL_TASK_SLEEP_H
#define COIL_TASK_SLEEP_H

#include "task/future.h"

struct task;

struct sleep {
	struct future *future; /* that the timer completes */
	coil_handle *timer;    /* stale once it has run    */
};

/* Makes both, and begins the await; the task is to wait for the future.
 * Errors: COIL_VALUE for NaN, COIL_MEMORY. */
coil_result coil__sleep_begin(struct task *task, double delay, const coil_site *site,
			      struct sleep *sleep);

/* The wait is over.  Result: of the sleep. */
coil_result coil__sleep_end(struct task *task, struct sleep *sleep, coil_result delivered);

/* Who sleeps, if HANDLE is the timer of a sleep; else NULL. */
const coil_site *coil__sleep_site(const struct handle *timer);

/* asyncio's bare yield: the task's step is scheduled.  It is to suspend. */
void coil__sleep_yield(struct task *task, const coil_site *site);

#endif
