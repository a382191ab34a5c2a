/* SPDX-License-Identifier: MIT
 *
 * Handles from the program: opened, handed over, or reported.  See misuse.h.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/shared.h"
#include "base/thread.h"
#include "loop/loop.h"
#include "task/keep.h"
#include "task/lifetime.h"
#include "task/misuse.h"
#include "task/task.h"

const char *coil__kind_name(enum object_kind kind)
{
	static const char *const names[OBJECT_KINDS] = {
		"object", "coroutine", "future", "gather", "task", "handle",
		"exception", "list", "waiter", "shield", "wait", "context",
		"async generator",
		"timeout", "task group", "as_completed", "event", "lock", "condition",
		"semaphore", "barrier", "queue", "runner", "concurrent future",
		"executor", "chain", "task", "stack",
	};

	return names[kind];
}

/* ---- reports --------------------------------------------------------- */

/* What kind it was, a freed object does not say; who calls knows what it meant. */
static void report_stale(const void *public, const coil_site *site, const char *call)
{
	const struct object *object = handle_object(public);
	const struct awaitable *awaitable = (const struct awaitable *)object;
	const char *kind = object->kind == OBJECT_FREE ? "awaitable" :
			   coil__kind_name(object->kind);

	if (object->handed_epoch != handle_epoch(public) || !awaitable->handed)
		coil__log_misuse(site, "%s: this %s was handed over, released, or closed "
				 "with its loop, long before", call, kind);
	else
		coil__log_misuse(site, "%s: this %s was handed over before, at %s:%d: in "
				 "%s (coil_retain keeps one past that)", call, kind,
				 awaitable->handed->file, awaitable->handed->line,
				 awaitable->handed->function);
	coil__null(COIL_INVALID_HANDLE, site, "%s: the handle was handed over before",
		   call);
}

static void report_kind(const struct object *object, const coil_site *site,
			const char *call, const char *wanted)
{
	coil__set_last_error(coil__misuse(site, COIL_TYPE, "%s: %s was expected, not a %s",
					  call, wanted, coil__kind_name(object->kind)));
}

/* ---- opening --------------------------------------------------------- */

/* NULL stands for a call that failed: its error is passed on. */
static struct object *open_handle(const void *public, const coil_site *site,
				  const char *call)
{
	struct object *object = handle_open(public);

	if (likely(object))
		return object;
	if (public)
		report_stale(public, site, call);
	else if (!coil_last_error().error)
		coil__null(COIL_TYPE, site, "%s: an awaitable was expected, not NULL", call);
	return NULL;
}

coil_result coil__misuse(const coil_site *site, int error, const char *format, ...)
{
	coil_result result;
	va_list args;

	va_start(args, format);
	result = coil__raise(site, error, format, args);
	va_end(args);
	coil__log_misuse(site, "%s", coil_error_message(result));
	return result;
}

struct future *coil__open_future(const coil_awaitable *public, const coil_site *site,
				 const char *call)
{
	struct object *object = open_handle(public, site, call);

	if (object && !object_is_future(object)) {
		report_kind(object, site, call, "a future");
		return NULL;
	}
	return (struct future *)object;
}

struct task *coil__open_task(const coil_awaitable *public, const coil_site *site,
			     const char *call)
{
	struct object *object = open_handle(public, site, call);

	if (object && object->kind != OBJECT_TASK) {
		report_kind(object, site, call, "a task");
		return NULL;
	}
	return (struct task *)object;
}

/* Always NULL. */
void *coil__not_open(const void *public, const coil_site *site, const char *call,
		     enum object_kind kind)
{
	struct object *object = open_handle(public, site, call);

	if (object)
		report_kind(object, site, call, coil__kind_name(kind));
	return NULL;
}

void *coil__hand_over_object(const void *public, const coil_site *site,
			     const char *call, enum object_kind kind)
{
	struct object *object = coil__open(public, site, call, kind);

	if (!object)
		return NULL;
	if (object_is_shared(object)) {
		if (!shared_disown(object))
			shared_ref(object);
		return object;
	}
	if (object->owned == 0)
		object_ref(object);
	else if (--object->owned == 0)
		object_outdate(object);
	return object;
}

/* ---- handing over ---------------------------------------------------- */

/* The program has let go of its last reference at SITE. */
static void let_go(struct awaitable *awaitable, const coil_site *site)
{
	awaitable->handed = site;
	awaitable->object.handed_epoch = awaitable->object.epoch;
	object_outdate(&awaitable->object);
}

struct awaitable *coil__hand_over(coil_awaitable *public, const coil_site *site,
				  const char *call)
{
	struct object *object = open_handle(public, site, call);

	if (!object)
		return NULL;
	if (!object_is_future(object) && object->kind != OBJECT_COROUTINE) {
		report_kind(object, site, call, "an awaitable");
		return NULL;
	}
	if (object->kind == OBJECT_COROUTINE)
		; /* whoever takes it uses it up */
	else if (object->owned == 0)
		object_ref(object);
	else if (--object->owned == 0)
		let_go((struct awaitable *)object, site);
	return (struct awaitable *)object;
}

struct coroutine_object *coil__take_coroutine(coil_coroutine *public,
					      const coil_site *site)
{
	struct awaitable *awaitable = coil__hand_over(public, site, "create_task");
	const char *kind;

	if (!awaitable || likely(awaitable->object.kind == OBJECT_COROUTINE))
		return (struct coroutine_object *)awaitable;
	kind = coil__kind_name(awaitable->object.kind);
	object_unref(awaitable);
	coil__set_last_error(coil__misuse(site, COIL_TYPE,
		"create_task: a coroutine was expected, not a %s", kind));
	return NULL;
}

void coil__awaitable_discard(coil_awaitable *public, const coil_site *site)
{
	struct awaitable *awaitable = public ? coil__hand_over(public, site, "await") : NULL;

	if (awaitable)
		coil__awaitable_drop(awaitable, site);
}

void coil__awaitable_drop(struct awaitable *awaitable, const coil_site *site)
{
	if (awaitable->object.kind == OBJECT_COROUTINE)
		awaitable->handed = site;
	object_unref(awaitable);
}

struct future *coil__ensure_future(struct coil_loop *loop, coil_awaitable *public,
				   const coil_site *site)
{
	struct awaitable *awaitable = handle_open(public);

	if (likely(awaitable && awaitable->object.kind == OBJECT_COROUTINE))
		return (struct future *)coil__task_new(loop,
			(struct coroutine_object *)awaitable, site, NULL, 0);
	awaitable = coil__hand_over(public, site, "ensure_future");
	if (!awaitable)
		return NULL;
	if (awaitable->loop != loop) {
		object_unref(awaitable);
		return coil__null(COIL_VALUE, site, "The future belongs to a different "
				  "loop than the one specified as the loop argument");
	}
	return (struct future *)awaitable;
}

struct future **coil__ensure_futures(struct coil_loop *loop,
				     coil_awaitable *const *awaitables, size_t count,
				     const coil_site *site)
{
	struct future **futures = malloc((count ? count : 1) * sizeof(struct future *));
	size_t made = 0;

	if (!futures)
		coil__null_memory(site);
	while (futures && made < count) {
		struct future *future = coil__ensure_future(loop, awaitables[made], site);

		if (!future)
			break;
		futures[made++] = future;
	}
	if (futures && made == count)
		return futures;
	for (size_t i = made + (futures != NULL); i < count; i++)
		coil__awaitable_discard(awaitables[i], site);
	while (made > 0)
		object_unref(futures[--made]);
	free(futures);
	return NULL;
}

/* ---- retain and release ---------------------------------------------- */

/* A coil_list is a plain pointer: the program reads it. */
static bool is_list(const void *public)
{
	return handle_epoch(public) == 0;
}

static cold void too_many(const struct object *object, const coil_site *site)
{
	coil__log_misuse(site, "coil_retain: this %s is retained 65535 times",
			 coil__kind_name(object->kind));
}

static cold void not_owned(const struct object *object, const coil_site *site)
{
	coil__log_misuse(site, "coil_release: this %s is borrowed, not owned",
			 coil__kind_name(object->kind));
}

void *coil_retain_site(const void *public, const coil_site *site)
{
	struct object *object;

	if (!public)
		return NULL;
	object = is_list(public) ? coil__list_object(public) :
				   open_handle(public, site, "coil_retain");
	if (object && unlikely(object_is_shared(object))) {
		if (!shared_own(object))
			too_many(object, site);
	} else if (object && object->owned == UINT16_MAX) {
		too_many(object, site);
	} else if (object) {
		object_ref(object);
		object->owned++;
	}
	return (void *)(uintptr_t)public;
}

/* Awaitables remember where they were let go of. */
static void last_owned(struct object *object, const coil_site *site)
{
	if (object_is_future(object) || object->kind == OBJECT_COROUTINE)
		let_go((struct awaitable *)object, site);
	else if (object->kind >= OBJECT_CONTEXT)
		object_outdate(object);
}

static apart void release_shared(struct object *object, const coil_site *site)
{
	if (shared_disown(object))
		shared_unref(object);
	else
		not_owned(object, site);
}

void coil_release_site(const void *public, const coil_site *site)
{
	struct object *object;

	if (!public)
		return;
	if (is_list(public)) {
		coil__list_release(public, site);
		return;
	}
	object = open_handle(public, site, "coil_release");
	if (!object)
		return;
	if (unlikely(object_is_shared(object))) {
		release_shared(object, site);
		return;
	}
	if (object->owned == 0) {
		not_owned(object, site);
		return;
	}
	if (--object->owned == 0)
		last_owned(object, site);
	object_unref(object);
}
