/* SPDX-License-Identifier: MIT
 *
 * Queues: who gets what, in which order, and who is woken for it.
 */
#include "sync/play.h"

TEST(Q01_what_can_be_done_is_done_at_once)
{
	play("Q2", "M", "qput1 qput2 q? qget qput3 qget qget q?", NULL);
	CHECK_LOG("M:qput1@1 M:qput2@1 M:q?=102@1 M:qget=1@1 M:qput3@1 M:qget=2@1 "
		  "M:qget=3@1 M:q?=0@1");
}

TEST(Q02_getters_are_served_in_the_order_they_came)
{
	play("Q0", "M", "+A +B . qput!1 qput!2 =A =B", "AB", "qget", NULL);
	CHECK_LOG("M:qput!1@2 M:qput!2@2 A:qget=1@3 B:qget=2@3 M:=A@4 M:=B@4");
}

TEST(Q03_one_put_wakes_one)
{
	play("Q0", "M", "+A +B +C . qput!1 . . qput!2 . -C =A =B =C~", "ABC", "qget", NULL);
	CHECK_LOG("M:qput!1@2 A:qget=1@3 M:qput!2@4 B:qget=2@5 M:-C=1@5 M:=A@5 "
		  "M:=B@5 C:qget!CancelledError@6 M:=C~!CancelledError@7");
}

TEST(Q04_get_wakes_one_who_wants_to_put)
{
	play("Q1", "M", "qput1 +A +B . qget . . qget . qget =A =B", "A", "qput2", "B", "qput3",
	     NULL);
	CHECK_LOG("M:qput1@1 M:qget=1@2 A:qput2@3 M:qget=2@4 B:qput3@5 M:qget=3@5 "
		  "M:=A@5 M:=B@5");
}

TEST(Q05_nowait_does_not_wait)
{
	play("Q1", "M", "qget! qput!1 qput!2 q? qget! qget!", NULL);
	CHECK_LOG("M:qget!!QueueEmpty@1 M:qput!1@1 M:qput!2!QueueFull@1 M:q?=101@1 "
		  "M:qget!=1@1 M:qget!!QueueEmpty@1");
}

TEST(Q06_too_late_it_stands_at_the_end_again)
{
	play("Q0", "M", "+A +B . qput!1 qget! . qput!2 qput!3 =A =B", "AB", "qget", NULL);
	CHECK_LOG("M:qput!1@2 M:qget!=1@2 M:qput!2@3 M:qput!3@3 B:qget=2@4 "
		  "A:qget=3@4 M:=A@5 M:=B@5");
}

TEST(Q07_and_so_does_who_wants_to_put)
{
	play("Q1", "M", "qput0 +A +B . qget! qput!9 . qget qget qget =A =B", "A", "qput1", "B",
	     "qput2", NULL);
	CHECK_LOG("M:qput0@1 M:qget!=0@2 M:qput!9@2 M:qget=9@3 B:qput2@4 "
		  "M:qget=2@5 A:qput1@6 M:qget=1@7 M:=A@7 M:=B@7");
}

TEST(Q08_woken_and_cancelled_it_wakes_the_next_getter)
{
	play("Q0", "M", "+A +B . qput!1 -A =A~ =B", "AB", "qget", NULL);
	CHECK_LOG("M:qput!1@2 M:-A=1@2 A:qget!CancelledError@3 B:qget=1@4 "
		  "M:=A~!CancelledError@4 M:=B@4");
	play("Q0", "M", "+A +B . -A qput!1 =A~ =B", "AB", "qget", NULL);
	CHECK_LOG("M:-A=1@2 M:qput!1@2 A:qget!CancelledError@3 B:qget=1@3 "
		  "M:=A~!CancelledError@4 M:=B@4");
}

TEST(Q09_and_the_next_putter)
{
	play("Q1", "M", "qput0 +A +B . qget! -A =A~ =B qget", "A", "qput1", "B", "qput2", NULL);
	CHECK_LOG("M:qput0@1 M:qget!=0@2 M:-A=1@2 A:qput1!CancelledError@3 "
		  "B:qput2@4 M:=A~!CancelledError@4 M:=B@4 M:qget=2@4");
}

TEST(Q10_who_is_cancelled_does_not_put)
{
	play("Q1", "M", "qput0 +A . -A =A~ qget! qget! q?", "A", "qput1", NULL);
	CHECK_LOG("M:qput0@1 M:-A=1@2 A:qput1!CancelledError@3 "
		  "M:=A~!CancelledError@4 M:qget!=0@4 M:qget!!QueueEmpty@4 "
		  "M:q?=0@4");
}

TEST(Q11_join_waits_until_all_is_dealt_with)
{
	play("Q0", "M", "qput1 qput2 +A +B . qget qdone . qget . qdone . =A =B", "AB", "qjoin",
	     NULL);
	CHECK_LOG("M:qput1@1 M:qput2@1 M:qget=1@2 M:qdone@2 M:qget=2@3 M:qdone@4 "
		  "A:qjoin@5 B:qjoin@5 M:=A@5 M:=B@5");
	play("Q0", "M", "qput1 +A . qget qdone qput2 . . qjoin~ =A", "A", "qjoin qget qdone",
	     NULL);
	CHECK_LOG("M:qput1@1 M:qget=1@2 M:qdone@2 M:qput2@2 A:qjoin@3 A:qget=2@3 "
		  "A:qdone@3 M:qjoin~@4 M:=A@4");
}

TEST(Q12_join_with_nothing_to_do_does_not_suspend)
{
	play("Q0", "M", "qjoin qput1 qget qdone qjoin", NULL);
	CHECK_LOG("M:qjoin@1 M:qput1@1 M:qget=1@1 M:qdone@1 M:qjoin@1");
}

TEST(Q13_not_more_can_be_done_than_there_was)
{
	coil_queue *q = coil_queue_new(0);
	coil_result r = coil_queue_task_done(q);

	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), "task_done() called too many times");
	coil_release(q);
	play("Q0", "M", "qdone qput1 qdone qdone qget", NULL);
	CHECK_LOG("M:qdone!ValueError@1 M:qput1@1 M:qdone@1 M:qdone!ValueError@1 "
		  "M:qget=1@1");
}

TEST(Q14_the_smallest_or_the_last)
{
	play("P0", "M", "qput5 qput1 qput3 qput4 qput2 qget qget qput0 qget qget qget qget q?",
	     NULL);
	CHECK_LOG("M:qput5@1 M:qput1@1 M:qput3@1 M:qput4@1 M:qput2@1 M:qget=1@1 "
		  "M:qget=2@1 M:qput0@1 M:qget=0@1 M:qget=3@1 M:qget=4@1 "
		  "M:qget=5@1 M:q?=0@1");
	play("K0", "M", "qput5 qput1 qput3 qget qput4 qget qget qget q?", NULL);
	CHECK_LOG("M:qput5@1 M:qput1@1 M:qput3@1 M:qget=3@1 M:qput4@1 M:qget=4@1 "
		  "M:qget=1@1 M:qget=5@1 M:q?=0@1");
	play("P1", "M", "qput5 +A +B . qget qget qget =A =B", "A", "qput3", "B", "qput1", NULL);
	CHECK_LOG("M:qput5@1 M:qget=5@2 A:qput3@3 M:qget=3@4 B:qput1@5 M:qget=1@6 "
		  "M:=A@6 M:=B@6");
}

TEST(Q15_without_a_limit_it_is_never_full)
{
	play("Q0", "M", "qput1 qput2 qput3 qput4 qput5 qput6 qput7 qput8 qput9 q?", NULL);
	CHECK_LOG("M:qput1@1 M:qput2@1 M:qput3@1 M:qput4@1 M:qput5@1 M:qput6@1 "
		  "M:qput7@1 M:qput8@1 M:qput9@1 M:q?=9@1");
}

TEST(Q16_shut_down_it_takes_no_more_and_gives_what_it_has)
{
	play("Q0", "M", "qput1 qshut qput2~ qput!2 qget qget~ qget!", NULL);
	CHECK_LOG("M:qput1@1 M:qshut@1 M:qput2~!QueueShutDown@1 "
		  "M:qput!2!QueueShutDown@1 M:qget=1@1 M:qget~!QueueShutDown@1 "
		  "M:qget!!QueueShutDown@1");
}

TEST(Q17_shutdown_wakes_all_who_wait)
{
	play("Q1", "M", "qput1 +A +B . qshut =A~ =B~ qget qget~", "AB", "qput2", NULL);
	CHECK_LOG("M:qput1@1 M:qshut@2 A:qput2!QueueShutDown@3 "
		  "B:qput2!QueueShutDown@3 M:=A~!QueueShutDown@4 "
		  "M:=B~!QueueShutDown@4 M:qget=1@4 M:qget~!QueueShutDown@4");
	play("Q1", "M", "+A +B . qshut qshut =A~ =B~", "AB", "qget", NULL);
	CHECK_LOG("M:qshut@2 M:qshut@2 A:qget!QueueShutDown@3 "
		  "B:qget!QueueShutDown@3 M:=A~!QueueShutDown@4 "
		  "M:=B~!QueueShutDown@4");
	play("Q1", "M", "qput1 +A . qshut qget =A~ qget~", "A", "qput2", NULL);
	CHECK_LOG("M:qput1@1 M:qshut@2 M:qget=1@2 A:qput2!QueueShutDown@3 "
		  "M:=A~!QueueShutDown@4 M:qget~!QueueShutDown@4");
}

TEST(Q18_at_once_it_drops_what_it_has_and_releases_join)
{
	play("Q0", "M", "qput1 qput2 +A . qshut! q? =A qdone qget~", "A", "qjoin", NULL);
	CHECK_LOG("M:qput1@1 M:qput2@1 M:qshut!@2 M:q?=0@2 A:qjoin@3 M:=A@4 "
		  "M:qdone!ValueError@4 M:qget~!QueueShutDown@4");
	play("Q0", "M", "qput1 qput2 qget +A . qshut! . . qdone =A", "A", "qjoin", NULL);
	CHECK_LOG("M:qput1@1 M:qput2@1 M:qget=1@1 M:qshut!@2 M:qdone@4 A:qjoin@5 "
		  "M:=A@6");
}

/* ---- how it keeps its items -------------------------------------------------------- */

/* Coming and going, so that a ring wraps round while it grows. */
TEST(a_ring_that_wraps_round_and_grows_keeps_its_order)
{
	coil_queue *q = coil_queue_new(0);
	intptr_t put = 0, got = 0;

	for (int round = 0; round < 300; round++) {
		for (int i = 0; i < 3 + round % 5; i++)
			CHECK_ERROR(coil_queue_put_nowait(q, (void *)++put), COIL_OK);
		for (int i = 0; i < 2 + round % 4; i++)
			CHECK_INT(coil_queue_get_nowait(q).number, ++got);
	}
	CHECK_INT(coil_queue_qsize(q), put - got);
	while (got < put)
		CHECK_INT(coil_queue_get_nowait(q).number, ++got);
	CHECK(coil_queue_empty(q));
	coil_release(q);
}

static int by_tens(const void *a, const void *b)
{
	return by_number((void *)((intptr_t)a / 10), (void *)((intptr_t)b / 10));
}

/* The last digit is the order in which they came. */
TEST(equal_ones_leave_a_priority_queue_in_the_order_they_came)
{
	static const int given[] = { 30, 10, 31, 20, 11, 32, 12, 21, 33, 13, 22, 14, 15, 23 };
	static const int sorted[] = { 10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 30, 31, 32, 33 };
	coil_queue *q = coil_priority_queue_new(0, by_tens);

	for (int i = 0; i < 14; i++)
		coil_queue_put_nowait(q, (void *)(intptr_t)given[i]);
	for (int i = 0; i < 14; i++)
		CHECK_INT(coil_queue_get_nowait(q).number, sorted[i]);
	coil_release(q);
}

TEST(a_priority_queue_sorts)
{
	coil_queue *q = coil_priority_queue_new(0, by_number);
	uint32_t seed = 1;
	int last = 0;

	for (int i = 0; i < 2000; i++) {
		seed = seed * 1664525 + 1013904223;
		coil_queue_put_nowait(q, (void *)(intptr_t)(seed >> 20));
	}
	for (int i = 0; i < 2000; i++) {
		int next = (int)coil_queue_get_nowait(q).number;

		CHECK(next >= last);
		last = next;
	}
	coil_release(q);
}

TEST(its_size)
{
	coil_queue *q = coil_lifo_queue_new(3);

	CHECK_INT(coil_queue_maxsize(q), 3);
	CHECK(coil_queue_empty(q) && !coil_queue_full(q));
	coil_release(q);
	CHECK(!coil_priority_queue_new(0, NULL));
	CHECK_LAST_ERROR(COIL_TYPE, "PriorityQueue: a comparison was expected, not NULL");
}
