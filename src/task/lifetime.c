/* SPDX-License-Identifier: MIT
 *
 * The ends of things.  See lifetime.h.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/place.h"
#include "base/shared.h"
#include "executor/concurrent_future.h"
#include "executor/executor.h"
#include "loop/loop.h"
#include "sync/condition.h"
#include "sync/queue.h"
#include "task/as_completed.h"
#include "task/async_generator.h"
#include "task/context.h"
#include "task/exception.h"
#include "task/gather.h"
#include "task/keep.h"
#include "task/lifetime.h"
#include "task/list.h"
#include "task/misuse.h"
#include "task/repr.h"
#include "task/run.h"
#include "task/shield.h"
#include "task/task.h"
#include "task/task_group.h"
#include "task/timeout.h"
#include "task/wait.h"
#include "task/waiter.h"

/* ---- coroutines ------------------------------------------------------ */

/* asyncio's text, with the place where it was made. */
static void never_awaited(struct coroutine_object *coroutine)
{
	const coil_site *site = coroutine->awaitable.site;
	struct text text = { 0 };
	char what[200];

	snprintf(what, sizeof(what), "coroutine '%s' was never awaited", site->callee);
	if (coil__place_if_made(site) && coil__text_begin(&text))
		coil__repr_traceback(site, "\nCoroutine created at (most recent call last)",
				     text.file);
	coil__log_warning(site, "RuntimeWarning: %s%s", what,
			  coil__text_end(&text) ? text.text : "");
	free(text.text);
	TRACE_TEXT(EXCEPTION_REPORTED, 0, what, .future = 0, .error = COIL_OK);
	coroutine_consume(coroutine, coroutine->awaitable.handed);
}

void coil__lifetime_end_thread(void)
{
	while (coil__self.strays)
		never_awaited((struct coroutine_object *)coil__self.strays);
}

/* ---- futures --------------------------------------------------------- */

/* The object has no reference any more; it is given one for as long as the handler
 * looks at it. */
static void report(struct future *future, const char *message, coil_result error)
{
	bool task = future->object.kind == OBJECT_TASK;
	coil_exception_context context = {
		.message = message, .exception = error, .site = future->site,
		.source_traceback = coil__place_if_made(future->site),
		.future = error.error ? object_handle(future) : NULL,
		.task = task ? object_handle(future) : NULL,
	};

	future->object.refs++;
	coil_loop_call_exception_handler(future->loop, &context);
	future->object.refs--;
}

static void report_unretrieved(struct future *future)
{
	if (!future->unretrieved)
		return;
	future->unretrieved = false;
	switch (future->object.kind) { /* the names of asyncio's classes */
	case OBJECT_TASK:
		report(future, "Task exception was never retrieved", future->result);
		break;
	case OBJECT_GATHER:
		report(future, "_GatheringFuture exception was never retrieved",
		       future->result);
		break;
	default:
		report(future, "Future exception was never retrieved", future->result);
	}
}

static void drop_callbacks(struct future *future)
{
	while (future->first) {
		struct handle *handle = future->first;

		future->first = handle->next;
		handle_leave(handle);
	}
	future->last = NULL;
}

/* What its kind has beyond a future.  Result: the pool that it is from. */
static inline enum object_kind end_kind(struct future *future)
{
	enum object_kind kind = future->object.kind;

	if (likely(kind == OBJECT_TASK)) {
		coil__task_fini((struct task *)future);
		return ((struct task *)future)->flags & TASK_GENERATOR ? OBJECT_GENERATOR_TASK :
									 OBJECT_TASK;
	}
	switch (kind) {
	case OBJECT_GATHER:
		coil__gather_fini((struct gather *)future);
		break;
	case OBJECT_WAITER:
		coil__waiter_fini((struct waiter *)future);
		break;
	case OBJECT_WAIT:
		coil__wait_fini((struct wait *)future);
		break;
	case OBJECT_SHIELD:
		coil__shield_fini((struct shield *)future);
		break;
	default:
		break;
	}
	return kind;
}

static void destroy_future(struct future *future)
{
	enum object_kind pool;

	report_unretrieved(future);
	drop_callbacks(future);
	pool = end_kind(future);
	if (unlikely(future->result.error))
		coil__exception_unref(future->result);
	if (future->is_list)
		object_unref(list_of(future->result.value));
	awaitable_unchain(&future->awaitable);
	pool_give(pool_of(pool), future);
}

/* What else lives in a pool: what it holds is let go, then it goes back. */
static void (*const fini[OBJECT_KINDS])(void *object) = {
	[OBJECT_CONTEXT] = coil__context_fini,
	[OBJECT_RUNNER] = coil__runner_fini,
	[OBJECT_EVENT] = coil__resource_fini,
	[OBJECT_LOCK] = coil__resource_fini,
	[OBJECT_CONDITION] = coil__condition_fini,
	[OBJECT_SEMAPHORE] = coil__resource_fini,
	[OBJECT_BARRIER] = coil__resource_fini,
	[OBJECT_QUEUE] = coil__queue_fini,
	[OBJECT_TIMEOUT] = coil__timeout_fini,
	[OBJECT_TASK_GROUP] = coil__task_group_fini,
	[OBJECT_AS_COMPLETED] = coil__as_completed_fini,
	[OBJECT_CONCURRENT_FUTURE] = coil__concurrent_future_fini,
	[OBJECT_EXECUTOR] = coil__executor_fini,
};

static void destroy_other(struct object *object)
{
	enum object_kind kind = object->kind;

	if (kind >= OBJECT_KINDS || !fini[kind]) {
		coil__log("internal error: an object of kind %d is destroyed", kind);
		abort();
	}
	fini[kind](object);
	if (object_is_shared(object))
		shared_give(object, kind);
	else
		pool_give(pool_of(kind), object);
}

void coil__object_destroy(struct object *object)
{
	switch (object->kind) {
	case OBJECT_COROUTINE:
		never_awaited((struct coroutine_object *)object);
		break;
	case OBJECT_FUTURE:
	case OBJECT_GATHER:
	case OBJECT_TASK:
	case OBJECT_WAITER:
	case OBJECT_SHIELD:
	case OBJECT_WAIT:
		destroy_future((struct future *)object);
		break;
	case OBJECT_HANDLE:
		coil__handle_destroy((struct handle *)object);
		break;
	case OBJECT_EXCEPTION:
		coil__exception_destroy((struct coil_exception *)object);
		break;
	case OBJECT_LIST:
		coil__list_destroy((struct list *)object);
		break;
	case OBJECT_ASYNC_GENERATOR:
		if (coil__async_generator_destroy((struct async_generator *)object))
			pool_give(pool_of(OBJECT_ASYNC_GENERATOR), object);
		break;
	default:
		destroy_other(object);
	}
}

/* ---- a loop's end ---------------------------------------------------- */

static void report_pending_tasks(struct coil_loop *loop)
{
	for (struct task *task = coil__task_oldest(loop); task; task = coil__task_newer(task))
		if (!(task->flags & TASK_QUIET_IF_PENDING))
			report(&task->future, "Task was destroyed but it is pending!",
			       coil_ok(NULL));
}

static void write_unreleased(const struct awaitable *a, FILE *file)
{
	fputs("ResourceWarning: unreleased ", file);
	if (object_is_future(&a->object))
		coil__repr_future((const struct future *)a, file);
	else
		fprintf(file, "<%s created at %s:%d>", coil__kind_name(a->object.kind),
			a->site->file, a->site->line);
	coil__repr_traceback(a->site, "\nObject created at (most recent call last):", file);
}

/* What the program made and still has, and is not reported for something else. */
static bool is_unreleased(const struct awaitable *a)
{
	const struct future *future = (const struct future *)a;

	if (!a->object.owned || a->object.kind == OBJECT_COROUTINE)
		return false;
	return !object_is_future(&a->object) || !future->unretrieved;
}

/* In the order in which they were made.  Not if a task is left in the middle: what it
 * holds it would have released. */
static cold void report_unreleased(struct coil_loop *loop)
{
	const struct awaitable *a = loop->living;
	struct text text;

	if (coil__task_oldest(loop))
		return;
	while (a && a->older)
		a = a->older;
	for (; a; a = a->newer == &loop->living ? NULL :
		  container_of(a->newer, struct awaitable, older)) {
		if (!is_unreleased(a) || !coil__text_begin(&text))
			continue;
		write_unreleased(a, text.file);
		if (coil__text_end(&text))
			coil__log_text(a->site, COIL_LOG_WARNING, text.text, text.length);
		free(text.text);
	}
}

/* References between the loop's own objects do not count any more: each is
 * destroyed for itself (gathers see that the loop is closed).  Callbacks go first,
 * as they may be parts of other objects. */
void coil__lifetime_end_loop(struct coil_loop *loop)
{
	report_pending_tasks(loop);
	coil__async_generators_end_loop(loop);
	if (unlikely(loop->debug))
		report_unreleased(loop);
	for (struct awaitable *a = loop->living; a; a = a->older)
		if (object_is_future(&a->object))
			report_unretrieved((struct future *)a);
	for (struct awaitable *a = loop->living; a; a = a->older)
		if (object_is_future(&a->object))
			drop_callbacks((struct future *)a);
	while (loop->living) {
		loop->living->object.refs = 0;
		loop->living->object.owned = 0;
		coil__object_destroy(&loop->living->object);
	}
}

/* ---- lists that the program holds ------------------------------------ */

struct object *coil__list_object(const void *public)
{
	return &list_of(public)->object;
}

void coil__list_release(const void *public, const coil_site *site)
{
	struct list *list = list_of(public);
	struct task *task = task_here();
	coil_result value = coil_ok(&list->public);

	if (list->object.owned)
		list->object.owned--;
	else if (!coil__keep_take(task ? task->keep : coil__self.keep, value)) {
		coil__log_misuse(site, "coil_release: this list is borrowed, not owned");
		return;
	}
	object_unref(list);
}
