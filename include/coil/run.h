/* SPDX-License-Identifier: MIT
 *
 * A loop from its beginning to its end (asyncio.run, asyncio.Runner).
 */
#ifndef COIL_RUN_H
#define COIL_RUN_H

#include <coil/await.h>
#include <coil/context.h>
#include <coil/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

enum coil_debug_option { COIL_DEBUG_DEFAULT, COIL_DEBUG_ON, COIL_DEBUG_OFF };

/* How to run; zeros are the usual. */
typedef struct coil_run_options {
	enum coil_debug_option debug;   /* the default: what COIL_DEBUG says        */
	coil_loop_factory loop_factory; /* NULL: the policy's (policy.h)            */
} coil_run_options;

/* Makes a loop, runs COROUTINE (handed over) in it as its main task, then cancels
 * the tasks that are left and waits for them, closes async generators that are in
 * the middle, shuts the default executor down (for up to 300 s), and closes the loop.
 * Options may follow: coil_run(coil_coro(amain, NULL), .debug = COIL_DEBUG_ON).
 *
 * Ctrl-C (SIGINT, in the main thread, where the program has no handler of its own) cancels
 * the main task.  A second one, and one while the rest is being cancelled, leaves the loop
 * after the callback that runs; one more, if that does not end, does what it does to any
 * program.  A system call that a callback waits in is interrupted (EINTR).
 *
 * Result: what the coroutine returned; a pointer in it must not point to what
 * the loop owned.
 * Errors: the coroutine's; COIL_RUNTIME inside of a running loop
 * ("asyncio.run() cannot be called from a running event loop"), or in a child that was
 * forked inside of it ("this event loop belongs to process N ..."); COIL_VALUE if it
 * is not a coroutine; COIL_KEYBOARD_INTERRUPT if Ctrl-C cancelled it, or left the loop
 * (if it swallows the cancellation, its result counts); COIL_OS, COIL_MEMORY; in place of
 * all of these what a task that is left, or a generator, raises to leave the loop
 * (COIL_SYSTEM_EXIT).
 * Blocks the thread, so it is not for coroutines.  (asyncio.run) */
#define coil_run(coroutine, ...)                                               \
	coil_run_site((coroutine), COIL_OPTIONS(coil_run_options, __VA_ARGS__), \
		      COIL_SITE("run", #coroutine))
COIL_API coil_result coil_run_site(coil_coroutine *coroutine, coil_run_options options,
				   const coil_site *site);

typedef struct coil_runner coil_runner;

/* The same in parts: several coroutines, one after the other, in one loop and one
 * context.  The caller owns it, and ends it by coil_runner_close.
 *	coil_runner_new(.debug = COIL_DEBUG_ON)
 * Errors: NULL with COIL_MEMORY.  (asyncio.Runner(debug=..., loop_factory=...)) */
#define coil_runner_new(...)                                                   \
	coil_runner_new_with_options(COIL_OPTIONS(coil_run_options, __VA_ARGS__))
COIL_API coil_runner *coil_runner_new_with_options(coil_run_options options);

/* Runs COROUTINE (handed over), in CONTEXT (NULL: the runner's own).  The first call
 * makes the loop and copies the context.
 * Errors: as coil_run; COIL_RUNTIME "Runner is closed", "Runner.run() cannot be called
 * from a running event loop".  Blocks the thread.  (runner.run(coroutine)) */
#define coil_runner_run(runner, coroutine)                                     \
	coil_runner_run_site((runner), (coroutine), NULL, COIL_SITE("run", #coroutine))
#define coil_runner_run_with_context(runner, coroutine, context)               \
	coil_runner_run_site((runner), (coroutine), (context), COIL_SITE("run", #coroutine))
COIL_API coil_result coil_runner_run_site(coil_runner *runner, coil_coroutine *coroutine,
	coil_context *context, const coil_site *site);

/* Its loop, made if it was not; borrowed.
 * Errors: NULL with COIL_RUNTIME "Runner is closed", COIL_OS, COIL_MEMORY.
 * (runner.get_loop()) */
COIL_API coil_loop *coil_runner_get_loop(coil_runner *runner);

/* What coil_run does at its end.  RUNNER is handed over; coil_retain keeps it.
 * Errors: COIL_RUNTIME while its loop runs; what leaves the loop.  Blocks the thread.  (runner.close()) */
COIL_API coil_result coil_runner_close(coil_runner *runner);

#ifdef __cplusplus
}
#endif
#endif
