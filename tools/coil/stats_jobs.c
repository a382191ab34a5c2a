/* SPDX-License-Identifier: MIT
 *
 * coil stats, of what happens beside the loop: executors and their jobs, threads, worker
 * processes, signals.  O(1) for each event.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"
#include "trace/reader_memory.h"
#include "trace/reader_print.h"
#include "view_base.h"

struct executor {
	uint64_t jobs, failed, cancelled;
	uint64_t waited, ran, longest; /* ns: until begun, from then on, one  */
};

struct thread {
	uint64_t events, jobs, ran;    /* ran: ns in jobs                     */
	uint64_t calls;                /* call_soon_threadsafe                */
};

static struct executor *executor_of(struct stats *stats, uint64_t id)
{
	struct executor *executor = coil__map_get(&stats->executors, id);

	if (!executor) {
		executor = coil__take(1, sizeof *executor);
		coil__map_put(&stats->executors, id, executor);
	}
	return executor;
}

static struct thread *thread_of(struct stats *stats, uint32_t id)
{
	struct thread *thread = coil__map_get(&stats->beside, id);

	if (!thread) {
		thread = coil__take(1, sizeof *thread);
		coil__map_put(&stats->beside, id, thread);
	}
	return thread;
}

/* ---- counting ------------------------------------------------------------------- */

static void job_begin(struct stats *stats, const struct coil__event *event)
{
	const struct coil__state_job *job =
		coil__state_job(stats->state, event->as.JOB_BEGIN.job);

	thread_of(stats, event->thread)->jobs++;
	if (job && !coil__state_is_worker(stats->state, job, event->thread))
		executor_of(stats, job->executor)->waited += event->time - job->submitted;
}

static void job_end(struct stats *stats, const struct coil__event *event)
{
	const struct coil__state_job *job = coil__state_job(stats->state, event->as.JOB_END.job);
	uint64_t begun = coil__state_thread(stats->state, event->thread)->job_begun;
	struct executor *executor;
	uint64_t ran;

	if (!job)
		return;
	thread_of(stats, event->thread)->ran += event->time - begun;
	if (coil__state_is_worker(stats->state, job, event->thread))
		return;
	executor = executor_of(stats, job->executor);
	executor->failed += event->tag != TRACE_OUTCOME_RESULT;
	if (!job->running)
		return;
	ran = event->time - job->begun;
	executor->ran += ran;
	if (ran > executor->longest)
		executor->longest = ran;
}

static void signal_came(struct stats *stats, int signum)
{
	uint64_t *count = coil__map_get(&stats->signals, (uint32_t)signum);

	if (!count) {
		count = coil__take(1, sizeof *count);
		coil__map_put(&stats->signals, (uint32_t)signum, count);
	}
	++*count;
}

void coil__stats_beside(struct stats *stats, const struct coil__event *event)
{
	const struct coil__state_job *job;

	thread_of(stats, event->thread)->events++;
	switch (event->type) {
	case TRACE_EXECUTOR_CREATED:
		executor_of(stats, event->as.EXECUTOR_CREATED.executor);
		break;
	case TRACE_JOB_SUBMITTED:
		executor_of(stats, event->as.JOB_SUBMITTED.executor)->jobs++;
		break;
	case TRACE_JOB_BEGIN:
		job_begin(stats, event);
		break;
	case TRACE_JOB_END:
		job_end(stats, event);
		break;
	case TRACE_JOB_CANCELLED:
		job = coil__state_job(stats->state, event->as.JOB_CANCELLED.job);
		if (job)
			executor_of(stats, job->executor)->cancelled++;
		break;
	case TRACE_WAKE:
		stats->calls_taken += event->as.WAKE.count;
		break;
	case TRACE_HANDLE_SCHEDULED:
		thread_of(stats, event->thread)->calls +=
			event->tag == TRACE_SCHEDULE_THREADSAFE;
		break;
	case TRACE_SIGNAL:
		signal_came(stats, event->as.SIGNAL.signum);
		break;
	}
}

void coil__stats_free_beside(struct stats *stats)
{
	coil__map_free(&stats->executors);
	coil__map_free(&stats->beside);
	coil__map_free(&stats->signals);
}

/* ---- printing ------------------------------------------------------------------- */

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

/* The entries of MAP by their ids; to be freed. */
static int compare(const void *left, const void *right)
{
	const struct coil__map_entry *a = left, *b = right;

	return a->id < b->id ? -1 : a->id > b->id;
}

static struct coil__map_entry *sorted(const struct coil__map *map)
{
	struct coil__map_entry *entries = coil__take(map->count + 1, sizeof *entries);
	struct coil__map_entry *entry = NULL;
	size_t count = 0;

	while ((entry = coil__map_next(map, entry)))
		entries[count++] = *entry;
	qsort(entries, count, sizeof *entries, compare);
	return entries;
}

static void print_name(const char *name)
{
	if (name)
		coil__print_escaped(stdout, name, strlen(name), '\0');
}

static void print_executor(const struct stats *stats, const struct coil__map_entry *entry)
{
	const struct coil__state_executor *known = coil__state_executor(stats->state, entry->id);
	const struct executor *executor = entry->value;

	printf("%10.6f %10.6f %10.6f %9" PRIu64 " %6" PRIu64 " %9" PRIu64 "  ",
	       seconds(executor->waited), seconds(executor->ran), seconds(executor->longest),
	       executor->jobs, executor->failed, executor->cancelled);
	if (!known || !known->seen) {
		printf("executor %" PRIu64 "\n", entry->id);
		return;
	}
	print_name(known->name && *known->name ? known->name : "executor");
	printf(" (%s, %" PRIu32 " at most)\n", coil__event_tag(TRACE_EXECUTOR_CREATED, known->kind),
	       known->workers);
}

static void print_executors(const struct stats *stats)
{
	struct coil__map_entry *entries = sorted(&stats->executors);

	if (stats->executors.count)
		puts("\n    waited    running    longest      jobs failed cancelled  executor");
	for (size_t i = 0; i < stats->executors.count; i++)
		print_executor(stats, &entries[i]);
	free(entries);
}

static void print_thread(const struct stats *stats, const struct coil__map_entry *entry)
{
	const struct coil__state_thread *known = coil__map_get(&stats->state->threads, entry->id);
	const struct thread *thread = entry->value;

	printf("%10.6f %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "  ", seconds(thread->ran),
	       thread->jobs, thread->calls, thread->events);
	if (known && known->process)
		printf("worker %" PRIu32 ": ", known->process);
	if (known && known->name && *known->name)
		print_name(known->name);
	else
		printf("thread %" PRIu64, entry->id);
	putchar('\n');
}

static void print_threads(const struct stats *stats)
{
	struct coil__map_entry *entries = sorted(&stats->beside);

	if (stats->beside.count > 1)
		puts("\n   in jobs      jobs     calls    events  thread");
	for (size_t i = 0; i < stats->beside.count && stats->beside.count > 1; i++)
		print_thread(stats, &entries[i]);
	free(entries);
}

static void print_signals(const struct stats *stats)
{
	struct coil__map_entry *entries = sorted(&stats->signals);

	if (stats->signals.count)
		puts("\n     times  signal");
	for (size_t i = 0; i < stats->signals.count; i++) {
		char *name = coil__view_signal_name((int)entries[i].id);

		printf("%10" PRIu64 "  %s\n", *(uint64_t *)entries[i].value, name);
		free(name);
	}
	free(entries);
}

void coil__stats_print_beside(const struct stats *stats)
{
	print_executors(stats);
	print_threads(stats);
	print_signals(stats);
}
