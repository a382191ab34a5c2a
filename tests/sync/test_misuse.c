/* SPDX-License-Identifier: MIT
 *
 * What is wrong with a call is said: handles that are stale or of another kind, calls
 * outside of a task.
 */
#include "journal.h"

#define CHECK_REFUSED(call, code, said)                                        \
	do {                                                                   \
		coil_result refused_;                                          \
		char *text_ = CAPTURE_STDERR({ refused_ = (call); });          \
		CHECK_ERROR(refused_, code);                                   \
		CHECK_HAS(text_, said);                                        \
	} while (0)

/* ---- handles -------------------------------------------------------------------------- */

static coil_result every_call(void *handle)
{
	coil_event *event = handle;
	coil_lock *lock = handle;
	coil_condition *condition = handle;
	coil_semaphore *semaphore = handle;
	coil_barrier *barrier = handle;
	coil_queue *queue = handle;
	const coil_result results[] = {
		coil_event_wait(event), coil_event_set(event), coil_event_clear(event),
		coil_lock_acquire(lock), coil_lock_release(lock),
		coil_condition_acquire(condition), coil_condition_release(condition),
		coil_condition_wait(condition), coil_condition_wait_for(condition, NULL, NULL),
		coil_condition_notify(condition, 1), coil_condition_notify_all(condition),
		coil_semaphore_acquire(semaphore), coil_semaphore_release(semaphore),
		coil_barrier_wait(barrier), coil_barrier_reset(barrier),
		coil_barrier_abort(barrier), coil_queue_put(queue, NULL),
		coil_queue_get(queue), coil_queue_put_nowait(queue, NULL),
		coil_queue_get_nowait(queue), coil_queue_task_done(queue),
		coil_queue_join(queue), coil_queue_shutdown(queue, true),
	};

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		note("%s", coil_error_name(results[i].error));
	CHECK(!coil_event_is_set(event) && !coil_lock_locked(lock) &&
	      !coil_condition_locked(condition) && !coil_semaphore_locked(semaphore) &&
	      !coil_barrier_broken(barrier) && !coil_queue_empty(queue) &&
	      !coil_queue_full(queue));
	CHECK_INT(coil_barrier_parties(barrier) + coil_barrier_n_waiting(barrier) +
		  coil_queue_qsize(queue) + coil_queue_maxsize(queue), 0);
	return coil_ok(NULL);
}

static void check_all(void *handle, const char *error)
{
	char *said = CAPTURE_STDERR({ every_call(handle); });
	char word[40], *log = text("%s", log_take());
	int used, n = 0;

	for (; sscanf(log, "%39s%n", word, &used) == 1; log += used, n++)
		CHECK_STR(word, error);
	CHECK_INT(n, 23);
	CHECK_HAS(said, "event.wait");
	CHECK_HAS(said, "queue.full");
}

TEST(a_stale_handle)
{
	coil_event *event = coil_event_new();

	coil_release(event);
	check_all(event, "InvalidHandleError");
}

TEST(a_handle_of_another_kind)
{
	coil_loop *loop = virtual_loop();
	coil_future *future = coil_loop_create_future(loop);

	check_all(future, "TypeError");
	coil_release(future);
	coil_loop_close(loop);
}

TEST(condition_of_what_is_no_lock)
{
	coil_event *event = coil_event_new();

	CAPTURE_STDERR({ CHECK(!coil_condition_new((coil_lock *)event)); });
	CHECK_ERROR(coil_last_error(), COIL_TYPE);
	CHECK_HAS(coil_error_message(coil_last_error()), "lock was expected");
	coil_release(event);
}

static coil_result no_predicate(void *unused)
{
	coil_condition *c = coil_condition_new(NULL);

	coil_condition_acquire(c);
	CHECK_REFUSED(coil_condition_wait_for(c, NULL, NULL), COIL_TYPE, "predicate");
	coil_release(c);
	return coil_ok(NULL);
}

TEST(a_predicate_that_is_missing)
{
	run_virtual(no_predicate);
}

/* ---- outside of a task ------------------------------------------------------------------ */

TEST(outside_of_a_task)
{
	coil_event *event = coil_event_new();
	coil_lock *lock = coil_lock_new();
	coil_condition *condition = coil_condition_new(lock);
	coil_semaphore *semaphore = coil_semaphore_new(1);
	coil_barrier *barrier = coil_barrier_new(1);
	coil_queue *queue = coil_queue_new(1);

	CHECK_REFUSED(coil_event_wait(event), COIL_RUNTIME, "event.wait outside of a task");
	CHECK_REFUSED(coil_lock_acquire(lock), COIL_RUNTIME, "lock.acquire outside");
	CHECK_REFUSED(coil_condition_acquire(condition), COIL_RUNTIME, "outside of a task");
	CHECK_REFUSED(coil_condition_wait(condition), COIL_RUNTIME, "outside of a task");
	CHECK_REFUSED(coil_semaphore_acquire(semaphore), COIL_RUNTIME, "outside of a task");
	CHECK_REFUSED(coil_barrier_wait(barrier), COIL_RUNTIME, "outside of a task");
	CHECK_REFUSED(coil_barrier_reset(barrier), COIL_RUNTIME, "outside of a task");
	CHECK_REFUSED(coil_queue_put(queue, NULL), COIL_RUNTIME, "outside of a task");
	CHECK_REFUSED(coil_queue_get(queue), COIL_RUNTIME, "outside of a task");
	CHECK_REFUSED(coil_queue_join(queue), COIL_RUNTIME, "outside of a task");
	CHECK(!coil_lock_locked(lock));
	CHECK_ERROR(coil_queue_put_nowait(queue, event), COIL_OK);
	CHECK(coil_queue_get_nowait(queue).value == event);
	coil_release(event);
	coil_release(lock);
	coil_release(condition);
	coil_release(semaphore);
	coil_release(barrier);
	coil_release(queue);
}

/* ---- errors on their way ---------------------------------------------------------------- */

static coil_event *event;

static coil_result waits_here(void *unused)
{
	return coil_event_wait(event);
}

static coil_result cancelled_there(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(waits_here, NULL));
	FILE *file = tmpfile();
	char line[400] = "";
	size_t n;

	coil_sleep(0);
	coil_task_cancel(t, "enough of it");
	coil_print_exception(coil_await(t), file);
	rewind(file);
	n = fread(line, 1, sizeof(line) - 1, file);
	line[n] = '\0';
	CHECK_HAS(line, "waits_here");
	CHECK_HAS(line, "enough of it");
	fclose(file);
	return coil_ok(NULL);
}

TEST(a_cancellation_says_where_it_came_through)
{
	event = coil_event_new();
	run_virtual(cancelled_there);
	coil_release(event);
}
