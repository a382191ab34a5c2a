/* SPDX-License-Identifier: MIT
 *
 * The operations that may suspend (section 5.3 of the language).  Each is the call of
 * coil that does it.
 */
#include "play_exec.h"

#define OPERATION(name)                                                        \
	struct reply coil__op_##name(struct call *call);                       \
	struct reply coil__op_##name(struct call *call)

/* ---- one awaitable ---------------------------------------------------------------------- */

OPERATION(await)
{
	return reply_result(call, coil_await_site(coil_retain((coil_future *)object_of(call, 0)),
						  call->site));
}

OPERATION(call)
{
	const struct argument *coro = call->operands[0].argument;

	return reply_result(call, coil_await_site(coil__new_coroutine(call->frame, coro->body,
		coro->site, true), call->site));
}

OPERATION(sleep)
{
	return reply_done(coil_sleep_site((double)call->operands[0].number, call->site));
}

OPERATION(wait_for)
{
	return reply_result(call, coil_wait_for_site(object_of(call, 1), delay_of(call, 0),
						     call->site));
}

OPERATION(shield)
{
	coil_future *future = coil_shield_site(object_of(call, 0), call->site);

	return reply_result(call, coil_await_site(future, call->site));
}

/* ---- several ---------------------------------------------------------------------------- */

OPERATION(gather)
{
	size_t count;
	coil_awaitable **items = coil__handles(call, 1, false, &count);
	unsigned flags = word_is(call, 0, "return") ? COIL_RETURN_EXCEPTIONS : 0;

	return reply_result(call, coil_await_site(coil_gather_site(flags, items, count,
								   call->site), call->site));
}

/* The names of those that are done, or are not; each future once. */
static void add_names(struct text *text, const struct call *call, bool done)
{
	const char *comma = "";

	for (size_t i = 2; i < call->count; i++) {
		bool first = true;

		for (size_t j = 2; j < i; j++)
			first &= object_of(call, i) != object_of(call, j);
		if (!first || coil_future_done(object_of(call, i)) != done)
			continue;
		coil__text_add(text, "%s%s", comma, word_of(call, i));
		comma = ",";
	}
}

static const char *wait_text(const struct call *call)
{
	struct text *text = &call->run->scratch;

	text->length = 0;
	coil__text_add(text, "done=[");
	add_names(text, call, true);
	coil__text_add(text, "] pending=[");
	add_names(text, call, false);
	coil__text_add(text, "]");
	return text->failed ? "" : text->bytes;
}

OPERATION(wait)
{
	enum coil_return_when when = word_is(call, 0, "all") ? COIL_ALL_COMPLETED :
				     word_is(call, 0, "first") ? COIL_FIRST_COMPLETED :
				     COIL_FIRST_EXCEPTION;
	size_t count;
	coil_awaitable **futures = coil__handles(call, 2, true, &count);
	coil_result result = coil_wait_site(futures, count, delay_of(call, 1), when, call->site);

	if (result.error)
		return reply_error(result);
	return (struct reply){ .kind = REPLY_REST, .text = wait_text(call) };
}

/* Logs the results as they come; the first error ends it.  The iterator is kept to the
 * end of the run: its timer goes on when the loop over it was left. */
static struct reply next_results(struct call *call, coil_as_completed *iterator,
				 coil_list *values)
{
	coil_result result;

	while (coil_as_completed_next_site(iterator, &result, call->site)) {
		coil__run_hold(call->run, result);
		if (result.error)
			return reply_error(result);
		values->items[values->count++] = result;
		coil__log_line(call->run, "next = %s", coil__value_text(call->run, result.value));
		if (call->run->over)
			break;
	}
	return reply_value(value_of_list(values));
}

OPERATION(as_completed)
{
	size_t count;
	coil_awaitable **futures = coil__handles(call, 1, true, &count);
	coil_list *values = coil__run_take(call->run, sizeof *values +
					   count * sizeof *values->items);
	coil_as_completed *iterator;

	if (!values)
		return reply_nothing();
	for (size_t i = 0; i < count; i++)
		coil_retain(futures[i]);
	iterator = coil_as_completed_new_site(futures, count, delay_of(call, 0), call->site);
	if (!iterator)
		return reply_error(coil_last_error());
	coil__run_keep(call->run, iterator);
	return next_results(call, iterator, values);
}

/* ---- synchronisation -------------------------------------------------------------------------- */

OPERATION(event_wait)
{
	return reply_if_done(coil_event_wait_site(object_of(call, 0), call->site),
			     value_of_number(1));
}

OPERATION(acquire)
{
	return reply_if_done(coil__acquire(thing_of(call, 0), object_of(call, 0), call->site),
			     value_of_number(1));
}

OPERATION(condition_wait)
{
	return reply_if_done(coil_condition_wait_site(object_of(call, 0), call->site),
			     value_of_number(1));
}

static bool is_set(void *event)
{
	return coil_event_is_set(event);
}

OPERATION(condition_wait_for)
{
	return reply_if_done(coil_condition_wait_for_site(object_of(call, 0), is_set,
							  object_of(call, 1), call->site),
			     value_of_number(1));
}

OPERATION(barrier_wait)
{
	coil_result result = coil_barrier_wait_site(object_of(call, 0), call->site);

	return reply_if_done(result, value_of_number(result.number));
}

OPERATION(barrier_reset)
{
	return reply_done(coil_barrier_reset_site(object_of(call, 0), call->site));
}

OPERATION(barrier_abort)
{
	return reply_done(coil_barrier_abort_site(object_of(call, 0), call->site));
}

OPERATION(put)
{
	return reply_done(coil_queue_put_site(object_of(call, 0), call->operands[1].value,
					      call->site));
}

OPERATION(get)
{
	return reply_result(call, coil_queue_get_site(object_of(call, 0), call->site));
}

OPERATION(join)
{
	return reply_done(coil_queue_join_site(object_of(call, 0), call->site));
}
