/* SPDX-License-Identifier: MIT
 *
 * Who sends and gets messages, and what the handles are for: see view_base.h.
 * O(1), but linear in the number of different callbacks.
 */
#include "view_base.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "render_text.h"
#include "trace/reader_memory.h"

struct actor *coil__view_new_actor(enum diagram_kind kind, const char *name)
{
	struct actor *actor = coil__take(1, sizeof *actor);

	actor->name = coil__copy(name, strlen(name));
	actor->kind = kind;
	actor->participant = DIAGRAM_OUTSIDE;
	return actor;
}

static void free_actor(struct actor *actor)
{
	if (actor)
		free(actor->name);
	free(actor);
}

static void free_actors_of(struct coil__map *map)
{
	struct coil__map_entry *entry = NULL;

	while ((entry = coil__map_next(map, entry)))
		free(((struct actor *)entry->value)->name);
	coil__map_free(map);
}

bool coil__view_is_called(const char *asked, const char *label, uint64_t id)
{
	char number[24];

	snprintf(number, sizeof number, "%llu", (unsigned long long)id);
	return strcmp(asked, label) == 0 || strcmp(asked, number) == 0;
}

static bool is_chosen(const struct view *view, const char *label, uint64_t id)
{
	for (size_t i = 0; i < view->options->task_count; i++)
		if (coil__view_is_called(view->options->tasks[i], label, id))
			return true;
	return false;
}

struct actor *coil__view_task(struct view *view, uint64_t task)
{
	struct actor *actor = coil__map_get(&view->tasks, task);
	const char *label = coil__names_task(view->names, task);
	char *made = NULL;

	if (actor || !task)
		return actor;
	if (!label)
		label = made = coil__text_format("task %llu", (unsigned long long)task);
	actor = coil__view_new_actor(DIAGRAM_TASK, label);
	actor->chosen = is_chosen(view, label, task);
	coil__map_put(&view->tasks, task, actor);
	free(made);
	return actor;
}

/* Tasks and futures share one sequence of ids. */
struct actor *coil__view_future(struct view *view, uint64_t future)
{
	struct actor *actor = coil__map_get(&view->tasks, future);
	char *name;

	if (actor)
		return actor;
	name = coil__text_format("future_%zu", ++view->futures);
	actor = coil__view_new_actor(DIAGRAM_WAITED, name);
	coil__map_put(&view->tasks, future, actor);
	free(name);
	return actor;
}

/* ... and so do they with what tasks share. */
struct actor *coil__view_resource(struct view *view, uint64_t resource)
{
	uint64_t id = coil__names_shown(view->names, resource);
	struct actor *actor = coil__map_get(&view->tasks, id);
	const char *label = coil__names_resource(view->names, id);
	char *made = NULL;

	if (actor)
		return actor;
	if (!label)
		label = made = coil__text_format("resource %llu", (unsigned long long)id);
	actor = coil__view_new_actor(DIAGRAM_WAITED, label);
	coil__map_put(&view->tasks, id, actor);
	free(made);
	return actor;
}

struct actor *coil__view_loop_actor(struct view *view, uint32_t loop)
{
	struct actor *actor = coil__map_get(&view->loops, loop);
	char *name;

	if (actor)
		return actor;
	name = view->loops.count ? coil__text_format("event loop %zu", view->loops.count + 1)
				 : coil__text_format("event loop");
	actor = coil__view_new_actor(DIAGRAM_LOOP, name);
	coil__map_put(&view->loops, loop, actor);
	free(name);
	return actor;
}

struct actor *coil__view_sleep(struct view *view)
{
	if (!view->sleep)
		view->sleep = coil__view_new_actor(DIAGRAM_WAITED,
					coil__names_future(TRACE_FUTURE_SLEEP));
	return view->sleep;
}

struct actor *coil__view_timeout(struct view *view)
{
	if (!view->timeout)
		view->timeout = coil__view_new_actor(DIAGRAM_WAITED, "asyncio.timeout");
	return view->timeout;
}

struct actor *coil__view_callback(struct view *view, const char *callee)
{
	struct actor *actor;

	for (size_t i = 0; i < view->callback_count; i++)
		if (strcmp(view->callbacks[i]->name, callee) == 0)
			return view->callbacks[i];
	view->callbacks = coil__grow(view->callbacks, &view->callback_room,
				     view->callback_count + 1, sizeof actor);
	actor = coil__view_new_actor(DIAGRAM_CALLBACK, callee);
	view->callbacks[view->callback_count++] = actor;
	return actor;
}

void coil__view_free_actors(struct view *view)
{
	free_actors_of(&view->tasks);
	free_actors_of(&view->loops);
	free_actors_of(&view->threads);
	coil__view_free_jobs(view);
	coil__map_free(&view->generators);
	for (size_t i = 0; i < view->callback_count; i++)
		free_actor(view->callbacks[i]);
	free(view->callbacks);
	free_actor(view->sleep);
	free_actor(view->timeout);
	free_actor(view->signal);
}

bool coil__view_is_generator(const struct view *view, uint32_t site)
{
	return site && coil__map_get(&view->generators, site);
}

const char *coil__view_callee(const struct view *view, uint32_t site)
{
	const char *callee = coil__reader_site(view->reader, site)->callee;

	return *callee ? callee : "callback";
}

const char *coil__view_argument(const struct view *view, uint32_t site)
{
	const char *argument = coil__reader_site(view->reader, site)->argument;

	return strcmp(argument, "NULL") == 0 ? "" : argument;
}

/* Coil's own callbacks are called "sleep.wake", "gather.count"; what ends a run has
 * the site of the run. */
bool coil__view_is_callback(struct view *view, const struct coil__state_handle *handle)
{
	if (handle->kind == TRACE_SCHEDULE_STEP || handle->kind == TRACE_SCHEDULE_WAKEUP)
		return false;
	if (handle->kind == TRACE_SCHEDULE_CALLBACK &&
	    handle->site == coil__view_loop_actor(view, handle->loop)->run_site)
		return false;
	return !strchr(coil__view_callee(view, handle->site), '.');
}

/* Seconds, to the millisecond, from the event until WHEN; or, absolute, of the
 * trace's own time. */
static double seconds_until(const struct view *view, double when, bool absolute)
{
	const struct trace_header *header = coil__reader_header(view->reader);
	double now = (double)header->monotonic / 1e9;

	if (!absolute)
		now += (double)view->time / 1e9;
	return (double)(int64_t)((when - now) * 1000 + (when > now ? 0.5 : -0.5)) / 1000;
}

double coil__view_seconds_until(const struct view *view, double when)
{
	return seconds_until(view, when, false);
}

char *coil__view_limit(const struct view *view,
		       const struct coil__state_resource *timeout, double when)
{
	const char *call = timeout ? coil__view_callee(view, timeout->site) : "timeout";

	if (strcmp(call, "timeout") != 0 && strcmp(call, "timeout_at") != 0)
		call = "wait_for"; /* whose site is the awaitable's */
	if (when == 0)
		return coil__text_format("%s(None)", call);
	return coil__text_format("%s(%.10g)", call, seconds_until(view, when,
					strcmp(call, "timeout_at") == 0));
}

char *coil__view_call(const struct view *view, const struct coil__event *event,
		      const char *what)
{
	double when = event->as.HANDLE_SCHEDULED.when;
	const char *comma = *what ? ", " : "";

	switch (event->tag) {
	case TRACE_SCHEDULE_LATER:
		return coil__text_format("call_later(%.10g%s%s)",
					 seconds_until(view, when, false), comma, what);
	case TRACE_SCHEDULE_AT:
		return coil__text_format("call_at(%.10g%s%s)",
					 seconds_until(view, when, true), comma, what);
	case TRACE_SCHEDULE_THREADSAFE:
		return coil__text_format("call_soon_threadsafe(%s)", what);
	default:
		return coil__text_format("call_soon(%s)", what);
	}
}

struct actor *coil__view_current(struct view *view)
{
	struct coil__state_thread *thread =
		coil__state_thread(view->state, view->event.thread);
	struct coil__state_handle *handle;

	if (thread->task)
		return coil__view_task(view, thread->task);
	if (!thread->handle)
		return thread->job ? coil__view_thread(view, view->event.thread) : NULL;
	handle = coil__state_handle(view->state, thread->handle);
	if (!handle || !coil__view_is_callback(view, handle))
		return NULL;
	return coil__view_callback(view, coil__view_callee(view, handle->site));
}

struct actor *coil__view_behind(struct view *view)
{
	struct coil__state_thread *thread =
		coil__state_thread(view->state, view->event.thread);
	struct coil__state_handle *handle =
		thread->handle ? coil__state_handle(view->state, thread->handle) : NULL;

	if (!handle || thread->task)
		return NULL;
	if (strcmp(coil__view_callee(view, handle->site), "timeout.expire") == 0)
		return coil__view_timeout(view);
	if (handle->kind == TRACE_SCHEDULE_CALLBACK &&
	    coil__names_task(view->names, handle->target))
		return coil__view_task(view, handle->target);
	return NULL;
}
