/* SPDX-License-Identifier: MIT
 *
 * See state_objects.h.
 */
#include "state_objects.h"

#include <stdlib.h>
#include <string.h>

#include "reader_memory.h"
#include "state_resources.h"

#define RETIRED_AT_LEAST 1024

/* ---- alive and retired --------------------------------------------------- */

static void add(struct coil__state_objects *list, struct coil__state_object *object)
{
	object->next = NULL;
	object->previous = list->newest;
	if (list->newest)
		list->newest->next = object;
	else
		list->oldest = object;
	list->newest = object;
	list->count++;
}

static void take_out(struct coil__state_objects *list, struct coil__state_object *object)
{
	if (object->previous)
		object->previous->next = object->next;
	else
		list->oldest = object->next;
	if (object->next)
		object->next->previous = object->previous;
	else
		list->newest = object->previous;
	list->count--;
}

static void empty(struct coil__state_object *object)
{
	free(object->awaits);
	free(object->callbacks);
	free(object->members);
	object->awaits = NULL;
	object->callbacks = NULL;
	object->members = NULL;
	object->await_count = object->await_room = 0;
	object->callback_count = object->callback_room = 0;
	object->member_count = object->member_room = object->member_next = 0;
}

static void forget_oldest(struct coil__state *state)
{
	struct coil__state_object *object = state->retired.oldest;

	take_out(&state->retired, object);
	coil__map_remove(&state->objects, object->id);
	empty(object);
	free(object);
}

static void retire(struct coil__state *state, struct coil__state_object *object)
{
	if (object->retired)
		return;
	take_out(&state->alive, object);
	add(&state->retired, object);
	object->retired = true;
	while (state->retired.count > RETIRED_AT_LEAST &&
	       state->retired.count > state->alive.count)
		forget_oldest(state);
}

void coil__state_retire_loop(struct coil__state *state, uint32_t loop)
{
	struct coil__state_object *object = state->alive.oldest, *next;

	for (; object; object = next) {
		next = object->next;
		if (object->loop != loop)
			continue;
		coil__state_line_lost(state, object);
		retire(state, object);
	}
}

struct coil__state_object *coil__state_object(const struct coil__state *state, uint64_t id)
{
	return coil__map_get(&state->objects, id);
}

struct coil__state_object *coil__state_take_object(struct coil__state *state, uint64_t id)
{
	struct coil__state_object *object = coil__state_object(state, id);

	if (!object) {
		object = coil__take(1, sizeof *object);
		object->id = id;
		object->created = object->changed = state->time;
		coil__map_put(&state->objects, id, object);
		add(&state->alive, object);
	}
	return object;
}

void coil__state_free_objects(struct coil__state *state)
{
	struct coil__map_entry *entry = NULL;

	while ((entry = coil__map_next(&state->objects, entry)))
		empty(entry->value);
	coil__map_free(&state->objects);
}

/* ---- tasks --------------------------------------------------------------- */

void coil__state_enter(struct coil__state *state, struct coil__state_object *task,
		       enum coil__task_state next)
{
	task->state = (uint8_t)next;
	task->changed = state->time;
}

void coil__state_task_created(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_TASK_CREATED *created = &event->as.TASK_CREATED;
	struct coil__state_object *task = coil__state_take_object(state, created->task);

	task->is_task = true;
	task->seen = true;
	task->kind = event->tag;
	task->parent = created->parent;
	task->loop = created->loop ? created->loop : event->loop;
	task->number = created->number;
	task->coroutine = created->coroutine;
	task->site = created->site;
}

void coil__state_cancel_requested(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_object *task =
		coil__state_object(state, event->as.TASK_CANCEL_REQUESTED.task);

	if (task)
		task->cancels = event->as.TASK_CANCEL_REQUESTED.count;
}

void coil__state_uncancel(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_object *task =
		coil__state_object(state, event->as.TASK_UNCANCEL.task);

	if (task)
		task->cancels = event->as.TASK_UNCANCEL.count;
}

void coil__state_await_begin(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_AWAIT_BEGIN *begin = &event->as.AWAIT_BEGIN;
	struct coil__state_object *task = coil__state_object(state, begin->task);

	if (!task)
		return;
	task->awaits = coil__grow(task->awaits, &task->await_room,
				  task->await_count + 1, sizeof *task->awaits);
	task->awaits[task->await_count++] = (struct coil__state_await){
		.target = begin->target, .begun = event->time, .site = begin->site,
		.coroutine = begin->coroutine, .depth = begin->depth, .kind = event->tag,
	};
}

void coil__state_await_end(struct coil__state *state, const struct coil__event *event)
{
	struct coil__state_object *task =
		coil__state_object(state, event->as.AWAIT_END.task), *target;

	if (!task || !task->await_count)
		return;
	target = coil__state_object(state, task->awaits[--task->await_count].target);
	if (target && target->resource)
		coil__state_line_left(state, target, event->tag == TRACE_OUTCOME_RESULT);
}

/* ---- futures -------------------------------------------------------------- */

void coil__state_future_created(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_FUTURE_CREATED *created = &event->as.FUTURE_CREATED;
	struct coil__state_object *future = coil__state_take_object(state, created->future);

	future->seen = true;
	future->kind = event->tag;
	future->loop = created->loop ? created->loop : event->loop;
	future->site = created->site;
	future->delay = created->delay;
	future->resource = created->resource;
	if (future->resource)
		coil__state_line_joined(state, future->resource, future->id, future->kind);
}

void coil__state_add_waiter(struct coil__state *state, uint64_t id, uint64_t task,
			    uint32_t site)
{
	struct coil__state_object *future = coil__state_object(state, id);

	if (!future || future->done)
		return;
	future->callbacks = coil__grow(future->callbacks, &future->callback_room,
				       future->callback_count + 1,
				       sizeof *future->callbacks);
	future->callbacks[future->callback_count++] =
		(struct coil__state_callback){ task, site };
}

/* Of a future that is done it is scheduled at once, and does not wait. */
void coil__state_callback_added(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_CALLBACK_ADDED *added = &event->as.CALLBACK_ADDED;

	coil__state_add_waiter(state, added->future, 0, added->site);
}

/* Of several that were added at one place the first are taken to be meant. */
void coil__state_callback_removed(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_CALLBACK_REMOVED *removed = &event->as.CALLBACK_REMOVED;
	struct coil__state_object *future = coil__state_object(state, removed->future);
	uint32_t left = removed->count;

	for (size_t i = 0; future && i < future->callback_count; ) {
		struct coil__state_callback *callback = &future->callbacks[i];

		if (callback->task || (removed->site && callback->site != removed->site)) {
			i++;
			continue;
		}
		if (!left) {
			future->unordered = true;
			return;
		}
		memmove(callback, callback + 1,
			(--future->callback_count - i) * sizeof *callback);
		left--;
	}
}

void coil__state_future_done(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_FUTURE_DONE *done = &event->as.FUTURE_DONE;
	struct coil__state_object *object = coil__state_object(state, done->future);

	if (!object || object->done)
		return;
	if (object->resource)
		coil__state_line_done(state, object, event->tag);
	object->done = true;
	object->outcome = event->tag;
	object->error = done->error;
	object->callback_count = 0;
	if (object->is_task)
		coil__state_enter(state, object, COIL__TASK_DONE);
	empty(object);
	retire(state, object);
}

/* ---- gather ---------------------------------------------------------------- */

void coil__state_gather_member(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_GATHER_MEMBER *member = &event->as.GATHER_MEMBER;
	struct coil__state_object *gather = coil__state_object(state, member->gather);

	if (!gather || gather->done)
		return;
	gather->members = coil__grow(gather->members, &gather->member_room,
				     gather->member_count + 1, sizeof *gather->members);
	gather->members[gather->member_count++] =
		(struct coil__state_member){ .child = member->child };
}

/* The first of the child's places that is not counted yet; children mostly end
 * in the order of the arguments, so the search goes on where the last ended. */
void coil__state_gather_counted(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_GATHER_COUNTED *counted = &event->as.GATHER_COUNTED;
	struct coil__state_object *gather = coil__state_object(state, counted->gather);
	size_t count = gather ? gather->member_count : 0;

	for (size_t n = 0; n < count; n++) {
		size_t i = (gather->member_next + n) % count;
		struct coil__state_member *member = &gather->members[i];

		if (member->child == counted->child && !member->counted) {
			member->counted = true;
			gather->counted++;
			gather->member_next = i + 1;
			return;
		}
	}
}

/* ---- invariants ------------------------------------------------------------ */

static bool list_holds(const struct coil__state *state,
		       const struct coil__state_objects *list, bool retired)
{
	const struct coil__state_object *object, *previous = NULL;
	size_t count = 0;

	for (object = list->oldest; object; previous = object, object = object->next, count++)
		if (object->previous != previous || object->retired != retired ||
		    coil__state_object(state, object->id) != object)
			return false;
	return list->newest == previous && list->count == count;
}

const char *coil__state_validate_objects(const struct coil__state *state)
{
	if (!list_holds(state, &state->alive, false))
		return "the list of what is alive is well linked";
	if (!list_holds(state, &state->retired, true))
		return "the list of what is done is well linked";
	if (state->objects.count != state->alive.count + state->retired.count)
		return "every future and task is alive or done";
	for (const struct coil__state_object *o = state->alive.oldest; o; o = o->next)
		if (o->done)
			return "what is done is not alive";
	return NULL;
}
