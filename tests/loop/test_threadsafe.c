/* SPDX-License-Identifier: MIT
 *
 * call_soon_threadsafe: from other threads, and from the loop's own.
 */
#include <pthread.h>
#include <time.h>
#include "journal.h"

static coil_loop *loop;

static void nap(long milliseconds)
{
	nanosleep(&(struct timespec){ 0, milliseconds * 1000000 }, NULL);
}

static void *wake_later(void *unused)
{
	nap(30);
	CHECK_ERROR(coil_loop_call_soon_threadsafe(loop, say, "woken"), COIL_OK);
	CHECK_ERROR(coil_loop_call_soon_threadsafe(loop, stop, loop), COIL_OK);
	return NULL;
}

static void run_with_thread(void *(*function)(void *))
{
	pthread_t thread;

	CHECK_INT(pthread_create(&thread, NULL, function, NULL), 0);
	CHECK_ERROR(coil_loop_run_forever(loop), COIL_OK);
	pthread_join(thread, NULL);
}

/* Nothing else would ever end this poll. */
TEST(L36_wakes_a_loop_that_polls)
{
	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	run_with_thread(wake_later);
	CHECK_LOG("woken");
	coil_loop_close(loop);
}

TEST(L36_wakes_a_loop_that_waits_for_a_timer)
{
	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	coil_loop_call_later(loop, 3600, say, "timer");
	run_with_thread(wake_later);
	CHECK_LOG("woken");
	coil_loop_close(loop);
}

/* With nothing to do and no timer, there is nothing for the clock to jump to. */
TEST(L36_wakes_an_idle_loop_on_the_virtual_clock)
{
	loop = virtual_loop();
	run_with_thread(wake_later);
	CHECK_LOG("woken");
	coil_loop_close(loop);
}

TEST(L37_calls_of_the_own_thread_keep_their_place_among_the_others)
{
	loop = virtual_loop();
	coil_loop_call_soon(loop, say, "A");
	coil_loop_call_soon_threadsafe(loop, say, "B");
	coil_loop_call_soon(loop, say, "C");
	coil_loop_call_soon_threadsafe(loop, say, "D");
	run_iterations(loop, 2);
	CHECK_LOG("A B C D");
	coil_loop_close(loop);
}

static coil_result schedules_threadsafe(void *unused)
{
	note_at("A");
	coil_loop_call_soon_threadsafe(loop, say_at, "B");
	coil_loop_call_soon(loop, say_at, "C");
	return coil_ok(NULL);
}

TEST(L37_from_a_callback_it_runs_in_the_next_iteration)
{
	loop = virtual_loop();
	start_ticker(loop);
	coil_loop_call_soon(loop, schedules_threadsafe, NULL);
	run_iterations(loop, 3);
	CHECK_LOG("A@1 B@2 C@2");
	coil_loop_close(loop);
}

static void in_a_thread(void *(*function)(void *))
{
	pthread_t thread;

	CHECK_INT(pthread_create(&thread, NULL, function, NULL), 0);
	pthread_join(thread, NULL);
}

static void *call_B(void *unused)
{
	coil_loop_call_soon_threadsafe(loop, say, "B");
	return NULL;
}

static coil_result call_B_in_thread(void *unused)
{
	note("A");
	in_a_thread(call_B);
	coil_loop_call_soon(loop, say, "C");
	return coil_ok(NULL);
}

/* L03: what another thread appends while handles run waits for the next
 * iteration too. */
TEST(L03_a_call_from_a_thread_waits_for_the_next_iteration)
{
	loop = virtual_loop();
	coil_loop_call_soon(loop, call_B_in_thread, NULL);
	run_iterations(loop, 1);
	CHECK_LOG("A");
	run_iterations(loop, 2);
	CHECK_LOG("B C");
	coil_loop_close(loop);
}

/* ---- many threads ------------------------------------------------------- */

#define THREADS 4
#define CALLS 20000

struct caller {
	pthread_t thread;
	int next, wrong; /* touched by the loop's thread only */
};

struct call {
	struct caller *caller;
	int number;
};

static struct caller callers[THREADS];
static struct call calls[THREADS][CALLS];
static int left;

static coil_result called(void *arg)
{
	struct call *call = arg;

	if (call->number != call->caller->next++)
		call->caller->wrong++;
	if (--left == 0)
		coil_loop_stop(loop);
	return coil_ok(NULL);
}

static void *flood(void *caller)
{
	long me = (struct caller *)caller - callers;

	for (int i = 0; i < CALLS; i++) {
		calls[me][i] = (struct call){ caller, i };
		if (coil_loop_call_soon_threadsafe(loop, called, &calls[me][i]).error)
			abort();
	}
	return NULL;
}

TEST(L37_calls_of_each_thread_keep_their_order, .seconds = 60)
{
	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	left = THREADS * CALLS;
	for (int i = 0; i < THREADS; i++)
		CHECK_INT(pthread_create(&callers[i].thread, NULL, flood, &callers[i]), 0);
	CHECK_ERROR(coil_loop_run_forever(loop), COIL_OK);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(callers[i].thread, NULL);
		CHECK_INT(callers[i].next, CALLS);
		CHECK_INT(callers[i].wrong, 0);
	}
	coil_loop_close(loop);
}

/* Each call finds the loop asleep. */
static void *one_by_one(void *unused)
{
	for (int i = 0; i < 300; i++) {
		coil_loop_call_soon_threadsafe(loop, say, "x");
		if (i % 10 == 0)
			nap(1);
	}
	coil_loop_call_soon_threadsafe(loop, stop, loop);
	return NULL;
}

TEST(no_wakeup_is_lost, .seconds = 30)
{
	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	run_with_thread(one_by_one);
	CHECK_INT(strlen(log_take()), 300 * 2 - 1);
	coil_loop_close(loop);
}

/* ---- the end ------------------------------------------------------------- */

static void *call_closed(void *unused)
{
	coil_result r = coil_loop_call_soon_threadsafe(loop, say, "x");

	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "Event loop is closed");
	return NULL;
}

TEST(L20_a_thread_that_calls_a_closed_loop_is_told)
{
	loop = virtual_loop();
	coil_loop_close(loop);
	in_a_thread(call_closed);
	CHECK_LOG("");
}

static void *call_until_closed(void *unused)
{
	for (int i = 1; !coil_loop_call_soon_threadsafe(loop, say, "x").error; i++)
		if (i % 100 == 0)
			nap(1); /* checkers run one thread at a time */
	return NULL;
}

/* The loop is closed under the callers: each call is taken or refused. */
TEST(close_while_threads_call, .seconds = 30)
{
	pthread_t threads[2];

	for (int turn = 0; turn < 20; turn++) {
		loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
		for (int i = 0; i < 2; i++)
			CHECK_INT(pthread_create(&threads[i], NULL,
						 call_until_closed, NULL), 0);
		nap(1);
		run_iterations(loop, 2);
		CHECK_ERROR(coil_loop_close(loop), COIL_OK);
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
	}
	log_take();
}

/* A future may be completed from a thread by way of the loop. */
static coil_future *future;

static coil_result complete(void *number)
{
	return coil_future_set_result(future, coil_number((intptr_t)number));
}

static void *complete_from_thread(void *unused)
{
	coil_loop_call_soon_threadsafe(loop, complete, (void *)(intptr_t)42);
	return NULL;
}

static coil_result wait_for_thread(void *unused)
{
	pthread_t thread;
	coil_result r;

	future = coil_create_future();
	CHECK_INT(pthread_create(&thread, NULL, complete_from_thread, NULL), 0);
	r = coil_await(coil_retain(future));
	pthread_join(thread, NULL);
	coil_release(future);
	return r;
}

TEST(a_thread_completes_a_future_that_a_task_awaits)
{
	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	CHECK_INT(coil_loop_run_until_complete(loop,
			coil_coro(wait_for_thread, NULL)).number, 42);
	coil_loop_close(loop);
}
