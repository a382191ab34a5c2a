/* SPDX-License-Identifier: MIT
 *
 * See play_value.h.
 */
#include "play_value.h"

#include <inttypes.h>

/* ---- writing ---------------------------------------------------------------------- */

static void add_item(struct text *text, const struct program *program, coil_result item)
{
	if (item.error) {
		coil__text_add(text, "!");
		coil__add_error(text, program, item);
	} else {
		coil__add_value(text, program, item.value);
	}
}

void coil__add_value(struct text *text, const struct program *program, const void *value)
{
	const coil_list *list = value_list(value);

	if (!value) {
		coil__text_add(text, "none");
		return;
	}
	if (!list) {
		coil__text_add(text, "%" PRId64, value_number(value));
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		coil__text_add(text, i ? "," : "[");
		add_item(text, program, list->items[i]);
	}
	coil__text_add(text, list->count ? "]" : "[]");
}

static void add_group(struct text *text, const struct program *program, coil_result group)
{
	size_t count = coil_exception_group_count(group);

	coil__text_add(text, "Group[");
	for (size_t i = 0; i < count; i++) {
		coil__text_add(text, i ? "," : "");
		coil__add_error(text, program, coil_exception_group_item(group, i));
	}
	coil__text_add(text, "]");
}

static const char *name_of_error(int error)
{
	switch (error) {
	case COIL_TIMEOUT:
		return "Timeout";
	case COIL_INVALID_STATE:
		return "InvalidState";
	case COIL_BROKEN_BARRIER:
		return "BrokenBarrier";
	default: /* the others are called as in Python */
		return coil_error_name(error);
	}
}

void coil__add_error(struct text *text, const struct program *program, coil_result error)
{
	size_t tag = (size_t)(error.error - COIL_USER);
	const char *message = coil_error_message(error);

	if (error.error >= COIL_USER && tag < program->name_count)
		coil__text_add(text, "E:%s", program->names[tag]);
	else if (error.error == COIL_CANCELLED)
		coil__text_add(text, "Cancelled%s%s", *message ? ":" : "", message);
	else if (error.error == COIL_EXCEPTION_GROUP)
		add_group(text, program, error);
	else
		coil__text_add(text, "%s", name_of_error(error.error));
}

/* ---- order -------------------------------------------------------------------------- */

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_items(coil_result a, coil_result b)
{
	if (a.error || b.error)
		return compare_numbers(a.error, b.error);
	return coil__compare_values(a.value, b.value);
}

static int compare_lists(const coil_list *a, const coil_list *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		int order = compare_items(a->items[i], b->items[i]);

		if (order)
			return order;
	}
	return compare_numbers((int64_t)a->count, (int64_t)b->count);
}

static int rank(const void *value)
{
	return !value ? 0 : value_is_number(value) ? 1 : 2;
}

int coil__compare_values(const void *a, const void *b)
{
	if (rank(a) != rank(b))
		return rank(a) - rank(b);
	if (!a)
		return 0;
	if (value_is_number(a))
		return compare_numbers(value_number(a), value_number(b));
	return compare_lists(value_list(a), value_list(b));
}
