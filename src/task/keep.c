/* SPDX-License-Identifier: MIT
 *
 * Keeping errors and lists for the program.  See keep.h.
 */
#include <stdlib.h>

#include "base/thread.h"
#include "loop/loop.h"
#include "task/exception.h"
#include "task/keep.h"
#include "task/list.h"
#include "task/task.h"

/* Made if there is none; NULL without memory. */
static struct keep *make(struct keep **keep)
{
	if (!*keep)
		*keep = calloc(1, sizeof(**keep));
	return *keep;
}

/* Of the task that runs, else of the thread. */
static struct keep **place_here(void)
{
	struct task *task = task_here();

	return task ? &task->keep : &coil__self.keep;
}

static struct keep *keep_here(void)
{
	return make(place_here());
}

/* ---- errors ---------------------------------------------------------- */

coil_result coil__keep_result(coil_result result)
{
	struct keep *keep;
	coil_result *slot;

	if (likely(!result.error) || !coil__exception_of(result))
		return result;
	keep = keep_here();
	if (!keep) { /* the code is all that can be given */
		result.exception = NULL;
		return result;
	}
	slot = &keep->errors[keep->next_error++ % KEPT_ERRORS];
	coil__exception_ref(result);
	coil__exception_unref(*slot);
	*slot = result;
	return result;
}

coil_result coil__raise(const coil_site *site, int error, const char *format,
			va_list args)
{
	struct coil_exception *e = coil__exception_new(error, site, format, args);
	coil_result result = { .error = error };

	result.exception = e ? object_handle(e) : NULL;
	if (e) {
		coil__keep_result(result);
		object_unref(e); /* the keep has it; else nobody, and it is stale */
		if (!handle_open(result.exception))
			result.exception = NULL;
	}
	return result;
}

void coil__set_last_error(coil_result result)
{
	struct keep *keep = keep_here();

	if (keep)
		keep->last_error = result;
	coil__self.last_error = result.error;
}

coil_result coil_last_error(void)
{
	struct task *task = task_here();
	const struct keep *keep = task ? task->keep : coil__self.keep;
	coil_result none = { .error = COIL_OK };

	if (keep)
		return keep->last_error;
	/* No memory even to remember an error: then it was that. */
	none.error = coil__self.last_error == COIL_MEMORY ? COIL_MEMORY : COIL_OK;
	return none;
}

void *coil__null(int error, const coil_site *site, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	coil__set_last_error(coil__raise(site, error, format, args));
	va_end(args);
	return NULL;
}

void *coil__null_memory(const coil_site *site)
{
	coil__set_last_error(coil_raise_site(site, COIL_MEMORY, NULL));
	return NULL;
}

/* ---- lists ----------------------------------------------------------- */

static bool push_list(struct keep *keep, struct list *list, unsigned depth)
{
	if (keep->lists_count == keep->lists_capacity) {
		size_t capacity = keep->lists_capacity ? 2 * keep->lists_capacity : 4;
		struct kept_list *lists =
			realloc(keep->lists, capacity * sizeof(*lists));

		if (!lists)
			return false;
		keep->lists = lists;
		keep->lists_capacity = capacity;
	}
	keep->lists[keep->lists_count++] = (struct kept_list){ list, depth };
	object_ref(list);
	return true;
}

bool coil__keep_add(struct keep **keep, struct list *list, unsigned depth)
{
	return make(keep) && push_list(*keep, list, depth);
}

coil_result coil__keep_value(coil_result result, bool is_list)
{
	struct task *task = task_here();

	if (!is_list)
		return coil__keep_result(result);
	if (!coil__keep_add(place_here(), list_of(result.value), task ? task->depth : 0))
		return coil_raise_site(NULL, COIL_MEMORY, NULL);
	return result;
}

void coil__keep_leave(struct keep *keep, unsigned depth, coil_result result)
{
	size_t kept = keep->lists_count;

	while (kept && keep->lists[kept - 1].depth >= depth)
		kept--;
	for (size_t i = kept; i < keep->lists_count; i++) {
		struct list *list = keep->lists[i].list;

		if (!result.error && result.value == &list->public)
			keep->lists[kept++] = (struct kept_list){ list, depth - 1 };
		else
			object_unref(list);
	}
	keep->lists_count = kept;
}

bool coil__keep_take(struct keep *keep, coil_result result)
{
	for (size_t i = keep ? keep->lists_count : 0; i-- > 0;) {
		if (result.error || result.value != &keep->lists[i].list->public)
			continue;
		keep->lists_count--;
		for (; i < keep->lists_count; i++)
			keep->lists[i] = keep->lists[i + 1];
		return true;
	}
	return false;
}

static coil_result cancel_of(const struct keep *keep)
{
	return (coil_result){ .error = COIL_CANCELLED, .exception = keep->cancel };
}

void coil__keep_cancel(struct keep **where, coil_result cancelled)
{
	if (!*where && (!coil__exception_of(cancelled) || !make(where)))
		return;
	coil__exception_ref(cancelled);
	coil__exception_unref(cancel_of(*where));
	(*where)->cancel = cancelled.exception;
}

static void drop_kept(struct keep *keep)
{
	for (int i = 0; i < KEPT_ERRORS; i++)
		coil__exception_unref(keep->errors[i]);
	for (size_t i = 0; i < keep->lists_count; i++)
		object_unref(keep->lists[i].list);
	free(keep->lists);
}

void coil__keep_end(struct keep **where)
{
	struct keep *keep = *where;
	const coil_exception *cancel = keep->cancel;

	if (!cancel) {
		coil__keep_free(where);
		return;
	}
	drop_kept(keep);
	*keep = (struct keep){ .cancel = cancel };
}

void coil__keep_free(struct keep **where)
{
	struct keep *keep = *where;

	if (!keep)
		return;
	*where = NULL;
	drop_kept(keep);
	coil__exception_unref(cancel_of(keep));
	free(keep);
}
