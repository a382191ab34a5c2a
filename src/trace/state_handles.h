/* SPDX-License-Identifier: MIT
 *
 * The handles of the rebuilt state, from being scheduled to having run.  Each is in
 * state->handles, and either in a queue (state_queues.h) or running.
 */
#ifndef COIL_TRACE_STATE_HANDLES_H
#define COIL_TRACE_STATE_HANDLES_H

#include "state.h"

/* The loop that EVENT names; 0 is the one that its thread runs. */
struct coil__state_loop *coil__state_loop_of(struct coil__state *state, uint32_t named,
					     const struct coil__event *event);

/* Takes HANDLE, all of QUEUE, all of LOOP's timers, out of the state. */
void coil__state_drop(struct coil__state *state, struct coil__state_handle *handle);
void coil__state_drop_queue(struct coil__state *state, struct coil__state_queue *queue);
void coil__state_drop_timers(struct coil__state *state, struct coil__state_loop *loop);

/* What an iteration begins with: cancelled timers go. */
void coil__state_sweep_timers(struct coil__state *state, struct coil__state_loop *loop);

/* Drops cancelled timers from the top of the heap, down to UNTIL.  (The loop may
 * have swept them earlier than the state does: its count of them may run high.) */
void coil__state_pop_cancelled(struct coil__state *state, struct coil__state_loop *loop,
			       const struct coil__state_handle *until);

/* What the events of the same names do. */
void coil__state_handle_scheduled(struct coil__state *, const struct coil__event *);
void coil__state_handle_cancelled(struct coil__state *, const struct coil__event *);
void coil__state_timer_due(struct coil__state *, const struct coil__event *);
void coil__state_fd_ready(struct coil__state *, const struct coil__event *);
void coil__state_wake(struct coil__state *, const struct coil__event *);
void coil__state_handle_taken(struct coil__state *, const struct coil__event *);
void coil__state_run_begin(struct coil__state *, const struct coil__event *);
void coil__state_run_end(struct coil__state *, const struct coil__event *);
void coil__state_step_begin(struct coil__state *, const struct coil__event *);
void coil__state_step_end(struct coil__state *, const struct coil__event *);
void coil__state_eager_begin(struct coil__state *, const struct coil__event *);
void coil__state_eager_end(struct coil__state *, const struct coil__event *);

#endif
