/* SPDX-License-Identifier: MIT
 *
 * Inside of check: the rules by event.  A rule is called before its event is
 * applied to the state.
 */
#ifndef COIL_TRACE_CHECK_RULES_H
#define COIL_TRACE_CHECK_RULES_H

#include <coil/base.h>

#include "check.h"
#include "state.h"

/* A future was done: who waited for it, and how many of these were scheduled.
 * There is at most one in each thread, and it ends with the next other event. */
struct completion {
	uint64_t future;     /* 0: none                                      */
	struct coil__state_callback *waiters;
	size_t count, room;
	size_t next;         /* behind the last that was scheduled           */
	bool unordered;      /* which of some was removed, nobody knows      */
	struct coil__event event; /* that completed it; text is not kept     */
};

/* What is kept for a thread besides the state. */
struct check_thread {
	uint64_t time;
	uint64_t ended;      /* the handle that ended last, while it is the cause */
	uint64_t executor;   /* of the job that it began last, ...               */
	uint64_t number;     /* ... which in the order of being submitted, ...   */
	uint32_t submitter;  /* ... by which thread                              */
	struct completion completion;
};

struct coil__check {
	struct coil__state *state;
	struct coil__map threads; /* -> struct check_thread *                */
	coil__report *report;
	void *arg;
};

void coil__violated(struct coil__check *check, enum coil__law law,
		    const struct coil__event *event, const char *format, ...)
	COIL_PRINTF(4, 5);

typedef void coil__rule(struct coil__check *check, const struct coil__event *event);

/* check_loop.c */
coil__rule coil__check_scheduled, coil__check_timer_due, coil__check_run_begin,
	coil__check_run_end, coil__check_iteration_begin, coil__check_iteration_end,
	coil__check_poll_begin, coil__check_loop_run_begin, coil__check_fd_ready;

/* The handle ctx begins to run: a callback, or a step. */
void coil__check_begin(struct coil__check *check, const struct coil__event *event);

coil__rule coil__check_handle_taken, coil__check_wake, coil__check_signal;

/* check_job.c */
coil__rule coil__check_job_submitted, coil__check_job_begin, coil__check_job_end,
	coil__check_job_cancelled;

/* FUTURE, of a job, is done by EVENT. */
void coil__check_job_future(struct coil__check *check, const struct coil__event *event,
			    const struct coil__state_object *future);

/* check_task.c */
coil__rule coil__check_step_begin, coil__check_step_end, coil__check_await_begin,
	coil__check_await_end, coil__check_future_done, coil__check_gather_counted;
coil__rule coil__check_eager_begin, coil__check_eager_end, coil__check_resource_changed;

/* check_resource.c: FUTURE is done, by EVENT. */
void coil__check_line(struct coil__check *check, const struct coil__event *event,
		      const struct coil__state_object *future);

void coil__check_step_scheduled(struct coil__check *check, const struct coil__event *event);

/* The completion in EVENT's thread, if any: is EVENT a part of it?  If not, it is
 * over, and whoever was not woken is told of. */
void coil__check_completion(struct coil__check *check, struct check_thread *thread,
			    const struct coil__event *event);

#endif
