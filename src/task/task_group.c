/* SPDX-License-Identifier: MIT
 *
 * TaskGroup: entered, and its children; leaving is in task_group_exit.c.  See task_group.h and <coil/task_group.h>.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil/task_group.h>

#include "loop/loop.h"
#include "task/exception.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "task/task.h"
#include "task/task_group.h"
#include "trace/recorder.h"

static const coil_result cancelled = { .error = COIL_CANCELLED, { NULL } };

/* ---- the trace ------------------------------------------------------- */

static void record_made(struct task_group *group)
{
	group->id = coil__trace_object_id();
	TRACE_NOW(RESOURCE_CREATED, TRACE_RESOURCE_TASK_GROUP, .resource = group->id,
		  .site = TRACE_SITE(group->awaitable.site));
}

void coil__task_group_record(struct task_group *group, unsigned action,
			     const struct task *task)
{
	if (!group->id)
		record_made(group);
	TRACE(RESOURCE_CHANGED, action, .resource = group->id,
	      .other = task ? task->future.id : 0, .value = group->children);
}

/* ---- children -------------------------------------------------------- */

static void link_child(struct task_group *group, struct group_child *child)
{
	child->behind = NULL;
	child->before = group->last;
	if (group->last)
		group->last->behind = child;
	else
		group->first = child;
	group->last = child;
	group->children++;
}

static void unlink_child(struct task_group *group, struct group_child *child)
{
	if (child->before)
		child->before->behind = child->behind;
	else
		group->first = child->behind;
	if (child->behind)
		child->behind->before = child->before;
	else
		group->last = child->before;
	group->children--;
}

void coil__task_group_abort(struct task_group *group)
{
	group->aborting = true;
	if (TRACING)
		coil__task_group_record(group, TRACE_ACTION_ABORT, NULL);
	for (struct group_child *child = group->first; child; child = child->behind)
		if (child->task->future.state == FUTURE_PENDING)
			coil__future_cancel(&child->task->future, cancelled);
}

static void keep_error(struct task_group *group, struct group_child *child,
		       coil_result error)
{
	coil__exception_ref(error);
	child->error = error;
	child->behind = NULL;
	*group->last_error = child;
	group->last_error = &child->behind;
	group->errors++;
	if (leaves_the_loop(error) && !group->leaving.error) {
		coil__exception_ref(error);
		group->leaving = error;
	}
}

static void report_late(struct task_group *group, struct task *task, coil_result error)
{
	char message[256];
	coil_exception_context context = {
		.message = message, .exception = error, .task = object_handle(task),
		.site = task->future.site,
	};

	snprintf(message, sizeof(message), "Task '%s' has errored out but its parent task "
		 "'%s' is already completed", coil__task_name(task),
		 coil__task_name(group->parent));
	coil_loop_call_exception_handler(task->future.loop, &context);
}

static void child_failed(struct task_group *group, struct task *task, coil_result error)
{
	if (group->parent->future.state != FUTURE_PENDING) {
		report_late(group, task, error);
	} else if (!group->aborting && !group->parent_cancelled) {
		coil__task_group_abort(group);
		group->parent_cancelled = true;
		coil__future_cancel(&group->parent->future, cancelled);
	}
}

static coil_result child_done(coil_future *unused, void *arg)
{
	struct group_child *child = arg;
	struct task_group *group = child->group;
	struct task *task = child->task;
	coil_result error = coil_ok(NULL);

	(void)unused;
	unlink_child(group, child);
	group->awaitable.loop->handles--;
	if (TRACING)
		coil__task_group_record(group, TRACE_ACTION_REMOVE, task);
	if (group->waiting && !group->children && group->waiter->state == FUTURE_PENDING)
		coil__future_finish(group->waiter, coil_ok(NULL), false);
	if (task->future.state != FUTURE_CANCELLED)
		error = coil__future_retrieve(&task->future);
	if (error.error) {
		keep_error(group, child, error);
		child_failed(group, task, error);
	} else {
		free(child);
	}
	object_unref(task);
	object_unref(group);
	return coil_ok(NULL);
}

/* With its callback's place in the ready queue; NULL without memory. */
static struct group_child *child_new(struct task_group *group)
{
	static const coil_site site = {
		"coil_task_group", __FILE__, __LINE__, "task_group.child_done", ""
	};
	struct coil_loop *loop = group->awaitable.loop;
	struct group_child *child = malloc(sizeof(*child));

	if (!child || !loop_make_room(loop)) {
		free(child);
		return NULL;
	}
	child->group = group;
	object_ref(group); /* the callback's */
	handle_init(&child->callback, loop, &site, HANDLE_ON_DONE);
	child->callback.done_function = child_done;
	child->callback.arg = child;
	return child;
}

static void child_drop(struct task_group *group, struct group_child *child)
{
	group->awaitable.loop->handles--;
	free(child);
	object_unref(group);
}

/* Its reference to the task is the caller's of coil__task_new. */
static void adopt(struct task_group *group, struct group_child *child, struct task *task)
{
	child->task = task;
	link_child(group, child);
	if (TRACING)
		coil__task_group_record(group, TRACE_ACTION_ADD, task);
	coil__future_attach(&task->future, &child->callback, group->id);
}

/* ---- making, entering ------------------------------------------------ */

void coil__task_group_fini(void *object)
{
	struct task_group *group = object;
	struct group_child *child, *next;

	for (child = group->first; child; child = next) { /* only at its loop's end */
		next = child->behind;
		free(child);
	}
	for (child = group->first_error; child; child = next) {
		next = child->behind;
		coil__exception_unref(child->error);
		free(child);
	}
	coil__exception_unref(group->leaving);
	coil__exception_unref(group->body);
	coil__exception_unref(group->propagate);
	if (group->waiter && !group->waiting)
		pool_give(pool_of(OBJECT_FUTURE), group->waiter);
	if (!group->parent)
		return;
	if (!loop_is_closed(group->awaitable.loop)) { /* else they are freed for themselves */
		object_unref(group->parent);
		if (group->finished)
			object_unref(group->finished);
	}
	awaitable_unchain(&group->awaitable);
}

coil_task_group *coil_task_group_new_site(const coil_site *site)
{
	struct task_group *group = pool_take(pool_of(OBJECT_TASK_GROUP), OBJECT_TASK_GROUP);
	struct future *waiter = pool_take(pool_of(OBJECT_FUTURE), OBJECT_FUTURE);

	if (!group || !waiter) {
		if (group)
			pool_give(pool_of(OBJECT_TASK_GROUP), group);
		if (waiter)
			pool_give(pool_of(OBJECT_FUTURE), waiter);
		return coil__null_memory(site);
	}
	group->awaitable.loop = NULL;
	group->awaitable.site = site;
	group->parent = group->finished = NULL;
	group->first = group->last = group->first_error = NULL;
	group->last_error = &group->first_error;
	group->children = group->errors = 0;
	group->waiter = waiter;
	group->leaving = group->body = group->propagate = coil_ok(NULL);
	group->id = 0;
	group->exiting = group->aborting = group->waiting = group->parent_cancelled = false;
	if (TRACING)
		record_made(group);
	group->awaitable.object.owned = 1;
	return object_handle(group);
}

coil_result coil_task_group_enter(coil_task_group *public)
{
	struct task_group *group = coil__open(public, NULL, "task_group_enter",
					      OBJECT_TASK_GROUP);
	struct task *task = task_here();

	if (!group)
		return coil_last_error();
	if (group->parent)
		return coil_raise_site(group->awaitable.site, COIL_RUNTIME,
				       "TaskGroup has already been entered");
	if (!task)
		return coil_raise_site(group->awaitable.site, COIL_RUNTIME,
				       "TaskGroup cannot determine the parent task");
	group->parent = task;
	object_ref(task);
	group->awaitable.loop = task->future.loop;
	awaitable_chain(&group->awaitable, &task->future.loop->living);
	if (TRACING)
		coil__task_group_record(group, TRACE_ACTION_ENTER, task);
	return coil_ok(NULL);
}

/* ---- create_task ----------------------------------------------------- */

/* asyncio closes a coroutine that a group refuses: it is not complained about. */
static void close_coroutine(coil_coroutine *public, const coil_site *site)
{
	struct awaitable *awaitable = coil__hand_over(public, site, "create_task");

	if (awaitable && awaitable->object.kind == OBJECT_COROUTINE)
		coroutine_consume((struct coroutine_object *)awaitable, site);
	else if (awaitable)
		object_unref(awaitable);
}

static const char *why_not(const struct task_group *group)
{
	if (!group->parent)
		return "TaskGroup has not been entered";
	if (group->exiting && !group->children)
		return "TaskGroup is finished";
	return group->aborting ? "TaskGroup is shutting down" : NULL;
}

/* An eager child that has ended, and not by an error, is no child: nobody waits for it.
 * One that failed is told of by its callback, as later versions of asyncio than 3.13.0
 * have it. */
static bool is_done_well(const struct task *task)
{
	return task->future.state == FUTURE_CANCELLED ||
	       (task->future.state == FUTURE_FINISHED && !task->future.result.error);
}

/* The program may still ask it, or retain it: the last one stays for that. */
static void keep_finished(struct task_group *group, struct task *task)
{
	if (group->finished)
		object_unref(group->finished);
	group->finished = task;
}

/* NAME: NULL, or a string to be freed. */
static coil_task *create_task(struct task_group *group, struct coroutine_object *coroutine,
			      const coil_site *site, char *name)
{
	struct group_child *child = child_new(group);
	struct task *task;

	if (!child) {
		free(name);
		coil__awaitable_drop(&coroutine->awaitable, site);
		return coil__null_memory(site);
	}
	task = coil__task_new(group->awaitable.loop, coroutine, site, name, 0);
	if (!task) {
		child_drop(group, child);
		return NULL;
	}
	if (is_done_well(task)) {
		child_drop(group, child);
		keep_finished(group, task);
	} else {
		adopt(group, child, task);
	}
	return object_handle(task);
}

coil_task *coil_task_group_create_task_site(const coil_site *site,
	coil_task_group *public, coil_coroutine *public_coroutine, const char *format, ...)
{
	struct task_group *group = coil__open(public, site, "create_task",
					      OBJECT_TASK_GROUP);
	const char *refusal = group ? why_not(group) : NULL;
	struct coroutine_object *coroutine;
	va_list args;
	char *name;
	bool named;

	if (!group || refusal) {
		coil_result failed = refusal ? coil_raise_site(site, COIL_RUNTIME, "%s", refusal) :
					       coil_last_error();

		close_coroutine(public_coroutine, site);
		coil__set_last_error(failed);
		return NULL;
	}
	coroutine = coil__take_coroutine(public_coroutine, site);
	if (!coroutine)
		return NULL;
	va_start(args, format);
	named = coil__task_make_name(&name, format, args);
	va_end(args);
	if (!named) {
		coil__awaitable_drop(&coroutine->awaitable, site);
		return coil__null_memory(site);
	}
	return create_task(group, coroutine, site, name);
}
