/* SPDX-License-Identifier: MIT
 *
 * Pools of processes, as a program uses them: results, errors, workers that die or are
 * stuck, timeouts, several pools, shutdown, and what is left behind: nothing.
 */
#include "harness.h"

#include <coil.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"
#include "trace/reader.h"

static coil_executor *pool;

static bool begin(unsigned workers)
{
	pool = coil_process_pool_executor(.max_workers = workers);
	return CHECK(pool);
}

/* No child is left, dead or alive; descriptors are the harness's to look for. */
static void end(void)
{
	CHECK_INT(coil_executor_shutdown(pool, 0).error, 0);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_INT(errno, ECHILD);
}

/* What FUTURE (handed over) ends with. */
static coil_result result_of(coil_concurrent_future *future)
{
	coil_result r = coil_concurrent_future_result(future, -1);

	if (!CHECK(future))
		return coil_last_error();
	coil_release(future);
	return r;
}

#define RUN_JOB(function) result_of(coil_executor_submit(pool, (function), NULL))

/* ---- jobs ---------------------------------------------------------------- */

static coil_result own_pid(void *arg)
{
	return coil_number(getpid());
}

static coil_result doubled(void *arg)
{
	return coil_number(2 * *(int *)arg);
}

static coil_result nothing(void *arg)
{
	return coil_ok(NULL);
}

static coil_result half(void *arg)
{
	return coil_real(*(int *)arg / 2.0);
}

struct point {
	int x, y;
	char name[100];
};

static coil_result mirrored(void *arg)
{
	struct point point = *(struct point *)arg;

	point.x = -point.x;
	strcat(point.name, " mirrored");
	return coil_bytes(&point, sizeof(point));
}

static coil_result filled(void *arg)
{
	size_t size = *(size_t *)arg;
	char *bytes = malloc(size);
	coil_result r;

	if (!bytes)
		return coil_raise(COIL_MEMORY);
	memset(bytes, 'b', size);
	r = coil_bytes(bytes, size);
	free(bytes);
	return r;
}

static coil_result fails(void *arg)
{
	return coil_raise(COIL_ZERO_DIVISION, "%d / 0", *(int *)arg);
}

static coil_result nap(void *arg)
{
	return coil_sleep(0);
}

static coil_result list_of_two(void *arg)
{
	return coil_await(coil_gather(coil_coro(nap, NULL), coil_coro(nap, NULL)));
}

static coil_result gives_list(void *arg)
{
	return coil_run(coil_coro(list_of_two, NULL));
}

static coil_result exits(void *arg)
{
	exit(*(int *)arg);
}

static coil_result kills_itself(void *arg)
{
	raise(SIGKILL);
	return coil_ok(NULL);
}

static coil_result hangs(void *arg)
{
	for (;;)
		pause();
	return coil_ok(NULL);
}

/* ---- results ------------------------------------------------------------- */

TEST(gives_all_kinds_of_results, .real_clock = true)
{
	struct point point = { 3, 4, "point" };
	const struct point *got;
	int five = 5;
	coil_result r;

	REQUIRE(begin(1));
	CHECK_INT(result_of(coil_executor_submit_copy(pool, doubled, &five)).number, 10);
	CHECK_REAL(result_of(coil_executor_submit_copy(pool, half, &five)).real, 2.5);
	r = RUN_JOB(nothing);
	CHECK_STR(coil_error_message(r), "");
	CHECK(!r.error && !r.value);
	r = result_of(coil_executor_submit_copy(pool, mirrored, &point));
	REQUIRE(!r.error && CHECK_INT(coil_bytes_size(r.value), sizeof(point)));
	got = r.value;
	CHECK(got->x == -3 && got->y == 4);
	CHECK_STR(got->name, "point mirrored");
	end();
}

TEST(gives_large_results, .real_clock = true, .seconds = 30)
{
	size_t size = 30u << 20;
	coil_result r;

	REQUIRE(begin(1));
	r = result_of(coil_executor_submit_copy(pool, filled, &size));
	REQUIRE(!r.error && CHECK_INT(coil_bytes_size(r.value), size));
	CHECK(((const char *)r.value)[0] == 'b' && ((const char *)r.value)[size - 1] == 'b');
	end();
}

TEST(gives_errors_with_their_place, .real_clock = true)
{
	int seven = 7;
	coil_result r;

	REQUIRE(begin(1));
	r = result_of(coil_executor_submit_copy(pool, fails, &seven));
	CHECK_INT(r.error, COIL_ZERO_DIVISION);
	CHECK_STR(coil_error_message(r), "7 / 0");
	CHECK_STR(coil_error_site(r)->function, "fails");
	r = RUN_JOB(gives_list);
	CHECK_INT(r.error, COIL_TYPE);
	CHECK_HAS(coil_error_message(r), "cannot return a list");
	end();
}

TEST(wants_arguments_copied, .real_clock = true)
{
	int five = 5;

	REQUIRE(begin(1));
	CHECK(!coil_executor_submit(pool, doubled, &five));
	CHECK_INT(coil_last_error().error, COIL_TYPE);
	CHECK(!coil_executor_submit(pool, NULL, NULL));
	CHECK_INT(coil_last_error().error, COIL_TYPE);
	end();
}

TEST(refuses_a_limit_that_is_none)
{
	CHECK(!coil_process_pool_executor(.job_timeout = -1));
	CHECK_INT(coil_last_error().error, COIL_VALUE);
}

/* ---- workers ------------------------------------------------------------- */

TEST(has_one_worker_if_told_so, .real_clock = true)
{
	coil_concurrent_future *futures[10];
	int64_t pid = 0;

	REQUIRE(begin(1));
	for (int i = 0; i < 10; i++)
		futures[i] = coil_executor_submit(pool, own_pid, NULL);
	for (int i = 0; i < 10; i++) {
		coil_result r = result_of(futures[i]);

		CHECK(r.error == 0 && r.number != getpid());
		CHECK(i == 0 || r.number == pid);
		pid = r.number;
	}
	end();
}

TEST(replaces_workers_after_so_many_jobs, .real_clock = true)
{
	int64_t last = 0, pid;
	int changes = 0;

	pool = coil_process_pool_executor(.max_workers = 1, .max_tasks_per_child = 3);
	REQUIRE(pool);
	for (int i = 0; i < 9; i++) {
		pid = RUN_JOB(own_pid).number;
		changes += pid != last;
		last = pid;
	}
	CHECK_INT(changes, 3);
	end();
}

/* Waits in a worker until all of PARTIES have come. */
struct meeting {
	_Atomic int there;
};

static struct meeting *meeting;

static coil_result meets(void *arg)
{
	int parties = *(int *)arg;

	atomic_fetch_add(&meeting->there, 1);
	while (atomic_load(&meeting->there) < parties)
		usleep(500);
	return coil_number(getpid());
}

static bool make_meeting(void)
{
	meeting = mmap(NULL, sizeof(*meeting), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return CHECK(meeting != MAP_FAILED);
}

TEST(runs_as_many_as_it_has_workers_at_a_time, .real_clock = true)
{
	coil_concurrent_future *futures[3];
	int64_t pids[3];
	int parties = 3;

	REQUIRE(make_meeting() && begin(3));
	for (int i = 0; i < 3; i++)
		futures[i] = coil_executor_submit_copy(pool, meets, &parties);
	for (int i = 0; i < 3; i++)
		pids[i] = result_of(futures[i]).number;
	CHECK(pids[0] != pids[1] && pids[1] != pids[2] && pids[0] != pids[2]);
	end();
	munmap(meeting, sizeof(*meeting));
}

TEST(lives_beside_another_pool, .real_clock = true)
{
	coil_executor *first, *second;
	coil_concurrent_future *futures[2];
	int parties = 2;

	REQUIRE(make_meeting() && begin(1));
	first = pool;
	REQUIRE(begin(1));
	second = pool;
	futures[0] = coil_executor_submit_copy(first, meets, &parties);
	futures[1] = coil_executor_submit_copy(second, meets, &parties);
	CHECK(result_of(futures[0]).number != result_of(futures[1]).number);
	/* The end of one is not the end of the other. */
	CHECK_INT(coil_executor_shutdown(first, 0).error, 0);
	CHECK_INT(RUN_JOB(own_pid).error, 0);
	end();
	munmap(meeting, sizeof(*meeting));
}

/* ---- death --------------------------------------------------------------- */

static void check_broken(coil_result r, const char *fate)
{
	CHECK_INT(r.error, COIL_BROKEN_PROCESS_POOL);
	CHECK_HAS(coil_error_message(r), "worker process ");
	CHECK_HAS(coil_error_message(r), fate);
}

TEST(goes_on_when_workers_die, .real_clock = true)
{
	int status = 3;
	coil_result r;

	REQUIRE(begin(1));
	r = result_of(coil_executor_submit_copy(pool, exits, &status));
	check_broken(r, " ended with status 3");
	CHECK_STR(coil_error_site(r)->function, "test_goes_on_when_workers_die");
	check_broken(RUN_JOB(kills_itself), " was killed by signal 9 (Killed)");
	CHECK_INT(RUN_JOB(own_pid).error, 0);
	end();
}

TEST(kills_workers_that_are_stuck, .real_clock = true)
{
	pool = coil_process_pool_executor(.max_workers = 2, .job_timeout = 0.1);
	REQUIRE(pool);
	check_broken(RUN_JOB(hangs), " did not answer within 0.1 seconds, and was killed");
	CHECK_INT(RUN_JOB(own_pid).error, 0);
	end();
}

static coil_result may_die(void *arg)
{
	int i = *(int *)arg;

	switch (i % 7) {
	case 2:
		raise(i % 2 ? SIGKILL : SIGSEGV);
		break;
	case 4:
		exit(i);
	case 5:
		abort();
	}
	return coil_number(i);
}

TEST(ends_each_of_a_hundred_jobs_among_deaths, .real_clock = true, .seconds = 30)
{
	coil_concurrent_future *futures[100];
	int broken = 0;

	REQUIRE(begin(4));
	for (int i = 0; i < 100; i++)
		futures[i] = coil_executor_submit_copy(pool, may_die, &i);
	for (int i = 0; i < 100; i++) {
		bool dies = i % 7 == 2 || i % 7 == 4 || i % 7 == 5;
		coil_result r = result_of(futures[i]);

		CHECK_INT(r.error, dies ? COIL_BROKEN_PROCESS_POOL : COIL_OK);
		CHECK(dies || r.number == i);
		broken += r.error != 0;
	}
	CHECK_INT(broken, 42);
	CHECK_INT(RUN_JOB(own_pid).error, 0);
	end();
}

static coil_result kills_its_server(void *arg)
{
	kill(getppid(), SIGKILL);
	return hangs(NULL);
}

TEST(starts_a_new_server_when_that_was_killed, .real_clock = true)
{
	coil_concurrent_future *waiting;

	REQUIRE(begin(2));
	waiting = coil_executor_submit(pool, hangs, NULL);
	check_broken(RUN_JOB(kills_its_server), " its process server, which was killed");
	check_broken(result_of(waiting), "was killed");
	CHECK_INT(RUN_JOB(own_pid).error, 0);
	CHECK_INT(RUN_JOB(own_pid).error, 0);
	end();
}

/* ---- the end ------------------------------------------------------------- */

TEST(runs_what_was_submitted_before_it_ends, .real_clock = true)
{
	coil_concurrent_future *futures[20];

	REQUIRE(begin(2));
	for (int i = 0; i < 20; i++)
		futures[i] = coil_executor_submit_copy(pool, doubled, &i);
	end();
	for (int i = 0; i < 20; i++) {
		CHECK(coil_concurrent_future_done(futures[i]));
		CHECK_INT(result_of(futures[i]).number, 2 * i);
	}
}

TEST(cancels_what_has_not_begun, .real_clock = true)
{
	coil_concurrent_future *first, *second;
	int parties = 2, next_descriptor = dup(0); /* the first that the pool will have */

	close(next_descriptor);
	REQUIRE(make_meeting() && begin(1));
	first = coil_executor_submit_copy(pool, meets, &parties);
	second = coil_executor_submit_copy(pool, meets, &parties);
	while (!atomic_load(&meeting->there))
		usleep(500);
	CHECK_INT(coil_executor_shutdown(pool, COIL_SHUTDOWN_NO_WAIT |
					 COIL_SHUTDOWN_CANCEL_FUTURES).error, 0);
	CHECK(coil_concurrent_future_cancelled(second));
	CHECK(!coil_concurrent_future_done(first));
	atomic_fetch_add(&meeting->there, 1);
	CHECK_INT(result_of(first).error, 0);
	CHECK_INT(result_of(second).error, COIL_CANCELLED);
	while (waitpid(-1, NULL, WNOHANG) == 0 || fcntl(next_descriptor, F_GETFD) >= 0)
		usleep(500); /* nobody waits for the pool to be gone but we */
	munmap(meeting, sizeof(*meeting));
}

static int told[2];

static coil_result tells_pid(void *arg)
{
	pid_t *pids = arg;

	pids[0] = getpid();
	pids[1] = getppid();
	return coil_bytes(pids, 2 * sizeof(*pids));
}

/* A program that ends with a pool that was not shut down. */
static void program(void *unused)
{
	pid_t pids[2] = { 0, 0 };
	coil_result r;

	if (!begin(2))
		return;
	r = result_of(coil_executor_submit_copy(pool, tells_pid, &pids));
	CHECK_INT(write(told[1], r.value, sizeof(pids)), sizeof(pids));
}

TEST(goes_with_the_program, .real_clock = true)
{
	pid_t pids[2] = { 0, 0 };

	REQUIRE(pipe(told) == 0);
	CHECK_INT(run_fork(program, NULL)->status, 0);
	CHECK_INT(read(told[0], pids, sizeof(pids)), sizeof(pids));
	close(told[0]);
	close(told[1]);
	REQUIRE(pids[0] > 0 && pids[1] > 0);
	for (int i = 0; i < 2; i++) /* the server sees that it has ended */
		while (kill(pids[i], 0) == 0)
			usleep(500);
}

/* What the program forks has no part in its pools. */
static void fork_of_program(void *unused)
{
}

TEST(is_left_alone_by_forks, .real_clock = true)
{
	REQUIRE(begin(1));
	CHECK_INT(RUN_JOB(own_pid).error, 0);
	CHECK_INT(run_fork(fork_of_program, NULL)->status, 0);
	CHECK_INT(RUN_JOB(own_pid).error, 0);
	end();
}

/* ---- in a loop ----------------------------------------------------------- */

static coil_result ticker(void *arg)
{
	int *ticks = arg;

	for (;;) {
		coil_result r = coil_sleep(0.001);

		if (r.error)
			return r;
		if (++*ticks == 3)
			atomic_fetch_add(&meeting->there, 1);
	}
}

/* The job waits for the loop, which goes on meanwhile. */
static coil_result awaits_jobs(void *arg)
{
	int ticks = 0, parties = 2, five = 5;
	coil_task *task = coil_create_task(coil_coro(ticker, &ticks));
	coil_result r = coil_await(coil_run_in_executor_copy(pool, meets, &parties));

	CHECK_INT(r.error, 0);
	CHECK(ticks >= 3);
	coil_task_cancel(task);
	CHECK_INT(coil_await(task).error, COIL_CANCELLED);
	r = coil_await(coil_run_in_executor_copy(pool, fails, &five));
	CHECK_INT(r.error, COIL_ZERO_DIVISION);
	CHECK_STR(coil_error_message(r), "5 / 0");
	check_broken(coil_await(coil_run_in_executor(pool, kills_itself, NULL)),
		     " was killed by signal 9 (Killed)");
	CHECK(!coil_run_in_executor(pool, doubled, &five));
	CHECK_INT(coil_last_error().error, COIL_TYPE);
	return coil_loop_set_default_executor(coil_get_running_loop(), pool);
}

TEST(is_awaited, .real_clock = true)
{
	coil_result r;

	REQUIRE(make_meeting() && begin(2));
	r = coil_run(coil_coro(awaits_jobs, NULL));
	CHECK_INT(r.error, COIL_TYPE);
	CHECK_STR(coil_error_message(r), "executor must be ThreadPoolExecutor instance");
	end();
	munmap(meeting, sizeof(*meeting));
}

/* ---- failures ------------------------------------------------------------ */

static void try_pool(bool must_work)
{
	struct point point = { 3, 4, "point" };
	coil_concurrent_future *future = coil_executor_submit_copy(pool, mirrored, &point);
	int error = future ? result_of(future).error : coil_last_error().error;

	CHECK(!error || (!must_work && (error == COIL_MEMORY || error == COIL_OS ||
					error == COIL_BROKEN_PROCESS_POOL)));
	faults_clear();
	end();
}

/* Whatever fails, in the program, the server (which has it from the program) or the worker,
 * every future ends, and nothing is left; and then a pool works. */
static void life(void *unused)
{
	pool = coil_process_pool_executor(.max_workers = 1);
	if (pool) {
		try_pool(false);
	} else {
		int error = coil_last_error().error;

		CHECK(error == COIL_MEMORY || error == COIL_OS);
	}
	faults_clear();
	if (begin(1))
		try_pool(true);
}

TEST(survives_without_memory, .real_clock = true, .seconds = 60)
{
	CHECK(faults_every(FAULT_MEMORY, life, NULL) > 5);
}

TEST(survives_without_descriptors, .real_clock = true, .seconds = 30)
{
	CHECK_INT(faults_every(FAULT_DESCRIPTOR, life, NULL), 3);
}

TEST(survives_without_threads_and_processes, .real_clock = true, .seconds = 30)
{
	CHECK(faults_every(FAULT_THREAD, life, NULL) > 2);
}
