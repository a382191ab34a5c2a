/* SPDX-License-Identifier: MIT
 *
 * The executors of the rebuilt state, and their jobs: each is in state->jobs from being
 * submitted until it has ended or was cancelled, and until it begins in the queue of
 * its executor.
 */
#ifndef COIL_TRACE_STATE_JOBS_H
#define COIL_TRACE_STATE_JOBS_H

#include "state.h"

void coil__state_free_jobs(struct coil__state *state);

/* NULL, or which invariant does not hold. */
const char *coil__state_validate_jobs(const struct coil__state *state);

/* What the events of the same names do. */
void coil__state_executor_created(struct coil__state *, const struct coil__event *);
void coil__state_job_submitted(struct coil__state *, const struct coil__event *);
void coil__state_job_begin(struct coil__state *, const struct coil__event *);
void coil__state_job_end(struct coil__state *, const struct coil__event *);
void coil__state_job_cancelled(struct coil__state *, const struct coil__event *);

#endif
