/* SPDX-License-Identifier: MIT
 *
 * What a task has been given and the program need not free: the errors it has
 * seen, and the lists that its awaits returned.  Outside of tasks, the thread's.
 *
 *  - Of errors the last sixteen are kept (an older result still has its code).
 *  - A list is kept until the coroutine that received it returns; depth says which.
 *
 * Nothing is allocated until there is an error or a list.
 */
#ifndef COIL_TASK_KEEP_H
#define COIL_TASK_KEEP_H

#include <stdarg.h>

#include "base/object.h"
#include "loop/handle.h"

#define KEPT_ERRORS 16

struct inline_await;
struct list;

struct kept_list {
	struct list *list;
	unsigned depth;
};

struct keep {
	coil_result errors[KEPT_ERRORS]; /* a ring; with a reference each */
	unsigned next_error;
	coil_result last_error;          /* of a call that returned NULL  */
	const coil_exception *cancel;    /* the message of the last cancellation that was
	                                    left to the task's next step; a reference */
	struct inline_await *awaiting;   /* debug mode: the innermost (chain.h) */
	struct kept_list *lists;         /* a stack, by depth             */
	size_t lists_count, lists_capacity;
};

/* Raises: makes the detail and keeps it. */
coil_result coil__raise(const coil_site *site, int error, const char *format,
			va_list args) __attribute__((format(printf, 3, 0)));

/* Raises, and is coil_last_error() from now on.  For calls that return NULL:
 *	return coil__null(COIL_RUNTIME, site, "...");  */
void *coil__null(int error, const coil_site *site, const char *format, ...)
	COIL_PRINTF(3, 4);
void *coil__null_memory(const coil_site *site);

/* Makes RESULT, which is an error, coil_last_error(). */
void coil__set_last_error(coil_result result);

/* The program is given RESULT: keeps the detail of its error. */
coil_result coil__keep_result(coil_result result);

/* The same where RESULT may be a list; COIL_MEMORY if it cannot be kept. */
coil_result coil__keep_value(coil_result result, bool is_list);

/* Keeps LIST, with a reference of its own, until the coroutine at DEPTH returns; false
 * without memory. */
bool coil__keep_add(struct keep **keep, struct list *list, unsigned depth);

/* An inline coroutine that ran at DEPTH has returned RESULT: the lists that it was
 * given go, except the one it returns, which is now its caller's. */
void coil__keep_leave(struct keep *keep, unsigned depth, coil_result result);

/* Takes the list RESULT.value out of KEEP, with its reference; false if it is
 * not in there. */
bool coil__keep_take(struct keep *keep, coil_result result);

/* Keeps the detail of CANCELLED, for the task's next step; without memory it is lost. */
void coil__keep_cancel(struct keep **keep, coil_result cancelled);

/* The task has ended: drops all but a cancellation's message, which a gather may ask
 * for yet. */
void coil__keep_end(struct keep **keep);

/* Drops all, and *KEEP itself. */
void coil__keep_free(struct keep **keep);

#endif
