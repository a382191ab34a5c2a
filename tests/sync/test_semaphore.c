/* SPDX-License-Identifier: MIT
 *
 * Semaphores: nobody overtakes, and no token is lost.
 */
#include "sync/play.h"

TEST(E20_nobody_overtakes_who_waits)
{
	play("S1", "M", "sacquire +A +B . srelease +C s? . . =A =B =C", "ABC",
	     "sacquire . srelease", NULL);
	CHECK_LOG("M:sacquire@1 M:srelease@2 M:s?=1@2 A:sacquire@3 A:srelease@4 "
		  "M:=A@4 B:sacquire@5 B:srelease@6 C:sacquire@7 M:=B@7 "
		  "C:srelease@8 M:=C@9");
}

TEST(E21_released_the_first_in_line_has_it_at_once)
{
	play("S1", "M", "sacquire s? +A . srelease s? sacquire srelease =A", "A",
	     "sacquire . srelease", NULL);
	CHECK_LOG("M:sacquire@1 M:s?=1@1 M:srelease@2 M:s?=1@2 A:sacquire@3 "
		  "A:srelease@4 M:sacquire@5 M:srelease@5 M:=A@5");
}

TEST(E22_woken_and_cancelled_it_gives_the_token_to_the_next)
{
	play("S1", "M", "sacquire +A +B . srelease -A =A~ =B s?", "AB", "sacquire srelease",
	     NULL);
	CHECK_LOG("M:sacquire@1 M:srelease@2 M:-A=1@2 A:sacquire!CancelledError@3 "
		  "B:sacquire@4 B:srelease@4 M:=A~!CancelledError@4 M:=B@4 "
		  "M:s?=0@4");
}

TEST(E23_a_cancelled_one_does_not_block_the_line)
{
	play("S1", "M", "sacquire +A +B +C . -A -B srelease s? =A~ =B~ =C s?", "ABC",
	     "sacquire srelease", NULL);
	CHECK_LOG("M:sacquire@1 M:-A=1@2 M:-B=1@2 M:srelease@2 M:s?=1@2 "
		  "A:sacquire!CancelledError@3 B:sacquire!CancelledError@3 "
		  "C:sacquire@3 C:srelease@3 M:=A~!CancelledError@4 "
		  "M:=B~!CancelledError@4 M:=C@4 M:s?=0@4");
	play("S1", "M", "sacquire +A . -A srelease s? sacquire s? =A~", "A", "sacquire", NULL);
	CHECK_LOG("M:sacquire@1 M:-A=1@2 M:srelease@2 M:s?=0@2 M:sacquire@2 "
		  "M:s?=1@2 A:sacquire!CancelledError@3 M:=A~!CancelledError@4");
}

TEST(those_who_came_meanwhile_are_woken_by_who_goes_on)
{
	play("S2", "M", "sacquire sacquire +A . srelease srelease +B +C . . =A =B =C s?",
	     "ABC", "sacquire . srelease", NULL);
	CHECK_LOG("M:sacquire@1 M:sacquire@1 M:srelease@2 M:srelease@2 "
		  "A:sacquire@3 B:sacquire@3 A:srelease@4 B:srelease@4 M:=A@4 "
		  "M:=B@4 C:sacquire@5 C:srelease@6 M:=C@7 M:s?=0@7");
}

TEST(E24_not_less_than_none)
{
	CHECK(!coil_semaphore_new(-1));
	CHECK_LAST_ERROR(COIL_VALUE, "Semaphore initial value must be >= 0");
	CHECK(!coil_bounded_semaphore_new(-1));
	CHECK_LAST_ERROR(COIL_VALUE, "Semaphore initial value must be >= 0");
	play("S0", "M", "s? srelease s? sacquire s?", NULL);
	CHECK_LOG("M:s?=1@1 M:srelease@1 M:s?=0@1 M:sacquire@1 M:s?=1@1");
}

TEST(E25_a_bounded_one_has_no_more_than_at_first)
{
	coil_semaphore *s = coil_bounded_semaphore_new(1);
	coil_result r = coil_semaphore_release(s);

	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), "BoundedSemaphore released too many times");
	coil_release(s);
	play("T1", "M", "sacquire srelease srelease sacquire", NULL);
	CHECK_LOG("M:sacquire@1 M:srelease@1 M:srelease!ValueError@1 M:sacquire@1");
}

TEST(more_than_can_be_counted)
{
	coil_semaphore *s = coil_semaphore_new(INT64_MAX - 1);

	CHECK_ERROR(coil_semaphore_release(s), COIL_OK);
	CHECK_ERROR(coil_semaphore_release(s), COIL_OVERFLOW);
	coil_release(s);
}
