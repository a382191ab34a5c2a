/* SPDX-License-Identifier: MIT
 *
 * See state_jobs.h.  O(1) per event.
 */
#include "state_jobs.h"

#include <stdlib.h>

#include "reader_memory.h"
#include "state_objects.h"

struct coil__state_job *coil__state_job(const struct coil__state *state, uint64_t id)
{
	return coil__map_get(&state->jobs, id);
}

struct coil__state_executor *coil__state_executor(const struct coil__state *state, uint64_t id)
{
	return coil__map_get(&state->executors, id);
}

static uint32_t process_of(const struct coil__state *state, uint32_t id)
{
	const struct coil__state_thread *thread = coil__map_get(&state->threads, id);

	return thread ? thread->process : 0;
}

bool coil__state_is_worker(const struct coil__state *state, const struct coil__state_job *job,
			   uint32_t thread)
{
	return process_of(state, thread) != process_of(state, job->submitter);
}

static struct coil__state_executor *take_executor(struct coil__state *state, uint64_t id)
{
	struct coil__state_executor *executor = coil__state_executor(state, id);

	if (!executor) {
		executor = coil__take(1, sizeof *executor);
		executor->id = id;
		coil__map_put(&state->executors, id, executor);
	}
	return executor;
}

/* ---- the queue of an executor ------------------------------------------ */

static void append(struct coil__state_executor *executor, struct coil__state_job *job)
{
	job->previous = executor->last;
	if (executor->last)
		executor->last->next = job;
	else
		executor->first = job;
	executor->last = job;
	executor->waiting++;
}

static void take_out(struct coil__state_executor *executor, struct coil__state_job *job)
{
	if (job->previous)
		job->previous->next = job->next;
	else
		executor->first = job->next;
	if (job->next)
		job->next->previous = job->previous;
	else
		executor->last = job->previous;
	job->previous = job->next = NULL;
	executor->waiting--;
}

/* A worker that is lost has not said that it does not run the job any more. */
static void leave_thread(const struct coil__state *state, const struct coil__state_job *job,
			 uint32_t id)
{
	struct coil__state_thread *thread = id ? coil__map_get(&state->threads, id) : NULL;

	if (thread && thread->job == job->id)
		thread->job = 0;
}

static void forget(struct coil__state *state, struct coil__state_job *job)
{
	struct coil__state_executor *executor = take_executor(state, job->executor);
	struct coil__state_object *future = coil__state_object(state, job->future);

	if (job->running)
		executor->running--;
	else
		take_out(executor, job);
	leave_thread(state, job, job->thread);
	leave_thread(state, job, job->worker);
	if (future && future->job == job->id)
		future->job = 0;
	coil__map_remove(&state->jobs, job->id);
	free(job);
}

/* ---- events ------------------------------------------------------------- */

void coil__state_executor_created(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_EXECUTOR_CREATED *created = &event->as.EXECUTOR_CREATED;
	struct coil__state_executor *executor = take_executor(state, created->executor);

	executor->seen = true;
	executor->kind = event->tag;
	executor->workers = created->workers;
	executor->site = created->site;
	free(executor->name);
	executor->name = coil__copy(event->text, event->text_length);
}

void coil__state_job_submitted(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_JOB_SUBMITTED *submitted = &event->as.JOB_SUBMITTED;
	struct coil__state_job *job = coil__state_job(state, submitted->job);
	struct coil__state_object *future = coil__state_object(state, submitted->future);

	if (job)
		forget(state, job);
	job = coil__take(1, sizeof *job);
	job->id = submitted->job;
	job->executor = submitted->executor;
	job->future = submitted->future;
	job->by = event->ctx;
	job->submitted = event->time;
	job->loop = submitted->loop ? submitted->loop : event->loop;
	job->site = submitted->site;
	job->submitter = event->thread;
	job->number = ++take_executor(state, job->executor)->submitted;
	append(take_executor(state, job->executor), job);
	coil__map_put(&state->jobs, job->id, job);
	if (future)
		future->job = job->id;
}

static void begin(struct coil__state *state, struct coil__state_job *job,
		  const struct coil__event *event)
{
	struct coil__state_executor *executor = take_executor(state, job->executor);

	take_out(executor, job);
	executor->running++;
	job->running = true;
	job->thread = event->thread;
	job->begun = event->time;
}

/* In a worker process it is begun once more. */
void coil__state_job_begin(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_thread *thread = coil__state_thread(state, event->thread);
	struct coil__state_job *job = coil__state_job(state, event->as.JOB_BEGIN.job);

	thread->job = event->as.JOB_BEGIN.job;
	thread->job_begun = event->time;
	if (job && coil__state_is_worker(state, job, event->thread))
		job->worker = event->thread;
	else if (job && !job->running)
		begin(state, job, event);
}

void coil__state_job_end(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_thread *thread = coil__state_thread(state, event->thread);
	struct coil__state_job *job = coil__state_job(state, event->as.JOB_END.job);

	if (thread->job == event->as.JOB_END.job)
		thread->job = 0;
	if (job && coil__state_is_worker(state, job, event->thread))
		job->worker = 0;
	else if (job)
		forget(state, job);
}

void coil__state_job_cancelled(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_job *job = coil__state_job(state, event->as.JOB_CANCELLED.job);

	if (job)
		forget(state, job);
}

/* ---- the end, and invariants ---------------------------------------------- */

void coil__state_free_jobs(struct coil__state *state)
{
	struct coil__map_entry *entry = NULL;

	while ((entry = coil__map_next(&state->executors, entry)))
		free(((struct coil__state_executor *)entry->value)->name);
	coil__map_free(&state->executors);
	coil__map_free(&state->jobs);
}

const char *coil__state_validate_jobs(const struct coil__state *state)
{
	struct coil__map_entry *entry = NULL;
	size_t jobs = 0;

	while ((entry = coil__map_next(&state->executors, entry))) {
		const struct coil__state_executor *executor = entry->value;
		const struct coil__state_job *job, *previous = NULL;
		size_t waiting = 0;

		for (job = executor->first; job; previous = job, job = job->next, waiting++)
			if (job->previous != previous || job->running ||
			    job->executor != executor->id ||
			    coil__state_job(state, job->id) != job)
				return "the queue of an executor is well linked";
		if (executor->last != previous || executor->waiting != waiting)
			return "the queue of an executor is counted right";
		jobs += waiting + executor->running;
	}
	return state->jobs.count == jobs ? NULL : "every job waits or runs";
}
