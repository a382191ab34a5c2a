/* SPDX-License-Identifier: MIT
 *
 * The loop view: what the event loop does, iteration by iteration.
 *
 *	== iteration 2 ==
 *	event loop -> main : step
 *	main -> event loop : create_task(say_hello_AAA)
 *	main -> event loop : await asyncio.gather
 *
 * The loop is a participant.  Whatever is scheduled is a message to it; whatever
 * it runs is a message from it, and an activation for as long as that runs.
 * Callbacks of coil's own (a sleep's timer, a gather's counting) are the loop's
 * messages to itself.
 */
#include "view_loop.h"
#include <stdlib.h>
#include <string.h>
#include "render_text.h"

static void finish(struct view *view)
{
	coil__map_free(&view->nodes);
}

/* What a handle will do when it runs; to be freed.  Of a callback of the program's,
 * SEPARATOR stands before the argument, and END behind it. */
static char *work_of(struct view *view, unsigned kind, uint64_t target, uint32_t site,
		     const char *separator, const char *end)
{
	const char *callee = coil__view_callee(view, site);
	const char *argument = coil__view_argument(view, site);

	if (kind == TRACE_SCHEDULE_STEP)
		return coil__text_format("step of %s", coil__loop_name(view, target));
	if (kind == TRACE_SCHEDULE_WAKEUP)
		return coil__text_format("wake up %s", coil__loop_name(view, target));
	if (kind == TRACE_SCHEDULE_CALLBACK) /* of a future, which it is given */
		argument = coil__loop_name(view, target);
	else if (target && kind != TRACE_SCHEDULE_IO &&
		 kind != TRACE_SCHEDULE_SIGNAL) /* a sleep's timer */
		return coil__text_format("%s", coil__loop_name(view, target));
	return coil__text_format("%s%s%s%s", callee, *argument ? separator : "", argument,
				 *argument ? end : "");
}

/* ---- the loop -------------------------------------------------------------- */

static void run_begin(struct view *view, const struct coil__event *event)
{
	const struct trace_LOOP_RUN_BEGIN *begin = &event->as.LOOP_RUN_BEGIN;
	const char *callee = coil__reader_site(view->reader, begin->site)->callee;

	coil__view_message(view, DIAGRAM_CALL, NULL, coil__loop_of(view, begin->loop), "%s",
			   *callee ? callee : "run_forever");
	coil__view_begin(view, coil__loop_of(view, begin->loop));
}

static void run_end(struct view *view, const struct coil__event *event)
{
	struct actor *loop = coil__loop_of(view, event->as.LOOP_RUN_END.loop);

	coil__view_message(view, DIAGRAM_RETURN, loop, NULL, "stopped");
	coil__view_end(view, loop);
}

static void stop(struct view *view, const struct coil__event *event)
{
	coil__view_message(view, DIAGRAM_CALL, coil__loop_current(view),
			   coil__loop_of(view, event->as.LOOP_STOP.loop), "stop");
}

static void close_loop(struct view *view, const struct coil__event *event)
{
	coil__view_message(view, DIAGRAM_CALL, NULL,
			   coil__loop_of(view, event->as.LOOP_CLOSE.loop), "close");
}

static void iteration_begin(struct view *view, const struct coil__event *event)
{
	coil__view_divider(view, coil__loop_of(view, 0), event->as.ITERATION_BEGIN.n);
}

/* ---- descriptors, other threads ---------------------------------------------- */

static const char *direction(const struct coil__event *event)
{
	return event->tag == TRACE_DIRECTION_READ ? "reader" : "writer";
}

static void fd_added(struct view *view, const struct coil__event *event)
{
	coil__view_message(view, DIAGRAM_CALL, coil__loop_current(view),
			   coil__loop_of(view, event->as.FD_ADDED.loop), "add_%s(fd %d)",
			   direction(event), event->as.FD_ADDED.fd);
}

static void fd_removed(struct view *view, const struct coil__event *event)
{
	coil__view_message(view, DIAGRAM_CALL, coil__loop_current(view),
			   coil__loop_of(view, event->as.FD_REMOVED.loop), "remove_%s(fd %d)",
			   direction(event), event->as.FD_REMOVED.fd);
}

static void fd_ready(struct view *view, const struct coil__event *event)
{
	coil__view_message(view, DIAGRAM_CALL, NULL, coil__loop_of(view, 0), "fd %d is %s",
			   event->as.FD_READY.fd, event->tag == TRACE_DIRECTION_READ
			   ? "readable" : "writable");
}

/* Of a trace that does not tell whose calls they were. */
static void wake(struct view *view, const struct coil__event *event)
{
	if (view->state->takes)
		return;
	coil__view_message(view, DIAGRAM_CALL, NULL, coil__loop_of(view, event->as.WAKE.loop),
			   "%u from other threads", event->as.WAKE.count);
}

static void signal_came(struct view *view, const struct coil__event *event)
{
	char *name = coil__view_signal_name(event->as.SIGNAL.signum);

	coil__view_message(view, DIAGRAM_CALL, coil__view_signal(view),
			   coil__loop_of(view, event->as.SIGNAL.loop), "%s", name);
	free(name);
}

/* ---- executors --------------------------------------------------------------- */

/* A job answers to the loop that waits for it, or to the thread. */
static void job_submitted(struct view *view, const struct coil__event *event)
{
	uint32_t loop = event->as.JOB_SUBMITTED.loop ? event->as.JOB_SUBMITTED.loop : event->loop;
	bool waits = loop && event->as.JOB_SUBMITTED.future;
	struct actor *caller = event->loop ? coil__loop_current(view) : coil__view_caller(view);
	struct actor *by = waits ? coil__loop_of(view, loop) : caller;
	const struct view_job *job = coil__view_job_submitted(view, event, by);

	coil__view_message(view, DIAGRAM_CALL, caller, by, waits ? "run_in_executor(%s)"
			   : "submit(%s)", job->what);
}

/* ---- handles ------------------------------------------------------------------- */

/* The first step of a task is announced by its creation. */
static bool is_first_step(struct view *view, const struct coil__event *event)
{
	const struct coil__state_object *task =
		coil__state_object(view->state, event->as.HANDLE_SCHEDULED.target);

	return event->tag == TRACE_SCHEDULE_STEP && task && !task->steps;
}

static void scheduled(struct view *view, const struct coil__event *event)
{
	const struct trace_HANDLE_SCHEDULED *handle = &event->as.HANDLE_SCHEDULED;
	char *call, *work;

	if (event->tag == TRACE_SCHEDULE_IO || event->tag == TRACE_SCHEDULE_SIGNAL ||
	    is_first_step(view, event))
		return;
	work = work_of(view, event->tag, handle->target, handle->site, ", ", "");
	call = coil__view_call(view, event, work);
	coil__view_message(view, DIAGRAM_CALL,
			   event->loop ? coil__loop_current(view) :
			   event->tag == TRACE_SCHEDULE_THREADSAFE ? coil__view_caller(view) :
			   coil__view_current(view),
			   coil__loop_of(view, handle->loop), "%s", call);
	free(work);
	free(call);
}

static char *work_of_handle(struct view *view, const struct coil__state_handle *handle)
{
	return work_of(view, handle->kind, handle->target, handle->site, "(", ")");
}

static void handle_cancelled(struct view *view, const struct coil__event *event)
{
	const struct coil__state_handle *handle =
		coil__state_handle(view->state, event->as.HANDLE_CANCELLED.handle);
	char *work;

	if (!handle)
		return;
	work = work_of_handle(view, handle);
	coil__view_message(view, DIAGRAM_ERROR, coil__loop_current(view), coil__loop_of(view, handle->loop),
			   "cancel %s", work);
	free(work);
}

static void timer_due(struct view *view, const struct coil__event *event)
{
	const struct coil__state_handle *handle =
		coil__state_handle(view->state, event->as.TIMER_DUE.handle);
	struct actor *loop = coil__loop_of(view, 0);
	char *work;

	if (!handle)
		return;
	work = work_of_handle(view, handle);
	coil__view_message(view, DIAGRAM_CALL, loop, loop, "timer due: %s", work);
	free(work);
}

static void handle_begin(struct view *view, const struct coil__event *event)
{
	const struct coil__state_handle *handle = coil__state_handle(view->state, event->ctx);
	struct actor *loop = coil__loop_of(view, 0), *callback;

	if (!handle || !coil__view_is_callback(view, handle))
		return;
	callback = coil__view_callback(view, coil__view_callee(view, handle->site));
	coil__view_message(view, DIAGRAM_CALL, loop, callback, "run(%s)",
			   coil__view_argument(view, handle->site));
	coil__view_begin(view, callback);
}

static void handle_end(struct view *view, const struct coil__event *event)
{
	struct actor *callback = coil__view_current(view);
	uint32_t error = event->as.HANDLE_RUN_END.error;

	if (!callback)
		return;
	if (error)
		coil__view_message(view, DIAGRAM_ERROR, callback, coil__loop_of(view, 0),
				   "raise %s", coil__reader_error_name(view->reader, error));
	else
		coil__view_message(view, DIAGRAM_RETURN, callback, coil__loop_of(view, 0),
				   "return");
	coil__view_end(view, callback);
}

/* ---- tasks ------------------------------------------------------------------- */

static void task_created(struct view *view, const struct coil__event *event)
{
	const struct trace_TASK_CREATED *created = &event->as.TASK_CREATED;

	coil__view_message(view, DIAGRAM_CALL, coil__loop_current(view), coil__loop_of(view, created->loop),
			   "create_task(%s)", coil__loop_name(view, created->task));
}

static void step_begin(struct view *view, const struct coil__event *event)
{
	struct actor *task = coil__view_task(view, event->as.TASK_STEP_BEGIN.task);

	if (!task)
		return;
	coil__view_message(view, event->tag == TRACE_SEND_SEND ? DIAGRAM_CALL : DIAGRAM_ERROR,
			   coil__loop_of(view, 0), task, "%s",
			   event->tag == TRACE_SEND_SEND ? "step"
			   : event->tag == TRACE_SEND_THROW ? "step, with an exception"
			   : "step, with CancelledError");
	coil__view_begin(view, task);
}

/* How a step of TASK ends; to be freed. */
static char *ending(struct view *view, uint64_t task, unsigned how)
{
	const struct coil__state_object *object = coil__state_object(view->state, task);

	switch (how) {
	case TRACE_STEP_YIELDED:
		return coil__text_format("await asyncio.sleep(0)");
	case TRACE_STEP_RETURNED:
		return coil__text_format("return");
	case TRACE_STEP_RAISED:
		return coil__text_format("raise %s", object && object->error
			? coil__reader_error_name(view->reader, object->error) : "");
	case TRACE_STEP_CANCELLED:
		return coil__text_format("raise CancelledError");
	default:
		return coil__loop_awaited(view, task);
	}
}

static void end_step(struct view *view, uint64_t id, unsigned how, struct actor *to)
{
	struct actor *task = coil__view_task(view, id);
	char *what;

	if (!task)
		return;
	what = ending(view, id, how);
	coil__view_message(view, how == TRACE_STEP_RAISED || how == TRACE_STEP_CANCELLED
			   ? DIAGRAM_ERROR : DIAGRAM_RETURN, task, to, "%s", what);
	coil__view_end(view, task);
	free(what);
}

static void step_end(struct view *view, const struct coil__event *event)
{
	end_step(view, coil__state_thread(view->state, event->thread)->task, event->tag,
		 coil__loop_of(view, 0));
}

/* An eager task is stepped by whoever makes it. */
static void eager_begin(struct view *view, const struct coil__event *event)
{
	struct actor *task = coil__view_task(view, event->as.TASK_EAGER_BEGIN.task);

	if (!task)
		return;
	coil__view_message(view, DIAGRAM_CALL, coil__loop_current(view), task, "step, at once");
	coil__view_begin(view, task);
}

static void eager_end(struct view *view, const struct coil__event *event)
{
	uint64_t id = event->as.TASK_EAGER_END.task;
	const struct coil__state_object *task = coil__state_object(view->state, id);
	struct actor *outer = task && task->outer ? coil__view_task(view, task->outer) : NULL;

	end_step(view, id, event->tag, outer ? outer : coil__loop_of(view, 0));
}

static void cancel_requested(struct view *view, const struct coil__event *event)
{
	coil__view_message(view, DIAGRAM_ERROR, coil__loop_current(view),
			   coil__view_task(view, event->as.TASK_CANCEL_REQUESTED.task),
			   *event->text ? "cancel: %s" : "cancel%s", event->text);
}

static void await_begin(struct view *view, const struct coil__event *event)
{
	const struct trace_AWAIT_BEGIN *await = &event->as.AWAIT_BEGIN;
	struct actor *task = coil__view_task(view, await->task);

	if (event->tag != TRACE_AWAIT_COROUTINE ||
	    coil__view_is_generator(view, await->coroutine) || !coil__view_descend(view, await->task, 0))
		return;
	coil__view_message(view, DIAGRAM_CALL, task, task, "await %s(%s)",
			   coil__view_callee(view, await->coroutine),
			   coil__view_argument(view, await->coroutine));
}

static void await_end(struct view *view, const struct coil__event *event)
{
	const struct trace_AWAIT_END *end = &event->as.AWAIT_END;
	const struct coil__state_object *object = coil__state_object(view->state, end->task);
	struct actor *task = coil__view_task(view, end->task);
	const struct coil__state_await *await;

	if (!object || !object->await_count)
		return;
	await = &object->awaits[object->await_count - 1];
	if (await->kind != TRACE_AWAIT_COROUTINE || !coil__view_descend(view, end->task, 1))
		return;
	if (end->error)
		coil__view_message(view, DIAGRAM_ERROR, task, task, "raise %s",
				   coil__reader_error_name(view->reader, end->error));
	else if (!coil__view_is_generator(view, await->coroutine)) /* which says "yield" */
		coil__view_message(view, DIAGRAM_RETURN, task, task, "return");
}

/* ---- remarks -------------------------------------------------------------------- */

static void exception_reported(struct view *view, const struct coil__event *event)
{
	char *what = coil__view_report(view, event);

	coil__view_note(view, DIAGRAM_ERROR, coil__loop_current(view), "%s", what);
	free(what);
}

static void mark(struct view *view, const struct coil__event *event)
{
	coil__view_note(view, DIAGRAM_CALL, coil__loop_current(view), "%s", event->text);
}

static void counter(struct view *view, const struct coil__event *event)
{
	const struct trace_COUNTER *counter = &event->as.COUNTER;

	coil__view_note(view, DIAGRAM_CALL, coil__loop_current(view), "%s = %g",
			coil__reader_string(view->reader, counter->name), counter->value);
}

const struct view_kind coil__view_loop = {
	.on = {
		[TRACE_LOOP_RUN_BEGIN] = run_begin,
		[TRACE_LOOP_RUN_END] = run_end,
		[TRACE_LOOP_STOP] = stop,
		[TRACE_LOOP_CLOSE] = close_loop,
		[TRACE_ITERATION_BEGIN] = iteration_begin,
		[TRACE_FD_ADDED] = fd_added,
		[TRACE_FD_REMOVED] = fd_removed,
		[TRACE_FD_READY] = fd_ready,
		[TRACE_WAKE] = wake,
		[TRACE_SIGNAL] = signal_came,
		[TRACE_JOB_SUBMITTED] = job_submitted,
		[TRACE_JOB_BEGIN] = coil__view_job_begin,
		[TRACE_JOB_END] = coil__view_job_end,
		[TRACE_JOB_CANCELLED] = coil__view_job_cancelled,
		[TRACE_HANDLE_SCHEDULED] = scheduled,
		[TRACE_HANDLE_CANCELLED] = handle_cancelled,
		[TRACE_TIMER_DUE] = timer_due,
		[TRACE_HANDLE_RUN_BEGIN] = handle_begin,
		[TRACE_HANDLE_RUN_END] = handle_end,
		[TRACE_TASK_CREATED] = task_created,
		[TRACE_TASK_STEP_BEGIN] = step_begin,
		[TRACE_TASK_STEP_END] = step_end,
		[TRACE_TASK_EAGER_BEGIN] = eager_begin,
		[TRACE_TASK_EAGER_END] = eager_end,
		[TRACE_TASK_CANCEL_REQUESTED] = cancel_requested,
		[TRACE_AWAIT_BEGIN] = await_begin,
		[TRACE_AWAIT_END] = await_end,
		[TRACE_FUTURE_CREATED] = coil__loop_future_created,
		[TRACE_FUTURE_DONE] = coil__loop_future_done,
		[TRACE_GATHER_COUNTED] = coil__loop_gather_counted,
		[TRACE_RESOURCE_CREATED] = coil__loop_resource_created,
		[TRACE_RESOURCE_CHANGED] = coil__loop_resource_changed,
		[TRACE_EXCEPTION_REPORTED] = exception_reported,
		[TRACE_MARK] = mark,
		[TRACE_COUNTER] = counter,
	},
	.finish = finish,
};
