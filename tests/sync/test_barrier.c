/* SPDX-License-Identifier: MIT
 *
 * Barriers: rounds, and what ends one before its time.
 */
#include "sync/play.h"

TEST(E26_the_last_does_not_suspend_and_has_the_last_place)
{
	play("B3", "M", "+A +B . b? bwait =A =B b?", "AB", "bwait", NULL);
	CHECK_LOG("M:b?=2@2 M:bwait=2@2 A:bwait=0@3 B:bwait=1@3 M:=A@4 M:=B@4 "
		  "M:b?=0@4");
}

TEST(E27_the_others_go_on_in_the_order_they_came)
{
	play("B4", "M", "+A +B +C +D . . . =A =B =C =D", "ABCD", "bwait", NULL);
	CHECK_LOG("D:bwait=3@2 A:bwait=0@3 B:bwait=1@3 C:bwait=2@3 M:=A@4 M:=B@4 "
		  "M:=C@4 M:=D@4");
}

TEST(E28_who_comes_while_it_drains_is_of_the_next_round)
{
	play("B2", "M", "+A +B +C . . b? . . +D =A =B =C =D", "ABCD", "bwait", NULL);
	CHECK_LOG("B:bwait=1@2 A:bwait=0@3 M:b?=0@3 M:=A@5 M:=B@5 D:bwait=1@6 "
		  "C:bwait=0@7 M:=C@8 M:=D@8");
	play("B2", "M", "+A +B =A =B", "AB", "bwait bwait bwait", NULL);
	CHECK_LOG("B:bwait=1@2 A:bwait=0@3 B:bwait=1@4 A:bwait=0@5 B:bwait=1@6 "
		  "A:bwait=0@7 M:=A@8 M:=B@8");
}

TEST(E29_reset_breaks_it_for_those_who_wait_only)
{
	play("B3", "M", "+A +B . breset b? +C +D +E =A~ =B~ =C =D =E b?", "ABCDE", "bwait",
	     NULL);
	CHECK_LOG("M:breset@2 M:b?=0@2 A:bwait!BrokenBarrierError@3 "
		  "B:bwait!BrokenBarrierError@3 E:bwait=2@3 "
		  "M:=A~!BrokenBarrierError@4 M:=B~!BrokenBarrierError@4 "
		  "C:bwait=0@4 D:bwait=1@4 M:=C@5 M:=D@5 M:=E@5 M:b?=0@5");
	play("B3", "M", "breset b? breset", NULL);
	CHECK_LOG("M:breset@1 M:b?=0@1 M:breset@1");
}

TEST(E30_abort_breaks_it_until_it_is_reset)
{
	play("B2", "M", "+A . babort b? =A~ bwait~ b? breset b? +A . bwait =A", "A", "bwait",
	     NULL);
	CHECK_LOG("M:babort@2 M:b?=100@2 A:bwait!BrokenBarrierError@3 "
		  "M:=A~!BrokenBarrierError@4 M:bwait~!BrokenBarrierError@4 "
		  "M:b?=100@4 M:breset@4 M:b?=0@4 M:bwait=1@5 A:bwait=0@6 M:=A@7");
}

TEST(E31_who_is_cancelled_does_not_count)
{
	play("B2", "M", "+A . b? -A =A~ b? +B . b? bwait =B", "AB", "bwait", NULL);
	CHECK_LOG("M:b?=1@2 M:-A=1@2 A:bwait!CancelledError@3 "
		  "M:=A~!CancelledError@4 M:b?=0@4 M:b?=1@5 M:bwait=1@5 "
		  "B:bwait=0@6 M:=B@7");
}

TEST(E32_one_alone_never_waits)
{
	play("B1", "M", "bwait bwait b?", NULL);
	CHECK_LOG("M:bwait=0@1 M:bwait=0@1 M:b?=0@1");
}

TEST(the_last_comes_and_one_is_cancelled_in_one_instant)
{
	play("B3", "M", "+A +B . bwait -A =A~ =B b? +C +D . bwait =C =D", "ABCD", "bwait",
	     NULL);
	CHECK_LOG("M:bwait=2@2 M:-A=1@2 A:bwait!CancelledError@3 B:bwait=1@3 "
		  "M:=A~!CancelledError@4 M:=B@4 M:b?=0@4 M:bwait=2@5 C:bwait=0@6 "
		  "D:bwait=1@6 M:=C@7 M:=D@7");
}

TEST(reset_while_it_drains)
{
	play("B2", "M", "+A +B +C . breset b? . . . b? -C =A~ =B~ =C~ b?", "ABC", "bwait", NULL);
	CHECK_LOG("B:bwait=1@2 M:breset@2 M:b?=0@2 A:bwait!BrokenBarrierError@3 "
		  "M:b?=1@5 M:-C=1@5 M:=A~!BrokenBarrierError@5 M:=B~@5 "
		  "C:bwait!CancelledError@6 M:=C~!CancelledError@7 M:b?=0@7");
}

static coil_result texts(void *unused)
{
	coil_barrier *b = coil_barrier_new(2);
	coil_result r;

	CHECK_INT(coil_barrier_parties(b), 2);
	CHECK_ERROR(coil_barrier_abort(b), COIL_OK);
	r = coil_barrier_wait(b);
	CHECK_ERROR(r, COIL_BROKEN_BARRIER);
	CHECK_STR(coil_error_message(r), "Barrier aborted");
	coil_release(b);
	return coil_ok(NULL);
}

TEST(there_is_somebody_to_wait_for)
{
	CHECK(!coil_barrier_new(0));
	CHECK_LAST_ERROR(COIL_VALUE, "parties must be > 0");
	run_virtual(texts);
}
