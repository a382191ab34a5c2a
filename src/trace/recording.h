/* SPDX-License-Identifier: MIT
 *
 * The recording that is under way: what the recorders of all threads share, and its
 * beginning and end (recording.c).
 *
 * A recording has a generation (coil__trace_generation, which a stop changes too; read
 * without the lock).  A thread whose recorder is of another one (it is
 * new, or the recording was stopped and started) attaches itself at its next event,
 * and only it ever unmaps its chunks.
 */
#ifndef COIL_TRACE_RECORDING_H
#define COIL_TRACE_RECORDING_H

#include <pthread.h>

#include "trace/file.h"
#include "trace/intern.h"
#include "trace/recorder.h"

struct recording {
	pthread_mutex_t lock;    /* for all of it; recursive, as interning records
	                            what it interned                             */
	struct trace_file file;
	struct intern strings, sites;
	uint32_t threads;        /* that have recorded in it                     */
	uint64_t handles_given;  /* ids; only grow, over recordings too          */
	uint64_t objects_given;
	uint64_t handles_before; /* ids of handles that this recording does not
	                            have are not above                           */
	uint64_t virtual_now;    /* the latest time of any virtual clock; atomic */
};

extern struct recording coil__recording internal;

/* Lets go of the chunks that this recorder has mapped. */
void coil__recorder_detach(struct recorder *recorder);

#endif
