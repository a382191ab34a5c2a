/* SPDX-License-Identifier: MIT
 *
 * The futures and tasks of the rebuilt state: their lives, awaits, callbacks and
 * members.  Each is in state->objects, and in one of the lists alive, retired.
 */
#ifndef COIL_TRACE_STATE_OBJECTS_H
#define COIL_TRACE_STATE_OBJECTS_H

#include "state.h"

/* The object ID; a new one, not seen to be made, if it is not there. */
struct coil__state_object *coil__state_take_object(struct coil__state *state, uint64_t id);

/* A task's state becomes NEXT. */
void coil__state_enter(struct coil__state *state, struct coil__state_object *task,
		       enum coil__task_state next);

/* TASK (0: a callback made at SITE) waits for the future ID, if that is pending. */
void coil__state_add_waiter(struct coil__state *state, uint64_t id, uint64_t task,
			    uint32_t site);

/* A loop is closed: what it leaves pending will never be done. */
void coil__state_retire_loop(struct coil__state *state, uint32_t loop);

void coil__state_free_objects(struct coil__state *state);
const char *coil__state_validate_objects(const struct coil__state *state);

/* What the events of the same names do. */
void coil__state_task_created(struct coil__state *, const struct coil__event *);
void coil__state_cancel_requested(struct coil__state *, const struct coil__event *);
void coil__state_uncancel(struct coil__state *, const struct coil__event *);
void coil__state_await_begin(struct coil__state *, const struct coil__event *);
void coil__state_await_end(struct coil__state *, const struct coil__event *);
void coil__state_future_created(struct coil__state *, const struct coil__event *);
void coil__state_callback_added(struct coil__state *, const struct coil__event *);
void coil__state_callback_removed(struct coil__state *, const struct coil__event *);
void coil__state_future_done(struct coil__state *, const struct coil__event *);
void coil__state_gather_member(struct coil__state *, const struct coil__event *);
void coil__state_gather_counted(struct coil__state *, const struct coil__event *);

#endif
