/* SPDX-License-Identifier: MIT
 *
 * The chain of awaits.  See chain.h.
 */
#include <stdlib.h>

#include <coil/generator.h>

#include "base/place.h"
#include "task/chain.h"

bool coil__chain_enter(struct task *task, struct inline_await *await, const coil_site *site)
{
	if (!task->future.loop->debug)
		return false;
	if (!task->keep)
		task->keep = calloc(1, sizeof(*task->keep));
	if (!task->keep)
		return false;
	await->site = site;
	await->outer = task->keep->awaiting;
	task->keep->awaiting = await;
	return true;
}

void coil__chain_leave(struct task *task, const struct inline_await *await)
{
	task->keep->awaiting = await->outer;
}

/* The innermost frame that waits for another, or calls: one that runs does not. */
static const struct coil_frame *first_frame(const struct task *task)
{
	if (!(task->flags & TASK_GENERATOR))
		return NULL;
	return task->inside || !task->frame ? task->frame : task->frame->caller;
}

static const coil_site *outermost_frame(const struct task *task)
{
	const struct coil_frame *frame = task->flags & TASK_GENERATOR ? task->frame : NULL;

	while (frame && frame->caller)
		frame = frame->caller;
	return frame ? frame->site : NULL;
}

const coil_site *coil__chain_outermost(const struct task *task)
{
	const struct inline_await *await = task->keep ? task->keep->awaiting : NULL;

	if (task->flags & TASK_GENERATOR)
		return outermost_frame(task);
	while (await && await->outer)
		await = await->outer;
	if (await)
		return await->site;
	return task->waiting_on || task->flags & TASK_YIELDED ? task->step.site : NULL;
}

/* The innermost come first, and those that do not fit are the outermost. */
struct links {
	const coil_site *sites[PLACE_CHAIN]; /* filled from the end */
	size_t left;
};

static void link_in(struct links *links, const coil_site *site)
{
	if (links->left && site)
		links->sites[--links->left] = site;
}

static void link_task(struct links *links, const struct task *task)
{
	const struct inline_await *await = task->keep ? task->keep->awaiting : NULL;

	for (; await && links->left; await = await->outer)
		link_in(links, await->site);
	for (const struct coil_frame *f = first_frame(task); f && links->left; f = f->caller)
		link_in(links, f->site);
}

const coil_site *coil__chain_place(const struct coil_loop *loop, const coil_site *site)
{
	struct links links = { .left = PLACE_CHAIN };

	if (!loop || !loop->debug)
		return site;
	if (coil__self.running == loop) {
		if (loop->current)
			link_task(&links, loop->current);
		link_in(&links, loop->run_site);
	}
	return coil__place_make(site, links.sites + links.left, PLACE_CHAIN - links.left);
}
