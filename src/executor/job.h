/* SPDX-License-Identifier: MIT
 *
 * A job: a function and its argument, that a worker of an executor runs.  It is a part of
 * the concurrent future for its result (concurrent_future.h).
 *
 * Whoever may be asked to run jobs in his own way (in a process, say) is a worker_class:
 * see executor.h.
 */
#ifndef COIL_EXECUTOR_JOB_H
#define COIL_EXECUTOR_JOB_H

#include <coil/executor.h>

#include "base/object.h"

struct context_values;
struct parcel;

#define JOB_SMALL 40 /* bytes of an argument that are copied into the job */

struct job {
	struct job *next;              /* in a queue                              */
	coil_function function;        /* NULL: not a job (run_threadsafe.c)      */
	void *arg;                     /* a pointer to the copy, if there is one  */
	size_t size;                   /* of the copy; or COIL_NOT_COPIED         */
	struct context_values *values; /* to run in (with a reference), or NULL   */
	const coil_site *site;         /* where it was submitted                  */
	uint64_t id;                   /* in the trace; 0: none yet               */
	uint32_t process;              /* that it ran in, for the trace; or 0     */
	_Alignas(8) char small[JOB_SMALL];
};

/* Copies *ARG, SIZE bytes of it; false without memory. */
bool coil__job_copy(struct job *job, const void *arg, size_t size);

/* What it is to run: with a copy of SIZE bytes of *ARG, or (COIL_NOT_COPIED) with ARG as
 * it is.  False without memory. */
static inline bool job_init(struct job *job, coil_function function, const void *arg,
			    size_t size)
{
	job->function = function;
	job->arg = (void *)(uintptr_t)arg;
	job->size = COIL_NOT_COPIED;
	job->process = 0;
	return likely(size == COIL_NOT_COPIED) || coil__job_copy(job, arg, size);
}

/* It has run, or never will: the copy and the context go. */
void coil__job_fini(struct job *job);

static inline void job_fini(struct job *job)
{
	if (unlikely(job->values || job->size != COIL_NOT_COPIED))
		coil__job_fini(job);
}

/* Runs it here, and packs its result: as a worker_class does.  What it kept in this thread
 * goes. */
void coil__job_run(void *unused, struct job *job, struct parcel *result);

#endif
