/* SPDX-License-Identifier: MIT
 *
 * The log queue: a slow handler, which the test lets go on, and what is queued, dropped,
 * counted meanwhile.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include "base/log.h"
#include "faults.h"
#include "journal.h"

/* Writes a line of what it is given; begins and ends when told to. */
static int entered[2], go_on[2];
static int blocks;       /* does it wait */
static sigset_t mask;
static long thread_id;

static void slow(const coil_log_record *record, void *arg)
{
	char byte = 0;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	thread_id = syscall(SYS_gettid);
	if (__atomic_load_n(&blocks, __ATOMIC_SEQ_CST)) {
		CHECK_INT(write(entered[1], &byte, 1), 1);
		CHECK_INT(read(go_on[0], &byte, 1), 1);
	}
	note("%s", record->message);
	coil_log(COIL_LOG_CRITICAL, "what a handler logs is dropped");
}

static coil_log_queue *queue;

static void begin(size_t capacity, bool blocked)
{
	CHECK_INT(pipe(entered), 0);
	CHECK_INT(pipe(go_on), 0);
	__atomic_store_n(&blocks, blocked, __ATOMIC_SEQ_CST);
	queue = coil_log_queue_new(slow, NULL, capacity);
	CHECK(queue != NULL);
	coil_log_set_handler(coil_log_queue_handler, queue);
}

static void wait_entered(void)
{
	char byte;

	CHECK_INT(read(entered[0], &byte, 1), 1);
}

static void let_go(void)
{
	char byte = 0;

	__atomic_store_n(&blocks, 0, __ATOMIC_SEQ_CST);
	CHECK_INT(write(go_on[1], &byte, 1), 1);
}

static void end(void)
{
	coil_log_set_handler(NULL, NULL);
	coil_log_queue_close(queue);
	for (int i = 0; i < 2; i++) {
		close(entered[i]);
		close(go_on[i]);
	}
}

TEST(what_is_logged_is_written_in_order_by_another_thread)
{
	begin(10, false);
	for (int i = 0; i < 5; i++)
		coil_log(COIL_LOG_ERROR, "%d", i);
	coil_log(COIL_LOG_ERROR, "%02000d", 5);
	end();
	CHECK(thread_id != syscall(SYS_gettid));
	CHECK_HAS(log_text, "0 1 2 3 4 000");
	CHECK_INT(log_used, 9 + 1 + 2000);
}

TEST(what_does_not_fit_is_counted_and_told_of_in_its_place)
{
	begin(3, true);
	coil_log(COIL_LOG_ERROR, "a");
	wait_entered(); /* it is being written, and not in the ring any more */
	for (const char *c = "bcdXYZ"; *c; c++)
		coil_log(COIL_LOG_ERROR, "%c", *c);
	CHECK_INT(coil_log_queue_dropped(queue), 3);
	let_go();
	end();
	CHECK_LOG("a b c d 3 messages were dropped");
}

TEST(what_comes_after_the_drops_comes_after_their_count)
{
	begin(2, true);
	coil_log(COIL_LOG_ERROR, "a");
	wait_entered();
	coil_log(COIL_LOG_ERROR, "b");
	coil_log(COIL_LOG_ERROR, "c");
	coil_log(COIL_LOG_ERROR, "X");
	CHECK_INT(write(go_on[1], "", 1), 1);
	wait_entered(); /* b is being written: there is room for one */
	coil_log(COIL_LOG_ERROR, "d");
	coil_log(COIL_LOG_ERROR, "Y");
	coil_log(COIL_LOG_ERROR, "Z");
	CHECK_INT(coil_log_queue_dropped(queue), 3);
	let_go();
	end();
	CHECK_LOG("a b c 1 message was dropped d 2 messages were dropped");
}

/* The loop turns a thousand times while the handler is stuck. */
static coil_result chatter(void *left)
{
	coil_log(COIL_LOG_ERROR, "x");
	if (--*(int *)left)
		coil_loop_call_soon(coil_get_running_loop(), chatter, left);
	else
		coil_loop_stop(coil_get_running_loop());
	return coil_ok(NULL);
}

static size_t words(const char *what)
{
	size_t count = 0;

	for (const char *at = log_text; (at = strstr(at, what)); at++)
		count++;
	return count;
}

TEST(the_loop_does_not_wait_for_a_handler_that_is_stuck)
{
	coil_loop *loop = virtual_loop();
	int left = 1000;

	begin(10, true);
	coil_log(COIL_LOG_ERROR, "x");
	wait_entered();
	coil_loop_call_soon(loop, chatter, &left);
	CHECK_ERROR(coil_loop_run_forever(loop), COIL_OK);
	CHECK_INT(left, 0);
	CHECK_INT(coil_log_queue_dropped(queue), 990);
	let_go();
	end();
	CHECK_INT(words("x"), 11);
	CHECK_HAS(log_text, "990 messages were dropped");
	coil_loop_close(loop);
}

static void *log_much(void *unused)
{
	for (int i = 0; i < 2000; i++)
		coil_log(COIL_LOG_ERROR, "x");
	return NULL;
}

static uint64_t written, told;

static void count(const coil_log_record *record, void *arg)
{
	if (strcmp(record->message, "x") == 0)
		written++;
	else
		told += strtoull(record->message, NULL, 10);
}

/* From several threads: what was neither written nor told of was not logged. */
TEST(nothing_is_lost_but_what_is_counted)
{
	pthread_t threads[3];
	uint64_t dropped;

	queue = coil_log_queue_new(count, NULL, 4);
	REQUIRE(queue);
	coil_log_set_handler(coil_log_queue_handler, queue);
	for (int i = 0; i < 3; i++)
		if (pthread_create(&threads[i], NULL, log_much, NULL) != 0)
			abort();
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	coil_log_set_handler(NULL, NULL);
	dropped = coil_log_queue_dropped(queue);
	coil_log_queue_close(queue);
	CHECK_INT(written + dropped, 6000);
	CHECK_INT(told, dropped);
}

TEST(its_thread_takes_no_signals)
{
	begin(1, false);
	coil_log(COIL_LOG_ERROR, "x");
	end();
	CHECK(sigismember(&mask, SIGINT) && sigismember(&mask, SIGUSR1) &&
	      sigismember(&mask, SIGCHLD));
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	CHECK(!sigismember(&mask, SIGINT)); /* ours are as they were */
}

static void close_in_child(void *unused)
{
	coil_log(COIL_LOG_ERROR, "from the child");
	CHECK_INT(coil_log_queue_dropped(queue), 1);
	coil_log_set_handler(NULL, NULL);
	coil_log_queue_close(queue);
}

/* With the thread in the handler, and something in the ring. */
TEST(a_forked_child_writes_nothing_and_ends)
{
	struct outcome *child;

	begin(3, true);
	coil_log(COIL_LOG_ERROR, "a");
	wait_entered();
	coil_log(COIL_LOG_ERROR, "b");
	child = run_fork(close_in_child, NULL);
	CHECK_INT(child->status, 0);
	CHECK(!strstr(child->err, "from the child")); /* a sanitizer may have said something */
	let_go();
	end();
	CHECK_LOG("a b");
}

TEST(a_queue_wants_a_handler_and_a_capacity)
{
	CHECK(!coil_log_queue_new(NULL, NULL, 10));
	CHECK_LAST_ERROR(COIL_VALUE, "a log queue needs a handler");
	CHECK(!coil_log_queue_new(slow, NULL, 0));
	CHECK_LAST_ERROR(COIL_VALUE, "a log queue needs a capacity of at least 1");
	coil_log_queue_close(NULL);
}

TEST(a_thread_that_cannot_be_made_is_an_os_error)
{
	faults_fail(FAULT_THREAD, 1);
	CHECK(!coil_log_queue_new(slow, NULL, 10));
	CHECK(faults_clear());
	CHECK_LAST_ERROR(COIL_OS, "cannot start a log queue's thread: "
			 "Resource temporarily unavailable");
}

static void without_memory(void *unused)
{
	queue = coil_log_queue_new(count, NULL, 10);
	if (!queue) {
		CHECK_ERROR(coil_last_error(), COIL_MEMORY);
		return;
	}
	coil_log_set_handler(coil_log_queue_handler, queue);
	coil_log(COIL_LOG_ERROR, "x");
	coil_log_set_handler(NULL, NULL);
	coil_log_queue_close(queue);
	CHECK_INT(written + told, 1);
}

TEST(without_memory_a_record_is_dropped_and_counted)
{
	CHECK(faults_every(FAULT_MEMORY, without_memory, NULL) >= 3);
}
