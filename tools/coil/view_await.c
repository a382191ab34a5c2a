/* SPDX-License-Identifier: MIT
 *
 * The await view: tasks, what they wait for, and when they get it.
 *
 *	main -> say_hello_AAA
 *	say_hello_AAA -> asyncio.sleep : sleep
 *	asyncio.sleep -> say_hello_AAA : total(1.000)
 *	say_hello_AAA -> main : total(1.000)
 *
 * The rules:
 *	- whoever makes a task sends it a message, which is also the request for
 *	  its result, so awaiting it later adds none; awaiting another's task does;
 *	- a gather is not drawn: its members answer to the task that awaits it, or
 *	  that made it;
 *	- an answer says how long it took since the request, and is drawn when its
 *	  sender is done, if somebody waits for it then;
 *	- callbacks are drawn where they cause something: make a task, complete a
 *	  future, cancel.  In a trace without tasks there are only callbacks, and
 *	  all are drawn.
 */
#include "view_base.h"
#include <stdlib.h>
#include <string.h>
#include "render_text.h"
#include "trace/reader_memory.h"

/* Somebody who waits for the result of a task or future. */
struct waiter {
	uint64_t task;
	uint64_t since;         /* time of the request               */
};

/* What this view knows of a task or future. */
struct node {
	uint64_t creator;       /* task, or 0                        */
	uint64_t created;       /* time                              */
	uint64_t awaiter;       /* of a gather: task, or 0           */
	struct waiter *waiters; /* who await it                      */
	size_t waiter_count, waiter_room;
	uint64_t *gathers;      /* that it is a member of            */
	size_t gather_count, gather_room;
};

static struct node *node_of(struct view *view, uint64_t id)
{
	struct node *node = coil__map_get(&view->nodes, id);

	if (!node) {
		node = coil__take(1, sizeof *node);
		node->created = view->time;
		coil__map_put(&view->nodes, id, node);
	}
	return node;
}

static void finish(struct view *view)
{
	struct coil__map_entry *entry = NULL;

	while ((entry = coil__map_next(&view->nodes, entry))) {
		struct node *node = entry->value;

		free(node->waiters);
		free(node->gathers);
	}
	coil__map_free(&view->nodes);
}

static struct actor *actor_of(struct view *view, uint64_t id)
{
	return coil__names_task(view->names, id) ? coil__view_task(view, id)
						 : coil__view_future(view, id);
}

/* ---- answers ------------------------------------------------------------- */

static enum diagram_style style_of(unsigned outcome)
{
	return outcome == TRACE_OUTCOME_RESULT ? DIAGRAM_RETURN : DIAGRAM_ERROR;
}

/* FROM answers what TO asked at the time SINCE. */
static void answer(struct view *view, struct actor *from, struct actor *to,
		   uint64_t since, unsigned outcome, uint32_t error, const char *message)
{
	double elapsed = (double)(view->time - since) / 1e9;
	char *what;

	if (outcome == TRACE_OUTCOME_RESULT) {
		coil__view_message(view, DIAGRAM_RETURN, from, to, "total(%.3f)", elapsed);
		return;
	}
	what = coil__view_error(view, error, message);
	coil__view_message(view, style_of(outcome), from, to, "%s, total(%.3f)", what,
			   elapsed);
	free(what);
}

/* When TASK asked for the result of NODE: when it made it, or else just now. */
static uint64_t asked(const struct view *view, const struct node *node, uint64_t task)
{
	return node->creator == task ? node->created : view->time;
}

static void add_waiter(struct node *node, uint64_t task, uint64_t since)
{
	node->waiters = coil__grow(node->waiters, &node->waiter_room,
				   node->waiter_count + 1, sizeof *node->waiters);
	node->waiters[node->waiter_count++] = (struct waiter){ task, since };
}

static bool is_waiter(const struct node *node, uint64_t task)
{
	for (size_t i = 0; i < node->waiter_count; i++)
		if (node->waiters[i].task == task)
			return true;
	return false;
}

/* False if TASK does not wait (any more): it has its answer. */
static bool take_waiter(struct node *node, uint64_t task, struct waiter *taken)
{
	for (size_t i = 0; i < node->waiter_count; i++) {
		if (node->waiters[i].task != task)
			continue;
		*taken = node->waiters[i];
		node->waiters[i] = node->waiters[--node->waiter_count];
		return true;
	}
	return false;
}

static bool is_done(const struct view *view, uint64_t id)
{
	const struct coil__state_object *object = coil__state_object(view->state, id);

	return !object || object->done;
}

/* The task that a gather is for: through gathers of gathers, if need be. */
static uint64_t owner_of(struct view *view, uint64_t gather, unsigned depth)
{
	struct node *node = node_of(view, gather);

	if (is_done(view, gather))
		return 0;
	if (node->awaiter)
		return node->awaiter;
	if (node->gather_count && depth < 100)
		return owner_of(view, node->gathers[0], depth + 1);
	return node->creator;
}

/* Those who await ID now, and the owners of the gathers that it is in. */
static void answer_all(struct view *view, uint64_t id, const struct coil__event *event)
{
	const struct trace_FUTURE_DONE *done = &event->as.FUTURE_DONE;
	struct node *node = node_of(view, id);

	for (size_t i = 0; i < node->gather_count; i++) {
		uint64_t owner = owner_of(view, node->gathers[i], 0);

		if (owner && owner != id && !is_waiter(node, owner))
			add_waiter(node, owner, node->created);
	}
	for (size_t i = 0; i < node->waiter_count; i++)
		answer(view, actor_of(view, id), coil__view_task(view, node->waiters[i].task),
		       node->waiters[i].since, event->tag, done->error, event->text);
	node->waiter_count = 0;
}

/* ---- tasks ---------------------------------------------------------------- */

static void task_created(struct view *view, const struct coil__event *event)
{
	const struct trace_TASK_CREATED *created = &event->as.TASK_CREATED;
	struct node *node = node_of(view, created->task);
	struct actor *task = coil__view_task(view, created->task);
	struct actor *creator = created->parent ? coil__view_task(view, created->parent)
						: coil__view_current(view);

	node->creator = created->parent;
	node->created = view->time;
	if (creator)
		coil__view_message(view, DIAGRAM_CALL, creator, task, "%s", "");
	else
		coil__view_show(view, task);
}

static void step_begin(struct view *view, const struct coil__event *event)
{
	struct actor *task = coil__view_task(view, event->as.TASK_STEP_BEGIN.task);

	if (task && !task->depth)
		coil__view_begin(view, task);
}

static void cancel_requested(struct view *view, const struct coil__event *event)
{
	const struct trace_TASK_CANCEL_REQUESTED *cancel = &event->as.TASK_CANCEL_REQUESTED;
	struct actor *by = cancel->by ? coil__view_task(view, cancel->by)
				      : coil__view_current(view);

	coil__view_message(view, DIAGRAM_ERROR, by, coil__view_task(view, cancel->task),
			   *event->text ? "cancel: %s" : "cancel%s", event->text);
}

/* ---- futures --------------------------------------------------------------- */

static void future_created(struct view *view, const struct coil__event *event)
{
	struct coil__state_thread *thread = coil__state_thread(view->state, event->thread);
	struct node *node;

	if (event->tag == TRACE_FUTURE_SLEEP)
		return;
	node = node_of(view, event->as.FUTURE_CREATED.future);
	node->creator = thread->task;
	node->created = view->time;
}

static void gather_member(struct view *view, const struct coil__event *event)
{
	struct node *child = node_of(view, event->as.GATHER_MEMBER.child);

	child->gathers = coil__grow(child->gathers, &child->gather_room,
				    child->gather_count + 1, sizeof *child->gathers);
	child->gathers[child->gather_count++] = event->as.GATHER_MEMBER.gather;
}

static const char *how_done(unsigned outcome)
{
	return outcome == TRACE_OUTCOME_RESULT ? "set_result"
	     : outcome == TRACE_OUTCOME_EXCEPTION ? "set_exception" : "cancel";
}

static void future_done(struct view *view, const struct coil__event *event)
{
	uint64_t id = event->as.FUTURE_DONE.future;
	const struct coil__state_object *object = coil__state_object(view->state, id);
	bool is_task = coil__names_task(view->names, id) != NULL;

	if (!is_task && object && object->kind != TRACE_FUTURE_PLAIN)
		return; /* sleeps answer when they are awaited, gathers not at all */
	if (!is_task)
		coil__view_message(view, event->tag == TRACE_OUTCOME_RESULT ? DIAGRAM_CALL
				   : DIAGRAM_ERROR, coil__view_current(view),
				   coil__view_future(view, id), "%s", how_done(event->tag));
	answer_all(view, id, event);
	if (is_task)
		while (coil__view_task(view, id)->depth)
			coil__view_end(view, coil__view_task(view, id));
}

static void exception_reported(struct view *view, const struct coil__event *event)
{
	const struct trace_EXCEPTION_REPORTED *reported = &event->as.EXCEPTION_REPORTED;
	bool is_task = coil__names_task(view->names, reported->future) != NULL;
	char *what = coil__view_error(view, reported->error, "");

	coil__view_note(view, DIAGRAM_ERROR,
			is_task ? coil__view_task(view, reported->future)
				: coil__view_current(view),
			"%s%s%s", event->text, *event->text ? ": " : "", what);
	free(what);
}

/* ---- awaits ----------------------------------------------------------------- */

static void await_coroutine(struct view *view, const struct coil__event *event)
{
	const struct trace_AWAIT_BEGIN *await = &event->as.AWAIT_BEGIN;
	struct actor *task = coil__view_task(view, await->task);

	if (!coil__view_descend(view, await->task, 0))
		return;
	coil__view_message(view, DIAGRAM_CALL, task, task, "%s(%s)",
			   coil__view_callee(view, await->coroutine),
			   coil__view_argument(view, await->coroutine));
	coil__view_begin(view, task);
}

static void await_future(struct view *view, uint64_t task, uint64_t target)
{
	struct node *node = node_of(view, target);
	bool made_it = coil__names_task(view->names, target) && node->creator == task;

	if (!made_it && task != target)
		coil__view_message(view, DIAGRAM_CALL, coil__view_task(view, task),
				   actor_of(view, target), "await");
	add_waiter(node, task, made_it ? asked(view, node, task) : view->time);
}

static void await_begin(struct view *view, const struct coil__event *event)
{
	const struct trace_AWAIT_BEGIN *await = &event->as.AWAIT_BEGIN;

	switch (event->tag) {
	case TRACE_AWAIT_COROUTINE:
		await_coroutine(view, event);
		break;
	case TRACE_AWAIT_SLEEP:
		coil__view_message(view, DIAGRAM_CALL, coil__view_task(view, await->task),
				   coil__view_sleep(view), "sleep");
		break;
	case TRACE_AWAIT_GATHER:
		node_of(view, await->target)->awaiter = await->task;
		break;
	default:
		await_future(view, await->task, await->target);
		break;
	}
}

static void end_coroutine(struct view *view, const struct coil__event *event,
			  const struct coil__state_object *object)
{
	struct actor *task = coil__view_task(view, object->id);
	const struct trace_AWAIT_END *end = &event->as.AWAIT_END;

	if (!coil__view_descend(view, object->id, 1))
		return;
	answer(view, task, task, object->awaits[object->await_count - 1].begun, event->tag,
	       end->error, "");
	coil__view_end(view, task);
}

/* Who awaited what was done already has had no answer yet. */
static void end_future(struct view *view, const struct coil__event *event,
		       uint64_t target)
{
	const struct trace_AWAIT_END *end = &event->as.AWAIT_END;
	struct waiter waiter;

	if (take_waiter(node_of(view, target), end->task, &waiter) && is_done(view, target))
		answer(view, actor_of(view, target), coil__view_task(view, end->task),
		       waiter.since, event->tag, end->error, "");
}

static void await_end(struct view *view, const struct coil__event *event)
{
	const struct trace_AWAIT_END *end = &event->as.AWAIT_END;
	const struct coil__state_object *task = coil__state_object(view->state, end->task);
	const struct coil__state_await *await;

	if (!task || !task->await_count)
		return;
	await = &task->awaits[task->await_count - 1];
	switch (await->kind) {
	case TRACE_AWAIT_COROUTINE:
		end_coroutine(view, event, task);
		break;
	case TRACE_AWAIT_SLEEP:
		answer(view, coil__view_sleep(view), coil__view_task(view, end->task),
		       await->begun, event->tag, end->error, "");
		break;
	case TRACE_AWAIT_GATHER:
		break;
	default:
		end_future(view, event, await->target);
		break;
	}
}

/* ---- callbacks, in a trace that has no tasks -------------------------------- */

static void handle_scheduled(struct view *view, const struct coil__event *event)
{
	const struct trace_HANDLE_SCHEDULED *scheduled = &event->as.HANDLE_SCHEDULED;
	char *call;

	if (view->task_count || scheduled->target)
		return;
	call = coil__view_call(view, event, coil__view_argument(view, scheduled->site));
	coil__view_message(view, DIAGRAM_CALL, coil__view_current(view),
			   coil__view_callback(view, coil__view_callee(view, scheduled->site)),
			   "%s", call);
	free(call);
}

static void handle_run_begin(struct view *view, const struct coil__event *event)
{
	const struct coil__state_handle *handle = coil__state_handle(view->state, event->ctx);
	struct actor *callback;
	const char *argument;

	if (view->task_count || !handle || !coil__view_is_callback(view, handle))
		return;
	callback = coil__view_callback(view, coil__view_callee(view, handle->site));
	argument = coil__view_argument(view, handle->site);
	coil__view_message(view, DIAGRAM_CALL, coil__view_loop_actor(view, event->loop),
			   callback, "%s%stotal(%.3f)", argument, *argument ? ", " : "",
			   (double)(view->time - handle->scheduled) / 1e9);
	coil__view_begin(view, callback);
}

static void handle_run_end(struct view *view, const struct coil__event *event)
{
	struct actor *callback = coil__view_current(view);

	if (view->task_count || !callback)
		return;
	if (event->as.HANDLE_RUN_END.error)
		coil__view_message(view, DIAGRAM_ERROR, callback,
				   coil__view_loop_actor(view, event->loop), "%s",
				   coil__reader_error_name(view->reader,
							   event->as.HANDLE_RUN_END.error));
	coil__view_end(view, callback);
}

static void handle_cancelled(struct view *view, const struct coil__event *event)
{
	const struct coil__state_handle *handle =
		coil__state_handle(view->state, event->as.HANDLE_CANCELLED.handle);

	if (view->task_count || !handle || !coil__view_is_callback(view, handle))
		return;
	coil__view_message(view, DIAGRAM_ERROR, coil__view_current(view),
			   coil__view_callback(view, coil__view_callee(view, handle->site)),
			   "cancel(%s)", coil__view_argument(view, handle->site));
}

static void loop_stop(struct view *view, const struct coil__event *event)
{
	if (!view->task_count)
		coil__view_message(view, DIAGRAM_CALL, coil__view_current(view),
				   coil__view_loop_actor(view, event->as.LOOP_STOP.loop),
				   "stop");
}

static void mark(struct view *view, const struct coil__event *event)
{
	coil__view_note(view, DIAGRAM_CALL, coil__view_current(view), "%s", event->text);
}

const struct view_kind coil__view_await = {
	.on = {
		[TRACE_POLL_BEGIN] = coil__view_poll_begin,
		[TRACE_POLL_END] = coil__view_poll_end,
		[TRACE_TASK_CREATED] = task_created,
		[TRACE_TASK_STEP_BEGIN] = step_begin,
		[TRACE_TASK_CANCEL_REQUESTED] = cancel_requested,
		[TRACE_AWAIT_BEGIN] = await_begin,
		[TRACE_AWAIT_END] = await_end,
		[TRACE_FUTURE_CREATED] = future_created,
		[TRACE_FUTURE_DONE] = future_done,
		[TRACE_GATHER_MEMBER] = gather_member,
		[TRACE_EXCEPTION_REPORTED] = exception_reported,
		[TRACE_HANDLE_SCHEDULED] = handle_scheduled,
		[TRACE_HANDLE_RUN_BEGIN] = handle_run_begin,
		[TRACE_HANDLE_RUN_END] = handle_run_end,
		[TRACE_HANDLE_CANCELLED] = handle_cancelled,
		[TRACE_LOOP_STOP] = loop_stop,
		[TRACE_MARK] = mark,
	},
	.finish = finish,
};
