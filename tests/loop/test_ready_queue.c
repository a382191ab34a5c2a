/* SPDX-License-Identifier: MIT
 *
 * The ready queue by itself: first in, first out, wherever the ring wraps.
 */
#include "harness.h"
#include "loop/ready_queue.h"

/* Handles are only pointers here. */
#define HANDLE(n) ((struct handle *)(uintptr_t)(64 * (n) + 64))

TEST(an_empty_queue_gives_nothing)
{
	struct ready_queue q;

	coil__ready_queue_init(&q);
	CHECK(coil__ready_queue_validate(&q));
	CHECK_INT(coil__ready_queue_length(&q), 0);
	CHECK(coil__ready_queue_pop(&q) == NULL);
	coil__ready_queue_fini(&q);
}

TEST(first_in_first_out)
{
	struct ready_queue q;

	coil__ready_queue_init(&q);
	CHECK(coil__ready_queue_reserve(&q, 3));
	for (uintptr_t i = 0; i < 3; i++)
		coil__ready_queue_push(&q, HANDLE(i));
	CHECK_INT(coil__ready_queue_length(&q), 3);
	for (uintptr_t i = 0; i < 3; i++)
		CHECK(coil__ready_queue_pop(&q) == HANDLE(i));
	CHECK(coil__ready_queue_pop(&q) == NULL);
	coil__ready_queue_fini(&q);
}

/* Pushes and pops in uneven turns, so that the ring wraps, and grows while it is
 * wrapped, at every place. */
TEST(the_order_stays_where_the_ring_wraps_and_grows)
{
	struct ready_queue q;
	uintptr_t in = 0, out = 0, wrong = 0;
	unsigned random = 7;

	coil__ready_queue_init(&q);
	for (int turn = 0; turn < 20000; turn++) {
		random = random * 1103515245 + 12345;
		for (unsigned n = (random >> 16) % 9; n; n--) {
			if (!coil__ready_queue_reserve(&q, in - out + 1))
				abort();
			coil__ready_queue_push(&q, HANDLE(in++));
		}
		random = random * 1103515245 + 12345;
		for (unsigned n = (random >> 16) % 9; n && out < in; n--)
			wrong += coil__ready_queue_pop(&q) != HANDLE(out++);
		wrong += coil__ready_queue_length(&q) != in - out;
		wrong += !coil__ready_queue_validate(&q);
	}
	while (out < in)
		wrong += coil__ready_queue_pop(&q) != HANDLE(out++);
	CHECK_INT(wrong, 0);
	CHECK(in > 1000);
	coil__ready_queue_fini(&q);
}
