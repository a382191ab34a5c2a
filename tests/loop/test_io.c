/* SPDX-License-Identifier: MIT
 *
 * Readers and writers of descriptors.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include "journal.h"

static coil_loop *loop;
static int pair[2];

static void open_loop_and_pair(void)
{
	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	CHECK(loop != NULL);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
}

static void close_loop_and_pair(void)
{
	coil_loop_close(loop);
	close(pair[0]);
	close(pair[1]);
}

static void make_readable(void)
{
	CHECK_INT(write(pair[1], "x", 1), 1);
}

static void drain(void)
{
	char c;

	CHECK_INT(read(pair[0], &c, 1), 1);
}

static coil_result read_one(void *word)
{
	drain();
	note("%s", (char *)word);
	return coil_ok(NULL);
}

TEST(a_reader_runs_each_time_there_is_something_to_read)
{
	open_loop_and_pair();
	CHECK_ERROR(coil_loop_add_reader(loop, pair[0], read_one, "R"), COIL_OK);
	run_iterations(loop, 1);
	CHECK_LOG("");
	make_readable();
	run_iterations(loop, 2);
	CHECK_LOG("R");
	make_readable();
	run_iterations(loop, 1);
	CHECK_LOG("R");
	close_loop_and_pair();
}

/* Level triggered: what is not read is reported again. */
TEST(a_reader_that_does_not_read_runs_again)
{
	open_loop_and_pair();
	coil_loop_add_reader(loop, pair[0], say, "R");
	make_readable();
	run_iterations(loop, 3);
	CHECK_LOG("R R R");
	close_loop_and_pair();
}

TEST(a_reader_runs_at_the_end_of_file)
{
	char c;

	open_loop_and_pair();
	coil_loop_add_reader(loop, pair[0], say, "R");
	CHECK_INT(shutdown(pair[1], SHUT_RDWR), 0);
	run_iterations(loop, 1);
	CHECK_LOG("R");
	CHECK_INT(read(pair[0], &c, 1), 0);
	close_loop_and_pair();
}

/* epoll reports an error or hang-up alone; the writer has to learn of it. */
TEST(a_writer_runs_when_the_reader_of_its_pipe_is_gone)
{
	int fds[2];

	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	CHECK_INT(pipe(fds), 0);
	close(fds[0]);
	coil_loop_add_writer(loop, fds[1], say, "W");
	run_iterations(loop, 1);
	CHECK_LOG("W");
	coil_loop_close(loop);
	close(fds[1]);
}

TEST(L33_the_reader_runs_before_the_writer)
{
	open_loop_and_pair();
	make_readable();
	coil_loop_add_writer(loop, pair[0], say, "W");
	coil_loop_add_reader(loop, pair[0], say, "R");
	run_iterations(loop, 2);
	CHECK_LOG("R W R W");
	coil_loop_remove_reader(loop, pair[0]);
	run_iterations(loop, 1);
	CHECK_LOG("W");
	close_loop_and_pair();
}

TEST(L34_adding_again_replaces)
{
	open_loop_and_pair();
	make_readable();
	coil_loop_add_reader(loop, pair[0], say, "old");
	coil_loop_add_reader(loop, pair[0], say, "new");
	run_iterations(loop, 1);
	CHECK_LOG("new");
	CHECK(coil_loop_remove_reader(loop, pair[0]));
	CHECK(!coil_loop_remove_reader(loop, pair[0]));
	run_iterations(loop, 1);
	CHECK_LOG("");
	close_loop_and_pair();
}

static coil_result replace(void *unused)
{
	note("replace");
	coil_loop_add_reader(loop, pair[0], say, "new");
	return coil_ok(NULL);
}

TEST(L34_a_replaced_reader_that_is_queued_does_not_run)
{
	open_loop_and_pair();
	make_readable();
	coil_loop_add_reader(loop, pair[0], say, "old");
	coil_loop_call_soon(loop, replace, NULL);
	run_iterations(loop, 1);
	CHECK_LOG("replace");
	run_iterations(loop, 1);
	CHECK_LOG("new");
	close_loop_and_pair();
}

static coil_result remove_both(void *unused)
{
	note("remove");
	CHECK(coil_loop_remove_reader(loop, pair[0]));
	CHECK(coil_loop_remove_writer(loop, pair[0]));
	return coil_ok(NULL);
}

TEST(L34_a_removed_reader_that_is_queued_does_not_run)
{
	open_loop_and_pair();
	make_readable();
	coil_loop_add_reader(loop, pair[0], say, "R");
	coil_loop_add_writer(loop, pair[0], say, "W");
	coil_loop_call_soon(loop, remove_both, NULL);
	run_iterations(loop, 2);
	CHECK_LOG("remove");
	close_loop_and_pair();
}

static coil_result remove_writer(void *unused)
{
	note("R");
	CHECK(coil_loop_remove_writer(loop, pair[0]));
	return coil_ok(NULL);
}

TEST(a_reader_may_remove_the_writer_that_is_queued_behind_it)
{
	open_loop_and_pair();
	make_readable();
	coil_loop_add_reader(loop, pair[0], remove_writer, NULL);
	coil_loop_add_writer(loop, pair[0], say, "W");
	run_iterations(loop, 1);
	CHECK_LOG("R");
	close_loop_and_pair();
}

TEST(L35_remove_tells_whether_there_was_one)
{
	open_loop_and_pair();
	CHECK(!coil_loop_remove_reader(loop, pair[0]));
	CHECK(!coil_loop_remove_writer(loop, pair[0]));
	coil_loop_add_reader(loop, pair[0], say, "R");
	CHECK(!coil_loop_remove_writer(loop, pair[0]));
	CHECK(coil_loop_remove_reader(loop, pair[0]));
	CHECK(!coil_loop_remove_reader(loop, pair[0]));
	coil_loop_add_writer(loop, pair[0], say, "W");
	CHECK(!coil_loop_remove_reader(loop, pair[0]));
	CHECK(coil_loop_remove_writer(loop, pair[0]));
	CHECK(!coil_loop_remove_reader(loop, -1));
	CHECK(!coil_loop_remove_reader(loop, 1 << 30));
	close_loop_and_pair();
}

static coil_result remove_self(void *unused)
{
	note("R");
	CHECK(coil_loop_remove_reader(loop, pair[0]));
	return coil_ok(NULL);
}

TEST(a_reader_may_remove_itself)
{
	open_loop_and_pair();
	make_readable();
	coil_loop_add_reader(loop, pair[0], remove_self, NULL);
	run_iterations(loop, 3);
	CHECK_LOG("R");
	close_loop_and_pair();
}

/* ---- descriptors that cannot be watched ----------------------------------- */

TEST(a_negative_descriptor_is_a_value_error)
{
	loop = virtual_loop();
	CHECK_ERROR(coil_loop_add_reader(loop, -1, say, "x"), COIL_VALUE);
	CHECK_ERROR(coil_loop_add_writer(loop, -7, say, "x"), COIL_VALUE);
	coil_loop_close(loop);
}

TEST(a_regular_file_and_a_closed_descriptor_are_os_errors)
{
	int fd;
	coil_result r;

	loop = virtual_loop();
	fd = open(test_path("file"), O_CREAT | O_RDWR, 0600);
	CHECK(fd >= 0);
	r = coil_loop_add_reader(loop, fd, say, "x");
	CHECK_ERROR(r, COIL_OS);
	CHECK(coil_error_message(r)[0] != '\0');
	CHECK(!coil_loop_remove_reader(loop, fd));
	close(fd);
	CHECK_ERROR(coil_loop_add_reader(loop, fd, say, "x"), COIL_OS);
	CHECK_ERROR(coil_loop_add_writer(loop, fd, say, "x"), COIL_OS);
	CHECK(!coil_loop_remove_writer(loop, fd));
	coil_loop_call_soon(loop, say, "works");
	run_iterations(loop, 2);
	CHECK_LOG("works");
	coil_loop_close(loop);
}

/* A descriptor closed while it is watched, its number used again: the new one
 * can be watched, and what comes on it is reported. */
TEST(a_number_that_is_used_again)
{
	int old;

	open_loop_and_pair();
	old = pair[0];
	coil_loop_add_reader(loop, pair[0], say, "old");
	coil_loop_remove_reader(loop, pair[0]);
	close(pair[0]);
	close(pair[1]);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	CHECK_INT(pair[0], old);
	make_readable();
	coil_loop_add_reader(loop, pair[0], say, "new");
	run_iterations(loop, 1);
	CHECK_LOG("new");
	close_loop_and_pair();
}

static coil_result fail(void *unused)
{
	drain();
	return coil_raise(COIL_VALUE, "bad byte");
}

TEST(an_error_in_a_reader_is_reported_and_the_reader_stays)
{
	char *report;

	open_loop_and_pair();
	make_readable();
	coil_loop_add_reader(loop, pair[0], fail, NULL);
	capture_begin(2);
	run_iterations(loop, 1);
	report = capture_end();
	CHECK_HAS(report, "Exception in callback");
	CHECK_HAS(report, "fail");
	CHECK_HAS(report, "ValueError: bad byte");
	CHECK(coil_loop_remove_reader(loop, pair[0]));
	close_loop_and_pair();
}

/* ---- a task that reads ------------------------------------------------------ */

static coil_result wake_up(void *future)
{
	coil_loop_remove_reader(loop, pair[0]);
	return coil_future_set_result(future, coil_ok(NULL));
}

static coil_result reading_task(void *unused)
{
	for (int i = 0; i < 3; i++) {
		coil_future *readable = coil_create_future();

		coil_loop_add_reader(loop, pair[0], wake_up, readable);
		coil_await(coil_retain(readable));
		coil_release(readable);
		read_one("task");
	}
	return coil_ok(NULL);
}

static coil_result writing_task(void *unused)
{
	for (int i = 0; i < 3; i++) {
		coil_sleep(0.002);
		note("write");
		make_readable();
	}
	return coil_ok(NULL);
}

static coil_result read_and_write(void *unused)
{
	return coil_await(coil_gather(coil_coro(reading_task, NULL),
				      coil_coro(writing_task, NULL)));
}

TEST(a_task_that_waits_for_a_descriptor)
{
	open_loop_and_pair();
	CHECK_ERROR(coil_loop_run_until_complete(loop, coil_coro(read_and_write, NULL)),
		    COIL_OK);
	CHECK_LOG("write task write task write task");
	close_loop_and_pair();
}

#define PIPES 300
static int many[PIPES][2], got;

static coil_result take(void *fd)
{
	char c;

	CHECK_INT(read(*(int *)fd, &c, 1), 1);
	got++;
	return coil_ok(NULL);
}

TEST(many_descriptors_at_once)
{
	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	for (int i = 0; i < PIPES; i++) {
		CHECK_INT(pipe(many[i]), 0);
		CHECK_ERROR(coil_loop_add_reader(loop, many[i][0], take, &many[i][0]),
			    COIL_OK);
	}
	for (int i = 0; i < PIPES; i++)
		CHECK_INT(write(many[i][1], "x", 1), 1);
	run_iterations(loop, 40);
	CHECK_INT(got, PIPES);
	for (int i = 0; i < PIPES; i++) {
		CHECK(coil_loop_remove_reader(loop, many[i][0]));
		close(many[i][0]);
		close(many[i][1]);
	}
	coil_loop_close(loop);
}
