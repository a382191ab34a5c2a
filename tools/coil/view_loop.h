/* SPDX-License-Identifier: MIT
 *
 * What the files of the loop view share.
 *
 *	view_loop.c          the loop, handles, tasks
 *	view_loop_objects.c  futures, and what tasks share
 *
 * Only tasks, callbacks, loops and the program's own futures have lifelines.  Other
 * futures are called by what they are for, "queue.get of main"; what is done to a lock,
 * a queue, a timeout is a message of its doer to itself: "queue.put, 1 in it".
 * Cost: O(1) for each event.
 */
#ifndef COIL_VIEW_LOOP_H
#define COIL_VIEW_LOOP_H

#include "view_base.h"

/* NAMED: a loop, or 0: the one that the event's thread runs. */
struct actor *coil__loop_of(struct view *view, uint32_t named);

/* Who runs; the loop itself while it runs something of coil's own. */
struct actor *coil__loop_current(struct view *view);

/* "say_hello_AAA", "sleep of main", "future_1"; borrowed. */
const char *coil__loop_name(struct view *view, uint64_t id);

/* What a suspended task awaits; to be freed. */
char *coil__loop_awaited(struct view *view, uint64_t task);

void coil__loop_future_created(struct view *view, const struct coil__event *event);
void coil__loop_future_done(struct view *view, const struct coil__event *event);
void coil__loop_gather_counted(struct view *view, const struct coil__event *event);
void coil__loop_resource_created(struct view *view, const struct coil__event *event);
void coil__loop_resource_changed(struct view *view, const struct coil__event *event);

#endif
