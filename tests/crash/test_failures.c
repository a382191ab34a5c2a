/* SPDX-License-Identifier: MIT
 *
 * The n-th allocation, mapping, descriptor or write fails, for every n: each
 * time the program gets an error or success, and never a crash, a hang or a leak.
 */
#include <coil.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "faults.h"
#include "harness.h"

/* What may come of a lack of memory, mappings, descriptors. */
static void check_scarce(coil_result r)
{
	CHECK(r.error == COIL_OK || r.error == COIL_MEMORY || r.error == COIL_OS);
}

static coil_loop *new_loop(void)
{
	coil_loop *loop = coil_new_event_loop();

	if (!loop) {
		check_scarce(coil_last_error());
		CHECK(coil_last_error().error != COIL_OK);
	}
	return loop;
}

/* ---- scenarios ------------------------------------------------------------------------ */

static coil_result count(void *n)
{
	++*(int *)n;
	return coil_ok(NULL);
}

static void make_a_loop(void *unused)
{
	coil_loop *loop = new_loop();

	if (!loop)
		return;
	coil_loop_stop(loop);
	check_scarce(coil_loop_run_forever(loop));
	check_scarce(coil_loop_close(loop));
}

static void schedule_callbacks(void *unused)
{
	coil_loop *loop = new_loop();
	int n = 0, expected = 0;

	if (!loop)
		return;
	for (int i = 0; i < 300; i++) {
		if (coil_loop_call_soon(loop, count, &n))
			expected++;
		else
			CHECK_INT(coil_last_error().error, COIL_MEMORY);
	}
	coil_loop_stop(loop);
	check_scarce(coil_loop_run_forever(loop));
	CHECK_INT(n, expected);
	coil_loop_close(loop);
}

static void schedule_timers(void *unused)
{
	coil_loop *loop = new_loop();
	int n = 0, expected = 0;

	if (!loop)
		return;
	for (int i = 0; i < 300; i++) {
		coil_handle *t = coil_loop_call_later(loop, i % 10, count, &n);

		if (t && i % 3)
			coil_handle_cancel(t);
		else if (t)
			expected++;
		else
			CHECK_INT(coil_last_error().error, COIL_MEMORY);
	}
	for (int i = 0; i < 40; i++) {
		coil_loop_stop(loop);
		check_scarce(coil_loop_run_forever(loop));
	}
	CHECK(n > 0);
	CHECK(n <= expected);
	coil_loop_close(loop);
}

static coil_result leaf(void *number)
{
	coil_result r = coil_sleep((double)((intptr_t)number % 3));

	return r.error ? r : coil_number((intptr_t)number);
}

static coil_result named(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(leaf, (void *)1), "a name of some length %d", 1);

	if (t)
		check_scarce(coil_task_set_name(t, "another name, and longer than the first, %d", 2));
	return coil_await(t);
}

static coil_result tasks_and_gather(void *unused)
{
	coil_awaitable *all[20];
	coil_future *f;
	coil_result r;

	for (intptr_t i = 0; i < 20; i++)
		all[i] = coil_coro(leaf, (void *)i);
	r = coil_await(coil_gather_array(0, all, 20));
	if (r.error)
		return r;
	for (int i = 0; i < 20; i++)
		CHECK_INT(((coil_list *)r.value)->items[i].number, i);
	r = coil_await(coil_coro(named, NULL));
	if (r.error)
		return r;
	f = coil_create_future();
	if (!f)
		return coil_last_error();
	check_scarce(coil_future_set_exception(f, COIL_KEY, "a message %d", 1));
	if (coil_future_done(f))
		CHECK_INT(coil_await(f).error, COIL_KEY);
	else
		coil_release(f);
	return coil_ok(NULL);
}

static void run_tasks(void *unused)
{
	check_scarce(coil_run(coil_coro(tasks_and_gather, NULL)));
}

/* Without memory for the detail an error is its code alone. */
static coil_result raise_deep(void *depth)
{
	if (!depth)
		return coil_raise(COIL_VALUE, "from the depth, %d", 1);
	return coil_await(coil_create_task(coil_coro(raise_deep, (char *)depth - 1)));
}

static void run_errors(void *unused)
{
	coil_result r = coil_run(coil_coro(raise_deep, (void *)5));

	CHECK(r.error == COIL_VALUE || r.error == COIL_MEMORY || r.error == COIL_OS);
	CHECK(coil_error_message(r) != NULL);
}

static coil_result hear(coil_future *future, void *n)
{
	++*(int *)n;
	return coil_ok(NULL);
}

static void add_callbacks(void *unused)
{
	coil_loop *loop = new_loop();
	coil_future *f;
	int n = 0, expected = 0;

	if (!loop)
		return;
	f = coil_loop_create_future(loop);
	for (int i = 0; f && i < 100; i++)
		expected += !coil_future_add_done_callback(f, hear, &n).error;
	if (f) {
		CHECK_INT(coil_future_set_result(f, coil_ok(NULL)).error, COIL_OK);
		coil_release(f);
	}
	coil_loop_stop(loop);
	check_scarce(coil_loop_run_forever(loop));
	CHECK_INT(n, expected);
	coil_loop_close(loop);
}

static void watch_descriptors(void *unused)
{
	coil_loop *loop = new_loop();
	int pair[2], n = 0;
	coil_result r;

	if (!loop)
		return;
	if (pipe(pair) == 0) {
		r = coil_loop_add_reader(loop, pair[0], count, &n);
		check_scarce(r);
		check_scarce(coil_loop_add_writer(loop, pair[1], count, &n));
		CHECK_INT(coil_loop_remove_reader(loop, pair[0]), r.error == COIL_OK);
		coil_loop_stop(loop);
		check_scarce(coil_loop_run_forever(loop));
	}
	coil_loop_close(loop);
	if (n || pair[0] > 2) {
		close(pair[0]);
		close(pair[1]);
	}
}

static void call_threadsafe(void *unused)
{
	coil_loop *loop = new_loop();
	int n = 0, expected = 0;

	if (!loop)
		return;
	for (int i = 0; i < 200; i++)
		expected += !coil_loop_call_soon_threadsafe(loop, count, &n).error;
	for (int i = 0; i < 3; i++) {
		coil_loop_stop(loop);
		check_scarce(coil_loop_run_forever(loop));
	}
	CHECK_INT(n, expected);
	coil_loop_close(loop);
}

static void record(void *path)
{
	coil_result r = coil_trace_start(path);

	check_scarce(r);
	if (r.error)
		CHECK(!coil_trace_active());
	check_scarce(coil_run(coil_coro(tasks_and_gather, NULL)));
	for (int i = 0; i < 1000; i++)
		coil_trace_mark("mark %d %0100d", i, 0);
	coil_trace_stop();
	CHECK(!coil_trace_active());
}

/* ---- every n ------------------------------------------------------------------------------- */

#define EVERY(name, which, scenario)                                           \
	TEST(name, .seconds = 120)                                             \
	{                                                                      \
		CHECK(faults_every(which, scenario, NULL) > 0);                \
	}

EVERY(memory_fails_while_a_loop_is_made, FAULT_MEMORY, make_a_loop)
EVERY(memory_fails_in_call_soon, FAULT_MEMORY, schedule_callbacks)
EVERY(memory_fails_in_timers, FAULT_MEMORY, schedule_timers)
EVERY(memory_fails_in_tasks_and_gather, FAULT_MEMORY, run_tasks)
EVERY(memory_fails_in_errors, FAULT_MEMORY, run_errors)
EVERY(memory_fails_in_done_callbacks, FAULT_MEMORY, add_callbacks)
EVERY(memory_fails_in_add_reader, FAULT_MEMORY, watch_descriptors)
EVERY(memory_fails_in_call_soon_threadsafe, FAULT_MEMORY, call_threadsafe)
EVERY(mappings_fail_in_tasks, FAULT_MAP, run_tasks)
EVERY(descriptors_fail_while_a_loop_is_made, FAULT_DESCRIPTOR, make_a_loop)

TEST(memory_fails_in_a_recording, .seconds = 120)
{
	CHECK(faults_every(FAULT_MEMORY, record, text("%s", test_path("trace"))) > 0);
}

TEST(mappings_fail_in_a_recording, .seconds = 120)
{
	CHECK(faults_every(FAULT_MAP, record, text("%s", test_path("trace"))) > 0);
}

TEST(the_file_of_a_recording_cannot_be_opened)
{
	CHECK(faults_every(FAULT_OPEN, record, text("%s", test_path("trace"))) > 0);
}

TEST(space_fails_in_a_recording, .seconds = 120)
{
	CHECK(faults_every(FAULT_SPACE, record, text("%s", test_path("trace"))) > 0);
}

static int reads, writes;

static coil_result read_one(void *fd)
{
	char c;

	reads += read(*(int *)fd, &c, 1) == 1;
	return coil_ok(NULL);
}

static coil_result run_once(coil_loop *loop)
{
	coil_loop_stop(loop);
	return coil_loop_run_forever(loop);
}

/* A writer that cannot be added leaves the reader of the descriptor as it was. */
TEST(a_failed_add_writer_does_not_make_the_reader_deaf)
{
	coil_loop *loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	int pair[2];
	bool reached = true;

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	CHECK_INT(coil_loop_add_reader(loop, pair[0], read_one, &pair[0]).error, COIL_OK);
	for (unsigned n = 1; reached; n++) {
		faults_fail(FAULT_MEMORY, n);
		check_scarce(coil_loop_add_writer(loop, pair[0], count, &writes));
		reached = faults_clear();
		reads = 0;
		CHECK_INT(write(pair[1], "x", 1), 1);
		CHECK_INT(run_once(loop).error, COIL_OK);
		CHECK_INT(reads, 1);
		coil_loop_remove_writer(loop, pair[0]);
	}
	coil_loop_close(loop);
	close(pair[0]);
	close(pair[1]);
}

/* And one that goes, without memory, leaves the other. */
TEST(remove_reader_without_memory_does_not_stop_the_writer)
{
	coil_loop *loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	int pair[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	CHECK_INT(coil_loop_add_reader(loop, pair[0], read_one, &pair[0]).error, COIL_OK);
	CHECK_INT(coil_loop_add_writer(loop, pair[0], count, &writes).error, COIL_OK);
	faults_fail_from(FAULT_MEMORY, 1);
	CHECK(coil_loop_remove_reader(loop, pair[0]));
	faults_clear();
	writes = 0;
	CHECK_INT(run_once(loop).error, COIL_OK);
	CHECK_INT(writes, 1);
	coil_loop_close(loop);
	close(pair[0]);
	close(pair[1]);
}

/* Memory is gone, and comes back. */
TEST(memory_is_gone_for_a_while)
{
	coil_loop *loop = coil_new_event_loop();
	int n = 0, expected = 0, refused = 0;

	CHECK(loop != NULL);
	faults_fail_from(FAULT_MEMORY, 1);
	for (int i = 0; i < 5000; i++) {
		if (coil_loop_call_soon(loop, count, &n))
			expected++;
		else
			refused++;
	}
	CHECK(faults_clear());
	CHECK(refused > 0);
	for (int i = 0; i < 5000; i++)
		expected += coil_loop_call_soon(loop, count, &n) != NULL;
	coil_loop_stop(loop);
	CHECK_INT(coil_loop_run_forever(loop).error, COIL_OK);
	CHECK_INT(n, expected);
	coil_loop_close(loop);
}
