/* SPDX-License-Identifier: MIT
 *
 * The n-th allocation fails, for every n: each call gives an error or success, and
 * locks, tokens and items are where they should be.
 */
#include <coil.h>
#include "faults.h"
#include "harness.h"

static bool is_scarce(coil_result r)
{
	return r.error == COIL_MEMORY || r.error == COIL_OS;
}

static void check_scarce(coil_result r)
{
	CHECK(r.error == COIL_OK || is_scarce(r));
}

/* As many tasks of BODY as there is memory for, all of them awaited. */
static coil_result run_tasks(coil_function body, int count)
{
	coil_awaitable *all[64];
	coil_result first = coil_ok(NULL);

	for (int i = 0; i < count; i++)
		all[i] = coil_create_task(coil_coro(body, (void *)(intptr_t)i));
	for (int i = 0; i < count; i++) {
		coil_result r = all[i] ? coil_await(all[i]) : coil_ok(NULL);

		check_scarce(r);
		if (r.error)
			first = r;
	}
	return first;
}

/* ---- lock: never two at a time, and free in the end -------------------------------- */

static coil_lock *lock;
static int inside;

static coil_result critical(void *unused)
{
	coil_result r = coil_lock_acquire(lock);

	if (r.error)
		return r;
	CHECK_INT(++inside, 1);
	r = coil_sleep(0);
	inside--;
	CHECK_INT((coil_lock_release(lock)).error, COIL_OK);
	return r;
}

static coil_result lock_main(void *unused)
{
	lock = coil_lock_new();
	if (!lock)
		return coil_last_error();
	run_tasks(critical, 20);
	CHECK(!coil_lock_locked(lock));
	coil_release(lock);
	return coil_ok(NULL);
}

/* ---- condition: held after each wait, with or without success ----------------------- */

static coil_condition *condition;
static bool opened;

static bool is_open(void *unused)
{
	return opened;
}

static coil_result wait_open(void *unused)
{
	coil_result r = coil_condition_acquire(condition), waited;

	if (r.error)
		return r;
	waited = coil_condition_wait_for(condition, is_open, NULL);
	CHECK(coil_condition_locked(condition));
	CHECK_INT(++inside, 1);
	r = coil_sleep(0);
	inside--;
	CHECK_INT((coil_condition_release(condition)).error, COIL_OK);
	return waited.error ? waited : r;
}

static coil_result open_up(void *unused)
{
	coil_result r = coil_sleep(1);

	while (!r.error && (r = coil_condition_acquire(condition)).error == COIL_MEMORY)
		r = coil_sleep(1);
	opened = true;
	if (r.error)
		return r;
	coil_condition_notify_all(condition);
	return coil_condition_release(condition);
}

static coil_result condition_main(void *unused)
{
	coil_task *opener;

	opened = false;
	condition = coil_condition_new(NULL);
	if (!condition)
		return coil_last_error();
	opener = coil_create_task(coil_coro(open_up, NULL));
	opened = !opener;
	run_tasks(wait_open, 10);
	if (opener)
		check_scarce(coil_await(opener));
	CHECK(!coil_condition_locked(condition));
	coil_release(condition);
	return coil_ok(NULL);
}

/* ---- semaphore: all its tokens are there in the end ---------------------------------- */

static coil_semaphore *semaphore;

static coil_result with_token(void *unused)
{
	coil_result r = coil_semaphore_acquire(semaphore);

	if (r.error)
		return r;
	CHECK(++inside <= 2);
	r = coil_sleep(0);
	inside--;
	CHECK_INT((coil_semaphore_release(semaphore)).error, COIL_OK);
	return r;
}

static coil_result semaphore_main(void *unused)
{
	semaphore = coil_bounded_semaphore_new(2);
	if (!semaphore)
		return coil_last_error();
	run_tasks(with_token, 20);
	CHECK_INT((coil_semaphore_acquire(semaphore)).error, COIL_OK);
	CHECK_INT((coil_semaphore_acquire(semaphore)).error, COIL_OK);
	coil_release(semaphore);
	return coil_ok(NULL);
}

/* ---- event, barrier ------------------------------------------------------------------ */

static coil_event *event;
static coil_barrier *barrier;

static coil_result arrive(void *unused)
{
	coil_result r = coil_event_wait(event);

	if (r.error == COIL_OK)
		r = coil_barrier_wait(barrier);
	if (is_scarce(r)) /* one too few: the others are let go */
		check_scarce(coil_barrier_abort(barrier));
	return r.error == COIL_BROKEN_BARRIER ? coil_ok(NULL) : r;
}

static coil_result set_event(void *unused)
{
	return coil_event_set(event);
}

static coil_result barrier_main(void *unused)
{
	event = coil_event_new();
	barrier = coil_barrier_new(1);
	if (event && barrier) {
		if (!coil_loop_call_soon(coil_get_running_loop(), set_event, NULL))
			coil_event_set(event);
		run_tasks(arrive, 3);
		check_scarce(coil_barrier_reset(barrier));
		CHECK_INT(coil_barrier_n_waiting(barrier), 0);
	}
	coil_release(event);
	coil_release(barrier);
	return coil_ok(NULL);
}

/* ---- queues: what was put, and nothing else, is got ------------------------------------ */

static coil_queue *queue;
static int put, got;

static int compare(const void *a, const void *b)
{
	return (int)((intptr_t)a - (intptr_t)b);
}

static coil_result produce(void *unused)
{
	for (intptr_t i = 1; i <= 20; i++) {
		coil_result r = coil_queue_put(queue, (void *)i);

		check_scarce(r);
		put += !r.error;
	}
	return coil_ok(NULL);
}

static coil_result consume(void *unused)
{
	for (;;) {
		coil_result r = coil_queue_get(queue);

		if (r.error == COIL_QUEUE_SHUT_DOWN)
			return coil_ok(NULL);
		check_scarce(r);
		got += !r.error;
		if (!r.error)
			CHECK_INT((coil_queue_task_done(queue)).error, COIL_OK);
	}
}

static coil_result queue_body(void)
{
	coil_task *consumer;

	if (!queue)
		return coil_last_error();
	put = got = 0;
	consumer = coil_create_task(coil_coro(consume, NULL));
	if (consumer)
		run_tasks(produce, 3);
	coil_queue_shutdown(queue, false);
	if (consumer)
		check_scarce(coil_await(consumer));
	CHECK_INT(got, put);
	CHECK_INT((coil_queue_join(queue)).error, COIL_OK);
	coil_release(queue);
	return coil_ok(NULL);
}

static coil_result fifo_main(void *unused)
{
	queue = coil_queue_new(3);
	return queue_body();
}

static coil_result unlimited_main(void *unused)
{
	queue = coil_lifo_queue_new(0);
	return queue_body();
}

static coil_result priority_main(void *unused)
{
	queue = coil_priority_queue_new(0, compare);
	return queue_body();
}

/* ---- every n ----------------------------------------------------------------------------- */

static void run(void *main)
{
	coil_loop *loop = coil_new_event_loop();

	if (!loop) {
		check_scarce(coil_last_error());
		return;
	}
	inside = 0;
	check_scarce(coil_loop_run_until_complete(loop,
		coil_coro((coil_function)(uintptr_t)main, NULL)));
	coil_loop_close(loop);
}

#define EVERY(name, main)                                                      \
	TEST(name, .seconds = 120)                                             \
	{                                                                      \
		CHECK(faults_every(FAULT_MEMORY, run, (void *)(uintptr_t)main) > 0); \
	}

EVERY(memory_fails_around_a_lock, lock_main)
EVERY(memory_fails_around_a_condition, condition_main)
EVERY(memory_fails_around_a_semaphore, semaphore_main)
EVERY(memory_fails_around_events_and_barriers, barrier_main)
EVERY(memory_fails_in_a_queue, fifo_main)
EVERY(memory_fails_in_a_queue_without_limit, unlimited_main)
EVERY(memory_fails_in_a_priority_queue, priority_main)

/* Memory is gone when the lock has to be got back: no matter. */
static coil_result waits(void *unused)
{
	coil_result r;

	CHECK_INT((coil_condition_acquire(condition)).error, COIL_OK);
	r = coil_condition_wait(condition);
	CHECK(coil_condition_locked(condition));
	CHECK_INT((coil_condition_release(condition)).error, COIL_OK);
	return r;
}

static coil_result no_memory_to_come_back(void *unused)
{
	coil_task *t, *u;

	condition = coil_condition_new(NULL);
	t = coil_create_task(coil_coro(waits, NULL));
	u = coil_create_task(coil_coro(waits, NULL));
	coil_sleep(0);
	coil_condition_acquire(condition);
	coil_condition_notify_all(condition);
	faults_fail_from(FAULT_MEMORY, 1);
	coil_sleep(0);
	coil_sleep(0);
	coil_condition_release(condition);
	CHECK_INT(coil_await(t).error, COIL_OK);
	CHECK_INT(coil_await(u).error, COIL_OK);
	faults_clear();
	coil_release(condition);
	return coil_ok(NULL);
}

TEST(the_way_back_from_a_condition_needs_no_memory)
{
	run((void *)(uintptr_t)no_memory_to_come_back);
}

/* An item that there is no room for is not in the queue. */
TEST(what_cannot_be_put_is_not_put)
{
	coil_queue *q = coil_queue_new(0);
	intptr_t in = 0;

	faults_fail_from(FAULT_MEMORY, 1);
	CHECK_INT(coil_queue_put_nowait(q, q).error, COIL_MEMORY);
	faults_clear();
	while (in < 8)
		CHECK_INT((coil_queue_put_nowait(q, (void *)++in)).error, COIL_OK);
	coil_queue_get_nowait(q);
	CHECK_INT((coil_queue_put_nowait(q, (void *)++in)).error, COIL_OK);
	faults_fail_from(FAULT_MEMORY, 1);
	CHECK_INT(coil_queue_put_nowait(q, q).error, COIL_MEMORY);
	faults_clear();
	CHECK_INT(coil_queue_qsize(q), 8);
	CHECK_INT((coil_queue_put_nowait(q, (void *)++in)).error, COIL_OK);
	for (intptr_t i = 2; i <= in; i++)
		CHECK_INT(coil_queue_get_nowait(q).number, i);
	coil_release(q);
}
