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

/* What is given for a future of the running loop: a coroutine (handed over) becomes a
 * task; a future or task is given back as it is, handed over to the caller again.
 * Errors: as coil_create_task; COIL_VALUE for a future of another loop.
 * Does not suspend.  (asyncio.ensure_future) */
#define coil_ensure_future(awaitable)                                          \
	coil_ensure_future_site((awaitable), COIL_SITE("ensure_future", #awaitable))
COIL_API coil_future *coil_ensure_future_site(coil_awaitable *awaitable,
					      const coil_site *site);

/* How a loop makes tasks of coroutines: create_task, gather, shield, TaskGroup and all
 * else.  NULL is the usual way.  With coil_eager_task_factory a task of the running
 * loop takes its first step inside of the call that makes it; if it ends there, it is
 * done when that returns, and was never in the ready queue.
 * (loop.set_task_factory, asyncio.eager_task_factory) */
typedef struct coil_task_factory coil_task_factory;
COIL_API extern const coil_task_factory *const coil_eager_task_factory;
COIL_API void coil_loop_set_task_factory(coil_loop *loop, const coil_task_factory *factory);
COIL_API const coil_task_factory *coil_loop_get_task_factory(const coil_loop *loop);

/* Makes one task that way, whatever the factory: coil_create_task in all else.
 * (asyncio.Task(coroutine, eager_start=True)) */
#define coil_create_eager_task(coroutine, ...)                                 \
	coil_create_eager_task_site(COIL_SITE("create_eager_task", #coroutine), \
				    (coroutine), COIL_FORMAT(__VA_ARGS__))
COIL_API coil_task *coil_create_eager_task_site(const coil_site *site,
	coil_coroutine *coroutine, const char *format, ...) COIL_PRINTF(3, 4);

/* The tasks of LOOP that are not done, in the order they were made, as a list whose
 * items have the task (borrowed) in .value.  The list is the caller's, who releases
 * it.  Errors: NULL with COIL_MEMORY.  (asyncio.all_tasks(loop)) */
COIL_API coil_list *coil_all_tasks(coil_loop *loop);

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
