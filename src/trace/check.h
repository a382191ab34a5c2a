/* SPDX-License-Identifier: MIT
 *
 * The laws of asyncio, which a trace is held against.  Each has a name and a
 * sentence; they are listed in check_laws.def, and `coil check --laws` prints them.
 *
 * The laws look at an event and at the rebuilt state in front of it, so they
 * speak only of what the trace shows: where a recording began in the middle of a
 * run (state.h: partial), what is not known may have been scheduled before.
 *
 * Cost: O(1) per event beside that of the state; memory as the state's.
 */
#ifndef COIL_TRACE_CHECK_H
#define COIL_TRACE_CHECK_H

#include "reader.h"

enum coil__law {
#define LAW(id, name, sentence) COIL__LAW_##id,
#include "check_laws.def"
#undef LAW
	COIL__LAWS
};

const char *coil__law_name(enum coil__law law);
const char *coil__law_sentence(enum coil__law law);

struct coil__violation {
	enum coil__law law;
	const struct coil__event *event; /* that breaks it                  */
	const char *message;             /* how; without a full stop        */
};

typedef void coil__report(const struct coil__violation *violation, void *arg);

struct coil__check; /* opaque */
struct coil__state;

/* REPORT(violation, ARG) is called for every violation, with what it points to
 * valid for that call. */
struct coil__check *coil__check_create(coil__report *report, void *arg);
void coil__check_destroy(struct coil__check *check);

/* To be told of every event, in order. */
void coil__check_event(struct coil__check *check, const struct coil__event *event);

/* As it is after the last event.  Borrowed. */
const struct coil__state *coil__check_state(const struct coil__check *check);

#endif
