/* SPDX-License-Identifier: MIT
 *
 * Unix signals (loop.add_signal_handler).
 *
 * A handler that is added here is a callback like any other: it runs in the loop's
 * thread, between other callbacks, two iterations after the signal, and may do
 * anything that a callback may.  A loop that polls is woken.  Nothing here suspends.
 *
 * A forked child inherits none of it: there, a signal does what it does to any program,
 * until the child adds handlers to a loop of its own.
 */
#ifndef COIL_SIGNAL_H
#define COIL_SIGNAL_H

#include <coil/loop.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Calls FUNCTION(ARG) once for each SIGNUM that comes, in the order of all signals, in a
 * copy of the current context, one for all calls.  (The system may make one of several
 * that are pending; and beyond 256 that the loop has not looked at, several are one.)
 * Adding again replaces, but a call that is in the ready queue is made.  System calls
 * that the signal interrupts go on (SA_RESTART).  Only in the main thread.
 * Result: COIL_OK.
 * Errors: COIL_VALUE "invalid signal number N"; COIL_RUNTIME "sig N cannot be caught"
 * (SIGKILL, SIGSTOP), "Event loop is closed", outside of the main thread, or if another
 * loop has a handler for it; COIL_TYPE (FUNCTION is NULL), COIL_MEMORY.
 * (loop.add_signal_handler) */
#define coil_loop_add_signal_handler(loop, signum, function, arg)              \
	coil_loop_add_signal_handler_site((loop), (signum), (function), (arg), \
					  COIL_SITE(#function, #arg))
COIL_API coil_result coil_loop_add_signal_handler_site(coil_loop *loop, int signum,
	coil_function function, void *arg, const coil_site *site);

/* Takes it away, and the signal does again what it does to a program that has no
 * handler (SIGINT in coil_run: interrupts it).  A call that is in the ready queue is
 * made.  Closing a loop takes all away.
 * Result: whether there was one.  (loop.remove_signal_handler) */
COIL_API bool coil_loop_remove_signal_handler(coil_loop *loop, int signum);

#ifdef __cplusplus
}
#endif
#endif
