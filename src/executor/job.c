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

bool coil__job_copy(struct job *job, const void *arg, size_t size)
{
	job->arg = size <= JOB_SMALL ? job->small : malloc(size);
	if (!job->arg)
		return false;
	job->size = size;
	memcpy(job->arg, arg, size);
	return true;
}

void coil__job_fini(struct job *job)
{
	coil__context_values_unref(job->values);
	job->values = NULL;
	if (job->size != COIL_NOT_COPIED && job->arg != job->small)
		free(job->arg);
	job->size = COIL_NOT_COPIED;
}

static apart coil_result call_in_context(struct job *job)
{
	struct context_values **before = coil__context_enter(&job->values);
	coil_result result = job->function(job->arg);

	coil__context_enter(before);
	return result;
}

/* What is more than a number or a pointer. */
static apart void pack(struct parcel *parcel, coil_result result)
{
	bool is_list = coil__keep_take(coil__self.keep, result);

	coil__parcel_pack(parcel, result, is_list);
	if (is_list)
		object_unref(list_of(result.value));
	coil__keep_free(&coil__self.keep);
}

void coil__job_run(void *unused, struct job *job, struct parcel *parcel)
{
	coil_result result = unlikely(job->values) ? call_in_context(job) :
						     job->function(job->arg);

	(void)unused;
	if (unlikely(result.error || coil__self.keep))
		pack(parcel, result);
	else
		parcel->result = result; /* the rest of it is zero */
}
