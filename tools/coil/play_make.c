/* SPDX-License-Identifier: MIT
 *
 * The operations that make something and do not suspend: new objects (section 5.4 of
 * the language), and what starts tasks (5.2).
 */
#include "play_exec.h"

#define OPERATION(name)                                                        \
	struct reply coil__op_##name(struct call *call);                       \
	struct reply coil__op_##name(struct call *call)

/* ---- new ----------------------------------------------------------------------------- */

OPERATION(new_future)
{
	return reply_done(coil__run_set_future(call->run, call->operands[0].argument,
		coil_loop_create_future_site(call->run->loop, call->site)));
}

OPERATION(new_event)
{
	return reply_set(call, THING_EVENT, coil_event_new_site(call->site));
}

OPERATION(new_lock)
{
	return reply_set(call, THING_LOCK, coil_lock_new_site(call->site));
}

OPERATION(new_condition)
{
	coil_lock *lock = call->count > 1 ? object_of(call, 1) : NULL;

	return reply_set(call, THING_CONDITION, coil_condition_new_site(lock, call->site));
}

OPERATION(new_semaphore)
{
	return reply_set(call, THING_SEMAPHORE, coil_semaphore_new_site(call->operands[1].number, call->site));
}

OPERATION(new_bounded_semaphore)
{
	return reply_set(call, THING_SEMAPHORE,
		   coil_bounded_semaphore_new_site(call->operands[1].number, call->site));
}

OPERATION(new_barrier)
{
	return reply_set(call, THING_BARRIER, coil_barrier_new_site(call->operands[1].number, call->site));
}

OPERATION(new_queue)
{
	return reply_set(call, THING_QUEUE, coil_queue_new_site(count_of(call, 1), call->site));
}

OPERATION(new_priority_queue)
{
	return reply_set(call, THING_QUEUE,
		   coil_priority_queue_new_site(count_of(call, 1), coil__compare_values, call->site));
}

OPERATION(new_lifo_queue)
{
	return reply_set(call, THING_QUEUE, coil_lifo_queue_new_site(count_of(call, 1), call->site));
}

/* ---- what starts something ------------------------------------------------------------- */

/* A task of a coroutine of the operand's body, in GROUP or, if that is NULL, without. */
static coil_task *new_task(struct call *call, coil_task_group *group, size_t body)
{
	const struct argument *coro = call->operands[body].argument;
	const char *name = word_of(call, body + 1);
	coil_coroutine *coroutine = coil__new_coroutine(call->frame, coro->body, coro->site,
							false);

	if (group && name)
		return coil_task_group_create_task_site(call->site, group, coroutine, "%s", name);
	if (group)
		return coil_task_group_create_task_site(call->site, group, coroutine, NULL);
	if (name)
		return coil_create_task_site(call->site, coroutine, "%s", name);
	return coil_create_task_site(call->site, coroutine, NULL);
}

OPERATION(spawn)
{
	return reply_set(call, THING_TASK, new_task(call, NULL, 1));
}

OPERATION(group_spawn)
{
	coil_task *task = new_task(call, object_of(call, 0), 2); /* the group's */
	coil_result result = coil__run_set(call->run, call->operands[1].argument, THING_TASK,
					   coil_retain_site(task, call->site));

	if (result.error)
		coil__log_line(call->run, "tg.spawn ! %s", coil__error_text(call->run, result));
	return reply_nothing();
}

static struct reply put_future(struct call *call, coil_future *future)
{
	return reply_done(coil__run_set_future(call->run, call->operands[0].argument, future));
}

OPERATION(gather_new)
{
	size_t count;
	coil_awaitable **items = coil__handles(call, 2, false, &count);
	unsigned flags = word_is(call, 1, "return") ? COIL_RETURN_EXCEPTIONS : 0;

	return put_future(call, coil_gather_site(flags, items, count, call->site));
}

OPERATION(shield_new)
{
	return put_future(call, coil_shield_site(object_of(call, 1), call->site));
}
