/* SPDX-License-Identifier: MIT
 *
 * What coil stats has counted: stats.c counts, stats_print.c prints; stats_jobs.c does both
 * for what happens beside the loop.
 */
#ifndef COIL_STATS_H
#define COIL_STATS_H

#include "trace/names.h"
#include "trace/reader_map.h"
#include "trace/state.h"

struct task {
	uint64_t id;
	uint64_t time[COIL__TASK_DONE + 1]; /* ns in each state; may be below 0 for
					       a while (that is well defined) */
	uint64_t steps, longest;
	bool done;
};

struct step {
	uint64_t task;       /* 0: none */
	uint64_t index;      /* of the event that begins it */
	uint64_t time, end;
	bool ended;          /* but where the next event is, is not known yet */
	struct step *outer;  /* that it is inside of: it is an eager task's first */
};

/* What tasks have waited for, by kind: TRACE_FUTURE_*, and behind these a task. */
enum { WAIT_TASK = TRACE_FUTURE_COUNT, WAIT_KINDS };

struct wait {
	uint64_t count, time;
};

struct stats {
	const struct coil__reader *reader;
	struct coil__state *state;
	struct coil__names *names;
	struct coil__map tasks;    /* id -> struct task * */
	uint64_t counts[TRACE_TYPES], events, first, last, iterations;
	size_t loops, threads;
	struct step *steps;        /* the longest, sorted: the longest first */
	size_t step_count, step_limit, task_limit;
	struct coil__map running;  /* thread -> struct step *, the last begun there */
	struct wait waits[WAIT_KINDS];
	struct coil__map executors, beside, signals; /* of stats_jobs.c */
	uint64_t calls_taken;      /* from other threads */
};

static inline uint64_t step_length(const struct step *step)
{
	return step->end > step->time ? step->end - step->time : 0;
}

/* EVENT, in front of being applied to the state. */
void coil__stats_beside(struct stats *stats, const struct coil__event *event);
void coil__stats_print_beside(const struct stats *stats);
void coil__stats_free_beside(struct stats *stats);

void coil__stats_print(const struct stats *stats);

#endif
