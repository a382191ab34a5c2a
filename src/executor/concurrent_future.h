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
 * complete it, which goes on to a chain that it is done for.
 * Invariants: parcel is written before the state says finished, and not changed after;
 * begin and finish are called once, by one thread.
 * Cost: a compare-and-swap for each change; a system call only if a thread waits.
 */
#ifndef COIL_EXECUTOR_CONCURRENT_FUTURE_H
#define COIL_EXECUTOR_CONCURRENT_FUTURE_H

#include <stdatomic.h>

#include <coil/concurrent.h>

#include "base/shared.h"
#include "executor/job.h"
#include "loop/outside.h"
#include "task/parcel.h"

enum concurrent_state {
	CONCURRENT_PENDING, CONCURRENT_RUNNING, CONCURRENT_FINISHED, CONCURRENT_CANCELLED,
	CONCURRENT_STATE = 3,
	CONCURRENT_WAITED = 4,
};

struct concurrent_future;

/* Told once that the future is done, by the thread that made it so.  If that has a
 * reference to spare (*MINE), the callback may take it over, and says so. */
struct concurrent_callback {
	struct concurrent_callback *next;
	void (*function)(struct concurrent_callback *, struct concurrent_future *, bool *mine);
};

/* See wrap_future.h. */
struct chain {
	struct object object;
	struct concurrent_callback done; /* of the source                        */
	struct concurrent_future *source;
	struct future *future;
	bool parted;  /* part has run, or never will: the future was done before   */
	bool came;    /* the source is done, but part is in the ready queue yet    */
	bool is_part; /* of its source                                             */
	struct told_handle part;
	struct outside outside;
};

/* In the order in which they are touched: by who submits it, by who runs it, by both. */
struct concurrent_future {
	struct object object;
	atomic_uint state;
	_Atomic(struct concurrent_callback *) callbacks;
	struct job job;
	struct parcel parcel;
	struct chain chain;
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
static inline struct concurrent_future *concurrent_future_new(const coil_site *site)
{
	struct concurrent_future *future = shared_take(OBJECT_CONCURRENT_FUTURE);

	if (unlikely(!future))
		return NULL;
	atomic_init(&future->state, CONCURRENT_PENDING);
	atomic_init(&future->callbacks, NULL);
	future->parcel = (struct parcel){ .result = { .error = COIL_OK } };
	future->job.function = NULL;
	future->job.size = COIL_NOT_COPIED;
	future->job.values = NULL;
	future->job.site = site;
	future->job.id = 0;
	return future;
}

/* It is now being worked at; false if it was cancelled, and stays so. */
bool coil__concurrent_future_begin(struct concurrent_future *future);

/* For the trace, while it records: a task of LOOP will complete it, and not a job. */
void coil__concurrent_future_promise(struct concurrent_future *future,
				     const struct coil_loop *loop);

/* Its parcel is written: it is done.  The caller's reference goes. */
void coil__concurrent_future_finish(struct concurrent_future *future);

/* False if it runs, or is finished. */
bool coil__concurrent_future_cancel(struct concurrent_future *future);

/* Has CALLBACK called; at once if the future is done. */
void coil__concurrent_future_attach(struct concurrent_future *future,
				    struct concurrent_callback *callback);

/* The same of the first, while nobody else has the future. */
static inline void concurrent_attach_first(struct concurrent_future *future,
					   struct concurrent_callback *callback)
{
	callback->next = NULL;
	atomic_store_explicit(&future->callbacks, callback, memory_order_relaxed);
}

/* How it ended: its result, or COIL_CANCELLED; to be dropped by coil__parcel_unref. */
static inline coil_result concurrent_take(const struct concurrent_future *future,
					  bool *is_list)
{
	*is_list = false;
	if (unlikely(concurrent_state(future) == CONCURRENT_CANCELLED))
		return (coil_result){ .error = COIL_CANCELLED };
	if (likely(parcel_is_plain(&future->parcel)))
		return future->parcel.result;
	return coil__parcel_unpack(&future->parcel, is_list);
}

/* Called when it is destroyed. */
void coil__concurrent_future_fini(void *future);

/* Drops a reference, which may be the last. */
static inline void concurrent_unref(struct concurrent_future *future)
{
	if (unlikely(__atomic_load_n(&future->object.refs, __ATOMIC_ACQUIRE) != 1)) {
		shared_unref(future);
		return;
	}
	job_fini(&future->job);
	if (unlikely(!parcel_is_plain(&future->parcel)))
		coil__parcel_free(&future->parcel);
	shared_give(&future->object, OBJECT_CONCURRENT_FUTURE);
}

#endif
