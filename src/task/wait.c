/* SPDX-License-Identifier: MIT
 *
 * wait.  A callback of each future counts it; the one that makes it enough, or the
 * timer, completes the future that the waiter awaits.  Futures that are done already
 * are counted by their callbacks too, so that a wait always suspends.  See wait.h.
 */
#include <math.h>
#include <stdlib.h>

#include "loop/loop.h"
#include "task/exception.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "task/task.h"
#include "task/wait.h"
#include "trace/recorder.h"

/* ---- counting -------------------------------------------------------- */

static void drop_timer(struct wait *wait)
{
	if (!wait->timer)
		return;
	coil__handle_cancel(wait->timer);
	object_unref(wait->timer);
	wait->timer = NULL;
}

static void release(struct wait *wait)
{
	if (wait->future.state == FUTURE_PENDING)
		coil__future_finish(&wait->future, coil_ok(NULL), false);
}

/* asyncio looks at the exception, and so takes note of it, unless it knows already. */
static bool is_enough(const struct wait *wait, struct future *child)
{
	if (wait->left == 0 || wait->until == COIL_FIRST_COMPLETED)
		return true;
	return wait->until == COIL_FIRST_EXCEPTION && child->state != FUTURE_CANCELLED &&
	       coil__future_retrieve(child).error;
}

static coil_result count(coil_future *unused, void *arg)
{
	struct wait_child *child = arg;
	struct wait *wait = child->wait;

	(void)unused;
	wait->left--;
	if (is_enough(wait, child->future)) {
		drop_timer(wait);
		release(wait);
	}
	object_unref(wait);
	return coil_ok(NULL);
}

/* The waiter cancels the timer before it drops its reference. */
static coil_result time_out(void *arg)
{
	struct wait *wait = arg;

	object_unref(wait->timer);
	wait->timer = NULL;
	release(wait);
	return coil_ok(NULL);
}

/* ---- beginning ------------------------------------------------------- */

void coil__wait_fini(struct wait *wait)
{
	if (!loop_is_closed(wait->future.loop)) /* else they are freed for themselves */
		for (size_t i = 0; i < wait->count; i++)
			object_unref(wait->children[i].future);
	drop_timer(wait);
	wait->future.loop->handles -= wait->room;
	free(wait->children);
}

static void record_made(struct wait *wait, const coil_site *site)
{
	struct future *future = &wait->future;

	future->id = coil__trace_object_id();
	TRACE_NOW(FUTURE_CREATED, future->made_for, .future = future->id,
		  .loop = TRACE_LOOP(future->loop), .site = TRACE_SITE(site));
	for (size_t i = 0; i < wait->count; i++)
		TRACE(GATHER_MEMBER, 0, .gather = future->id,
		      .child = wait->children[i].future->id, .position = (uint32_t)i,
		      .count = (uint32_t)wait->count);
}

static bool make_timer(struct wait *wait, double timeout)
{
	static const coil_site site = {
		"coil_wait", __FILE__, __LINE__, "wait.time_out", ""
	};
	struct coil_loop *loop = wait->future.loop;

	if (timeout == COIL_NO_TIMEOUT)
		return true;
	wait->timer = coil__loop_timer(loop, clock_now(&loop->clock) + timeout, time_out,
				       wait, &site, TRACE_SCHEDULE_LATER, wait->future.id);
	if (wait->timer)
		object_ref(wait->timer);
	return wait->timer;
}

/* With no children yet. */
static struct wait *wait_new(struct coil_loop *loop, size_t room,
			     enum coil_return_when until, const coil_site *site)
{
	struct wait *wait = (struct wait *)coil__future_new(loop, OBJECT_WAIT, site);

	if (!wait)
		return NULL;
	wait->future.made_for = TRACE_FUTURE_WAIT;
	wait->count = wait->left = 0;
	wait->timer = NULL;
	wait->until = until;
	wait->children = malloc(room * sizeof(*wait->children));
	wait->room = coil__ready_queue_reserve(&loop->ready, loop->handles + room) ? room : 0;
	loop->handles += wait->room;
	if (wait->children && wait->room == room)
		return wait;
	object_unref(wait);
	return NULL;
}

static void take_children(struct wait *wait, coil_future *const *futures, size_t count)
{
	uint32_t look = coil__new_look();

	for (size_t i = 0; i < count; i++) {
		struct future *future = handle_open(futures[i]);

		if (!first_look(future, look))
			continue;
		object_ref(future);
		wait->children[wait->count++] = (struct wait_child){
			.wait = wait, .future = future
		};
	}
	wait->left = wait->count;
}

static void watch_children(struct wait *wait)
{
	static const coil_site site = {
		"coil_wait", __FILE__, __LINE__, "wait.count", ""
	};

	for (size_t i = 0; i < wait->count; i++) {
		struct wait_child *child = &wait->children[i];

		handle_init(&child->callback, wait->future.loop, &site, HANDLE_ON_DONE);
		child->callback.done_function = count;
		child->callback.arg = child;
		object_ref(wait); /* the callback's */
		coil__future_attach(child->future, &child->callback, wait->future.id);
	}
}

struct wait *coil__wait_begin(struct coil_loop *loop, coil_future *const *futures,
			      size_t count, double timeout, enum coil_return_when until,
			      const coil_site *site)
{
	struct wait *wait = wait_new(loop, count, until, site);

	if (!wait)
		return coil__null_memory(site);
	take_children(wait, futures, count);
	if (TRACING)
		record_made(wait, site);
	if (!make_timer(wait, timeout)) {
		object_unref(wait);
		return coil__null_memory(site);
	}
	watch_children(wait);
	return wait;
}

/* ---- ending ---------------------------------------------------------- */

/* Callbacks that are scheduled already will come. */
static void unwatch_children(struct wait *wait)
{
	for (size_t i = 0; i < wait->count; i++) {
		struct wait_child *child = &wait->children[i];

		if (child->future->state != FUTURE_PENDING)
			continue;
		coil__future_detach(child->future, &child->callback);
		object_unref(wait);
	}
}

static size_t count_done(const struct wait *wait)
{
	size_t done = 0;

	for (size_t i = 0; i < wait->count; i++)
		done += wait->children[i].future->state != FUTURE_PENDING;
	return done;
}

coil_result coil__wait_end(struct task *task, struct wait *wait, const coil_site *site)
{
	coil_result result;

	object_ref(wait); /* the await's */
	result = coil__task_await(task, &wait->future, site, TRACE_AWAIT_FUTURE);
	drop_timer(wait);
	unwatch_children(wait);
	if (unlikely(result.error))
		coil__exception_through(result, site);
	else
		result = coil_number((int64_t)count_done(wait));
	object_unref(wait);
	return result;
}

/* ---- the program's side ---------------------------------------------- */

static coil_result check_future(coil_future *public, const struct coil_loop *loop,
				const coil_site *site)
{
	const struct object *object = handle_open(public);
	const struct future *future;

	if (object && object->kind == OBJECT_COROUTINE)
		return coil_raise_site(site, COIL_TYPE, "Passing coroutines is forbidden, "
				       "use tasks explicitly.");
	future = coil__open_future(public, site, "wait");
	if (!future)
		return coil_last_error();
	if (future->loop != loop)
		return coil_raise_site(site, COIL_VALUE, "The future belongs to a different "
			"loop than the one specified as the loop argument");
	return coil_ok(NULL);
}

static coil_result check_arguments(coil_future *const *futures, size_t count,
				   double timeout, enum coil_return_when until,
				   const struct coil_loop *loop, const coil_site *site)
{
	coil_result result = coil_ok(NULL);

	if (!count)
		return coil_raise_site(site, COIL_VALUE, "Set of Tasks/Futures is empty.");
	if ((unsigned)until > COIL_FIRST_EXCEPTION)
		return coil_raise_site(site, COIL_VALUE, "Invalid return_when value: %d",
				       (int)until);
	if (isnan(timeout))
		return coil_raise_site(site, COIL_VALUE,
				       "Invalid timeout: NaN (not a number)");
	for (size_t i = 0; i < count && !result.error; i++)
		result = check_future(futures[i], loop, site);
	return result;
}

coil_result coil_wait_site(coil_future *const *futures, size_t count, double timeout,
			   enum coil_return_when return_when, const coil_site *site)
{
	struct task *task = task_that_waits();
	struct wait *wait;
	coil_result result;

	if (!task)
		return coil__task_missing(site, "wait");
	result = check_arguments(futures, count, timeout, return_when, task->future.loop,
				 site);
	if (result.error)
		return result;
	wait = coil__wait_begin(task->future.loop, futures, count, timeout, return_when,
				site);
	return wait ? coil__wait_end(task, wait, site) : coil_last_error();
}
