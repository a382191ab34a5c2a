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

#include "base/object.h"

#define EXCEPTION_AWAITS 16

struct coil_exception {
	struct object object;
	int error;
	uint32_t awaits_count;        /* may pass EXCEPTION_AWAITS: those were cut */
	const coil_site *site;        /* where it was raised                       */
	const coil_site *awaits[EXCEPTION_AWAITS]; /* innermost first              */
	char message[256];
};

/* A new one with one reference; NULL without memory. */
struct coil_exception *coil__exception_new(int error, const coil_site *site,
					   const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

/* The detail of RESULT; NULL if it has none or it is stale. */
struct coil_exception *coil__exception_of(coil_result result);

/* The error came through an await at SITE. */
void coil__exception_through(coil_result result, const coil_site *site);

/* Takes, drops the reference of whoever stores RESULT. */
void coil__exception_ref(coil_result result);
void coil__exception_unref(coil_result result);

#endif
