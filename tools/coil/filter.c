/* SPDX-License-Identifier: MIT
 *
 * See filter.h.
 */
#include "filter.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "trace/reader_layout.h"
#include "trace/reader_memory.h"

/* The tasks whose steps a thread runs, each inside of the one before. */
struct running {
	uint64_t *tasks;
	size_t count, room;
};

void coil__filter_init(struct filter *filter)
{
	*filter = (struct filter){ .from = -INFINITY, .to = INFINITY };
}

void coil__filter_free(struct filter *filter)
{
	struct coil__map_entry *entry = NULL;

	free(filter->tasks);
	while ((entry = coil__map_next(&filter->running, entry)))
		free(((struct running *)entry->value)->tasks);
	coil__map_free(&filter->running);
}

/* ---- options ---------------------------------------------------------------- */

static bool same_word(const char *name, const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (toupper((unsigned char)word[i]) != name[i])
			return false;
	return name[length] == '\0';
}

static bool unknown_type(const char *command, const char *word, size_t length)
{
	const char *names[TRACE_TYPES], *nearest;
	char upper[32] = "";
	size_t count = 0;

	for (unsigned type = 0; type < TRACE_TYPES; type++)
		if (coil__layout_own()->events[type])
			names[count++] = coil__event_name(type);
	for (size_t i = 0; i < length && i < sizeof upper - 1; i++)
		upper[i] = (char)toupper((unsigned char)word[i]);
	nearest = coil__nearest(upper, names, count);
	coil__bad_usage(command, "there is no event %.*s%s%s%s", (int)length, word,
			nearest ? "; is it " : "", nearest ? nearest : "",
			nearest ? "?" : "");
	return false;
}

static bool take_types(struct filter *filter, const char *command, const char *value)
{
	for (const char *word = value; ; word++) {
		size_t length = strcspn(word, ",");
		unsigned type = 0;

		while (type < TRACE_TYPES && !same_word(coil__event_name(type), word, length))
			type++;
		if (type == TRACE_TYPES)
			return unknown_type(command, word, length);
		filter->types[type] = true;
		word += length;
		if (!*word)
			return filter->by_type = true;
	}
}

static bool take_time(double *time, const char *command, const char *value)
{
	char *end;

	*time = strtod(value, &end);
	if (end != value && !*end && !isnan(*time))
		return true;
	coil__bad_usage(command, "%s is no time in seconds", value);
	return false;
}

bool coil__filter_option(struct filter *filter, const char *command, int c,
			 const char *value)
{
	switch (c) {
	case 't':
		filter->tasks = coil__grow(filter->tasks, &filter->task_room,
					   filter->task_count + 1, sizeof *filter->tasks);
		filter->tasks[filter->task_count++] = value;
		return true;
	case 'y':
		return take_types(filter, command, value);
	case 'f':
		return take_time(&filter->from, command, value);
	default:
		return take_time(&filter->to, command, value);
	}
}

/* ---- events ------------------------------------------------------------------- */

static bool wants_task(const struct filter *filter, const struct coil__names *names,
		       uint64_t id)
{
	const char *label = id ? coil__names_task(names, id) : NULL;
	char number[24];

	if (!label)
		return false;
	snprintf(number, sizeof number, "%" PRIu64, id);
	for (size_t i = 0; i < filter->task_count; i++)
		if (!strcmp(filter->tasks[i], label) || !strcmp(filter->tasks[i], number))
			return true;
	return false;
}

/* Does a field of the event name a task that is wanted? */
static bool names_task(const struct filter *filter, const struct coil__names *names,
		       const struct coil__event *event)
{
	const struct coil__event_layout *layout = coil__layout_own()->events[event->type];

	if (coil__event_target_is_number(event))
		return false;
	for (size_t i = 0; layout && i < layout->field_count; i++) {
		const struct coil__field *field = &layout->fields[i];

		if (field->type == COIL__FIELD_ID &&
		    strncmp(field->name, "handle:", 7) &&
		    wants_task(filter, names, coil__field_integer(field, &event->as)))
			return true;
	}
	return false;
}

static struct running *running_in(struct filter *filter, uint32_t thread)
{
	struct running *running = coil__map_get(&filter->running, thread);

	if (!running) {
		running = coil__take(1, sizeof *running);
		coil__map_put(&filter->running, thread, running);
	}
	return running;
}

static void begin_step(struct running *running, uint64_t task)
{
	running->tasks = coil__grow(running->tasks, &running->room, running->count + 1,
				    sizeof *running->tasks);
	running->tasks[running->count++] = task;
}

/* The task whose step the event's thread runs, with that step's begin and end.  The
 * first step of an eager task is inside of another's, which goes on after it. */
static uint64_t running_task(struct filter *filter, const struct coil__event *event)
{
	struct running *running = running_in(filter, event->thread);
	uint64_t task;

	if (event->type == TRACE_TASK_STEP_BEGIN) {
		running->count = 0; /* what has no end, in a damaged trace, is over */
		begin_step(running, event->as.TASK_STEP_BEGIN.task);
	} else if (event->type == TRACE_TASK_EAGER_BEGIN) {
		begin_step(running, event->as.TASK_EAGER_BEGIN.task);
	}
	task = running->count ? running->tasks[running->count - 1] : 0;
	if (running->count && (event->type == TRACE_TASK_STEP_END ||
			       event->type == TRACE_TASK_EAGER_END))
		running->count--;
	return task;
}

bool coil__filter_wants(struct filter *filter, const struct coil__names *names,
			const struct coil__event *event)
{
	double time = (double)event->time / 1e9;

	if (filter->task_count) {
		uint64_t task = running_task(filter, event);

		if (!wants_task(filter, names, task) && !names_task(filter, names, event))
			return false;
	}
	return time >= filter->from && time <= filter->to &&
	       (!filter->by_type || filter->types[event->type]);
}
