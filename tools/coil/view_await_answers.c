/* SPDX-License-Identifier: MIT
 *
 * Who waits for what, and is answered: see view_await.h.
 */
#include "view_await.h"
#include <stdlib.h>
#include "render_text.h"
#include "trace/reader_memory.h"

struct node *coil__await_node(struct view *view, uint64_t id)
{
	struct node *node = coil__map_get(&view->nodes, id);

	if (!node) {
		node = coil__take(1, sizeof *node);
		node->created = view->time;
		coil__map_put(&view->nodes, id, node);
	}
	return node;
}

void coil__await_finish(struct view *view)
{
	struct coil__map_entry *entry = NULL;

	while ((entry = coil__map_next(&view->nodes, entry))) {
		struct node *node = entry->value;

		free(node->waiters);
		free(node->groups);
		free(node->generators);
	}
	coil__map_free(&view->nodes);
}

/* ---- lifelines ------------------------------------------------------------- */

struct actor *coil__await_actor(struct view *view, uint64_t id)
{
	return coil__names_task(view->names, id) ? coil__view_task(view, id)
						 : coil__view_future(view, id);
}

struct actor *coil__await_speaker(struct view *view, uint64_t task)
{
	const struct node *node = coil__map_get(&view->nodes, task);

	if (node && node->generator_count)
		return coil__view_resource(view, node->generators[node->generator_count - 1]);
	return coil__view_task(view, task);
}

struct actor *coil__await_current(struct view *view)
{
	uint64_t task = coil__state_thread(view->state, view->event.thread)->task;

	return task ? coil__await_speaker(view, task) : coil__view_current(view);
}

/* ---- waiting --------------------------------------------------------------- */

void coil__await_add_waiter(struct node *node, uint64_t task, uint64_t since)
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

bool coil__await_take_waiter(struct node *node, uint64_t task, struct waiter *taken)
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

bool coil__await_is_done(const struct view *view, uint64_t id)
{
	const struct coil__state_object *object = coil__state_object(view->state, id);

	return !object || object->done;
}

/* ---- groups ----------------------------------------------------------------- */

void coil__await_join(struct view *view, uint64_t group, uint64_t id)
{
	struct node *child = coil__await_node(view, id);
	struct node *node = coil__await_node(view, group);

	child->groups = coil__grow(child->groups, &child->group_room,
				   child->group_count + 1, sizeof *child->groups);
	child->groups[child->group_count++] = group;
	node->member_count++;
	node->members_done += coil__await_is_done(view, id);
}

/* The task that a group is for: through gathers of gathers, if need be.  0: none (any
 * more). */
static uint64_t owner_of(struct view *view, uint64_t group, unsigned depth)
{
	struct node *node = coil__await_node(view, group);
	uint64_t owner = node->awaiter ? node->awaiter : node->creator;

	if (node->is_resource)
		return node->over || coil__await_is_done(view, owner) ? 0 : owner;
	if (coil__await_is_done(view, group))
		return 0;
	if (!node->awaiter && node->group_count && depth < 100)
		return owner_of(view, node->groups[0], depth + 1);
	return owner;
}

/* ---- answers ---------------------------------------------------------------- */

static enum diagram_style style_of(unsigned outcome)
{
	return outcome == TRACE_OUTCOME_RESULT ? DIAGRAM_RETURN : DIAGRAM_ERROR;
}

void coil__await_answer(struct view *view, struct actor *from, struct actor *to,
			uint64_t since, unsigned outcome, uint32_t error,
			const char *message)
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

void coil__await_answer_all(struct view *view, uint64_t id, const struct coil__event *event)
{
	const struct trace_FUTURE_DONE *done = &event->as.FUTURE_DONE;
	struct node *node = coil__await_node(view, id);

	for (size_t i = 0; i < node->group_count; i++) {
		struct node *group = coil__await_node(view, node->groups[i]);
		uint64_t owner = owner_of(view, node->groups[i], 0);

		group->members_done++;
		if (owner && owner != id && !is_waiter(node, owner))
			coil__await_add_waiter(node, owner, node->created);
	}
	for (size_t i = 0; i < node->waiter_count; i++)
		coil__await_answer(view, coil__await_actor(view, id),
				   coil__await_speaker(view, node->waiters[i].task),
				   node->waiters[i].since, event->tag, done->error, event->text);
	node->waiter_count = 0;
	if (node->thread)
		coil__await_answer(view, coil__await_actor(view, id), node->thread, node->created,
				   event->tag, done->error, event->text);
}
