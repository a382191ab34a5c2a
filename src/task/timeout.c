/* SPDX-License-Identifier: MIT
 *
 * timeout.  See timeout.h and <coil/timeout.h>.
 */
#include <coil/timeout.h>

#include "loop/loop.h"
#include "loop/registry.h"
#include "task/misuse.h"
#include "task/keep.h"
#include "task/task.h"
#include "task/timeout.h"
#include "trace/recorder.h"

/* ---- the trace ------------------------------------------------------- */

static void record_made(struct timeout *timeout)
{
	timeout->id = coil__trace_object_id();
	TRACE_NOW(RESOURCE_CREATED, TRACE_RESOURCE_TIMEOUT, .resource = timeout->id,
		  .site = TRACE_SITE(timeout->awaitable.site));
}

/* One that was made before the recording began is made known first. */
static void record(struct timeout *timeout, unsigned action)
{
	if (!timeout->id)
		record_made(timeout);
	TRACE(RESOURCE_CHANGED, action, .resource = timeout->id,
	      .other = timeout->task->future.id,
	      .when = timeout->when == COIL_NO_TIMEOUT ? 0 : timeout->when);
}

/* ---- the timer ------------------------------------------------------- */

static void drop_timer(struct timeout *timeout)
{
	if (!timeout->timer)
		return;
	coil__handle_cancel(timeout->timer);
	object_unref(timeout->timer);
	timeout->timer = NULL;
}

/* The task may be done, if its coroutine returned without leaving: then this says
 * nothing to anybody. */
static coil_result expire(void *arg)
{
	static const coil_result cancelled = { .error = COIL_CANCELLED, { NULL } };
	struct timeout *timeout = arg;

	if (TRACING)
		record(timeout, TRACE_ACTION_EXPIRE);
	coil__future_cancel(&timeout->task->future, cancelled);
	timeout->state = TIMEOUT_EXPIRING;
	object_unref(timeout->timer);
	timeout->timer = NULL;
	return coil_ok(NULL);
}

/* A handle that the loop has scheduled for WHEN, on the loop's clock; NULL without
 * memory. */
static struct handle *schedule(struct timeout *timeout, double when)
{
	static const coil_site site = {
		"coil_timeout", __FILE__, __LINE__, "timeout.expire", ""
	};
	struct coil_loop *loop = timeout->awaitable.loop;

	if (when <= clock_now(&loop->clock))
		return handle_open(coil_loop_call_soon_site(loop, expire, timeout, &site));
	return coil__loop_timer(loop, when, expire, timeout, &site, TRACE_SCHEDULE_AT, 0);
}

/* The deadline is WHEN from now on; false, and nothing changed, without memory. */
static bool set_deadline(struct timeout *timeout, double when)
{
	struct handle *timer = NULL;

	if (when != COIL_NO_TIMEOUT) {
		timer = schedule(timeout, when);
		if (!timer)
			return false;
		object_ref(timer);
	}
	drop_timer(timeout);
	timeout->timer = timer;
	timeout->when = when;
	return true;
}

/* ---- for the rest of the library ------------------------------------- */

struct timeout *coil__timeout_new(struct coil_loop *loop, double when,
				  const coil_site *site)
{
	struct timeout *timeout = pool_take(pool_of(OBJECT_TIMEOUT), OBJECT_TIMEOUT);

	if (!timeout)
		return NULL;
	timeout->awaitable.loop = loop;
	timeout->awaitable.site = site;
	awaitable_chain(&timeout->awaitable, &loop->living);
	timeout->task = NULL;
	timeout->timer = NULL;
	timeout->when = when;
	timeout->id = 0;
	timeout->state = TIMEOUT_CREATED;
	if (TRACING)
		record_made(timeout);
	return timeout;
}

void coil__timeout_fini(void *object)
{
	struct timeout *timeout = object;

	drop_timer(timeout);
	if (timeout->task && !loop_is_closed(timeout->awaitable.loop))
		object_unref(timeout->task); /* else it is freed for itself */
	awaitable_unchain(&timeout->awaitable);
}

/* The loop that it was made in need not be the one that it is used in. */
static void move_to(struct timeout *timeout, struct coil_loop *loop)
{
	awaitable_unchain(&timeout->awaitable);
	timeout->awaitable.loop = loop;
	awaitable_chain(&timeout->awaitable, &loop->living);
}

coil_result coil__timeout_enter(struct timeout *timeout, struct task *task)
{
	const coil_site *site = timeout->awaitable.site;

	if (timeout->state != TIMEOUT_CREATED)
		return coil_raise_site(site, COIL_RUNTIME,
				       "Timeout has already been entered");
	if (!task)
		return coil_raise_site(site, COIL_RUNTIME,
				       "Timeout should be used inside a task");
	if (timeout->awaitable.loop != task->future.loop)
		move_to(timeout, task->future.loop);
	if (!set_deadline(timeout, timeout->when))
		return coil_raise_site(site, COIL_MEMORY, NULL);
	timeout->task = task;
	object_ref(task);
	timeout->cancelling = task->cancel_requests;
	timeout->state = TIMEOUT_ACTIVE;
	if (TRACING)
		record(timeout, TRACE_ACTION_ENTER);
	return coil_ok(NULL);
}

/* Takes the deadline's request back.  Result: whether RESULT is the cancellation that
 * it caused, and that nobody else has asked for. */
static bool expired_by(struct timeout *timeout, coil_result result)
{
	bool ours = coil__task_uncancel(timeout->task) <= timeout->cancelling;

	return ours && result.error == COIL_CANCELLED;
}

coil_result coil__timeout_exit(struct timeout *timeout, coil_result result,
			       const coil_site *site)
{
	bool expiring = timeout->state == TIMEOUT_EXPIRING;

	if (timeout->state == TIMEOUT_ACTIVE || expiring) {
		drop_timer(timeout);
		timeout->state = expiring ? TIMEOUT_EXPIRED : TIMEOUT_FINISHED;
		if (TRACING)
			record(timeout, TRACE_ACTION_EXIT);
		if (expiring && expired_by(timeout, result))
			result = coil_raise_site(site, COIL_TIMEOUT, NULL);
		object_unref(timeout->task);
		timeout->task = NULL;
	} else if (timeout->state != TIMEOUT_CREATED && !result.error) {
		result = coil__misuse(site, COIL_RUNTIME, "Timeout has already been exited");
	}
	object_unref(timeout);
	return result;
}

/* ---- the program's side ---------------------------------------------- */

static coil_timeout *new_timeout(double time, bool is_delay, const coil_site *site)
{
	struct coil_loop *loop = coil__self.running;
	struct timeout *timeout;

	if (!loop)
		return coil__not_running(site);
	if (isnan(time))
		return coil__null(COIL_VALUE, site, "Invalid timeout: NaN (not a number)");
	timeout = coil__timeout_new(loop, is_delay ? clock_now(&loop->clock) + time : time,
				    site);
	if (!timeout)
		return coil__null_memory(site);
	timeout->awaitable.object.owned = 1;
	return object_handle(timeout);
}

coil_timeout *coil_timeout_new_site(double delay, const coil_site *site)
{
	return new_timeout(delay, true, site);
}

coil_timeout *coil_timeout_at_new_site(double when, const coil_site *site)
{
	return new_timeout(when, false, site);
}

coil_result coil_timeout_enter(coil_timeout *public)
{
	struct timeout *timeout = coil__open(public, NULL, "timeout_enter", OBJECT_TIMEOUT);

	return timeout ? coil__timeout_enter(timeout, task_here()) : coil_last_error();
}

coil_result coil_timeout_exit_site(coil_timeout *public, coil_result result,
				   const coil_site *site)
{
	struct timeout *timeout;

	if (!public) /* it could not be made, and enter has said so */
		return result;
	timeout = coil__hand_over_object(public, site, "timeout_exit", OBJECT_TIMEOUT);
	if (timeout)
		return coil__timeout_exit(timeout, result, site);
	return result.error ? result : coil_last_error();
}

double coil_timeout_when(const coil_timeout *public)
{
	const struct timeout *timeout = coil__open(public, NULL, "timeout_when",
						   OBJECT_TIMEOUT);

	return timeout ? timeout->when : COIL_NO_TIMEOUT;
}

coil_result coil_timeout_reschedule(coil_timeout *public, double when)
{
	static const char *const names[] = {
		"created", "active", "expiring", "expired", "finished"
	};
	struct timeout *timeout = coil__open(public, NULL, "timeout_reschedule",
					     OBJECT_TIMEOUT);
	const coil_site *site;

	if (!timeout)
		return coil_last_error();
	site = timeout->awaitable.site;
	if (timeout->state == TIMEOUT_CREATED)
		return coil_raise_site(site, COIL_RUNTIME, "Timeout has not been entered");
	if (timeout->state != TIMEOUT_ACTIVE)
		return coil_raise_site(site, COIL_RUNTIME, "Cannot change state of %s Timeout",
				       names[timeout->state]);
	if (isnan(when))
		return coil_raise_site(site, COIL_VALUE, "when cannot be NaN (not a number)");
	if (!set_deadline(timeout, when))
		return coil_raise_site(site, COIL_MEMORY, NULL);
	if (TRACING)
		record(timeout, TRACE_ACTION_RESCHEDULE);
	return coil_ok(NULL);
}

bool coil_timeout_expired(const coil_timeout *public)
{
	const struct timeout *timeout = coil__open(public, NULL, "timeout_expired",
						   OBJECT_TIMEOUT);

	return timeout && (timeout->state == TIMEOUT_EXPIRING ||
			   timeout->state == TIMEOUT_EXPIRED);
}
