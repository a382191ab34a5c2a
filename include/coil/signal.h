/* SPDX-License-Identifier: MIT
 *
 * Unix signals (loop.add_signal_handler).
 *
 * A handler that is added here is a callback like any other: it runs in the loop's
 * thread, between other callbacks, two iterations after the signal, and may do
 * anything that a callback may.  Nothing here suspends.
 */
#ifndef COIL_SIGNAL_H
#define COIL_SIGNAL_H

#include <coil/loop.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Calls FUNCTION(ARG) for every SIGNUM (several that come before it runs are one).
 * Adding again replaces.  LOOP must be of the main thread, which this must be called by.
 * Result: COIL_OK.
 * Errors: COIL_VALUE "invalid signal number N", or outside of the main thread; COIL_RUNTIME
 * "sig N cannot be caught" (SIGKILL, SIGSTOP), "Event loop is closed", or if another loop
 * has a handler for it; COIL_TYPE, COIL_MEMORY.  (loop.add_signal_handler) */
#define coil_loop_add_signal_handler(loop, signum, function, arg)              \
	coil_loop_add_signal_handler_site((loop), (signum), (function), (arg), \
					  COIL_SITE(#function, #arg))
COIL_API coil_result coil_loop_add_signal_handler_site(coil_loop *loop, int signum,
	coil_function function, void *arg, const coil_site *site);

/* Takes it away, and the signal does again what it does to a program that has no
 * handler (SIGINT in coil_run: interrupts it).  A closed loop has none.
 * Result: whether there was one.  (loop.remove_signal_handler) */
COIL_API bool coil_loop_remove_signal_handler(coil_loop *loop, int signum);

#ifdef __cplusplus
}
#endif
#endif
