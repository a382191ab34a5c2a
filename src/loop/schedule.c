/* SPDX-License-Identifier: MIT
 *
 * Scheduling: call_soon, call_later, call_at, and call_soon_threadsafe.
 *
 * Other threads push onto a list with one compare-and-swap, and wake the loop only
 * if it sleeps.  The loop takes the whole list at once and turns it round.
 */
#include <math.h>
#include <pthread.h>

#include "loop/debug.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "task/chain.h"
#include "task/context.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "trace/recorder.h"

/* ---- from the loop's own thread -------------------------------------- */

/* A handle that was made is not scheduled after all. */
static cold coil_handle *forget(struct handle *handle, const coil_site *site)
{
	object_unref(handle);
	return coil__null_memory(site);
}

static inline __attribute__((always_inline)) coil_handle *
call_soon(struct coil_loop *loop, struct context *context, bool in_context,
	  coil_function function, void *arg, const coil_site *site)
{
	struct handle *handle = loop_new_handle(loop, site);

	if (unlikely(!handle))
		return coil__null_memory(site);
	handle->function = function;
	handle->arg = arg;
	if (in_context && !context_bind(handle, context))
		return forget(handle, site);
	if (TRACING)
		coil__handle_record(handle, TRACE_SCHEDULE_SOON, 0, 0);
	coil__ready_queue_push(&loop->ready, handle);
	return object_handle(handle);
}

/* Apart, so that the straight path has nothing to save across a call. */
static apart coil_handle *call_soon_in(struct coil_loop *loop, struct context *context,
				       coil_function function, void *arg,
				       const coil_site *site)
{
	if (loop_has_incoming(loop))
		coil__loop_take_over(loop);
	return call_soon(loop, context, true, function, arg, site);
}

static inline bool is_callable(coil_function function, const coil_site *site)
{
	if (unlikely(!function))
		return coil__null(COIL_TYPE, site, "a callable object was expected by call_soon(), got NULL");
	return true;
}

/* The context that is given, in *CONTEXT: NULL for NULL; false after a report. */
static bool open_context(coil_context *public, const coil_site *site, const char *call,
			 struct context **context)
{
	*context = public ? coil__open(public, site, call, OBJECT_CONTEXT) : NULL;
	return !public || *context;
}

/* Where the loop has to look twice, or a context is given. */
static cold coil_handle *call_soon_with_care(struct coil_loop *loop, coil_context *public,
	coil_function function, void *arg, const coil_site *site)
{
	struct context *context;

	if (!coil__loop_admits(loop, site) || !is_callable(function, site) ||
	    !open_context(public, site, "call_soon", &context))
		return NULL;
	return call_soon_in(loop, context, function, arg, place_here(loop, site));
}

coil_handle *coil_loop_call_soon_site(coil_loop *loop, coil_function function,
				      void *arg, const coil_site *site)
{
	if (unlikely(loop_looks_twice(loop)))
		return call_soon_with_care(loop, NULL, function, arg, site);
	if (unlikely(!is_callable(function, site)))
		return NULL;
	if (unlikely(loop_has_incoming(loop) || context_used()))
		return call_soon_in(loop, NULL, function, arg, site);
	return call_soon(loop, NULL, false, function, arg, site);
}

coil_handle *coil_loop_call_soon_with_context_site(coil_loop *loop, coil_context *public,
	coil_function function, void *arg, const coil_site *site)
{
	return call_soon_with_care(loop, public, function, arg, site);
}

struct handle *coil__loop_timer(struct coil_loop *loop, double when,
				coil_function function, void *arg,
				const coil_site *site, unsigned schedule,
				uint64_t target)
{
	struct handle *handle = loop_new_handle(loop, site);

	if (!handle)
		return NULL;
	handle->function = function;
	handle->arg = arg;
	handle->when = when;
	handle->object.flags |= HANDLE_IS_TIMER;
	if (!coil__timer_heap_push(&loop->timers, handle)) {
		object_unref(handle);
		return NULL;
	}
	if (TRACING)
		coil__handle_record(handle, schedule, target, when);
	return handle;
}

static inline __attribute__((always_inline)) coil_handle *
call_timer(struct coil_loop *loop, struct context *context, double when,
	   coil_function function, void *arg, const coil_site *site, unsigned schedule)
{
	struct handle *handle;

	if (unlikely(!function))
		return coil__null(COIL_TYPE, site, "a callable object was expected by call_at(), got NULL");
	if (unlikely(isnan(when)))
		return coil__null(COIL_VALUE, site, "when cannot be NaN (not a number)");
	handle = coil__loop_timer(loop, when, function, arg, site, schedule, 0);
	if (unlikely(!handle))
		return coil__null_memory(site);
	if (likely(context_bind(handle, context)))
		return object_handle(handle);
	coil__handle_cancel(handle); /* it is in the heap, and will be dropped there */
	return coil__null_memory(site);
}

static cold coil_handle *call_at_with_care(struct coil_loop *loop, struct context *context,
	double when, coil_function function, void *arg, const coil_site *site,
	unsigned schedule)
{
	if (!coil__loop_admits(loop, site))
		return NULL;
	return call_timer(loop, context, when, function, arg, place_here(loop, site),
			  schedule);
}

static coil_handle *call_at(struct coil_loop *loop, struct context *context, double when,
			    coil_function function, void *arg,
			    const coil_site *site, unsigned schedule)
{
	if (unlikely(loop_looks_twice(loop)))
		return call_at_with_care(loop, context, when, function, arg, site, schedule);
	return call_timer(loop, context, when, function, arg, site, schedule);
}

coil_handle *coil_loop_call_later_site(coil_loop *loop, double delay,
				       coil_function function, void *arg,
				       const coil_site *site)
{
	return call_at(loop, NULL, clock_now(&loop->clock) + delay, function, arg, site,
		       TRACE_SCHEDULE_LATER);
}

coil_handle *coil_loop_call_later_with_context_site(coil_loop *loop, coil_context *public,
	double delay, coil_function function, void *arg, const coil_site *site)
{
	struct context *context;

	if (!open_context(public, site, "call_later", &context))
		return NULL;
	return call_at(loop, context, clock_now(&loop->clock) + delay, function, arg, site,
		       TRACE_SCHEDULE_LATER);
}

coil_handle *coil_loop_call_at_site(coil_loop *loop, double when,
				    coil_function function, void *arg,
				    const coil_site *site)
{
	return call_at(loop, NULL, when, function, arg, site, TRACE_SCHEDULE_AT);
}

coil_handle *coil_loop_call_at_with_context_site(coil_loop *loop, coil_context *public,
	double when, coil_function function, void *arg, const coil_site *site)
{
	struct context *context;

	if (!open_context(public, site, "call_at", &context))
		return NULL;
	return call_at(loop, context, when, function, arg, site, TRACE_SCHEDULE_AT);
}

/* ---- from any thread -------------------------------------------------- */

static struct handle *foreign_handle(struct coil_loop *loop, coil_function function,
				     void *arg, const coil_site *site)
{
	struct handle *handle;

	handle = pool_take(pool_of(OBJECT_HANDLE), OBJECT_HANDLE);
	if (!handle)
		return NULL;
	handle->object.flags = HANDLE_FOREIGN;
	handle->loop = loop;
	handle->function = function;
	handle->arg = arg;
	handle->site = site;
	handle->id = 0;
	if (likely(context_bind(handle, NULL)))
		return handle;
	pool_give(pool_of(OBJECT_HANDLE), handle);
	return NULL;
}

/* The clock is read for the first of them. */
static apart void record_taken(const struct handle *handle, bool first)
{
	uint64_t id = coil__trace_known_handle(handle->id);

	if (first)
		TRACE_NOW(HANDLE_TAKEN, 0, .handle = id);
	else
		TRACE(HANDLE_TAKEN, 0, .handle = id);
}

/* What could not be taken over for want of memory stays in `late`, in order. */
void coil__loop_take_over(struct coil_loop *loop)
{
	struct handle *newest = atomic_exchange(&loop->incoming, NULL);
	struct handle *oldest = NULL, **end = &loop->late;
	uint32_t count = 0;

	while (newest) {
		struct handle *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	while (*end)
		end = &(*end)->next;
	*end = oldest;
	while (loop->late && loop_make_room(loop)) {
		struct handle *handle = loop->late;

		loop->late = handle->next;
		if (TRACING)
			record_taken(handle, count == 0);
		coil__ready_queue_push(&loop->ready, handle);
		count++;
	}
	if (count)
		TRACE(WAKE, 0, .loop = loop->id, .count = count);
}

/* A thread that runs no loop has not looked at the clock for long. */
static apart void record_foreign(struct handle *handle)
{
	if (trace_has_room(&coil__recorder, 0))
		coil__trace_read_time(&coil__recorder);
	coil__handle_record(handle, TRACE_SCHEDULE_THREADSAFE, 0, 0);
}

void coil__loop_push_foreign(struct coil_loop *loop, struct handle *handle)
{
	struct handle *first = atomic_load(&loop->incoming);

	if (TRACING)
		record_foreign(handle);
	do
		handle->next = first;
	while (!atomic_compare_exchange_weak(&loop->incoming, &first, handle));
}

coil_result coil_loop_call_soon_threadsafe_site(coil_loop *loop,
	coil_function function, void *arg, const coil_site *site)
{
	struct handle *handle;

	if (coil__self.running == loop) /* its own thread: no need to be foreign */
		return coil_loop_call_soon_site(loop, function, arg, site) ?
			coil_ok(NULL) : coil_last_error();
	if (!function)
		return coil_raise_site(site, COIL_TYPE, "a callable object was expected by call_soon_threadsafe(), got NULL");
	if (unlikely(loop_looks_twice(loop))) {
		if (loop_refuses(loop))
			return coil__loop_refusal(loop, site);
		site = place_here(loop, site);
	}
	/* The lock holds off close, which would free what we are about to touch. */
	pthread_rwlock_rdlock(&loop->closing);
	handle = loop_refuses(loop) ? NULL : foreign_handle(loop, function, arg, site);
	if (handle) {
		coil__loop_push_foreign(loop, handle);
		coil__poller_wake(&loop->poller);
	}
	pthread_rwlock_unlock(&loop->closing);
	if (handle)
		return coil_ok(NULL);
	return loop_refuses(loop) ? coil__loop_refusal(loop, site) :
				    coil_raise_site(site, COIL_MEMORY, NULL);
}
