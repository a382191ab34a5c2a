/* SPDX-License-Identifier: MIT
 *
 * Filters, drawing, and the reading of the trace: see view_base.h.  O(events).
 */
#include "view_base.h"
#include <stdlib.h>
#include <string.h>
#include "render_text.h"
#include "trace/reader_memory.h"

enum {
	DEPTH_MOST = 60,               /* activations within each other  */
	PAUSE_LEAST = 1000000          /* ns; shorter ones are not drawn */
};

/* ---- filters ------------------------------------------------------------- */

static bool in_window(const struct view *view)
{
	const struct view_options *options = view->options;

	return view->time >= options->from && view->time <= options->to &&
	       view->iteration >= options->first_iteration &&
	       view->iteration <= options->last_iteration;
}

static bool is_chosen(const struct actor *a, const struct actor *b)
{
	return (a && a->chosen) || (b && b->chosen);
}

static bool is_own(const struct actor *a, const struct actor *b)
{
	return !is_chosen(a, b) && ((a && a->own) || (b && b->own));
}

static bool is_wanted(const struct view *view, const struct actor *a,
		      const struct actor *b)
{
	return in_window(view) && !is_own(a, b) &&
	       (!view->options->task_count || is_chosen(a, b));
}

static bool is_full(const struct view *view)
{
	return view->options->limit && view->diagram->messages >= view->options->limit;
}

/* May a message between A and B be drawn?  If not, it is counted. */
static bool admit(struct view *view, struct actor *a, struct actor *b)
{
	bool wanted = is_wanted(view, a, b);

	if (wanted && !is_full(view))
		return true;
	if (is_own(a, b)) /* nobody asked for it to be left out */
		return false;
	if (wanted)
		view->beyond++;
	else
		view->filtered++;
	if (a)
		a->left_out = true;
	if (b)
		b->left_out = true;
	return false;
}

/* ---- drawing ------------------------------------------------------------- */

/* The divider and the pause wait until something comes after them, so that with
 * filters none stands alone. */
static void flush(struct view *view)
{
	char *text;

	if (view->divider) {
		text = coil__text_format(view->running > 1 ? "%2$s: iteration %1$llu"
							   : "iteration %1$llu",
					 (unsigned long long)view->divider,
					 view->divided->name);
		coil__diagram_divider(view->diagram, view->time, text);
		free(text);
		view->divider = 0;
	}
	if (view->pause >= PAUSE_LEAST) {
		text = coil__text_format("%.3f s", (double)view->pause / 1e9);
		coil__diagram_delay(view->diagram, view->time, text);
		free(text);
		view->pause = 0;
	}
}

/* What is active already shows as such from here on. */
static int participant_of(struct view *view, struct actor *actor)
{
	if (!actor)
		return DIAGRAM_OUTSIDE;
	if (actor->participant == DIAGRAM_OUTSIDE) {
		actor->participant = coil__diagram_participant(view->diagram, actor->kind,
							       actor->name);
		for (unsigned i = 0; i < actor->depth && i < DEPTH_MOST; i++) {
			coil__diagram_begin(view->diagram, view->time, actor->participant);
			actor->drawn |= UINT64_C(1) << i;
		}
	}
	return actor->participant;
}

void coil__view_show(struct view *view, struct actor *actor)
{
	if (is_wanted(view, actor, NULL) && !is_full(view))
		participant_of(view, actor);
}

void coil__view_message(struct view *view, enum diagram_style style,
			struct actor *from, struct actor *to, const char *format, ...)
{
	va_list arguments;
	char *label;
	int sender, receiver;

	if ((!from && !to) || !admit(view, from, to))
		return;
	flush(view);
	va_start(arguments, format);
	label = coil__text_vformat(format, arguments);
	va_end(arguments);
	sender = participant_of(view, from);
	receiver = participant_of(view, to);
	coil__diagram_message(view->diagram, view->time, style, sender, receiver, label);
	free(label);
}

void coil__view_begin(struct view *view, struct actor *actor)
{
	bool drawn = actor->participant != DIAGRAM_OUTSIDE && in_window(view) &&
		     !is_full(view) && actor->depth < DEPTH_MOST;

	if (drawn) {
		coil__diagram_begin(view->diagram, view->time, actor->participant);
		actor->drawn |= UINT64_C(1) << actor->depth;
	}
	actor->depth++;
}

void coil__view_end(struct view *view, struct actor *actor)
{
	uint64_t bit;

	if (actor->depth == 0 || --actor->depth >= DEPTH_MOST)
		return;
	bit = UINT64_C(1) << actor->depth;
	if (actor->drawn & bit)
		coil__diagram_end(view->diagram, view->time, actor->participant);
	actor->drawn &= ~bit;
}

void coil__view_note(struct view *view, enum diagram_style style,
		     struct actor *over, const char *format, ...)
{
	va_list arguments;
	char *text;

	if (!is_wanted(view, over, NULL) || is_full(view))
		return;
	flush(view);
	va_start(arguments, format);
	text = coil__text_vformat(format, arguments);
	va_end(arguments);
	coil__diagram_note(view->diagram, view->time, style, participant_of(view, over),
			   text);
	free(text);
}

void coil__view_divider(struct view *view, struct actor *loop, uint64_t iteration)
{
	if (view->pause >= PAUSE_LEAST)
		flush(view);
	if (in_window(view) && !is_full(view))
		view->divider = iteration;
	view->divided = loop;
}

bool coil__view_descend(struct view *view, uint64_t task, unsigned open)
{
	const struct coil__state_object *object = coil__state_object(view->state, task);
	unsigned depth = 0;

	for (size_t i = 0; object && i < object->await_count; i++)
		depth += object->awaits[i].kind == TRACE_AWAIT_COROUTINE;
	if (depth < (uint64_t)view->options->depth + open)
		return true;
	view->too_deep++;
	return false;
}

char *coil__view_error(const struct view *view, uint32_t error, const char *message)
{
	const char *name = coil__reader_error_name(view->reader, error);
	char *short_message, *text;

	if (!*message)
		return coil__text_format("%s", *name ? name : "error");
	short_message = coil__text_shorten(message, 40);
	text = coil__text_format("%s: %s", *name ? name : "error", short_message);
	free(short_message);
	return text;
}

char *coil__view_report(const struct view *view, const struct coil__event *event)
{
	uint32_t error = event->as.EXCEPTION_REPORTED.error;

	if (!error && *event->text)
		return coil__text_format("%s", event->text);
	return coil__text_format("%s%s%s", event->text, *event->text ? ": " : "",
				 coil__reader_error_name(view->reader, error));
}

/* ---- all of it ----------------------------------------------------------- */

/* The last names count, so they are read before anything is drawn.  SEEN: which
 * of the tasks that were asked for are there. */
static void read_names(struct view *view, bool *seen)
{
	struct coil__event event;

	coil__names_read(view->names, view->reader);
	while (coil__reader_next(view->reader, &event)) {
		const char *label;

		view->has_workers |= event.type == TRACE_THREAD && event.as.THREAD.process;
		if (event.type != TRACE_TASK_CREATED)
			continue;
		view->task_count++;
		label = coil__names_task(view->names, event.as.TASK_CREATED.task);
		for (size_t i = 0; i < view->options->task_count; i++)
			seen[i] |= coil__view_is_called(view->options->tasks[i], label,
							event.as.TASK_CREATED.task);
	}
	coil__reader_rewind(view->reader);
}

/* The first task that was asked for and is not there, or NULL. */
static const char *unknown_task(struct view *view)
{
	bool *seen = coil__take(view->options->task_count + 1, sizeof *seen);
	const char *unknown = NULL;

	read_names(view, seen);
	for (size_t i = view->options->task_count; i-- > 0; )
		if (!seen[i])
			unknown = view->options->tasks[i];
	free(seen);
	return unknown;
}

static void note_generator(struct view *view, const struct coil__event *event)
{
	uint32_t site = event->as.RESOURCE_CREATED.site;

	if (event->tag == TRACE_RESOURCE_ASYNC_GENERATOR && site &&
	    !coil__view_is_generator(view, site))
		coil__map_put(&view->generators, site, coil__take(1, 1));
}

/* While a loop waits, the time to the next event is a pause, whoever that is of.  Called
 * before EVENT is applied. */
static void pass_time(struct view *view, const struct coil__event *event)
{
	bool polls = event->loop && coil__state_loop(view->state, event->loop)->polling;

	if (view->polling && event->time > view->time && in_window(view) && !is_full(view))
		view->pause += event->time - view->time;
	if (event->type == TRACE_POLL_BEGIN)
		view->polling += !polls;
	else if (event->type == TRACE_POLL_END || event->type == TRACE_LOOP_RUN_END)
		view->polling -= polls;
	view->time = event->time;
}

static void count_loops(struct view *view, const struct coil__event *event)
{
	if (event->type == TRACE_LOOP_RUN_BEGIN)
		view->running += !coil__state_loop(view->state,
						   event->as.LOOP_RUN_BEGIN.loop)->running;
	else if (event->type == TRACE_LOOP_RUN_END)
		view->running -= coil__state_loop(view->state,
						  event->as.LOOP_RUN_END.loop)->running;
}

static void take_event(struct view *view, const struct view_kind *kind)
{
	const struct coil__event *event = &view->event;

	pass_time(view, event);
	count_loops(view, event);
	if (event->type == TRACE_ITERATION_BEGIN)
		view->iteration = event->as.ITERATION_BEGIN.n;
	if (event->type == TRACE_LOOP_RUN_BEGIN)
		coil__view_loop_actor(view, event->as.LOOP_RUN_BEGIN.loop)->run_site =
			event->as.LOOP_RUN_BEGIN.site;
	if (event->type == TRACE_RESOURCE_CREATED)
		note_generator(view, event);
	if (kind->on[event->type])
		kind->on[event->type](view, event);
	coil__state_apply(view->state, event);
}

static void read_events(struct view *view, const struct view_kind *kind)
{
	while (coil__reader_next(view->reader, &view->event))
		take_event(view, kind);
	if (kind->finish)
		kind->finish(view);
	coil__diagram_finish(view->diagram, view->time);
}

static size_t tasks_left_out(const struct view *view)
{
	struct coil__map_entry *entry = NULL;
	size_t count = 0;

	while ((entry = coil__map_next(&view->tasks, entry))) {
		const struct actor *actor = entry->value;

		count += actor->kind == DIAGRAM_TASK && actor->left_out &&
			 actor->participant == DIAGRAM_OUTSIDE;
	}
	return count;
}

static void note(struct view *view, enum diagram_style style, char *text)
{
	if (!view->diagram->participant_count)
		coil__diagram_participant(view->diagram, DIAGRAM_LOOP, "event loop");
	coil__diagram_note(view->diagram, view->time, style, DIAGRAM_OUTSIDE, text);
	free(text);
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* Nothing is left out silently. */
static void note_what_is_missing(struct view *view)
{
	size_t tasks = tasks_left_out(view);
	const char *damage = coil__reader_error(view->reader);
	const char *missing = coil__reader_missing(view->reader);
	char *of_tasks = tasks ? coil__text_format(", %zu task%s with them", tasks,
						   plural(tasks))
			       : coil__copy("", 0);

	if (view->filtered)
		note(view, DIAGRAM_CALL, coil__text_format(
			"%zu message%s left out by the filters%s", view->filtered,
			plural(view->filtered), of_tasks));
	if (view->too_deep)
		note(view, DIAGRAM_CALL, coil__text_format(
			"%zu message%s of inline awaits left out (--depth %u)",
			view->too_deep, plural(view->too_deep), view->options->depth));
	if (view->beyond)
		note(view, DIAGRAM_CALL, coil__text_format(
			"%zu message%s after the first %zu left out%s (--limit 0: all)",
			view->beyond, plural(view->beyond), view->options->limit,
			view->filtered ? "" : of_tasks));
	if (missing)
		note(view, DIAGRAM_ERROR, coil__text_format("%s", missing));
	if (damage)
		note(view, DIAGRAM_ERROR, coil__text_format("the trace ends here: %s", damage));
	if (!view->diagram->participant_count)
		note(view, DIAGRAM_CALL, coil__text_format("nothing to draw in this trace"));
	free(of_tasks);
}

struct diagram *coil__view_build(const struct view_kind *kind,
				 struct coil__reader *reader,
				 const struct view_options *options,
				 size_t *left_out, char **error)
{
	struct view view = { .options = options, .reader = reader };
	const char *unknown;

	*error = NULL;
	view.names = coil__names_create(reader);
	unknown = unknown_task(&view);
	if (unknown) {
		*error = coil__text_format("no task of this trace is called \"%s\"", unknown);
	} else {
		view.state = coil__state_create();
		view.diagram = coil__diagram_create();
		read_events(&view, kind);
		note_what_is_missing(&view);
		*left_out = view.beyond;
		coil__state_destroy(view.state);
		coil__view_free_actors(&view);
	}
	coil__names_destroy(view.names);
	return view.diagram;
}
