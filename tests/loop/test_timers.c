/* SPDX-License-Identifier: MIT
 *
 * Timers: when they run, in which order, and what cancelling does to the heap.
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <time.h>
#include "journal.h"

static coil_loop *loop;

static coil_result say_time(void *unused)
{
	note("%g", coil_loop_time(loop));
	return coil_ok(NULL);
}

static coil_result say_and_stop(void *word)
{
	note("%s", (char *)word);
	coil_loop_stop(loop);
	return coil_ok(NULL);
}

static coil_result cancel_it(void *handle)
{
	note("cancel");
	coil_handle_cancel(*(coil_handle **)handle);
	return coil_ok(NULL);
}

TEST(T01_a_timer_is_never_early_on_the_real_clock)
{
	double start;

	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	start = coil_loop_time(loop);
	coil_loop_call_later(loop, 0.02, stop, loop);
	CHECK_ERROR(coil_loop_run_forever(loop), COIL_OK);
	CHECK(coil_loop_time(loop) - start >= 0.02 - 1e-8);
	CHECK(coil_loop_time(loop) - start < 5);
	coil_loop_close(loop);
}

TEST(T01_a_timer_runs_at_its_deadline_on_the_virtual_clock)
{
	loop = virtual_loop();
	CHECK(coil_loop_time(loop) == 0);
	coil_loop_call_later(loop, 0.5, say_time, NULL);
	coil_loop_call_later(loop, 86400, say_time, NULL);
	coil_loop_call_later(loop, 1e6, say_and_stop, "end");
	CHECK_ERROR(coil_loop_run_forever(loop), COIL_OK);
	CHECK_LOG("0.5 86400 end");
	CHECK(coil_loop_time(loop) == 1e6);
	coil_loop_close(loop);
}

TEST(T02_timers_run_in_the_order_of_their_deadlines)
{
	loop = virtual_loop();
	coil_loop_call_later(loop, 3, say_and_stop, "three");
	coil_loop_call_later(loop, 1, say, "one");
	coil_loop_call_later(loop, 2, say, "two");
	coil_loop_run_forever(loop);
	CHECK_LOG("one two three");
	coil_loop_close(loop);
}

TEST(T04_nine_equal_timers_and_a_later_one)
{
	static char *const words[] = { "1", "2", "3", "4", "5", "6", "7", "8", "9" };

	loop = virtual_loop();
	coil_loop_call_at(loop, 2, say_and_stop, "later");
	for (int i = 0; i < 9; i++)
		coil_loop_call_at(loop, 1, say, words[i]);
	coil_loop_run_forever(loop);
	CHECK_LOG("1 2 3 4 5 6 7 8 9 later");
	coil_loop_close(loop);
}

/* The order against a model: (deadline, order made), whatever is cancelled. */
struct timer {
	double when;
	int made;
	bool cancelled;
	coil_handle *handle;
};

#define TIMERS 3000
static struct timer timers[TIMERS];
static int order[TIMERS], ran;

static coil_result record(void *timer)
{
	order[ran++] = (int)((struct timer *)timer - timers);
	return coil_ok(NULL);
}

static int by_deadline(const void *a, const void *b)
{
	const struct timer *x = &timers[*(const int *)a];
	const struct timer *y = &timers[*(const int *)b];

	return x->when != y->when ? (x->when < y->when ? -1 : 1)
				  : x->made - y->made;
}

TEST(T03_equal_deadlines_run_in_the_order_they_were_made)
{
	static int expected[TIMERS];
	unsigned random = 1;
	int n = 0;

	loop = virtual_loop();
	for (int i = 0; i < TIMERS; i++) {
		random = random * 1103515245 + 12345;
		timers[i].when = 1 + (random >> 16) % 50;
		timers[i].made = i;
		timers[i].handle = coil_loop_call_at(loop, timers[i].when,
						     record, &timers[i]);
	}
	for (int i = 0; i < TIMERS; i++) {
		random = random * 1103515245 + 12345;
		timers[i].cancelled = (random >> 16) % 3 == 0;
		if (timers[i].cancelled)
			coil_handle_cancel(timers[i].handle);
		else
			expected[n++] = i;
	}
	qsort(expected, n, sizeof(expected[0]), by_deadline);
	coil_loop_call_at(loop, 100, stop, loop);
	coil_loop_run_forever(loop);
	CHECK_INT(ran, n);
	CHECK(memcmp(order, expected, n * sizeof(expected[0])) == 0);
	coil_loop_close(loop);
}

TEST(T05_call_later_0_runs_after_what_is_ready)
{
	loop = virtual_loop();
	start_ticker(loop);
	coil_loop_call_later(loop, 0, say_at, "T");
	coil_loop_call_soon(loop, say_at, "A");
	run_iterations(loop, 2);
	CHECK_LOG("A@1 T@1");
	coil_loop_close(loop);
}

TEST(T06_negative_delays_and_past_deadlines_run_in_the_next_iteration)
{
	loop = virtual_loop();
	start_ticker(loop);
	coil_loop_call_later(loop, -1, say_at, "T1");
	coil_loop_call_at(loop, -5, say_at, "T2");
	coil_loop_call_soon(loop, say_at, "A");
	run_iterations(loop, 2);
	CHECK_LOG("A@1 T2@1 T1@1");
	coil_loop_close(loop);
}

static coil_result T1_schedules(void *unused)
{
	note_at("T1");
	coil_loop_call_later(loop, 0, say_at, "T2");
	coil_loop_call_soon(loop, say_at, "S");
	return coil_ok(NULL);
}

TEST(T07_a_timer_of_a_timer_with_delay_0_runs_in_the_next_iteration)
{
	loop = virtual_loop();
	start_ticker(loop);
	coil_loop_call_later(loop, 0, T1_schedules, NULL);
	run_iterations(loop, 3);
	CHECK_LOG("T1@1 S@2 T2@2");
	coil_loop_close(loop);
}

static coil_result sleep_1(void *word)
{
	coil_sleep(1);
	note("%s", (char *)word);
	return coil_ok(NULL);
}

static coil_result sleepers_and_timers(void *unused)
{
	coil_task *x = coil_create_task(coil_coro(sleep_1, "X"));
	coil_task *y = coil_create_task(coil_coro(sleep_1, "Y"));

	coil_sleep(0);
	coil_loop_call_later(loop, 1, say, "T");
	coil_await(x);
	return coil_await(y);
}

TEST(T08_a_sleeper_resumes_after_the_timer_callbacks_of_its_deadline)
{
	loop = virtual_loop();
	coil_loop_run_until_complete(loop, coil_coro(sleepers_and_timers, NULL));
	CHECK_LOG("T X Y");
	CHECK(coil_loop_time(loop) == 1);
	coil_loop_close(loop);
}

TEST(T09_cancelled_timers_do_not_wake_the_loop)
{
	coil_handle *a, *b;

	loop = virtual_loop();
	a = coil_loop_call_later(loop, 1, say, "A");
	b = coil_loop_call_later(loop, 2, say, "B");
	coil_loop_call_later(loop, 3, say_and_stop, "C");
	coil_handle_cancel(a);
	coil_handle_cancel(b);
	coil_loop_run_forever(loop);
	CHECK_LOG("C");
	coil_loop_close(loop);
}

static coil_result count(void *n)
{
	++*(int *)n;
	return coil_ok(NULL);
}

/* More than 100 timers, more than half of them cancelled: the heap is rebuilt,
 * again and again while the loop runs. */
TEST(T10_the_heap_is_rebuilt_and_the_order_stays)
{
	static coil_handle *handles[400];
	static char *const words[] = { "a", "b", "c", "d", "e" };
	int n = 0;

	loop = virtual_loop();
	for (int i = 0; i < 400; i++)
		handles[i] = coil_loop_call_at(loop, 10 + i % 10, count, &n);
	for (int i = 0; i < 5; i++)
		coil_loop_call_at(loop, 15, say, words[i]);
	for (int i = 0; i < 400; i++)
		if (i % 3)
			coil_handle_cancel(handles[i]);
	run_iterations(loop, 1);
	for (int i = 0; i < 400; i++)
		if (i % 2)
			coil_handle_cancel(handles[i]);
	coil_loop_call_at(loop, 30, stop, loop);
	coil_loop_run_forever(loop);
	CHECK_INT(n, 67);
	CHECK_LOG("a b c d e");
	coil_loop_close(loop);
}

TEST(T10_all_timers_cancelled)
{
	static coil_handle *handles[500];

	loop = virtual_loop();
	for (int i = 0; i < 500; i++)
		handles[i] = coil_loop_call_at(loop, i, say, "x");
	for (int i = 0; i < 500; i++)
		coil_handle_cancel(handles[i]);
	coil_loop_call_at(loop, 1000, say_and_stop, "end");
	coil_loop_run_forever(loop);
	CHECK_LOG("end");
	coil_loop_close(loop);
}

TEST(T11_a_timer_can_be_cancelled_in_the_iteration_it_is_due_in)
{
	coil_handle *t;

	loop = virtual_loop();
	t = coil_retain(coil_loop_call_later(loop, 0, say, "T"));
	coil_loop_call_soon(loop, cancel_it, &t);
	run_iterations(loop, 2);
	CHECK_LOG("cancel");
	CHECK(coil_handle_cancelled(t));
	coil_release(t);
	coil_loop_close(loop);
}

TEST(T11_a_timer_can_cancel_another_of_the_same_deadline)
{
	coil_handle *second;

	loop = virtual_loop();
	coil_loop_call_at(loop, 1, cancel_it, &second);
	second = coil_loop_call_at(loop, 1, say, "second");
	coil_loop_call_at(loop, 1, say_and_stop, "third");
	coil_loop_run_forever(loop);
	CHECK_LOG("cancel third");
	coil_loop_close(loop);
}

TEST(T12_when_and_cancelled)
{
	coil_handle *t, *s;

	loop = virtual_loop();
	t = coil_retain(coil_loop_call_at(loop, 2.5, say, "T"));
	s = coil_loop_call_soon(loop, say, "S");
	CHECK(coil_handle_when(t) == 2.5);
	CHECK(coil_handle_when(s) == 0);
	CHECK(!coil_handle_cancelled(t));
	coil_handle_cancel(t);
	CHECK(coil_handle_cancelled(t));
	CHECK(coil_handle_when(t) == 2.5);
	coil_release(t);
	t = coil_retain(coil_loop_call_later(loop, 2, say_and_stop, "T"));
	CHECK(coil_handle_when(t) == coil_loop_time(loop) + 2);
	coil_loop_run_forever(loop);
	CHECK(coil_handle_when(t) == 2);
	CHECK(!coil_handle_cancelled(t));
	coil_release(t);
	CHECK_LOG("S T");
	coil_loop_close(loop);
}

TEST(T13_a_time_that_is_not_a_number_is_an_error)
{
	loop = virtual_loop();
	CHECK(coil_loop_call_later(loop, NAN, say, "T") == NULL);
	CHECK_ERROR(coil_last_error(), COIL_VALUE);
	CHECK(coil_loop_call_at(loop, NAN, say, "T") == NULL);
	CHECK_ERROR(coil_last_error(), COIL_VALUE);
	coil_loop_close(loop);
}

TEST(T14_a_timer_at_infinity_waits_and_is_no_error)
{
	loop = virtual_loop();
	coil_loop_call_later(loop, INFINITY, say, "never");
	coil_loop_call_later(loop, -INFINITY, say, "at once");
	coil_loop_call_later(loop, 1, say_and_stop, "end");
	coil_loop_run_forever(loop);
	CHECK_LOG("at once end");
	coil_loop_close(loop);
}

static coil_result reschedule(void *left)
{
	static double last;
	double now = coil_loop_time(loop);

	CHECK(now >= last);
	last = now;
	if (--*(int *)left == 0)
		coil_loop_stop(loop);
	else
		coil_loop_call_later(loop, 1e-4, reschedule, left);
	return coil_ok(NULL);
}

TEST(T15_time_does_not_go_back)
{
	int left = 200;

	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	coil_loop_call_soon(loop, reschedule, &left);
	coil_loop_run_forever(loop);
	CHECK_INT(left, 0);
	coil_loop_close(loop);
}

static coil_result later_from_here(void *unused)
{
	coil_loop_call_later(loop, 2, say_time, NULL);
	coil_loop_call_later(loop, 3, stop, loop);
	return coil_ok(NULL);
}

TEST(T15_call_later_is_relative_to_the_time_of_the_call)
{
	loop = virtual_loop();
	coil_loop_call_later(loop, 1, later_from_here, NULL);
	coil_loop_run_forever(loop);
	CHECK_LOG("3");
	coil_loop_close(loop);
}

TEST(many_hours_on_the_virtual_clock_take_no_time)
{
	struct timespec a, b;
	int n = 0;

	clock_gettime(CLOCK_MONOTONIC, &a);
	loop = virtual_loop();
	for (int i = 1; i < 1000; i++)
		coil_loop_call_later(loop, 3600.0 * i, count, &n);
	coil_loop_call_later(loop, 3600.0 * 1000, stop, loop);
	coil_loop_run_forever(loop);
	CHECK_INT(n, 999);
	CHECK(coil_loop_time(loop) == 3600.0 * 1000);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK(b.tv_sec - a.tv_sec < 10);
	coil_loop_close(loop);
}

static int pipe_fds[2];

static coil_result read_and_stop(void *unused)
{
	char c;

	CHECK_INT(read(pipe_fds[0], &c, 1), 1);
	note("R");
	coil_loop_stop(loop);
	return coil_ok(NULL);
}

static void *write_soon(void *unused)
{
	nanosleep(&(struct timespec){ 0, 30000000 }, NULL);
	if (write(pipe_fds[1], "x", 1) != 1)
		abort();
	return NULL;
}

/* The clock must not jump past what comes from outside. */
TEST(the_virtual_clock_does_not_jump_while_a_descriptor_is_watched)
{
	pthread_t thread;

	CHECK_INT(pipe(pipe_fds), 0);
	loop = virtual_loop();
	CHECK_ERROR(coil_loop_add_reader(loop, pipe_fds[0], read_and_stop, NULL), COIL_OK);
	coil_loop_call_later(loop, 1000, say_and_stop, "T");
	CHECK_INT(pthread_create(&thread, NULL, write_soon, NULL), 0);
	coil_loop_run_forever(loop);
	pthread_join(thread, NULL);
	CHECK_LOG("R");
	CHECK(coil_loop_time(loop) < 1000);
	coil_loop_close(loop);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

TEST(the_environment_chooses_the_clock)
{
	setenv("COIL_CLOCK", "virtual", 1);
	loop = coil_new_event_loop();
	CHECK(loop != NULL);
	CHECK(coil_loop_time(loop) == 0);
	coil_loop_close(loop);
	setenv("COIL_CLOCK", "real", 1);
	loop = coil_new_event_loop();
	CHECK(loop != NULL);
	CHECK(coil_loop_time(loop) > 0);
	coil_loop_close(loop);
	unsetenv("COIL_CLOCK");
}
