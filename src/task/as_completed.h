/* SPDX-License-Identifier: MIT
 *
 * as_completed: futures in the order in which they are done.
 *
 *	finished:  +---+---+---+---+---+---+
 *	           | c | a | - |   |   |   |     room for every different future
 *	           +---+---+---+---+---+---+     -: one that was not done in time
 *	             0   taken   put
 *
 * Callbacks put the futures in; whoever asks for the next one takes it out, or stands
 * in line until there is one.
 *
 * Invariants: taken <= put <= count; children has every different future once, with a
 * reference; each callback that is among a child's, or in the ready queue, holds a
 * reference to the iterator; a timer is set only while some such callback is to come.
 * In the chain of the living, so that its loop's end frees it.
 * Cost: a pooled object and two allocations; O(1) an item.
 */
#ifndef COIL_TASK_AS_COMPLETED_H
#define COIL_TASK_AS_COMPLETED_H

#include "task/future.h"
#include "task/waiter.h"

struct completed_child {
	struct as_completed *all;
	struct future *future;
	struct handle callback;
	bool counted;
};

struct as_completed {
	struct awaitable awaitable;  /* the chain of its loop; not to be awaited */
	struct completed_child *children;
	struct future **finished;    /* NULL: not done in time                   */
	struct waiters line;
	struct future *last;         /* that was taken out                       */
	struct handle *timer;        /* or NULL; with a reference                */
	size_t count;                /* of the children                          */
	size_t todo;                 /* of those, not put in                     */
	size_t left;                 /* items that were not asked for            */
	size_t put, taken;
	size_t room;                 /* its callbacks' in the ready queue        */
	uint64_t id;                 /* in the trace                             */
};

/* Called when it is destroyed. */
void coil__as_completed_fini(void *all);

#endif
