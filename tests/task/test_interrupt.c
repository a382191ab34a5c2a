/* SPDX-License-Identifier: MIT
 *
 * Ctrl-C in what coil_run and a runner run.  The logs are CPython's for the same
 * programs, where that has them.
 */
#include <coil/executor.h>
#include <coil/generator.h>
#include <coil/run.h>
#include <coil/signal.h>
#include <coil/task_group.h>
#include <coil/wait.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include "faults.h"
#include "journal.h"

static void interrupt(void)
{
	CHECK_INT(kill(getpid(), SIGINT), 0);
}

static bool is_default(void)
{
	struct sigaction action;

	CHECK_INT(sigaction(SIGINT, NULL, &action), 0);
	return action.sa_handler == SIG_DFL;
}

static coil_result interrupt_at(void *word)
{
	note_at(word);
	interrupt();
	return coil_ok(NULL);
}

static coil_result sleep_at(void *word)
{
	coil_result r = coil_sleep(9);

	note("%s:%s@%u", (char *)word, coil_error_name(r.error), iteration);
	return r;
}

static coil_runner *ticking_runner(void)
{
	coil_runner *runner = coil_runner_new();

	start_ticker(coil_runner_get_loop(runner));
	return runner;
}

/* Runs MAIN, and says how that and the close ended. */
static void go_in(coil_runner *runner, coil_coroutine *main)
{
	coil_loop *loop = coil_runner_get_loop(runner);
	coil_result r = coil_runner_run(runner, main);

	if (r.error)
		note("!%s", coil_error_name(r.error));
	else
		note("=%d", (int)r.number);
	CHECK(is_default());
	note("%s", coil_error_name(coil_runner_close(runner).error));
	CHECK(coil_loop_is_closed(loop));
	CHECK(is_default());
}

static void go(coil_function main)
{
	go_in(ticking_runner(), coil_coro(main, NULL));
}

/* ---- once --------------------------------------------------------------- */

static coil_result interrupted_in_step(void *unused)
{
	interrupt_at("main");
	return coil_await(coil_coro(sleep_at, "main"));
}

TEST(R11_the_main_task_is_cancelled)
{
	go(interrupted_in_step);
	CHECK_LOG("main@1 main:CancelledError@2 !KeyboardInterrupt OK");
}

static coil_result interrupted_at_once(void *unused)
{
	coil_result r;

	interrupt();
	r = coil_sleep(5);
	CHECK_REAL(coil_time(), 0);
	return r;
}

TEST(R11_no_time_passes_on_the_virtual_clock)
{
	CHECK_ERROR(coil_run(coil_coro(interrupted_at_once, NULL)), COIL_KEYBOARD_INTERRUPT);
}

static coil_result interrupted_by_callback(void *unused)
{
	note_at("main");
	coil_loop_call_soon(coil_get_running_loop(), interrupt_at, "callback");
	return coil_await(coil_coro(sleep_at, "main"));
}

TEST(R11_in_a_callback)
{
	go(interrupted_by_callback);
	CHECK_LOG("main@1 callback@2 main:CancelledError@3 !KeyboardInterrupt OK");
}

TEST(R11_before_its_first_step)
{
	coil_runner *runner = ticking_runner();

	coil_loop_call_soon(coil_runner_get_loop(runner), interrupt_at, "callback");
	go_in(runner, coil_coro(interrupted_in_step, NULL));
	CHECK_LOG("callback@1 !KeyboardInterrupt OK");
}

static coil_result returns(void *unused)
{
	interrupt_at("main");
	return coil_number(7);
}

TEST(R11_in_its_last_step)
{
	go(returns);
	CHECK_LOG("main@1 !KeyboardInterrupt OK");
}

static coil_result returns_before(void *unused)
{
	note_at("main");
	coil_loop_call_soon(coil_get_running_loop(), interrupt_at, "callback");
	return coil_number(7);
}

TEST(R11_behind_its_last_step)
{
	go(returns_before);
	CHECK_LOG("main@1 callback@2 !KeyboardInterrupt OK");
}

static coil_result swallows(void *unused)
{
	interrupt_at("main");
	coil_await(coil_coro(sleep_at, "main"));
	coil_sleep(0);
	note_at("goes on");
	return coil_number(5);
}

TEST(R12_a_main_task_that_swallows_it)
{
	go(swallows);
	CHECK_LOG("main@1 main:CancelledError@2 goes on@3 =5 OK");
}

static coil_result uncancels(void *unused)
{
	interrupt();
	coil_await(coil_coro(sleep_at, "main"));
	CHECK_INT(coil_task_cancelling(coil_current_task()), 1);
	coil_task_uncancel(coil_current_task());
	coil_task_cancel(coil_current_task());
	return coil_sleep(1);
}

TEST(R12_one_that_ends_cancelled_by_another)
{
	go(uncancels);
	CHECK_LOG("main:CancelledError@2 !KeyboardInterrupt OK");
}

static coil_result cancels_itself_too(void *unused)
{
	coil_task_cancel(coil_current_task());
	interrupt();
	return coil_await(coil_coro(sleep_at, "main"));
}

TEST(R11_a_request_more_than_that_of_the_interrupt)
{
	go(cancels_itself_too);
	CHECK_LOG("main:CancelledError@2 !CancelledError OK");
}

static coil_result fails_instead(void *unused)
{
	interrupt();
	coil_sleep(9);
	return coil_raise(COIL_VALUE, "instead");
}

TEST(R12_one_that_raises_something_else)
{
	go(fails_instead);
	CHECK_LOG("!ValueError OK");
}

COIL_GENERATOR(generator)
{
	COIL_BEGIN;
	interrupt();
	COIL_YIELD_FROM_SLEEP(9);
	note("generator:%s@%u", coil_error_name(COIL_SENT.error), iteration);
	COIL_END(COIL_SENT);
}

TEST(R11_a_generator_based_main_task)
{
	go_in(ticking_runner(), coil_generator(generator, NULL));
	CHECK_LOG("generator:CancelledError@2 !KeyboardInterrupt OK");
}

static coil_result in_group(void *unused)
{
	coil_task_group *group = coil_task_group_new();

	CHECK_ERROR(coil_task_group_enter(group), COIL_OK);
	coil_task_group_create_task(group, coil_coro(sleep_at, "child"));
	interrupt();
	return coil_task_group_exit(group, coil_await(coil_coro(sleep_at, "main")));
}

TEST(R11_a_main_task_with_a_group)
{
	go(in_group);
	CHECK_LOG("main:CancelledError@2 child:CancelledError@3 !KeyboardInterrupt OK");
}

TEST(R11_by_coil_run)
{
	coil_result r = coil_run(coil_coro(interrupted_in_step, NULL));

	CHECK_ERROR(r, COIL_KEYBOARD_INTERRUPT);
	CHECK_STR(coil_error_message(r), "");
	CHECK_STR(coil_error_site(r)->callee, "run");
	CHECK(is_default());
	log_take();
}

/* ---- the poll ends ------------------------------------------------------- */

static void *interrupt_soon(void *unused)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	interrupt();
	return NULL;
}

/* This thread gets it itself. */
static void *interrupted_soon(void *unused)
{
	nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	pthread_kill(pthread_self(), SIGINT);
	return NULL;
}

static pthread_t thread;

/* From inside of the run: before it, an interrupt would kill. */
static void start_thread(void *(*function)(void *))
{
	CHECK_INT(pthread_create(&thread, NULL, function, NULL), 0);
}

static void *(*interrupting)(void *);

static coil_result sleep_long(void *unused)
{
	coil_result r;

	start_thread(interrupting);
	r = coil_sleep(86400);
	note("%s", coil_error_name(r.error));
	return r;
}

static coil_result wait_for_ever(void *unused)
{
	coil_future *never = coil_create_future();
	coil_result r;

	start_thread(interrupting);
	r = coil_await(coil_retain(never));
	coil_release(never);
	note("%s", coil_error_name(r.error));
	return r;
}

static void interrupt_from(void *(*function)(void *), coil_function main)
{
	interrupting = function;
	CHECK_ERROR(coil_run(coil_coro(main, NULL)), COIL_KEYBOARD_INTERRUPT);
	pthread_join(thread, NULL);
	CHECK_LOG("CancelledError");
}

TEST(R11_it_ends_the_poll, .real_clock = true)
{
	interrupt_from(interrupt_soon, sleep_long);
	interrupt_from(interrupt_soon, wait_for_ever);
	interrupt_from(interrupted_soon, sleep_long);
	interrupt_from(interrupted_soon, wait_for_ever);
}

TEST(R11_also_on_the_virtual_clock)
{
	interrupt_from(interrupt_soon, wait_for_ever);
	interrupt_from(interrupted_soon, wait_for_ever);
}

/* A callback that waits in a system call learns of it. */
static coil_result look_at_flags(void *unused)
{
	struct sigaction action;

	CHECK_INT(sigaction(SIGINT, NULL, &action), 0);
	CHECK(!(action.sa_flags & SA_RESTART));
	CHECK(action.sa_flags & SA_ONSTACK); /* a coroutine's may be nearly full */
	return coil_ok(NULL);
}

TEST(R11_a_system_call_is_interrupted)
{
	CHECK_ERROR(coil_run(coil_coro(look_at_flags, NULL)), COIL_OK);
}

/* ---- more than once --------------------------------------------------------- */

static coil_result twice_at_once(void *unused)
{
	interrupt();
	interrupt_at("main");
	return coil_await(coil_coro(sleep_at, "main"));
}

/* The step that runs is ended; the shutdown cancels once more. */
TEST(R11_twice_in_a_step)
{
	go(twice_at_once);
	CHECK_LOG("main@1 !KeyboardInterrupt main:CancelledError@2 OK");
}

static coil_result swallows_the_first(void *unused)
{
	interrupt_at("main");
	coil_await(coil_coro(sleep_at, "main"));
	coil_loop_call_soon(coil_get_running_loop(), interrupt_at, "second");
	coil_loop_call_soon(coil_get_running_loop(), say_at, "left");
	return coil_await(coil_coro(sleep_at, "again"));
}

TEST(R11_twice)
{
	go(swallows_the_first);
	CHECK_LOG("main@1 main:CancelledError@2 second@3 !KeyboardInterrupt left@3 "
		  "again:CancelledError@4 OK");
}

static coil_result interrupted_at_exit(void *unused)
{
	coil_sleep(9);
	interrupt_at("left");
	return coil_await(coil_coro(sleep_at, "left"));
}

static coil_result leaves_one(void *unused)
{
	coil_release(coil_create_task(coil_coro(interrupted_at_exit, NULL)));
	coil_sleep(0);
	return coil_number(1);
}

TEST(R11_in_the_shutdown_it_leaves)
{
	char *said;

	capture_begin(2);
	go(leaves_one);
	said = capture_end();
	CHECK_LOG("=1 left@4 KeyboardInterrupt");
	CHECK_HAS(said, "Task was destroyed but it is pending!");
}

/* Main's own error, and its value, give way to it. */
TEST(R11_in_the_shutdown_of_coil_run)
{
	capture_begin(2);
	CHECK_ERROR(coil_run(coil_coro(leaves_one, NULL)), COIL_KEYBOARD_INTERRUPT);
	capture_end();
	CHECK(is_default());
	log_take();
}

static sem_t job_goes_on, job_runs;

static coil_result waits_in_thread(void *unused)
{
	CHECK_INT(sem_post(&job_runs), 0);
	while (sem_wait(&job_goes_on) != 0)
		CHECK_INT(errno, EINTR);
	return coil_ok(NULL);
}

static coil_result interrupts_soon_at_exit(void *unused)
{
	coil_sleep(9);
	start_thread(interrupt_soon);
	return coil_ok(NULL);
}

static coil_result leaves_a_job(void *unused)
{
	coil_future *job = coil_loop_run_in_executor(coil_get_running_loop(), NULL,
						     waits_in_thread, NULL);

	CHECK(job != NULL);
	coil_release(job);
	CHECK_INT(sem_wait(&job_runs), 0);
	coil_release(coil_create_task(coil_coro(interrupts_soon_at_exit, NULL)));
	coil_sleep(0);
	return coil_number(1);
}

/* Which would wait for 300 s. */
TEST(R11_in_the_shutdown_of_the_executor)
{
	CHECK_INT(sem_init(&job_goes_on, 0, 0), 0);
	CHECK_INT(sem_init(&job_runs, 0, 0), 0);
	CHECK_ERROR(coil_run(coil_coro(leaves_a_job, NULL)), COIL_KEYBOARD_INTERRUPT);
	CHECK_INT(sem_post(&job_goes_on), 0);
	pthread_join(thread, NULL);
}

/* ---- killed ------------------------------------------------------------------ */

static coil_result stuck(void *times)
{
	for (int i = 0; i < *(int *)times; i++)
		interrupt();
	_exit(42);
}

static void run_stuck(void *times)
{
	coil_run(coil_coro(stuck, times));
}

TEST(R11_the_third_kills_what_is_stuck)
{
	CHECK_INT(run_fork(run_stuck, &(int){ 2 })->status, 42);
	CHECK_INT(run_fork(run_stuck, &(int){ 3 })->signal, SIGINT);
}

static coil_result stuck_at_exit(void *times)
{
	coil_sleep(9);
	return stuck(times);
}

static coil_result leaves_stuck(void *times)
{
	coil_release(coil_create_task(coil_coro(stuck_at_exit, times)));
	coil_sleep(0);
	return coil_ok(NULL);
}

static void run_stuck_at_exit(void *times)
{
	coil_run(coil_coro(leaves_stuck, times));
}

TEST(R11_the_second_kills_a_shutdown_that_is_stuck)
{
	CHECK_INT(run_fork(run_stuck_at_exit, &(int){ 1 })->status, 42);
	CHECK_INT(run_fork(run_stuck_at_exit, &(int){ 2 })->signal, SIGINT);
}

static void interrupt_between_runs(void *unused)
{
	coil_runner *runner = coil_runner_new();

	CHECK_ERROR(coil_runner_run(runner, coil_coro(returns, NULL)),
		    COIL_KEYBOARD_INTERRUPT);
	interrupt();
	_exit(42);
}

TEST(R11_between_runs_it_kills)
{
	CHECK_INT(run_fork(interrupt_between_runs, NULL)->signal, SIGINT);
}

static void exit_interrupted(void *unused)
{
	_exit(coil_exit_status(coil_run(coil_coro(interrupted_in_step, NULL))));
}

TEST(R11_the_exit_status_is_the_shells)
{
	struct outcome *outcome = run_fork(exit_interrupted, NULL);

	CHECK_INT(outcome->status, 130);
	CHECK_HAS(outcome->err, "Traceback (most recent await last):");
	CHECK_HAS(outcome->err, "\nKeyboardInterrupt\n");
}

/* ---- a runner goes on ---------------------------------------------------------- */

TEST(R11_R13_a_runner_may_run_again)
{
	coil_runner *runner = coil_runner_new();

	for (int i = 0; i < 3; i++) {
		CHECK_ERROR(coil_runner_run(runner, coil_coro(interrupted_in_step, NULL)),
			    COIL_KEYBOARD_INTERRUPT);
		CHECK_ERROR(coil_runner_run(runner, coil_coro(twice_at_once, NULL)),
			    COIL_KEYBOARD_INTERRUPT);
		CHECK_INT(coil_runner_run(runner, coil_coro(swallows, NULL)).number, 5);
		log_take();
	}
	CHECK_ERROR(coil_runner_close(runner), COIL_OK);
}

/* ---- handlers of the program's own ---------------------------------------------- */

static coil_result handles_it(void *unused)
{
	coil_loop *loop = coil_get_running_loop();

	CHECK_ERROR(coil_loop_add_signal_handler(loop, SIGINT, say_at, "handler"), COIL_OK);
	interrupt_at("main");
	CHECK_ERROR(coil_sleep(0), COIL_OK);
	CHECK_ERROR(coil_sleep(0), COIL_OK);
	CHECK_ERROR(coil_sleep(0), COIL_OK);
	return coil_number(3);
}

TEST(R11_the_loops_handler_comes_first)
{
	coil_runner *runner = ticking_runner();

	CHECK_INT(coil_runner_run(runner, coil_coro(handles_it, NULL)).number, 3);
	CHECK_ERROR(coil_runner_close(runner), COIL_OK);
	CHECK_LOG("main@1 handler@3");
	CHECK(is_default());
}

static coil_result handles_it_to_the_end(void *unused)
{
	coil_result r = handles_it(NULL);

	CHECK(!is_default());
	return r;
}

TEST(R11_a_handler_that_stays_is_removed_by_close)
{
	coil_runner *runner = ticking_runner();

	CHECK_INT(coil_runner_run(runner, coil_coro(handles_it_to_the_end, NULL)).number, 3);
	CHECK_LOG("main@1 handler@3");
	CHECK(!is_default());
	interrupt(); /* the handler stays, as in asyncio */
	CHECK_INT(coil_runner_run(runner, coil_coro(handles_it_to_the_end, NULL)).number, 3);
	CHECK_LOG("main@6 handler@7 handler@7");
	CHECK_ERROR(coil_runner_close(runner), COIL_OK);
	CHECK(is_default());
}

static coil_result handles_no_more(void *unused)
{
	handles_it(NULL);
	CHECK(coil_loop_remove_signal_handler(coil_get_running_loop(), SIGINT));
	return interrupted_in_step(NULL);
}

TEST(R11_when_the_handler_is_removed_it_interrupts_again)
{
	go(handles_no_more);
	CHECK_LOG("main@1 handler@3 main@4 main:CancelledError@5 !KeyboardInterrupt OK");
}

static volatile sig_atomic_t caught;

static void catch(int signum)
{
	caught++;
}

static void with_action(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler }, after;

	CHECK_INT(sigaction(SIGINT, &action, NULL), 0);
	CHECK_ERROR(coil_run(coil_coro(returns, NULL)), COIL_OK);
	CHECK_INT(sigaction(SIGINT, NULL, &after), 0);
	CHECK(after.sa_handler == handler);
	log_take();
}

TEST(R11_what_the_program_does_with_it_is_left_alone)
{
	with_action(SIG_IGN);
	with_action(catch);
	CHECK_INT(caught, 1);
}

static coil_result takes_it(void *unused)
{
	struct sigaction action = { .sa_handler = catch };

	CHECK_INT(sigaction(SIGINT, &action, NULL), 0);
	return returns(NULL);
}

TEST(R11_also_what_it_does_meanwhile)
{
	struct sigaction after;

	CHECK_ERROR(coil_run(coil_coro(takes_it, NULL)), COIL_OK);
	CHECK_INT(sigaction(SIGINT, NULL, &after), 0);
	CHECK(after.sa_handler == catch);
	log_take();
}

static coil_result looks(void *unused)
{
	CHECK(is_default());
	return coil_ok(NULL);
}

static void *run_elsewhere(void *unused)
{
	CHECK_ERROR(coil_run(coil_coro(looks, NULL)), COIL_OK);
	return NULL;
}

TEST(R11_only_the_main_thread_is_interrupted)
{
	CHECK_INT(pthread_create(&thread, NULL, run_elsewhere, NULL), 0);
	pthread_join(thread, NULL);
}

/* ---- a storm ------------------------------------------------------------------ */

static atomic_bool over;

static void *interrupt_often(void *unused)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	while (!atomic_load(&over)) {
		kill(getpid(), SIGINT);
		nanosleep(&(struct timespec){ 0, 100000 }, NULL);
	}
	return NULL;
}

static coil_result yields(void *unused)
{
	for (int i = 0; i < 100; i++)
		coil_sleep(0);
	return coil_ok(NULL);
}

static void run_in_storm(void *unused)
{
	CHECK_INT(pthread_create(&thread, NULL, interrupt_often, NULL), 0);
	for (;;)
		coil_run(coil_coro(yields, NULL));
}

/* Sooner or later one comes between two runs, and kills; nothing else may happen. */
TEST(R11_wherever_it_comes_it_interrupts_or_kills)
{
	for (int i = 0; i < 20; i++) {
		struct outcome *outcome = run_fork(run_in_storm, NULL);

		CHECK_INT(outcome->signal, SIGINT);
	}
}

/* ---- without memory ------------------------------------------------------------- */

static coil_result quietly_interrupted(void *unused)
{
	kill(getpid(), SIGINT);
	return coil_sleep(9);
}

static void interrupt_without_memory(void *unused)
{
	coil_result r = coil_run(coil_coro(quietly_interrupted, NULL));

	CHECK(r.error == COIL_KEYBOARD_INTERRUPT || r.error == COIL_MEMORY || r.error == COIL_OS);
	CHECK(is_default());
}

TEST(R11_wherever_memory_is_missing_it_is_told, .seconds = 60)
{
	CHECK(faults_every(FAULT_MEMORY, interrupt_without_memory, NULL) > 3);
}
