/* SPDX-License-Identifier: MIT
 *
 * Jobs.  See job.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "executor/job.h"
#include "task/context.h"
#include "task/keep.h"
#include "task/list.h"
#include "task/parcel.h"

bool coil__job_init(struct job *job, coil_function function, const void *arg, size_t size)
{
	job->function = function;
	job->arg = (void *)(uintptr_t)arg;
	job->size = size;
	job->process = 0;
	if (likely(size == COIL_NOT_COPIED))
		return true;
	job->arg = size <= JOB_SMALL ? job->small : malloc(size);
	if (!job->arg) {
		job->size = COIL_NOT_COPIED;
		return false;
	}
	memcpy(job->arg, arg, size);
	return true;
}

void coil__job_fini(struct job *job)
{
	if (unlikely(job->values)) {
		coil__context_values_unref(job->values);
		job->values = NULL;
	}
	if (unlikely(job->size != COIL_NOT_COPIED && job->size > JOB_SMALL))
		free(job->arg);
	job->size = COIL_NOT_COPIED;
}

static coil_result call(struct job *job)
{
	struct context_values **before;
	coil_result result;

	if (likely(!job->values))
		return job->function(job->arg);
	before = coil__context_enter(&job->values);
	result = job->function(job->arg);
	coil__context_enter(before);
	return result;
}

void coil__job_run(struct job *job, struct parcel *result)
{
	coil_result returned = call(job);
	bool is_list = coil__self.keep && coil__keep_take(coil__self.keep, returned);

	if (likely(!is_list && !returned.error))
		result->result = returned; /* the rest of it is zero */
	else
		coil__parcel_pack(result, returned, is_list);
	if (is_list)
		object_unref(list_of(returned.value));
	if (coil__self.keep)
		coil__keep_free(&coil__self.keep);
}
