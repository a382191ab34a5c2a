/* SPDX-License-Identifier: MIT
 *
 * Opening handles that the program gives us, handing them over, and saying what is
 * wrong with those that are stale or of the wrong kind: where they were used, and
 * where they had been handed over.
 */
#ifndef COIL_TASK_MISUSE_H
#define COIL_TASK_MISUSE_H

#include "task/future.h"

/* The future (task, gather) of a handle; NULL after a report, and then
 * coil_last_error() says COIL_INVALID_HANDLE or COIL_TYPE. */
struct future *coil__open_future(const coil_awaitable *public, const coil_site *site,
				 const char *call);
struct task *coil__open_task(const coil_awaitable *public, const coil_site *site,
			     const char *call);

/* The same for an object of another kind: a lock, a task group. */
void *coil__not_open(const void *public, const coil_site *site, const char *call,
		     enum object_kind kind);

static inline void *coil__open(const void *public, const coil_site *site, const char *call,
			       enum object_kind kind)
{
	struct object *object = handle_open(public);

	if (likely(object && object->kind == kind))
		return object;
	return coil__not_open(public, site, call, kind);
}

/* The same, and takes over the program's reference: the caller has one from now on.
 * When it was the program's last, the handle is stale. */
void *coil__hand_over_object(const void *public, const coil_site *site,
			     const char *call, enum object_kind kind);

/* Takes over the program's reference: the caller has one from now on.  When it was
 * the program's last, the handle is stale.  Of a borrowed handle a new reference
 * is taken.  A coroutine is to be used up (coroutine_consume) or dropped.  NULL
 * after a report. */
struct awaitable *coil__hand_over(coil_awaitable *public, const coil_site *site,
				  const char *call);

/* The same where nothing but a coroutine will do: for create_task. */
struct coroutine_object *coil__take_coroutine(coil_coroutine *public,
					      const coil_site *site);

/* Takes it over and drops it, for calls that fail before they use it. */
void coil__awaitable_discard(coil_awaitable *public, const coil_site *site);

/* Drops what was handed over. */
void coil__awaitable_drop(struct awaitable *awaitable, const coil_site *site);

/* What is given for a future: a coroutine becomes a task of LOOP.  The caller gets
 * the reference.  NULL with coil_last_error(). */
struct future *coil__ensure_future(struct coil_loop *loop, coil_awaitable *public,
				   const coil_site *site);

/* The same of COUNT of them, in order; on failure what was made is dropped, and the
 * rest discarded.  The array is the caller's to free. */
struct future **coil__ensure_futures(struct coil_loop *loop,
				     coil_awaitable *const *awaitables, size_t count,
				     const coil_site *site);

/* Raises, and says it on standard error as well: for what is a mistake in the
 * program and not something that happens. */
coil_result coil__misuse(const coil_site *site, int error, const char *format, ...)
	COIL_PRINTF(3, 4);

/* "task", "future", ... */
const char *coil__kind_name(enum object_kind kind);

#endif
