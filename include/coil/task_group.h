/* SPDX-License-Identifier: MIT
 *
 * Task groups (asyncio.TaskGroup): no task outlives its scope.
 *
 *	coil_task_group *g = coil_task_group_new();      // async with TaskGroup() as g:
 *	coil_result r = coil_task_group_enter(g);
 *
 *	if (!r.error) {
 *		coil_task_group_create_task(g, coil_coro(fetch, "a"));
 *		coil_task_group_create_task(g, coil_coro(fetch, "b"));
 *	}
 *	r = coil_task_group_exit(g, r);                  // waits for both
 *	if (r.error == COIL_EXCEPTION_GROUP)             // except* ...:
 *		r = coil_exception_group_item(r, 0);
 *
 * When a child fails, the others and the body are cancelled; when all have ended,
 * their errors come out of exit as one COIL_EXCEPTION_GROUP.
 */
#ifndef COIL_TASK_GROUP_H
#define COIL_TASK_GROUP_H

#include <coil/await.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct coil_task_group coil_task_group;

/* The caller owns it until coil_task_group_exit, or releases it.
 * Errors: NULL with COIL_MEMORY.  (asyncio.TaskGroup()) */
#define coil_task_group_new() coil_task_group_new_site(COIL_SITE("TaskGroup", ""))
COIL_API coil_task_group *coil_task_group_new_site(const coil_site *site);

/* Errors: COIL_RUNTIME "TaskGroup has already been entered", "TaskGroup cannot
 * determine the parent task"; those of making it, for NULL.  Does not suspend.
 * (__aenter__) */
COIL_API coil_result coil_task_group_enter(coil_task_group *group);

/* As coil_create_task, in the group.  Result: the task, borrowed: the group has it
 * until it is done; coil_retain keeps it for its result.
 * Errors: NULL with COIL_RUNTIME "TaskGroup has not been entered", "... is
 * finished", "... is shutting down"; those of coil_create_task.  The coroutine is gone
 * then, without having run.  (group.create_task) */
#define coil_task_group_create_task(group, coroutine, ...)                     \
	coil_task_group_create_task_site(COIL_SITE("create_task", #coroutine), \
		(group), (coroutine), COIL_FORMAT(__VA_ARGS__))
COIL_API coil_task *coil_task_group_create_task_site(const coil_site *site,
	coil_task_group *group, coil_coroutine *coroutine, const char *format, ...)
	COIL_PRINTF(4, 5);

/* The body has ended with RESULT.  Waits for all children; if RESULT is an error they
 * are cancelled first.  GROUP is handed over when it returns: until then children may
 * add tasks.  SUSPENDS while children are left.
 * Result: RESULT.  Errors: COIL_EXCEPTION_GROUP "unhandled errors in a TaskGroup", of
 * the children's errors in the order they ended, and last the body's;
 * COIL_CANCELLED when the task itself is cancelled.  After a coil_task_group_enter
 * that failed: RESULT.  (__aexit__) */
#define coil_task_group_exit(group, result)                                    \
	coil_task_group_exit_site((group), (result), COIL_SITE(#group, ""))
COIL_API coil_result coil_task_group_exit_site(coil_task_group *group,
	coil_result result, const coil_site *site);

#ifdef __cplusplus
}
#endif
#endif
