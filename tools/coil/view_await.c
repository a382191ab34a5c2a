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
 *	- a gather is not drawn, nor is what is like one (view_await.h): its members
 *	  answer to the task that awaits it, or that made it;
 *	- what tasks share (a lock, a queue) is drawn, and not the futures in its line;
 *	- an answer says how long it took since the request, and is drawn when its
 *	  sender is done, if somebody waits for it then;
 *	- callbacks are drawn where they cause something: make a task, complete a
 *	  future, cancel.  In a trace without tasks there are only callbacks, and
 *	  all are drawn;
 *	- tasks of coil's own, which wait for threads when a run ends, are not drawn.
 */
#include "view_await.h"
#include <stdlib.h>
#include <string.h>
#include "render_text.h"

/* ---- tasks ---------------------------------------------------------------- */

/* The other thread on whose behalf the loop makes a task (run_coroutine_threadsafe): it
 * has scheduled the callback of coil's own that runs.  NULL: there is none. */
static struct actor *made_for(struct view *view)
{
	const struct coil__state_thread *thread =
		coil__state_thread(view->state, view->event.thread);
	const struct coil__state_handle *handle =
		thread->handle ? coil__state_handle(view->state, thread->handle) : NULL;

	if (!handle || handle->kind != TRACE_SCHEDULE_THREADSAFE)
		return NULL;
	return coil__view_thread(view, handle->thread);
}

/* Was it made inside of coil, for itself? */
static bool is_own(const struct view *view, uint32_t coroutine)
{
	const struct coil__reader_site *site = coil__reader_site(view->reader, coroutine);

	return strncmp(site->function, "coil__", strlen("coil__")) == 0;
}

static void task_created(struct view *view, const struct coil__event *event)
{
	const struct trace_TASK_CREATED *created = &event->as.TASK_CREATED;
	struct node *node = coil__await_node(view, created->task);
	struct actor *task = coil__view_task(view, created->task);
	struct actor *creator = created->parent ? coil__await_speaker(view, created->parent)
						: coil__await_current(view);

	node->creator = created->parent;
	node->created = view->time;
	if (task)
		task->own = is_own(view, created->coroutine);
	if (!creator)
		creator = node->thread = made_for(view);
	if (creator)
		coil__view_message(view, DIAGRAM_CALL, creator, task, "%s", "");
	else
		coil__view_show(view, task);
}

static void begin(struct view *view, struct actor *task)
{
	if (task && !task->depth)
		coil__view_begin(view, task);
}

static void step_begin(struct view *view, const struct coil__event *event)
{
	begin(view, coil__view_task(view, event->as.TASK_STEP_BEGIN.task));
}

static void eager_begin(struct view *view, const struct coil__event *event)
{
	begin(view, coil__view_task(view, event->as.TASK_EAGER_BEGIN.task));
}

static void cancel_requested(struct view *view, const struct coil__event *event)
{
	const struct trace_TASK_CANCEL_REQUESTED *cancel = &event->as.TASK_CANCEL_REQUESTED;
	struct actor *by = cancel->by ? coil__await_speaker(view, cancel->by)
				      : coil__await_current(view);

	if (!by)
		by = coil__view_behind(view);

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
	node = coil__await_node(view, event->as.FUTURE_CREATED.future);
	node->creator = thread->task;
	node->created = view->time;
	node->kind = event->tag;
	node->resource = event->as.FUTURE_CREATED.resource;
	if (event->tag == TRACE_FUTURE_CONDITION && thread->task)
		coil__await_node(view, thread->task)->joins = true;
}

static void gather_member(struct view *view, const struct coil__event *event)
{
	coil__await_join(view, event->as.GATHER_MEMBER.gather, event->as.GATHER_MEMBER.child);
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
		return; /* sleeps and lines answer when they are awaited, groups not at all */
	if (!is_task)
		coil__view_message(view, event->tag == TRACE_OUTCOME_RESULT ? DIAGRAM_CALL
				   : DIAGRAM_ERROR, coil__await_current(view),
				   coil__view_future(view, id), "%s", how_done(event->tag));
	coil__await_answer_all(view, id, event);
	if (is_task)
		while (coil__view_task(view, id)->depth)
			coil__view_end(view, coil__view_task(view, id));
}

static void exception_reported(struct view *view, const struct coil__event *event)
{
	const struct trace_EXCEPTION_REPORTED *reported = &event->as.EXCEPTION_REPORTED;
	bool is_task = coil__names_task(view->names, reported->future) != NULL;
	char *what = coil__view_report(view, event);

	coil__view_note(view, DIAGRAM_ERROR,
			is_task ? coil__view_task(view, reported->future)
				: coil__await_current(view), "%s", what);
	free(what);
}

/* ---- awaits ----------------------------------------------------------------- */

static void await_coroutine(struct view *view, const struct coil__event *event)
{
	const struct trace_AWAIT_BEGIN *await = &event->as.AWAIT_BEGIN;
	struct actor *task = coil__await_speaker(view, await->task);

	if (coil__view_is_generator(view, await->coroutine) ||
	    !coil__view_descend(view, await->task, 0))
		return;
	coil__view_message(view, DIAGRAM_CALL, task, task, "%s(%s)",
			   coil__view_callee(view, await->coroutine),
			   coil__view_argument(view, await->coroutine));
	coil__view_begin(view, task);
}

/* When TASK asked for the result of NODE: when it made it, or else just now. */
static uint64_t asked(const struct view *view, const struct node *node, uint64_t task)
{
	return node->creator == task ? node->created : view->time;
}

static void await_future(struct view *view, uint64_t task, uint64_t target)
{
	struct node *node = coil__await_node(view, target);
	bool made_it = coil__names_task(view->names, target) && node->creator == task;
	struct actor *speaker = coil__await_speaker(view, task);

	if (node->resource) {
		coil__await_line_begin(view, task, node);
		return;
	}
	if (node->kind != TRACE_FUTURE_PLAIN) {
		node->awaiter = task;
		return;
	}
	if (speaker && speaker->own)
		coil__await_actor(view, target)->own = true;
	if (!made_it && task != target)
		coil__view_message(view, DIAGRAM_CALL, speaker,
				   coil__await_actor(view, target), "await");
	coil__await_add_waiter(node, task, made_it ? asked(view, node, task) : view->time);
}

static void await_begin(struct view *view, const struct coil__event *event)
{
	const struct trace_AWAIT_BEGIN *await = &event->as.AWAIT_BEGIN;

	switch (event->tag) {
	case TRACE_AWAIT_COROUTINE:
		await_coroutine(view, event);
		break;
	case TRACE_AWAIT_SLEEP:
		coil__view_message(view, DIAGRAM_CALL,
				   coil__await_speaker(view, await->task),
				   coil__view_sleep(view), "sleep");
		break;
	case TRACE_AWAIT_GATHER:
		coil__await_node(view, await->target)->awaiter = await->task;
		break;
	default:
		await_future(view, await->task, await->target);
		break;
	}
}

static void end_coroutine(struct view *view, const struct coil__event *event,
			  const struct coil__state_object *object)
{
	struct actor *task = coil__await_speaker(view, object->id);
	const struct trace_AWAIT_END *end = &event->as.AWAIT_END;
	const struct coil__state_await *await = &object->awaits[object->await_count - 1];

	if (coil__view_is_generator(view, await->coroutine)) {
		coil__await_generator_end(view, event, await->begun);
		return;
	}
	if (!coil__view_descend(view, object->id, 1))
		return;
	coil__await_answer(view, task, task, await->begun, event->tag, end->error, "");
	coil__view_end(view, task);
}

/* A wait may end before all that it waits for. */
static void end_wait(struct view *view, uint64_t task, const struct node *node)
{
	struct actor *speaker = coil__await_speaker(view, task);

	if (node->members_done < node->member_count)
		coil__view_message(view, DIAGRAM_RETURN, speaker, speaker,
				   "wait: %zu of %zu done", node->members_done,
				   node->member_count);
}

/* Who awaited what was done already has had no answer yet. */
static void end_future(struct view *view, const struct coil__event *event,
		       const struct coil__state_await *await)
{
	const struct trace_AWAIT_END *end = &event->as.AWAIT_END;
	struct node *node = coil__await_node(view, await->target);
	struct waiter waiter;

	if (node->resource)
		coil__await_line_end(view, event, node, await->begun);
	else if (node->kind == TRACE_FUTURE_WAIT && event->tag == TRACE_OUTCOME_RESULT)
		end_wait(view, end->task, node);
	else if (coil__await_take_waiter(node, end->task, &waiter) &&
		 coil__await_is_done(view, await->target))
		coil__await_answer(view, coil__await_actor(view, await->target),
				   coil__await_speaker(view, end->task), waiter.since,
				   event->tag, end->error, "");
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
		coil__await_answer(view, coil__view_sleep(view),
				   coil__await_speaker(view, end->task), await->begun,
				   event->tag, end->error, "");
		break;
	case TRACE_AWAIT_GATHER:
		break;
	default:
		end_future(view, event, await);
		break;
	}
}

/* ---- callbacks, in a trace that has no tasks -------------------------------- */

/* A callback of the program's that another thread gives to the loop. */
static bool is_foreign(struct view *view, const struct coil__event *event)
{
	return event->tag == TRACE_SCHEDULE_THREADSAFE &&
	       !strchr(coil__view_callee(view, event->as.HANDLE_SCHEDULED.site), '.');
}

static void handle_scheduled(struct view *view, const struct coil__event *event)
{
	const struct trace_HANDLE_SCHEDULED *scheduled = &event->as.HANDLE_SCHEDULED;
	char *call;

	if (event->tag == TRACE_SCHEDULE_SIGNAL || scheduled->target ||
	    (view->task_count && !is_foreign(view, event)))
		return;
	call = coil__view_call(view, event, coil__view_argument(view, scheduled->site));
	coil__view_message(view, DIAGRAM_CALL, event->tag == TRACE_SCHEDULE_THREADSAFE
			   ? coil__view_caller(view) : coil__await_current(view),
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
	struct actor *callback = coil__await_current(view);

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
	coil__view_message(view, DIAGRAM_ERROR, coil__await_current(view),
			   coil__view_callback(view, coil__view_callee(view, handle->site)),
			   "cancel(%s)", coil__view_argument(view, handle->site));
}

static void loop_stop(struct view *view, const struct coil__event *event)
{
	if (!view->task_count)
		coil__view_message(view, DIAGRAM_CALL, coil__await_current(view),
				   coil__view_loop_actor(view, event->as.LOOP_STOP.loop),
				   "stop");
}

/* ---- from outside of the loop ------------------------------------------------- */

static void signal_came(struct view *view, const struct coil__event *event)
{
	const struct coil__state_handle *handle =
		coil__state_handle(view->state, event->as.SIGNAL.handle);
	char *name = coil__view_signal_name(event->as.SIGNAL.signum);

	coil__view_message(view, DIAGRAM_CALL, coil__view_signal(view), handle
			   ? coil__view_callback(view, coil__view_callee(view, handle->site))
			   : coil__view_loop_actor(view, event->as.SIGNAL.loop), "%s", name);
	free(name);
}

static void job_submitted(struct view *view, const struct coil__event *event)
{
	uint64_t task = coil__state_thread(view->state, event->thread)->task;

	coil__view_job_submitted(view, event, task ? coil__await_speaker(view, task)
						   : coil__view_caller(view));
}

static void mark(struct view *view, const struct coil__event *event)
{
	coil__view_note(view, DIAGRAM_CALL, coil__await_current(view), "%s", event->text);
}

const struct view_kind coil__view_await = {
	.on = {
		[TRACE_TASK_CREATED] = task_created,
		[TRACE_TASK_STEP_BEGIN] = step_begin,
		[TRACE_TASK_EAGER_BEGIN] = eager_begin,
		[TRACE_TASK_CANCEL_REQUESTED] = cancel_requested,
		[TRACE_AWAIT_BEGIN] = await_begin,
		[TRACE_AWAIT_END] = await_end,
		[TRACE_FUTURE_CREATED] = future_created,
		[TRACE_FUTURE_DONE] = future_done,
		[TRACE_GATHER_MEMBER] = gather_member,
		[TRACE_RESOURCE_CREATED] = coil__await_resource_created,
		[TRACE_RESOURCE_CHANGED] = coil__await_resource_changed,
		[TRACE_EXCEPTION_REPORTED] = exception_reported,
		[TRACE_HANDLE_SCHEDULED] = handle_scheduled,
		[TRACE_HANDLE_RUN_BEGIN] = handle_run_begin,
		[TRACE_HANDLE_RUN_END] = handle_run_end,
		[TRACE_HANDLE_CANCELLED] = handle_cancelled,
		[TRACE_LOOP_STOP] = loop_stop,
		[TRACE_SIGNAL] = signal_came,
		[TRACE_JOB_SUBMITTED] = job_submitted,
		[TRACE_JOB_BEGIN] = coil__view_job_begin,
		[TRACE_JOB_END] = coil__view_job_end,
		[TRACE_JOB_CANCELLED] = coil__view_job_cancelled,
		[TRACE_MARK] = mark,
	},
	.finish = coil__await_finish,
};
