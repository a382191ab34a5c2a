/* SPDX-License-Identifier: MIT
 *
 * timeout: a deadline that cancels the task which entered it.
 *
 *	created --enter--> active --deadline--> expiring --exit--> expired
 *	                     +--exit--> finished
 *
 * Invariants: a timer is set only while it is active; the timer does not refer to the
 * timeout, which cancels it when it goes; task is set, with a reference, from entering
 * to leaving, so that a timeout that was never left finds its task done.
 * In the chain of the living, so that its loop's end frees it.
 * Cost: a pooled object and a timer.
 */
#ifndef COIL_TASK_TIMEOUT_H
#define COIL_TASK_TIMEOUT_H

#include "task/future.h"

struct task;

enum timeout_state {
	TIMEOUT_CREATED, TIMEOUT_ACTIVE, TIMEOUT_EXPIRING, TIMEOUT_EXPIRED,
	TIMEOUT_FINISHED
};

struct timeout {
	struct awaitable awaitable; /* the chain of its loop; not to be awaited  */
	struct task *task;
	struct handle *timer;       /* or NULL; with a reference                 */
	double when;
	uint64_t id;                /* in the trace                              */
	uint32_t cancelling;        /* requests to cancel the task, when entered */
	uint8_t state;              /* enum timeout_state                        */
};

/* With one reference; COIL_NO_TIMEOUT: no deadline.  NULL without memory. */
struct timeout *coil__timeout_new(struct coil_loop *loop, double when,
				  const coil_site *site);

/* From inside of TASK.  COIL_RUNTIME, COIL_MEMORY: nothing is changed. */
coil_result coil__timeout_enter(struct timeout *timeout, struct task *task);

/* The body has ended with RESULT; drops a reference.  Result: as coil_timeout_exit. */
coil_result coil__timeout_exit(struct timeout *timeout, coil_result result,
			       const coil_site *site);

/* Called when it is destroyed. */
void coil__timeout_fini(void *timeout);

#endif
