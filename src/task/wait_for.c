/* SPDX-License-Identifier: MIT
 *
 * wait_for.  With time left it is a timeout around an await, in the calling task; with
 * none it makes a future of what is awaited, cancels that, and waits for its end.
 */
#include <coil/timeout.h>

#include "loop/loop.h"
#include "task/exception.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "task/task.h"
#include "task/timeout.h"
#include "task/wait.h"

static coil_result await_within(struct task *task, coil_awaitable *awaitable,
				double delay, const coil_site *site)
{
	struct coil_loop *loop = task->future.loop;
	struct timeout *timeout;
	coil_result result;

	timeout = coil__timeout_new(loop, clock_now(&loop->clock) + delay, site);
	result = timeout ? coil__timeout_enter(timeout, task) :
			   coil_raise_site(site, COIL_MEMORY, NULL);
	if (result.error)
		coil__awaitable_discard(awaitable, site);
	else
		result = coil_await_site(awaitable, site);
	return timeout ? coil__timeout_exit(timeout, result, site) : result;
}

/* It is not awaited itself, so that the caller can be cancelled apart from it. */
static coil_result cancel_and_wait(struct task *task, struct future *future,
				   const coil_site *site)
{
	static const coil_result cancelled = { .error = COIL_CANCELLED, { NULL } };
	coil_future *public = object_handle(future);
	struct wait *wait = coil__wait_begin(task->future.loop, &public, 1, COIL_NO_TIMEOUT,
					     COIL_ALL_COMPLETED, site);

	coil__future_cancel(future, cancelled);
	return wait ? coil__wait_end(task, wait, site) : coil_last_error();
}

static coil_result result_of(struct future *future, const coil_site *site)
{
	coil_result result = coil__future_retrieve(future);

	result = coil__keep_value(result, !result.error && future->is_list);
	if (result.error)
		coil__exception_through(result, site);
	return result;
}

static coil_result await_at_once(struct task *task, coil_awaitable *awaitable,
				 const coil_site *site)
{
	struct future *future = coil__ensure_future(task->future.loop, awaitable, site);
	bool was_done = future && future->state != FUTURE_PENDING;
	coil_result result = coil_ok(NULL);

	if (!future)
		return coil_last_error();
	if (!was_done)
		result = cancel_and_wait(task, future, site);
	if (!result.error) {
		result = result_of(future, site);
		if (!was_done && result.error == COIL_CANCELLED)
			result = coil_raise_site(site, COIL_TIMEOUT, NULL);
	}
	object_unref(future);
	return result;
}

coil_result coil_wait_for_site(coil_awaitable *awaitable, double timeout,
			       const coil_site *site)
{
	struct task *task = task_that_waits();

	if (!task || isnan(timeout)) {
		coil__awaitable_discard(awaitable, site);
		return task ? coil_raise_site(site, COIL_VALUE,
					      "Invalid timeout: NaN (not a number)") :
			      coil__task_missing(site, "wait_for");
	}
	if (timeout == COIL_NO_TIMEOUT)
		return coil_await_site(awaitable, site);
	if (timeout > 0)
		return await_within(task, awaitable, timeout, site);
	return await_at_once(task, awaitable, site);
}
