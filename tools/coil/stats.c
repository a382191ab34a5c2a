/* SPDX-License-Identifier: MIT
 *
 * coil stats: how often each event came; where the time of each task went; which
 * steps took longest.
 *
 * A task is at every moment running, ready (its next step is scheduled), or
 * waiting.  The rebuilt state knows which, and since when: whenever that changes
 * the time that has passed goes to the state it was in.
 *
 * Recording is cheap because a step that does not suspend ends at the last time
 * that was read within it.  So the time up to the next event of its thread, where
 * the clock was read again, is the step's too: it is taken from the state that
 * the task was in meanwhile.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "trace/names.h"
#include "trace/reader_map.h"
#include "trace/reader_memory.h"
#include "trace/reader_print.h"
#include "trace/state.h"

static const char help[] =
	"usage: coil stats [OPTION...] TRACE\n\n"
	"Prints how many events of each kind there are; of each task, for how long it\n"
	"ran, was ready to run, and waited; and the steps that took longest.\n\n"
	"  --tasks N   show the N tasks that ran longest (20)\n"
	"  --steps N   show the N longest steps (10)\n"
	"  --help      this\n";

struct task {
	uint64_t id;
	uint64_t time[COIL__TASK_DONE + 1]; /* ns in each state; may be below 0 for
					       a while (that is well defined) */
	uint64_t steps, longest;
	bool done;
};

struct step {
	uint64_t task;       /* 0: none */
	uint64_t index;      /* of the event that begins it */
	uint64_t time, end;
	bool ended;          /* but where the next event is, is not known yet */
};

struct stats {
	const struct coil__reader *reader;
	struct coil__state *state;
	struct coil__names *names;
	struct coil__map tasks;    /* id -> struct task * */
	uint64_t counts[TRACE_TYPES], events, first, last, iterations;
	size_t loops, threads;
	struct step *steps;        /* the longest, sorted: the longest first */
	size_t step_count, step_limit, task_limit;
	struct coil__map running;  /* thread -> struct step *, the last begun there */
};

/* ---- counting ----------------------------------------------------------------- */

static struct task *task_of(struct stats *stats, uint64_t id)
{
	struct task *task = coil__map_get(&stats->tasks, id);

	if (!task) {
		task = coil__take(1, sizeof *task);
		task->id = id;
		coil__map_put(&stats->tasks, id, task);
	}
	return task;
}

/* The task whose state EVENT may change; 0: none. */
static uint64_t task_touched(struct stats *stats, const struct coil__event *event)
{
	switch (event->type) {
	case TRACE_HANDLE_SCHEDULED:
		return event->tag == TRACE_SCHEDULE_STEP ||
		       event->tag == TRACE_SCHEDULE_WAKEUP ?
			event->as.HANDLE_SCHEDULED.target : 0;
	case TRACE_TASK_STEP_BEGIN:
		return event->as.TASK_STEP_BEGIN.task;
	case TRACE_TASK_STEP_END:
		return coil__state_thread(stats->state, event->thread)->task;
	case TRACE_FUTURE_DONE:
		return event->as.FUTURE_DONE.future;
	default:
		return 0;
	}
}

static uint64_t length_of(const struct step *step)
{
	return step->end > step->time ? step->end - step->time : 0;
}

static void keep_step(struct stats *stats, const struct step *step)
{
	size_t i = stats->step_count;

	if (i == stats->step_limit) {
		if (!i || length_of(&stats->steps[i - 1]) >= length_of(step))
			return;
		i--;
	} else {
		stats->step_count++;
	}
	for (; i > 0 && length_of(&stats->steps[i - 1]) < length_of(step); i--)
		stats->steps[i] = stats->steps[i - 1];
	stats->steps[i] = *step;
}

static struct step *step_of(struct stats *stats, uint32_t thread)
{
	struct step *step = coil__map_get(&stats->running, thread);

	if (!step) {
		step = coil__take(1, sizeof *step);
		coil__map_put(&stats->running, thread, step);
	}
	return step;
}

static void begin_step(struct stats *stats, const struct coil__event *event)
{
	struct step *step = step_of(stats, event->thread);

	*step = (struct step){
		.task = event->as.TASK_STEP_BEGIN.task, .index = event->index,
		.time = event->time,
	};
	task_of(stats, step->task)->steps++;
}

static void end_step(struct stats *stats, const struct coil__event *event)
{
	struct step *step = step_of(stats, event->thread);

	step->end = event->time;
	step->ended = step->task != 0;
}

/* The first event behind a step. */
static void settle_step(struct stats *stats, struct step *step, uint64_t now)
{
	struct task *task = task_of(stats, step->task);
	const struct coil__state_object *object = coil__state_object(stats->state, step->task);

	if (now > step->end && object) {
		task->time[COIL__TASK_RUNNING] += now - step->end;
		task->time[object->state] -= now - step->end;
		step->end = now;
	}
	if (length_of(step) > task->longest)
		task->longest = length_of(step);
	keep_step(stats, step);
	*step = (struct step){ 0 };
}

static void pass_time(struct stats *stats, uint64_t id, unsigned state, uint64_t since,
		      uint64_t now)
{
	if (now > since)
		task_of(stats, id)->time[state] += now - since;
}

/* Applies EVENT to the state, and books the time of the task that it touches. */
static void follow(struct stats *stats, const struct coil__event *event)
{
	uint64_t id = task_touched(stats, event);
	struct coil__state_object *task = coil__state_object(stats->state, id);
	unsigned before = task ? task->state : 0;
	uint64_t since = task ? task->changed : 0;
	bool known = id && task && task->is_task;

	coil__state_apply(stats->state, event);
	task = known ? coil__state_object(stats->state, id) : NULL;
	if (task && (task->state != before || task->changed != since)) {
		pass_time(stats, id, before, since, event->time);
		task_of(stats, id)->done = task->done;
	}
}

static void count(struct stats *stats, const struct coil__event *event)
{
	struct step *step = coil__map_get(&stats->running, event->thread);

	if (step && step->ended)
		settle_step(stats, step, event->time);
	stats->counts[event->type]++;
	stats->events++;
	if (stats->events == 1 || event->time < stats->first)
		stats->first = event->time;
	if (event->time > stats->last)
		stats->last = event->time;
	coil__names_apply(stats->names, event);
	if (event->type == TRACE_TASK_CREATED)
		task_of(stats, event->as.TASK_CREATED.task);
	else if (event->type == TRACE_TASK_STEP_BEGIN)
		begin_step(stats, event);
	else if (event->type == TRACE_TASK_STEP_END)
		end_step(stats, event);
	follow(stats, event);
}

/* What is not done is in its state until the end. */
static void count_what_is_left(struct stats *stats)
{
	const struct coil__state_object *object = stats->state->alive.oldest;
	struct coil__map_entry *entry = NULL;

	while ((entry = coil__map_next(&stats->running, entry))) {
		struct step *step = entry->value;

		if (step->ended)
			settle_step(stats, step, step->end);
	}
	for (; object; object = object->next)
		if (object->is_task)
			pass_time(stats, object->id, object->state, object->changed,
				  stats->last);
}

/* ---- printing ----------------------------------------------------------------- */

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

static void print_steps(const struct stats *stats)
{
	if (stats->step_count)
		puts("\nlongest step          at     event  task");
	for (size_t i = 0; i < stats->step_count; i++) {
		const struct step *step = &stats->steps[i];

		printf("%12.6f %11.6f %9" PRIu64 "  ", seconds(length_of(step)),
		       seconds(step->time), step->index);
		print_label(stats, step->task);
		putchar('\n');
	}
}

/* ---- the command ---------------------------------------------------------------- */

static void run(struct stats *stats, struct coil__reader *reader)
{
	struct coil__event event;

	stats->reader = reader;
	stats->state = coil__state_create();
	stats->names = coil__names_create(reader);
	stats->steps = coil__take(stats->step_limit, sizeof *stats->steps);
	while (coil__reader_next(reader, &event))
		count(stats, &event);
	count_what_is_left(stats);
	print_summary(stats);
	print_counts(stats);
	print_tasks(stats);
	print_steps(stats);
	coil__map_free(&stats->tasks);
	coil__map_free(&stats->running);
	coil__names_destroy(stats->names);
	coil__state_destroy(stats->state);
	free(stats->steps);
}

static bool take_limit(const char *command, const char *value, size_t *limit)
{
	unsigned long number;
	char *end;

	number = strtoul(value, &end, 10);
	if (end == value || *end || *value == '-' || number > 1000000) {
		coil__bad_usage(command, "%s is no number of lines", value);
		return false;
	}
	*limit = number;
	return true;
}

int coil__command_stats(int argc, char **argv)
{
	static const struct option options[] = {
		{ "tasks", required_argument, NULL, 't' },
		{ "steps", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct stats stats = { .task_limit = 20, .step_limit = 10 };
	struct coil__reader *reader;
	int c;

	while ((c = coil__option(argc, argv, ":", options, help)) != -1) {
		if (c == 'h')
			return coil__finish(NULL, STATUS_GOOD);
		if (c == '?' || !take_limit(argv[0], optarg, c == 't' ?
					    &stats.task_limit : &stats.step_limit))
			return STATUS_BAD;
	}
	reader = coil__open_argument(argc, argv);
	if (!reader)
		return STATUS_BAD;
	run(&stats, reader);
	return coil__finish(reader, STATUS_GOOD);
}
