/* SPDX-License-Identifier: MIT
 *
 * Futures between threads: what the program calls.  See concurrent_future.h and
 * <coil/concurrent.h>.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/futex.h"
#include "base/log.h"
#include "executor/concurrent_future.h"
#include "task/exception.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "trace/recorder.h"

/* ---- waiting --------------------------------------------------------- */

#define LONGEST_WAIT 1e9 /* seconds; for more there is no end */

static const struct timespec *deadline_of(double timeout, struct timespec *deadline)
{
	double when = clock_monotonic() + timeout;

	if (!(timeout >= 0 && timeout < LONGEST_WAIT))
		return NULL;
	deadline->tv_sec = (time_t)when;
	deadline->tv_nsec = (long)((when - (double)deadline->tv_sec) * 1e9);
	return deadline;
}

static bool has_passed(const struct timespec *deadline)
{
	return deadline && clock_monotonic() >= (double)deadline->tv_sec +
						(double)deadline->tv_nsec * 1e-9;
}

/* False if it is not done after TIMEOUT. */
static bool wait_for(struct concurrent_future *future, double timeout)
{
	struct timespec time;
	const struct timespec *deadline = deadline_of(timeout, &time);

	while (!concurrent_done(future)) {
		unsigned state = atomic_fetch_or(&future->state, CONCURRENT_WAITED) |
				 CONCURRENT_WAITED;

		if ((state & CONCURRENT_STATE) >= CONCURRENT_FINISHED)
			break;
		if (has_passed(deadline))
			return false;
		futex_wait(&future->state, state, deadline);
	}
	return true;
}

/* ---- the program's side ---------------------------------------------- */

static struct concurrent_future *open_future(const coil_concurrent_future *public,
					     const coil_site *site, const char *call)
{
	return coil__open(public, site, call, OBJECT_CONCURRENT_FUTURE);
}

/* The error or result of FUTURE, kept for whoever asks; *FAILED: it is not done in time. */
static coil_result wait_and_take(coil_concurrent_future *public, double timeout,
				 const coil_site *site, const char *call, bool *failed)
{
	struct concurrent_future *future = open_future(public, site, call);
	coil_result result, kept;
	bool is_list;

	*failed = true;
	if (!future)
		return coil_last_error();
	thread_register();
	if (!wait_for(future, timeout))
		return coil_raise_site(site, COIL_TIMEOUT, NULL);
	if (TRACING && future->job.id)
		TRACE_NOW(RESULT_TAKEN, 0, .result = future->job.id);
	*failed = concurrent_state(future) == CONCURRENT_CANCELLED;
	result = concurrent_take(future, &is_list);
	kept = coil__keep_value(result, is_list);
	coil__parcel_unref(result, is_list);
	return kept;
}

coil_result coil_concurrent_future_result_site(coil_concurrent_future *future,
					       double timeout, const coil_site *site)
{
	bool failed;
	coil_result result = wait_and_take(future, timeout, site, "result", &failed);

	if (result.error && !failed)
		coil__exception_through(result, site);
	return result;
}

coil_result coil_concurrent_future_exception_site(coil_concurrent_future *future,
	double timeout, coil_result *exception, const coil_site *site)
{
	bool failed;
	coil_result result = wait_and_take(future, timeout, site, "exception", &failed);

	*exception = coil_ok(NULL);
	if (failed)
		return result;
	if (result.error)
		*exception = result;
	return coil_ok(NULL);
}

bool coil_concurrent_future_cancel(coil_concurrent_future *public)
{
	struct concurrent_future *future = open_future(public, NULL, "cancel");

	return future && coil__concurrent_future_cancel(future);
}

bool coil_concurrent_future_cancelled(const coil_concurrent_future *public)
{
	const struct concurrent_future *future = open_future(public, NULL, "cancelled");

	return future && concurrent_state(future) == CONCURRENT_CANCELLED;
}

bool coil_concurrent_future_running(const coil_concurrent_future *public)
{
	const struct concurrent_future *future = open_future(public, NULL, "running");

	return future && concurrent_state(future) == CONCURRENT_RUNNING;
}

bool coil_concurrent_future_done(const coil_concurrent_future *public)
{
	const struct concurrent_future *future = open_future(public, NULL, "done");

	return future && concurrent_done(future);
}

struct program_callback {
	struct concurrent_callback callback;
	coil_concurrent_callback function;
	void *arg;
};

static void call_program(struct concurrent_callback *callback,
			 struct concurrent_future *future, bool *mine)
{
	struct program_callback *this = container_of(callback, struct program_callback,
						     callback);
	coil_result result = this->function(object_handle(future), this->arg);

	(void)mine;
	if (result.error)
		coil__log_misuse(future->job.site, "exception calling callback: %s%s%s",
				 coil_error_name(result.error),
				 coil_error_message(result)[0] ? ": " : "",
				 coil_error_message(result));
	free(this);
}

coil_result coil_concurrent_future_add_done_callback(coil_concurrent_future *public,
	coil_concurrent_callback function, void *arg)
{
	struct concurrent_future *future = open_future(public, NULL, "add_done_callback");
	struct program_callback *callback;

	if (!future)
		return coil_last_error();
	if (!function)
		return coil_raise_site(NULL, COIL_TYPE, "add_done_callback: a function was "
				       "expected, not NULL");
	callback = malloc(sizeof(*callback));
	if (!callback)
		return coil_raise_site(NULL, COIL_MEMORY, NULL);
	*callback = (struct program_callback){ { NULL, call_program }, function, arg };
	coil__concurrent_future_attach(future, &callback->callback);
	return coil_ok(NULL);
}
