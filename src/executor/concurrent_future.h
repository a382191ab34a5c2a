/* SPDX-License-Identifier: MIT
 *
 * Futures between threads (concurrent.futures.Future).
 *
 *	pending --begin--> running --finish--> finished
 *	   +---cancel---> cancelled
 *
 * The state is a word that is changed by compare-and-swap, and that threads which
 * wait sleep on: WAITED says that there are some.  The callbacks are a stack, newest
 * first, which is taken at once when the future is done, and is `no_more` from
 * then on: what is added later is called by who adds it.
 *
 * References are counted atomically (shared.h): the program's; one by whoever will
 * complete it; one by each chain.
 * Invariants: parcel is written before the state says finished, and not changed after;
 * begin and finish are called once, by one thread.
 * Cost: a compare-and-swap for each change; a system call only if a thread waits.
 */
#ifndef COIL_EXECUTOR_CONCURRENT_FUTURE_H
#define COIL_EXECUTOR_CONCURRENT_FUTURE_H

#include <stdatomic.h>

#include <coil/concurrent.h>

#include "base/object.h"
#include "executor/job.h"
#include "task/parcel.h"

enum concurrent_state {
	CONCURRENT_PENDING, CONCURRENT_RUNNING, CONCURRENT_FINISHED, CONCURRENT_CANCELLED,
	CONCURRENT_STATE = 3,
	CONCURRENT_WAITED = 4,
};

struct concurrent_future;

/* Told once that the future is done, by the thread that made it so. */
struct concurrent_callback {
	struct concurrent_callback *next;
	void (*function)(struct concurrent_callback *, struct concurrent_future *);
};

struct concurrent_future {
	struct object object;
	atomic_uint state;
	_Atomic(struct concurrent_callback *) callbacks;
	struct parcel parcel;
	struct job job;
};

static inline unsigned concurrent_state(const struct concurrent_future *future)
{
	return atomic_load_explicit(&future->state, memory_order_acquire) & CONCURRENT_STATE;
}

static inline bool concurrent_done(const struct concurrent_future *future)
{
	return concurrent_state(future) >= CONCURRENT_FINISHED;
}

static inline struct concurrent_future *concurrent_future_of(struct job *job)
{
	return container_of(job, struct concurrent_future, job);
}

/* With one reference, none of them the program's; its job has no function.  NULL without
 * memory. */
struct concurrent_future *coil__concurrent_future_new(const coil_site *site);

/* It is now being worked at; false if it was cancelled, and stays so. */
bool coil__concurrent_future_begin(struct concurrent_future *future);

/* Its parcel is written: it is done. */
void coil__concurrent_future_finish(struct concurrent_future *future);

/* False if it runs, or is finished. */
bool coil__concurrent_future_cancel(struct concurrent_future *future);

/* Has CALLBACK called; at once if the future is done. */
void coil__concurrent_future_attach(struct concurrent_future *future,
				    struct concurrent_callback *callback);

/* How it ended: its result, or COIL_CANCELLED; to be dropped by coil__parcel_unref. */
coil_result coil__concurrent_future_take(const struct concurrent_future *future,
					 bool *is_list);

/* Called when it is destroyed. */
void coil__concurrent_future_fini(void *future);

#endif
