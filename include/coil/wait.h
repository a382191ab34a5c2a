/* SPDX-License-Identifier: MIT
 *
 * Waiting for several: wait, as_completed; and shield.
 */
#ifndef COIL_WAIT_H
#define COIL_WAIT_H

#include <coil/timeout.h>

#ifdef __cplusplus
extern "C" {
#endif

enum coil_return_when {
	COIL_ALL_COMPLETED,
	COIL_FIRST_COMPLETED,
	COIL_FIRST_EXCEPTION /* that is not a cancellation */
};

/* Waits for COUNT futures (borrowed) until all are done, or the first, or TIMEOUT
 * seconds are over (COIL_NO_TIMEOUT: no limit); nothing is cancelled then.
 * Always SUSPENDS, also when all are done.
 * Result: .number is how many are done, each counted once; coil_future_done tells
 * which.
 * Errors: COIL_VALUE (no futures; NaN), COIL_TYPE (a coroutine: make it a task),
 * COIL_CANCELLED (they go on), COIL_RUNTIME outside of a task, COIL_MEMORY,
 * COIL_INVALID_HANDLE.
 * (done, pending = await asyncio.wait(futures, timeout=, return_when=)) */
#define coil_wait(futures, count, timeout, return_when)                        \
	coil_wait_site((futures), (count), (timeout), (return_when),           \
		       COIL_SITE("wait", #futures))
COIL_API coil_result coil_wait_site(coil_future *const *futures, size_t count,
	double timeout, enum coil_return_when return_when, const coil_site *site);

typedef struct coil_as_completed coil_as_completed;

/* Gives the results of COUNT awaitables (handed over; coroutines become tasks) in
 * the order in which they are done:
 *	coil_as_completed *all = coil_as_completed_new(tasks, n, COIL_NO_TIMEOUT);
 *	coil_result r;
 *	while (coil_as_completed_next(all, &r))
 *		...
 *	coil_release(all);
 * Errors: NULL with COIL_RUNTIME (no running loop), COIL_VALUE (NaN; a future of
 * another loop), COIL_TYPE, COIL_MEMORY, COIL_INVALID_HANDLE.  Does not suspend.
 * (asyncio.as_completed(awaitables, timeout=)) */
#define coil_as_completed_new(awaitables, count, timeout)                      \
	coil_as_completed_new_site((awaitables), (count), (timeout),           \
				   COIL_SITE("as_completed", #awaitables))
COIL_API coil_as_completed *coil_as_completed_new_site(
	coil_awaitable *const *awaitables, size_t count, double timeout,
	const coil_site *site);

/* Waits for the next one that is done and puts its result, or its error, in *RESULT:
 * COIL_TIMEOUT for each that was not done in time; COIL_CANCELLED also when the
 * calling task is cancelled.
 * Result: false, and COIL_OK in *RESULT, when there was one for each already.
 * SUSPENDS, unless one is done and counted.  (for f in ...: await f) */
#define coil_as_completed_next(iterator, result)                               \
	coil_as_completed_next_site((iterator), (result), COIL_SITE(#iterator, ""))
COIL_API bool coil_as_completed_next_site(coil_as_completed *iterator,
	coil_result *result, const coil_site *site);

/* The future that the last result was of, borrowed; NULL after a time-out.
 * (async for f in asyncio.as_completed(...)) */
COIL_API coil_future *coil_as_completed_future(const coil_as_completed *iterator);

/* A future that follows AWAITABLE (handed over; a coroutine becomes a task), and
 * that can be cancelled without cancelling that.  What is done already is returned
 * itself.
 * Result: the future, owned by the caller.
 * Errors: NULL with COIL_RUNTIME (no running loop), COIL_MEMORY, COIL_INVALID_HANDLE.
 * Does not suspend.  (asyncio.shield) */
#define coil_shield(awaitable) coil_shield_site((awaitable), COIL_SITE("shield", #awaitable))
COIL_API coil_future *coil_shield_site(coil_awaitable *awaitable, const coil_site *site);

#ifdef __cplusplus
}
#endif
#endif
