/* SPDX-License-Identifier: MIT
 *
 * coil_run: a loop from its beginning to its end, and the tasks that are left.
 * (The harness puts it on the virtual clock.)
 */
#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include "journal.h"

static coil_result report(coil_loop *loop, const coil_exception_context *context, void *arg)
{
	note("[%s|%s %s]", context->message, coil_error_name(context->exception.error),
	     coil_error_message(context->exception));
	return coil_ok(NULL);
}

static void report_here(void)
{
	coil_loop_set_exception_handler(coil_get_running_loop(), report, NULL);
}

static coil_result plain(void *word)
{
	coil_result r = coil_sleep(9);

	note("%s:%s", (char *)word, coil_error_name(r.error));
	return r;
}

/* ---- results ---------------------------------------------------------------------- */

static coil_result return_arg(void *arg)
{
	coil_sleep(1);
	return coil_ok(arg);
}

TEST(run_gives_what_main_returned)
{
	int x = 0;
	coil_result r = coil_run(coil_coro(return_arg, &x));

	CHECK_ERROR(r, COIL_OK);
	CHECK(r.value == &x);
	CHECK(coil_get_running_loop() == NULL);
}

static coil_result fail(void *unused)
{
	coil_release(coil_create_task(coil_coro(plain, "left")));
	coil_sleep(1);
	return coil_raise(COIL_VALUE, "from main");
}

TEST(R09_the_error_of_main_comes_out_after_the_shutdown)
{
	coil_result r = coil_run(coil_coro(fail, NULL));

	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), "from main");
	CHECK(coil_error_site(r) != NULL && !strcmp(coil_error_site(r)->function, "fail"));
	CHECK_LOG("left:CancelledError");
}

static coil_result cancel_main(void *unused)
{
	coil_task_cancel(coil_current_task(), "enough");
	return coil_sleep(1);
}

TEST(R10_a_cancelled_main_gives_cancelled)
{
	coil_result r = coil_run(coil_coro(cancel_main, NULL));

	CHECK_ERROR(r, COIL_CANCELLED);
}

static coil_result exit_main(void *unused)
{
	coil_release(coil_create_task(coil_coro(plain, "left")));
	coil_sleep(0);
	return coil_raise(COIL_SYSTEM_EXIT, "7");
}

TEST(system_exit_in_main_comes_out_after_the_shutdown)
{
	coil_result r = coil_run(coil_coro(exit_main, NULL));

	CHECK_ERROR(r, COIL_SYSTEM_EXIT);
	CHECK_STR(coil_error_message(r), "7");
	CHECK_LOG("left:CancelledError");
}

static coil_result name_of_main(void *unused)
{
	note("%s", coil_task_get_name(coil_current_task()));
	return coil_ok(NULL);
}

TEST(run_may_be_called_again_and_numbers_go_on)
{
	for (int i = 0; i < 3; i++)
		CHECK_ERROR(coil_run(coil_coro(name_of_main, NULL)), COIL_OK);
	CHECK_LOG("Task-1 Task-2 Task-3");
}

TEST(R01_exit_status_as_python_gives_it)
{
	char *said;

	CHECK_INT(coil_exit_status(coil_ok(NULL)), 0);
	capture_begin(2);
	CHECK_INT(coil_exit_status(coil_run(coil_coro(fail, NULL))), 1);
	said = capture_end();
	CHECK_HAS(said, "Traceback");
	CHECK_HAS(said, "ValueError: from main");
}

/* ---- what is left --------------------------------------------------------------------- */

static coil_result leave_one(void *unused)
{
	coil_release(coil_create_task(coil_coro(plain, "a")));
	coil_create_task(coil_coro(plain, "b"));
	coil_sleep(1);
	note("main");
	return coil_ok(NULL);
}

TEST(R01_tasks_that_are_left_are_cancelled)
{
	CHECK_ERROR(coil_run(coil_coro(leave_one, NULL)), COIL_OK);
	CHECK_LOG("main a:CancelledError b:CancelledError");
}

static coil_result clean_up(void *unused)
{
	coil_result r = coil_sleep(9);

	note("%s", coil_error_name(r.error));
	coil_sleep(2);
	note("cleaned %g", coil_time());
	return r;
}

static coil_result leave_clean_up(void *unused)
{
	coil_release(coil_create_task(coil_coro(clean_up, NULL)));
	return coil_sleep(1);
}

TEST(R02_they_may_take_their_time)
{
	CHECK_ERROR(coil_run(coil_coro(leave_clean_up, NULL)), COIL_OK);
	CHECK_LOG("CancelledError cleaned 3");
}

static coil_result raise_at_exit(void *unused)
{
	coil_sleep(9);
	return coil_raise(COIL_KEY, "at exit");
}

static coil_result leave_raiser(void *unused)
{
	report_here();
	coil_release(coil_create_task(coil_coro(raise_at_exit, NULL)));
	return coil_sleep(1);
}

TEST(R03_an_error_raised_then_is_reported)
{
	CHECK_ERROR(coil_run(coil_coro(leave_raiser, NULL)), COIL_OK);
	CHECK_LOG("[unhandled exception during asyncio.run() shutdown|KeyError at exit]");
}

static coil_result leave_unstarted(void *unused)
{
	coil_sleep(1);
	/* Its first step is in the iteration in which run ends, and it is run. */
	coil_release(coil_create_task(coil_coro(plain, "unstarted")));
	return coil_ok(NULL);
}

TEST(R04_a_task_of_the_last_step_begins_and_is_cancelled)
{
	CHECK_ERROR(coil_run(coil_coro(leave_unstarted, NULL)), COIL_OK);
	CHECK_LOG("unstarted:CancelledError");
}

static coil_result spawn_in_callback(coil_future *future, void *unused)
{
	coil_release(coil_create_task(coil_coro(plain, "never begun")));
	return coil_ok(NULL);
}

static coil_result leave_really_unstarted(void *unused)
{
	coil_future_add_done_callback(coil_current_task(), spawn_in_callback, NULL);
	return coil_ok(NULL);
}

/* Made in the iteration in which the loop stops, so that it has not begun. */
TEST(R04_a_task_not_yet_started_is_cancelled_without_running)
{
	char *said;

	capture_begin(2);
	CHECK_ERROR(coil_run(coil_coro(leave_really_unstarted, NULL)), COIL_OK);
	said = capture_end();
	CHECK_STR(said, "");
	CHECK_LOG("");
}

static coil_result spawn_at_exit(void *unused)
{
	coil_sleep(9);
	coil_release(coil_create_task(coil_coro(plain, "late")));
	return coil_number(5);
}

static coil_result leave_spawner(void *unused)
{
	report_here();
	coil_release(coil_create_task(coil_coro(spawn_at_exit, NULL)));
	return coil_sleep(1);
}

TEST(R05_tasks_made_during_the_shutdown_are_not_waited_for)
{
	CHECK_ERROR(coil_run(coil_coro(leave_spawner, NULL)), COIL_OK);
	CHECK_LOG("[Task was destroyed but it is pending!|OK ]");
}

static coil_result swallow(void *unused)
{
	while (coil_sleep(5).error)
		note("swallowed");
	note("done %g", coil_time());
	return coil_ok(NULL);
}

static coil_result leave_swallower(void *unused)
{
	coil_release(coil_create_task(coil_coro(swallow, NULL)));
	return coil_sleep(1);
}

TEST(R06_a_task_that_swallows_it_is_waited_for)
{
	CHECK_ERROR(coil_run(coil_coro(leave_swallower, NULL)), COIL_OK);
	CHECK_LOG("swallowed done 6");
}

/* ---- refusals -------------------------------------------------------------------------- */

static coil_result run_inside(void *unused)
{
	coil_result r = coil_run(coil_coro(name_of_main, NULL));

	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r),
		  "asyncio.run() cannot be called from a running event loop");
	CHECK_ERROR(coil_sleep(1), COIL_OK);
	note("goes on");
	return coil_ok(NULL);
}

TEST(R07_run_inside_of_a_running_loop)
{
	char *said;

	capture_begin(2);
	CHECK_ERROR(coil_run(coil_coro(run_inside, NULL)), COIL_OK);
	said = capture_end();
	CHECK_HAS(said, "coroutine 'name_of_main' was never awaited");
	CHECK_LOG("goes on");
}

TEST(R08_run_of_what_is_not_a_coroutine)
{
	coil_loop *loop = virtual_loop();
	coil_result r;

	capture_begin(2);
	r = coil_run(coil_loop_create_future(loop));
	CHECK_ERROR(r, COIL_VALUE);
	CHECK(coil_run(NULL).error != COIL_OK);
	capture_end();
	coil_loop_close(loop);
}

/* ---- threads and processes ---------------------------------------------------------------- */

static coil_result sleeps(void *unused)
{
	for (int i = 0; i < 10; i++)
		coil_sleep(1);
	return coil_number(coil_time() == 10);
}

static void *run_in_thread(void *unused)
{
	for (int i = 0; i < 20; i++)
		CHECK_INT(coil_run(coil_coro(sleeps, NULL)).number, 1);
	return NULL;
}

TEST(each_thread_may_run_a_loop_of_its_own)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, run_in_thread, NULL), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

/* The child ends by _exit: it has the stack of a coroutine under it. */
static coil_result fork_inside(void *unused)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(coil_get_running_loop() ? 1 : coil_current_task() ? 2 :
		      coil_run(coil_coro(sleeps, NULL)).number != 1 ? 3 : 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
	CHECK(coil_get_running_loop() != NULL);
	return coil_sleep(1);
}

/* The running loop is that of the process that runs it. */
TEST(a_child_forked_inside_of_a_loop_may_run_its_own)
{
	CHECK_ERROR(coil_run(coil_coro(fork_inside, NULL)), COIL_OK);
}
