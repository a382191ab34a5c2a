/* SPDX-License-Identifier: MIT
 *
 * Futures (asyncio.Future): a result that will come, and who waits for it.
 *
 * A future is pending until it is given a result, given an exception, or
 * cancelled, which can happen once.  Its callbacks then go to the loop's ready
 * queue, in the order they were added.  A task is a future too, but only the
 * loop completes it.  Nothing here suspends.
 */
#ifndef COIL_FUTURE_H
#define COIL_FUTURE_H

#include <coil/loop.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A pending future of LOOP; the caller owns it.  Allowed on a closed loop.
 * Errors: NULL with COIL_MEMORY.  (loop.create_future) */
#define coil_loop_create_future(loop)                                          \
	coil_loop_create_future_site((loop), COIL_SITE("create_future", ""))
COIL_API coil_future *coil_loop_create_future_site(coil_loop *loop,
						   const coil_site *site);

/* The same for the running loop.  Errors: NULL with COIL_RUNTIME without one. */
#define coil_create_future()                                                   \
	coil_create_future_site(COIL_SITE("create_future", ""))
COIL_API coil_future *coil_create_future_site(const coil_site *site);

/* Completes FUTURE with RESULT, which must be a success (coil_ok, coil_number).
 * Errors: COIL_INVALID_STATE if it is not pending; COIL_RUNTIME for a task or a
 * gather; COIL_TYPE if RESULT is an error; COIL_INVALID_HANDLE.
 * (future.set_result) */
#define coil_future_set_result(future, result)                                 \
	coil_future_set_result_site((future), (result),                        \
				    COIL_SITE("set_result", #future))
COIL_API coil_result coil_future_set_result_site(coil_future *future,
	coil_result result, const coil_site *site);

/* Completes FUTURE with an error: a code and an optional printf message.
 *	coil_future_set_exception(f, COIL_VALUE, "x is %d", x);
 * Errors: as set_result; COIL_TYPE if ERROR is COIL_OK.
 * (future.set_exception) */
#define coil_future_set_exception(future, error, ...)                          \
	coil_future_set_exception_site((future), COIL_SITE("set_exception", #error), \
				       (error), COIL_FORMAT(__VA_ARGS__))
COIL_API coil_result coil_future_set_exception_site(coil_future *future,
	const coil_site *site, int error, const char *format, ...) COIL_PRINTF(4, 5);

/* Cancels a future, or asks a task or a gather to be cancelled; with an
 * optional printf message.
 * Result: false if it was done already, true otherwise.
 * A task gets COIL_CANCELLED from what it awaits, in the next iteration, and may
 * clean up, or swallow it.  (future.cancel, task.cancel) */
#define coil_future_cancel(future, ...)                                        \
	coil_future_cancel_site((future), COIL_SITE("cancel", #future),        \
				COIL_FORMAT(__VA_ARGS__))
COIL_API bool coil_future_cancel_site(coil_future *future,
	const coil_site *site, const char *format, ...) COIL_PRINTF(3, 4);

/* (future.done, future.cancelled) */
COIL_API bool coil_future_done(const coil_future *future);
COIL_API bool coil_future_cancelled(const coil_future *future);

/* The result of a future that is done.  Looking at it counts as having
 * retrieved an error.  The value and the detail live as long as the future.
 * Errors: the future's own; COIL_CANCELLED; COIL_INVALID_STATE "Result is not
 * set." if it is pending.  (future.result) */
COIL_API coil_result coil_future_result(coil_future *future);

/* Puts the error of a done future, or COIL_OK, in *EXCEPTION, and marks it as
 * retrieved.  Errors: COIL_CANCELLED, COIL_INVALID_STATE "Exception is not set.",
 * and then *EXCEPTION is COIL_OK.  (future.exception) */
COIL_API coil_result coil_future_exception(coil_future *future,
					   coil_result *exception);

/* The loop it belongs to, borrowed.  (future.get_loop) */
COIL_API coil_loop *coil_future_get_loop(const coil_future *future);

/* Called by the loop once FUTURE (borrowed) is done.  An error that it returns
 * goes to the exception handler. */
typedef coil_result (*coil_done_callback)(coil_future *future, void *arg);

/* Schedules FUNCTION(FUTURE, ARG) for when FUTURE is done: by call_soon at that
 * moment, or now if it is done already.  Adding twice calls twice.
 * Errors: COIL_MEMORY, COIL_INVALID_HANDLE.  (future.add_done_callback) */
#define coil_future_add_done_callback(future, function, arg)                   \
	coil_future_add_done_callback_site((future), (function), (arg),        \
					   COIL_SITE(#function, #arg))
COIL_API coil_result coil_future_add_done_callback_site(coil_future *future,
	coil_done_callback function, void *arg, const coil_site *site);

/* Removes every callback with this FUNCTION and ARG that is not yet scheduled.
 * Result: how many there were.  (future.remove_done_callback) */
COIL_API size_t coil_future_remove_done_callback(coil_future *future,
	coil_done_callback function, void *arg);

#ifdef __cplusplus
}
#endif
#endif
