/* SPDX-License-Identifier: MIT
 *
 * Futures in the loop view, and what tasks share: see view_loop.h.
 */
#include "view_loop.h"
#include <stdlib.h>
#include <string.h>
#include "render_text.h"

struct actor *coil__loop_of(struct view *view, uint32_t named)
{
	return coil__view_loop_actor(view, named ? named : view->event.loop);
}

/* Who runs; the loop itself while it runs something of coil's own. */
struct actor *coil__loop_current(struct view *view)
{
	struct actor *actor = coil__view_current(view);

	return actor ? actor : view->event.loop ? coil__loop_of(view, 0) : NULL;
}

/* "say_hello_AAA", "sleep of main", "future_1"; borrowed. */
const char *coil__loop_name(struct view *view, uint64_t id)
{
	const char *name = coil__names_task(view->names, id);

	if (!name)
		name = coil__map_get(&view->nodes, id);
	return name ? name : coil__view_future(view, id)->name;
}

static void put_name(struct view *view, uint64_t id, char *name)
{
	free(coil__map_remove(&view->nodes, id)); /* in a damaged trace */
	coil__map_put(&view->nodes, id, name);
}

/* What stands in a line is called by what for: "lock.acquire". */
static char *call_of_future(struct view *view, const struct coil__event *event)
{
	uint64_t resource = event->as.FUTURE_CREATED.resource;
	const char *call = coil__names_call(event->tag);

	if (!resource || event->tag == TRACE_FUTURE_TASK_GROUP ||
	    event->tag == TRACE_FUTURE_AS_COMPLETED)
		return coil__text_format("%s", call);
	return coil__text_format("%s.%s", coil__view_resource(view, resource)->name, call);
}

/* Only the futures that a program makes have a lifeline here; the others are named by
 * whose they are. */
void coil__loop_future_created(struct view *view, const struct coil__event *event)
{
	uint64_t task = coil__state_thread(view->state, event->thread)->task;
	char *call;

	if (event->tag == TRACE_FUTURE_PLAIN)
		return;
	call = call_of_future(view, event);
	put_name(view, event->as.FUTURE_CREATED.future,
		 task ? coil__text_format("%s of %s", call, coil__loop_name(view, task))
		      : coil__text_format("%s", call));
	free(call);
}

static char *awaited_of(struct view *view, const struct coil__state_await *await)
{
	const struct coil__state_object *target =
		coil__state_object(view->state, await->target);
	unsigned kind = target && !target->is_task ? target->kind : TRACE_FUTURE_PLAIN;

	if (await->kind == TRACE_AWAIT_SLEEP)
		return coil__text_format("await asyncio.sleep(%g)",
					 target ? target->delay : 0.0);
	if (await->kind == TRACE_AWAIT_GATHER)
		kind = TRACE_FUTURE_GATHER;
	if (kind == TRACE_FUTURE_PLAIN)
		return coil__text_format("await %s", coil__loop_name(view, await->target));
	if (target && target->resource && kind != TRACE_FUTURE_TASK_GROUP &&
	    kind != TRACE_FUTURE_AS_COMPLETED)
		return coil__text_format("await %s.%s",
			coil__view_resource(view, target->resource)->name,
			coil__names_call(kind));
	return coil__text_format("await %s", coil__names_future(kind));
}

/* What a suspended task awaits; to be freed. */
char *coil__loop_awaited(struct view *view, uint64_t task)
{
	const struct coil__state_object *object = coil__state_object(view->state, task);

	if (!object || !object->await_count)
		return coil__text_format("await");

	return awaited_of(view, &object->awaits[object->await_count - 1]);
}

/* ---- futures ------------------------------------------------------------------ */

/* A task completes by its own step, which says so itself. */
void coil__loop_future_done(struct view *view, const struct coil__event *event)
{
	const struct trace_FUTURE_DONE *done = &event->as.FUTURE_DONE;
	struct actor *actor = coil__loop_current(view);
	const char *name = coil__loop_name(view, done->future);

	if (coil__names_task(view->names, done->future))
		return;
	if (event->tag == TRACE_OUTCOME_RESULT)
		coil__view_message(view, DIAGRAM_CALL, actor, actor, "set_result(%s)", name);
	else if (event->tag == TRACE_OUTCOME_EXCEPTION)
		coil__view_message(view, DIAGRAM_ERROR, actor, actor,
				   "set_exception(%s, %s)", name,
				   coil__reader_error_name(view->reader, done->error));
	else
		coil__view_message(view, DIAGRAM_ERROR, actor, actor, "cancel(%s)", name);
}

void coil__loop_gather_counted(struct view *view, const struct coil__event *event)
{
	const struct trace_GATHER_COUNTED *counted = &event->as.GATHER_COUNTED;
	struct actor *actor = coil__loop_current(view);

	coil__view_message(view, event->tag == TRACE_OUTCOME_RESULT ? DIAGRAM_CALL
			   : DIAGRAM_ERROR, actor, actor, "gather: %s is done, %u of %u",
			   coil__loop_name(view, counted->child), counted->done, counted->count);
}

/* ---- what tasks share ------------------------------------------------------------ */

/* "timeout of main", "TaskGroup of main". */
static void name_after(struct view *view, uint64_t id, unsigned kind, uint64_t task)
{
	const char *what = coil__names_resource_kind(kind);

	put_name(view, id, task ? coil__text_format("%s of %s", what,
						    coil__loop_name(view, task))
				: coil__text_format("%s", what));
}

/* Is it called after the task whose it is?  The others have names of their own. */
static bool is_owned(unsigned kind)
{
	return kind == TRACE_RESOURCE_TIMEOUT || kind == TRACE_RESOURCE_TASK_GROUP ||
	       kind == TRACE_RESOURCE_AS_COMPLETED;
}

void coil__loop_resource_created(struct view *view, const struct coil__event *event)
{
	uint64_t id = event->as.RESOURCE_CREATED.resource;

	if (is_owned(event->tag))
		name_after(view, id, event->tag,
			   coil__state_thread(view->state, event->thread)->task);
	else
		put_name(view, id, coil__text_format("%s", coil__view_resource(view, id)->name));
}

static const char *action_name(unsigned action)
{
	static const char *const names[TRACE_ACTION_COUNT] = {
		[TRACE_ACTION_SET] = "set", [TRACE_ACTION_CLEAR] = "clear",
		[TRACE_ACTION_ACQUIRE] = "acquire", [TRACE_ACTION_RELEASE] = "release",
		[TRACE_ACTION_NOTIFY] = "notify", [TRACE_ACTION_PUT] = "put",
		[TRACE_ACTION_GET] = "get", [TRACE_ACTION_TASK_DONE] = "task_done",
		[TRACE_ACTION_SHUTDOWN] = "shutdown", [TRACE_ACTION_ARRIVE] = "arrive",
		[TRACE_ACTION_DRAIN] = "drain", [TRACE_ACTION_LEAVE] = "leave",
		[TRACE_ACTION_RESET] = "reset", [TRACE_ACTION_ABORT] = "abort",
		[TRACE_ACTION_ENTER] = "enter", [TRACE_ACTION_EXIT] = "exit",
		[TRACE_ACTION_RESCHEDULE] = "reschedule", [TRACE_ACTION_EXPIRE] = "expire",
		[TRACE_ACTION_ADD] = "add", [TRACE_ACTION_REMOVE] = "remove",
		[TRACE_ACTION_NEXT] = "anext", [TRACE_ACTION_YIELD] = "yield",
		[TRACE_ACTION_CLOSE] = "aclose",
	};

	return action < TRACE_ACTION_COUNT && names[action] ? names[action] : "change";
}

/* What there is to say of how it is now; to be freed. */
static char *resource_now(struct view *view, const struct coil__event *event,
			  const struct coil__state_resource *resource)
{
	const struct trace_RESOURCE_CHANGED *changed = &event->as.RESOURCE_CHANGED;
	unsigned long long value = changed->value;

	switch (resource->kind) {
	case TRACE_RESOURCE_SEMAPHORE:
		return coil__text_format(", %llu left", value);
	case TRACE_RESOURCE_QUEUE:
		return coil__text_format(", %llu in it", value);
	case TRACE_RESOURCE_BARRIER:
		return coil__text_format(", %llu of %llu there", value,
					 (unsigned long long)resource->first);
	case TRACE_RESOURCE_TASK_GROUP:
	case TRACE_RESOURCE_AS_COMPLETED:
		if (event->tag == TRACE_ACTION_ADD)
			return coil__text_format(" %s", coil__loop_name(view, changed->other));
		if (event->tag == TRACE_ACTION_REMOVE)
			return coil__text_format(" %s, %llu left",
						 coil__loop_name(view, changed->other), value);
		break;
	case TRACE_RESOURCE_TIMEOUT:
		if ((event->tag == TRACE_ACTION_ENTER ||
		     event->tag == TRACE_ACTION_RESCHEDULE) && changed->when != 0)
			return coil__text_format("(%.10g)",
				coil__view_seconds_until(view, changed->when));
		break;
	}
	return coil__text_format("%s", "");
}

void coil__loop_resource_changed(struct view *view, const struct coil__event *event)
{
	uint64_t id = event->as.RESOURCE_CHANGED.resource;
	const struct coil__state_resource *resource = coil__state_resource(view->state, id);
	struct actor *actor = coil__loop_current(view);
	char *now;

	if (!resource)
		return;
	if (event->tag == TRACE_ACTION_ENTER && is_owned(resource->kind))
		name_after(view, id, resource->kind, event->as.RESOURCE_CHANGED.other);
	now = resource_now(view, event, resource);
	coil__view_message(view, event->tag == TRACE_ACTION_EXPIRE ||
			   event->tag == TRACE_ACTION_ABORT ? DIAGRAM_ERROR : DIAGRAM_CALL,
			   actor, actor, strchr(coil__loop_name(view, id), ' ') ? "%s: %s%s"
			   : "%s.%s%s", coil__loop_name(view, id), action_name(event->tag), now);
	free(now);
}
