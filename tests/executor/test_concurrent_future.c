/* SPDX-License-Identifier: MIT
 *
 * Futures between threads: states, waiting, callbacks, and references from everywhere.
 */
#include "gate.h"

static coil_executor *one_thread(void)
{
	coil_executor *executor = coil_thread_pool_executor(1, "one");

	CHECK(executor != NULL);
	return executor;
}

TEST(a_job_gives_its_result)
{
	coil_executor *executor = one_thread();
	coil_concurrent_future *f = coil_executor_submit(executor, twice, (void *)21);
	coil_result r = coil_concurrent_future_result(f, -1), e;

	CHECK_INT(r.number, 42);
	CHECK_INT(coil_concurrent_future_result(f, 0).number, 42); /* again */
	CHECK(coil_concurrent_future_done(f));
	CHECK(!coil_concurrent_future_cancelled(f));
	CHECK(!coil_concurrent_future_running(f));
	CHECK_ERROR(coil_concurrent_future_exception(f, 0, &e), COIL_OK);
	CHECK_ERROR(e, COIL_OK);
	CHECK(!coil_concurrent_future_cancel(f));
	coil_release(f);
	CHECK_ERROR(coil_executor_shutdown(executor, 0), COIL_OK);
}

TEST(a_job_gives_its_error_to_each_reader)
{
	coil_executor *executor = one_thread();
	coil_concurrent_future *f = coil_executor_submit(executor, fails, (void *)3);
	coil_result r = coil_concurrent_future_result(f, -1), e;

	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), "no 3");
	CHECK_STR(coil_error_site(r)->function, "fails");
	CHECK_ERROR(coil_concurrent_future_exception(f, 0, &e), COIL_OK);
	CHECK_ERROR(e, COIL_VALUE);
	CHECK(e.exception != r.exception);
	coil_release(f);
	coil_executor_shutdown(executor, 0);
	CHECK_STR(coil_error_message(r), "no 3"); /* ours: the thread is gone */
}

static coil_result gives_bytes(void *text)
{
	return coil_bytes(text, strlen(text) + 1);
}

static coil_result sleeps_a_bit(void *unused)
{
	coil_sleep(1e-4);
	return coil_raise(COIL_KEY, "k");
}

static coil_result gathers(void *unused)
{
	return coil_await(coil_gather_return_exceptions(coil_coro(sleeps_a_bit, NULL),
							coil_coro(twice, (void *)4)));
}

static coil_result runs_a_loop(void *unused)
{
	return coil_run(coil_coro(gathers, NULL));
}

TEST(bytes_and_lists_cross_as_copies)
{
	coil_executor *executor = one_thread();
	coil_concurrent_future *f = coil_executor_submit(executor, gives_bytes, "text");
	coil_result r = coil_concurrent_future_result(f, -1);
	const coil_list *list;

	CHECK_STR(r.value, "text");
	CHECK_INT(coil_bytes_size(r.value), 5);
	coil_release(f);
	f = coil_executor_submit(executor, runs_a_loop, NULL);
	list = coil_concurrent_future_result(f, -1).value;
	coil_release(f);
	coil_executor_shutdown(executor, 0);
	REQUIRE(list);
	CHECK_STR(coil_error_message(list->items[0]), "k");
	CHECK_INT(list->items[1].number, 8);
}

TEST(result_with_a_time_limit)
{
	coil_executor *executor = one_thread();
	struct gate gate;
	coil_concurrent_future *f;
	coil_result e;

	gate_init(&gate);
	f = coil_executor_submit(executor, wait_at, &gate);
	CHECK_ERROR(coil_concurrent_future_result(f, 0), COIL_TIMEOUT);
	CHECK_ERROR(coil_concurrent_future_result(f, 0.01), COIL_TIMEOUT);
	CHECK_ERROR(coil_concurrent_future_exception(f, 0.001, &e), COIL_TIMEOUT);
	await_reached(&gate);
	CHECK(coil_concurrent_future_running(f));
	CHECK(!coil_concurrent_future_cancel(f));
	open_gate(&gate);
	CHECK_INT(coil_concurrent_future_result(f, 1e300).number, 7);
	coil_release(f);
	coil_executor_shutdown(executor, 0);
}

TEST(a_job_that_has_not_begun_is_cancelled)
{
	coil_executor *executor = one_thread();
	struct gate gate;
	coil_concurrent_future *running, *waiting;
	coil_result e;

	gate_init(&gate);
	running = coil_executor_submit(executor, wait_at, &gate);
	waiting = coil_executor_submit(executor, count_one, NULL);
	CHECK(!coil_concurrent_future_running(waiting));
	CHECK(coil_concurrent_future_cancel(waiting));
	CHECK(coil_concurrent_future_cancel(waiting)); /* as in Python, it is */
	CHECK(coil_concurrent_future_cancelled(waiting));
	CHECK(coil_concurrent_future_done(waiting));
	CHECK_ERROR(coil_concurrent_future_result(waiting, -1), COIL_CANCELLED);
	CHECK_ERROR(coil_concurrent_future_exception(waiting, -1, &e), COIL_CANCELLED);
	open_gate(&gate);
	coil_release(running);
	coil_release(waiting);
	coil_executor_shutdown(executor, 0);
	CHECK_INT(count, 0);
}

/* ---- callbacks --------------------------------------------------------- */

static coil_result note_done(coil_concurrent_future *f, void *word)
{
	note("%s%d", (char *)word, coil_concurrent_future_done(f));
	return coil_ok(NULL);
}

static coil_result raises(coil_concurrent_future *f, void *unused)
{
	return coil_raise(COIL_KEY, "oops");
}

TEST(callbacks_are_called_in_order_also_after_one_that_raises)
{
	coil_executor *executor = one_thread();
	struct gate gate;
	coil_concurrent_future *f;
	char *text;

	gate_init(&gate);
	f = coil_executor_submit(executor, wait_at, &gate);
	CHECK_ERROR(coil_concurrent_future_add_done_callback(f, note_done, "a"), COIL_OK);
	CHECK_ERROR(coil_concurrent_future_add_done_callback(f, raises, NULL), COIL_OK);
	CHECK_ERROR(coil_concurrent_future_add_done_callback(f, note_done, "b"), COIL_OK);
	CHECK_ERROR(coil_concurrent_future_add_done_callback(f, NULL, NULL), COIL_TYPE);
	text = CAPTURE_STDERR({
		open_gate(&gate);
		coil_executor_shutdown(executor, 0);
	});
	CHECK_LOG("a1 b1");
	CHECK_HAS(text, "exception calling callback: KeyError: oops");
	CHECK_ERROR(coil_concurrent_future_add_done_callback(f, note_done, "c"), COIL_OK);
	CHECK_LOG("c1"); /* at once */
	coil_release(f);
}

static coil_result note_number(coil_concurrent_future *f, void *unused)
{
	note("%d", (int)coil_concurrent_future_result(f, 0).number);
	return coil_ok(NULL);
}

TEST(a_callback_sees_a_future_that_the_program_has_let_go)
{
	coil_executor *executor = one_thread();
	struct gate gate;
	coil_concurrent_future *f;

	gate_init(&gate);
	f = coil_executor_submit(executor, wait_at, &gate);
	coil_concurrent_future_add_done_callback(f, note_number, NULL);
	coil_release(f);
	open_gate(&gate);
	coil_executor_shutdown(executor, 0);
	CHECK_LOG("7");
}

/* ---- references -------------------------------------------------------- */

static coil_concurrent_future *shared;

static void *retain_and_release(void *unused)
{
	for (int i = 0; i < 2000; i++) {
		coil_retain(shared);
		if (i % 100 == 0)
			coil_concurrent_future_done(shared);
		coil_release(shared);
	}
	coil_release(shared);
	return NULL;
}

static void *reads(void *unused)
{
	coil_result r = coil_concurrent_future_result(shared, -1);

	CHECK_STR(coil_error_message(r), "no 5");
	coil_release(shared);
	return NULL;
}

static void by_threads(coil_executor *executor, void *(*function)(void *))
{
	pthread_t threads[4];
	struct gate gate;
	coil_concurrent_future *first;

	gate_init(&gate);
	first = coil_executor_submit(executor, wait_at, &gate);
	shared = coil_executor_submit(executor, fails, (void *)5);
	for (int i = 0; i < 4; i++) {
		coil_retain(shared);
		CHECK_INT(pthread_create(&threads[i], NULL, function, NULL), 0);
	}
	open_gate(&gate);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	coil_concurrent_future_result(shared, -1);
	coil_release(shared);
	coil_release(first);
}

TEST(many_threads_hold_and_wait_for_one)
{
	coil_executor *executor = one_thread();

	by_threads(executor, retain_and_release);
	by_threads(executor, reads);
	coil_executor_shutdown(executor, 0);
}

TEST(misuse_is_told)
{
	coil_executor *executor = one_thread();
	coil_concurrent_future *f = coil_executor_submit(executor, twice, NULL);
	char *text;

	coil_concurrent_future_result(f, -1);
	coil_executor_shutdown(executor, 0);
	coil_release(f);
	text = CAPTURE_STDERR({
		CHECK_ERROR(coil_concurrent_future_result(f, 0), COIL_INVALID_HANDLE);
		CHECK(!coil_concurrent_future_cancel(f));
		CHECK_ERROR(coil_concurrent_future_result((void *)executor, 0),
			    COIL_INVALID_HANDLE);
		coil_release(f);
	});
	CHECK_HAS(text, "long before");
}

TEST(a_borrowed_one_is_not_released)
{
	coil_executor *executor = one_thread();
	struct gate gate;
	coil_concurrent_future *f;

	gate_init(&gate);
	f = coil_executor_submit(executor, wait_at, &gate);
	coil_release(f);
	CHECK_HAS(CAPTURE_STDERR({ coil_release(f); }),
		  "this concurrent future is borrowed, not owned");
	open_gate(&gate);
	coil_executor_shutdown(executor, 0);
}
