/* SPDX-License-Identifier: MIT
 *
 * What tasks share, in the await view: see view_await.h.
 *
 *	worker_BBB -> lock : acquire            it has to wait ...
 *	worker_AAA -> lock : release
 *	lock -> worker_BBB : total(1.000)       ... until here
 *	main -> asyncio.timeout : timeout(1)
 *	asyncio.timeout -> main : cancel
 *	asyncio.timeout -> main : expired, total(1.000)
 *	main -> ticker : anext
 *	ticker -> main : yield, total(0.000)
 *
 * What does not have to wait is one message.  Taking the lock, the item, that one has
 * waited for is not said again; nor what waiting on a condition does with its lock.
 */
#include "view_await.h"
#include <stdlib.h>
#include <string.h>
#include "render_text.h"
#include "trace/reader_memory.h"

/* ---- lines -------------------------------------------------------------------- */

/* The waits for members of a group are the group's. */
static bool is_drawn(const struct node *node)
{
	return node->kind != TRACE_FUTURE_AS_COMPLETED && node->kind != TRACE_FUTURE_TASK_GROUP;
}

void coil__await_line_begin(struct view *view, uint64_t task, struct node *node)
{
	struct node *waits = coil__await_node(view, task);

	waits->joins = false;
	waits->expected = 0;
	if (is_drawn(node))
		coil__view_message(view, DIAGRAM_CALL, coil__await_speaker(view, task),
				   coil__view_resource(view, node->resource), "%s",
				   coil__names_call(node->kind));
}

/* What a task does next that has waited for it. */
static uint16_t expected(unsigned kind)
{
	switch (kind) {
	case TRACE_FUTURE_LOCK:
	case TRACE_FUTURE_CONDITION:
		return TRACE_ACTION_ACQUIRE;
	case TRACE_FUTURE_QUEUE_GET:
		return TRACE_ACTION_GET;
	case TRACE_FUTURE_QUEUE_PUT:
		return TRACE_ACTION_PUT;
	default:
		return 0;
	}
}

void coil__await_line_end(struct view *view, const struct coil__event *event,
			  struct node *node, uint64_t since)
{
	const struct trace_AWAIT_END *end = &event->as.AWAIT_END;

	if (!is_drawn(node))
		return;
	coil__await_answer(view, coil__view_resource(view, node->resource),
			   coil__await_speaker(view, end->task), since, event->tag,
			   end->error, "");
	if (event->tag == TRACE_OUTCOME_RESULT || node->kind == TRACE_FUTURE_CONDITION)
		coil__await_node(view, end->task)->expected = expected(node->kind);
}

/* ---- what is done to them ------------------------------------------------------- */

/* Does somebody stand in line, who is not woken yet? */
static bool is_waited_for(const struct coil__state_resource *resource)
{
	for (size_t i = 0; resource && i < resource->line_count; i++)
		if (!resource->line[i].done)
			return true;
	return false;
}

/* Is what the task does only a part of what was drawn already? */
static bool is_said(struct view *view, const struct coil__event *event,
		    const struct coil__state_resource *resource)
{
	uint64_t id = coil__state_thread(view->state, event->thread)->task;
	struct node *task = id ? coil__await_node(view, id) : NULL;

	if (resource->kind == TRACE_RESOURCE_SEMAPHORE)
		return event->tag == TRACE_ACTION_ACQUIRE && is_waited_for(resource);
	if (task && task->joins && event->tag == TRACE_ACTION_RELEASE) {
		task->joins = false;
		return true;
	}
	if (!task || !task->expected || task->expected != event->tag)
		return false;
	task->expected = 0;
	return true;
}

/* NULL: nothing to be said. */
static const char *call_of(const struct coil__event *event,
			   const struct coil__state_resource *resource)
{
	switch (event->tag) {
	case TRACE_ACTION_SET:
		return "set";
	case TRACE_ACTION_CLEAR:
		return "clear";
	case TRACE_ACTION_ACQUIRE:
		return "acquire";
	case TRACE_ACTION_RELEASE:
		return "release";
	case TRACE_ACTION_NOTIFY:
		return "notify";
	case TRACE_ACTION_PUT:
		return "put";
	case TRACE_ACTION_GET:
		return "get";
	case TRACE_ACTION_TASK_DONE:
		return "task_done";
	case TRACE_ACTION_SHUTDOWN:
		return "shutdown";
	case TRACE_ACTION_RESET:
		return "reset";
	case TRACE_ACTION_ABORT:
		return "abort";
	case TRACE_ACTION_ARRIVE: /* all but the last wait, which says it */
		return event->as.RESOURCE_CHANGED.value == resource->first ? "wait" : NULL;
	default:
		return NULL;
	}
}

static void shared_changed(struct view *view, const struct coil__event *event,
			   const struct coil__state_resource *resource)
{
	const char *call = call_of(event, resource);

	if (call && !is_said(view, event, resource))
		coil__view_message(view, DIAGRAM_CALL, coil__await_current(view),
				   coil__view_resource(view, resource->id), "%s", call);
}

static void timeout_entered(struct view *view, const struct coil__event *event,
			    const struct coil__state_resource *resource)
{
	const struct trace_RESOURCE_CHANGED *changed = &event->as.RESOURCE_CHANGED;
	char *call = coil__view_limit(view, resource, changed->when);

	coil__view_message(view, DIAGRAM_CALL, coil__await_speaker(view, changed->other),
			   coil__view_timeout(view), "%s", call);
	coil__await_node(view, resource->id)->created = view->time;
	free(call);
}

static void timeout_left(struct view *view, const struct node *node)
{
	double elapsed = (double)(view->time - node->created) / 1e9;

	coil__view_message(view, node->over ? DIAGRAM_ERROR : DIAGRAM_RETURN,
			   coil__view_timeout(view), coil__await_current(view),
			   node->over ? "expired, total(%.3f)" : "total(%.3f)", elapsed);
}

static void timeout_rescheduled(struct view *view, double when)
{
	char *until = when != 0 ? coil__text_format("%.10g", coil__view_seconds_until(view, when))
				: coil__text_format("None");

	coil__view_message(view, DIAGRAM_CALL, coil__await_current(view),
			   coil__view_timeout(view), "reschedule(%s)", until);
	free(until);
}

/* The cancellation by one that expires is drawn where it is requested. */
static void timeout_changed(struct view *view, const struct coil__event *event,
			    const struct coil__state_resource *resource)
{
	struct node *node = coil__await_node(view, resource->id);

	if (event->tag == TRACE_ACTION_ENTER)
		timeout_entered(view, event, resource);
	else if (event->tag == TRACE_ACTION_EXPIRE)
		node->over = true;
	else if (event->tag == TRACE_ACTION_EXIT)
		timeout_left(view, node);
	else if (event->tag == TRACE_ACTION_RESCHEDULE)
		timeout_rescheduled(view, event->as.RESOURCE_CHANGED.when);
}

/* A task group, an as_completed; an as_completed has no end. */
static void group_changed(struct view *view, const struct coil__event *event)
{
	const struct trace_RESOURCE_CHANGED *changed = &event->as.RESOURCE_CHANGED;
	struct node *node = coil__await_node(view, changed->resource);

	if (event->tag == TRACE_ACTION_ADD)
		coil__await_join(view, changed->resource, changed->other);
	else if (event->tag == TRACE_ACTION_ENTER)
		node->awaiter = changed->other;
	else if (event->tag == TRACE_ACTION_EXIT)
		node->over = true;
}

/* ---- async generators ------------------------------------------------------------ */

static void ask_generator(struct view *view, uint64_t id, uint64_t task, const char *call)
{
	struct node *node = coil__await_node(view, task);
	struct actor *generator = coil__view_resource(view, id);

	coil__view_message(view, DIAGRAM_CALL, coil__await_speaker(view, task), generator,
			   "%s", call);
	coil__view_begin(view, generator);
	node->generators = coil__grow(node->generators, &node->generator_room,
				      node->generator_count + 1, sizeof *node->generators);
	node->generators[node->generator_count++] = id;
	coil__await_node(view, id)->yielded = false;
}

/* Ways for it to end that are no errors. */
static bool is_end(const char *error)
{
	return !strcmp(error, "StopAsyncIteration") || !strcmp(error, "GeneratorExit");
}

void coil__await_generator_end(struct view *view, const struct coil__event *event,
			       uint64_t since)
{
	const struct trace_AWAIT_END *end = &event->as.AWAIT_END;
	const char *error = coil__reader_error_name(view->reader, end->error);
	struct node *task = coil__await_node(view, end->task);
	double elapsed = (double)(view->time - since) / 1e9;
	struct actor *generator, *to;
	uint64_t id;

	if (!task->generator_count)
		return;
	id = task->generators[--task->generator_count];
	generator = coil__view_resource(view, id);
	to = coil__await_speaker(view, end->task);
	if (coil__await_node(view, id)->yielded || is_end(error))
		coil__view_message(view, DIAGRAM_RETURN, generator, to, "%s, total(%.3f)",
				   is_end(error) ? error : "yield", elapsed);
	else
		coil__await_answer(view, generator, to, since, event->tag, end->error, "");
	coil__view_end(view, generator);
}

static void generator_changed(struct view *view, const struct coil__event *event)
{
	uint64_t id = event->as.RESOURCE_CHANGED.resource;
	uint64_t task = coil__state_thread(view->state, event->thread)->task;

	if (event->tag == TRACE_ACTION_YIELD)
		coil__await_node(view, id)->yielded = true;
	else if (task && event->tag == TRACE_ACTION_NEXT)
		ask_generator(view, id, task, "anext");
	else if (task && event->tag == TRACE_ACTION_CLOSE)
		ask_generator(view, id, task, "aclose");
}

/* ---- events ------------------------------------------------------------------------ */

void coil__await_resource_created(struct view *view, const struct coil__event *event)
{
	const struct trace_RESOURCE_CREATED *created = &event->as.RESOURCE_CREATED;
	struct node *node = coil__await_node(view, created->resource);

	node->is_resource = true;
	node->creator = coil__state_thread(view->state, event->thread)->task;
}

void coil__await_resource_changed(struct view *view, const struct coil__event *event)
{
	const struct coil__state_resource *resource =
		coil__state_resource(view->state, event->as.RESOURCE_CHANGED.resource);

	if (!resource)
		return;
	switch (resource->kind) {
	case TRACE_RESOURCE_TIMEOUT:
		timeout_changed(view, event, resource);
		break;
	case TRACE_RESOURCE_TASK_GROUP:
	case TRACE_RESOURCE_AS_COMPLETED:
		group_changed(view, event);
		break;
	case TRACE_RESOURCE_ASYNC_GENERATOR:
		generator_changed(view, event);
		break;
	default:
		shared_changed(view, event, resource);
		break;
	}
}
