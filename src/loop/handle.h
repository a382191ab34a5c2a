/* SPDX-License-Identifier: MIT
 *
 * A handle: a callback that waits to be run.  All that the loop runs is one.
 *
 * It is in at most one place: in the timer heap, in a future's list of done
 * callbacks, in the ready queue, or nowhere (but see generator_sleep.c).  A task has
 * one of its own for its steps ("either the task waits and no step is scheduled, or the
 * reverse").
 *
 * References: whoever schedules a handle gives the loop one; it is dropped when
 * the handle has run, was skipped, or left behind at close.  What the program
 * gets is borrowed: it goes stale then, and cancelling it does nothing.  Handles
 * that are a part of something else are not counted: a task lives at least until
 * it has taken its last step, a gather until all its children are counted.
 *
 * object.spare: it runs in a context, and arg and function are bound to that
 * (context.h); false in a free handle, so that a new one need not be told.
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
	HANDLE_STEP = 16,     /* a task's step, which is a part of the task        */
	HANDLE_EMBEDDED = 128, /* a part of something else; never freed by itself  */
	HANDLE_FOREIGN = 32,  /* made by another thread; goes back to the depot    */
	HANDLE_HAS_FUTURE = 64, /* future is set, with a reference                 */

	/* A struct told_handle. */
	HANDLE_TOLD = HANDLE_EMBEDDED | HANDLE_FOREIGN,

	/* What needs more than calling function(arg). */
	HANDLE_NOT_STRAIGHT = HANDLE_CANCELLED | HANDLE_ON_DONE | HANDLE_FOREIGN |
			      HANDLE_HAS_FUTURE,
};

struct handle {
	struct object object;
	struct coil_loop *loop;
	union {
		coil_function function;
		coil_done_callback done_function;
	};
	void *arg;
	union {
		const coil_site *site;
		uint64_t serial; /* HANDLE_EMBEDDED, in the heap: of its entry      */
	};
	union {
		double when;           /* a timer's deadline                        */
		struct handle *next;   /* in a future's list, or on its way between
		                          threads                                   */
		struct future *future; /* HANDLE_ON_DONE, in the queue: what is done */
	};
	uint64_t id;                   /* in the trace; 0 while none is made       */
};

_Static_assert(sizeof(struct handle) == 64, "a handle is a cache line");

/* An embedded handle that is told when its loop is closed before it has run; so what it
 * is a part of can be freed. */
struct told_handle {
	struct handle handle;
	void (*left)(void *arg);
};

/* Called when the last reference is dropped. */
void coil__handle_destroy(struct handle *handle);

/* Drops the reference that a handle has while it is scheduled. */
static inline void handle_drop(struct handle *handle)
{
	if (!(handle->object.flags & HANDLE_EMBEDDED) && --handle->object.refs == 0)
		coil__handle_destroy(handle);
}

/* The loop is closed, and HANDLE will not run. */
static inline void handle_leave(struct handle *handle)
{
	if (unlikely((handle->object.flags & HANDLE_TOLD) == HANDLE_TOLD))
		container_of(handle, struct told_handle, handle)->left(handle->arg);
	else
		handle_drop(handle);
}

/* Sets up a handle that is a part of something else. */
static inline void handle_init(struct handle *handle, struct coil_loop *loop,
			       const coil_site *site, unsigned flags)
{
	handle->object.kind = OBJECT_HANDLE;
	handle->object.spare = false;
	handle->object.flags = (uint8_t)(flags | HANDLE_EMBEDDED);
	handle->loop = loop;
	handle->site = site;
	handle->id = 0;
}

/* Records that HANDLE is scheduled, under a new id. */
void coil__handle_record(struct handle *handle, unsigned schedule, uint64_t target,
			 double when);

/* Marks it, so that it will be skipped. */
void coil__handle_cancel(struct handle *handle);

#endif
