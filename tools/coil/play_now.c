/* SPDX-License-Identifier: MIT
 *
 * The operations that do not suspend (section 5.1 of the language).  What makes
 * something is in play_make.c.
 */
#include "play_exec.h"

#define OPERATION(name)                                                        \
	struct reply coil__op_##name(struct call *call);                       \
	struct reply coil__op_##name(struct call *call)

/* ---- futures and tasks ------------------------------------------------------------------ */

OPERATION(log)
{
	return reply_nothing();
}

OPERATION(cancel)
{
	coil_future *future = object_of(call, 0);

	if (call->count == 1)
		return reply_number(coil_future_cancel_site(future, call->site, NULL));
	return reply_number(coil_future_cancel_site(future, call->site, "%s", word_of(call, 1)));
}

OPERATION(uncancel)
{
	return reply_number(coil_task_uncancel(object_of(call, 0)));
}

OPERATION(cancelling)
{
	return reply_number(coil_task_cancelling(object_of(call, 0)));
}

OPERATION(set_result)
{
	return reply_done(coil_future_set_result_site(object_of(call, 0),
		coil_ok(call->operands[1].value), call->site));
}

OPERATION(set_exception)
{
	const struct argument *tag = call->operands[1].argument;

	return reply_done(coil_future_set_exception_site(object_of(call, 0), call->site,
		error_of_tag(tag->name), "%s", tag->word));
}

OPERATION(result)
{
	return reply_result(call, coil_future_result(object_of(call, 0)));
}

OPERATION(exception)
{
	coil_result error, asked = coil_future_exception(object_of(call, 0), &error);

	if (asked.error)
		return reply_error(asked);
	return error.error ? reply_text(coil__error_text(call->run, error)) : reply_value(NULL);
}

OPERATION(state)
{
	coil_future *future = object_of(call, 0);

	if (!coil_future_done(future))
		return reply_text("pending");
	return reply_text(coil_future_cancelled(future) ? "cancelled" : "finished");
}

OPERATION(name)
{
	return reply_text(coil_task_get_name(object_of(call, 0)));
}

OPERATION(set_name)
{
	return reply_done(coil_task_set_name(object_of(call, 0), "%s", word_of(call, 1)));
}

OPERATION(current)
{
	coil_task *task = coil_current_task();

	return task ? reply_text(coil_task_get_name(task)) : reply_value(NULL);
}

OPERATION(all_tasks)
{
	return reply_text(coil__tasks_text(call->run));
}

/* ---- callbacks ---------------------------------------------------------------------------- */

/* One object for each func, so that remove_done_callback finds it. */
static struct callback *callback_of(const struct call *call, size_t i)
{
	return &call->run->callbacks[call->operands[i].argument->body->number];
}

OPERATION(add_callback)
{
	return reply_done(coil_future_add_done_callback_site(object_of(call, 0),
		coil__run_done_func, callback_of(call, 1), call->site));
}

OPERATION(remove_callback)
{
	return reply_number((int64_t)coil_future_remove_done_callback(object_of(call, 0),
		coil__run_done_func, callback_of(call, 1)));
}

/* The loop's handle is borrowed: a variable has a reference of its own. */
static struct reply put_handle(struct call *call, enum thing thing, coil_handle *handle)
{
	return reply_set(call, thing, coil_retain_site(handle, call->site));
}

OPERATION(call_soon)
{
	return put_handle(call, THING_HANDLE, coil_loop_call_soon_site(call->run->loop,
		coil__run_func, callback_of(call, 1), call->site));
}

OPERATION(call_later)
{
	return put_handle(call, THING_TIMER, coil_loop_call_later_site(call->run->loop,
		delay_of(call, 1), coil__run_func, callback_of(call, 2), call->site));
}

OPERATION(call_at)
{
	return put_handle(call, THING_TIMER, coil_loop_call_at_site(call->run->loop,
		delay_of(call, 1), coil__run_func, callback_of(call, 2), call->site));
}

OPERATION(handle_cancel)
{
	coil_handle_cancel(object_of(call, 0));
	return reply_nothing();
}

OPERATION(handle_cancelled)
{
	return reply_number(coil_handle_cancelled(object_of(call, 0)));
}

OPERATION(handle_when)
{
	return reply_number((int64_t)coil_handle_when(object_of(call, 0)));
}

OPERATION(stop)
{
	coil_loop_stop(call->run->loop);
	return reply_nothing();
}

/* ---- synchronisation ------------------------------------------------------------------------ */

OPERATION(event_set)
{
	return reply_done(coil_event_set(object_of(call, 0)));
}

OPERATION(event_clear)
{
	return reply_done(coil_event_clear(object_of(call, 0)));
}

OPERATION(event_is_set)
{
	return reply_number(coil_event_is_set(object_of(call, 0)));
}

OPERATION(release)
{
	return reply_done(coil__release(thing_of(call, 0), object_of(call, 0)));
}

OPERATION(locked)
{
	void *object = object_of(call, 0);

	if (thing_of(call, 0) == THING_LOCK)
		return reply_number(coil_lock_locked(object));
	if (thing_of(call, 0) == THING_SEMAPHORE)
		return reply_number(coil_semaphore_locked(object));
	return reply_number(coil_condition_locked(object));
}

OPERATION(notify)
{
	return reply_done(coil_condition_notify(object_of(call, 0), count_of(call, 1)));
}

OPERATION(notify_all)
{
	return reply_done(coil_condition_notify_all(object_of(call, 0)));
}

OPERATION(barrier_info)
{
	const coil_barrier *barrier = object_of(call, 0);
	struct text *text = &call->run->scratch;

	text->length = 0;
	coil__text_add(text, "%zu/%zu broken=%d", coil_barrier_n_waiting(barrier),
		       coil_barrier_parties(barrier), coil_barrier_broken(barrier));
	return reply_text(text->failed ? "" : text->bytes);
}

OPERATION(put_nowait)
{
	return reply_done(coil_queue_put_nowait(object_of(call, 0), call->operands[1].value));
}

OPERATION(get_nowait)
{
	return reply_result(call, coil_queue_get_nowait(object_of(call, 0)));
}

OPERATION(task_done)
{
	return reply_done(coil_queue_task_done(object_of(call, 0)));
}

OPERATION(qsize)
{
	return reply_number((int64_t)coil_queue_qsize(object_of(call, 0)));
}

OPERATION(shutdown)
{
	return reply_done(coil_queue_shutdown(object_of(call, 0), word_is(call, 1, "1")));
}

/* ---- timeouts, contexts ---------------------------------------------------------------------- */

OPERATION(reschedule)
{
	double when = coil_loop_time(call->run->loop) + delay_of(call, 1);

	return reply_done(coil_timeout_reschedule(object_of(call, 0), when));
}

OPERATION(expired)
{
	return reply_number(coil_timeout_expired(object_of(call, 0)));
}

OPERATION(when)
{
	double when = coil_timeout_when(object_of(call, 0));

	return when == COIL_NO_TIMEOUT ? reply_value(NULL) : reply_number((int64_t)when);
}

/* The context variable of the word that is said first; NULL: no memory. */
static coil_context_var *context_of(struct call *call)
{
	size_t name = call->operands[0].argument->name;
	coil_context_var **variable = &call->run->contexts[name];

	if (!*variable && (*variable = coil__run_take(call->run, sizeof **variable)))
		(*variable)->name = call->run->program->names[name];
	return *variable;
}

OPERATION(context_set)
{
	coil_context_var *variable = context_of(call);

	if (!variable)
		return reply_nothing();
	return reply_done(coil_context_var_set(variable, call->operands[1].value, NULL));
}

OPERATION(context_get)
{
	coil_context_var *variable = context_of(call);

	return reply_value(variable ? coil_context_var_get(variable) : NULL);
}
