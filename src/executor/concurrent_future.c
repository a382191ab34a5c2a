/* SPDX-License-Identifier: MIT
 *
 * Futures between threads.  See concurrent_future.h; what the program calls is in
 * concurrent_api.c.
 */
#include "base/futex.h"
#include "executor/concurrent_future.h"
#include "trace/recorder.h"

/* ---- its life -------------------------------------------------------- */

void coil__concurrent_future_fini(void *object)
{
	struct concurrent_future *future = object;

	job_fini(&future->job);
	coil__parcel_free(&future->parcel);
}

/* ---- states ---------------------------------------------------------- */

/* From pending; false if it is something else. */
static bool leave_pending(struct concurrent_future *future, unsigned state, unsigned *was)
{
	*was = atomic_load(&future->state);
	do
		if ((*was & CONCURRENT_STATE) != CONCURRENT_PENDING)
			return false;
	while (!atomic_compare_exchange_weak(&future->state, was,
					     state | (*was & CONCURRENT_WAITED)));
	return true;
}

bool coil__concurrent_future_begin(struct concurrent_future *future)
{
	unsigned was;

	return leave_pending(future, CONCURRENT_RUNNING, &was);
}

/* The end of every list of callbacks whose future is done. */
static struct concurrent_callback no_more;

static struct concurrent_callback *turn_round(struct concurrent_callback *newest)
{
	struct concurrent_callback *oldest = NULL;

	while (newest) {
		struct concurrent_callback *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

/* Those that wait are woken before the callbacks are called, as in Python. */
static inline void tell(struct concurrent_future *future, unsigned was, bool *mine)
{
	struct concurrent_callback *callback;

	if (unlikely(was & CONCURRENT_WAITED))
		futex_wake_all(&future->state);
	callback = atomic_exchange(&future->callbacks, &no_more);
	if (callback && unlikely(callback->next))
		callback = turn_round(callback);
	while (callback) {
		struct concurrent_callback *next = callback->next;

		callback->function(callback, future, mine);
		callback = next;
	}
}

void coil__concurrent_future_promise(struct concurrent_future *future,
				     const struct coil_loop *loop)
{
	future->job.id = coil__trace_object_id();
	TRACE_NOW(RESULT_PROMISED, 0, .result = future->job.id, .loop = loop->id,
		  .site = TRACE_SITE(future->job.site));
}

/* The end of a job is told by its worker. */
static apart void record_given(const struct concurrent_future *future, unsigned outcome)
{
	if (future->job.id && !future->job.function)
		TRACE_NOW(RESULT_GIVEN, outcome, .result = future->job.id);
}

void coil__concurrent_future_finish(struct concurrent_future *future)
{
	if (TRACING)
		record_given(future, future->parcel.result.error ? TRACE_OUTCOME_EXCEPTION :
				     TRACE_OUTCOME_RESULT);
	bool mine = true;

	tell(future, atomic_exchange(&future->state, CONCURRENT_FINISHED), &mine);
	if (mine)
		concurrent_unref(future);
}

bool coil__concurrent_future_cancel(struct concurrent_future *future)
{
	bool mine = false;
	unsigned was;

	if (!leave_pending(future, CONCURRENT_CANCELLED, &was))
		return (was & CONCURRENT_STATE) == CONCURRENT_CANCELLED;
	if (TRACING && future->job.id && future->job.function)
		TRACE_NOW(JOB_CANCELLED, 0, .job = future->job.id);
	else if (TRACING)
		record_given(future, TRACE_OUTCOME_CANCELLED);
	tell(future, was, &mine);
	return true;
}

void coil__concurrent_future_attach(struct concurrent_future *future,
				    struct concurrent_callback *callback)
{
	struct concurrent_callback *first = atomic_load(&future->callbacks);
	bool mine = false;

	do
		callback->next = first;
	while (first != &no_more &&
	       !atomic_compare_exchange_weak(&future->callbacks, &first, callback));
	if (unlikely(first == &no_more))
		callback->function(callback, future, &mine);
}
