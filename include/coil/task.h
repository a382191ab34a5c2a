/* SPDX-License-Identifier: MIT
 *
 * Tasks (asyncio.Task): a coroutine that the loop runs, a step at a time.
 *
 * A new task takes its first step in the next iteration.  It runs until it
 * awaits something that is not done, and goes on in the iteration after that is
 * done.  A task is a future: it can be awaited, gathered, cancelled, and all of
 * <coil/future.h> but set_result and set_exception applies.
 */
#ifndef COIL_TASK_H
#define COIL_TASK_H

#include <coil/coroutine.h>
#include <coil/future.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes a task of COROUTINE (handed over) in the running loop, with a name by
 * printf, or "Task-N":
 *	coil_create_task(coil_coro(worker, queue), "worker-%d", i)
 * Result: the task, owned by the caller; to let it run on alone, release it.
 * Errors: NULL with COIL_RUNTIME (no running loop, closed loop), COIL_TYPE (not
 * a coroutine), COIL_MEMORY, COIL_INVALID_HANDLE.  The coroutine is gone then.
 * Does not suspend.  (asyncio.create_task) */
#define coil_create_task(coroutine, ...)                                       \
	coil_create_task_site(COIL_SITE("create_task", #coroutine), (coroutine), \
			      COIL_FORMAT(__VA_ARGS__))
COIL_API coil_task *coil_create_task_site(const coil_site *site,
	coil_coroutine *coroutine, const char *format, ...) COIL_PRINTF(3, 4);

/* The same in LOOP, which need not run yet.  (loop.create_task) */
#define coil_loop_create_task(loop, coroutine, ...)                            \
	coil_loop_create_task_site(COIL_SITE("create_task", #coroutine), (loop), \
				   (coroutine), COIL_FORMAT(__VA_ARGS__))
COIL_API coil_task *coil_loop_create_task_site(const coil_site *site,
	coil_loop *loop, coil_coroutine *coroutine, const char *format, ...)
	COIL_PRINTF(4, 5);

/* The task that runs, borrowed; NULL in a plain callback and outside of loops.
 * Errors: none.  (asyncio.current_task) */
COIL_API coil_task *coil_current_task(void);

/* The task's name, borrowed; it changes with set_name.  "" for a stale handle.
 * (task.get_name) */
COIL_API const char *coil_task_get_name(coil_task *task);

/* Errors: COIL_MEMORY, COIL_TYPE (not a task), COIL_INVALID_HANDLE.
 * (task.set_name) */
COIL_API coil_result coil_task_set_name(coil_task *task, const char *format, ...)
	COIL_PRINTF(2, 3);

/* The same as coil_future_cancel.  (task.cancel) */
#define coil_task_cancel(task, ...) coil_future_cancel(task, __VA_ARGS__)

/* How many requests to cancel the task has had, less those withdrawn.
 * (task.cancelling) */
COIL_API unsigned coil_task_cancelling(const coil_task *task);

/* Withdraws one request.  Result: how many are left.  At 0 a cancellation that
 * has not been delivered is withdrawn too.  (task.uncancel) */
COIL_API unsigned coil_task_uncancel(coil_task *task);

#ifdef __cplusplus
}
#endif
#endif
