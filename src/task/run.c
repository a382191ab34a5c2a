/* SPDX-License-Identifier: MIT
 *
 * coil_run: a loop from its beginning to its end, as asyncio.run does it.
 */
#include <stdlib.h>

#include <coil/run.h>

#include "loop/loop.h"
#include "task/gather.h"
#include "task/keep.h"
#include "task/lifetime.h"
#include "task/misuse.h"
#include "task/task.h"
#include "trace/recorder.h"

/* All tasks that are not done, in order of creation, each with two references: one
 * for the gather, one for us.  NULL if there is none, or no memory. */
static struct future **tasks_left(struct coil_loop *loop, size_t *count)
{
	struct future **left;
	struct task *task;
	size_t n = 0;

	for (task = coil__task_oldest(loop); task; task = coil__task_newer(task))
		n++;
	left = n ? calloc(n, sizeof(*left)) : NULL;
	*count = left ? n : 0;
	n = 0;
	for (task = coil__task_oldest(loop); left && task; task = coil__task_newer(task)) {
		left[n++] = &task->future;
		task->future.object.refs += 2;
	}
	return left;
}

/* What a task that is left raises instead of ending has no other taker. */
static void report_failure(struct coil_loop *loop, struct future *task)
{
	coil_exception_context context = {
		.message = "unhandled exception during asyncio.run() shutdown",
		.exception = task->result, .task = object_handle(task),
		.site = task->site,
	};

	if (task->state == FUTURE_FINISHED && task->result.error)
		coil_loop_call_exception_handler(loop, &context);
}

static void cancel_what_is_left(struct coil_loop *loop, const coil_site *site)
{
	static const coil_result cancelled = { .error = COIL_CANCELLED, { NULL } };
	size_t count;
	struct future **left = tasks_left(loop, &count);
	struct gather *all;

	for (size_t i = 0; i < count; i++)
		coil__future_cancel(left[i], cancelled);
	all = left ? coil__gather(loop, left, count, COIL_RETURN_EXCEPTIONS, site) : NULL;
	if (all) {
		(void)coil__run_until_done(loop, &all->future, site);
		object_unref(all);
	}
	for (size_t i = 0; i < count; i++) {
		report_failure(loop, left[i]);
		object_unref(left[i]);
	}
	free(left);
}

static coil_result refuse(coil_coroutine *coroutine, const coil_site *site, int error,
			  const char *message)
{
	coil__awaitable_discard(coroutine, site);
	return coil__misuse(site, error, "%s", message);
}

coil_result coil_run_site(coil_coroutine *coroutine, const coil_site *site)
{
	coil_loop *loop, *before = coil__self.set;
	struct coroutine_object *main_coroutine;
	struct task *main_task;
	coil_result result;

	if (coil__self.running)
		return refuse(coroutine, site, COIL_RUNTIME, "asyncio.run() cannot be "
			      "called from a running event loop");
	if (handle_open(coroutine) && handle_object(coroutine)->kind != OBJECT_COROUTINE)
		return refuse(coroutine, site, COIL_VALUE, "a coroutine was expected");
	main_coroutine = (struct coroutine_object *)coil__hand_over(coroutine, site, "run");
	if (!main_coroutine)
		return coil_last_error();
	loop = coil_new_event_loop();
	if (!loop) {
		result = coil_last_error();
		coil__awaitable_drop(&main_coroutine->awaitable, site);
		return result;
	}
	coil_set_event_loop(loop);
	main_task = coil__task_new(loop, main_coroutine, site, NULL,
				   TASK_MAIN | TASK_QUIET_IF_PENDING);
	if (main_task) {
		result = coil__run_until_done(loop, &main_task->future, site);
		object_unref(main_task);
	} else {
		result = coil_last_error();
	}
	cancel_what_is_left(loop, site);
	coil_loop_close(loop);
	coil_set_event_loop(before);
	return result;
}
