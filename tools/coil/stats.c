/* SPDX-License-Identifier: MIT
 *
 * coil stats: how often each event came; where the time of each task went; which
 * steps took longest.
 *
 * The first step of an eager task is inside of another's, which does not run meanwhile;
 * but the length of a step is that of all that is inside of it.
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
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "stats.h"
#include "trace/reader_memory.h"

static const char help[] =
	"usage: coil stats [OPTION...] TRACE\n\n"
	"Prints how many events of each kind there are; of each task, for how long it\n"
	"ran, was ready to run, and waited; what they waited for; the steps that took\n"
	"longest; the jobs of executors, the threads and worker processes; signals.\n\n"
	"  --tasks N       show the N tasks that ran longest (20)\n"
	"  --steps N       show the N longest steps (10)\n"
	ALONE_HELP
	"  --help          this\n";

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
	case TRACE_TASK_EAGER_BEGIN:
		return event->as.TASK_EAGER_BEGIN.task;
	case TRACE_TASK_EAGER_END:
		return event->as.TASK_EAGER_END.task;
	case TRACE_TASK_STEP_END:
		return coil__state_thread(stats->state, event->thread)->task;
	case TRACE_FUTURE_DONE:
		return event->as.FUTURE_DONE.future;
	default:
		return 0;
	}
}

static void keep_step(struct stats *stats, const struct step *step)
{
	size_t i = stats->step_count;

	if (i == stats->step_limit) {
		if (!i || step_length(&stats->steps[i - 1]) >= step_length(step))
			return;
		i--;
	} else {
		stats->step_count++;
	}
	for (; i > 0 && step_length(&stats->steps[i - 1]) < step_length(step); i--)
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

static void drop_outer(struct step *step)
{
	struct step *outer, *next;

	for (outer = step->outer; outer; outer = next) {
		next = outer->outer;
		free(outer);
	}
	step->outer = NULL;
}

static void begin_step(struct stats *stats, const struct coil__event *event)
{
	struct step *step = step_of(stats, event->thread);

	drop_outer(step); /* in a damaged trace */
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

static void begin_eager_step(struct stats *stats, const struct coil__event *event)
{
	struct step *step = step_of(stats, event->thread);
	struct step *outer = coil__take(1, sizeof *outer);

	*outer = *step;
	*step = (struct step){
		.task = event->as.TASK_EAGER_BEGIN.task, .index = event->index,
		.time = event->time, .outer = outer,
	};
	task_of(stats, step->task)->steps++;
}

/* Its end reads the clock. */
static void end_eager_step(struct stats *stats, const struct coil__event *event)
{
	struct step *step = step_of(stats, event->thread), *outer = step->outer;
	struct task *task = task_of(stats, step->task);

	if (!outer)
		return;
	step->end = event->time;
	if (step_length(step) > task->longest)
		task->longest = step_length(step);
	if (outer->task)
		task_of(stats, outer->task)->time[COIL__TASK_RUNNING] -= step_length(step);
	keep_step(stats, step);
	*step = *outer;
	free(outer);
}

/* An await ends, before that is applied. */
static void count_wait(struct stats *stats, const struct coil__event *event)
{
	const struct coil__state_object *task =
		coil__state_object(stats->state, event->as.AWAIT_END.task), *target;
	const struct coil__state_await *await;
	unsigned kind = TRACE_FUTURE_PLAIN;

	if (!task || !task->await_count)
		return;
	await = &task->awaits[task->await_count - 1];
	if (await->kind == TRACE_AWAIT_COROUTINE)
		return;
	target = coil__state_object(stats->state, await->target);
	if (await->kind == TRACE_AWAIT_TASK || (target && target->is_task))
		kind = WAIT_TASK;
	else if (target && target->kind < TRACE_FUTURE_COUNT)
		kind = target->kind;
	stats->waits[kind].count++;
	stats->waits[kind].time += event->time - await->begun;
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
	if (step_length(step) > task->longest)
		task->longest = step_length(step);
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
	else if (event->type == TRACE_TASK_EAGER_BEGIN)
		begin_eager_step(stats, event);
	else if (event->type == TRACE_TASK_EAGER_END)
		end_eager_step(stats, event);
	else if (event->type == TRACE_AWAIT_END)
		count_wait(stats, event);
	coil__stats_beside(stats, event);
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
		drop_outer(step);
	}
	for (; object; object = object->next)
		if (object->is_task)
			pass_time(stats, object->id, object->state, object->changed,
				  stats->last);
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
	coil__stats_print(stats);
	coil__map_free(&stats->tasks);
	coil__map_free(&stats->running);
	coil__stats_free_beside(stats);
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
		ALONE_OPTION,
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct stats stats = { .task_limit = 20, .step_limit = 10 };
	struct coil__reader *reader;
	bool alone = false;
	int c;

	while ((c = coil__option(argc, argv, ":", options, help)) != -1) {
		if (c == 'h')
			return coil__finish(NULL, STATUS_GOOD);
		if (c == 'A')
			alone = true;
		else if (c == '?' || !take_limit(argv[0], optarg, c == 't' ?
					    &stats.task_limit : &stats.step_limit))
			return STATUS_BAD;
	}
	reader = coil__open_argument(argc, argv, alone);
	if (!reader)
		return STATUS_BAD;
	run(&stats, reader);
	return coil__finish(reader, STATUS_GOOD);
}
