/* SPDX-License-Identifier: MIT
 *
 * See reader_causes.h.
 */
#include "reader_causes.h"

#include <stddef.h>
#include <string.h>

static const struct link {
	uint8_t effect, cause;
	uint16_t taken, given;  /* where the id is in the struct of each     */
} links[] = {
#define LINK(effect, cause, field, doc)                                        \
	{ TRACE_##effect, TRACE_##cause, offsetof(struct trace_##effect, field), \
	  offsetof(struct trace_##cause, field) },
#include "events.def"
};

#define LINKS (sizeof links / sizeof *links)

static uint64_t thing_of(const struct link *link, const struct coil__event *event,
			 uint16_t offset)
{
	uint64_t id;

	memcpy(&id, (const char *)&event->as + offset, sizeof id);
	return id ? id * TRACE_TYPES + link->cause : 0;
}

void coil__causes_learn(struct coil__causes *causes, const bool seen[TRACE_TYPES])
{
	for (size_t i = 0; i < LINKS; i++)
		causes->on[links[i].effect] |= seen[links[i].effect];
}

void coil__causes_free(struct coil__causes *causes)
{
	coil__map_clear(&causes->given);
	memset(causes, 0, sizeof *causes);
}

/* A handle is given by the thread that schedules it for another's loop only; a job
 * that ends where it ran has no need of a link. */
static bool is_given(const struct coil__event *event)
{
	return event->type != TRACE_HANDLE_SCHEDULED ||
	       event->tag == TRACE_SCHEDULE_THREADSAFE;
}

static bool is_taken(const struct coil__event *event)
{
	return event->type != TRACE_JOB_END || event->as.JOB_END.process;
}

uint64_t coil__causes_lacks(const struct coil__causes *causes,
			    const struct coil__event *event)
{
	if (!causes->on[event->type] || !is_taken(event))
		return 0;
	for (size_t i = 0; i < LINKS; i++)
		if (links[i].effect == event->type) {
			uint64_t thing = thing_of(&links[i], event, links[i].taken);

			return coil__map_get(&causes->given, thing) ? 0 : thing;
		}
	return 0;
}

/* A loop that is closed takes nothing any more. */
static void forget_loop(struct coil__causes *causes, uint32_t loop)
{
	struct coil__map_entry *entry = NULL;
	struct coil__map kept = { 0 };

	while ((entry = coil__map_next(&causes->given, entry)))
		if (entry->id % TRACE_TYPES != TRACE_HANDLE_SCHEDULED ||
		    (uintptr_t)entry->value != (uintptr_t)loop + 1)
			coil__map_put(&kept, entry->id, entry->value);
	coil__map_clear(&causes->given);
	causes->given = kept;
}

static void take(struct coil__causes *causes, const struct coil__event *event)
{
	for (size_t i = 0; i < LINKS; i++)
		if (links[i].effect == event->type)
			coil__map_remove(&causes->given,
					 thing_of(&links[i], event, links[i].taken));
}

uint64_t coil__causes_note(struct coil__causes *causes, const struct coil__event *event)
{
	uint64_t thing = 0;
	uintptr_t loop = 0;

	if (causes->on[event->type])
		take(causes, event);
	if (event->type == TRACE_LOOP_CLOSE && causes->given.count)
		forget_loop(causes, event->as.LOOP_CLOSE.loop);
	if (event->type == TRACE_HANDLE_SCHEDULED)
		loop = event->as.HANDLE_SCHEDULED.loop;
	for (size_t i = 0; i < LINKS && !thing; i++)
		if (links[i].cause == event->type && causes->on[links[i].effect] &&
		    is_given(event))
			thing = thing_of(&links[i], event, links[i].given);
	if (thing)
		coil__map_put(&causes->given, thing, (void *)(loop + 1));
	return thing;
}
