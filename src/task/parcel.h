/* SPDX-License-Identifier: MIT
 *
 * A result on its way from one thread or process to another: nothing in it is an
 * object of a pool, so it belongs to whoever has it.
 *
 *	result      a number or pointer as it is; of an error, its code
 *	detail      of an error that has one
 *	items       of a list its items, of a group of errors its members
 *	bytes       of a result of coil_bytes
 *
 * Places in the program (sites) are static, and the same in a forked process.
 * What is nested deeper than PARCEL_DEPTH does not fit: COIL_RUNTIME.
 * Cost: nothing for a number or a pointer; an allocation for an error, for a list, for
 * bytes, each.
 */
#ifndef COIL_TASK_PARCEL_H
#define COIL_TASK_PARCEL_H

#include <coil/error.h>

#include "task/exception.h"

#define PARCEL_DEPTH 100

struct parcel_detail {
	const coil_site *site;
	uint32_t awaits_count;
	const coil_site *awaits[EXCEPTION_AWAITS];
	char message[sizeof(((struct coil_exception *)NULL)->message)];
};

struct parcel {
	coil_result result;
	struct parcel_detail *detail;
	struct parcel_list *items;
	void *bytes;
	size_t size; /* of bytes */
};

struct parcel_list {
	size_t count;
	struct parcel at[];
};

/* Packs a copy of RESULT, a task's or a job's.  False if it cannot be had whole: PARCEL
 * has the error COIL_MEMORY, or COIL_RUNTIME (nested too deeply) then. */
bool coil__parcel_pack(struct parcel *parcel, coil_result result, bool is_list);

/* An error without more. */
void coil__parcel_error(struct parcel *parcel, int error, const coil_site *site,
			const char *format, ...) COIL_PRINTF(4, 5);

/* What was packed, as objects of this thread, with a reference to each: drop it by
 * coil__parcel_unref.  *IS_LIST as future.is_list.  PARCEL is left as it is.  Without memory:
 * COIL_MEMORY. */
coil_result coil__parcel_unpack(const struct parcel *parcel, bool *is_list);
void coil__parcel_unref(coil_result result, bool is_list);

/* Is there nothing but the result itself? */
static inline bool parcel_is_plain(const struct parcel *parcel)
{
	return !parcel->detail && !parcel->items && !parcel->bytes;
}

/* Frees what PARCEL holds. */
void coil__parcel_free(struct parcel *parcel);

#endif
