/* SPDX-License-Identifier: MIT
 *
 * The event loop (asyncio.AbstractEventLoop).
 *
 * A loop has a queue of callbacks that are ready and a heap of timers.  One
 * iteration polls the operating system, moves the timers that are due to the
 * queue, and runs what was in the queue when the run began.  What a callback
 * schedules runs in the next iteration.  That is all of it; the rest of coil is
 * made of callbacks.
 *
 * Times are seconds, as double, on the loop's own clock (coil_loop_time).  With
 * COIL_CLOCK=virtual in the environment the clock is virtual: when nothing is
 * ready, no descriptor is watched and no other thread works for the loop (a job of
 * coil_run_in_executor, a future of coil_wrap_future), it jumps to the next timer.  For
 * descriptors and threads it waits in real time, and is as much later then.
 *
 * A forked child cannot use its parent's loops: every call fails with COIL_RUNTIME "this
 * event loop belongs to process N, which was forked: a child makes a loop of its own", and
 * leaves the parent's alone.  A child that was forked in a callback or a coroutine may run
 * loops of its own there; when it returns, the parent's loop is left with that error.
 *
 * Nothing here suspends the calling coroutine.
 */
#ifndef COIL_LOOP_H
#define COIL_LOOP_H

#include <coil/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A callback, and also the body of a coroutine.  What a callback returns as an
 * error goes to the loop's exception handler, and the loop goes on. */
typedef coil_result (*coil_function)(void *arg);

/* ---- a loop's life --------------------------------------------------- */

enum coil_clock { COIL_CLOCK_REAL, COIL_CLOCK_VIRTUAL };

/* Makes a loop by the policy's factory (policy.h).  The caller owns it and closes it with
 * coil_loop_close.
 * Errors: NULL with COIL_OS (no descriptors), COIL_MEMORY, or what the factory gives, in
 * coil_last_error.
 * (asyncio.new_event_loop) */
COIL_API coil_loop *coil_new_event_loop(void);

/* The same with the clock given, whatever the environment says: by the policy's
 * factory, too (policy.h). */
COIL_API coil_loop *coil_new_event_loop_with_clock(enum coil_clock clock);

/* Makes LOOP the one that coil_get_event_loop gives in this thread; NULL unsets
 * it.  The loop stays the caller's.  (asyncio.set_event_loop) */
COIL_API void coil_set_event_loop(coil_loop *loop);

/* The running loop; else the one that was set; else, in the main thread and if
 * none was ever set, a new one.  Borrowed.
 * Errors: NULL with COIL_RUNTIME "There is no current event loop in thread"; those of
 * coil_new_event_loop.
 * (asyncio.get_event_loop) */
COIL_API coil_loop *coil_get_event_loop(void);

/* The loop that runs in this thread.  Borrowed.
 * Errors: NULL with COIL_RUNTIME "no running event loop".
 * (asyncio.get_running_loop) */
COIL_API coil_loop *coil_get_running_loop(void);

/* Runs until coil_loop_stop.
 * Errors: COIL_RUNTIME if it is closed ("Event loop is closed"), if it runs
 * already, or if another loop runs in this thread; COIL_SYSTEM_EXIT and
 * COIL_KEYBOARD_INTERRUPT from a callback or task leave it and come out here.
 * (loop.run_forever) */
#define coil_loop_run_forever(loop)                                            \
	coil_loop_run_forever_site((loop), COIL_SITE("run_forever", #loop))
COIL_API coil_result coil_loop_run_forever_site(coil_loop *loop, const coil_site *site);

/* Runs until AWAITABLE (handed over; a coroutine becomes a task) is done.
 * Result: its result.  Errors: its error; those of run_forever; COIL_RUNTIME
 * "Event loop stopped before Future completed." after a coil_loop_stop.
 * (loop.run_until_complete) */
#define coil_loop_run_until_complete(loop, awaitable)                          \
	coil_loop_run_until_complete_site((loop), (awaitable),                 \
		COIL_SITE("run_until_complete", #awaitable))
COIL_API coil_result coil_loop_run_until_complete_site(coil_loop *loop,
	coil_awaitable *awaitable, const coil_site *site);

/* Leaves run_forever at the end of the current iteration; before a run: after
 * exactly one iteration.  Twice is the same as once.  (loop.stop) */
COIL_API void coil_loop_stop(coil_loop *loop);

/* (loop.is_running, loop.is_closed) */
COIL_API bool coil_loop_is_running(const coil_loop *loop);
COIL_API bool coil_loop_is_closed(const coil_loop *loop);

/* Closes a loop that does not run, running nothing of what is left, and frees
 * what belongs to it.  The handle stays good for is_closed and for the errors
 * below; its last bytes are freed when the process ends.  Closing twice is
 * allowed.  Errors: COIL_RUNTIME "Cannot close a running event loop".
 * (loop.close) */
COIL_API coil_result coil_loop_close(coil_loop *loop);

/* Seconds on the loop's clock: monotonic, from an arbitrary start (0 on a
 * virtual clock).  (loop.time) */
COIL_API double coil_loop_time(const coil_loop *loop);

/* The same for the running loop; without one, the monotonic clock. */
COIL_API double coil_time(void);

/* ---- callbacks ------------------------------------------------------- */

/* Each of these schedules FUNCTION(ARG) and returns a handle that can cancel it.
 * The handle is borrowed: it ends when the callback has run or was dropped, and
 * cancelling it after that does nothing.  coil_retain() keeps it for questions.
 * Errors: NULL with COIL_RUNTIME "Event loop is closed", COIL_MEMORY, or (a NaN
 * as time) COIL_VALUE. */

/* In the next iteration, after all that was scheduled before.
 * (loop.call_soon) */
#define coil_loop_call_soon(loop, function, arg)                               \
	coil_loop_call_soon_site((loop), (function), (arg),                    \
				 COIL_SITE(#function, #arg))
COIL_API coil_handle *coil_loop_call_soon_site(coil_loop *loop,
	coil_function function, void *arg, const coil_site *site);

/* DELAY seconds from now; negative or 0: in the next iteration, after what is
 * ready then.  Equal deadlines run in the order they were made.
 * (loop.call_later) */
#define coil_loop_call_later(loop, delay, function, arg)                       \
	coil_loop_call_later_site((loop), (delay), (function), (arg),          \
				  COIL_SITE(#function, #arg))
COIL_API coil_handle *coil_loop_call_later_site(coil_loop *loop, double delay,
	coil_function function, void *arg, const coil_site *site);

/* At WHEN on the loop's clock.  (loop.call_at) */
#define coil_loop_call_at(loop, when, function, arg)                           \
	coil_loop_call_at_site((loop), (when), (function), (arg),              \
			       COIL_SITE(#function, #arg))
COIL_API coil_handle *coil_loop_call_at_site(coil_loop *loop, double when,
	coil_function function, void *arg, const coil_site *site);

/* From any thread, and wakes the loop if it polls.  No handle: the callback may
 * have run before this returns.  Errors: COIL_RUNTIME "Event loop is closed";
 * COIL_MEMORY.  (loop.call_soon_threadsafe) */
#define coil_loop_call_soon_threadsafe(loop, function, arg)                    \
	coil_loop_call_soon_threadsafe_site((loop), (function), (arg),         \
					    COIL_SITE(#function, #arg))
COIL_API coil_result coil_loop_call_soon_threadsafe_site(coil_loop *loop,
	coil_function function, void *arg, const coil_site *site);

/* Keeps the callback from running.  A handle that was cancelled or has run is
 * left alone.  (handle.cancel) */
COIL_API void coil_handle_cancel(coil_handle *handle);

/* Was it cancelled?  Of a handle that is gone and was not retained: false.
 * (handle.cancelled) */
COIL_API bool coil_handle_cancelled(const coil_handle *handle);

/* A timer's deadline on the loop's clock; 0 for other handles.
 * (timer_handle.when) */
COIL_API double coil_handle_when(const coil_handle *handle);

/* ---- errors in callbacks --------------------------------------------- */

/* What the exception handler is told; fields that do not apply are NULL. */
typedef struct coil_exception_context {
	const char *message;   /* "Exception in callback ..."; NULL: unhandled */
	coil_result exception; /* .error is COIL_OK when there is none         */
	coil_future *future;
	coil_task *task;
	coil_handle *handle;
	const coil_site *site; /* where the callback was scheduled, the task made */
	const coil_site *source_traceback; /* the same, if the chain that led there is known:
	                                      coil_site_traceback (debug.h)   */
} coil_exception_context;

/* May return an error, which then goes to the default handler. */
typedef coil_result (*coil_exception_handler)(coil_loop *loop,
	const coil_exception_context *context, void *arg);

/* Replaces the handler; NULL restores the default one, which writes to standard
 * error.  (loop.set_exception_handler) */
COIL_API void coil_loop_set_exception_handler(coil_loop *loop,
	coil_exception_handler handler, void *arg);

/* Reports to the handler, as the loop itself does.
 * (loop.call_exception_handler) */
COIL_API void coil_loop_call_exception_handler(coil_loop *loop,
	const coil_exception_context *context);

/* Writes CONTEXT to standard error.  (loop.default_exception_handler) */
COIL_API void coil_loop_default_exception_handler(coil_loop *loop,
	const coil_exception_context *context);

#ifdef __cplusplus
}
#endif
#endif
