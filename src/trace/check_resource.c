/* SPDX-License-Identifier: MIT
 *
 * The laws of what tasks share.
 */
#include <inttypes.h>

#include "check_rules.h"
#include "state_resources.h"

void coil__check_line(struct coil__check *check, const struct coil__event *event,
		      const struct coil__state_object *future)
{
	const struct coil__state_resource *resource =
		coil__state_resource(check->state, future->resource);
	uint64_t first;

	if (!resource || future->done || event->tag != TRACE_OUTCOME_RESULT)
		return;
	first = coil__state_line_first(resource, future->kind);
	if (first && first != future->id)
		coil__violated(check, COIL__LAW_LINE, event,
			       "future %" PRIu64 " of %s %" PRIu64 " is woken, but future %"
			       PRIu64 " is in front of it", future->id,
			       coil__event_tag(TRACE_RESOURCE_CREATED, resource->kind),
			       resource->id, first);
}

static void check_acquire(struct coil__check *check, const struct coil__event *event,
			  const struct coil__state_resource *lock)
{
	uint64_t task = coil__state_thread(check->state, event->thread)->task;

	if (lock->changed && lock->value)
		coil__violated(check, COIL__LAW_LOCK, event,
			       "task %" PRIu64 " takes lock %" PRIu64 ", which is not free",
			       task, lock->id);
	else if (coil__state_line_others(lock, task))
		coil__violated(check, COIL__LAW_LOCK, event,
			       "task %" PRIu64 " takes lock %" PRIu64
			       ", for which others stand in line", task, lock->id);
}

void coil__check_resource_changed(struct coil__check *check, const struct coil__event *event)
{
	const struct trace_RESOURCE_CHANGED *changed = &event->as.RESOURCE_CHANGED;
	const struct coil__state_resource *resource =
		coil__state_resource(check->state, changed->resource);

	if (!resource || check->state->partial)
		return;
	if (resource->kind == TRACE_RESOURCE_LOCK && event->tag == TRACE_ACTION_ACQUIRE)
		check_acquire(check, event, resource);
	if (resource->kind == TRACE_RESOURCE_SEMAPHORE && (int64_t)changed->value < 0)
		coil__violated(check, COIL__LAW_LOCK, event,
			       "semaphore %" PRIu64 " has %" PRId64 " tokens", resource->id,
			       (int64_t)changed->value);
}
