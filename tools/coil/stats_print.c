/* SPDX-License-Identifier: MIT
 *
 * What coil stats prints.  O(n log n) in the number of tasks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"
#include "trace/reader_memory.h"
#include "trace/reader_print.h"

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

static void print_summary(const struct stats *stats)
{
	const struct trace_header *header = coil__reader_header(stats->reader);

	fputs("program   ", stdout);
	coil__print_escaped(stdout, header->program,
			    strnlen(header->program, sizeof header->program), '\0');
	printf("\nclock     %s\n", header->clock == TRACE_CLOCK_VIRTUAL ? "virtual" : "real");
	printf("time      %.6f s\n", seconds(stats->last - stats->first));
	printf("events    %" PRIu64 "\n", stats->events);
	printf("threads   %zu\n", stats->state->threads.count);
	printf("loops     %" PRIu64 "\n", stats->counts[TRACE_LOOP_CREATED]);
	printf("turns     %" PRIu64 "\n", stats->counts[TRACE_ITERATION_BEGIN]);
	if (stats->calls_taken)
		printf("wake-ups  %" PRIu64 ", by %" PRIu64 " calls from other threads\n",
		       stats->counts[TRACE_WAKE], stats->calls_taken);
}

static void print_counts(const struct stats *stats)
{
	puts("\n     count  event");
	for (unsigned type = 0; type < TRACE_TYPES; type++)
		if (stats->counts[type])
			printf("%10" PRIu64 "  %s\n", stats->counts[type],
			       coil__event_name(type));
}

/* Those that ran longest first; in the order of their ids where that is equal. */
static int compare_tasks(const void *left, const void *right)
{
	const struct task *a = *(const struct task *const *)left;
	const struct task *b = *(const struct task *const *)right;
	uint64_t a_ran = a->time[COIL__TASK_RUNNING], b_ran = b->time[COIL__TASK_RUNNING];

	if (a_ran != b_ran)
		return a_ran > b_ran ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static void print_label(const struct stats *stats, uint64_t task)
{
	const char *label = coil__names_task(stats->names, task);

	if (label)
		coil__print_escaped(stdout, label, strlen(label), '\0');
	else
		printf("task %" PRIu64, task);
}

static void print_tasks(const struct stats *stats)
{
	size_t count = stats->tasks.count, n = 0;
	struct task **tasks = coil__take(count, sizeof *tasks);
	struct coil__map_entry *entry = NULL;

	while ((entry = coil__map_next(&stats->tasks, entry)))
		tasks[n++] = entry->value;
	qsort(tasks, n, sizeof *tasks, compare_tasks);
	if (n)
		puts("\n   running      ready    waiting     steps    longest  task");
	for (size_t i = 0; i < n && i < stats->task_limit; i++) {
		printf("%10.6f %10.6f %10.6f %9" PRIu64 " %10.6f  ",
		       seconds(tasks[i]->time[COIL__TASK_RUNNING]),
		       seconds(tasks[i]->time[COIL__TASK_READY]),
		       seconds(tasks[i]->time[COIL__TASK_WAITING]),
		       tasks[i]->steps, seconds(tasks[i]->longest));
		print_label(stats, tasks[i]->id);
		puts(tasks[i]->done ? "" : " (not done)");
	}
	if (n > stats->task_limit)
		printf("and %zu more tasks (--tasks N shows more)\n", n - stats->task_limit);
	free(tasks);
}

static void print_waits(const struct stats *stats)
{
	bool any = false;

	for (unsigned kind = 0; kind < WAIT_KINDS; kind++) {
		const struct wait *wait = &stats->waits[kind];

		if (!wait->count)
			continue;
		if (!any)
			puts("\n    waited     times  for");
		any = true;
		printf("%10.6f %9" PRIu64 "  %s\n", seconds(wait->time), wait->count,
		       kind == WAIT_TASK ? "a task" : coil__names_future(kind));
	}
}

static void print_steps(const struct stats *stats)
{
	if (stats->step_count)
		puts("\nlongest step          at     event  task");
	for (size_t i = 0; i < stats->step_count; i++) {
		const struct step *step = &stats->steps[i];

		printf("%12.6f %11.6f %9" PRIu64 "  ", seconds(step_length(step)),
		       seconds(step->time), step->index);
		print_label(stats, step->task);
		putchar('\n');
	}
}

void coil__stats_print(const struct stats *stats)
{
	print_summary(stats);
	print_counts(stats);
	print_tasks(stats);
	print_waits(stats);
	print_steps(stats);
	coil__stats_print_beside(stats);
}
