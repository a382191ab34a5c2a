/* SPDX-License-Identifier: MIT
 *
 * Debug mode (asyncio's): a loop in it looks for what is easily done wrong, and
 * remembers where things were made.  COIL_DEBUG=1 in the environment turns it on for
 * all loops, coil_run(main, .debug = COIL_DEBUG_ON) for that run.
 *
 *  - Calls from a thread that is not the loop's are refused: COIL_RUNTIME "Non-thread-safe
 *    operation invoked on an event loop other than the current one".
 *  - A callback or a step that takes too long is logged, with its place: "Executing
 *    <Task ...> took 0.120 seconds"; and so is a poll that takes much longer than
 *    it was told to.
 *  - Coroutines, futures, tasks and callbacks remember where they were made, and by which
 *    chain of awaits; so reports of a coroutine that was never awaited, of an error
 *    that nobody looked at, of a task that was destroyed while pending, say so.
 *  - What the program has made and never released is logged when the loop is closed.
 *
 * Off, it costs nothing.  Nothing here suspends.
 */
#ifndef COIL_DEBUG_H
#define COIL_DEBUG_H

#include <coil/loop.h>

#ifdef __cplusplus
extern "C" {
#endif

/* (loop.set_debug, loop.get_debug) */
COIL_API void coil_loop_set_debug(coil_loop *loop, bool enabled);
COIL_API bool coil_loop_get_debug(const coil_loop *loop);

/* What is slow, in seconds on the loop's clock: 0.1.
 * (loop.slow_callback_duration) */
COIL_API void coil_loop_set_slow_callback_duration(coil_loop *loop, double seconds);
COIL_API double coil_loop_get_slow_callback_duration(const coil_loop *loop);

/* The chain that led to SITE, which something made in debug mode has: the call that ran
 * the loop, the awaits of coroutines that the task was in, and SITE itself; the outermost
 * first, the innermost ten at most.  A site that knows no chain is alone.
 * Result: how many there are; up to COUNT are put in SITES.  They are static.
 * (traceback.StackSummary, of context["source_traceback"]) */
COIL_API size_t coil_site_traceback(const coil_site *site, const coil_site **sites,
				    size_t count);

#ifdef __cplusplus
}
#endif
#endif
