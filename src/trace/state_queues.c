/* SPDX-License-Identifier: MIT
 *
 * See state_queues.h.  O(1); O(log n) for timers.
 */
#include "state_queues.h"

#include "reader_memory.h"

/* ---- lists ------------------------------------------------------------ */

static void append(struct coil__state_queue *queue, struct coil__state_handle *handle)
{
	handle->next = NULL;
	handle->previous = queue->back;
	if (queue->back)
		queue->back->next = handle;
	else
		queue->front = handle;
	queue->back = handle;
	queue->count++;
}

static void unlink_handle(struct coil__state_queue *queue,
			  struct coil__state_handle *handle)
{
	if (handle->previous)
		handle->previous->next = handle->next;
	else
		queue->front = handle->next;
	if (handle->next)
		handle->next->previous = handle->previous;
	else
		queue->back = handle->previous;
	handle->previous = handle->next = NULL;
	queue->count--;
}

/* ---- the timer heap ---------------------------------------------------- */

/* A time that is not a number is after all others, so that the order is total
 * whatever a damaged file holds. */
bool coil__state_timer_before(const struct coil__state_handle *a,
			      const struct coil__state_handle *b)
{
	bool a_number = a->when == a->when, b_number = b->when == b->when;

	if (a_number != b_number)
		return a_number;
	if (a_number && a->when != b->when)
		return a->when < b->when;
	return a->order < b->order;
}

static void place(struct coil__state_loop *loop, size_t i,
		  struct coil__state_handle *handle)
{
	loop->timers[i] = handle;
	handle->heap_index = i;
}

static void sift_up(struct coil__state_loop *loop, struct coil__state_handle *handle)
{
	size_t i = handle->heap_index;

	for (; i > 0; i = (i - 1) / 2) {
		struct coil__state_handle *parent = loop->timers[(i - 1) / 2];

		if (!coil__state_timer_before(handle, parent))
			break;
		place(loop, i, parent);
	}
	place(loop, i, handle);
}

static void sift_down(struct coil__state_loop *loop, struct coil__state_handle *handle)
{
	size_t i = handle->heap_index, child;

	for (; (child = 2 * i + 1) < loop->timer_count; i = child) {
		if (child + 1 < loop->timer_count &&
		    coil__state_timer_before(loop->timers[child + 1], loop->timers[child]))
			child++;
		if (!coil__state_timer_before(loop->timers[child], handle))
			break;
		place(loop, i, loop->timers[child]);
	}
	place(loop, i, handle);
}

void coil__state_timer(struct coil__state_loop *loop, struct coil__state_handle *handle)
{
	loop->timers = coil__grow(loop->timers, &loop->timer_room,
				  loop->timer_count + 1, sizeof *loop->timers);
	handle->place = COIL__PLACE_TIMERS;
	place(loop, loop->timer_count++, handle);
	sift_up(loop, handle);
	loop->timers_cancelled += handle->cancelled;
}

static void remove_timer(struct coil__state_loop *loop, struct coil__state_handle *handle)
{
	struct coil__state_handle *last = loop->timers[--loop->timer_count];

	loop->timers_cancelled -= handle->cancelled;
	if (last == handle)
		return;
	place(loop, handle->heap_index, last);
	sift_up(loop, last);
	sift_down(loop, last);
}

/* ---- moving handles ---------------------------------------------------- */

void coil__state_unqueue(struct coil__state *state, struct coil__state_handle *handle)
{
	struct coil__state_loop *loop = coil__map_get(&state->loops, handle->loop);

	switch (handle->place) {
	case COIL__PLACE_INCOMING:
		unlink_handle(&loop->incoming, handle);
		break;
	case COIL__PLACE_READY:
		unlink_handle(&loop->ready, handle);
		break;
	case COIL__PLACE_TIMERS:
		remove_timer(loop, handle);
		break;
	default:
		break;
	}
	handle->place = COIL__PLACE_NONE;
}

void coil__state_ready(struct coil__state *state, struct coil__state_loop *loop,
		       struct coil__state_handle *handle)
{
	coil__state_unqueue(state, handle);
	handle->loop = loop->id;
	handle->place = COIL__PLACE_READY;
	handle->order = ++state->order;
	handle->ready = state->time;
	append(&loop->ready, handle);
}

void coil__state_incoming(struct coil__state_loop *loop,
			  struct coil__state_handle *handle)
{
	handle->place = COIL__PLACE_INCOMING;
	append(&loop->incoming, handle);
}

/* ---- invariants -------------------------------------------------------- */

static bool list_holds(const struct coil__state_queue *queue, enum coil__place where,
		       uint32_t loop)
{
	const struct coil__state_handle *handle, *previous = NULL;
	size_t count = 0;

	for (handle = queue->front; handle; previous = handle, handle = handle->next, count++)
		if (handle->previous != previous || handle->place != where ||
		    handle->loop != loop)
			return false;
	return queue->back == previous && queue->count == count;
}

static bool heap_holds(const struct coil__state_loop *loop)
{
	size_t cancelled = 0;

	for (size_t i = 0; i < loop->timer_count; i++) {
		const struct coil__state_handle *timer = loop->timers[i];

		if (timer->heap_index != i || timer->place != COIL__PLACE_TIMERS ||
		    timer->loop != loop->id ||
		    (i && coil__state_timer_before(timer, loop->timers[(i - 1) / 2])))
			return false;
		cancelled += timer->cancelled;
	}
	return cancelled == loop->timers_cancelled;
}

const char *coil__state_validate_queues(const struct coil__state *state,
					const struct coil__state_loop *loop)
{
	uint64_t order = 0;

	if (!list_holds(&loop->ready, COIL__PLACE_READY, loop->id))
		return "the ready queue is well linked";
	if (!list_holds(&loop->incoming, COIL__PLACE_INCOMING, loop->id))
		return "the queue of other threads' calls is well linked";
	if (!heap_holds(loop))
		return "the timers are a heap";
	for (const struct coil__state_handle *h = loop->ready.front; h; h = h->next) {
		if (h->order <= order || h->order > state->order)
			return "the ready queue is in the order of arrival";
		order = h->order;
	}
	return NULL;
}
