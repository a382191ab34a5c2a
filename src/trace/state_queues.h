/* SPDX-License-Identifier: MIT
 *
 * The queues of the rebuilt state: the ready queue and what comes from other
 * threads (lists), and the timers (a heap by deadline, then by the order in which
 * they were made).  A handle is in one of them at most; handle->place says in which.
 */
#ifndef COIL_TRACE_STATE_QUEUES_H
#define COIL_TRACE_STATE_QUEUES_H

#include "state.h"

void coil__state_ready(struct coil__state *state, struct coil__state_loop *loop,
		       struct coil__state_handle *handle);
void coil__state_incoming(struct coil__state_loop *loop,
			  struct coil__state_handle *handle);
void coil__state_timer(struct coil__state_loop *loop,
		       struct coil__state_handle *handle);

/* Takes HANDLE out of where it is. */
void coil__state_unqueue(struct coil__state *state, struct coil__state_handle *handle);

/* Which of two timers is due first. */
bool coil__state_timer_before(const struct coil__state_handle *a,
			      const struct coil__state_handle *b);

/* NULL, or which invariant of LOOP's queues does not hold. */
const char *coil__state_validate_queues(const struct coil__state *state,
					const struct coil__state_loop *loop);

#endif
