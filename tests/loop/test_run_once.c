/* SPDX-License-Identifier: MIT
 *
 * One iteration: what runs in it, in which order, and what waits for the next.
 */
#include <sys/socket.h>
#include "journal.h"

static coil_loop *loop;

static coil_result A_schedules_C(void *unused)
{
	note_at("A");
	coil_loop_call_soon(loop, say_at, "C");
	return coil_ok(NULL);
}

static coil_result B_schedules_D(void *unused)
{
	note_at("B");
	coil_loop_call_soon(loop, say_at, "D");
	return coil_ok(NULL);
}

static coil_result cancel_it(void *handle)
{
	note("cancel");
	coil_handle_cancel(*(coil_handle **)handle);
	return coil_ok(NULL);
}

TEST(L01_call_soon_is_fifo)
{
	loop = virtual_loop();
	coil_loop_call_soon(loop, say, "A");
	coil_loop_call_soon(loop, say, "B");
	coil_loop_call_soon(loop, say, "C");
	run_iterations(loop, 1);
	CHECK_LOG("A B C");
	coil_loop_close(loop);
}

/* Odd counts, so that a ring buffer wraps at every place. */
TEST(L01_call_soon_is_fifo_wherever_the_queue_wraps)
{
	static const char *const expected[] = {
		"0", "0 1", "0 1 2", "0 1 2 3", "0 1 2 3 4", "0 1 2 3 4 5",
		"0 1 2 3 4 5 6",
	};
	static char *const words[] = { "0", "1", "2", "3", "4", "5", "6" };

	loop = virtual_loop();
	for (int turn = 0; turn < 700; turn++) {
		for (int i = 0; i <= turn % 7; i++)
			coil_loop_call_soon(loop, say, words[i]);
		run_iterations(loop, 1);
		CHECK_LOG(expected[turn % 7]);
	}
	coil_loop_close(loop);
}

TEST(L02_what_a_callback_schedules_runs_in_the_next_iteration)
{
	loop = virtual_loop();
	start_ticker(loop);
	coil_loop_call_soon(loop, A_schedules_C, NULL);
	coil_loop_call_soon(loop, B_schedules_D, NULL);
	run_iterations(loop, 3);
	CHECK_LOG("A@1 B@1 C@2 D@2");
	coil_loop_close(loop);
}

static coil_result flood(void *unused)
{
	for (int i = 0; i < 3; i++)
		coil_loop_call_soon(loop, say_at, "x");
	return coil_ok(NULL);
}

TEST(L03_the_number_to_run_is_fixed_when_the_run_begins)
{
	loop = virtual_loop();
	start_ticker(loop);
	coil_loop_call_soon(loop, flood, NULL);
	coil_loop_call_soon(loop, say_at, "A");
	coil_loop_call_soon(loop, flood, NULL);
	run_iterations(loop, 1);
	CHECK_LOG("A@1");
	run_iterations(loop, 1);
	CHECK_LOG("x@2 x@2 x@2 x@2 x@2 x@2");
	coil_loop_close(loop);
}

TEST(L04_a_handle_cancelled_before_its_turn_is_skipped)
{
	coil_handle *b;

	loop = virtual_loop();
	coil_loop_call_soon(loop, cancel_it, &b);
	b = coil_loop_call_soon(loop, say, "B");
	coil_loop_call_soon(loop, say, "C");
	run_iterations(loop, 2);
	CHECK_LOG("cancel C");
	coil_loop_close(loop);
}

TEST(L05_cancelling_a_handle_that_ran_or_twice_does_nothing)
{
	coil_handle *a, *b;

	loop = virtual_loop();
	a = coil_retain(coil_loop_call_soon(loop, say, "A"));
	b = coil_loop_call_soon(loop, say, "B");
	coil_handle_cancel(b);
	coil_handle_cancel(b);
	run_iterations(loop, 1);
	coil_handle_cancel(a);
	coil_handle_cancel(a);
	coil_loop_call_soon(loop, say, "C");
	run_iterations(loop, 1);
	CHECK_LOG("A C");
	coil_release(a);
	coil_loop_close(loop);
}

/* A borrowed handle is stale after its callback ran.  Its memory is soon that
 * of another one, which the stale handle must not cancel. */
TEST(L05_a_stale_handle_does_not_cancel_another)
{
	coil_handle *stale[16];

	loop = virtual_loop();
	for (int i = 0; i < 16; i++)
		stale[i] = coil_loop_call_soon(loop, say, "old");
	run_iterations(loop, 1);
	log_take();
	for (int i = 0; i < 16; i++)
		coil_loop_call_soon(loop, say, "n");
	for (int i = 0; i < 16; i++) {
		coil_handle_cancel(stale[i]);
		CHECK(!coil_handle_cancelled(stale[i]));
		CHECK(coil_handle_when(stale[i]) == 0);
	}
	run_iterations(loop, 1);
	CHECK_LOG("n n n n n n n n n n n n n n n n");
	coil_loop_close(loop);
}

static coil_result cancel_self(void *handle)
{
	note("self");
	coil_handle_cancel(*(coil_handle **)handle);
	return coil_ok(NULL);
}

TEST(a_callback_may_cancel_its_own_handle)
{
	coil_handle *self;

	loop = virtual_loop();
	self = coil_retain(coil_loop_call_soon(loop, cancel_self, &self));
	coil_loop_call_soon(loop, say, "A");
	run_iterations(loop, 2);
	CHECK_LOG("self A");
	coil_release(self);
	coil_loop_close(loop);
}

TEST(cancelled_tells_only_of_handles_that_are_known)
{
	coil_handle *a, *b;

	loop = virtual_loop();
	a = coil_retain(coil_loop_call_soon(loop, say, "A"));
	b = coil_retain(coil_loop_call_soon(loop, say, "B"));
	CHECK(!coil_handle_cancelled(a));
	coil_handle_cancel(b);
	CHECK(coil_handle_cancelled(b));
	CHECK(!coil_handle_cancelled(NULL));
	coil_handle_cancel(NULL);
	run_iterations(loop, 1);
	CHECK(!coil_handle_cancelled(a));
	CHECK(coil_handle_cancelled(b));
	coil_release(a);
	coil_release(b);
	CHECK_LOG("A");
	coil_loop_close(loop);
}

static coil_result read_byte(void *fd)
{
	char c;

	CHECK_INT(read(*(int *)fd, &c, 1), 1);
	coil_loop_remove_reader(loop, *(int *)fd);
	note("R");
	return coil_ok(NULL);
}

TEST(L32_order_is_ready_then_io_then_timers)
{
	int pair[2];

	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	CHECK_INT(write(pair[1], "x", 1), 1);
	coil_loop_call_later(loop, 0, say, "T");
	CHECK_ERROR(coil_loop_add_reader(loop, pair[0], read_byte, &pair[0]), COIL_OK);
	coil_loop_call_soon(loop, say, "A");
	run_iterations(loop, 1);
	CHECK_LOG("A R T");
	coil_loop_close(loop);
	close(pair[0]);
	close(pair[1]);
}

static coil_result sleeper(void *unused)
{
	coil_sleep(0);
	note("B");
	return coil_ok(NULL);
}

static coil_result A_then_C(void *unused)
{
	note("A");
	coil_loop_call_soon(loop, say, "C");
	return coil_ok(NULL);
}

static coil_result soon_before_timer(void *unused)
{
	coil_loop_call_later(loop, 0, say, "T");
	coil_loop_call_soon(loop, A_then_C, NULL);
	return coil_await(coil_coro(sleeper, NULL));
}

TEST(L32_due_timers_come_after_what_the_iteration_before_left)
{
	loop = virtual_loop();
	coil_loop_run_until_complete(loop, coil_coro(soon_before_timer, NULL));
	CHECK_LOG("A B T C");
	coil_loop_close(loop);
}

TEST(L32_a_timer_of_the_past_comes_after_what_is_ready)
{
	loop = virtual_loop();
	coil_loop_call_at(loop, coil_loop_time(loop) - 5, say, "T");
	coil_loop_call_soon(loop, say, "A");
	run_iterations(loop, 1);
	CHECK_LOG("A T");
	coil_loop_close(loop);
}

static coil_result count(void *n)
{
	++*(int *)n;
	return coil_ok(NULL);
}

static coil_result load(void *n)
{
	for (int i = 0; i < 20000; i++)
		coil_loop_call_soon(loop, count, n);
	return coil_ok(NULL);
}

/* The ready queue grows while it is being run. */
TEST(the_queue_may_grow_while_it_runs)
{
	int n = 0;

	loop = virtual_loop();
	for (int i = 0; i < 5; i++)
		coil_loop_call_soon(loop, load, &n);
	run_iterations(loop, 1);
	CHECK_INT(n, 0);
	run_iterations(loop, 1);
	CHECK_INT(n, 100000);
	coil_loop_close(loop);
}
