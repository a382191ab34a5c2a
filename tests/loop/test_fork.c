/* SPDX-License-Identifier: MIT
 *
 * A forked child and its parent's loops.
 */
#include <coil/async_generator.h>
#include <coil/context.h>
#include <coil/io.h>
#include <coil/run.h>
#include <coil/signal.h>
#include <coil/timeout.h>
#include <coil/wait.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include "journal.h"

static coil_loop *loop;

/* What a call on the parent's loop says. */
static char *refusal(int parent)
{
	return text("this event loop belongs to process %d, which was forked: a child makes "
		    "a loop of its own", parent);
}

#define CHECK_REFUSED(result)                                                  \
	do {                                                                   \
		coil_result r_ = (result);                                     \
		CHECK_ERROR(r_, COIL_RUNTIME);                                 \
		CHECK_HAS(coil_error_message(r_), refusal(parent));            \
	} while (0)
#define CHECK_NONE(pointer)                                                    \
	do {                                                                   \
		CHECK((pointer) == NULL);                                      \
		CHECK_REFUSED(coil_last_error());                              \
	} while (0)

static coil_result nothing(void *unused)
{
	return coil_ok(NULL);
}

static int parent;

/* ---- every call ----------------------------------------------------------- */

static int pair[2];

static void call_all(void *unused)
{
	parent = getppid();
	CHECK_NONE(coil_loop_call_soon(loop, say, "x"));
	CHECK_NONE(coil_loop_call_later(loop, 1, say, "x"));
	CHECK_NONE(coil_loop_call_at(loop, 1, say, "x"));
	CHECK_REFUSED(coil_loop_call_soon_threadsafe(loop, say, "x"));
	CHECK_REFUSED(coil_loop_run_forever(loop));
	CHECK_REFUSED(coil_loop_run_until_complete(loop, coil_coro(nothing, NULL)));
	CHECK_NONE(coil_loop_create_task(loop, coil_coro(nothing, NULL)));
	CHECK_REFUSED(coil_loop_add_reader(loop, pair[0], say, "x"));
	CHECK_REFUSED(coil_loop_add_writer(loop, pair[0], say, "x"));
	CHECK(!coil_loop_remove_reader(loop, pair[0]));
	CHECK(!coil_loop_remove_writer(loop, pair[0]));
	CHECK_REFUSED(coil_loop_add_signal_handler(loop, SIGUSR1, say, "x"));
	CHECK(!coil_loop_remove_signal_handler(loop, SIGUSR1));
	coil_loop_stop(loop);
	CHECK_REFUSED(coil_loop_close(loop));
	CHECK(!coil_loop_is_closed(loop));
}

static coil_result drain_and_stop(void *word)
{
	char c;

	CHECK_INT(read(pair[0], &c, 1), 1);
	note("%s", (char *)word);
	coil_loop_stop(loop);
	return coil_ok(NULL);
}

/* What the parent watches is still watched, and its loop still woken. */
static void check_parent_works(void)
{
	CHECK_INT(write(pair[1], "x", 1), 1);
	CHECK_ERROR(coil_loop_run_forever(loop), COIL_OK);
	CHECK_LOG("readable");
}

TEST(a_child_is_refused_by_the_loop_of_its_parent)
{
	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	CHECK_ERROR(coil_loop_add_reader(loop, pair[0], drain_and_stop, "readable"), COIL_OK);
	capture_begin(2);
	CHECK_INT(run_fork(call_all, NULL)->status, 0);
	capture_end();
	check_parent_works();
	CHECK_ERROR(coil_loop_close(loop), COIL_OK);
	close(pair[0]);
	close(pair[1]);
}

/* ---- in the middle of what runs ---------------------------------------------- */

/* The child goes on behind the call; the parent waits for its end. */
static bool fork_here(void)
{
	int status = -1;
	pid_t child;

	parent = getpid();
	child = fork();
	CHECK(child >= 0);
	if (child == 0)
		return true;
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK_INT(status, 0);
	return false;
}

/* Its failed assertions are the parent's: the status says so. */
static void end_child(void)
{
	unsigned failures = CU_get_number_of_failures();

	if (failures)
		harness_print_failures(stderr);
	harness_free_kept();
	exit(failures ? 1 : 0);
}

static bool is_child(void)
{
	return getpid() != harness_pid;
}

/* The thread sanitizer takes a coroutine for a thread, and does not look at what a child
 * does that has lost other threads; but once it is back on its main stack, it does. */
#ifdef __SANITIZE_THREAD__
#define NEEDS_FORKS_OF_COROUTINES SKIP("the thread sanitizer cannot fork in a coroutine")
#else
#define NEEDS_FORKS_OF_COROUTINES ((void)0)
#endif

static coil_result fork_and_return(void *unused)
{
	note(fork_here() ? "child" : "parent");
	return coil_ok(NULL);
}

TEST(a_child_that_returns_into_the_loop_leaves_it)
{
	coil_result r;

	loop = virtual_loop();
	coil_loop_call_soon(loop, fork_and_return, NULL);
	coil_loop_call_soon(loop, say, "next");
	coil_loop_call_later(loop, 1, stop, loop);
	r = coil_loop_run_forever(loop);
	if (is_child()) {
		CHECK_REFUSED(r);
		CHECK_LOG("child");
		CHECK(coil_get_running_loop() == NULL);
		CHECK_LAST_ERROR(COIL_RUNTIME, "no running event loop");
		CHECK_REFUSED(coil_loop_run_forever(loop));
		CHECK_REFUSED(coil_loop_close(loop));
		end_child();
	}
	CHECK_ERROR(r, COIL_OK);
	CHECK_LOG("parent next");
	coil_loop_close(loop);
}

static coil_result fork_and_sleep(void *unused)
{
	coil_result r;

	note(fork_here() ? "child" : "parent");
	r = coil_sleep(1);
	if (is_child())
		CHECK_REFUSED(r);
	note("%s", coil_error_name(r.error));
	return r.error ? r : coil_number(5);
}

TEST(a_child_that_awaits_is_told)
{
	coil_result r;

	NEEDS_FORKS_OF_COROUTINES;
	capture_begin(2);
	r = coil_run(coil_coro(fork_and_sleep, NULL));
	capture_end();
	if (is_child()) {
		CHECK_REFUSED(r);
		CHECK_LOG("child RuntimeError");
		end_child();
	}
	CHECK_INT(r.number, 5);
	CHECK_LOG("parent OK");
}

static coil_result fork_and_end(void *unused)
{
	fork_here();
	return coil_number(5);
}

/* Main is done, but its loop was not run to the end. */
TEST(a_child_that_ends_the_main_task)
{
	coil_runner *runner;
	coil_result r;

	NEEDS_FORKS_OF_COROUTINES;
	runner = coil_runner_new();
	r = coil_runner_run(runner, coil_coro(fork_and_end, NULL));
	if (is_child()) {
		CHECK_REFUSED(r);
		CHECK_REFUSED(coil_runner_run(runner, coil_coro(nothing, NULL)));
		CHECK_REFUSED(coil_runner_close(runner));
		end_child();
	}
	CHECK_INT(r.number, 5);
	CHECK_ERROR(coil_runner_close(runner), COIL_OK);
}

/* ---- what needs a running loop ------------------------------------------------- */

static coil_result yields_one(void *unused)
{
	return coil_yield(coil_number(1));
}

static void await_all(void)
{
	coil_awaitable *none[1] = { NULL };
	coil_future *future = coil_loop_create_future(loop);

	CHECK_REFUSED(coil_await(coil_coro(nothing, NULL)));
	CHECK_REFUSED(coil_await(coil_retain(future)));
	CHECK_REFUSED(coil_sleep(0));
	CHECK_REFUSED(coil_sleep(1));
	CHECK_REFUSED(coil_wait_for(coil_coro(nothing, NULL), 1));
	CHECK_REFUSED(coil_anext(coil_async_generator_new(yields_one, NULL)));
	CHECK_NONE(coil_get_running_loop());
	CHECK_NONE(coil_create_task(coil_coro(nothing, NULL)));
	CHECK_NONE(coil_ensure_future(coil_coro(nothing, NULL)));
	CHECK_NONE(coil_shield(coil_coro(nothing, NULL)));
	CHECK_NONE(coil_timeout_new(1));
	CHECK_NONE(coil_as_completed_new(none, 0, 1));
	coil_release(future);
}

static coil_result fork_and_await_all(void *unused)
{
	loop = coil_get_running_loop();
	if (fork_here()) {
		await_all();
		end_child();
	}
	return coil_sleep(1);
}

TEST(in_a_child_nothing_awaits)
{
	capture_begin(2);
	CHECK_ERROR(coil_run(coil_coro(fork_and_await_all, NULL)), COIL_OK);
	capture_end();
}

/* ---- loops of its own ------------------------------------------------------------- */

static coil_result child_of_child(void *word)
{
	coil_sleep(1);
	note("%s", (char *)word);
	return coil_ok(NULL);
}

static coil_result childs_main(void *unused)
{
	int fds[2];

	CHECK_INT(pipe(fds), 0);
	CHECK_ERROR(coil_loop_add_reader(coil_get_running_loop(), fds[0], say, "x"), COIL_OK);
	CHECK(coil_loop_remove_reader(coil_get_running_loop(), fds[0]));
	close(fds[0]);
	close(fds[1]);
	return coil_await(coil_gather(coil_coro(child_of_child, "a"),
				      coil_coro(child_of_child, "b")));
}

static coil_result fork_and_run(void *end)
{
	if (!fork_here())
		return coil_sleep(2);
	CHECK_ERROR(coil_run(coil_coro(childs_main, NULL)), COIL_OK);
	CHECK_ERROR(coil_run(coil_coro(childs_main, NULL)), COIL_OK);
	CHECK_LOG("a b a b");
	if (end)
		end_child();
	CHECK_REFUSED(coil_sleep(1));
	return coil_ok(NULL);
}

TEST(a_child_has_loops_of_its_own)
{
	coil_result r;

	NEEDS_FORKS_OF_COROUTINES;
	CHECK_ERROR(coil_run(coil_coro(fork_and_run, "end")), COIL_OK);
	capture_begin(2);
	r = coil_run(coil_coro(fork_and_run, NULL));
	capture_end();
	if (is_child()) {
		CHECK_REFUSED(r);
		CHECK_ERROR(coil_run(coil_coro(childs_main, NULL)), COIL_OK);
		CHECK_LOG("a b");
		end_child();
	}
	CHECK_ERROR(r, COIL_OK);
}

/* An error names the process that made the loop. */
static void fork_again(void *unused)
{
	coil_loop *own = virtual_loop();

	if (fork_here()) {
		CHECK_REFUSED(coil_loop_run_forever(own));
		parent = harness_pid;
		CHECK_REFUSED(coil_loop_run_forever(loop));
		end_child();
	}
	coil_loop_call_soon(own, stop, own);
	CHECK_ERROR(coil_loop_run_forever(own), COIL_OK);
	CHECK_ERROR(coil_loop_close(own), COIL_OK);
}

TEST(a_child_of_a_child)
{
	loop = virtual_loop();
	CHECK_INT(run_fork(fork_again, NULL)->status, 0);
	coil_loop_close(loop);
}

static void look_at_closed(void *unused)
{
	coil_result r = coil_loop_run_forever(loop);

	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "Event loop is closed");
	CHECK(coil_loop_is_closed(loop));
	CHECK_ERROR(coil_loop_close(loop), COIL_OK);
}

TEST(what_the_parent_had_closed_is_closed)
{
	loop = virtual_loop();
	coil_loop_close(loop);
	CHECK_INT(run_fork(look_at_closed, NULL)->status, 0);
}

/* ---- signals ------------------------------------------------------------------------- */

static void send_usr1(void *unused)
{
	kill(getpid(), SIGUSR1);
}

static coil_result fork_and_signal(void *unused)
{
	CHECK_ERROR(coil_loop_add_signal_handler(coil_get_running_loop(), SIGUSR1, say,
						 "parent's"), COIL_OK);
	CHECK_INT(run_fork(send_usr1, NULL)->signal, SIGUSR1);
	coil_sleep(1);
	send_usr1(NULL);
	return coil_sleep(1);
}

TEST(signals_of_a_child_are_not_its_parents)
{
	CHECK_ERROR(coil_run(coil_coro(fork_and_signal, NULL)), COIL_OK);
	CHECK_LOG("parent's");
}

static coil_result handles_usr1(void *unused)
{
	CHECK_ERROR(coil_loop_add_signal_handler(coil_get_running_loop(), SIGUSR1, say,
						 "child's"), COIL_OK);
	send_usr1(NULL);
	CHECK_ERROR(coil_sleep(1), COIL_OK);
	CHECK_LOG("child's");
	kill(getpid(), SIGINT);
	return coil_sleep(1);
}

static void run_with_signals(void *unused)
{
	CHECK_ERROR(coil_run(coil_coro(handles_usr1, NULL)), COIL_KEYBOARD_INTERRUPT);
}

static void send_int(void *unused)
{
	kill(getpid(), SIGINT);
}

static coil_result fork_with_signals(void *unused)
{
	CHECK_ERROR(coil_loop_add_signal_handler(coil_get_running_loop(), SIGUSR1, say,
						 "parent's"), COIL_OK);
	CHECK_INT(run_fork(run_with_signals, NULL)->status, 0);
	CHECK_INT(run_fork(send_int, NULL)->signal, SIGINT);
	return coil_sleep(1);
}

TEST(a_child_has_handlers_of_its_own)
{
	CHECK_ERROR(coil_run(coil_coro(fork_with_signals, NULL)), COIL_OK);
	CHECK_LOG("");
}

/* ---- threads ------------------------------------------------------------------------ */

static atomic_bool enough;

static coil_result count(void *counter)
{
	++*(int *)counter;
	return coil_ok(NULL);
}

static void *run_loop(void *unused)
{
	CHECK_ERROR(coil_loop_run_forever(loop), COIL_OK);
	return NULL;
}

static void *call_often(void *counter)
{
	while (!atomic_load(&enough)) {
		coil_loop_call_soon_threadsafe(loop, count, counter);
		nanosleep(&(struct timespec){ 0, 1000 }, NULL);
	}
	return NULL;
}

static void *make_often(void *unused)
{
	while (!atomic_load(&enough))
		coil_run(coil_coro(nothing, NULL));
	return NULL;
}

static void use_all(void *unused)
{
	unsigned before = CU_get_number_of_failures();

	parent = getppid();
	CHECK_REFUSED(coil_loop_call_soon_threadsafe(loop, say, "x"));
	CHECK_ERROR(coil_run(coil_coro(childs_main, NULL)), COIL_OK);
	harness_print_failures(stderr);
	/* What the other threads had is lost here, and no leak: a checker, which looks in
	 * _exit, would wait for a lock of its own that one of them had. */
	syscall(SYS_exit_group, CU_get_number_of_failures() != before);
}

/* Whatever locks the others hold, the child can use what they share. */
TEST(a_fork_while_other_threads_are_at_work, .seconds = 60)
{
	pthread_t runs, calls, makes;
	int counter = 0;

	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	CHECK_INT(pthread_create(&runs, NULL, run_loop, NULL), 0);
	CHECK_INT(pthread_create(&calls, NULL, call_often, &counter), 0);
	CHECK_INT(pthread_create(&makes, NULL, make_often, NULL), 0);
	for (int i = 0; i < 50; i++)
		CHECK_INT(run_fork(use_all, NULL)->status, 0);
	atomic_store(&enough, true);
	pthread_join(calls, NULL);
	pthread_join(makes, NULL);
	CHECK_ERROR(coil_loop_call_soon_threadsafe(loop, stop, loop), COIL_OK);
	pthread_join(runs, NULL);
	CHECK(counter > 0);
	CHECK_ERROR(coil_loop_close(loop), COIL_OK);
}

/* ---- at the end of the parent's -------------------------------------------------------- */

static bool reports_fork;

static coil_result fork_in_report(coil_loop *l, const coil_exception_context *context,
				  void *unused)
{
	if (reports_fork)
		fork_here();
	return coil_ok(NULL);
}

/* The child goes on in the close, which does not touch what the parent watches. */
TEST(a_fork_in_a_report_of_close)
{
	loop = virtual_loop();
	coil_loop_set_exception_handler(loop, fork_in_report, NULL);
	coil_release(coil_loop_create_task(loop, coil_coro(nothing, NULL)));
	reports_fork = true;
	coil_loop_close(loop);
	if (is_child())
		end_child();
	CHECK(coil_loop_is_closed(loop));
}
