/* SPDX-License-Identifier: MIT
 *
 * What a person calls a task: the label of its lifeline, in `coil print` and in
 * the pictures.
 *
 *	its name, if it was given one or was renamed          worker-3
 *	else, of coil_run's task                              main
 *	else the coroutine, and its argument if that was      say_hello_AAA
 *	written as a string of letters, digits, blanks, _
 *	and ., or as a structure that begins with such a string
 *	else the coroutine alone                              factorial
 *
 * A label that an earlier task has gets " (Task-N)" behind it, N being the
 * task's number (" (task ID)" if it has none).  So labels are unique, and depend
 * on the trace alone, in the order in which the tasks were made.  A label may
 * hold any bytes but NUL, for a program may give any name.
 *
 * What tasks share is called by the variable that a task which had to wait for it
 * named, `door` of coil_lock_acquire(door), if nobody else is called so; else by its
 * kind and a number, lock_2.  A condition and the lock that it has for itself are
 * one.
 *
 * A renamed task is called by its last name in what was read so far: read the
 * whole trace first where one label is wanted throughout.
 *
 * Memory: a word pair per task of the trace, and every different label once.
 * Cost: O(1) per event.  Out of memory ends the process (reader_memory.h).
 */
#ifndef COIL_TRACE_NAMES_H
#define COIL_TRACE_NAMES_H

#include "reader.h"

struct coil__names; /* opaque */

enum { COIL__RESOURCE_KINDS = TRACE_RESOURCE_COUNT };

/* READER is borrowed, and must outlive the names. */
struct coil__names *coil__names_create(const struct coil__reader *reader);
void coil__names_destroy(struct coil__names *names);

/* Takes note of one event (those of tasks, and of what they share, matter). */
void coil__names_apply(struct coil__names *names, const struct coil__event *event);

/* Takes note of the whole trace; rewinds READER before and after. */
void coil__names_read(struct coil__names *names, struct coil__reader *reader);

/* The label of a task; NULL for an id that is not known as a task's. */
const char *coil__names_task(const struct coil__names *names, uint64_t task);

/* The label of a lock, a queue, an async generator ...; NULL for an unknown id. */
const char *coil__names_resource(const struct coil__names *names, uint64_t resource);

/* The id of what it is shown as: of a condition's own lock the condition, else itself. */
uint64_t coil__names_shown(const struct coil__names *names, uint64_t resource);

/* "lock", of TRACE_RESOURCE_*. */
const char *coil__names_resource_kind(unsigned kind);

/* What a kind of future (TRACE_FUTURE_*) is called: "asyncio.sleep", "asyncio.gather",
 * "asyncio.Lock.acquire"; "asyncio.Future" for those of no kind. */
const char *coil__names_future(unsigned kind);

/* The last word of that: "acquire". */
const char *coil__names_call(unsigned kind);

#endif
