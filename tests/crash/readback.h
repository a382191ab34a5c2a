/* SPDX-License-Identifier: MIT
 *
 * Reading a trace back, and what the tests of the recorder ask of it.
 */
#ifndef TESTS_CRASH_READBACK_H
#define TESTS_CRASH_READBACK_H

#include <stdio.h>
#include "harness.h"
#include "trace/reader.h"

struct facts {
	bool readable;        /* it opens                                       */
	const char *error;    /* what is wrong with it, or NULL                 */
	unsigned events;
	unsigned unknown;
	unsigned loops;       /* LOOP_CREATED                                   */
	unsigned iterations;
	unsigned steps;       /* TASK_STEP_BEGIN                                */
	unsigned marks;
	char first_mark[1100];
	char last_mark[1100];
	bool ended;           /* by TRACE_END, which was the last               */
	double counter;
	bool times_grow;      /* they never go back                             */
	struct trace_header header;
};

static void note_event(struct facts *facts, const struct coil__event *event)
{
	facts->events++;
	facts->ended = event->type == TRACE_TRACE_END;
	switch (event->type) {
	case TRACE_UNKNOWN: facts->unknown++; break;
	case TRACE_LOOP_CREATED: facts->loops++; break;
	case TRACE_ITERATION_BEGIN: facts->iterations++; break;
	case TRACE_TASK_STEP_BEGIN: facts->steps++; break;
	case TRACE_COUNTER: facts->counter = event->as.COUNTER.value; break;
	case TRACE_MARK:
		snprintf(facts->last_mark, sizeof(facts->last_mark), "%s", event->text);
		if (facts->marks++ == 0)
			memcpy(facts->first_mark, facts->last_mark,
			       sizeof(facts->first_mark));
		break;
	}
}

static struct facts read_back(const char *path)
{
	struct facts facts = { .times_grow = true };
	struct coil__event event;
	char *error = NULL;
	uint64_t last = 0;
	struct coil__reader *reader = coil__reader_open(path, &error);

	if (!reader) {
		facts.error = keep(error);
		return facts;
	}
	facts.readable = true;
	while (coil__reader_next(reader, &event)) {
		facts.times_grow &= event.time >= last;
		last = event.time;
		note_event(&facts, &event);
	}
	if (coil__reader_error(reader))
		facts.error = text("%s", coil__reader_error(reader));
	facts.header = *coil__reader_header(reader);
	coil__reader_close(reader);
	return facts;
}

/* A trace that opens, has nothing wrong with it, and in which MARK is the last. */
#define CHECK_WHOLE(facts_, mark_)                                             \
	do {                                                                   \
		CHECK((facts_).readable);                                      \
		CHECK_STR((facts_).error, NULL);                               \
		CHECK_STR((facts_).last_mark, (mark_));                        \
		CHECK_INT((facts_).unknown, 0);                                \
		CHECK((facts_).times_grow);                                    \
	} while (0)

#endif
