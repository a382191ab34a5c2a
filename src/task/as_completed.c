/* SPDX-License-Identifier: MIT
 *
 * as_completed.  See as_completed.h and <coil/wait.h>.
 */
#include <math.h>
#include <stdlib.h>

#include <coil/wait.h>

#include "loop/loop.h"
#include "loop/registry.h"
#include "task/as_completed.h"
#include "task/exception.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "task/task.h"
#include "trace/recorder.h"

/* ---- the trace ------------------------------------------------------- */

static void record_made(struct as_completed *all)
{
	all->id = coil__trace_object_id();
	TRACE_NOW(RESOURCE_CREATED, TRACE_RESOURCE_AS_COMPLETED, .resource = all->id,
		  .site = TRACE_SITE(all->awaitable.site), .value = all->count);
}

/* One that was made before the recording began is made known first. */
static void record(struct as_completed *all, unsigned action, const struct future *child)
{
	if (!all->id)
		record_made(all);
	TRACE(RESOURCE_CHANGED, action, .resource = all->id, .other = future_id(child),
	      .value = all->todo);
}

/* ---- putting in ------------------------------------------------------ */

static void drop_timer(struct as_completed *all)
{
	if (!all->timer)
		return;
	coil__handle_cancel(all->timer);
	object_unref(all->timer);
	all->timer = NULL;
}

static void wake_next(struct as_completed *all)
{
	struct waiter *waiter = coil__waiters_pending(&all->line);

	if (waiter)
		coil__waiter_wake(waiter);
}

static void put(struct as_completed *all, struct completed_child *child,
		struct future *finished)
{
	child->counted = true;
	all->todo--;
	all->finished[all->put++] = finished;
	if (TRACING)
		record(all, TRACE_ACTION_REMOVE, child->future);
	wake_next(all);
}

/* One that comes after the time-out is not counted any more. */
static coil_result child_done(coil_future *unused, void *arg)
{
	struct completed_child *child = arg;
	struct as_completed *all = child->all;

	(void)unused;
	if (!child->counted) {
		put(all, child, child->future);
		if (!all->todo)
			drop_timer(all);
	}
	object_unref(all);
	return coil_ok(NULL);
}

static coil_result time_out(void *arg)
{
	struct as_completed *all = arg;

	object_ref(all); /* the callbacks that are taken back had the others */
	object_unref(all->timer);
	all->timer = NULL;
	for (size_t i = 0; i < all->count; i++) {
		struct completed_child *child = &all->children[i];

		if (child->counted)
			continue;
		if (child->future->state == FUTURE_PENDING) {
			coil__future_detach(child->future, &child->callback);
			object_unref(all);
		}
		put(all, child, NULL);
	}
	object_unref(all);
	return coil_ok(NULL);
}

/* ---- making ---------------------------------------------------------- */

void coil__as_completed_fini(void *object)
{
	struct as_completed *all = object;
	struct coil_loop *loop = all->awaitable.loop;

	if (!loop_is_closed(loop)) /* else they are freed for themselves */
		for (size_t i = 0; i < all->count; i++)
			object_unref(all->children[i].future);
	drop_timer(all);
	loop->handles -= all->room;
	free(all->children);
	free(all->finished);
	awaitable_unchain(&all->awaitable);
}

/* With no children yet; NULL without memory. */
static struct as_completed *all_new(struct coil_loop *loop, size_t room,
				    const coil_site *site)
{
	struct as_completed *all = pool_take(pool_of(OBJECT_AS_COMPLETED),
					     OBJECT_AS_COMPLETED);

	if (!all)
		return NULL;
	all->awaitable.loop = loop;
	all->awaitable.site = site;
	awaitable_chain(&all->awaitable, &loop->living);
	all->line = (struct waiters){ NULL, NULL };
	all->last = NULL;
	all->timer = NULL;
	all->count = all->todo = all->left = all->put = all->taken = 0;
	all->id = 0;
	all->children = malloc((room ? room : 1) * sizeof(*all->children));
	all->finished = malloc((room ? room : 1) * sizeof(struct future *));
	all->room = coil__ready_queue_reserve(&loop->ready, loop->handles + room) ? room : 0;
	loop->handles += all->room;
	if (all->children && all->finished && all->room == room)
		return all;
	object_unref(all);
	return NULL;
}

static bool make_timer(struct as_completed *all, double timeout)
{
	static const coil_site site = {
		"coil_as_completed", __FILE__, __LINE__, "as_completed.time_out", ""
	};
	struct coil_loop *loop = all->awaitable.loop;

	if (timeout == COIL_NO_TIMEOUT || !all->count)
		return true;
	all->timer = coil__loop_timer(loop, clock_now(&loop->clock) + timeout, time_out, all,
				      &site, TRACE_SCHEDULE_LATER, all->id);
	if (all->timer)
		object_ref(all->timer);
	return all->timer;
}

/* The references to FUTURES become the iterator's; those to the same one again go. */
static void take_children(struct as_completed *all, struct future *const *futures,
			  size_t count)
{
	uint32_t look = coil__new_look();

	for (size_t i = 0; i < count; i++) {
		if (first_look(futures[i], look))
			all->children[all->count++] = (struct completed_child){
				.all = all, .future = futures[i]
			};
		else
			object_unref(futures[i]);
	}
	all->todo = all->left = all->count;
}

static void watch_children(struct as_completed *all)
{
	static const coil_site site = {
		"coil_as_completed", __FILE__, __LINE__, "as_completed.count", ""
	};

	for (size_t i = 0; i < all->count; i++) {
		struct completed_child *child = &all->children[i];

		handle_init(&child->callback, all->awaitable.loop, &site, HANDLE_ON_DONE);
		child->callback.done_function = child_done;
		child->callback.arg = child;
		object_ref(all); /* the callback's */
		if (TRACING)
			record(all, TRACE_ACTION_ADD, child->future);
		coil__future_attach(child->future, &child->callback, all->id);
	}
}

/* Takes over the references to FUTURES, also if it fails. */
static struct as_completed *all_of(struct coil_loop *loop, struct future *const *futures,
				   size_t count, double timeout, const coil_site *site)
{
	struct as_completed *all = all_new(loop, count, site);

	if (!all) {
		for (size_t i = 0; i < count; i++)
			object_unref(futures[i]);
		return coil__null_memory(site);
	}
	take_children(all, futures, count);
	if (TRACING)
		record_made(all);
	if (!make_timer(all, timeout)) {
		object_unref(all);
		return coil__null_memory(site);
	}
	watch_children(all);
	return all;
}

coil_as_completed *coil_as_completed_new_site(coil_awaitable *const *awaitables,
					      size_t count, double timeout,
					      const coil_site *site)
{
	struct coil_loop *loop = coil__self.running;
	struct as_completed *all;
	struct future **futures;

	if (!loop || isnan(timeout)) {
		for (size_t i = 0; i < count; i++)
			coil__awaitable_discard(awaitables[i], site);
		return loop ? coil__null(COIL_VALUE, site,
					 "Invalid timeout: NaN (not a number)") :
			      coil__not_running(site);
	}
	futures = coil__ensure_futures(loop, awaitables, count, site);
	if (!futures)
		return NULL;
	all = all_of(loop, futures, count, timeout, site);
	free(futures);
	if (!all)
		return NULL;
	all->awaitable.object.owned = 1;
	return object_handle(all);
}

/* ---- taking out ------------------------------------------------------ */

/* As asyncio's Queue.get: one that was woken and is cancelled all the same passes the
 * waking on. */
static coil_result wait_in_line(struct as_completed *all, struct task *task,
				const coil_site *site)
{
	struct waiter *waiter;
	coil_result result;
	bool was_woken;

	waiter = coil__waiter_join(&all->line, &all->awaitable.object, all->awaitable.loop,
				   TRACE_FUTURE_AS_COMPLETED, all->id, site);
	if (!waiter)
		return coil_last_error();
	result = coil__waiter_wait(task, waiter, site);
	was_woken = waiter->future.state == FUTURE_FINISHED;
	coil__waiter_drop(waiter);
	if (result.error && was_woken && all->taken < all->put)
		wake_next(all);
	return result;
}

static coil_result take(struct as_completed *all, const coil_site *site)
{
	struct future *future = all->finished[all->taken++];
	coil_result result;

	all->last = future;
	if (!future)
		return coil_raise_site(site, COIL_TIMEOUT, NULL);
	result = coil__future_retrieve(future);
	return coil__keep_value(result, !result.error && future->is_list);
}

static coil_result next(struct as_completed *all, struct task *task, const coil_site *site)
{
	coil_result result = coil_ok(NULL);

	all->left--;
	object_ref(all); /* another task may let it go meanwhile */
	while (!result.error && all->taken == all->put)
		result = wait_in_line(all, task, site);
	if (!result.error)
		result = take(all, site);
	if (result.error)
		coil__exception_through(result, site);
	object_unref(all);
	return result;
}

bool coil_as_completed_next_site(coil_as_completed *public, coil_result *result,
				 const coil_site *site)
{
	struct as_completed *all = coil__open(public, site, "as_completed_next",
					      OBJECT_AS_COMPLETED);
	struct task *task = task_that_waits();

	*result = coil_ok(NULL);
	if (!all)
		*result = coil_last_error();
	else if (!task)
		*result = coil__task_missing(site, "as_completed_next");
	else if (task->future.loop != all->awaitable.loop)
		*result = coil__misuse(site, COIL_RUNTIME, "as_completed_next: the futures "
				       "are attached to a different loop");
	if (result->error || !all || !all->left)
		return false;
	*result = next(all, task, site);
	return true;
}

coil_future *coil_as_completed_future(const coil_as_completed *public)
{
	const struct as_completed *all = coil__open(public, NULL, "as_completed_future",
						    OBJECT_AS_COMPLETED);

	return all && all->last ? object_handle(all->last) : NULL;
}
