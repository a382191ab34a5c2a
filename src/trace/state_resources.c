/* SPDX-License-Identifier: MIT
 *
 * See state_resources.h.
 */
#include "state_resources.h"

#include <stdlib.h>
#include <string.h>

#include "reader_memory.h"
#include "state_objects.h"

struct coil__state_resource *coil__state_resource(const struct coil__state *state, uint64_t id)
{
	return coil__map_get(&state->resources, id);
}

void coil__state_resource_created(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_RESOURCE_CREATED *created = &event->as.RESOURCE_CREATED;
	struct coil__state_resource *resource = coil__state_resource(state, created->resource);

	if (!resource) {
		resource = coil__take(1, sizeof *resource);
		resource->id = created->resource;
		coil__map_put(&state->resources, resource->id, resource);
	}
	resource->kind = event->tag;
	resource->site = created->site;
	resource->of = created->of;
	resource->first = resource->value = created->value;
}

static void leave(struct coil__state_resource *resource, struct coil__state_place *place)
{
	size_t behind = resource->line_count - (size_t)(place - resource->line) - 1;

	memmove(place, place + 1, behind * sizeof *place);
	resource->line_count--;
}

/* A woken task that takes the lock is out of the line. */
void coil__state_resource_changed(struct coil__state *state, const struct coil__event *event)
{
	const struct trace_RESOURCE_CHANGED *changed = &event->as.RESOURCE_CHANGED;
	struct coil__state_resource *resource = coil__state_resource(state, changed->resource);
	uint64_t task = coil__state_thread(state, event->thread)->task;

	if (!resource)
		return;
	resource->changed = true;
	resource->value = changed->value;
	resource->when = changed->when;
	for (size_t i = 0; event->tag == TRACE_ACTION_ACQUIRE && i < resource->line_count; i++)
		if (resource->line[i].woken && resource->line[i].task == task) {
			leave(resource, &resource->line[i]);
			return;
		}
}

/* ---- lines ---------------------------------------------------------------- */

void coil__state_line_joined(struct coil__state *state, uint64_t id, uint64_t future,
			     unsigned kind)
{
	struct coil__state_resource *resource = coil__state_resource(state, id);

	if (!resource)
		return;
	resource->line = coil__grow(resource->line, &resource->line_room,
				    resource->line_count + 1, sizeof *resource->line);
	resource->line[resource->line_count++] =
		(struct coil__state_place){ .future = future, .kind = (uint16_t)kind };
}

static struct coil__state_place *place_of(const struct coil__state *state,
					  const struct coil__state_object *future)
{
	struct coil__state_resource *resource = coil__state_resource(state, future->resource);

	for (size_t i = 0; resource && i < resource->line_count; i++)
		if (resource->line[i].future == future->id)
			return &resource->line[i];
	return NULL;
}

void coil__state_line_done(struct coil__state *state, struct coil__state_object *future,
			   unsigned outcome)
{
	struct coil__state_place *place = place_of(state, future);

	if (!place)
		return;
	place->done = true;
	place->woken = outcome == TRACE_OUTCOME_RESULT;
	place->task = future->callback_count ? future->callbacks[0].task : 0;
	if (!place->woken || !place->task)
		leave(coil__state_resource(state, future->resource), place);
}

void coil__state_line_left(struct coil__state *state, struct coil__state_object *future,
			   bool result)
{
	struct coil__state_place *place = place_of(state, future);
	struct coil__state_resource *resource = coil__state_resource(state, future->resource);

	/* With a result it is about to take the lock, in this very step. */
	if (place && !(result && place->kind == TRACE_FUTURE_LOCK))
		leave(resource, place);
}

void coil__state_line_lost(struct coil__state *state, struct coil__state_object *future)
{
	struct coil__state_place *place = place_of(state, future);

	if (place)
		leave(coil__state_resource(state, future->resource), place);
}

uint64_t coil__state_line_first(const struct coil__state_resource *resource, unsigned kind)
{
	for (size_t i = 0; i < resource->line_count; i++)
		if (!resource->line[i].done && resource->line[i].kind == kind)
			return resource->line[i].future;
	return 0;
}

bool coil__state_line_others(const struct coil__state_resource *resource, uint64_t task)
{
	bool others = false;

	for (size_t i = 0; i < resource->line_count; i++) {
		const struct coil__state_place *place = &resource->line[i];

		if (place->woken && place->task == task)
			return false; /* it is its turn */
		others |= !place->done || place->woken;
	}
	return others;
}

void coil__state_free_resources(struct coil__state *state)
{
	struct coil__map_entry *entry = NULL;

	while ((entry = coil__map_next(&state->resources, entry)))
		free(((struct coil__state_resource *)entry->value)->line);
	coil__map_free(&state->resources);
}
