/* SPDX-License-Identifier: MIT
 *
 * What tasks share belongs to one loop, and outlives it.
 */
#include "journal.h"

/* ---- a second loop ----------------------------------------------------------------------- */

static coil_event *event;
static coil_lock *lock;
static coil_condition *condition;
static coil_semaphore *semaphore;
static coil_barrier *barrier;
static coil_queue *queue;

static coil_result wait_event(void *unused)
{
	return coil_event_wait(event);
}

static coil_result wait_lock(void *unused)
{
	return coil_lock_acquire(lock);
}

static coil_result wait_condition(void *unused)
{
	coil_result r = coil_condition_acquire(condition);

	return r.error ? r : coil_condition_wait(condition);
}

static coil_result wait_semaphore(void *unused)
{
	return coil_semaphore_acquire(semaphore);
}

static coil_result wait_barrier(void *unused)
{
	return coil_barrier_wait(barrier);
}

static coil_result wait_get(void *unused)
{
	return coil_queue_get(queue);
}

static const coil_function waits[] = {
	wait_event, wait_lock, wait_condition, wait_semaphore, wait_barrier, wait_get,
};
#define WAITS (sizeof(waits) / sizeof(waits[0]))

static void make_all(void)
{
	event = coil_event_new();
	lock = coil_lock_new();
	condition = coil_condition_new(NULL);
	semaphore = coil_semaphore_new(0);
	barrier = coil_barrier_new(2);
	queue = coil_queue_new(1);
}

static void release_all(void)
{
	coil_release(event);
	coil_release(lock);
	coil_release(condition);
	coil_release(semaphore);
	coil_release(barrier);
	coil_release(queue);
}

/* Leaves a task in every line, and one more that has been woken. */
static coil_result wait_for_all(void *unused)
{
	coil_lock_acquire(lock);
	for (size_t i = 0; i < 2 * WAITS; i++)
		coil_create_task(coil_coro(waits[i % WAITS], NULL));
	coil_sleep(0);
	return coil_ok(NULL);
}

static coil_result check_bound(void *unused)
{
	static const char *const names[] = {
		"Event", "Lock", "Condition", "Semaphore", "Barrier", "Queue",
	};

	for (size_t i = 0; i < WAITS; i++) {
		coil_result r = waits[i](NULL);

		CHECK_ERROR(r, COIL_RUNTIME);
		CHECK_STR(coil_error_message(r),
			  text("<coil.%s> is bound to a different event loop", names[i]));
	}
	return coil_ok(NULL);
}

static void run_and_close(coil_function main)
{
	coil_loop *loop = virtual_loop();

	CHECK_ERROR(coil_loop_run_until_complete(loop, coil_coro(main, NULL)), COIL_OK);
	CAPTURE_STDERR({ coil_loop_close(loop); });
}

TEST(E33_a_second_loop_cannot_wait_for_it)
{
	coil_loop *first, *second;

	make_all();
	first = virtual_loop();
	second = virtual_loop();
	coil_loop_run_until_complete(first, coil_coro(wait_for_all, NULL));
	coil_loop_run_until_complete(second, coil_coro(check_bound, NULL));
	coil_loop_close(second);
	CAPTURE_STDERR({ coil_loop_close(first); });
	release_all();
}

/* ---- after the loop ------------------------------------------------------------------------ */

static coil_result use_all(void *unused)
{
	CHECK_ERROR(coil_event_set(event), COIL_OK);
	CHECK_ERROR(coil_event_wait(event), COIL_OK);
	CHECK_ERROR(coil_lock_release(lock), COIL_OK);
	CHECK_ERROR(coil_lock_acquire(lock), COIL_OK);
	CHECK_ERROR(coil_lock_release(lock), COIL_OK);
	coil_condition_acquire(condition);
	CHECK_ERROR(coil_condition_notify_all(condition), COIL_OK);
	CHECK_ERROR(coil_condition_release(condition), COIL_OK);
	CHECK_ERROR(coil_semaphore_release(semaphore), COIL_OK);
	CHECK_ERROR(coil_semaphore_acquire(semaphore), COIL_OK);
	CHECK_ERROR(coil_barrier_reset(barrier), COIL_OK);
	CHECK_ERROR(coil_queue_put(queue, NULL), COIL_OK);
	CHECK_ERROR(coil_queue_get(queue), COIL_OK);
	CHECK_ERROR(coil_queue_task_done(queue), COIL_OK);
	CHECK_ERROR(coil_queue_join(queue), COIL_OK);
	return coil_ok(NULL);
}

TEST(what_a_closed_loop_left_waiting_is_forgotten)
{
	make_all();
	run_and_close(wait_for_all);
	run_and_close(use_all);
	release_all();
}

/* The waiters were the last to keep them. */
static coil_result wait_and_release(void *unused)
{
	wait_for_all(NULL);
	release_all();
	return coil_ok(NULL);
}

TEST(released_while_they_are_waited_for_they_go_with_the_loop)
{
	for (int i = 0; i < 100; i++) {
		make_all();
		run_and_close(wait_and_release);
		CHECK(coil_last_error().error == COIL_OK);
	}
}

/* Woken, and the loop is closed before they go on. */
static coil_result wake_and_leave(void *unused)
{
	wait_for_all(NULL);
	coil_event_set(event);
	coil_lock_release(lock);
	coil_condition_acquire(condition);
	coil_condition_notify_all(condition);
	coil_condition_release(condition);
	coil_semaphore_release(semaphore);
	coil_queue_put_nowait(queue, NULL);
	return coil_ok(NULL);
}

/* Not through run_until_complete, which lets them go on before it returns. */
static coil_result wake_and_stop(void *loop)
{
	coil_result r = wake_and_leave(NULL);

	coil_loop_stop(loop);
	return r;
}

TEST(woken_but_their_loop_does_not_go_on)
{
	coil_loop *loop = virtual_loop();

	make_all();
	coil_loop_create_task(loop, coil_coro(wake_and_stop, loop));
	CHECK_ERROR(coil_loop_run_forever(loop), COIL_OK);
	CAPTURE_STDERR({ coil_loop_close(loop); });
	CHECK(!coil_lock_locked(lock));
	CHECK_INT(coil_queue_qsize(queue), 1);
	release_all();
}

/* A task that waits keeps it, and nothing is touched after the last has gone on. */
static coil_result last_one(void *unused)
{
	coil_result r = coil_event_wait(event);

	note("%s", coil_error_name(r.error));
	return coil_ok(NULL);
}

static coil_result set_and_release(void *unused)
{
	coil_task *a = coil_create_task(coil_coro(last_one, NULL));
	coil_task *b = coil_create_task(coil_coro(last_one, NULL));

	coil_sleep(0);
	coil_event_set(event);
	coil_release(event);
	coil_await(a);
	coil_await(b);
	return coil_ok(NULL);
}

TEST(released_by_who_woke_them)
{
	event = coil_event_new();
	run_virtual(set_and_release);
	CHECK_LOG("OK OK");
}

static bool let_go(void *times)
{
	if (++*(int *)times == 1)
		coil_release(condition);
	return *(int *)times == 2;
}

static coil_result cancelled_later(void *unused)
{
	int times = 0;

	coil_condition_acquire(condition);
	return coil_condition_wait_for(condition, let_go, &times);
}

static coil_result cancel_it(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(cancelled_later, NULL));

	coil_sleep(0);
	coil_task_cancel(t);
	CHECK_ERROR(coil_await(t), COIL_CANCELLED);
	return coil_ok(NULL);
}

TEST(a_condition_that_its_predicate_releases)
{
	condition = coil_condition_new(NULL);
	run_virtual(cancel_it);
}
