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
#include <stdbool.h>

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

/* ---- other processes that are recorded as forks of this one ----
 *
 * A fork goes on with a file of its own, at once.  A worker process (executor/process_work.c)
 * does so when it is told: its file has the same name, run and parent as if the program
 * had forked it, so it is found beside the program's: FILE.PID, or FILE with its pid for %p. */

struct recording_origin {
	uint64_t run;
	uint32_t clock;
	uint32_t pid;       /* of the program */
	char pattern[4096]; /* absolute       */
};

/* The generation of the recording that is under way; 0: there is none. */
uint32_t coil__recording_now(void);

/* False if there is no recording. */
bool coil__recording_origin(struct recording_origin *origin);

/* Records as ORIGIN says, NULL: not at all, whatever the environment says. */
void coil__recording_follow(const struct recording_origin *origin);

/* The child of this thread's next fork is not recorded. */
extern __thread bool coil__fork_unrecorded internal;

/* What exit() does for a recording, for those that call _exit(). */
void coil__recording_exit(void);

/* Lets go of the chunks that this recorder has mapped. */
void coil__recorder_detach(struct recorder *recorder);

#endif
