/* SPDX-License-Identifier: MIT
 *
 * shutdown_default_executor, and what coil_run does with it.
 */
#include "gate.h"

static struct gate gate;

static coil_result after_shutdown(void *executor)
{
	coil_loop *loop = coil_get_running_loop();

	CHECK_ERROR(coil_await(coil_run_in_executor(NULL, count_one, NULL)), COIL_OK);
	CHECK_ERROR(coil_loop_shutdown_default_executor(loop, -1), COIL_OK);
	CHECK(!coil_run_in_executor(NULL, count_one, NULL));
	CHECK_LAST_ERROR(COIL_RUNTIME, "Executor shutdown has been called");
	CHECK_ERROR(coil_await(coil_to_thread(count_one, NULL)), COIL_RUNTIME);
	CHECK_INT(coil_await(coil_run_in_executor(executor, twice, (void *)2)).number, 4);
	CHECK_ERROR(coil_loop_shutdown_default_executor(loop, 1), COIL_OK); /* again */
	return coil_ok(NULL);
}

TEST(X04_after_it_there_is_no_default_executor_but_others_work)
{
	coil_executor *executor = coil_thread_pool_executor(1, "w");
	coil_loop *loop = virtual_loop();

	CHECK_ERROR(coil_loop_run_until_complete(loop, coil_coro(after_shutdown, executor)),
		    COIL_OK);
	CHECK_INT(count, 1);
	coil_loop_close(loop);
	coil_executor_shutdown(executor, 0);
}

static coil_result shuts_down_nothing(void *unused)
{
	coil_loop *loop = coil_get_running_loop();
	unsigned before = iteration;

	CHECK_ERROR(coil_loop_shutdown_default_executor(loop, -1), COIL_OK);
	CHECK_INT(iteration, before); /* does not suspend */
	CHECK(!coil_run_in_executor(NULL, count_one, NULL));
	CHECK_LAST_ERROR(COIL_RUNTIME, "Executor shutdown has been called");
	return coil_ok(NULL);
}

TEST(X04_also_if_there_never_was_one)
{
	CHECK_INT(run_ticking(shuts_down_nothing), COIL_OK);
}

static coil_result waits_for_jobs(void *unused)
{
	coil_loop *loop = coil_get_running_loop();

	for (int i = 0; i < 50; i++)
		coil_release(coil_run_in_executor(NULL, count_one, NULL));
	CHECK_ERROR(coil_loop_shutdown_default_executor(loop, 60), COIL_OK);
	CHECK_INT(count, 50);
	return coil_ok(NULL);
}

TEST(it_waits_for_the_jobs)
{
	CHECK_INT(run_virtual(waits_for_jobs), COIL_OK);
}

static coil_result gives_up(void *unused)
{
	coil_loop *loop = coil_get_running_loop();
	coil_future *f = coil_run_in_executor(NULL, wait_at, &gate);
	char *text;

	await_reached(&gate);
	text = CAPTURE_STDERR({
		CHECK_ERROR(coil_loop_shutdown_default_executor(loop, 0.05), COIL_OK);
	});
	CHECK_HAS(text, "RuntimeWarning: The executor did not finishing joining its threads "
		  "within 0.05 seconds.");
	CHECK(!coil_future_done(f));
	open_gate(&gate);
	CHECK_INT(coil_await(f).number, 7);
	return coil_ok(NULL);
}

TEST(X05_with_a_timeout_it_returns_after_it_with_a_warning)
{
	gate_init(&gate);
	CHECK_INT(run_virtual(gives_up), COIL_OK);
}

static coil_result shuts_down(void *unused)
{
	return coil_loop_shutdown_default_executor(coil_get_running_loop(), -1);
}

static coil_result cancels_it(void *unused)
{
	coil_task *task = coil_create_task(coil_coro(shuts_down, NULL));
	coil_future *f = coil_run_in_executor(NULL, wait_at, &gate);

	await_reached(&gate);
	coil_sleep(0);
	coil_task_cancel(task);
	CHECK_ERROR(coil_await(task), COIL_CANCELLED);
	open_gate(&gate);
	CHECK_INT(coil_await(f).number, 7);
	return coil_ok(NULL);
}

TEST(it_can_be_cancelled)
{
	gate_init(&gate);
	CHECK_INT(run_virtual(cancels_it), COIL_OK);
}

TEST(outside_of_tasks_it_is_an_error)
{
	coil_loop *loop = virtual_loop();

	CHECK_ERROR(coil_loop_shutdown_default_executor(loop, -1), COIL_RUNTIME);
	coil_loop_close(loop);
}

static coil_result of_another_loop(void *loop)
{
	CHECK_HAS(CAPTURE_STDERR({
		CHECK_ERROR(coil_loop_shutdown_default_executor(loop, -1), COIL_RUNTIME);
	}), "different loop");
	return coil_ok(NULL);
}

TEST(another_loops_is_an_error)
{
	coil_loop *other = virtual_loop(), *loop = virtual_loop();

	CHECK_ERROR(coil_loop_run_until_complete(loop, coil_coro(of_another_loop, other)),
		    COIL_OK);
	coil_loop_close(loop);
	coil_loop_close(other);
}

static coil_result no_thread(void *unused)
{
	coil_loop *loop = coil_get_running_loop();
	coil_result r;

	coil_await(coil_run_in_executor(NULL, count_one, NULL));
	faults_fail(FAULT_THREAD, 1);
	r = coil_loop_shutdown_default_executor(loop, -1);
	CHECK(faults_clear());
	CHECK_ERROR(r, COIL_OS);
	CHECK_STR(coil_error_message(r), "cannot start a thread: Resource temporarily unavailable");
	return coil_ok(NULL);
}

TEST(without_a_thread_that_joins)
{
	CHECK_INT(run_virtual(no_thread), COIL_OK);
}

/* The loop is closed while a thread joins the workers for it. */
TEST(a_loop_is_closed_in_the_middle)
{
	coil_loop *loop = virtual_loop();

	gate_init(&gate);
	coil_loop_run_in_executor(loop, NULL, wait_at, &gate);
	coil_release(coil_loop_create_task(loop, coil_coro(shuts_down, NULL)));
	await_reached(&gate);
	run_iterations(loop, 2);
	CHECK_HAS(CAPTURE_STDERR({ coil_loop_close(loop); }),
		  "Task was destroyed but it is pending!");
	open_gate(&gate);
}

/* ---- coil_run -------------------------------------------------------------- */

static coil_result leaves_jobs(void *unused)
{
	for (int i = 0; i < 20; i++)
		coil_release(coil_run_in_executor(NULL, count_one, NULL));
	return coil_number(3);
}

TEST(coil_run_waits_for_the_default_executor)
{
	CHECK_INT(coil_run(coil_coro(leaves_jobs, NULL)).number, 3);
	CHECK_INT(count, 20);
}

static void scarce(void *unused)
{
	coil_result r = coil_run(coil_coro(leaves_jobs, NULL));

	CHECK(r.error == COIL_OK || r.error == COIL_MEMORY || r.error == COIL_OS);
}

TEST(without_memory, .seconds = 60)
{
	CHECK(faults_every(FAULT_MEMORY, scarce, NULL) > 5);
}
