/* SPDX-License-Identifier: MIT
 *
 * Signals through the loop.
 */
#include <coil/context.h>
#include <coil/signal.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include "faults.h"
#include "journal.h"

static coil_loop *loop;

static void send(int signum)
{
	CHECK_INT(kill(getpid(), signum), 0);
}

static coil_result send_at(void *signum)
{
	note_at("kill");
	send((int)(intptr_t)signum);
	return coil_ok(NULL);
}

static coil_result send_twice(void *unused)
{
	send(SIGUSR2);
	send(SIGUSR1);
	send(SIGUSR2);
	return coil_ok(NULL);
}

static void add(int signum, const char *word)
{
	CHECK_ERROR(coil_loop_add_signal_handler(loop, signum, say_at,
						 (void *)(uintptr_t)word), COIL_OK);
}

static bool is_default(int signum)
{
	struct sigaction action;

	CHECK_INT(sigaction(signum, NULL, &action), 0);
	return action.sa_handler == SIG_DFL;
}

static void open_ticking(void)
{
	loop = virtual_loop();
	start_ticker(loop);
}

static void close_loop(void)
{
	CHECK_ERROR(coil_loop_close(loop), COIL_OK);
}

#define NUMBER(n) ((void *)(intptr_t)(n))

/* ---- when it runs ------------------------------------------------------- */

static coil_result soon_and_send(void *unused)
{
	coil_loop_call_soon(loop, say_at, "before");
	send_at(NUMBER(SIGUSR1));
	coil_loop_call_soon(loop, say_at, "behind");
	return coil_ok(NULL);
}

TEST(U01_a_handler_runs_two_iterations_after_the_signal)
{
	open_ticking();
	add(SIGUSR1, "usr1");
	coil_loop_call_soon(loop, soon_and_send, NULL);
	run_iterations(loop, 4);
	CHECK_LOG("kill@1 before@2 behind@2 usr1@3");
	close_loop();
}

static coil_result third(void *unused)
{
	note_at("third");
	return coil_ok(NULL);
}

static coil_result second(void *unused)
{
	note_at("second");
	coil_loop_call_soon(loop, third, NULL);
	return coil_ok(NULL);
}

static coil_result first(void *unused)
{
	send_at(NUMBER(SIGUSR1));
	coil_loop_call_soon(loop, second, NULL);
	coil_loop_call_later(loop, 0, second, NULL);
	return coil_ok(NULL);
}

/* The number is read behind what was ready, and in front of the timers; so the handler
 * comes between what these schedule. */
TEST(U01_and_its_place_there)
{
	open_ticking();
	add(SIGUSR1, "usr1");
	coil_loop_call_soon(loop, first, NULL);
	run_iterations(loop, 4);
	CHECK_LOG("kill@1 second@2 second@2 third@3 usr1@3 third@3");
	close_loop();
}

TEST(U01_a_signal_before_the_run)
{
	open_ticking();
	add(SIGUSR1, "usr1");
	send(SIGUSR1);
	run_iterations(loop, 3);
	CHECK_LOG("usr1@2");
	close_loop();
}

/* As often as they came, and in that order. */
TEST(U01_several_signals)
{
	open_ticking();
	add(SIGUSR1, "1");
	add(SIGUSR2, "2");
	coil_loop_call_soon(loop, send_twice, NULL);
	run_iterations(loop, 3);
	CHECK_LOG("2@3 1@3 2@3");
	close_loop();
}

static coil_result send_from_handler(void *unused)
{
	note_at("again");
	coil_loop_remove_signal_handler(loop, SIGUSR1);
	add(SIGUSR1, "usr1");
	send(SIGUSR1);
	return coil_ok(NULL);
}

TEST(U01_a_signal_in_its_own_handler)
{
	open_ticking();
	CHECK_ERROR(coil_loop_add_signal_handler(loop, SIGUSR1, send_from_handler, NULL),
		    COIL_OK);
	send(SIGUSR1);
	run_iterations(loop, 5);
	CHECK_LOG("again@2 usr1@4");
	close_loop();
}

/* ---- waking ------------------------------------------------------------- */

static coil_result stop_on(void *word)
{
	note("%s", (char *)word);
	coil_loop_stop(loop);
	return coil_ok(NULL);
}

/* To another thread if PTHREAD is not this one's, and then to whichever has it open. */
static void *send_soon(void *unused)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL); /* so it is delivered to the loop's */
	nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	kill(getpid(), SIGUSR1);
	return NULL;
}

/* This thread gets it itself. */
static void *get_it(void *unused)
{
	nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	pthread_kill(pthread_self(), SIGUSR1);
	return NULL;
}

static void wait_for_signal(enum coil_clock clock, void *(*function)(void *))
{
	pthread_t thread;

	loop = coil_new_event_loop_with_clock(clock);
	CHECK_ERROR(coil_loop_add_signal_handler(loop, SIGUSR1, stop_on, "woken"), COIL_OK);
	CHECK_INT(pthread_create(&thread, NULL, function, NULL), 0);
	CHECK_ERROR(coil_loop_run_forever(loop), COIL_OK);
	pthread_join(thread, NULL);
	CHECK_LOG("woken");
	close_loop();
}

TEST(a_signal_ends_the_poll)
{
	wait_for_signal(COIL_CLOCK_REAL, send_soon);
	wait_for_signal(COIL_CLOCK_VIRTUAL, send_soon);
}

TEST(a_signal_that_another_thread_gets)
{
	wait_for_signal(COIL_CLOCK_REAL, get_it);
	wait_for_signal(COIL_CLOCK_VIRTUAL, get_it);
}

/* Nobody waits for the time on the virtual clock. */
TEST(with_a_handler_the_virtual_clock_jumps_as_before)
{
	loop = virtual_loop();
	add(SIGUSR1, "usr1");
	coil_loop_call_later(loop, 86400, stop_on, "timer");
	CHECK_ERROR(coil_loop_run_forever(loop), COIL_OK);
	CHECK_LOG("timer");
	CHECK_REAL(coil_loop_time(loop), 86400);
	close_loop();
}

static coil_result at_what_time(void *word)
{
	note("%s:%g", (char *)word, coil_time());
	return coil_ok(NULL);
}

/* A signal that came in a callback is there before any time has passed. */
TEST(the_virtual_clock_does_not_jump_over_a_signal)
{
	loop = virtual_loop();
	CHECK_ERROR(coil_loop_add_signal_handler(loop, SIGUSR1, at_what_time, "usr1"), COIL_OK);
	coil_loop_call_soon(loop, send_at, NUMBER(SIGUSR1));
	coil_loop_call_later(loop, 5, stop, loop);
	CHECK_ERROR(coil_loop_run_forever(loop), COIL_OK);
	CHECK_LOG("kill@0 usr1:0");
	CHECK_REAL(coil_loop_time(loop), 5);
	close_loop();
}

/* A system call of a callback goes on behind the handler (SA_RESTART). */
static void *send_then_write(void *fd)
{
	nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	kill(getpid(), SIGUSR1);
	nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	CHECK_INT(write(*(int *)fd, "x", 1), 1);
	return NULL;
}

TEST(a_read_is_not_interrupted)
{
	pthread_t thread;
	int fds[2];
	char c;

	open_ticking();
	add(SIGUSR1, "usr1");
	CHECK_INT(pipe(fds), 0);
	CHECK_INT(pthread_create(&thread, NULL, send_then_write, &fds[1]), 0);
	CHECK_INT(read(fds[0], &c, 1), 1);
	pthread_join(thread, NULL);
	run_iterations(loop, 2);
	CHECK_LOG("usr1@2");
	close(fds[0]);
	close(fds[1]);
	close_loop();
}

/* ---- adding and removing --------------------------------------------------- */

TEST(U02_remove_tells_whether_there_was_one)
{
	open_ticking();
	CHECK(!coil_loop_remove_signal_handler(loop, SIGUSR1));
	add(SIGUSR1, "usr1");
	CHECK(!is_default(SIGUSR1));
	CHECK(!coil_loop_remove_signal_handler(loop, SIGUSR2));
	CHECK(coil_loop_remove_signal_handler(loop, SIGUSR1));
	CHECK(is_default(SIGUSR1));
	CHECK(!coil_loop_remove_signal_handler(loop, SIGUSR1));
	CHECK(!coil_loop_remove_signal_handler(loop, 0));
	CHECK(!coil_loop_remove_signal_handler(loop, -1));
	CHECK(!coil_loop_remove_signal_handler(loop, 9999));
	close_loop();
	CHECK(!coil_loop_remove_signal_handler(loop, SIGUSR1));
}

#define CHECK_REFUSED(signum, function, code, message)                         \
	do {                                                                   \
		coil_result r_ = coil_loop_add_signal_handler(loop, (signum), (function), NULL); \
		CHECK_ERROR(r_, code);                                         \
		CHECK_STR(coil_error_message(r_), message);                    \
	} while (0)

static void *add_elsewhere(void *unused)
{
	CHECK_REFUSED(SIGUSR1, say_at, COIL_RUNTIME,
		      "add_signal_handler only works in the main thread");
	return NULL;
}

TEST(U03_what_cannot_be_caught)
{
	pthread_t thread;
	coil_loop *other = virtual_loop();

	open_ticking();
	CHECK_REFUSED(SIGKILL, say_at, COIL_RUNTIME, "sig 9 cannot be caught");
	CHECK_REFUSED(SIGSTOP, say_at, COIL_RUNTIME, "sig 19 cannot be caught");
	CHECK_REFUSED(9999, say_at, COIL_VALUE, "invalid signal number 9999");
	CHECK_REFUSED(0, say_at, COIL_VALUE, "invalid signal number 0");
	CHECK_REFUSED(-3, say_at, COIL_VALUE, "invalid signal number -3");
	CHECK_REFUSED(65, say_at, COIL_VALUE, "invalid signal number 65");
	CHECK_REFUSED(32, say_at, COIL_VALUE, "invalid signal number 32"); /* glibc's own */
	CHECK_REFUSED(SIGUSR1, NULL, COIL_TYPE, "a callable object was expected by "
		      "add_signal_handler(), got NULL");
	CHECK_INT(pthread_create(&thread, NULL, add_elsewhere, NULL), 0);
	pthread_join(thread, NULL);
	CHECK_ERROR(coil_loop_add_signal_handler(other, SIGUSR1, say, "other"), COIL_OK);
	CHECK_REFUSED(SIGUSR1, say_at, COIL_RUNTIME, "sig 10 is handled by another event loop");
	coil_loop_close(other);
	add(SIGUSR1, "usr1");
	add(SIGRTMAX, "max");
	send(SIGRTMAX);
	send(SIGUSR1);
	run_iterations(loop, 2);
	CHECK_LOG("max@2 usr1@2");
	close_loop();
	CHECK(is_default(SIGUSR1));
	CHECK(is_default(SIGRTMAX));
}

TEST(L20_a_closed_loop_takes_no_handler)
{
	loop = virtual_loop();
	close_loop();
	CHECK_REFUSED(SIGUSR1, say_at, COIL_RUNTIME, "Event loop is closed");
	CHECK_REFUSED(9999, say_at, COIL_VALUE, "invalid signal number 9999");
	CHECK(is_default(SIGUSR1));
}

static coil_result replace(void *unused)
{
	note_at("replace");
	add(SIGUSR1, "new");
	return coil_ok(NULL);
}

static coil_result remove_it(void *unused)
{
	note_at("remove");
	CHECK(coil_loop_remove_signal_handler(loop, SIGUSR1));
	return coil_ok(NULL);
}

/* What counts is the handler there is when the number is read, an iteration after the
 * signal; what is in the queue then runs, as in asyncio. */
TEST(a_handler_that_is_replaced)
{
	open_ticking();
	add(SIGUSR1, "old");
	coil_loop_call_soon(loop, send_at, NUMBER(SIGUSR1));
	coil_loop_call_soon(loop, replace, NULL);
	run_iterations(loop, 3);
	CHECK_LOG("kill@1 replace@1 new@3");
	coil_loop_call_soon(loop, send_at, NUMBER(SIGUSR1));
	run_iterations(loop, 1);
	run_iterations(loop, 1); /* read behind this one's callbacks */
	replace(NULL);
	run_iterations(loop, 1);
	CHECK_LOG("kill@4 replace@5 new@6");
	close_loop();
}

TEST(a_handler_that_is_removed)
{
	open_ticking();
	add(SIGUSR1, "usr1");
	coil_loop_call_soon(loop, send_at, NUMBER(SIGUSR1));
	coil_loop_call_soon(loop, remove_it, NULL);
	run_iterations(loop, 3);
	CHECK_LOG("kill@1 remove@1");
	add(SIGUSR1, "usr1");
	send(SIGUSR1);
	run_iterations(loop, 1);
	CHECK(coil_loop_remove_signal_handler(loop, SIGUSR1));
	run_iterations(loop, 1);
	CHECK_LOG("usr1@5");
	close_loop();
}

static coil_result remove_self(void *unused)
{
	note_at("self");
	CHECK(coil_loop_remove_signal_handler(loop, SIGUSR1));
	return coil_ok(NULL);
}

TEST(a_handler_may_remove_itself)
{
	open_ticking();
	CHECK_ERROR(coil_loop_add_signal_handler(loop, SIGUSR1, remove_self, NULL), COIL_OK);
	send(SIGUSR1);
	run_iterations(loop, 3);
	CHECK_LOG("self@2");
	CHECK(is_default(SIGUSR1));
	close_loop();
}

static coil_result fail(void *unused)
{
	return coil_raise(COIL_VALUE, "bad signal");
}

TEST(an_error_in_a_handler_is_reported_and_the_handler_stays)
{
	char *report;

	open_ticking();
	CHECK_ERROR(coil_loop_add_signal_handler(loop, SIGUSR1, fail, NULL), COIL_OK);
	capture_begin(2);
	send(SIGUSR1);
	run_iterations(loop, 2);
	report = capture_end();
	CHECK_HAS(report, "Exception in callback fail");
	CHECK_HAS(report, "ValueError: bad signal");
	CHECK(coil_loop_remove_signal_handler(loop, SIGUSR1));
	close_loop();
}

/* ---- contexts ------------------------------------------------------------- */

static const coil_context_var x = COIL_CONTEXT_VAR("x", "none");

static coil_result show_x(void *value)
{
	note("%s", (char *)coil_context_var_get(&x));
	return coil_context_var_set(&x, value, NULL);
}

/* It has one context, a copy of the one it was added in, from run to run. */
TEST(C06_a_handler_keeps_its_context)
{
	loop = virtual_loop();
	CHECK_ERROR(coil_loop_add_signal_handler(loop, SIGUSR1, show_x, "one"), COIL_OK);
	CHECK_ERROR(coil_context_var_set(&x, "outer", NULL), COIL_OK);
	CHECK_ERROR(coil_loop_add_signal_handler(loop, SIGUSR2, show_x, "two"), COIL_OK);
	for (int i = 0; i < 2; i++) {
		send(SIGUSR1);
		send(SIGUSR2);
	}
	run_iterations(loop, 2);
	CHECK_LOG("none outer one two");
	CHECK_STR(coil_context_var_get(&x), "outer");
	close_loop();
}

/* ---- the end ----------------------------------------------------------------- */

TEST(close_with_signals_on_their_way)
{
	for (int turn = 0; turn < 3; turn++) {
		loop = virtual_loop();
		add(SIGUSR1, "usr1");
		add(SIGUSR2, "usr2");
		send(SIGUSR1);
		run_iterations(loop, (unsigned)turn % 2);
		send(SIGUSR2);
		close_loop();
		CHECK(is_default(SIGUSR1));
		CHECK(is_default(SIGUSR2));
	}
	CHECK_LOG("");
}

TEST(close_frees_the_signal_for_other_loops)
{
	for (int i = 0; i < 100; i++) {
		open_ticking();
		add(SIGUSR1, "x");
		send(SIGUSR1);
		run_iterations(loop, 2);
		CHECK_LOG("x@2");
		close_loop();
	}
}

/* ---- storms --------------------------------------------------------------- */

static atomic_int sent;
static atomic_bool enough;
static int seen;

static coil_result count(void *unused)
{
	seen++;
	return coil_ok(NULL);
}

static void *storm(void *signum)
{
	while (!atomic_load(&enough)) {
		pthread_kill(pthread_self(), (int)(intptr_t)signum);
		atomic_fetch_add(&sent, 1);
	}
	return NULL;
}

static coil_result end_storm(void *unused)
{
	atomic_store(&enough, true);
	return coil_ok(NULL);
}

/* Each thread's signals come one by one, so none is lost but those that find the ring
 * full; and of these one is remembered. */
TEST(a_storm_of_signals_while_the_loop_is_busy, .seconds = 60)
{
	pthread_t threads[3];
	int signals[3] = { SIGUSR1, SIGUSR2, SIGRTMIN };

	loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	start_ticker(loop);
	for (int i = 0; i < 3; i++)
		CHECK_ERROR(coil_loop_add_signal_handler(loop, signals[i], count, NULL),
			    COIL_OK);
	for (int i = 0; i < 3; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, storm, NUMBER(signals[i])), 0);
	coil_loop_call_later(loop, 0.2, end_storm, NULL);
	while (!atomic_load(&enough))
		run_iterations(loop, 10);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	run_iterations(loop, 400);
	CHECK(seen > 0 && seen <= atomic_load(&sent));
	seen = 0;
	for (int i = 0; i < 3; i++)
		send(signals[i]);
	run_iterations(loop, 3);
	CHECK_INT(seen, 3);
	close_loop();
}

/* More than there is room for, while the loop does not look: each is there once. */
TEST(more_signals_than_there_is_room_for)
{
	open_ticking();
	CHECK_ERROR(coil_loop_add_signal_handler(loop, SIGUSR1, count, NULL), COIL_OK);
	add(SIGUSR2, "usr2");
	for (int i = 0; i < 2000; i++)
		send(SIGUSR1);
	send(SIGUSR2);
	run_iterations(loop, 10);
	CHECK(seen > 1 && seen < 2000);
	CHECK_HAS(log_take(), "usr2@");
	close_loop();
}

/* Of a signal that is ignored by default: it may come when nobody catches it. */
static void *storm_urg(void *unused)
{
	while (!atomic_load(&enough))
		pthread_kill(pthread_self(), SIGURG);
	return NULL;
}

/* The C-level handler may be at work in another thread just then. */
TEST(close_while_signals_come, .seconds = 60)
{
	pthread_t thread;

	CHECK_INT(pthread_create(&thread, NULL, storm_urg, NULL), 0);
	for (int i = 0; i < 200; i++) {
		loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
		CHECK_ERROR(coil_loop_add_signal_handler(loop, SIGURG, count, NULL), COIL_OK);
		run_iterations(loop, (unsigned)i % 3);
		close_loop();
	}
	atomic_store(&enough, true);
	pthread_join(thread, NULL);
}

/* ---- without memory --------------------------------------------------------- */

static void add_and_run(void *unused)
{
	coil_loop *l = coil_new_event_loop_with_clock(COIL_CLOCK_VIRTUAL);

	if (!l)
		return;
	if (!coil_loop_add_signal_handler(l, SIGURG, count, NULL).error) {
		seen = 0;
		kill(getpid(), SIGURG);
		kill(getpid(), SIGURG);
		for (int i = 0; i < 4; i++) {
			coil_loop_stop(l);
			CHECK_ERROR(coil_loop_run_forever(l), COIL_OK);
		}
		CHECK_INT(seen, 2); /* a failure delays them at most */
	} else {
		CHECK(!coil_loop_remove_signal_handler(l, SIGURG));
		CHECK(is_default(SIGURG));
	}
	CHECK_ERROR(coil_loop_close(l), COIL_OK);
}

TEST(wherever_memory_is_missing_no_signal_is_lost, .seconds = 60)
{
	CHECK(faults_every(FAULT_MEMORY, add_and_run, NULL) >= 3);
}
