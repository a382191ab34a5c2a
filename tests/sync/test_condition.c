/* SPDX-License-Identifier: MIT
 *
 * Conditions: the lock is always held again, and no notification is lost.
 */
#include "sync/play.h"


TEST(E12_not_without_the_lock)
{
	play("", "M", "cwait~ cnotify1 call cfor~ crelease", NULL);
	CHECK_LOG("M:cwait~!RuntimeError@1 M:cnotify1!RuntimeError@1 "
		  "M:call!RuntimeError@1 M:cfor~!RuntimeError@1 "
		  "M:crelease!RuntimeError@1");
}

static coil_result without_the_lock(void *unused)
{
	coil_condition *c = coil_condition_new(NULL);
	coil_result r = coil_condition_wait(c);

	CHECK_STR(coil_error_message(r), "cannot wait on un-acquired lock");
	r = coil_condition_notify(c, 1);
	CHECK_STR(coil_error_message(r), "cannot notify on un-acquired lock");
	r = coil_condition_release(c);
	CHECK_STR(coil_error_message(r), "Lock is not acquired.");
	coil_release(c);
	return coil_ok(NULL);
}

TEST(E12_the_texts)
{
	run_virtual(without_the_lock);
}

TEST(E13_notify_wakes_the_first_n_one_after_the_other)
{
	play("", "M", "+A +B +C . cacquire cnotify2 crelease . . . . -C =A =B =C~", "ABC",
	     "cacquire cwait . crelease", NULL);
	CHECK_LOG("A:cacquire@2 B:cacquire@2 C:cacquire@2 M:cacquire@2 "
		  "M:cnotify2@2 M:crelease@2 A:cwait@3 A:crelease@4 B:cwait@5 "
		  "B:crelease@6 M:-C=1@6 M:=A@6 M:=B@6 C:cwait!CancelledError@7 "
		  "M:=C~!CancelledError@8");
}

TEST(E14_they_go_on_when_the_notifier_has_released)
{
	play("", "M", "+A +B . cacquire call . . crelease =A =B", "AB",
	     "cacquire cwait crelease", NULL);
	CHECK_LOG("A:cacquire@2 B:cacquire@2 M:cacquire@2 M:call@2 M:crelease@4 "
		  "A:cwait@5 A:crelease@5 B:cwait@6 B:crelease@6 M:=A@6 M:=B@6");
}

TEST(E15_cancelled_it_has_the_lock_first)
{
	play("", "M", "+A . cacquire -A . . c? crelease =A~", "A",
	     "cacquire cwait~ c? crelease", NULL);
	CHECK_LOG("A:cacquire@2 M:cacquire@2 M:-A=1@2 M:c?=1@4 M:crelease@4 "
		  "A:cwait~!CancelledError@5 A:c?=1@5 A:crelease@5 M:=A~@6");
}

TEST(E16_cancelled_more_than_once_it_has_the_lock)
{
	play("", "M", "+A . cacquire call . -A . -A . -A . . crelease =A", "A",
	     "cacquire cwait~ c? . crelease", NULL);
	CHECK_LOG("A:cacquire@2 M:cacquire@2 M:call@2 M:-A=1@3 M:-A=1@4 M:-A=1@5 "
		  "M:crelease@7 A:cwait~!CancelledError@8 A:c?=1@8 A:crelease@9 "
		  "M:=A@10");
}

TEST(E17_notified_and_cancelled_it_notifies_another)
{
	play("", "M", "+A +B . cacquire cnotify1 -A crelease =A~ =B", "AB",
	     "cacquire cwait~ crelease", NULL);
	CHECK_LOG("A:cacquire@2 B:cacquire@2 M:cacquire@2 M:cnotify1@2 M:-A=1@2 "
		  "M:crelease@2 A:cwait~!CancelledError@3 A:crelease@3 B:cwait~@4 "
		  "B:crelease@4 M:=A~@4 M:=B@4");
	play("", "M", "+A +B . cacquire cnotify1 . -A . crelease =A~ =B", "AB",
	     "cacquire cwait~ crelease", NULL);
	CHECK_LOG("A:cacquire@2 B:cacquire@2 M:cacquire@2 M:cnotify1@2 M:-A=1@3 "
		  "M:crelease@4 A:cwait~!CancelledError@5 A:crelease@5 B:cwait~@6 "
		  "B:crelease@6 M:=A~@6 M:=B@6");
}

TEST(E18_cancelled_without_news_it_notifies_another_too)
{
	play("", "M", "+A +B . -A =A~ =B", "AB", "cacquire cwait~ crelease", NULL);
	CHECK_LOG("A:cacquire@2 B:cacquire@2 M:-A=1@2 A:cwait~!CancelledError@3 "
		  "A:crelease@3 B:cwait~@4 B:crelease@4 M:=A~@4 M:=B@4");
}

TEST(E19_wait_for_looks_first_and_after_each_wakeup)
{
	play("", "M", "+A . cacquire call crelease . . . eset cacquire call crelease =A "
	     "cacquire cfor crelease", "A", "cacquire cfor crelease", NULL);
	CHECK_LOG("A:cacquire@2 M:cacquire@2 M:call@2 M:crelease@2 M:eset@5 "
		  "M:cacquire@5 M:call@5 M:crelease@5 A:cfor@6 A:crelease@6 M:=A@7 "
		  "M:cacquire@7 M:cfor@7 M:crelease@7");
}

TEST(on_a_lock_that_others_have_too)
{
	play("CL", "M", "+A +B . lacquire c? call lrelease =A =B", "A",
	     "cacquire cwait l? crelease", "B", "lacquire . lrelease", NULL);
	CHECK_LOG("A:cacquire@2 B:lacquire@2 B:lrelease@3 M:lacquire@4 M:c?=1@4 "
		  "M:call@4 M:lrelease@4 A:cwait@5 A:l?=1@5 A:crelease@5 M:=A@6 "
		  "M:=B@6");
}

TEST(notify_passes_over_those_that_are_done)
{
	play("", "M", "+A +B +C . cacquire cnotify1 cnotify1 -C cnotify1 crelease =A =B =C~",
	     "ABC", "cacquire cwait~ crelease", NULL);
	CHECK_LOG("A:cacquire@2 B:cacquire@2 C:cacquire@2 M:cacquire@2 "
		  "M:cnotify1@2 M:cnotify1@2 M:-C=1@2 M:cnotify1@2 M:crelease@2 "
		  "A:cwait~@3 A:crelease@3 B:cwait~@3 B:crelease@3 "
		  "C:cwait~!CancelledError@3 C:crelease@3 M:=A@4 M:=B@4 M:=C~@4");
}
