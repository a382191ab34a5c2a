/* SPDX-License-Identifier: MIT
 *
 * Pools of threads: how many there are, what they are called, and how they end.
 */
#include <signal.h>
#include <unistd.h>

#include "gate.h"

#define OK(call) CHECK_ERROR(call, COIL_OK)

static coil_result thread_name(void *unused)
{
	char name[16];

	pthread_getname_np(pthread_self(), name, sizeof(name));
	return coil_bytes(name, strlen(name) + 1);
}

/* The name of the thread that runs a job of EXECUTOR. */
static char *name_in(coil_executor *executor)
{
	coil_concurrent_future *f = coil_executor_submit(executor, thread_name, NULL);
	char *name = text("%s", (char *)coil_concurrent_future_result(f, -1).value);

	coil_release(f);
	return name;
}

TEST(threads_have_names)
{
	coil_executor *executor = coil_thread_pool_executor(1, "reader");

	CHECK_STR(name_in(executor), "reader_0");
	OK(coil_executor_shutdown(executor, 0));
	executor = coil_thread_pool_executor(1, NULL);
	CHECK_STR(name_in(executor), "ThreadPoolExecu"); /* as much as fits */
	OK(coil_executor_shutdown(executor, 0));
}

/* One job after another needs one thread, and as many at a time as many threads. */
TEST(a_thread_is_added_only_if_none_is_idle)
{
	coil_executor *executor = coil_thread_pool_executor(3, "w");
	struct gate gate;
	coil_concurrent_future *f[4];

	gate_init(&gate);
	for (int i = 0; i < 100; i++)
		CHECK_STR(name_in(executor), "w_0");
	for (int i = 0; i < 4; i++)
		f[i] = coil_executor_submit(executor, wait_at, &gate);
	for (int i = 0; i < 3; i++)
		await_reached(&gate);
	CHECK(!coil_concurrent_future_running(f[3])); /* three is the limit */
	for (int i = 0; i < 4; i++)
		open_gate(&gate);
	for (int i = 0; i < 4; i++) {
		CHECK_INT(coil_concurrent_future_result(f[i], -1).number, 7);
		coil_release(f[i]);
	}
	OK(coil_executor_shutdown(executor, 0));
}

static int order[500];
static atomic_int next;

static coil_result note_order(void *number)
{
	order[atomic_fetch_add(&next, 1)] = (int)(intptr_t)number;
	return coil_ok(NULL);
}

TEST(jobs_begin_in_the_order_they_were_submitted)
{
	coil_executor *executor = coil_thread_pool_executor(1, "w");

	for (intptr_t i = 0; i < 500; i++)
		coil_release(coil_executor_submit(executor, note_order, (void *)i));
	OK(coil_executor_shutdown(executor, 0));
	CHECK_INT(next, 500);
	for (int i = 0; i < 500; i++)
		if (order[i] != i)
			CHECK_INT(order[i], i);
}

static coil_result sum(void *arg)
{
	const int *numbers = arg;
	int n = 0;

	for (int i = 0; i < 30; i++)
		n += numbers[i];
	return coil_number(n);
}

static coil_result first(void *arg)
{
	return coil_number(*(int *)arg);
}

TEST(an_argument_is_copied)
{
	coil_executor *executor = coil_thread_pool_executor(1, "w");
	struct gate gate;
	struct { int at[30]; } many = { { 1, 2, 3 } };
	int few = 5;
	coil_concurrent_future *a, *b, *c;

	gate_init(&gate);
	a = coil_executor_submit(executor, wait_at, &gate);
	b = coil_executor_submit_copy(executor, sum, &many);
	c = coil_executor_submit_copy(executor, first, &few);
	memset(&many, 9, sizeof(many));
	few = 0;
	open_gate(&gate);
	CHECK_INT(coil_concurrent_future_result(b, -1).number, 6);
	CHECK_INT(coil_concurrent_future_result(c, -1).number, 5);
	coil_release(a);
	coil_release(b);
	coil_release(c);
	OK(coil_executor_shutdown(executor, 0));
}

static coil_result signals_blocked(void *unused)
{
	sigset_t set;

	pthread_sigmask(SIG_SETMASK, NULL, &set);
	return coil_number(sigismember(&set, SIGINT) && sigismember(&set, SIGUSR1) &&
			   sigismember(&set, SIGCHLD) && !sigismember(&set, SIGSEGV));
}

TEST(signals_go_to_other_threads)
{
	coil_executor *executor = coil_thread_pool_executor(1, "w");
	coil_concurrent_future *f = coil_executor_submit(executor, signals_blocked, NULL);
	sigset_t set;

	CHECK_INT(coil_concurrent_future_result(f, -1).number, 1);
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	CHECK(!sigismember(&set, SIGUSR1)); /* here all is as it was */
	coil_release(f);
	OK(coil_executor_shutdown(executor, 0));
}

/* ---- the end ------------------------------------------------------------ */

TEST(after_shutdown_nothing_is_taken)
{
	coil_executor *executor = coil_thread_pool_executor(1, "w");
	char *text;

	OK(coil_executor_shutdown(coil_retain(executor), 0));
	CHECK(!coil_executor_submit(executor, count_one, NULL));
	CHECK_LAST_ERROR(COIL_RUNTIME, "cannot schedule new futures after shutdown");
	OK(coil_executor_shutdown(executor, 0)); /* again */
	text = CAPTURE_STDERR({
		CHECK(!coil_executor_submit(executor, count_one, NULL));
		CHECK_ERROR(coil_last_error(), COIL_INVALID_HANDLE);
		CHECK_ERROR(coil_executor_shutdown(executor, 0), COIL_INVALID_HANDLE);
	});
	CHECK_HAS(text, "submit");
}

TEST(shutdown_waits_for_all_jobs)
{
	coil_executor *executor = coil_thread_pool_executor(2, "w");

	for (int i = 0; i < 200; i++)
		coil_release(coil_executor_submit(executor, count_one, NULL));
	OK(coil_executor_shutdown(executor, 0));
	CHECK_INT(count, 200);
}

TEST(shutdown_cancels_what_has_not_begun)
{
	coil_executor *executor = coil_thread_pool_executor(1, "w");
	struct gate gate;
	coil_concurrent_future *running, *waiting;

	gate_init(&gate);
	running = coil_executor_submit(executor, wait_at, &gate);
	waiting = coil_executor_submit(executor, count_one, NULL);
	await_reached(&gate);
	open_gate(&gate); /* it is through only after the next has been cancelled, or not */
	OK(coil_executor_shutdown(executor, COIL_SHUTDOWN_CANCEL_FUTURES));
	CHECK_INT(coil_concurrent_future_result(running, 0).number, 7);
	CHECK(coil_concurrent_future_done(waiting));
	CHECK_INT(count, !coil_concurrent_future_cancelled(waiting));
	coil_release(running);
	coil_release(waiting);
}

TEST(shutdown_without_waiting)
{
	coil_executor *executor = coil_thread_pool_executor(1, "w");
	struct gate gate;
	coil_concurrent_future *running, *cancelled, *last;

	gate_init(&gate);
	running = coil_executor_submit(executor, wait_at, &gate);
	await_reached(&gate);
	last = coil_executor_submit(executor, twice, (void *)3);
	OK(coil_executor_shutdown(coil_retain(executor), COIL_SHUTDOWN_NO_WAIT));
	CHECK(!coil_concurrent_future_done(last));
	cancelled = last;
	OK(coil_executor_shutdown(executor, COIL_SHUTDOWN_NO_WAIT |
				  COIL_SHUTDOWN_CANCEL_FUTURES));
	CHECK(coil_concurrent_future_cancelled(cancelled));
	open_gate(&gate);
	CHECK_INT(coil_concurrent_future_result(running, -1).number, 7);
	coil_release(running);
	coil_release(cancelled);
}

/* As when Python collects an executor. */
TEST(releasing_it_is_a_shutdown_without_waiting)
{
	coil_executor *executor = coil_thread_pool_executor(2, "w");
	coil_concurrent_future *f = coil_executor_submit(executor, twice, (void *)3);

	coil_release(executor);
	CHECK_INT(coil_concurrent_future_result(f, -1).number, 6);
	coil_release(f);
}

static coil_result shuts_down(void *executor)
{
	return coil_executor_shutdown(executor, 0);
}

TEST(a_worker_cannot_wait_for_itself)
{
	coil_executor *executor = coil_thread_pool_executor(1, "w");
	coil_concurrent_future *f = coil_executor_submit(executor, shuts_down, executor);
	coil_result r = coil_concurrent_future_result(f, -1);

	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "cannot join current thread");
	coil_release(f);
}

static void *shut_down(void *executor)
{
	OK(coil_executor_shutdown(executor, 0));
	CHECK_INT(count, 3);
	return NULL;
}

TEST(several_threads_wait_for_the_end)
{
	coil_executor *executor = coil_thread_pool_executor(1, "w");
	struct gate gate;
	coil_concurrent_future *f;
	pthread_t threads[3];

	gate_init(&gate);
	f = coil_executor_submit(executor, wait_at, &gate);
	for (int i = 0; i < 3; i++)
		coil_release(coil_executor_submit(executor, count_one, NULL));
	for (int i = 0; i < 3; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, shut_down,
					 coil_retain(executor)), 0);
	coil_release(executor);
	open_gate(&gate);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	coil_release(f);
}

/* ---- the end of the process ---------------------------------------------- */

static coil_result writes(void *word)
{
	usleep(20000);
	if (write(STDOUT_FILENO, word, strlen(word)) < 0)
		abort();
	return coil_ok(NULL);
}

static void leaves_jobs(void *flags)
{
	coil_executor *a = coil_thread_pool_executor(1, "a");
	coil_executor *b = coil_thread_pool_executor(1, "b");

	coil_release(coil_executor_submit(a, writes, "one "));
	coil_release(coil_executor_submit(b, writes, ""));
	coil_release(coil_executor_submit(a, writes, "two"));
	if (flags)
		coil_executor_shutdown(a, COIL_SHUTDOWN_NO_WAIT);
}

TEST(what_was_submitted_runs_before_the_process_ends)
{
	CHECK_STR(run_fork(leaves_jobs, NULL)->out, "one two");
	CHECK_STR(run_fork(leaves_jobs, (void *)1)->out, "one two");
}

static coil_result exits(void *unused)
{
	exit(5);
}

static void exits_in_a_job(void *unused)
{
	coil_executor *executor = coil_thread_pool_executor(2, "w");

	coil_release(coil_executor_submit(executor, exits, NULL));
	pause();
}

TEST(a_job_may_end_the_process)
{
	CHECK_INT(run_fork(exits_in_a_job, NULL)->status, 5);
}

static coil_executor *inherited;

static void uses_inherited(void *unused)
{
	CHECK_STR(name_in(inherited), "w_0"); /* a thread of the child's own */
	OK(coil_executor_shutdown(inherited, 0));
}

TEST(a_fork_has_no_threads_and_can_make_its_own)
{
	struct gate gate;
	coil_concurrent_future *f;

#ifdef __SANITIZE_THREAD__
	SKIP("the thread sanitizer does not follow threads into a fork");
#endif
	gate_init(&gate);
	inherited = coil_thread_pool_executor(2, "w");
	f = coil_executor_submit(inherited, wait_at, &gate);
	await_reached(&gate);
	CHECK_INT(run_fork(uses_inherited, NULL)->status, 0);
	open_gate(&gate);
	CHECK_INT(coil_concurrent_future_result(f, -1).number, 7);
	coil_release(f);
	OK(coil_executor_shutdown(inherited, 0));
}

/* ---- failures ------------------------------------------------------------ */

TEST(without_a_thread_there_is_an_error)
{
	coil_executor *executor = coil_thread_pool_executor(2, "w");

	faults_fail(FAULT_THREAD, 1);
	CHECK(!coil_executor_submit(executor, count_one, NULL));
	CHECK(faults_clear());
	CHECK_LAST_ERROR(COIL_OS, "cannot start a worker thread: Resource temporarily "
			 "unavailable");
	coil_release(coil_executor_submit(executor, count_one, NULL));
	OK(coil_executor_shutdown(executor, 0));
	CHECK_INT(count, 1);
}

TEST(with_one_thread_the_second_may_fail)
{
	coil_executor *executor = coil_thread_pool_executor(2, "w");
	struct gate gate;
	coil_concurrent_future *a, *b;

	gate_init(&gate);
	a = coil_executor_submit(executor, wait_at, &gate);
	await_reached(&gate);
	faults_fail(FAULT_THREAD, 1);
	b = coil_executor_submit(executor, twice, (void *)2);
	CHECK(faults_clear());
	REQUIRE(b);
	open_gate(&gate);
	CHECK_INT(coil_concurrent_future_result(b, -1).number, 4);
	coil_release(a);
	coil_release(b);
	OK(coil_executor_shutdown(executor, 0));
}

TEST(what_is_no_job_is_refused)
{
	coil_executor *executor = coil_thread_pool_executor(2, "w");

	CHECK(!coil_executor_submit(executor, NULL, NULL));
	CHECK_LAST_ERROR(COIL_TYPE, "a function was expected, not NULL");
	OK(coil_executor_shutdown(executor, 0));
}

static coil_result note_nothing(coil_concurrent_future *f, void *unused)
{
	return coil_ok(NULL);
}

static void scarce(void *unused)
{
	struct { char at[100]; } big = { "big" };
	coil_executor *executor = coil_thread_pool_executor(2, NULL);
	coil_concurrent_future *f;
	coil_result r;

	if (!executor) {
		CHECK_ERROR(coil_last_error(), COIL_MEMORY);
		return;
	}
	f = coil_executor_submit_copy(executor, fails, &big);
	if (f) {
		coil_concurrent_future_add_done_callback(f, note_nothing, NULL);
		r = coil_concurrent_future_result(f, -1);
		CHECK(r.error == COIL_VALUE || r.error == COIL_MEMORY);
		coil_release(f);
	} else {
		CHECK_ERROR(coil_last_error(), COIL_MEMORY);
	}
	OK(coil_executor_shutdown(executor, 0));
}

TEST(without_memory)
{
	CHECK(faults_every(FAULT_MEMORY, scarce, NULL) > 5);
}

/* ---- many at a time ------------------------------------------------------ */

#define THREADS 4
#define JOBS 3000

static void *submits(void *executor)
{
	for (int i = 0; i < JOBS; i++) {
		coil_concurrent_future *f = coil_executor_submit(executor, count_one, NULL);

		if (i % 7 == 0 && coil_concurrent_future_cancel(f))
			atomic_fetch_add(&count, 1);
		else if (i % 100 == 0)
			coil_concurrent_future_result(f, -1);
		coil_release(f);
	}
	return NULL;
}

TEST(many_threads_submit, .seconds = 30)
{
	coil_executor *executor = coil_thread_pool_executor(3, "w");
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, submits, executor), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	OK(coil_executor_shutdown(executor, 0));
	CHECK_INT(count, THREADS * JOBS);
}

static void *submits_until_refused(void *executor)
{
	coil_concurrent_future *f;

	while ((f = coil_executor_submit(executor, count_one, NULL))) {
		atomic_fetch_add(&next, 1);
		coil_release(f);
	}
	CHECK_ERROR(coil_last_error(), COIL_RUNTIME);
	coil_release(executor);
	return NULL;
}

/* Each job is taken, and runs, or is refused. */
TEST(shutdown_while_threads_submit, .seconds = 30)
{
	for (int turn = 0; turn < 20; turn++) {
		coil_executor *executor = coil_thread_pool_executor(2, "w");
		pthread_t threads[2];

		count = next = 0;
		for (int i = 0; i < 2; i++)
			CHECK_INT(pthread_create(&threads[i], NULL, submits_until_refused,
						 coil_retain(executor)), 0);
		coil_release(coil_executor_submit(executor, count_one, NULL));
		usleep(1000);
		OK(coil_executor_shutdown(executor, 0));
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		CHECK_INT(count, next + 1);
	}
}
