/* SPDX-License-Identifier: MIT
 *
 * See check.h.  The rules that hold for every event, and the table of those for
 * single ones.
 */
#include "check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "check_rules.h"
#include "reader_memory.h"

static const struct { const char *name, *sentence; } laws[] = {
#define LAW(id, name, sentence) { name, sentence },
#include "check_laws.def"
#undef LAW
};

const char *coil__law_name(enum coil__law law)
{
	return laws[law].name;
}

const char *coil__law_sentence(enum coil__law law)
{
	return laws[law].sentence;
}

/* ---- life ---------------------------------------------------------------------- */

struct coil__check *coil__check_create(coil__report *report, void *arg)
{
	struct coil__check *check = coil__take(1, sizeof *check);

	check->state = coil__state_create();
	check->report = report;
	check->arg = arg;
	return check;
}

void coil__check_destroy(struct coil__check *check)
{
	struct coil__map_entry *entry = NULL;

	while ((entry = coil__map_next(&check->threads, entry)))
		free(((struct check_thread *)entry->value)->completion.waiters);
	coil__map_free(&check->threads);
	coil__state_destroy(check->state);
	free(check);
}

const struct coil__state *coil__check_state(const struct coil__check *check)
{
	return check->state;
}

void coil__violated(struct coil__check *check, enum coil__law law,
		    const struct coil__event *event, const char *format, ...)
{
	char message[200];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	check->report(&(struct coil__violation){ law, event, message }, check->arg);
}

/* ---- every event ------------------------------------------------------------------ */

static struct check_thread *thread_of(struct coil__check *check, uint32_t id)
{
	struct check_thread *thread = coil__map_get(&check->threads, id);

	if (!thread) {
		thread = coil__take(1, sizeof *thread);
		coil__map_put(&check->threads, id, thread);
	}
	return thread;
}

static void check_time(struct coil__check *check, struct check_thread *thread,
		       const struct coil__event *event)
{
	/* A loop on a virtual clock begins at 0. */
	if (event->time < thread->time && event->type != TRACE_LOOP_RUN_BEGIN)
		coil__violated(check, COIL__LAW_TIME, event,
			       "it is %" PRIu64 " ns earlier than the event of its thread in front of it",
			       thread->time - event->time);
	thread->time = event->time;
}

/* Events that define numbers are made whenever a number is first needed. */
static bool is_reference(const struct coil__event *event)
{
	return event->type == TRACE_STRING || event->type == TRACE_SITE ||
	       event->type == TRACE_THREAD;
}

/* What a handle has raised is dealt with behind its end. */
static void check_cause(struct coil__check *check, struct check_thread *thread,
			const struct coil__event *event)
{
	uint64_t runs = coil__state_thread(check->state, event->thread)->handle;

	if (event->type == TRACE_HANDLE_RUN_END || event->type == TRACE_TASK_STEP_END)
		thread->ended = event->ctx;
	else if (!event->ctx)
		thread->ended = 0;
	else if (!runs && event->ctx == thread->ended)
		return;
	if (event->ctx != runs && !is_reference(event) && !check->state->partial &&
	    event->type != TRACE_HANDLE_RUN_BEGIN && event->type != TRACE_TASK_STEP_BEGIN)
		coil__violated(check, COIL__LAW_CAUSE, event,
			       "its cause is said to be handle %" PRIu64
			       ", but handle %" PRIu64 " runs", event->ctx, runs);
}

static coil__rule *const rules[TRACE_TYPES] = {
	[TRACE_LOOP_RUN_BEGIN] = coil__check_loop_run_begin,
	[TRACE_ITERATION_BEGIN] = coil__check_iteration_begin,
	[TRACE_ITERATION_END] = coil__check_iteration_end,
	[TRACE_POLL_BEGIN] = coil__check_poll_begin,
	[TRACE_FD_READY] = coil__check_fd_ready,
	[TRACE_HANDLE_SCHEDULED] = coil__check_scheduled,
	[TRACE_TIMER_DUE] = coil__check_timer_due,
	[TRACE_HANDLE_RUN_BEGIN] = coil__check_run_begin,
	[TRACE_HANDLE_RUN_END] = coil__check_run_end,
	[TRACE_TASK_STEP_BEGIN] = coil__check_step_begin,
	[TRACE_TASK_STEP_END] = coil__check_step_end,
	[TRACE_AWAIT_BEGIN] = coil__check_await_begin,
	[TRACE_AWAIT_END] = coil__check_await_end,
	[TRACE_FUTURE_DONE] = coil__check_future_done,
	[TRACE_GATHER_COUNTED] = coil__check_gather_counted,
	[TRACE_TASK_EAGER_BEGIN] = coil__check_eager_begin,
	[TRACE_TASK_EAGER_END] = coil__check_eager_end,
	[TRACE_RESOURCE_CHANGED] = coil__check_resource_changed,
	[TRACE_HANDLE_TAKEN] = coil__check_handle_taken,
	[TRACE_WAKE] = coil__check_wake,
	[TRACE_SIGNAL] = coil__check_signal,
	[TRACE_JOB_SUBMITTED] = coil__check_job_submitted,
	[TRACE_JOB_BEGIN] = coil__check_job_begin,
	[TRACE_JOB_END] = coil__check_job_end,
	[TRACE_JOB_CANCELLED] = coil__check_job_cancelled,
};

void coil__check_event(struct coil__check *check, const struct coil__event *event)
{
	struct check_thread *thread = thread_of(check, event->thread);

	check_time(check, thread, event);
	check_cause(check, thread, event);
	if (thread->completion.future && !is_reference(event))
		coil__check_completion(check, thread, event);
	if (rules[event->type])
		rules[event->type](check, event);
	coil__state_apply(check->state, event);
}
