/* SPDX-License-Identifier: MIT
 *
 * What a recording says of the things that tasks share.
 */
#include <coil.h>
#include "journal.h"
#include "trace/check.h"
#include "trace/reader.h"

static void complain(const struct coil__violation *violation, void *arg)
{
	(void)arg;
	CHECK_STR(coil__law_name(violation->law), "");
}

static void note_event(const struct coil__reader *reader, const struct coil__event *event)
{
	const char *tag = coil__event_tag(event->type, event->tag);

	switch (event->type) {
	case TRACE_RESOURCE_CREATED:
		note("new:%s=%d", coil__reader_site(reader, event->as.RESOURCE_CREATED.site)->callee,
		     (int)event->as.RESOURCE_CREATED.value);
		break;
	case TRACE_RESOURCE_CHANGED:
		note("%s=%d", tag, (int)event->as.RESOURCE_CHANGED.value);
		break;
	case TRACE_FUTURE_CREATED:
		if (event->as.FUTURE_CREATED.resource)
			note("[%s]", tag);
	}
}

/* Notes what became of every resource, and that no law is broken. */
static void note_recording(const char *path)
{
	char *error = NULL;
	struct coil__reader *reader = coil__reader_open(path, &error);
	struct coil__check *check = coil__check_create(complain, NULL);
	struct coil__event event;

	CHECK_STR(error, NULL);
	REQUIRE(reader && check);
	while (coil__reader_next(reader, &event)) {
		coil__check_event(check, &event);
		note_event(reader, &event);
	}
	CHECK_STR(coil__reader_error(reader), NULL);
	coil__check_destroy(check);
	coil__reader_close(reader);
}

static void record(coil_function main)
{
	const char *path = test_path("sync.trace");

	CHECK_ERROR(coil_trace_start(path), COIL_OK);
	run_virtual(main);
	coil_trace_stop();
	note_recording(path);
}

/* ---- each of them ---------------------------------------------------------------------- */

static coil_event *event;
static coil_lock *lock;
static coil_condition *condition;
static coil_semaphore *semaphore;
static coil_barrier *barrier;
static coil_queue *queue;

static coil_result with_lock(void *unused)
{
	coil_lock_acquire(lock);
	coil_sleep(0);
	return coil_lock_release(lock);
}

static coil_result two_locks(void *unused)
{
	lock = coil_lock_new();
	coil_await(coil_gather(coil_coro(with_lock, NULL), coil_coro(with_lock, NULL)));
	coil_release(lock);
	return coil_ok(NULL);
}

TEST(a_lock)
{
	record(two_locks);
	CHECK_LOG("new:Lock=0 acquire=1 [lock] release=0 acquire=1 release=0");
}

static coil_result wait_event(void *unused)
{
	return coil_event_wait(event);
}

static coil_result set_and_clear(void *unused)
{
	coil_task *task = coil_create_task(coil_coro(wait_event, NULL));

	event = coil_event_new();
	coil_sleep(0);
	coil_event_clear(event);
	coil_event_set(event);
	coil_event_set(event);
	coil_event_clear(event);
	coil_await(task);
	coil_release(event);
	return coil_ok(NULL);
}

TEST(an_event)
{
	record(set_and_clear);
	CHECK_LOG("new:Event=0 [event] set=1 clear=0");
}

static coil_result wait_news(void *unused)
{
	coil_condition_acquire(condition);
	coil_condition_wait(condition);
	return coil_condition_release(condition);
}

static coil_result notify(void *unused)
{
	coil_task *a = coil_create_task(coil_coro(wait_news, NULL));
	coil_task *b = coil_create_task(coil_coro(wait_news, NULL));

	condition = coil_condition_new(NULL);
	coil_sleep(0);
	coil_condition_acquire(condition);
	coil_condition_notify(condition, 1);
	coil_condition_notify(condition, 3);
	coil_sleep(0);
	coil_condition_release(condition);
	coil_await(a);
	coil_await(b);
	coil_release(condition);
	return coil_ok(NULL);
}

TEST(a_condition_and_its_lock)
{
	record(notify);
	CHECK_LOG("new:Condition=0 new:Condition=0 "
		  "acquire=1 [condition] release=0 acquire=1 [condition] release=0 "
		  "acquire=1 notify=1 notify=0 [lock] [lock] release=0 "
		  "acquire=1 release=0 acquire=1 release=0");
}

static coil_result take_token(void *unused)
{
	return coil_semaphore_acquire(semaphore);
}

static coil_result tokens(void *unused)
{
	coil_task *task;

	semaphore = coil_semaphore_new(1);
	coil_semaphore_acquire(semaphore);
	task = coil_create_task(coil_coro(take_token, NULL));
	coil_sleep(0);
	coil_semaphore_release(semaphore);
	coil_task_cancel(task);
	coil_await(task);
	coil_release(semaphore);
	return coil_ok(NULL);
}

TEST(a_semaphore_and_a_token_that_comes_back)
{
	record(tokens);
	CHECK_LOG("new:Semaphore=1 acquire=0 [semaphore] release=1 acquire=0 release=1");
}

static coil_result arrive(void *unused)
{
	return coil_barrier_wait(barrier);
}

static coil_result meet(void *unused)
{
	barrier = coil_barrier_new(2);
	coil_await(coil_gather(coil_coro(arrive, NULL), coil_coro(arrive, NULL)));
	coil_barrier_abort(barrier);
	coil_barrier_reset(barrier);
	coil_release(barrier);
	return coil_ok(NULL);
}

TEST(a_barrier_whose_own_lock_is_not_seen)
{
	record(meet);
	CHECK_LOG("new:Barrier=2 arrive=1 [barrier] arrive=2 drain=2 leave=1 "
		  "leave=0 abort=0 reset=0");
}

static coil_result consume(void *unused)
{
	for (int i = 0; i < 3; i++) {
		coil_queue_get(queue);
		coil_queue_task_done(queue);
	}
	return coil_ok(NULL);
}

static coil_result produce(void *unused)
{
	coil_task *task = coil_create_task(coil_coro(consume, NULL));

	queue = coil_queue_new(1);
	coil_sleep(0);
	for (int i = 0; i < 3; i++)
		coil_queue_put(queue, NULL);
	coil_queue_join(queue);
	coil_await(task);
	coil_queue_shutdown(queue, false);
	coil_release(queue);
	return coil_ok(NULL);
}

TEST(a_queue)
{
	record(produce);
	CHECK_LOG("new:Queue=1 [queue-get] put=1 [queue-put] get=0 task-done=0 [queue-get] "
		  "put=1 [queue-put] get=0 task-done=0 [queue-get] put=1 [queue-join] get=0 "
		  "task-done=0 shutdown=0");
}

/* ---- recordings that do not begin with it --------------------------------------------------- */

TEST(what_was_made_before_is_said_when_it_is_used_and_once_in_each_recording)
{
	const char *path = test_path("late.trace");
	coil_semaphore *unused = coil_semaphore_new(1);

	semaphore = coil_semaphore_new(3);
	for (int i = 0; i < 2; i++) {
		CHECK_ERROR(coil_trace_start(path), COIL_OK);
		coil_semaphore_release(semaphore);
		coil_semaphore_release(semaphore);
		coil_trace_stop();
		note_recording(path);
	}
	CHECK_LOG("new:Semaphore=3 release=4 release=5 new:Semaphore=3 release=6 release=7");
	coil_release(semaphore);
	coil_release(unused);
}
