/* SPDX-License-Identifier: MIT
 *
 * Limits of time: timeout, timeout_at, wait_for.
 *
 *	coil_timeout *t = coil_timeout_new(5.0);         // async with timeout(5):
 *
 *	r = coil_timeout_enter(t);
 *	if (!r.error)
 *		r = fetch(url);                          //     await fetch(url)
 *	r = coil_timeout_exit(t, r);
 *	if (r.error == COIL_TIMEOUT)                     // except TimeoutError:
 *		...
 *
 * At the deadline the task is cancelled: what the body awaits gives
 * COIL_CANCELLED, which the body passes on, and which exit turns into
 * COIL_TIMEOUT.  A body that does not suspend is never interrupted.
 */
#ifndef COIL_TIMEOUT_H
#define COIL_TIMEOUT_H

#include <coil/await.h>
#include <math.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct coil_timeout coil_timeout;

/* Where asyncio takes None for a time: no limit. */
#define COIL_NO_TIMEOUT ((double)INFINITY)

/* A timeout of DELAY seconds from now (0 or less: as soon as the body suspends), or
 * at WHEN on the loop's clock; COIL_NO_TIMEOUT: none.  The caller owns it until
 * coil_timeout_exit, or releases it.
 * Errors: NULL with COIL_VALUE (NaN), COIL_RUNTIME (no running loop), COIL_MEMORY.
 * Does not suspend.  (asyncio.timeout, asyncio.timeout_at) */
#define coil_timeout_new(delay) coil_timeout_new_site((delay), COIL_SITE("timeout", #delay))
COIL_API coil_timeout *coil_timeout_new_site(double delay, const coil_site *site);
#define coil_timeout_at_new(when) coil_timeout_at_new_site((when), COIL_SITE("timeout_at", #when))
COIL_API coil_timeout *coil_timeout_at_new_site(double when, const coil_site *site);

/* The clock runs from here.  Errors: COIL_RUNTIME "Timeout has already been
 * entered", "Timeout should be used inside a task"; COIL_MEMORY; those of making it,
 * for NULL.  Does not suspend.  (__aenter__) */
COIL_API coil_result coil_timeout_enter(coil_timeout *timeout);

/* The body has ended with RESULT.  TIMEOUT is handed over; coil_retain keeps it, to
 * ask whether it expired.
 * Result: RESULT; or COIL_TIMEOUT, if it is the cancellation that the deadline
 * caused.  After a coil_timeout_enter that failed: RESULT.
 * Does not suspend.  (__aexit__) */
#define coil_timeout_exit(timeout, result)                                     \
	coil_timeout_exit_site((timeout), (result), COIL_SITE(#timeout, ""))
COIL_API coil_result coil_timeout_exit_site(coil_timeout *timeout, coil_result result,
					    const coil_site *site);

/* The deadline on the loop's clock; COIL_NO_TIMEOUT if there is none.
 * (timeout.when()) */
COIL_API double coil_timeout_when(const coil_timeout *timeout);

/* Another deadline; in the past: in the next iteration.  Errors: COIL_RUNTIME
 * "Timeout has not been entered", "Cannot change state of expiring Timeout" (expired,
 * finished); COIL_VALUE (NaN); COIL_MEMORY.  Does not suspend.
 * (timeout.reschedule(when)) */
COIL_API coil_result coil_timeout_reschedule(coil_timeout *timeout, double when);

/* Has the deadline passed while the body ran?  (timeout.expired()) */
COIL_API bool coil_timeout_expired(const coil_timeout *timeout);

/* Awaits AWAITABLE (handed over), in this task, for TIMEOUT seconds at most;
 * COIL_NO_TIMEOUT: without limit.  A coroutine is run inline.  With 0 or less a
 * coroutine becomes a task that is cancelled before it starts.
 * SUSPENDS as await does.
 * Result: its result.  Errors: COIL_TIMEOUT, after it was cancelled and has ended;
 * its own; COIL_CANCELLED, and then it was cancelled too; COIL_VALUE (NaN).
 * (await asyncio.wait_for(awaitable, timeout)) */
#define coil_wait_for(awaitable, timeout)                                      \
	coil_wait_for_site((awaitable), (timeout), COIL_SITE(#awaitable, #timeout))
COIL_API coil_result coil_wait_for_site(coil_awaitable *awaitable, double timeout,
					const coil_site *site);

#ifdef __cplusplus
}
#endif
#endif
