/* SPDX-License-Identifier: MIT
 *
 * What reports say of tasks, futures, handles and places: asyncio's words, in one place.
 *
 *	<Task pending name='Task-1' coro=<main() running at a.c:7> wait_for=<Future pending
 *	 cb=[Task.task_wakeup()] created at a.c:9> cb=[f() at a.c:3] created at a.c:30>
 *	<TimerHandle when=1.5 f(x) at a.c:12>
 *
 * Where a C function is defined is not known, unlike Python's: a callback is "at" where it
 * was scheduled, a coroutine that has not begun runs "at" where it was made, and was "defined
 * at" that when it is done.  Nor is what a result is, which the program agrees on with
 * itself: NULL and 0 are None, a list is [...], and the others are left out.
 */
#ifndef COIL_TASK_REPR_H
#define COIL_TASK_REPR_H

#include <stdio.h>

#include "task/future.h"

void coil__repr_future(const struct future *future, FILE *file);
void coil__repr_coroutine(const struct coroutine_object *coroutine, FILE *file);

/* HANDLE; of a task's step, the task. */
void coil__repr_handle(const struct handle *handle, FILE *file);

/* One that is a part of something else, and may be gone: what is left is its place. */
void coil__repr_site(const coil_site *site, FILE *file);

/* "f(x)": what SITE calls, as it is written there; "f()" for an argument of NULL. */
void coil__repr_call(const coil_site *site, FILE *file);

/* Text in Python's quotes. */
void coil__repr_string(const char *string, FILE *file);

/* HEAD, and the chain that led to SITE, as Python prints a traceback; nothing if it is
 * not known.  There is no newline behind it, but one in front of each line. */
void coil__repr_traceback(const coil_site *site, const char *head, FILE *file);

/* ---- texts that grow ---- */

/* A text of any length; TEXT is NULL if there was no memory.  To be freed. */
struct text {
	char *text;
	size_t length;
	FILE *file;        /* to write to, between the two; NULL without memory */
};
bool coil__text_begin(struct text *text);
bool coil__text_end(struct text *text);

#endif
