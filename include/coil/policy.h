/* SPDX-License-Identifier: MIT
 *
 * Policies: what a new event loop waits by.  A program stays the same when its policy
 * is exchanged, as with uvloop:
 *
 *	coil_set_event_loop_policy(&coil_libuv_event_loop_policy);
 *	coil_run(coil_coro(amain, NULL));
 *
 * COIL_LOOP=libuv in the environment does it for any program.
 *
 * Nothing here suspends.
 */
#ifndef COIL_POLICY_H
#define COIL_POLICY_H

#include <coil/loop.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes a loop, as coil_new_event_loop does, with its results and errors.  Calls
 * coil_libevent_new_event_loop, coil_libuv_new_event_loop, or, for the default policy's,
 * coil_new_event_loop, and prepares what they give.
 * (a loop_factory) */
typedef coil_loop *(*coil_loop_factory)(void);

/* A policy is its loop factory, and a name for messages. */
typedef struct coil_event_loop_policy {
	const char *name;
	coil_loop_factory new_event_loop;
} coil_event_loop_policy;

/* Loops on libevent: the default.  With the clock that coil_new_event_loop_with_clock
 * was asked for, if that calls it, else with COIL_CLOCK's. */
COIL_API coil_loop *coil_libevent_new_event_loop(void);
COIL_API extern const coil_event_loop_policy coil_libevent_event_loop_policy;

/* Loops on libuv; else the same.  Errors: NULL with COIL_NOT_IMPLEMENTED "coil was built without
 * libuv". */
COIL_API coil_loop *coil_libuv_new_event_loop(void);
COIL_API extern const coil_event_loop_policy coil_libuv_event_loop_policy;

/* The policy of the process: that which was set, else by COIL_LOOP ("libevent",
 * "libuv"), else libevent's.  POLICY must stay; NULL restores the default.
 * COIL_LOOP is read once, when a loop is first made without a policy that was set.  Of
 * another value there is a message on standard error; libuv where coil was built without
 * is one, too, and new loops fail: nobody gets another loop than he asked for.
 * To be called before there are threads.
 * (asyncio.get_event_loop_policy, set_event_loop_policy) */
COIL_API const coil_event_loop_policy *coil_get_event_loop_policy(void);
COIL_API void coil_set_event_loop_policy(const coil_event_loop_policy *policy);

/* What LOOP waits by: "libevent", "libuv".  Also of a closed loop.  The text stays. */
COIL_API const char *coil_loop_get_driver(const coil_loop *loop);

#ifdef __cplusplus
}
#endif
#endif
