/* SPDX-License-Identifier: MIT
 *
 * TaskGroup: tasks that end before their scope does.
 *
 *	group->first                       group->last
 *	   |                                   |
 *	   v          behind                   v
 *	+-------+  --------->  +-------+   +-------+     in order of creation: not done,
 *	| child |  <---------  | child |   | child |     or not yet taken note of
 *	+-------+   before     +-------+   +-------+
 *
 *	group->first_error -> child -> child -> NULL     failed, in the order noted
 *
 * Invariants: a child that is not done has its callback among the task's, and with it
 * holds references to the task and to the group; one that has failed becomes the record
 * of its error, so that taking note of it cannot fail; parent is set, with a reference,
 * once the group was entered, and then the group is in the chain of the living, so
 * that its loop's end frees it; waiter is the future that exit awaits or, before that,
 * the memory for it: exit waits for the children in any case.
 *
 * Cost: O(1) and one allocation a child; two pooled objects a group.
 */
#ifndef COIL_TASK_TASK_GROUP_H
#define COIL_TASK_TASK_GROUP_H

#include "task/future.h"

struct task;

struct group_child {
	struct task_group *group;
	struct task *task;
	struct handle callback;
	struct group_child *before, *behind;
	coil_result error;           /* of one that failed; with a reference     */
};

struct task_group {
	struct awaitable awaitable;  /* the chain of its loop; not to be awaited */
	struct task *parent;
	struct task *finished;       /* the last that was done when it was made  */
	struct group_child *first, *last;
	struct group_child *first_error, **last_error;
	size_t children, errors;     /* how many there are                       */
	struct future *waiter;
	coil_result leaving;         /* SystemExit, KeyboardInterrupt: a reference */
	coil_result body, propagate; /* of exit, with references: what the body ended
	                                by, and a cancellation to be passed on     */
	uint64_t id;                 /* in the trace                             */
	bool exiting, aborting;
	bool waiting;                /* exit awaits the waiter                   */
	bool parent_cancelled;       /* by us, and to be taken back              */
};

/* Cancels all children that are not done. */
void coil__task_group_abort(struct task_group *group);

/* Records what was done to GROUP, to or by TASK (or NULL).  One that was made before the
 * recording began is made known first. */
void coil__task_group_record(struct task_group *group, unsigned action,
			     const struct task *task);

/* What is not put into a group, but raised itself. */
static inline bool leaves_the_loop(coil_result result)
{
	return result.error == COIL_SYSTEM_EXIT || result.error == COIL_KEYBOARD_INTERRUPT;
}

/* Called when it is destroyed. */
void coil__task_group_fini(void *group);

#endif
