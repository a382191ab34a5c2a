/* SPDX-License-Identifier: MIT
 *
 * Events: who is woken, when, and by what it stays so.
 */
#include "sync/play.h"

TEST(E01_set_wakes_all_in_order_one_iteration_later)
{
	play("", "M", "+A +B +C . eset =A =B =C", "ABC", "ewait", NULL);
	CHECK_LOG("M:eset@2 A:ewait@3 B:ewait@3 C:ewait@3 M:=A@4 M:=B@4 M:=C@4");
}

TEST(E02_cleared_at_once_the_waiters_still_return)
{
	play("", "M", "+A +B . eset eclear +C . . =A =B e? -C =C~", "ABC", "ewait e?", NULL);
	CHECK_LOG("M:eset@2 M:eclear@2 A:ewait@3 A:e?=0@3 B:ewait@3 B:e?=0@3 "
		  "M:=A@4 M:=B@4 M:e?=0@4 M:-C=1@4 C:ewait!CancelledError@5 "
		  "M:=C~!CancelledError@6");
}

TEST(E03_waiting_for_one_that_is_set_does_not_suspend)
{
	play("", "M", "eset ewait ewait", NULL);
	CHECK_LOG("M:eset@1 M:ewait@1 M:ewait@1");
}

TEST(E04_one_that_is_cancelled_disturbs_nobody)
{
	play("", "M", "+A +B +C . eset -B =A =B~ =C", "ABC", "ewait", NULL);
	CHECK_LOG("M:eset@2 M:-B=1@2 A:ewait@3 B:ewait!CancelledError@3 C:ewait@3 "
		  "M:=A@4 M:=B~!CancelledError@4 M:=C@4");
	play("", "M", "+A +B +C . -A eset eset =A~ =B =C", "ABC", "ewait", NULL);
	CHECK_LOG("M:-A=1@2 M:eset@2 M:eset@2 A:ewait!CancelledError@3 B:ewait@3 "
		  "C:ewait@3 M:=A~!CancelledError@4 M:=B@4 M:=C@4");
}

TEST(cancelled_before_it_stands_in_line)
{
	play("", "M", "+A . . eset =A", "A", "-A ewait~ ewait", NULL);
	CHECK_LOG("A:-A=1@2 A:ewait~!CancelledError@3 M:eset@3 A:ewait@4 M:=A@5");
}
