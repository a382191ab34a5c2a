/* SPDX-License-Identifier: MIT
 *
 * The timer heap by itself, against a list that is searched from end to end.
 */
#include "harness.h"
#include "loop/handle.h"
#include "loop/timer_heap.h"

#define MOST 500
static struct handle handles[MOST];
static bool inside[MOST], cancelled[MOST];
static uint64_t serials[MOST];
static struct timer_heap heap;
static unsigned wrong;

static void push(int i, double when, uint64_t serial)
{
	handles[i].when = when;
	handles[i].object.flags = 0;
	inside[i] = true;
	cancelled[i] = false;
	serials[i] = serial;
	if (!coil__timer_heap_push(&heap, &handles[i]))
		abort();
	wrong += !(handles[i].object.flags & HANDLE_IN_HEAP);
}

static void cancel(int i)
{
	handles[i].object.flags |= HANDLE_CANCELLED;
	cancelled[i] = true;
	heap.cancelled++;
}

/* The one that must be on top; -1: none. */
static int first(void)
{
	int best = -1;

	for (int i = 0; i < MOST; i++)
		if (inside[i] && (best < 0 || handles[i].when < handles[best].when ||
				  (handles[i].when == handles[best].when &&
				   serials[i] < serials[best])))
			best = i;
	return best;
}

static void pop_and_compare(void)
{
	int expected = first();
	const struct handle *top = coil__timer_heap_top(&heap);
	const struct handle *popped = coil__timer_heap_pop(&heap);

	wrong += top != popped;
	wrong += popped != (expected < 0 ? NULL : &handles[expected]);
	if (expected >= 0) {
		inside[expected] = false;
		wrong += !!(handles[expected].object.flags & HANDLE_IN_HEAP);
	}
}

/* Only cancelled ones may go. */
static void drop(struct handle *handle)
{
	ptrdiff_t i = handle - handles;

	wrong += !inside[i] || !cancelled[i];
	wrong += !!(handle->object.flags & HANDLE_IN_HEAP);
	inside[i] = false;
}

TEST(an_empty_heap_gives_nothing)
{
	coil__timer_heap_init(&heap);
	CHECK(coil__timer_heap_top(&heap) == NULL);
	CHECK(coil__timer_heap_pop(&heap) == NULL);
	coil__timer_heap_sweep(&heap, drop);
	CHECK(coil__timer_heap_validate(&heap));
	coil__timer_heap_fini(&heap);
}

TEST(pushes_pops_cancels_and_sweeps_against_a_list)
{
	unsigned random = 3;
	uint64_t serial = 0;

	coil__timer_heap_init(&heap);
	for (int turn = 0; turn < 30000; turn++) {
		random = random * 1103515245 + 12345;
		int i = (int)((random >> 8) % MOST);

		if (!inside[i])
			push(i, (random >> 20) % 40, serial++);
		else if (random >> 30 == 0)
			pop_and_compare();
		else if (!cancelled[i])
			cancel(i);
		if (turn % 100 == 99)
			coil__timer_heap_sweep(&heap, drop);
		if (turn % 50 == 0)
			wrong += !coil__timer_heap_validate(&heap);
	}
	while (heap.count)
		pop_and_compare();
	CHECK_INT(first(), -1);
	CHECK_INT(wrong, 0);
	coil__timer_heap_fini(&heap);
}

/* Up to 100, or with fewer than half cancelled, only the top is cleared. */
TEST(T10_sweep_rebuilds_when_more_than_half_of_over_100_are_cancelled)
{
	coil__timer_heap_init(&heap);
	for (int i = 0; i < 200; i++)
		push(i, i, (uint64_t)i);
	for (int i = 100; i < 200; i++)
		cancel(i);
	coil__timer_heap_sweep(&heap, drop);
	CHECK_INT(heap.count, 200); /* exactly half, and the top is not cancelled */
	cancel(99);
	coil__timer_heap_sweep(&heap, drop);
	CHECK_INT(heap.count, 99);
	CHECK_INT(heap.cancelled, 0);
	cancel(0);
	cancel(1);
	cancel(3);
	coil__timer_heap_sweep(&heap, drop);
	CHECK_INT(heap.count, 97);
	CHECK_INT(heap.cancelled, 1);
	CHECK(coil__timer_heap_top(&heap) == &handles[2]);
	CHECK_INT(wrong, 0);
	while (heap.count)
		coil__timer_heap_pop(&heap);
	coil__timer_heap_fini(&heap);
}
