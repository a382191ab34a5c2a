/* SPDX-License-Identifier: MIT
 *
 * Errors that have others in them (Python's exception groups).
 *
 * A group is a detail whose members is a list of the errors, with a reference to the
 * detail of each.  Members may be groups; never, even through others, the group itself,
 * as they are there before it is made.
 * Cost: a pooled object, and one allocation.
 */
#ifndef COIL_TASK_EXCEPTION_GROUP_H
#define COIL_TASK_EXCEPTION_GROUP_H

#include <stdio.h>

#include "base/object.h"

struct coil_exception;
struct list;

/* Raises a group with the COUNT members that LIST (handed over) has.  Without memory
 * the code alone is returned.  LIST may be NULL: that is having no memory. */
coil_result coil__exception_group_raise(const coil_site *site, const char *message,
					struct list *list);

/* Drops the members of a group that is destroyed.  Those that this was the last
 * reference to are put in front of DYING.  Result: the first of them. */
struct coil_exception *coil__exception_group_drop(struct list *members,
						  struct coil_exception *dying);

/* coil_print_exception of a group. */
void coil__exception_group_print(coil_result group, FILE *file);

#endif
