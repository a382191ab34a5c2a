/* SPDX-License-Identifier: MIT
 *
 * A loop from its beginning to its end (asyncio.run).
 */
#ifndef COIL_RUN_H
#define COIL_RUN_H

#include <coil/await.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes a loop, runs COROUTINE (handed over) in it as its main task, then cancels
 * the tasks that are left and waits for them, and closes the loop.
 * Result: what the coroutine returned; a pointer in it must not point to what
 * the loop owned.
 * Errors: the coroutine's; COIL_RUNTIME inside of a running loop
 * ("asyncio.run() cannot be called from a running event loop"); COIL_VALUE if it
 * is not a coroutine; COIL_OS, COIL_MEMORY.
 * Blocks the thread, so it is not for coroutines.  (asyncio.run) */
#define coil_run(coroutine) coil_run_site((coroutine), COIL_SITE("run", #coroutine))
COIL_API coil_result coil_run_site(coil_coroutine *coroutine, const coil_site *site);

#ifdef __cplusplus
}
#endif
#endif
