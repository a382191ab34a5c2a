/* SPDX-License-Identifier: MIT
 *
 * Several threads: futures that any thread may wait for (concurrent.futures.Future),
 * and coroutines that another thread's loop runs.
 *
 *	// in a thread without a loop:
 *	coil_concurrent_future *f = coil_run_coroutine_threadsafe(coil_coro(work, NULL), loop);
 *	coil_result r = coil_concurrent_future_result(f, 5.0);
 *	coil_release(f);
 *
 * A loop and its objects belong to the thread that runs it.  From other threads these
 * calls alone are safe:
 *	coil_loop_call_soon_threadsafe, coil_run_coroutine_threadsafe;
 *	all of coil_concurrent_future_* and coil_executor_* (executor.h);
 *	all of coil_log_* (log.h);
 *	coil_loop_is_running, coil_loop_is_closed; coil_loop_time, on the real clock;
 *	coil_retain and coil_release of concurrent futures and executors.
 * In debug mode the others are refused there (debug.h).
 *
 * Errors, lists and bytes cross over as copies: they belong to the thread that gets them.
 * What is nested in more than 100 others does not: COIL_RUNTIME.
 *
 * The handle of a concurrent future is good as long as the future lives, which is until it is
 * done and nobody has it any more: its callbacks may use it after the program let it go.
 */
#ifndef COIL_CONCURRENT_H
#define COIL_CONCURRENT_H

#include <coil/await.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct coil_concurrent_future coil_concurrent_future;

/* From any thread: LOOP makes a task of COROUTINE (handed over).  Called by LOOP's own
 * thread it works too, but whoever then waits for the result waits for himself.
 * Result: a future for its result, the caller's, who releases it; letting go of it does
 * not cancel the task.  If LOOP is closed before the task has ended, it is cancelled.
 * Errors: NULL with COIL_TYPE "A coroutine object is required", COIL_RUNTIME "Event loop
 * is closed", COIL_MEMORY, COIL_INVALID_HANDLE.  The coroutine is gone then.
 * Does not suspend.  (asyncio.run_coroutine_threadsafe) */
#define coil_run_coroutine_threadsafe(coroutine, loop)                         \
	coil_run_coroutine_threadsafe_site((coroutine), (loop),                \
		COIL_SITE("run_coroutine_threadsafe", #coroutine))
COIL_API coil_concurrent_future *coil_run_coroutine_threadsafe_site(
	coil_coroutine *coroutine, coil_loop *loop, const coil_site *site);

/* BLOCKS the thread until FUTURE is done, for up to TIMEOUT seconds of real time
 * (negative: without end), and gives its result.  Not for coroutines: they await
 * coil_wrap_future(future).
 * Errors: the future's own; COIL_TIMEOUT after TIMEOUT, and it goes on; COIL_CANCELLED
 * if it was cancelled; COIL_INVALID_HANDLE.  (future.result(timeout)) */
#define coil_concurrent_future_result(future, timeout)                         \
	coil_concurrent_future_result_site((future), (timeout),                \
		COIL_SITE("result", #future))
COIL_API coil_result coil_concurrent_future_result_site(coil_concurrent_future *future,
	double timeout, const coil_site *site);

/* The same for its error alone: *EXCEPTION is that, or COIL_OK if it has a result.
 * Errors: COIL_TIMEOUT, COIL_CANCELLED, COIL_INVALID_HANDLE.
 * (future.exception(timeout)) */
#define coil_concurrent_future_exception(future, timeout, exception)           \
	coil_concurrent_future_exception_site((future), (timeout), (exception), \
		COIL_SITE("exception", #future))
COIL_API coil_result coil_concurrent_future_exception_site(
	coil_concurrent_future *future, double timeout, coil_result *exception,
	const coil_site *site);

/* Cancels it: a job that has not begun never will; the task of
 * coil_run_coroutine_threadsafe is cancelled by its loop.
 * Result: whether it is cancelled now; false if it has ended, or (a job) runs.
 * (future.cancel()) */
COIL_API bool coil_concurrent_future_cancel(coil_concurrent_future *future);

/* (future.cancelled(), running(), done()) */
COIL_API bool coil_concurrent_future_cancelled(const coil_concurrent_future *future);
COIL_API bool coil_concurrent_future_running(const coil_concurrent_future *future);
COIL_API bool coil_concurrent_future_done(const coil_concurrent_future *future);

/* Called once FUTURE (borrowed) is done, by the thread that made it so, or at once by
 * the caller if it is done already.  What it returns as an error is logged. */
typedef coil_result (*coil_concurrent_callback)(coil_concurrent_future *future, void *arg);

/* Errors: COIL_MEMORY, COIL_INVALID_HANDLE.  (future.add_done_callback) */
COIL_API coil_result coil_concurrent_future_add_done_callback(
	coil_concurrent_future *future, coil_concurrent_callback function, void *arg);

/* A future of the running loop for FUTURE (handed over; coil_retain keeps it): it ends
 * as that ends, in the iteration whose poll is woken by it.  Cancelling it cancels
 * FUTURE.  The caller owns it.
 * Errors: NULL with COIL_RUNTIME (no running loop), COIL_MEMORY, COIL_INVALID_HANDLE.
 * Does not suspend.  (asyncio.wrap_future) */
#define coil_wrap_future(future)                                               \
	coil_wrap_future_site((future), COIL_SITE("wrap_future", #future))
COIL_API coil_future *coil_wrap_future_site(coil_concurrent_future *future,
					    const coil_site *site);

#ifdef __cplusplus
}
#endif
#endif
