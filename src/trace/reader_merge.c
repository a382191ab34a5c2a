/* SPDX-License-Identifier: MIT
 *
 * See reader_merge.h.
 */
#include "reader_merge.h"

#include <stdlib.h>

#include "reader_memory.h"

/* ---- the heap --------------------------------------------------------- */

static bool before(const struct coil__merge *merge, const struct coil__cursor *a,
		   const struct coil__cursor *b)
{
	if (a->time != b->time)
		return a->time < b->time;
	if (!a->loop != !b->loop)
		return merge->loops_first == (a->loop != 0);
	return a->thread < b->thread;
}

static void sift_down(struct coil__merge *merge, size_t i)
{
	struct coil__cursor moving = merge->cursors[i];
	size_t child;

	for (; (child = 2 * i + 1) < merge->count; i = child) {
		if (child + 1 < merge->count &&
		    before(merge, &merge->cursors[child + 1], &merge->cursors[child]))
			child++;
		if (!before(merge, &merge->cursors[child], &moving))
			break;
		merge->cursors[i] = merge->cursors[child];
	}
	merge->cursors[i] = moving;
}

static void sift_up(struct coil__merge *merge, size_t i)
{
	struct coil__cursor moving = merge->cursors[i];

	for (; i && before(merge, &moving, &merge->cursors[(i - 1) / 2]); i = (i - 1) / 2)
		merge->cursors[i] = merge->cursors[(i - 1) / 2];
	merge->cursors[i] = moving;
}

static void swap(struct coil__cursor *a, struct coil__cursor *b)
{
	struct coil__cursor c = *a;

	*a = *b;
	*b = c;
}

/* ---- held ------------------------------------------------------------- */

void coil__merge_hold(struct coil__merge *merge, uint64_t thing, uint32_t giver)
{
	merge->cursors[0].awaits = thing;
	merge->cursors[0].giver = giver;
	swap(&merge->cursors[0], &merge->cursors[--merge->count]);
	merge->held++;
	sift_down(merge, 0);
}

/* The held cursor I goes on, not earlier than what was handed out last. */
static void release(struct coil__merge *merge, size_t i, bool in_vain)
{
	struct coil__cursor *cursor = &merge->cursors[merge->count];

	swap(&merge->cursors[i], cursor);
	cursor->released = in_vain;
	if (cursor->floor < merge->now)
		cursor->floor = merge->now;
	if (cursor->time < cursor->floor)
		cursor->time = cursor->floor;
	merge->held--;
	sift_up(merge, merge->count++);
}

static void release_for(struct coil__merge *merge, uint64_t thing)
{
	for (size_t i = merge->count; i < merge->count + merge->held; i++)
		if (merge->cursors[i].awaits == thing)
			release(merge, i, false);
}

bool coil__merge_has(const struct coil__merge *merge, uint32_t process)
{
	for (size_t i = 0; i < merge->count + merge->held; i++)
		if (merge->cursors[i].process == process)
			return true;
	return false;
}

/* PROCESS is at its end: it gives no more. */
static void release_of(struct coil__merge *merge, uint32_t process)
{
	for (size_t i = merge->count; i < merge->count + merge->held; i++)
		if (merge->cursors[i].giver == process)
			release(merge, i, true);
}

/* What nobody gives: the earliest is let go when its time is long over, or when there
 * is nobody left who could give it. */
static void release_late(struct coil__merge *merge)
{
	size_t first = merge->count;

	for (size_t i = first + 1; i < merge->count + merge->held; i++)
		if (before(merge, &merge->cursors[i], &merge->cursors[first]))
			first = i;
	if (!merge->count || (merge->cursors[0].time > merge->cursors[first].time &&
			      merge->cursors[0].time - merge->cursors[first].time >
			      merge->patience))
		release(merge, first, true);
}

struct coil__cursor *coil__merge_top(struct coil__merge *merge)
{
	if (merge->held)
		release_late(merge);
	return merge->count ? merge->cursors : NULL;
}

/* ---- moving on -------------------------------------------------------- */

/* Moves on to the next run while the current one is used up.  False: the end. */
static bool settle(struct coil__cursor *cursor)
{
	while (cursor->at == cursor->run->end) {
		if (cursor->run == cursor->last)
			return false;
		cursor->run++;
		cursor->at = cursor->run->begin;
	}
	cursor->time = coil__file_time(cursor->file, cursor->run->chunk, *cursor->at);
	if (cursor->time < cursor->floor)
		cursor->time = cursor->floor;
	return true;
}

/* The top has come to its end: the last of the heap is moved there. */
static void drop_top(struct coil__merge *merge)
{
	merge->cursors[0] = merge->cursors[--merge->count];
	if (merge->held)
		merge->cursors[merge->count] = merge->cursors[merge->count + merge->held];
}

void coil__merge_advance(struct coil__merge *merge, uint64_t thing)
{
	struct coil__cursor *top = merge->cursors;
	uint32_t process = top->process;
	bool ended;

	merge->now = top->time;
	top->released = false;
	top->at += WORD_WORDS(*top->at);
	ended = !settle(top);
	if (ended)
		drop_top(merge);
	if (merge->count > 1)
		sift_down(merge, 0);
	if (!merge->held)
		return;
	if (thing)
		release_for(merge, thing);
	if (ended && process && !coil__merge_has(merge, process))
		release_of(merge, process);
}

/* ---- the beginning and the end ---------------------------------------- */

void coil__merge_add(struct coil__merge *merge, const struct coil__file *file,
		     uint32_t number)
{
	const struct coil__run *run = file->scan.runs;
	const struct coil__run *end = run ? run + file->scan.run_count : NULL;

	while (run < end) {
		struct coil__cursor cursor = {
			.run = run, .at = run->begin, .file = file, .number = number,
			.process = number ? file->scan.header->pid : 0,
			.thread = run->chunk->thread, .loop = run->chunk->loop,
		};

		while (run < end && run->chunk->thread == cursor.thread)
			cursor.last = run++;
		cursor.thread += file->threads;
		if (!settle(&cursor))
			continue;
		merge->cursors = coil__grow(merge->cursors, &merge->room,
					    merge->count + 1, sizeof cursor);
		merge->cursors[merge->count] = cursor;
		sift_up(merge, merge->count++);
	}
}

void coil__merge_free(struct coil__merge *merge)
{
	free(merge->cursors);
	*merge = (struct coil__merge){ 0 };
}
