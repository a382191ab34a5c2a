/* SPDX-License-Identifier: MIT
 *
 * What the files of the await view share: what is known of every task, future and
 * resource, and who answers whom.
 *
 *	view_await.c            tasks, futures, awaits, callbacks
 *	view_await_answers.c    nodes: who waits for what, since when
 *	view_await_resources.c  locks, queues, timeouts, task groups, async generators
 *
 * A group is what has others answer in its place: a gather, a wait, a shield (futures),
 * a task group, an as_completed (resources).  It is not drawn; its members answer to
 * its owner: the task that awaits it, or that made it.
 *
 * Cost: O(1) for each; an answer is linear in those who wait for it.
 */
#ifndef COIL_VIEW_AWAIT_H
#define COIL_VIEW_AWAIT_H

#include "view_base.h"

/* Somebody who waits for the result of a task or future. */
struct waiter {
	uint64_t task;
	uint64_t since;         /* time of the request               */
};

/* What this view knows of a task, future or resource. */
struct node {
	uint64_t creator;       /* task, or 0                        */
	uint64_t created;       /* time                              */
	uint64_t awaiter;       /* of a group: task, or 0            */
	struct actor *thread;   /* of a task: that had it made, or NULL */
	uint64_t resource;      /* of a waiter in a line             */
	struct waiter *waiters; /* who await it                      */
	size_t waiter_count, waiter_room;
	uint64_t *groups;       /* that it is a member of            */
	size_t group_count, group_room;
	size_t member_count, members_done; /* of a group             */
	uint64_t *generators;   /* of a task: that run in it, the innermost last */
	size_t generator_count, generator_room;
	uint16_t kind;          /* TRACE_FUTURE_*                    */
	uint16_t expected;      /* of a task that was woken: the action that it
	                           waited for, and does next (TRACE_ACTION_*) */
	bool is_resource;
	bool over;              /* a task group that was left, a timeout that
	                           has expired                       */
	bool joins;             /* of a task: it is about to wait on a condition */
	bool yielded;           /* of a generator                    */
};

/* ---- view_await_answers.c ------------------------------------------------- */

struct node *coil__await_node(struct view *view, uint64_t id);
void coil__await_finish(struct view *view);

/* The lifeline of a task or future. */
struct actor *coil__await_actor(struct view *view, uint64_t id);

/* Who speaks when TASK does: the async generator that runs in it, or itself. */
struct actor *coil__await_speaker(struct view *view, uint64_t task);

/* Who speaks now; NULL: the outside. */
struct actor *coil__await_current(struct view *view);

/* FROM answers what TO asked at the time SINCE. */
void coil__await_answer(struct view *view, struct actor *from, struct actor *to,
			uint64_t since, unsigned outcome, uint32_t error,
			const char *message);

void coil__await_add_waiter(struct node *node, uint64_t task, uint64_t since);

/* False if TASK does not wait (any more): it has its answer. */
bool coil__await_take_waiter(struct node *node, uint64_t task, struct waiter *taken);

bool coil__await_is_done(const struct view *view, uint64_t id);

void coil__await_join(struct view *view, uint64_t group, uint64_t child);

/* ID, a task or future, is done: it answers those who await it now, and the owners of
 * the groups that it is in. */
void coil__await_answer_all(struct view *view, uint64_t id, const struct coil__event *event);

/* ---- view_await_resources.c ------------------------------------------------ */

/* TASK waits in the line that NODE, of a future, stands in; and does not any more. */
void coil__await_line_begin(struct view *view, uint64_t task, struct node *node);
void coil__await_line_end(struct view *view, const struct coil__event *event,
			  struct node *node, uint64_t since);

/* The await of a value of an async generator ends: it has yielded, or has ended. */
void coil__await_generator_end(struct view *view, const struct coil__event *event,
			       uint64_t since);

void coil__await_resource_created(struct view *view, const struct coil__event *event);
void coil__await_resource_changed(struct view *view, const struct coil__event *event);

#endif
