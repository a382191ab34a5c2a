/* SPDX-License-Identifier: MIT
 *
 * See reader_causes.h.
 */
#include "reader_causes.h"

#include <string.h>

/* What can be given. */
enum what {
	CALL,       /* of call_soon_threadsafe, by a handle                  */
	SUBMITTED,  /* a job                                                 */
	BEGUN,      /* a job, in the process that it was submitted in        */
	WORKED,     /* a job has ended in the process that ran it            */
	ENDED,      /* ... and in the other; or a promised result is there   */
	PROMISED,   /* a result                                              */
	WHATS
};

static uint64_t thing(enum what what, uint64_t id)
{
	return id ? id * WHATS + what : 0;
}

/* What was said of a thing when it was given, plus one; 0: it is not given. */
static uintptr_t given(const struct coil__causes *causes, enum what what, uint64_t id)
{
	return (uintptr_t)coil__map_get(&causes->given, thing(what, id));
}

static uint64_t give(struct coil__causes *causes, enum what what, uint64_t id, uint32_t of)
{
	if (id)
		coil__map_put(&causes->given, thing(what, id), (void *)((uintptr_t)of + 1));
	return thing(what, id);
}

static void take(struct coil__causes *causes, enum what what, uint64_t id)
{
	coil__map_remove(&causes->given, thing(what, id));
}

void coil__causes_learn(struct coil__causes *causes, const bool seen[TRACE_TYPES])
{
	for (unsigned type = 0; type < TRACE_TYPES; type++)
		causes->on[type] |= seen[type];
}

void coil__causes_free(struct coil__causes *causes)
{
	coil__map_clear(&causes->given);
	memset(causes, 0, sizeof *causes);
}

/* ---- what is lacking ----------------------------------------------------- */

static uint64_t lacks_begin(const struct coil__causes *causes, uint64_t job, uint32_t process)
{
	uintptr_t begun = given(causes, BEGUN, job), submitted = given(causes, SUBMITTED, job);

	if ((begun && begun != (uintptr_t)process + 1) || submitted == (uintptr_t)process + 1)
		return 0;
	return thing(submitted ? BEGUN : SUBMITTED, job);
}

/* In the process that it was submitted in, of a job that another has run. */
static uint64_t lacks_end(const struct coil__causes *causes, const struct trace_JOB_END *end,
			  uint32_t process)
{
	if (!end->process || given(causes, BEGUN, end->job) != (uintptr_t)process + 1)
		return 0;
	return given(causes, WORKED, end->job) ? 0 : thing(WORKED, end->job);
}

/* Of a result or a job that is known, and not there yet. */
static uint64_t lacks_promised(const struct coil__causes *causes, uint64_t id)
{
	return given(causes, PROMISED, id) || given(causes, SUBMITTED, id) ||
	       given(causes, BEGUN, id) ? thing(ENDED, id) : 0;
}

static uint64_t lacks(const struct coil__causes *causes, enum what what, uint64_t id)
{
	return given(causes, what, id) ? 0 : thing(what, id);
}

uint64_t coil__causes_lacks(const struct coil__causes *causes,
			    const struct coil__event *event, uint32_t process)
{
	switch (event->type) {
	case TRACE_HANDLE_TAKEN:
		return lacks(causes, CALL, event->as.HANDLE_TAKEN.handle);
	case TRACE_JOB_BEGIN:
		return lacks_begin(causes, event->as.JOB_BEGIN.job, process);
	case TRACE_JOB_CANCELLED:
		return lacks(causes, SUBMITTED, event->as.JOB_CANCELLED.job);
	case TRACE_JOB_END:
		return lacks_end(causes, &event->as.JOB_END, process);
	case TRACE_RESULT_GIVEN:
		return lacks(causes, PROMISED, event->as.RESULT_GIVEN.result);
	case TRACE_RESULT_TAKEN:
		return lacks_promised(causes, event->as.RESULT_TAKEN.result);
	default:
		return 0;
	}
}

/* ---- what is given -------------------------------------------------------- */

/* A loop that is closed takes nothing any more. */
static void forget_loop(struct coil__causes *causes, uint32_t loop)
{
	struct coil__map_entry *entry = NULL;
	struct coil__map kept = { 0 };

	while ((entry = coil__map_next(&causes->given, entry)))
		if (entry->id % WHATS != CALL || (uintptr_t)entry->value != (uintptr_t)loop + 1)
			coil__map_put(&kept, entry->id, entry->value);
	coil__map_clear(&causes->given);
	causes->given = kept;
}

static uint64_t note_call(struct coil__causes *causes, const struct coil__event *event)
{
	const struct trace_HANDLE_SCHEDULED *scheduled = &event->as.HANDLE_SCHEDULED;

	if (event->tag != TRACE_SCHEDULE_THREADSAFE || !causes->on[TRACE_HANDLE_TAKEN])
		return 0;
	return give(causes, CALL, scheduled->handle, scheduled->loop);
}

/* In a worker it gives nothing. */
static uint64_t note_begin(struct coil__causes *causes, uint64_t job, uint32_t process)
{
	if (given(causes, SUBMITTED, job) != (uintptr_t)process + 1)
		return 0;
	take(causes, SUBMITTED, job);
	return give(causes, BEGUN, job, process);
}

static void forget_job(struct coil__causes *causes, uint64_t job)
{
	take(causes, SUBMITTED, job);
	take(causes, BEGUN, job);
	take(causes, WORKED, job);
}

static uint64_t note_end(struct coil__causes *causes, uint64_t job, uint32_t process)
{
	uintptr_t begun = given(causes, BEGUN, job);

	if (begun && begun != (uintptr_t)process + 1)
		return give(causes, WORKED, job, process);
	forget_job(causes, job);
	return thing(ENDED, job);
}

uint64_t coil__causes_note(struct coil__causes *causes, const struct coil__event *event,
			   uint32_t process)
{
	switch (event->type) {
	case TRACE_HANDLE_SCHEDULED:
		return note_call(causes, event);
	case TRACE_HANDLE_TAKEN:
		take(causes, CALL, event->as.HANDLE_TAKEN.handle);
		return 0;
	case TRACE_LOOP_CLOSE:
		if (causes->given.count)
			forget_loop(causes, event->as.LOOP_CLOSE.loop);
		return 0;
	case TRACE_JOB_SUBMITTED:
		return give(causes, SUBMITTED, event->as.JOB_SUBMITTED.job, process);
	case TRACE_JOB_BEGIN:
		return note_begin(causes, event->as.JOB_BEGIN.job, process);
	case TRACE_JOB_END:
		return note_end(causes, event->as.JOB_END.job, process);
	case TRACE_JOB_CANCELLED:
		forget_job(causes, event->as.JOB_CANCELLED.job);
		return thing(ENDED, event->as.JOB_CANCELLED.job);
	case TRACE_RESULT_PROMISED:
		return give(causes, PROMISED, event->as.RESULT_PROMISED.result, process);
	case TRACE_RESULT_GIVEN:
		take(causes, PROMISED, event->as.RESULT_GIVEN.result);
		return thing(ENDED, event->as.RESULT_GIVEN.result);
	default:
		return 0;
	}
}
