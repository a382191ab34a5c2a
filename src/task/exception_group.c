/* SPDX-License-Identifier: MIT
 *
 * Exception groups.  See exception_group.h and <coil/error.h>.
 */
#include <stdlib.h>

#include "task/exception.h"
#include "task/exception_group.h"
#include "task/keep.h"
#include "task/list.h"

/* ---- making ---------------------------------------------------------- */

coil_result coil__exception_group_raise(const coil_site *site, const char *message,
					struct list *list)
{
	coil_result result = { .error = COIL_EXCEPTION_GROUP };
	struct coil_exception *e;

	result.exception = NULL;
	if (!list)
		return result;
	result = coil_raise_site(site, COIL_EXCEPTION_GROUP, message ? "%s" : NULL, message);
	e = coil__exception_of(result);
	if (e)
		e->members = list;
	else
		object_unref(list);
	return result;
}

coil_result coil_raise_group_site(const coil_site *site, const char *message,
				  const coil_result *errors, size_t count)
{
	struct list *list;

	if (!count)
		return coil_raise_site(site, COIL_VALUE, "second argument (exceptions) must "
				       "be a non-empty sequence");
	for (size_t i = 0; i < count; i++)
		if (!errors[i].error)
			return coil_raise_site(site, COIL_VALUE, "Item %zu of second argument "
					       "(exceptions) is not an exception", i);
	list = coil__list_new(count);
	for (size_t i = 0; list && i < count; i++)
		coil__list_set(list, i, errors[i], false);
	return coil__exception_group_raise(site, message, list);
}

struct coil_exception *coil__exception_group_drop(struct list *members,
						  struct coil_exception *dying)
{
	for (size_t i = 0; i < members->public.count; i++) {
		struct coil_exception *e = coil__exception_of(members->public.items[i]);

		members->public.items[i] = coil_ok(NULL);
		if (!e || --e->object.refs)
			continue;
		e->next_dying = dying;
		dying = e;
	}
	object_unref(members);
	return dying;
}

/* ---- looking at it --------------------------------------------------- */

static const coil_list *members_of(coil_result group)
{
	const struct coil_exception *e = coil__exception_of(group);

	return e && e->members ? &e->members->public : NULL;
}

size_t coil_exception_group_count(coil_result group)
{
	const coil_list *members = members_of(group);

	return members ? members->count : 0;
}

coil_result coil_exception_group_item(coil_result group, size_t i)
{
	const coil_list *members = members_of(group);

	return members && i < members->count ? members->items[i] : coil_ok(NULL);
}

/* ---- printing -------------------------------------------------------- */

/* As Python: so many members of a group, so many groups in each other. */
#define MEMBERS_SHOWN 15
#define DEPTH_SHOWN 10

/* Where we are: lines of depth n stand behind 2 n blanks and a bar. */
struct margin {
	FILE *file;
	int depth;
	bool close; /* the last group's frame is still to be closed */
};

static void print_group(struct margin *margin, coil_result group);

static void print_any(struct margin *margin, coil_result result)
{
	char prefix[2 * DEPTH_SHOWN + 8], head[sizeof(prefix) + sizeof(TRACEBACK)];
	const struct exception_print how = { margin->file, head, prefix, "" };

	if (members_of(result)) {
		print_group(margin, result);
		return;
	}
	snprintf(prefix, sizeof(prefix), "%*s| ", 2 * margin->depth, "");
	snprintf(head, sizeof(head), "%s" TRACEBACK, prefix);
	coil__exception_print(result, &how);
}

static void print_head(struct margin *margin, coil_result group)
{
	size_t count = members_of(group)->count;
	bool outermost = margin->depth == 1;
	char prefix[2 * DEPTH_SHOWN + 8], head[128], tail[48];
	const struct exception_print how = { margin->file, head, prefix, tail };

	snprintf(prefix, sizeof(prefix), "%*s| ", 2 * margin->depth, "");
	snprintf(head, sizeof(head), "%*s%c Exception Group " TRACEBACK, 2 * margin->depth,
		 "", outermost ? '+' : '|');
	snprintf(tail, sizeof(tail), " (%zu sub-exception%s)", count, count == 1 ? "" : "s");
	coil__exception_print(group, &how);
}

static void print_title(const struct margin *margin, size_t i)
{
	char title[24] = "...";

	if (i < MEMBERS_SHOWN)
		snprintf(title, sizeof(title), "%zu", i + 1);
	fprintf(margin->file, "%*s%s+---------------- %s ----------------\n",
		2 * margin->depth, "", i ? "  " : "+-", title);
}

static void print_member(struct margin *margin, const coil_list *members, size_t i)
{
	size_t more = members->count - MEMBERS_SHOWN;

	if (i < MEMBERS_SHOWN)
		print_any(margin, members->items[i]);
	else
		fprintf(margin->file, "%*s| and %zu more exception%s\n", 2 * margin->depth,
			"", more, more == 1 ? "" : "s");
}

static void print_members(struct margin *margin, const coil_list *members)
{
	size_t shown = members->count > MEMBERS_SHOWN ? MEMBERS_SHOWN + 1 : members->count;

	for (size_t i = 0; i < shown; i++) {
		margin->close = i == shown - 1;
		print_title(margin, i);
		margin->depth++;
		print_member(margin, members, i);
		if (i == shown - 1 && margin->close) { /* no group inside has done it */
			fprintf(margin->file, "%*s+------------------------------------\n",
				2 * margin->depth, "");
			margin->close = false;
		}
		margin->depth--;
	}
}

static void print_group(struct margin *margin, coil_result group)
{
	if (margin->depth > DEPTH_SHOWN) {
		fprintf(margin->file, "%*s| ... (max_group_depth is %d)\n",
			2 * margin->depth, "", DEPTH_SHOWN);
		return;
	}
	print_head(margin, group);
	print_members(margin, members_of(group));
}

void coil__exception_group_print(coil_result group, FILE *file)
{
	struct margin margin = { .file = file, .depth = 1 };

	print_group(&margin, group);
}
