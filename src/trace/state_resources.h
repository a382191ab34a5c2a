/* SPDX-License-Identifier: MIT
 *
 * What tasks share, in the rebuilt state: locks, queues, timeouts, groups; who stands in
 * their lines, and who was woken and has not gone on yet.
 */
#ifndef COIL_TRACE_STATE_RESOURCES_H
#define COIL_TRACE_STATE_RESOURCES_H

#include "state.h"

/* A future that was made to wait for RESOURCE is at the end of its line; it is done. */
void coil__state_line_joined(struct coil__state *state, uint64_t resource, uint64_t future,
			     unsigned kind);
void coil__state_line_done(struct coil__state *state, struct coil__state_object *future,
			   unsigned outcome);

/* The await of FUTURE has ended in TASK: with RESULT or not. */
void coil__state_line_left(struct coil__state *state, struct coil__state_object *future,
			   bool result);

/* The first in line of KIND (TRACE_FUTURE_*) that is not done; 0 if there is none. */
uint64_t coil__state_line_first(const struct coil__state_resource *resource, unsigned kind);

/* Does anybody stand in line, or was woken for it and has not gone on, but TASK? */
bool coil__state_line_others(const struct coil__state_resource *resource, uint64_t task);

/* FUTURE will never be done, as its loop is closed: its place is gone. */
void coil__state_line_lost(struct coil__state *state, struct coil__state_object *future);

void coil__state_free_resources(struct coil__state *state);

void coil__state_resource_created(struct coil__state *, const struct coil__event *);
void coil__state_resource_changed(struct coil__state *, const struct coil__event *);

#endif
