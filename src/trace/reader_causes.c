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

static uint64_t thing(unsigned cause, uint64_t id)
{
	return id ? id * TRACE_TYPES + cause : 0;
}

static uint64_t thing_of(const struct link *link, const struct coil__event *event,
			 uint16_t offset)
{
	uint64_t id;

	memcpy(&id, (const char *)&event->as + offset, sizeof id);
	return thing(link->cause, id);
}

void coil__causes_learn(struct coil__causes *causes, const bool seen[TRACE_TYPES])
{
	for (size_t i = 0; i < LINKS; i++)
		causes->on[links[i].effect] |= seen[links[i].effect];
}

void coil__causes_free(struct coil__causes *causes)
{
	coil__map_clear(&causes->given);
	coil__map_clear(&causes->jobs);
	coil__map_clear(&causes->futures);
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

/* ---- futures of jobs ---------------------------------------------------- */

static void note_future(struct coil__causes *causes, const struct trace_JOB_SUBMITTED *job)
{
	if (!job->future || !job->job)
		return;
	coil__map_put(&causes->jobs, job->future, (void *)(uintptr_t)job->job);
	coil__map_put(&causes->futures, job->job, (void *)(uintptr_t)job->future);
}

static uint64_t note_end(struct coil__causes *causes, uint64_t job)
{
	coil__map_remove(&causes->jobs,
			 (uintptr_t)coil__map_remove(&causes->futures, job));
	return thing(TRACE_JOB_END, job);
}

/* Who waits may give up; a result comes from a job that has ended. */
static uint64_t lacks_end(const struct coil__causes *causes, const struct coil__event *event)
{
	uint64_t job = (uintptr_t)coil__map_get(&causes->jobs, event->as.FUTURE_DONE.future);

	return event->tag != TRACE_OUTCOME_CANCELLED && job &&
	       coil__map_get(&causes->given, thing(TRACE_JOB_BEGIN, job)) ?
		thing(TRACE_JOB_END, job) : 0;
}

/* ---- all of them ---------------------------------------------------------- */

uint64_t coil__causes_lacks(const struct coil__causes *causes,
			    const struct coil__event *event)
{
	if (event->type == TRACE_FUTURE_DONE && causes->jobs.count)
		return lacks_end(causes, event);
	if (!causes->on[event->type] || !is_taken(event))
		return 0;
	for (size_t i = 0; i < LINKS; i++)
		if (links[i].effect == event->type) {
			uint64_t lack = thing_of(&links[i], event, links[i].taken);

			return coil__map_get(&causes->given, lack) ? 0 : lack;
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

/* What EVENT gives to one that takes it by the table. */
static uint64_t give(struct coil__causes *causes, const struct coil__event *event)
{
	uintptr_t loop = event->type == TRACE_HANDLE_SCHEDULED ?
			 event->as.HANDLE_SCHEDULED.loop : 0;

	for (size_t i = 0; i < LINKS; i++) {
		uint64_t given;

		if (links[i].cause != event->type || !causes->on[links[i].effect] ||
		    !is_given(event))
			continue;
		given = thing_of(&links[i], event, links[i].given);
		if (given)
			coil__map_put(&causes->given, given, (void *)(loop + 1));
		return given;
	}
	return 0;
}

uint64_t coil__causes_note(struct coil__causes *causes, const struct coil__event *event)
{
	if (causes->on[event->type])
		take(causes, event);
	switch (event->type) {
	case TRACE_LOOP_CLOSE:
		if (causes->given.count)
			forget_loop(causes, event->as.LOOP_CLOSE.loop);
		return 0;
	case TRACE_JOB_END:
		return note_end(causes, event->as.JOB_END.job);
	case TRACE_JOB_CANCELLED:
		note_end(causes, event->as.JOB_CANCELLED.job);
		return 0;
	case TRACE_JOB_SUBMITTED:
		note_future(causes, &event->as.JOB_SUBMITTED);
		break;
	}
	return give(causes, event);
}
