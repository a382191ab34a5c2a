/* SPDX-License-Identifier: MIT
 *
 * run_coroutine_threadsafe: a coroutine of one thread becomes a task of another's loop.
 *
 * The coroutine object belongs to the calling thread: it is taken apart there, and put
 * together again in the loop's.  One message (outside.h) carries it over; the same carries,
 * later, a cancellation of the concurrent future.  Between the two:
 *
 *	the loop's side        `ended`, a done callback of the task
 *	the other              `done`, a callback of the concurrent future
 *
 * as in a chain, in the other direction.  The loop that is closed in between cancels the
 * future, so that nobody waits for ever.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/shared.h"
#include "executor/concurrent_future.h"
#include "loop/outside.h"
#include "loop/registry.h"
#include "task/context.h"
#include "task/generator.h"
#include "task/keep.h"
#include "task/list.h"
#include "task/misuse.h"
#include "task/task.h"
#include "trace/recorder.h"

struct crossing {
	struct outside outside;
	struct told_handle ended;           /* of the task                       */
	struct concurrent_callback done;    /* of the future                     */
	struct concurrent_future *future;   /* a reference                       */
	struct task *task;                  /* a reference, of the loop's side   */
	bool told, over;                    /* the cancellation came; the task ended */

	/* The coroutine, apart. */
	union {
		coil_function function;
		const struct coil_generator_type *type;
	};
	void *arg;
	struct list *copy;                  /* of what arg points to, or NULL    */
	const coil_site *coroutine_site;
	unsigned flags;                     /* enum coroutine_flags              */
	struct context_values *values;      /* the context of who called         */
	const coil_site *site;
};

static void free_crossing(struct crossing *crossing)
{
	coil__context_values_unref(crossing->values);
	if (crossing->copy)
		object_unref(crossing->copy);
	shared_unref(crossing->future);
	free(crossing);
}

/* The loop's side has ended. */
static void drop_task(struct crossing *crossing)
{
	if (!loop_is_closed(crossing->task->future.loop)) /* else it is freed for itself */
		object_unref(crossing->task);
}

static void free_outside(struct outside *outside)
{
	free_crossing(container_of(outside, struct crossing, outside));
}

/* ---- the task has ended ---------------------------------------------- */

static void copy_state(struct concurrent_future *future, struct task *task)
{
	coil_result result = coil__future_retrieve(&task->future);

	if (task->future.state == FUTURE_CANCELLED)
		coil__concurrent_future_cancel(future);
	if (!coil__concurrent_future_begin(future))
		return;
	coil__parcel_pack(&future->parcel, result, task->future.is_list);
	shared_ref(future);
	coil__concurrent_future_finish(future);
}

/* A cancellation may be on its way, and then ends it. */
static void end_loop_side(struct crossing *crossing)
{
	bool away = coil__outside_forget(&crossing->outside);

	if (!away && !crossing->told) {
		crossing->over = true;
		return;
	}
	drop_task(crossing);
	if (away)
		coil__outside_leave(&crossing->outside);
	else
		free_crossing(crossing);
}

static coil_result task_ended(coil_future *unused, void *arg)
{
	struct crossing *crossing = arg;

	(void)unused;
	crossing->task->future.loop->handles--; /* the room of ended */
	copy_state(crossing->future, crossing->task);
	end_loop_side(crossing);
	return coil_ok(NULL);
}

static void task_left(void *arg)
{
	struct crossing *crossing = arg;

	if (crossing->task->future.state == FUTURE_PENDING)
		coil__concurrent_future_cancel(crossing->future);
	else
		copy_state(crossing->future, crossing->task);
	end_loop_side(crossing);
}

/* ---- the future is cancelled ------------------------------------------ */

/* In any thread, also where the task's end has completed it. */
static void future_done(struct concurrent_callback *callback,
			struct concurrent_future *future, bool *mine)
{
	struct crossing *crossing = container_of(callback, struct crossing, done);

	(void)mine;
	if (concurrent_state(future) != CONCURRENT_CANCELLED ||
	    !coil__outside_arrive(&crossing->outside))
		coil__outside_leave(&crossing->outside);
}

static void cancellation_left(struct outside *outside)
{
	struct crossing *crossing = container_of(outside, struct crossing, outside);

	crossing->told = true;
	if (!crossing->over)
		return;
	drop_task(crossing);
	free_crossing(crossing);
}

static coil_result cancel_task(void *arg)
{
	static const coil_result cancelled = { .error = COIL_CANCELLED, { NULL } };
	struct crossing *crossing = container_of(arg, struct crossing, outside);

	outside_taken(&crossing->outside);
	coil__future_cancel(&crossing->task->future, cancelled);
	cancellation_left(&crossing->outside);
	return coil_ok(NULL);
}

/* ---- in the loop ----------------------------------------------------- */

static void connect(struct crossing *crossing, struct task *task)
{
	static const coil_site cancel_site = {
		"coil_run_coroutine_threadsafe", __FILE__, __LINE__,
		"run_coroutine_threadsafe.cancel", ""
	};
	static const coil_site ended_site = {
		"coil_run_coroutine_threadsafe", __FILE__, __LINE__,
		"run_coroutine_threadsafe.set_state", ""
	};
	static const struct outside_class cancellation = {
		.come = cancel_task, .left = cancellation_left, .free = free_outside,
		.site = &cancel_site,
	};
	struct handle *handle = &crossing->ended.handle;

	crossing->task = task;
	outside_init(&crossing->outside, task->future.loop, &cancellation);
	outside_expect(&crossing->outside, false);
	handle_init(handle, task->future.loop, &ended_site, HANDLE_ON_DONE | HANDLE_TOLD);
	handle->done_function = task_ended;
	handle->arg = crossing;
	crossing->ended.left = task_left;
	coil__future_attach(&task->future, handle, 0);
	crossing->done.function = future_done;
	coil__concurrent_future_attach(crossing->future, &crossing->done);
}

/* The coroutine, put together in the loop that runs it; it has the copy from now on. */
static coil_coroutine *put_together(struct crossing *crossing)
{
	coil_coroutine *public = crossing->flags & COROUTINE_GENERATOR ?
		coil_generator_site(crossing->type, crossing->arg, crossing->coroutine_site) :
		coil_coro_site(crossing->function, crossing->arg, crossing->coroutine_site);
	struct object *object = handle_open(public);

	if (!object)
		return NULL;
	object->flags = (uint8_t)crossing->flags;
	crossing->copy = NULL;
	return public;
}

static struct task *make_task(struct crossing *crossing)
{
	struct coil_loop *loop = crossing->outside.told.handle.loop;
	struct context_values **before = NULL;
	coil_coroutine *coroutine;
	struct task *task = NULL;

	if (!loop_make_room(loop)) /* of ended */
		return coil__null_memory(crossing->site);
	coroutine = put_together(crossing);
	if (crossing->values)
		before = coil__context_enter(&crossing->values);
	if (coroutine)
		task = coil__task_new(loop, handle_open(coroutine), crossing->site, NULL, 0);
	if (crossing->values)
		coil__context_enter(before);
	if (!task)
		loop->handles--;
	return task;
}

/* The crossing, and the handle that runs, are gone then: so the loop is not given the
 * error to report. */
static void report(struct crossing *crossing, coil_result error)
{
	const coil_exception_context context = {
		.message = "Exception in callback run_coroutine_threadsafe.callback()",
		.exception = error, .site = crossing->site,
	};

	coil_loop_call_exception_handler(crossing->outside.told.handle.loop, &context);
}

/* As in asyncio, the error is the future's, and the exception handler's. */
static coil_result begin(void *arg)
{
	struct crossing *crossing = container_of(arg, struct crossing, outside);
	struct task *task;
	coil_result error;

	outside_taken(&crossing->outside);
	task = make_task(crossing);
	if (task) {
		connect(crossing, task);
		return coil_ok(NULL);
	}
	error = coil_last_error();
	if (coil__concurrent_future_begin(crossing->future)) {
		coil__parcel_pack(&crossing->future->parcel, error, false);
		shared_ref(crossing->future);
		coil__concurrent_future_finish(crossing->future);
	}
	report(crossing, error);
	free_crossing(crossing);
	return coil_ok(NULL);
}

static void begin_left(struct outside *outside)
{
	struct crossing *crossing = container_of(outside, struct crossing, outside);

	coil__log_misuse(crossing->coroutine_site,
			 "RuntimeWarning: coroutine '%s' was never awaited",
			 crossing->coroutine_site->callee);
	coil__concurrent_future_cancel(crossing->future);
	free_crossing(crossing);
}

/* ---- in the calling thread -------------------------------------------- */

/* What is in COROUTINE, which stays as it is but for its copy. */
static void take_apart(struct crossing *crossing, struct coroutine_object *coroutine)
{
	crossing->flags = coroutine->awaitable.object.flags;
	crossing->coroutine_site = coroutine->awaitable.site;
	crossing->arg = coroutine->arg;
	if (crossing->flags & COROUTINE_GENERATOR)
		crossing->type = coroutine->type;
	else
		crossing->function = coroutine->function;
	crossing->copy = NULL;
	if (crossing->flags & COROUTINE_COPIED)
		crossing->copy = list_of(coroutine->arg);
	coroutine->awaitable.object.flags &= (uint8_t)~COROUTINE_COPIED;
}

static struct crossing *crossing_new(struct coroutine_object *coroutine,
				     struct coil_loop *loop, const coil_site *site)
{
	static const coil_site begin_site = {
		"coil_run_coroutine_threadsafe", __FILE__, __LINE__,
		"run_coroutine_threadsafe.callback", ""
	};
	static const struct outside_class beginning = {
		.come = begin, .left = begin_left, .free = free_outside,
		.site = &begin_site,
	};
	struct crossing *crossing = malloc(sizeof(*crossing));

	if (!crossing)
		return NULL;
	crossing->future = concurrent_future_new(site);
	if (!crossing->future) {
		free(crossing);
		return NULL;
	}
	crossing->site = site;
	crossing->told = crossing->over = false;
	crossing->values = context_copy();
	take_apart(crossing, coroutine);
	outside_init(&crossing->outside, loop, &beginning);
	return crossing;
}

static struct coroutine_object *take_coroutine(coil_coroutine *public, const coil_site *site)
{
	struct awaitable *awaitable = coil__hand_over(public, site,
						      "run_coroutine_threadsafe");

	if (!awaitable || awaitable->object.kind == OBJECT_COROUTINE)
		return (struct coroutine_object *)awaitable;
	object_unref(awaitable);
	return coil__null(COIL_TYPE, site, "A coroutine object is required");
}

coil_concurrent_future *coil_run_coroutine_threadsafe_site(coil_coroutine *public,
	coil_loop *loop, const coil_site *site)
{
	struct coroutine_object *coroutine = take_coroutine(public, site);
	struct concurrent_future *future;
	struct crossing *crossing;

	if (!coroutine)
		return NULL;
	thread_register();
	crossing = crossing_new(coroutine, loop, site);
	if (!crossing) {
		coil__awaitable_drop(&coroutine->awaitable, site);
		return coil__null_memory(site);
	}
	future = crossing->future;
	if (TRACING)
		coil__concurrent_future_promise(future, loop);
	shared_own(&future->object);
	if (coil__outside_send(&crossing->outside)) {
		coroutine_consume(coroutine, site);
		return object_handle(future);
	}
	shared_disown(&future->object);
	shared_unref(future);
	free_crossing(crossing);
	coil__awaitable_drop(&coroutine->awaitable, site);
	return coil__loop_refuses(loop, site);
}
