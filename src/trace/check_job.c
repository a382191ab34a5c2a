/* SPDX-License-Identifier: MIT
 *
 * The laws of executors and their jobs.
 *
 * A worker takes a job from the queue and records that a moment later, when others may
 * have taken and recorded the next; who cancels a job records that behind it.  So the
 * order of begins is held against that of submits as far as it is certain: of the jobs
 * that one thread has submitted, a worker begins them in that order.
 */
#include <inttypes.h>

#include "check_rules.h"

/* Is the trace one in which submits are seen?  Not that of a worker by itself. */
static bool submits_are_seen(const struct coil__check *check)
{
	return check->state->executors.count && !check->state->partial;
}

void coil__check_job_submitted(struct coil__check *check, const struct coil__event *event)
{
	const struct trace_JOB_SUBMITTED *submitted = &event->as.JOB_SUBMITTED;

	if (coil__state_job(check->state, submitted->job))
		coil__violated(check, COIL__LAW_JOB, event,
			       "job %" PRIu64 " is submitted, but was before and has not ended",
			       submitted->job);
}

static void check_order(struct coil__check *check, const struct coil__event *event,
			const struct coil__state_job *job)
{
	struct check_thread *worker = coil__map_get(&check->threads, event->thread);
	const struct coil__state_executor *executor =
		coil__state_executor(check->state, job->executor);

	if (executor && executor->workers && executor->running >= executor->workers)
		coil__violated(check, COIL__LAW_WORKER, event,
			       "job %" PRIu64 " begins, but %zu run of executor %" PRIu64
			       ", which has %" PRIu32 " workers", job->id, executor->running,
			       executor->id, executor->workers);
	if (worker->executor == job->executor && worker->submitter == job->submitter &&
	    worker->number > job->number)
		coil__violated(check, COIL__LAW_JOB_ORDER, event,
			       "job %" PRIu64 " begins behind one that was submitted later",
			       job->id);
	worker->executor = job->executor;
	worker->submitter = job->submitter;
	worker->number = job->number;
}

/* In a worker process, or in the thread that has it run there, or in a thread. */
static void check_begin(struct coil__check *check, const struct coil__event *event,
			const struct coil__state_job *job)
{
	bool worker = coil__state_is_worker(check->state, job, event->thread);

	if (worker ? job->worker != 0 : job->running)
		coil__violated(check, COIL__LAW_JOB, event,
			       "job %" PRIu64 " begins, but did so before", job->id);
	else if (!worker)
		check_order(check, event, job);
	else if (!job->running)
		coil__violated(check, COIL__LAW_JOB, event,
			       "job %" PRIu64 " begins in a process, but no thread has it run there",
			       job->id);
}

void coil__check_job_begin(struct coil__check *check, const struct coil__event *event)
{
	uint64_t id = event->as.JOB_BEGIN.job;
	const struct coil__state_job *job = coil__state_job(check->state, id);
	uint64_t runs = coil__state_thread(check->state, event->thread)->job;

	if (runs)
		coil__violated(check, COIL__LAW_WORKER, event,
			       "job %" PRIu64 " begins while its worker runs job %" PRIu64,
			       id, runs);
	if (job)
		check_begin(check, event, job);
	else if (id && submits_are_seen(check))
		coil__violated(check, COIL__LAW_JOB, event,
			       "job %" PRIu64 " begins, but was not submitted, or was cancelled",
			       id);
}

/* The thread that had a process run it may say more than that process, which was lost. */
static void check_end(struct coil__check *check, const struct coil__event *event,
		      const struct coil__state_job *job)
{
	bool worker = coil__state_is_worker(check->state, job, event->thread);

	if (worker ? !job->worker : !job->running)
		coil__violated(check, COIL__LAW_JOB, event,
			       "job %" PRIu64 " ends, but has not begun", job->id);
	else if (event->thread != (worker ? job->worker : job->thread))
		coil__violated(check, COIL__LAW_WORKER, event,
			       "job %" PRIu64 " ends in another thread than it began", job->id);
	else if (!worker && job->worker && event->tag == TRACE_OUTCOME_RESULT)
		coil__violated(check, COIL__LAW_JOB, event,
			       "job %" PRIu64 " ends, but its process still runs it", job->id);
}

void coil__check_job_end(struct coil__check *check, const struct coil__event *event)
{
	const struct trace_JOB_END *end = &event->as.JOB_END;
	const struct coil__state_job *job = coil__state_job(check->state, end->job);

	if (job)
		check_end(check, event, job);
	else if (end->job && submits_are_seen(check))
		coil__violated(check, COIL__LAW_JOB, event,
			       "job %" PRIu64 " ends, but was not submitted, or has ended before",
			       end->job);
}

void coil__check_job_cancelled(struct coil__check *check, const struct coil__event *event)
{
	uint64_t id = event->as.JOB_CANCELLED.job;
	const struct coil__state_job *job = coil__state_job(check->state, id);

	if (!job && id && submits_are_seen(check))
		coil__violated(check, COIL__LAW_JOB, event,
			       "job %" PRIu64 " is cancelled, but was not submitted, or has ended",
			       id);
	else if (job && job->running)
		coil__violated(check, COIL__LAW_JOB, event,
			       "job %" PRIu64 " is cancelled, but has begun", id);
}

/* Is it by a call that the job's own worker has made, which brings the result?  A program
 * may complete the future by itself at any time. */
static bool is_by_worker(const struct coil__check *check, const struct coil__event *event,
			 const struct coil__state_job *job)
{
	const struct coil__state_handle *handle = coil__state_handle(check->state, event->ctx);

	return handle && handle->kind == TRACE_SCHEDULE_THREADSAFE && job->running &&
	       handle->thread == job->thread;
}

void coil__check_job_future(struct coil__check *check, const struct coil__event *event,
			    const struct coil__state_object *future)
{
	const struct coil__state_job *job =
		future->job ? coil__state_job(check->state, future->job) : NULL;

	if (job && event->tag != TRACE_OUTCOME_CANCELLED && is_by_worker(check, event, job))
		coil__violated(check, COIL__LAW_JOB_FUTURE, event,
			       "future %" PRIu64 " is done, but its job %" PRIu64 " has not ended",
			       future->id, job->id);
}
