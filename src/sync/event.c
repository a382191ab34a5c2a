/* SPDX-License-Identifier: MIT
 *
 * Events.  See event.h and <coil/sync.h>.
 */
#include "sync/event.h"
#include "task/misuse.h"

/* ---- the flag -------------------------------------------------------- */

void coil__flag_set(struct flag *flag)
{
	if (flag->set)
		return;
	flag->set = true;
	for (struct waiter *w = flag->line.first; w; w = w->behind)
		if (waiter_is_pending(w))
			coil__waiter_wake(w);
}

coil_result coil__flag_wait(struct flag *flag, struct visit *visit, unsigned made_for)
{
	coil_result result;

	if (flag->set)
		return coil_ok(NULL);
	result = coil__visit_join(visit, visit->resource, &flag->line, made_for);
	if (!result.error)
		result = coil__visit_wait(visit);
	return result;
}

/* ---- the event ------------------------------------------------------- */

coil_event *coil_event_new_site(const coil_site *site)
{
	struct event *event = coil__resource_new(OBJECT_EVENT, site);

	if (!event)
		return NULL;
	event->flag = (struct flag){ .set = false };
	coil__resource_init(&event->resource, site, TRACE_FUTURE_EVENT, 0, NULL);
	return object_handle(event);
}

coil_result coil_event_wait_site(coil_event *public, const coil_site *site)
{
	struct visit visit;
	coil_result result = coil__visit_begin(&visit, public, OBJECT_EVENT,
					       "event.wait", site);
	struct event *event;

	if (unlikely(result.error))
		return result;
	event = (struct event *)visit.resource;
	result = coil__flag_wait(&event->flag, &visit, TRACE_FUTURE_EVENT);
	return visit_end(&visit, result);
}

coil_result coil_event_set(coil_event *public)
{
	struct event *event = coil__open(public, NULL, "event.set", OBJECT_EVENT);

	if (!event || !line_admits(&event->flag.line))
		return coil__not_opened();
	if (!event->flag.set)
		resource_changed(&event->resource, TRACE_ACTION_SET, 1);
	coil__flag_set(&event->flag);
	return coil_ok(NULL);
}

coil_result coil_event_clear(coil_event *public)
{
	struct event *event = coil__open(public, NULL, "event.clear", OBJECT_EVENT);

	if (!event)
		return coil__not_opened();
	if (event->flag.set)
		resource_changed(&event->resource, TRACE_ACTION_CLEAR, 0);
	event->flag.set = false;
	return coil_ok(NULL);
}

bool coil_event_is_set(const coil_event *public)
{
	const struct event *event = coil__open(public, NULL, "event.is_set", OBJECT_EVENT);

	return event && event->flag.set;
}
