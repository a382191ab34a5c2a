/* SPDX-License-Identifier: MIT
 *
 * A handle: a callback that waits to be run.  All that the loop runs is one.
 *
 * It is in at most one place: in the timer heap, in a future's list of done
 * callbacks, in the ready queue, or nowhere.  A task has one of its own for its
 * steps ("either the task waits and no step is scheduled, or the reverse").
 *
 * References: whoever schedules a handle gives the loop one; it is dropped when
 * the handle has run, was skipped, or left behind at close.  What the program
 * gets is borrowed: it goes stale then, and cancelling it does nothing.
 *
 * One cache line.  A task's step never touches `function` of another.
 */
#ifndef COIL_LOOP_HANDLE_H
#define COIL_LOOP_HANDLE_H

#include <coil/future.h>

#include "base/object.h"

struct future;

enum handle_flags {
	HANDLE_CANCELLED = 1,
	HANDLE_IN_HEAP = 2,
	HANDLE_IS_TIMER = 4,  /* when is its deadline, also after it was due       */
	HANDLE_ON_DONE = 8,   /* a done callback: done_function(future, arg)       */
	HANDLE_EMBEDDED = 16, /* a part of its task; never freed by itself         */
	HANDLE_FOREIGN = 32,  /* made by another thread; goes back to the depot    */
	HANDLE_HAS_FUTURE = 64, /* future is set, with a reference                 */
};

struct handle {
	struct object object;
	struct coil_loop *loop;
	union {
		coil_function function;
		coil_done_callback done_function;
	};
	void *arg;
	const coil_site *site;
	union {
		double when;           /* a timer's deadline                        */
		struct handle *next;   /* in a future's list, or on its way between
		                          threads                                   */
		struct future *future; /* HANDLE_ON_DONE, in the queue: what is done */
	};
	uint64_t id;                   /* in the trace; 0 while none is made       */
};

_Static_assert(sizeof(struct handle) == 64, "a handle is a cache line");

/* A new handle with one reference, and room for it in LOOP's ready queue, so that
 * scheduling it later cannot fail.  NULL without memory. */
struct handle *coil__handle_new(struct coil_loop *loop, const coil_site *site);

/* Called by object_unref. */
void coil__handle_destroy(struct handle *handle);

/* Drops the reference that a handle has while it is scheduled: a task's step has
 * one to its task. */
static inline void handle_drop(struct handle *handle)
{
	object_unref(handle->object.flags & HANDLE_EMBEDDED ? handle->arg : handle);
}

/* Marks it, so that it will be skipped. */
void coil__handle_cancel(struct handle *handle);

#endif
