/* SPDX-License-Identifier: MIT
 *
 * Futures, as the program has them: handles are opened, what is asked for is checked,
 * and done by future.c.  See <coil/future.h>.
 */
#include <stdarg.h>

#include "loop/debug.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "task/chain.h"
#include "task/context.h"
#include "task/future.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "trace/recorder.h"

/* ---- making ---------------------------------------------------------- */

static apart void created(struct future *future, struct coil_loop *loop,
			  const coil_site *site)
{
	future->site = place_here(loop, site);
	if (!TRACING)
		return;
	future->id = coil__trace_object_id();
	TRACE_NOW(FUTURE_CREATED, TRACE_FUTURE_PLAIN, .future = future->id,
		  .loop = TRACE_LOOP(loop), .site = TRACE_SITE(site));
}

coil_future *coil_loop_create_future_site(coil_loop *loop, const coil_site *site)
{
	struct future *future = coil__future_new(loop, OBJECT_FUTURE, site);

	if (!future)
		return coil__null_memory(site);
	future->object.owned = 1;
	if (WATCHED)
		created(future, loop, site);
	return object_handle(future);
}

coil_future *coil_create_future_site(const coil_site *site)
{
	coil_loop *loop = coil_get_running_loop();

	return loop ? coil_loop_create_future_site(loop, site) : NULL;
}

/* ---- completing ------------------------------------------------------ */

/* Completing schedules what waits: in debug mode for its loop's thread alone. */
static inline bool admits(const struct future *future, const coil_site *site)
{
	return !DEBUGGING || future->state != FUTURE_PENDING ||
	       (!future->first && future->object.kind == OBJECT_FUTURE) ||
	       coil__debug_admits(future->loop, site);
}

static struct future *open_settable(coil_future *public, const coil_site *site,
				    const char *call, coil_result *failed)
{
	struct future *future = coil__open_future(public, site, call);

	*failed = future ? coil_ok(NULL) : coil_last_error();
	if (!future)
		return NULL;
	if (future->object.kind != OBJECT_FUTURE)
		*failed = coil_raise_site(site, COIL_RUNTIME, "%s does not support %s operation",
			future->object.kind == OBJECT_TASK ? "Task" :
			coil__kind_name(future->object.kind), call);
	else if (future->state != FUTURE_PENDING)
		*failed = coil_raise_site(site, COIL_INVALID_STATE, "%s: the future is %s",
			call, future->state == FUTURE_CANCELLED ? "cancelled" : "finished");
	else if (!admits(future, site))
		*failed = coil_last_error();
	return failed->error ? NULL : future;
}

coil_result coil_future_set_result_site(coil_future *public, coil_result result,
					const coil_site *site)
{
	coil_result failed;
	struct future *future = open_settable(public, site, "set_result", &failed);

	if (!future)
		return failed;
	if (result.error)
		return coil_raise_site(site, COIL_TYPE,
			"set_result: that is an error (%s); set_exception takes it",
			coil_error_name(result.error));
	coil__future_finish(future, result, false);
	return coil_ok(NULL);
}

coil_result coil_future_set_exception_site(coil_future *public, const coil_site *site,
					   int error, const char *format, ...)
{
	coil_result failed, raised;
	struct future *future = open_settable(public, site, "set_exception", &failed);
	va_list args;

	if (!future)
		return failed;
	if (!error)
		return coil_raise_site(site, COIL_TYPE, "set_exception: COIL_OK is no error");
	va_start(args, format);
	raised = coil__raise(site, error, format, args);
	va_end(args);
	coil__future_finish(future, coil__future_error(raised), false);
	return coil_ok(NULL);
}

bool coil_future_cancel_site(coil_future *public, const coil_site *site,
			     const char *format, ...)
{
	struct future *future = coil__open_future(public, site, "cancel");
	coil_result cancelled = { .error = COIL_CANCELLED };
	va_list args;

	if (!future || !admits(future, site))
		return false;
	cancelled.exception = NULL;
	if (format) {
		va_start(args, format);
		cancelled = coil__raise(site, COIL_CANCELLED, format, args);
		va_end(args);
	}
	return coil__future_cancel(future, cancelled);
}

/* ---- callbacks ------------------------------------------------------- */

coil_result coil_future_add_done_callback_site(coil_future *public,
	coil_done_callback function, void *arg, const coil_site *site)
{
	return coil_future_add_done_callback_with_context_site(public, NULL, function,
							       arg, site);
}

coil_result coil_future_add_done_callback_with_context_site(coil_future *public,
	coil_context *public_context, coil_done_callback function, void *arg,
	const coil_site *site)
{
	struct context *context = NULL;
	struct future *future = coil__open_future(public, site, "add_done_callback");

	if (!future)
		return coil_last_error();
	if (!function)
		return coil_raise_site(site, COIL_TYPE, "a callable object was expected by add_done_callback(), got NULL");
	if (public_context) {
		context = coil__open(public_context, site, "add_done_callback", OBJECT_CONTEXT);
		if (!context)
			return coil_last_error();
	}
	if (unlikely(loop_looks_twice(future->loop)) && !coil__loop_admits(future->loop, site))
		return coil_last_error();
	return coil__future_add_callback_in(future, context, true, function, arg,
					    place_here(future->loop, site));
}

size_t coil_future_remove_done_callback(coil_future *public,
					coil_done_callback function, void *arg)
{
	struct future *future = coil__open_future(public, NULL, "remove_done_callback");

	return future ? coil__future_remove_callbacks(future, function, arg) : 0;
}

/* ---- looking at it --------------------------------------------------- */

bool coil_future_done(const coil_future *public)
{
	const struct future *future = coil__open_future(public, NULL, "done");

	return future && future->state != FUTURE_PENDING;
}

bool coil_future_cancelled(const coil_future *public)
{
	const struct future *future = coil__open_future(public, NULL, "cancelled");

	return future && future->state == FUTURE_CANCELLED;
}

coil_result coil_future_result(coil_future *public)
{
	struct future *future = coil__open_future(public, NULL, "result");

	if (!future)
		return coil_last_error();
	if (future->state == FUTURE_PENDING)
		return coil_raise_site(NULL, COIL_INVALID_STATE, "Result is not set.");
	return coil__future_retrieve(future);
}

coil_result coil_future_exception(coil_future *public, coil_result *exception)
{
	coil_result result;
	struct future *future = coil__open_future(public, NULL, "exception");

	*exception = coil_ok(NULL);
	if (!future)
		return coil_last_error();
	if (future->state == FUTURE_PENDING)
		return coil_raise_site(NULL, COIL_INVALID_STATE, "Exception is not set.");
	result = coil__future_retrieve(future);
	if (future->state == FUTURE_CANCELLED)
		return result;
	if (result.error)
		*exception = result;
	return coil_ok(NULL);
}

coil_loop *coil_future_get_loop(const coil_future *public)
{
	const struct future *future = coil__open_future(public, NULL, "get_loop");

	return future ? future->loop : NULL;
}
