/* SPDX-License-Identifier: MIT
 *
 * What events, locks, conditions, semaphores, barriers and queues have in common: a
 * pooled object, the loop it is bound to, how the trace knows it, and the visit of a
 * task that may have to wait for it.
 *
 *	public call                     the task's stack
 *	  visit_begin   opens the handle      +-------+      +--------+
 *	  lock_acquire ... visit_join         | visit |----->| waiter |---> what is visited,
 *	               ... visit_wait         +-------+      +--------+     kept alive
 *	  visit_end     drops the waiter                     in line, or has left it
 *
 * Invariants:
 *  - a visit that has suspended has a waiter until its end, and by that a reference to
 *    what it visits; if the loop is closed meanwhile it is destroyed with the loop, and
 *    so is the reference, for the stack is never gone back to;
 *  - the waiter of a visit serves for all of its waits: only the first needs memory;
 *  - a part (the lock of a barrier) lies inside of what it is a part of, and has no
 *    references of its own; to the trace it is not there.
 *
 * Cost: opening a handle, and for a visit that does not wait nothing else.
 */
#ifndef COIL_SYNC_RESOURCE_H
#define COIL_SYNC_RESOURCE_H

#include "loop/debug.h"
#include "task/misuse.h"
#include "task/waiter.h"
#include "trace/recorder.h"

struct resource {
	struct object object;
	uint32_t loop_id;           /* of the loop it is bound to; 0: none yet        */
	uint32_t generation;        /* of the recording in which it has its id        */
	uint64_t id;                /* in the trace                                   */
	const coil_site *site;      /* where it was made                              */
	struct resource *of;        /* what it is a part of; or a condition's lock    */
	uint64_t size;              /* of a semaphore, barrier, queue, when made      */
	uint8_t made_for;           /* TRACE_FUTURE_*, of who stands in its line      */
	bool is_part;
};

/* Sets up a new one; its kind is that of the object. */
void coil__resource_init(struct resource *resource, const coil_site *site,
			 unsigned made_for, uint64_t size, struct resource *of);

/* The same as a part of WHOLE, in whose name it is waited for. */
void coil__resource_init_part(struct resource *part, enum object_kind kind,
			      struct resource *whole);

/* A new object of KIND from its pool, which the program will own; NULL, and
 * coil_last_error(), without memory.  To be set up by the caller. */
void *coil__resource_new(enum object_kind kind, const coil_site *site);

/* The error of a handle that coil__open could not open; never COIL_OK, even where there
 * was no memory to remember it. */
coil_result coil__not_opened(void);

/* What there is to do at the end of one that refers to nothing. */
void coil__resource_fini(void *resource);

/* Its id in the recording that is under way, which is told of it if it was not. */
uint64_t coil__resource_id(struct resource *resource);

/* ACTION (TRACE_ACTION_*) was done to it; VALUE: how it is now. */
void coil__resource_record(struct resource *resource, unsigned action, uint64_t value);

static inline void resource_changed(struct resource *resource, unsigned action,
				    uint64_t value)
{
	if (TRACING)
		coil__resource_record(resource, action, value);
}

/* ---- a call that may wait -------------------------------------------- */

struct visit {
	struct task *task;
	struct resource *resource;  /* what is visited                        */
	struct waiter *waiter;      /* NULL: has not had to wait              */
	const coil_site *site;
};

/* Begins CALL on the handle PUBLIC by the task that runs.  Errors: a handle that is
 * stale or not of KIND; no task. */
coil_result coil__visit_begin(struct visit *visit, const void *public,
			      enum object_kind kind, const char *call,
			      const coil_site *site);

/* Stands at the end of LINE, which is of RESOURCE (what is visited, or what that
 * keeps alive), and binds that to the loop.  Errors: COIL_RUNTIME for another loop,
 * COIL_MEMORY unless it has stood in a line before. */
coil_result coil__visit_join(struct visit *visit, struct resource *resource,
			     struct waiters *line, unsigned made_for);

/* Suspends until it is woken.  Result: COIL_OK, or the error that was delivered.  The
 * place in line is left by the caller. */
coil_result coil__visit_wait(struct visit *visit);

/* Nothing of what was visited may be touched after this.  Gives RESULT. */
static inline coil_result visit_end(struct visit *visit, coil_result result)
{
	if (visit->waiter)
		coil__waiter_drop(visit->waiter);
	return result;
}

/* ---- lines ----------------------------------------------------------- */

/* Are all who stand in LINE cancelled, if any are there?  Looks at the first who are. */
bool coil__line_is_cancelled(const struct waiters *line);

/* May this thread wake who stands in LINE?  In debug mode only their loop's may; else
 * coil_last_error() says so. */
static inline bool line_admits(const struct waiters *line)
{
	return !DEBUGGING || !line->first ||
	       coil__debug_admits(line->first->future.loop, NULL);
}

static inline bool line_is_idle(const struct waiters *line)
{
	return likely(!line->first) || coil__line_is_cancelled(line);
}

#endif
