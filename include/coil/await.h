/* SPDX-License-Identifier: MIT
 *
 * Awaiting: await, sleep, gather.  These are the calls that may suspend the
 * calling task, and each says when it does.
 */
#ifndef COIL_AWAIT_H
#define COIL_AWAIT_H

#include <coil/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Waits for AWAITABLE (handed over) and gives its result.
 * A coroutine is run inline, as a call: no task, no turn of the loop.
 * A future or task that is done gives its result at once.
 * Else the calling task SUSPENDS, exactly once, until it is done.
 * Errors: those of the awaitable; COIL_CANCELLED if the calling task was
 * cancelled: clean up and return it; COIL_RUNTIME outside of a task, for a task
 * that awaits itself, for a future of another loop; COIL_INVALID_HANDLE for
 * one that was handed over before.  (await x) */
#define coil_await(awaitable)                                                  \
	coil_await_site((awaitable), COIL_SITE(#awaitable, ""))
COIL_API coil_result coil_await_site(coil_awaitable *awaitable,
				     const coil_site *site);

/* SUSPENDS the calling task for DELAY seconds; 0 or less: for one iteration.
 * Errors: COIL_CANCELLED; COIL_VALUE "Invalid delay: NaN (not a number)";
 * COIL_RUNTIME outside of a task; COIL_MEMORY.  (await asyncio.sleep(delay)) */
#define coil_sleep(delay) coil_sleep_site((delay), COIL_SITE("sleep", #delay))
COIL_API coil_result coil_sleep_site(double delay, const coil_site *site);

/* The same, and gives RESULT:  return coil_sleep_result(1, coil_number(42));
 * (await asyncio.sleep(delay, result)) */
#define coil_sleep_result(delay, result)                                       \
	coil_sleep_result_site((delay), (result), COIL_SITE("sleep", #delay))
static inline coil_result coil_sleep_result_site(double delay, coil_result result,
						 const coil_site *site)
{
	coil_result r = coil_sleep_site(delay, site);

	return r.error ? r : result;
}

/* A future that is done when all of its arguments are; they are handed over.
 * Coroutines become tasks, in order.  Its value is a coil_list of their results,
 * in the order of the arguments:
 *	coil_result r = coil_await(coil_gather(a, b, c));
 *	coil_list *list = r.value;
 * The first that fails, or is cancelled, makes the gather fail with its error;
 * the others go on.  Cancelling the gather cancels all that are not done.
 * The same future given twice must be retained once.
 * Result: the future, owned by the caller.
 * Errors: NULL with COIL_VALUE (futures of different loops), COIL_TYPE,
 * COIL_RUNTIME (coroutines alone, and no running or set loop), COIL_MEMORY,
 * COIL_INVALID_HANDLE.  Does not suspend.  (asyncio.gather) */
#define coil_gather(...)                                                       \
	COIL_GATHER_(0, #__VA_ARGS__ __VA_OPT__(, ) __VA_ARGS__)

/* The same, but errors and cancellations are items of the list like results.
 * (asyncio.gather(..., return_exceptions=True)) */
#define coil_gather_return_exceptions(...)                                     \
	COIL_GATHER_(COIL_RETURN_EXCEPTIONS, #__VA_ARGS__ __VA_OPT__(, ) __VA_ARGS__)

enum coil_gather_flags { COIL_RETURN_EXCEPTIONS = 1 };

/* The same of an array of COUNT awaitables.  (asyncio.gather(*list)) */
#define coil_gather_array(flags, awaitables, count)                            \
	coil_gather_site((flags), (awaitables), (count),                       \
			 COIL_SITE("gather", #awaitables))
COIL_API coil_future *coil_gather_site(unsigned flags,
	coil_awaitable *const *awaitables, size_t count, const coil_site *site);

#ifdef __cplusplus
} /* extern "C": C++ has no array literals, but it can pack arguments. */

template <class... Awaitable>
inline coil_future *coil_gather_pack_(unsigned flags, const coil_site *site,
				      Awaitable... awaitable)
{
	coil_awaitable *all[] = { awaitable..., nullptr };

	return coil_gather_site(flags, all, sizeof...(awaitable), site);
}
#define COIL_GATHER_(flags, text, ...)                                         \
	coil_gather_pack_((flags),                                             \
		COIL_SITE("gather", text) __VA_OPT__(, ) __VA_ARGS__)
#else
#define COIL_GATHER_(flags, text, ...)                                         \
	coil_gather_site((flags), (coil_awaitable *[]){ __VA_ARGS__ __VA_OPT__(,) NULL }, \
		sizeof((coil_awaitable *[]){ __VA_ARGS__ __VA_OPT__(,) NULL }) /   \
			sizeof(coil_awaitable *) - 1,                          \
		COIL_SITE("gather", text))
#endif
#endif
