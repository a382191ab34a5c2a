/* SPDX-License-Identifier: MIT
 *
 * Jobs of a loop: when their futures are done, what cancelling does, contexts.
 */
#include <unistd.h>

#include "gate.h"

static struct gate gate;

static coil_result thread_name(void *unused)
{
	char name[16];

	pthread_getname_np(pthread_self(), name, sizeof(name));
	return coil_bytes(name, strlen(name) + 1);
}

/* ---- results ----------------------------------------------------------- */

static coil_result awaits_jobs(void *unused)
{
	coil_result r = coil_await(coil_run_in_executor(NULL, twice, (void *)21));

	CHECK_INT(r.number, 42);
	r = coil_await(coil_run_in_executor(NULL, fails, (void *)1));
	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), "no 1");
	CHECK_STR(coil_error_site(r)->function, "fails");
	r = coil_await(coil_run_in_executor_copy(NULL, count_one, &(int){ 3 }));
	CHECK_ERROR(r, COIL_OK);
	for (int i = 0; i < 50; i++)
		CHECK_STR(coil_await(coil_run_in_executor(NULL, thread_name, NULL)).value,
			  "asyncio_0");
	return coil_ok(NULL);
}

TEST(a_task_awaits_jobs)
{
	CHECK_INT(run_virtual(awaits_jobs), COIL_OK);
	CHECK_ERROR(coil_run(coil_coro(awaits_jobs, NULL)), COIL_OK);
}

/* ---- X01 ---------------------------------------------------------------- */

static unsigned done_in;
static coil_future *job;

static coil_result look_at_job(void *loop)
{
	if (coil_future_done(job))
		done_in = iteration;
	else
		coil_loop_call_soon(loop, look_at_job, loop);
	return coil_ok(NULL);
}

static coil_result note_done_at(coil_future *f, void *unused)
{
	note("callback@+%u", iteration - done_in);
	return coil_ok(NULL);
}

static coil_result resumes_one_later(void *unused)
{
	coil_loop *loop = coil_get_running_loop();

	job = coil_run_in_executor(NULL, twice, (void *)2);
	coil_future_add_done_callback(job, note_done_at, NULL);
	done_in = 0;
	coil_loop_call_soon(loop, look_at_job, loop);
	CHECK_INT(coil_await(coil_retain(job)).number, 4);
	coil_release(job);
	note("resumed@+%u", iteration - done_in);
	return coil_ok(NULL);
}

/* What comes from the thread joins the ready queue before or after the poll, behind
 * what is there: the looker of the same iteration may be in front of it. */
TEST(X01_the_awaiter_resumes_one_iteration_after_the_future_is_done)
{
	const char *log;

	CHECK_INT(run_ticking(resumes_one_later), COIL_OK);
	log = log_take();
	CHECK(strcmp(log, "callback@+1 resumed@+1") == 0 ||
	      strcmp(log, "callback@+0 resumed@+0") == 0);
}

/* The iteration that is woken completes the future, without one more. */
static coil_result lets_through(void *unused)
{
	open_gate(&gate);
	return coil_ok(NULL);
}

TEST(X01_the_future_is_done_in_the_iteration_whose_poll_is_woken)
{
	coil_loop *loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);

	gate_init(&gate);
	job = coil_loop_run_in_executor(loop, NULL, wait_at, &gate);
	coil_loop_call_soon(loop, lets_through, NULL);
	run_iterations(loop, 1);
	while (!coil_future_done(job)) {
		usleep(100);
		run_iterations(loop, 1);
	}
	CHECK_INT(coil_future_result(job).number, 7);
	coil_release(job);
	coil_loop_close(loop);
}

/* ---- X02 ---------------------------------------------------------------- */

static coil_result cancels(void *executor)
{
	coil_future *running = coil_run_in_executor(executor, wait_at, &gate);
	coil_future *queued = coil_run_in_executor(executor, count_one, NULL);

	await_reached(&gate);
	CHECK(coil_future_cancel(running));
	CHECK(coil_future_cancelled(running)); /* at once, though it runs on */
	CHECK(coil_future_cancel(queued));
	CHECK(coil_future_cancelled(queued));
	coil_sleep(0); /* +1: the jobs are cancelled */
	coil_sleep(0);
	open_gate(&gate);
	CHECK_INT(coil_await(coil_run_in_executor(executor, twice, (void *)4)).number, 8);
	CHECK_INT(count, 0); /* it was before the last in the queue */
	coil_release(running);
	coil_release(queued);
	return coil_ok(NULL);
}

TEST(X02_a_running_job_runs_on_and_a_queued_one_never_runs)
{
	coil_loop *loop = virtual_loop();
	coil_executor *executor = coil_thread_pool_executor(1, "w");

	gate_init(&gate);
	CHECK_ERROR(coil_loop_run_until_complete(loop, coil_coro(cancels, executor)), COIL_OK);
	coil_loop_close(loop);
	coil_executor_shutdown(executor, 0);
}

static coil_result awaits_gate(void *unused)
{
	coil_result r = coil_await(coil_run_in_executor(NULL, wait_at, &gate));

	note("%s", coil_error_name(r.error));
	return r;
}

static coil_result cancels_the_task(void *unused)
{
	coil_task *task = coil_create_task(coil_coro(awaits_gate, NULL));

	coil_sleep(0);
	await_reached(&gate);
	coil_task_cancel(task);
	CHECK_ERROR(coil_await(task), COIL_CANCELLED);
	open_gate(&gate);
	return coil_ok(NULL);
}

TEST(X02_a_task_that_awaits_a_job_is_cancelled_at_once)
{
	gate_init(&gate);
	CHECK_INT(run_virtual(cancels_the_task), COIL_OK);
	CHECK_LOG("CancelledError");
}

/* Its result comes when the future is done already. */
static coil_result sets_by_hand(void *unused)
{
	coil_future *f = coil_run_in_executor(NULL, wait_at, &gate);

	await_reached(&gate);
	CHECK_ERROR(coil_future_set_result(f, coil_number(1)), COIL_OK);
	open_gate(&gate);
	coil_sleep(0);
	CHECK_INT(coil_await(coil_run_in_executor(NULL, twice, (void *)4)).number, 8);
	CHECK_INT(coil_await(f).number, 1);
	return coil_ok(NULL);
}

TEST(the_program_may_be_faster_than_the_job)
{
	gate_init(&gate);
	CHECK_INT(run_virtual(sets_by_hand), COIL_OK);
}

/* ---- X03, X06, X07 -------------------------------------------------------- */

TEST(X03_only_a_thread_pool_is_a_default_executor)
{
	coil_executor *processes = coil_process_pool_executor(.max_workers = 1);
	coil_loop *loop = virtual_loop();
	coil_result r = coil_loop_set_default_executor(loop, NULL);

	CHECK_ERROR(r, COIL_TYPE);
	CHECK_STR(coil_error_message(r), "executor must be ThreadPoolExecutor instance");
	CHECK_ERROR(coil_loop_set_default_executor(loop, processes), COIL_TYPE);
	coil_executor_shutdown(processes, 0);
	coil_loop_close(loop);
}

static coil_result default_name(void *unused)
{
	return coil_await(coil_run_in_executor(NULL, thread_name, NULL));
}

TEST(set_default_executor)
{
	coil_loop *loop = virtual_loop();
	coil_executor *executor = coil_thread_pool_executor(1, "mine");

	CHECK_ERROR(coil_loop_set_default_executor(loop, executor), COIL_OK);
	CHECK_ERROR(coil_loop_set_default_executor(loop, executor), COIL_OK);
	coil_release(executor); /* the loop keeps it */
	CHECK_STR(coil_loop_run_until_complete(loop, coil_coro(default_name, NULL)).value,
		  "mine_0");
	coil_loop_close(loop);
}

TEST(close_shuts_a_default_executor_down)
{
	coil_loop *loop = virtual_loop();
	coil_executor *executor = coil_thread_pool_executor(1, "mine");

	coil_loop_set_default_executor(loop, executor);
	coil_loop_close(loop);
	CHECK(!coil_executor_submit(executor, count_one, NULL));
	CHECK_LAST_ERROR(COIL_RUNTIME, "cannot schedule new futures after shutdown");
	coil_executor_shutdown(executor, 0);
}

static coil_context_var variable = { .name = "v" };

static coil_result get_variable(void *unused)
{
	return coil_ok(coil_context_var_get(&variable));
}

static coil_result set_variable(void *value)
{
	return coil_context_var_set(&variable, value, NULL);
}

static coil_result sees_contexts(void *unused)
{
	set_variable("task");
	CHECK(!coil_await(coil_run_in_executor(NULL, get_variable, NULL)).value);
	CHECK_STR(coil_await(coil_to_thread(get_variable, NULL)).value, "task");
	CHECK_ERROR(coil_await(coil_to_thread(set_variable, "thread")), COIL_OK);
	CHECK_STR(coil_context_var_get(&variable), "task"); /* that was a copy's */
	CHECK(!coil_await(coil_run_in_executor(NULL, get_variable, NULL)).value);
	return coil_ok(NULL);
}

TEST(X06_to_thread_carries_the_context_and_run_in_executor_does_not)
{
	CHECK_INT(run_virtual(sees_contexts), COIL_OK);
}

/* The context is the awaiter's, and what it is then. */
static coil_result copies_late(void *unused)
{
	coil_coroutine *coroutine = coil_to_thread(get_variable, NULL);
	coil_result r;

	set_variable("late");
	r = coil_await(coroutine);
	CHECK_STR(r.value, "late");
	r = coil_await(coil_to_thread(fails, (void *)9));
	CHECK_STR(coil_error_message(r), "no 9");
	CHECK(!coil_to_thread(NULL, NULL));
	CHECK_LAST_ERROR(COIL_TYPE, "a function was expected, not NULL");
	return coil_ok(NULL);
}

TEST(X06_to_thread_copies_the_context_when_it_begins)
{
	CHECK_INT(run_virtual(copies_late), COIL_OK);
}

TEST(to_thread_that_is_not_awaited_runs_nothing)
{
	CHECK_HAS(CAPTURE_STDERR({ coil_release(coil_to_thread(count_one, NULL)); }),
		  "was never awaited");
	CHECK_INT(count, 0);
}

static coil_result stops(void *unused)
{
	return coil_raise(COIL_STOP_ITERATION, "3");
}

#define NO_STOP "StopIteration interacts badly with generators and cannot be raised into a Future"

static coil_result awaits_stop(void *unused)
{
	coil_result r = coil_await(coil_run_in_executor(NULL, stops, NULL));

	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), NO_STOP);
	CHECK_STR(coil_error_site(r)->function, "stops");
	return coil_ok(NULL);
}

TEST(X07_StopIteration_in_a_job_becomes_a_RuntimeError)
{
	CHECK_INT(run_virtual(awaits_stop), COIL_OK);
}

TEST(F22_StopIteration_becomes_a_RuntimeError)
{
	coil_loop *loop = virtual_loop();
	coil_future *f = coil_loop_create_future(loop);

	CHECK_ERROR(coil_future_set_exception(f, COIL_STOP_ITERATION, "x"), COIL_OK);
	CHECK_ERROR(coil_future_result(f), COIL_RUNTIME);
	CHECK_STR(coil_error_message(coil_future_result(f)), NO_STOP);
	coil_release(f);
	coil_loop_close(loop);
}

static coil_result raises_cancelled(void *unused)
{
	return coil_raise(COIL_CANCELLED, "by hand");
}

/* An error like others, to a future. */
static coil_result awaits_cancelled(void *unused)
{
	coil_future *f = coil_run_in_executor(NULL, raises_cancelled, NULL);

	CHECK_ERROR(coil_await(coil_retain(f)), COIL_CANCELLED);
	CHECK(!coil_future_cancelled(f));
	coil_release(f);
	return coil_ok(NULL);
}

TEST(a_job_that_raises_CancelledError)
{
	CHECK_INT(run_virtual(awaits_cancelled), COIL_OK);
}

/* ---- errors --------------------------------------------------------------- */

TEST(L20_run_in_executor_after_close)
{
	coil_loop *loop = virtual_loop();

	coil_loop_close(loop);
	CHECK(!coil_loop_run_in_executor(loop, NULL, count_one, NULL));
	CHECK_LAST_ERROR(COIL_RUNTIME, "Event loop is closed");
	CHECK(!coil_run_in_executor(NULL, count_one, NULL));
	CHECK_LAST_ERROR(COIL_RUNTIME, "no running event loop");
}

TEST(an_executor_that_is_shut_down)
{
	coil_loop *loop = virtual_loop();
	coil_executor *executor = coil_thread_pool_executor(1, "w");

	coil_executor_shutdown(coil_retain(executor), 0);
	CHECK(!coil_loop_run_in_executor(loop, executor, count_one, NULL));
	CHECK_LAST_ERROR(COIL_RUNTIME, "cannot schedule new futures after shutdown");
	CHECK(!coil_loop_run_in_executor(loop, executor, NULL, NULL));
	CHECK_LAST_ERROR(COIL_TYPE, "a function was expected, not NULL");
	run_iterations(loop, 2);
	coil_release(executor);
	coil_loop_close(loop);
}

TEST(no_thread_for_a_job)
{
	coil_loop *loop = virtual_loop();

	faults_fail(FAULT_THREAD, 1);
	CHECK(!coil_loop_run_in_executor(loop, NULL, count_one, NULL));
	CHECK(faults_clear());
	CHECK_ERROR(coil_last_error(), COIL_OS);
	coil_loop_close(loop);
	CHECK_INT(count, 0);
}

/* ---- closing ---------------------------------------------------------------- */

TEST(a_loop_is_closed_while_its_jobs_run)
{
	coil_loop *loop = virtual_loop();
	coil_executor *executor = coil_thread_pool_executor(1, "w");
	coil_future *running;

	gate_init(&gate);
	running = coil_loop_run_in_executor(loop, executor, wait_at, &gate);
	coil_release(coil_loop_run_in_executor(loop, executor, count_one, NULL));
	await_reached(&gate);
	coil_loop_close(loop);
	CHECK_ERROR(coil_await(running), COIL_RUNTIME); /* and says that it is stale */
	open_gate(&gate);
	coil_executor_shutdown(executor, 0);
	CHECK_INT(count, 1);
}

TEST(a_loop_is_closed_before_it_takes_a_result)
{
	coil_loop *loop = virtual_loop();
	coil_executor *executor = coil_thread_pool_executor(1, "w");
	coil_future *cancelled;

	coil_release(coil_loop_run_in_executor(loop, executor, fails, NULL));
	cancelled = coil_loop_run_in_executor(loop, executor, twice, NULL);
	coil_executor_shutdown(executor, 0); /* all have come */
	coil_future_cancel(cancelled);
	coil_release(cancelled);
	coil_loop_close(loop);
}

static void close_in_a_race(int turn)
{
	coil_loop *loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	coil_executor *executor = coil_thread_pool_executor(2, "w");
	coil_future *f[20];

	for (int i = 0; i < 20; i++)
		f[i] = coil_loop_run_in_executor(loop, executor, count_one, NULL);
	for (int i = 0; i < turn % 20; i++)
		coil_future_cancel(f[i]);
	run_iterations(loop, (unsigned)turn % 4);
	coil_loop_close(loop);
	coil_executor_shutdown(executor, 0);
}

TEST(a_loop_is_closed_while_results_arrive, .seconds = 30)
{
	for (int turn = 0; turn < 100; turn++)
		close_in_a_race(turn);
}

/* ---- the virtual clock ------------------------------------------------------ */

static coil_result opens(void *unused)
{
	note("timer");
	return coil_ok(NULL);
}

static coil_result real_waits(void *unused)
{
	coil_loop *loop = coil_get_running_loop();
	coil_handle *timer = coil_loop_call_later(loop, 3600, opens, NULL);

	CHECK_INT(coil_await(coil_run_in_executor(NULL, twice, (void *)1)).number, 2);
	CHECK(coil_loop_time(loop) < 3600);
	coil_handle_cancel(timer);
	coil_sleep(7200); /* nobody works for the loop now */
	CHECK(coil_loop_time(loop) >= 7200);
	return coil_ok(NULL);
}

TEST(the_virtual_clock_does_not_jump_over_a_job)
{
	CHECK_INT(run_virtual(real_waits), COIL_OK);
	CHECK_LOG("");
}

static coil_result cancels_and_sleeps(void *unused)
{
	coil_future *f = coil_run_in_executor(NULL, wait_at, &gate);

	await_reached(&gate);
	coil_future_cancel(f);
	coil_release(f);
	coil_sleep(3600); /* nobody waits for that job any more */
	open_gate(&gate);
	return coil_ok(NULL);
}

TEST(the_virtual_clock_jumps_over_a_job_that_was_cancelled)
{
	gate_init(&gate);
	CHECK_INT(run_virtual(cancels_and_sleeps), COIL_OK);
}

/* ---- many --------------------------------------------------------------------- */

static coil_result hundreds(void *executor)
{
	coil_awaitable *f[300];
	coil_result r;

	for (intptr_t i = 0; i < 300; i++)
		f[i] = coil_run_in_executor(executor, i % 3 ? twice : fails, (void *)i);
	r = coil_await(coil_gather_array(COIL_RETURN_EXCEPTIONS, f, 300));
	for (intptr_t i = 0; i < 300; i++) {
		coil_result item = ((coil_list *)r.value)->items[i];

		CHECK(i % 3 ? item.number == 2 * i : item.error == COIL_VALUE);
	}
	return coil_ok(NULL);
}

static void *runs_hundreds(void *executor)
{
	coil_loop *loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);

	for (int i = 0; i < 20; i++)
		CHECK_ERROR(coil_loop_run_until_complete(loop, coil_coro(hundreds, executor)),
			    COIL_OK);
	coil_loop_close(loop);
	return NULL;
}

TEST(two_loops_share_a_pool, .seconds = 60)
{
	coil_executor *executor = coil_thread_pool_executor(3, "w");
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, runs_hundreds, executor), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	coil_executor_shutdown(executor, 0);
}

/* ---- without memory ------------------------------------------------------------- */

static coil_result scarce_main(void *unused)
{
	coil_result r = coil_await(coil_run_in_executor(NULL, fails, (void *)1));

	CHECK(r.error == COIL_VALUE || r.error == COIL_MEMORY || r.error == COIL_OS);
	r = coil_await(coil_to_thread(twice, (void *)2));
	CHECK(r.error ? r.error == COIL_MEMORY || r.error == COIL_OS : r.number == 4);
	return coil_ok(NULL);
}

static void scarce(void *unused)
{
	coil_result r = coil_run(coil_coro(scarce_main, NULL));

	CHECK(r.error == COIL_OK || r.error == COIL_MEMORY || r.error == COIL_OS);
}

TEST(without_memory, .seconds = 60)
{
	CHECK(faults_every(FAULT_MEMORY, scarce, NULL) > 10);
}

TEST(without_threads)
{
	CHECK(faults_every(FAULT_THREAD, scarce, NULL) > 1);
}
