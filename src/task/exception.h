/* SPDX-License-Identifier: MIT
 *
 * The detail of an error: message, place, and the awaits it has come through.
 * What a coil_result carries is a handle to one (object.h), or NULL.
 *
 * References: one by everything that keeps the error (keep.h, a future, a list).
 */
#ifndef COIL_TASK_EXCEPTION_H
#define COIL_TASK_EXCEPTION_H

#include <stdarg.h>
#include <stdio.h>

#include "base/object.h"

#define EXCEPTION_AWAITS 16

struct list;

struct coil_exception {
	struct object object;
	int error;
	uint32_t awaits_count;        /* may pass EXCEPTION_AWAITS: those were cut */
	const coil_site *site;        /* where it was raised                       */
	union {
		const coil_site *awaits[EXCEPTION_AWAITS]; /* innermost first      */
		struct coil_exception *next_dying;         /* while it is destroyed */
	};
	struct list *members;         /* of a group; else NULL (exception_group.h) */
	char message[256];
};

/* A new one with one reference; NULL without memory. */
struct coil_exception *coil__exception_new(int error, const coil_site *site,
					   const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

/* Frees it, and drops its members.  Called when the last reference goes. */
void coil__exception_destroy(struct coil_exception *exception);

#define TRACEBACK "Traceback (most recent await last):"

/* Writes an error that has no members: its traceback, if it has one, below the
 * line HEAD, then name and message and TAIL; each line but HEAD behind PREFIX. */
struct exception_print {
	FILE *file;
	const char *head, *prefix, *tail;
};
void coil__exception_print(coil_result result, const struct exception_print *how);

/* The detail of RESULT; NULL if it has none or it is stale. */
struct coil_exception *coil__exception_of(coil_result result);

/* The error came through an await at SITE. */
void coil__exception_through(coil_result result, const coil_site *site);

/* Takes, drops the reference of whoever stores RESULT. */
void coil__exception_ref(coil_result result);
void coil__exception_unref(coil_result result);

#endif
