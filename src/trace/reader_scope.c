/* SPDX-License-Identifier: MIT
 *
 * See reader_scope.h.
 */
#include "reader_scope.h"

#include <string.h>

#define RANGE_BITS 20 /* of the recorder's IDS_AT_ONCE */

enum number { NUMBER_NONE, NUMBER_HANDLE, NUMBER_OBJECT, NUMBER_LOOP, NUMBER_THREAD,
	      NUMBER_STRING, NUMBER_SITE };

/* The new number of KEY, from 0 on, in the order they are met. */
static uint64_t number_of(struct coil__map *map, uint64_t key)
{
	uintptr_t number = (uintptr_t)coil__map_get(map, key);

	if (!number) {
		number = map->count + 1;
		coil__map_put(map, key, (void *)number);
	}
	return number - 1;
}

static uint64_t scope_id(struct coil__scope *scope, uint32_t number, bool handle, uint64_t id)
{
	uint64_t range = (id - 1) >> RANGE_BITS;

	if (!id)
		return 0;
	/* Handles are below 2^48 and objects not much above: 28 bits of range. */
	range = number_of(&scope->ranges, (uint64_t)number << 33 ^ range << 1 ^ handle);
	return SCOPE_IDS + range * SCOPE_STEP + ((id - 1) & ((1u << RANGE_BITS) - 1)) + 1;
}

uint32_t coil__scope_loop(struct coil__scope *scope, uint32_t number, uint32_t loop)
{
	if (!loop)
		return 0;
	return SCOPE_LOOPS + 1 + (uint32_t)number_of(&scope->loops,
						     (uint64_t)number << 32 | loop);
}

void coil__scope_free(struct coil__scope *scope)
{
	coil__map_clear(&scope->ranges);
	coil__map_clear(&scope->loops);
}

/* ---- fields ----------------------------------------------------------- */

static bool named(const struct coil__field *field, const char *name)
{
	return field->name_length == strlen(name) &&
	       !memcmp(field->name, name, field->name_length);
}

static enum number kind_of(const struct coil__field *field)
{
	switch (field->type) {
	case COIL__FIELD_ID:
		if (named(field, "job") || named(field, "executor") || named(field, "result"))
			return NUMBER_NONE;
		return named(field, "handle") ? NUMBER_HANDLE : NUMBER_OBJECT;
	case COIL__FIELD_STR:
		return NUMBER_STRING;
	case COIL__FIELD_SITE:
		return NUMBER_SITE;
	case COIL__FIELD_U32:
		return named(field, "loop") ? NUMBER_LOOP : named(field, "thread")
			? NUMBER_THREAD : named(field, "string") ? NUMBER_STRING
			: named(field, "site") ? NUMBER_SITE : NUMBER_NONE;
	default:
		return NUMBER_NONE;
	}
}

static void scope_id_field(struct coil__scope *scope, uint32_t number, bool handle,
			   void *at)
{
	uint64_t id;

	memcpy(&id, at, sizeof id);
	id = scope_id(scope, number, handle, id);
	memcpy(at, &id, sizeof id);
}

static void scope_small_field(struct coil__scope *scope, const struct coil__file *file,
			      uint32_t number, enum number kind, void *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof value);
	if (!value)
		return;
	if (kind == NUMBER_LOOP)
		value = coil__scope_loop(scope, number, value);
	else
		value += kind == NUMBER_THREAD ? file->threads :
			 kind == NUMBER_STRING ? file->strings : file->sites;
	memcpy(at, &value, sizeof value);
}

void coil__scope_event(struct coil__scope *scope, const struct coil__file *file,
		       uint32_t number, struct coil__event *event)
{
	const struct coil__event_layout *layout = coil__layout_own()->events[event->type];

	event->ctx = scope_id(scope, number, true, event->ctx);
	for (size_t i = 0; layout && i < layout->field_count; i++) {
		const struct coil__field *field = &layout->fields[i];
		char *at = (char *)&event->as + field->offset;
		enum number kind = kind_of(field);

		if (kind == NUMBER_OBJECT && coil__event_target_is_number(event))
			continue;
		if (kind == NUMBER_HANDLE || kind == NUMBER_OBJECT)
			scope_id_field(scope, number, kind == NUMBER_HANDLE, at);
		else if (kind != NUMBER_NONE)
			scope_small_field(scope, file, number, kind, at);
	}
	if (event->type == TRACE_THREAD)
		event->as.THREAD.process = file->scan.header->pid;
}
