/* SPDX-License-Identifier: MIT
 *
 * Locks: first come, first served, whoever is cancelled in between.
 */
#include "sync/play.h"

TEST(E05_a_free_lock_is_taken_without_suspending)
{
	play("", "M", "lacquire l? lrelease l? lacquire lrelease", NULL);
	CHECK_LOG("M:lacquire@1 M:l?=1@1 M:lrelease@1 M:l?=0@1 M:lacquire@1 "
		  "M:lrelease@1");
}

TEST(E06_first_come_first_served)
{
	play("", "M", "lacquire +A +B +C . lrelease =A =B =C", "ABC", "lacquire . lrelease",
	     NULL);
	CHECK_LOG("M:lacquire@1 M:lrelease@2 A:lacquire@3 A:lrelease@4 "
		  "B:lacquire@5 M:=A@5 B:lrelease@6 C:lacquire@7 M:=B@7 "
		  "C:lrelease@8 M:=C@9");
}

TEST(E07_released_it_is_free_and_yet_not_to_be_had)
{
	play("", "M", "lacquire +A . +B lrelease l? . =A =B", "AB", "l? lacquire l? lrelease",
	     NULL);
	CHECK_LOG("M:lacquire@1 A:l?=1@2 M:lrelease@2 M:l?=0@2 B:l?=0@3 "
		  "A:lacquire@3 A:l?=1@3 A:lrelease@3 M:=A@3 B:lacquire@4 B:l?=1@4 "
		  "B:lrelease@4 M:=B@5");
}

TEST(E08_who_releases_and_wants_it_again_is_last)
{
	play("", "M", "lacquire +A . lrelease lacquire lrelease =A", "A",
	     "lacquire . . lrelease", NULL);
	CHECK_LOG("M:lacquire@1 M:lrelease@2 A:lacquire@3 A:lrelease@5 "
		  "M:lacquire@6 M:lrelease@6 M:=A@6");
}

TEST(E09_the_first_cancelled_and_the_lock_released_in_one_instant)
{
	play("", "M", "lacquire +A +B . -A lrelease l? =A~ =B", "AB", "lacquire lrelease",
	     NULL);
	CHECK_LOG("M:lacquire@1 M:-A=1@2 M:lrelease@2 M:l?=0@2 "
		  "A:lacquire!CancelledError@3 B:lacquire@4 B:lrelease@4 "
		  "M:=A~!CancelledError@4 M:=B@4");
}

TEST(E10_woken_and_cancelled_it_passes_the_lock_on)
{
	play("", "M", "lacquire +A +B +C . lrelease -A =A~ =B =C", "ABC",
	     "lacquire . lrelease", NULL);
	CHECK_LOG("M:lacquire@1 M:lrelease@2 M:-A=1@2 A:lacquire!CancelledError@3 "
		  "B:lacquire@4 M:=A~!CancelledError@4 B:lrelease@5 C:lacquire@6 "
		  "M:=B@6 C:lrelease@7 M:=C@8");
}

TEST(E11_a_free_lock_cannot_be_released)
{
	coil_lock *free_lock = coil_lock_new();
	coil_result r = coil_lock_release(free_lock);

	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "Lock is not acquired.");
	coil_release(free_lock);
	play("", "M", "lrelease lacquire lrelease lrelease", NULL);
	CHECK_LOG("M:lrelease!RuntimeError@1 M:lacquire@1 M:lrelease@1 "
		  "M:lrelease!RuntimeError@1");
}

TEST(who_finds_only_cancelled_ones_in_line_takes_it)
{
	play("", "M", "lacquire +A +B . -A -B lrelease lacquire l? =A~ =B~ lrelease", "AB",
	     "lacquire", NULL);
	CHECK_LOG("M:lacquire@1 M:-A=1@2 M:-B=1@2 M:lrelease@2 M:lacquire@2 "
		  "M:l?=1@2 A:lacquire!CancelledError@3 "
		  "B:lacquire!CancelledError@3 M:=A~!CancelledError@4 "
		  "M:=B~!CancelledError@4 M:lrelease@4");
}

TEST(a_holder_that_is_cancelled_in_line_for_more_hurts_nobody)
{
	play("", "M", "lacquire +A +B +C . -B . lrelease =A =B~ =C", "ABC",
	     "lacquire . lrelease", NULL);
	CHECK_LOG("M:lacquire@1 M:-B=1@2 B:lacquire!CancelledError@3 M:lrelease@3 "
		  "A:lacquire@4 A:lrelease@5 C:lacquire@6 M:=A@6 "
		  "M:=B~!CancelledError@6 C:lrelease@7 M:=C@8");
}
