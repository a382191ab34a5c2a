/* SPDX-License-Identifier: MIT
 *
 * wrap_future: a loop's future for one between threads.
 */
#include "gate.h"

static struct gate gate;
static coil_executor *executor;

static coil_result wraps(void *unused)
{
	coil_concurrent_future *source = coil_executor_submit(executor, wait_at, &gate);
	coil_future *a = coil_wrap_future(coil_retain(source));
	coil_future *b = coil_wrap_future(coil_retain(source));
	coil_future *c;

	open_gate(&gate);
	CHECK_INT(coil_await(a).number, 7);
	CHECK_INT(coil_await(b).number, 7);
	c = coil_wrap_future(source); /* it is done: the future is, one later */
	CHECK(!coil_future_done(c));
	coil_sleep(0);
	CHECK(coil_future_done(c));
	CHECK_INT(coil_await(c).number, 7);
	return coil_ok(NULL);
}

static void run_with_one_thread(coil_function main)
{
	executor = coil_thread_pool_executor(1, "w");
	gate_init(&gate);
	CHECK_INT(run_virtual(main), COIL_OK);
	coil_executor_shutdown(executor, 0);
}

TEST(it_ends_as_its_source)
{
	run_with_one_thread(wraps);
}

static coil_result cancels_destination(void *unused)
{
	coil_concurrent_future *first = coil_executor_submit(executor, wait_at, &gate);
	coil_concurrent_future *source = coil_executor_submit(executor, count_one, NULL);
	coil_future *f = coil_wrap_future(coil_retain(source));

	CHECK(coil_future_cancel(f));
	CHECK(!coil_concurrent_future_cancelled(source)); /* +1 */
	coil_sleep(0);
	CHECK(coil_concurrent_future_cancelled(source));
	open_gate(&gate);
	coil_release(f);
	coil_release(source);
	coil_release(first);
	return coil_ok(NULL);
}

TEST(F25_a_cancelled_destination_cancels_the_source)
{
	run_with_one_thread(cancels_destination);
	CHECK_INT(count, 0);
}

static coil_result cancels_source(void *unused)
{
	coil_concurrent_future *first = coil_executor_submit(executor, wait_at, &gate);
	coil_concurrent_future *source = coil_executor_submit(executor, count_one, NULL);
	coil_future *f = coil_wrap_future(coil_retain(source));

	CHECK(coil_concurrent_future_cancel(source));
	CHECK(!coil_future_done(f));
	CHECK_ERROR(coil_await(coil_retain(f)), COIL_CANCELLED);
	CHECK(coil_future_cancelled(f));
	open_gate(&gate);
	coil_release(f);
	coil_release(source);
	coil_release(first);
	return coil_ok(NULL);
}

TEST(a_cancelled_source_cancels_the_destination)
{
	run_with_one_thread(cancels_source);
}

/* Both in the same iteration, in both orders: the chain is freed once. */
static coil_result cancels_both(void *unused)
{
	coil_concurrent_future *first = coil_executor_submit(executor, wait_at, &gate);

	for (int i = 0; i < 2; i++) {
		coil_concurrent_future *source = coil_executor_submit(executor, count_one, NULL);
		coil_future *f = coil_wrap_future(coil_retain(source));

		if (i == 0)
			coil_future_cancel(f);
		coil_concurrent_future_cancel(source);
		if (i == 1)
			coil_future_cancel(f);
		coil_release(source);
		CHECK_ERROR(coil_await(f), COIL_CANCELLED);
	}
	coil_sleep(0);
	open_gate(&gate);
	coil_release(first);
	return coil_ok(NULL);
}

TEST(both_are_cancelled)
{
	run_with_one_thread(cancels_both);
}

TEST(outside_of_loops_it_is_an_error)
{
	coil_executor *pool = coil_thread_pool_executor(1, "w");
	coil_concurrent_future *f = coil_executor_submit(pool, count_one, NULL);

	CHECK(!coil_wrap_future(f));
	CHECK_LAST_ERROR(COIL_RUNTIME, "no running event loop");
	coil_executor_shutdown(pool, 0);
}

static coil_result wraps_and_leaves(void *source)
{
	coil_release(coil_wrap_future(coil_retain(source)));
	return coil_ok(NULL);
}

static coil_result wraps_and_cancels(void *source)
{
	coil_future *f = coil_wrap_future(coil_retain(source));

	coil_future_cancel(f);
	coil_release(f);
	return coil_ok(NULL);
}

/* The loop is closed before the source is done: nothing of it is touched after. */
static void close_before(coil_function main)
{
	coil_loop *loop = virtual_loop();
	coil_concurrent_future *source;

	gate_init(&gate);
	source = coil_executor_submit(executor, wait_at, &gate);
	await_reached(&gate);
	coil_loop_run_until_complete(loop, coil_coro(main, source));
	coil_loop_close(loop);
	open_gate(&gate);
	CHECK_INT(coil_concurrent_future_result(source, -1).number, 7);
	coil_release(source);
}

TEST(a_loop_is_closed_before_the_source_is_done)
{
	executor = coil_thread_pool_executor(1, "w");
	close_before(wraps_and_leaves);
	close_before(wraps_and_cancels);
	coil_executor_shutdown(executor, 0);
}

/* ... and when it is, but the loop has not taken note. */
static void close_after(coil_function main)
{
	coil_loop *loop = virtual_loop();
	coil_concurrent_future *source;

	source = coil_executor_submit(executor, twice, NULL);
	coil_concurrent_future_result(source, -1);
	coil_loop_run_until_complete(loop, coil_coro(main, source));
	coil_loop_close(loop);
	coil_release(source);
}

TEST(a_loop_is_closed_when_the_source_is_done)
{
	executor = coil_thread_pool_executor(1, "w");
	close_after(wraps_and_leaves);
	close_after(wraps_and_cancels);
	coil_executor_shutdown(executor, 0);
}

static coil_result cancels_in_a_race(void *unused)
{
	for (int i = 0; i < 500; i++) {
		coil_future *f = coil_run_in_executor(executor, count_one, NULL);

		for (int turn = i % 4; turn > 0; turn--)
			coil_sleep(0);
		coil_future_cancel(f);
		coil_release(f);
	}
	return coil_ok(NULL);
}

TEST(destinations_are_cancelled_while_jobs_end, .seconds = 30)
{
	run_with_one_thread(cancels_in_a_race);
}

static void scarce(void *unused)
{
	coil_loop *loop = coil_new_event_loop_with_clock(COIL_CLOCK_VIRTUAL);
	coil_executor *pool = coil_thread_pool_executor(1, "w");
	coil_concurrent_future *source = pool ? coil_executor_submit(pool, twice, NULL) : NULL;

	if (source && loop)
		for (int i = 0; i < 3; i++)
			coil_loop_run_until_complete(loop, coil_coro(wraps_and_leaves, source));
	coil_release(source);
	if (loop)
		coil_loop_close(loop);
	if (pool)
		coil_executor_shutdown(pool, 0);
}

TEST(without_memory)
{
	CHECK(faults_every(FAULT_MEMORY, scarce, NULL) > 5);
}
