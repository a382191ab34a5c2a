/* SPDX-License-Identifier: MIT
 *
 * Leaving a TaskGroup: all children end, and then it is decided what comes of it.  The
 * order is asyncio's (TaskGroup.__aexit__).  See task_group.h.
 */
#include <coil/task_group.h>

#include "loop/loop.h"
#include "task/exception.h"
#include "task/exception_group.h"
#include "task/keep.h"
#include "task/list.h"
#include "task/misuse.h"
#include "task/task.h"
#include "task/task_group.h"
#include "trace/recorder.h"

/* ---- waiting --------------------------------------------------------- */

/* The memory for the first one is there since the group was made, and later ones take
 * that of the one before, which has just become free. */
static struct future *begin_waiting(struct task_group *group, const coil_site *site)
{
	struct coil_loop *loop = group->awaitable.loop;
	struct future *waiter = group->waiter;

	if (waiter)
		coil__future_init(waiter, loop, site);
	else
		waiter = coil__future_new(loop, OBJECT_FUTURE, site);
	if (!waiter)
		return NULL;
	waiter->made_for = TRACE_FUTURE_TASK_GROUP;
	if (TRACING) {
		waiter->id = coil__trace_object_id();
		TRACE_NOW(FUTURE_CREATED, TRACE_FUTURE_TASK_GROUP, .future = waiter->id,
			  .loop = TRACE_LOOP(loop), .site = TRACE_SITE(site),
			  .resource = group->id);
	}
	group->waiter = waiter;
	group->waiting = true;
	return waiter;
}

static coil_result wait_once(struct task_group *group, struct task *task,
			     const coil_site *site)
{
	struct future *waiter = begin_waiting(group, site);
	coil_result result;

	if (!waiter)
		return coil_raise_site(site, COIL_MEMORY, NULL);
	object_ref(waiter); /* the await's */
	result = coil__task_await(task, waiter, site, TRACE_AWAIT_FUTURE);
	group->waiting = false;
	group->waiter = NULL;
	object_unref(waiter);
	if (result.error)
		coil__exception_through(result, site);
	return result;
}

/* Takes over the reference to *KEPT and gives one to RESULT. */
static void keep_instead(coil_result *kept, coil_result result)
{
	coil__exception_ref(result);
	coil__exception_unref(*kept);
	*kept = result;
}

/* However often the task is cancelled, it goes on waiting.  The first cancellation that
 * is not our own doing is put in group->propagate.  Result: COIL_OK, or what else can come
 * of waiting. */
static coil_result wait_for_children(struct task_group *group, struct task *task,
				     const coil_site *site)
{
	coil_result result;

	while (group->children) {
		result = wait_once(group, task, site);
		if (result.error && result.error != COIL_CANCELLED)
			return result;
		if (result.error && !group->aborting) {
			keep_instead(&group->propagate, result);
			coil__task_group_abort(group);
		}
	}
	return coil_ok(NULL);
}

/* ---- the outcome ----------------------------------------------------- */

/* The children's errors, and then the body's. */
static coil_result raise_errors(struct task_group *group, coil_result body,
				const coil_site *site)
{
	bool with_body = body.error && body.error != COIL_CANCELLED;
	struct list *list = coil__list_new(group->errors + with_body);
	size_t i = 0;

	for (struct group_child *child = group->first_error; list && child;
	     child = child->behind)
		coil__list_set(list, i++, child->error, false);
	if (list && with_body)
		coil__list_set(list, i, body, false);
	return coil__exception_group_raise(site, "unhandled errors in a TaskGroup", list);
}

/* A parent that somebody else has cancelled too is told so again, when it suspends
 * next: this error has taken the place of that. */
static void cancel_again(struct task *parent)
{
	if (!parent->cancel_requests)
		return;
	coil__task_uncancel(parent);
	coil__future_cancel(&parent->future, (coil_result){ .error = COIL_CANCELLED });
}

/* All children have ended.  PROPAGATE: a cancellation that is to be passed on. */
static coil_result outcome(struct task_group *group, coil_result body,
			   coil_result propagate, const coil_site *site)
{
	bool body_failed = body.error && body.error != COIL_CANCELLED;

	if (group->leaving.error)
		return group->leaving;
	if (group->parent_cancelled && coil__task_uncancel(group->parent) == 0)
		propagate = coil_ok(NULL);
	if (propagate.error && !group->errors)
		return propagate;
	if (!group->errors && !body_failed)
		return body;
	cancel_again(group->parent);
	return raise_errors(group, body, site);
}

/* What the results carry the group refers to: the task keeps only so many, and its stack is
 * not gone back to if the loop is closed meanwhile. */
static coil_result leave(struct task_group *group, struct task *task, coil_result body,
			 const coil_site *site)
{
	coil_result result;

	keep_instead(&group->body, body);
	if (body.error == COIL_CANCELLED)
		keep_instead(&group->propagate, body);
	group->exiting = true;
	if (leaves_the_loop(body) && !group->leaving.error)
		keep_instead(&group->leaving, body);
	if (body.error && !group->aborting)
		coil__task_group_abort(group);
	result = wait_for_children(group, task, site);
	if (!result.error)
		result = outcome(group, body, group->propagate, site);
	result = coil__keep_result(result);
	if (TRACING)
		coil__task_group_record(group, TRACE_ACTION_EXIT, group->parent);
	return result;
}

/* ---- the program's side ---------------------------------------------- */

/* NULL if GROUP can be left by TASK. */
static const char *cannot_leave(const struct task_group *group, const struct task *task)
{
	if (group->exiting)
		return "TaskGroup has already been exited";
	if (!task)
		return "task_group_exit outside of a task";
	return task->future.loop == group->awaitable.loop ? NULL :
	       "task_group_exit: the group is attached to a different loop";
}

/* The handle is good until now: children make tasks in the group while exit waits. */
static void hand_over(coil_task_group *public, const coil_site *site)
{
	void *group = handle_open(public);

	if (group)
		group = coil__hand_over_object(public, site, "task_group_exit",
					       OBJECT_TASK_GROUP);
	if (group)
		object_unref(group);
}

coil_result coil_task_group_exit_site(coil_task_group *public, coil_result result,
				      const coil_site *site)
{
	struct task *task = task_that_waits();
	struct task_group *group;
	const char *refusal;

	if (!public) /* it could not be made, and enter has said so */
		return result;
	group = coil__open(public, site, "task_group_exit", OBJECT_TASK_GROUP);
	if (!group)
		return result.error ? result : coil_last_error();
	object_ref(group);
	refusal = group->parent ? cannot_leave(group, task) : NULL;
	if (refusal) {
		coil_result misuse = coil__misuse(site, COIL_RUNTIME, "%s", refusal);

		result = result.error ? result : misuse;
	} else if (group->parent) {
		result = leave(group, task, result, site);
	}
	hand_over(public, site);
	object_unref(group);
	return result;
}
