/* SPDX-License-Identifier: MIT
 *
 * One worker process: what it can be given and give, and all the ways in which it ends.
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
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "executor/worker_process.h"
#include "faults.h"

static struct process_server server;
static struct worker_process worker;
static struct parcel outcome;

static bool begin(void)
{
	int error = coil__process_server_start(&server);

	coil__worker_process_init(&worker, &server);
	return CHECK_INT(error, 0);
}

static void end(void)
{
	coil__worker_process_end(&worker);
	coil__process_server_stop(&server);
	/* No child is left, dead or alive. */
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_INT(errno, ECHILD);
}

/* The job's error, or 0. */
static int run_for(coil_function function, const void *arg, size_t size, double timeout)
{
	struct process_job job = { function, arg, size, 0,
				   COIL_SITE("submit", "function") };

	coil__parcel_free(&outcome);
	coil__worker_process_run(&worker, &job, timeout, &outcome);
	return outcome.result.error;
}

static int run(coil_function function)
{
	return run_for(function, NULL, 0, 0);
}

static const char *message(void)
{
	return outcome.detail ? outcome.detail->message : "";
}

static void drop(void)
{
	coil__parcel_free(&outcome);
	outcome = (struct parcel){ .size = 0 };
}

/* ---- jobs ---------------------------------------------------------------- */

static coil_result forty_two(void *arg)
{
	return coil_number(arg ? 0 : 42);
}

static coil_result pi(void *arg)
{
	return coil_real(3.14159);
}

static coil_result nothing(void *arg)
{
	return coil_ok(NULL);
}

static coil_result own_pid(void *arg)
{
	return coil_number(getpid());
}

static coil_result echo(void *arg)
{
	return coil_number(*(int64_t *)arg + 1);
}

struct block {
	size_t size;
	unsigned char bytes[];
};

static unsigned char byte_at(size_t i)
{
	return (unsigned char)(i * 31 + i / 4099);
}

/* Each byte changed: so it is the worker's answer. */
static coil_result inverted(void *arg)
{
	struct block *block = arg;

	for (size_t i = 0; i < block->size; i++)
		block->bytes[i] ^= 0xff;
	return coil_bytes(block, sizeof(*block) + block->size);
}

static coil_result size_of_empty(void *arg)
{
	return coil_bytes(arg, 0);
}

static coil_result fails(void *arg)
{
	return coil_raise(COIL_VALUE, "x is %d", 7);
}

static coil_result fails_twice(void *arg)
{
	const coil_result errors[] = { coil_raise(COIL_KEY, "first"),
				       coil_raise(COIL_USER + 3, "second") };

	return coil_raise_group("both", errors, 2);
}

static coil_result cancelled(void *arg)
{
	return coil_raise(COIL_CANCELLED, "no more");
}

static coil_result nap(void *arg)
{
	return coil_sleep(0);
}

static coil_result lists(void *arg)
{
	return coil_await(coil_gather(coil_coro(nap, NULL), coil_coro(nap, NULL)));
}

static coil_result run_loop(void *arg)
{
	return coil_run(coil_coro(lists, NULL));
}

static coil_result exits(void *arg)
{
	exit(3);
}

static coil_result aborts(void *arg)
{
	abort();
}

static coil_result faults(void *arg)
{
	raise(SIGSEGV);
	return coil_ok(NULL);
}

static coil_result waits(void *arg)
{
	pause();
	return coil_ok(NULL);
}

static coil_result turns(void *arg)
{
	for (volatile unsigned i = 0; !arg || i; i++)
		;
	return coil_ok(NULL);
}

static coil_result closes_all(void *arg)
{
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	return waits(NULL);
}

/* A child of the worker that has its socket open, and outlives it for a moment. */
static coil_result forks_and_dies(void *arg)
{
	if (fork() == 0) {
		usleep(300000);
		_exit(0);
	}
	raise(SIGKILL);
	return coil_ok(NULL);
}

static coil_result answers_nonsense(void *arg)
{
	char nonsense[4096];

	memset(nonsense, 'x', sizeof(nonsense));
	for (int fd = 3; fd < 64; fd++)
		if (send(fd, nonsense, sizeof(nonsense), 0) > 0)
			break; /* the others are no sockets */
	return waits(NULL);
}

static coil_result prints(void *arg)
{
	printf("[%s]", (const char *)arg);
	fprintf(stderr, "(%s)", (const char *)arg);
	return coil_ok(NULL);
}

/* ---- results ------------------------------------------------------------- */

TEST(gives_numbers, .real_clock = true)
{
	int64_t number = 1234567890123;

	REQUIRE(begin());
	CHECK_INT(run(forty_two), 0);
	CHECK_INT(outcome.result.number, 42);
	CHECK_INT(run(pi), 0);
	CHECK_REAL(outcome.result.real, 3.14159);
	CHECK_INT(run(nothing), 0);
	CHECK(!outcome.result.value && !outcome.bytes);
	CHECK_INT(run_for(echo, &number, sizeof(number), 0), 0);
	CHECK_INT(outcome.result.number, number + 1);
	end();
}

TEST(is_one_process_for_all_jobs, .real_clock = true)
{
	pid_t pid;

	REQUIRE(begin());
	CHECK_INT(run(own_pid), 0);
	pid = (pid_t)outcome.result.number;
	CHECK(pid != getpid() && pid == worker.pid);
	CHECK_INT(run(own_pid), 0);
	CHECK_INT(outcome.result.number, pid);
	CHECK_INT(worker.jobs, 2);
	coil__worker_process_end(&worker);
	CHECK_INT(kill(pid, 0), -1);
	CHECK_INT(errno, ESRCH);
	CHECK_INT(run(own_pid), 0);
	CHECK(outcome.result.number != pid);
	end();
}

static void check_block(size_t size)
{
	struct block *block = malloc(sizeof(*block) + size), *got;

	REQUIRE(block);
	block->size = size;
	for (size_t i = 0; i < size; i++)
		block->bytes[i] = byte_at(i);
	CHECK_INT(run_for(inverted, block, sizeof(*block) + size, 0), 0);
	free(block);
	REQUIRE(CHECK_INT(outcome.size, sizeof(*block) + size));
	got = outcome.bytes;
	for (size_t i = 0; i < size; i++)
		if (got->bytes[i] != (byte_at(i) ^ 0xff)) {
			CHECK_INT(i, -1);
			return;
		}
}

TEST(takes_and_gives_bytes_of_all_sizes, .real_clock = true, .seconds = 30)
{
	static const size_t sizes[] = { 0, 1, 7, 4096, 65536, 1000003, 20u << 20 };

	REQUIRE(begin());
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		check_block(sizes[i]);
	CHECK_INT(run_for(size_of_empty, "", 0, 0), 0);
	CHECK(outcome.bytes != NULL);
	CHECK_INT(outcome.size, 0);
	drop();
	end();
}

TEST(gives_errors_with_message_and_place, .real_clock = true)
{
	REQUIRE(begin());
	CHECK_INT(run(fails), COIL_VALUE);
	CHECK_STR(message(), "x is 7");
	CHECK_STR(outcome.detail->site->function, "fails");
	CHECK_INT(run(fails_twice), COIL_EXCEPTION_GROUP);
	CHECK_STR(message(), "both");
	REQUIRE(outcome.items && CHECK_INT(outcome.items->count, 2));
	CHECK_INT(outcome.items->at[1].result.error, COIL_USER + 3);
	CHECK_STR(outcome.items->at[1].detail->message, "second");
	CHECK_INT(run(cancelled), COIL_CANCELLED);
	CHECK_STR(message(), "no more");
	CHECK_INT(worker.jobs, 3);
	drop();
	end();
}

TEST(refuses_lists_but_runs_loops, .real_clock = true)
{
	REQUIRE(begin());
	CHECK_INT(run(run_loop), COIL_TYPE);
	CHECK_HAS(message(), "cannot return a list");
	CHECK_INT(run(forty_two), 0);
	CHECK_INT(worker.jobs, 2);
	drop();
	end();
}

/* ---- ends ---------------------------------------------------------------- */

/* A process whose parent was killed is a zombie until somebody takes it over. */
static bool is_gone(pid_t pid)
{
	char stat[256] = "";
	int fd = open(text("/proc/%d/stat", pid), O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, stat, sizeof(stat) - 1);

	if (fd >= 0)
		close(fd);
	return n <= 0 || strstr(stat, ") Z ");
}

/* Until the process PID is gone. */
static void await_gone(pid_t pid)
{
	while (!is_gone(pid))
		usleep(1000);
}

/* The job's worker is lost, with MESSAGE behind its pid; the next job has another. */
static void check_lost(coil_function function, double timeout, const char *fate)
{
	pid_t pid;

	CHECK_INT(run(own_pid), 0);
	pid = (pid_t)outcome.result.number;
	CHECK_INT(run_for(function, NULL, 0, timeout), COIL_BROKEN_PROCESS_POOL);
	CHECK_STR(message(), text("worker process %d %s", pid, fate));
	CHECK_STR(outcome.detail->site->function, "run_for");
	CHECK(worker.job < 0 && worker.report < 0);
	await_gone(pid); /* its server's end kills it, but need not wait for it */
	CHECK_INT(run(forty_two), 0);
	CHECK_INT(outcome.result.number, 42);
}

TEST(says_how_a_worker_ended, .real_clock = true, .seconds = 20)
{
	REQUIRE(begin());
	check_lost(exits, 0, "ended with status 3");
	check_lost(aborts, 0, "was killed by signal 6 (Aborted)");
	check_lost(faults, 0, "was killed by signal 11 (Segmentation fault)");
	check_lost(forks_and_dies, 0, "was killed by signal 9 (Killed)");
	end();
}

TEST(kills_a_worker_that_is_stuck, .real_clock = true, .seconds = 20)
{
	REQUIRE(begin());
	check_lost(waits, 0.05, "did not answer within 0.05 seconds, and was killed");
	check_lost(turns, 0.05, "did not answer within 0.05 seconds, and was killed");
	check_lost(closes_all, 0, "closed its connection, and was killed");
	check_lost(answers_nonsense, 0, "answered what is no answer, and was killed");
	end();
}

static _Atomic(pid_t) *waiting; /* shared with the worker */

static coil_result says_that_it_waits(void *arg)
{
	atomic_store(waiting, getpid());
	return waits(NULL);
}

static void *kill_when_it_waits(void *unused)
{
	while (!atomic_load(waiting))
		usleep(1000);
	kill(atomic_load(waiting), SIGKILL);
	return NULL;
}

TEST(is_killed_from_outside, .real_clock = true)
{
	pthread_t thread;

	waiting = mmap(NULL, sizeof(*waiting), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(waiting != MAP_FAILED && begin());
	REQUIRE(pthread_create(&thread, NULL, kill_when_it_waits, NULL) == 0);
	CHECK_INT(run(says_that_it_waits), COIL_BROKEN_PROCESS_POOL);
	CHECK_STR(message(), text("worker process %d was killed by signal 9 (Killed)",
				  atomic_load(waiting)));
	pthread_join(thread, NULL);
	munmap(waiting, sizeof(*waiting));
	drop();
	end();
}

TEST(replaces_one_that_died_between_jobs, .real_clock = true)
{
	REQUIRE(begin());
	CHECK_INT(run(own_pid), 0);
	kill(worker.pid, SIGKILL);
	await_gone(worker.pid);
	CHECK_INT(run(forty_two), 0);
	CHECK_STR(message(), "");
	CHECK_INT(outcome.result.number, 42);
	end();
}

/* ---- the server's end ---------------------------------------------------- */

TEST(has_a_new_server_if_that_was_killed, .real_clock = true)
{
	pid_t first, first_worker;

	REQUIRE(begin());
	CHECK_INT(run(own_pid), 0);
	first = server.pid;
	first_worker = worker.pid;
	kill(server.pid, SIGKILL);
	await_gone(first_worker);
	CHECK_INT(run(forty_two), 0);
	CHECK_INT(outcome.result.number, 42);
	CHECK(server.pid != first);
	end();
}

static coil_result kills_server(void *arg)
{
	kill(getppid(), SIGKILL);
	return waits(NULL);
}

TEST(is_lost_with_its_server, .real_clock = true)
{
	REQUIRE(begin());
	check_lost(kills_server, 0, "went with its process server, which was killed");
	end();
}

TEST(does_not_mind_who_reaps_the_server, .real_clock = true)
{
	REQUIRE(begin());
	CHECK_INT(run(forty_two), 0);
	kill(server.pid, SIGKILL);
	CHECK_INT(waitpid(-1, NULL, 0), server.pid);
	await_gone(worker.pid);
	CHECK_INT(run(forty_two), 0);
	end();
}

/* ---- the program's end --------------------------------------------------- */

static int told[2];

static void tell(pid_t pid)
{
	CHECK_INT(write(told[1], &pid, sizeof(pid)), sizeof(pid));
}

static coil_result tells_and_turns(void *arg)
{
	pid_t *pids = arg;

	kill(pids[0], SIGKILL);
	return turns(NULL);
}

/* A program that is killed while its worker runs. */
static void program(void *unused)
{
	pid_t pids[1] = { getpid() };

	if (!begin())
		return;
	CHECK_INT(run(own_pid), 0);
	tell(server.pid);
	tell(worker.pid);
	run_for(tells_and_turns, pids, sizeof(pids), 0);
}

TEST(goes_when_the_program_is_killed, .real_clock = true)
{
	pid_t pids[2] = { 0, 0 };

	REQUIRE(pipe2(told, O_CLOEXEC) == 0);
	CHECK_INT(run_fork(program, NULL)->signal, SIGKILL);
	CHECK_INT(read(told[0], pids, sizeof(pids)), sizeof(pids));
	close(told[0]);
	close(told[1]);
	REQUIRE(pids[0] > 0 && pids[1] > 0);
	await_gone(pids[0]);
	await_gone(pids[1]);
}

/* The same, and a fork of the program has all of its sockets open. */
static void program_with_fork(void *unused)
{
	pid_t pid;

	if (!begin())
		return;
	CHECK_INT(run(own_pid), 0);
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	tell(server.pid);
	tell(worker.pid);
	tell(pid);
	raise(SIGKILL);
}

TEST(goes_though_a_fork_of_the_program_lives, .real_clock = true)
{
	pid_t pids[3] = { 0, 0, 0 };

	REQUIRE(pipe2(told, O_CLOEXEC) == 0);
	CHECK_INT(run_fork(program_with_fork, NULL)->signal, SIGKILL);
	CHECK_INT(read(told[0], pids, sizeof(pids)), sizeof(pids));
	close(told[0]);
	close(told[1]);
	REQUIRE(pids[0] > 0 && pids[1] > 0 && pids[2] > 0);
	await_gone(pids[0]);
	await_gone(pids[1]);
	CHECK(!is_gone(pids[2]));
	kill(pids[2], SIGKILL);
}

/* ---- what a worker is ---------------------------------------------------- */

static coil_result open_descriptors(void *arg)
{
	DIR *dir = opendir("/proc/self/fd");
	char target[256], link[64], all[4000] = "";

	for (const struct dirent *entry; dir && (entry = readdir(dir));) {
		int fd = atoi(entry->d_name);
		ssize_t n;

		if (fd <= 2 || fd == dirfd(dir) || fd >= 1000)
			continue;
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, target, sizeof(target) - 1);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%.*s ", (int)n, target);
	}
	closedir(dir);
	return coil_bytes(all, strlen(all) + 1);
}

static const char *target_of(int fd)
{
	char target[256] = "";
	ssize_t n = readlink(text("/proc/self/fd/%d", fd), target, sizeof(target) - 1);

	CHECK(n > 0);
	return text("%s", target);
}

TEST(has_no_descriptor_but_its_own, .real_clock = true)
{
	struct worker_process other;
	const char *all, *socket;
	int before = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	REQUIRE(begin());
	coil__worker_process_init(&other, &server);
	CHECK_INT(run(forty_two), 0);
	/* Another worker of the same server: it has nothing of the first. */
	outcome = (struct parcel){ .size = 0 };
	coil__worker_process_run(&other, &(struct process_job){ .function = open_descriptors },
				 0, &outcome);
	all = outcome.bytes;
	REQUIRE(all);
	socket = strstr(all, "socket:");
	CHECK(socket && !strstr(socket + 1, "socket:"));
	CHECK(!strstr(all, "/dev/zero") && !strstr(all, "anon_inode"));
	CHECK(!strstr(all, target_of(worker.report)));
	CHECK(!strstr(all, target_of(other.report)));
	close(before);
	coil__worker_process_end(&other);
	drop();
	end();
}

static coil_result signal_state(void *arg)
{
	struct sigaction action;
	sigset_t mask;
	int64_t state = 0;

	sigaction(SIGUSR1, NULL, &action);
	state |= action.sa_handler == SIG_DFL ? 1 : 0;
	sigaction(SIGINT, NULL, &action);
	state |= action.sa_handler == SIG_IGN ? 2 : 0;
	sigaction(SIGHUP, NULL, &action);
	state |= action.sa_handler == SIG_IGN ? 4 : 0;
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	for (int signo = 1; signo < 32; signo++)
		if (sigismember(&mask, signo) == 1)
			state |= 8;
	return coil_number(state);
}

static void on_signal(int signo)
{
	_exit(signo);
}

TEST(has_signals_as_behind_exec, .real_clock = true)
{
	sigset_t blocked, before;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &blocked, &before);
	signal(SIGUSR1, on_signal);
	signal(SIGHUP, SIG_IGN);
	REQUIRE(begin());
	CHECK_INT(run(signal_state), 0);
	CHECK_INT(outcome.result.number, 1 | 2 | 4);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	end();
}

TEST(survives_ctrl_c, .real_clock = true)
{
	pid_t pid;

	REQUIRE(begin());
	CHECK_INT(run(own_pid), 0);
	pid = worker.pid;
	kill(pid, SIGINT);
	kill(server.pid, SIGINT);
	kill(server.pid, SIGTERM);
	CHECK_INT(run(own_pid), 0);
	CHECK_INT(outcome.result.number, pid);
	end();
}

static void at_exit_of_program(void)
{
	fprintf(stderr, "<program's exit>");
}

static FILE *stream;

/* What the program has not written yet is not written by workers; what jobs print is
 * there before their results. */
static void print(void *path)
{
	if (atexit(at_exit_of_program) != 0)
		return;
	stream = fopen(path, "w");
	fprintf(stream, "once ");
	printf("program ");
	if (!begin())
		return;
	CHECK_INT(run_for(prints, "one", 4, 0), 0);
	CHECK_INT(run_for(prints, "two", 4, 0), 0);
	CHECK_INT(run(exits), COIL_BROKEN_PROCESS_POOL);
	drop();
	end();
	fclose(stream);
}

TEST(writes_what_jobs_print_and_nothing_else, .real_clock = true)
{
	const char *path = test_path("stream");
	const struct outcome *done = run_fork(print, (void *)(uintptr_t)path);

	CHECK_STR(done->out, "[one][two]program ");
	CHECK_STR(done->err, "(one)(two)<program's exit>");
	CHECK_STR(read_file(path, NULL), "once ");
}

static coil_result stack_is_large(void *arg)
{
	volatile char room[1 << 20];

	room[0] = room[sizeof(room) - 1] = 1;
	return coil_number(room[0]);
}

static coil_result without_loop(void *arg)
{
	return coil_number(coil_get_running_loop() == NULL && coil_current_task() == NULL);
}

static coil_result in_coroutine(void *arg)
{
	if (!begin())
		return coil_ok(NULL);
	CHECK_INT(run(stack_is_large), 0);
	CHECK_INT(run(without_loop), 0);
	CHECK_INT(outcome.result.number, 1);
	end();
	return coil_ok(NULL);
}

TEST(has_nothing_of_the_coroutine_it_was_made_in, .real_clock = true)
{
	CHECK_INT(coil_run(coil_coro(in_coroutine, NULL)).error, 0);
}

/* ---- under threads ------------------------------------------------------- */

static atomic_bool over;

/* Takes the locks of pools, depot, stacks, loops and malloc, over and over. */
static coil_result busy_task(void *arg)
{
	for (int i = 0; i < 20; i++)
		coil_await(coil_create_task(coil_coro(nap, NULL)));
	return coil_ok(NULL);
}

static void *busy_thread(void *unused)
{
	while (!atomic_load(&over))
		coil_run(coil_coro(busy_task, NULL));
	return NULL;
}

static void *short_thread(void *unused)
{
	coil_run(coil_coro(busy_task, NULL));
	return NULL;
}

static void *thread_maker(void *unused)
{
	while (!atomic_load(&over)) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, short_thread, NULL) == 0)
			pthread_join(thread, NULL);
	}
	return NULL;
}

TEST(is_forked_among_busy_threads, .real_clock = true, .seconds = 60)
{
	pthread_t threads[3];

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	SKIP("a sanitizer's allocator does not survive a fork among busy threads");
#endif
	for (int i = 0; i < 3; i++)
		REQUIRE(pthread_create(&threads[i], NULL, i ? busy_thread : thread_maker,
				       NULL) == 0);
	for (int i = 0; i < MANY(2001) / 50 && begin(); i++) {
		CHECK_INT(run(run_loop), COIL_TYPE);
		CHECK_HAS(message(), "cannot return a list");
		drop();
		coil__worker_process_end(&worker);
		coil__process_server_stop(&server);
	}
	atomic_store(&over, true);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

/* ---- failures ------------------------------------------------------------ */

/* Every call may fail; then the error says so, nothing is left, and it works again. */
static void life(void *unused)
{
	int64_t number = 1;
	int error = coil__process_server_start(&server);

	if (!error) {
		coil__worker_process_init(&worker, &server);
		error = run_for(echo, &number, sizeof(number), 0);
		CHECK(!error || error == COIL_OS || error == COIL_MEMORY ||
		      error == COIL_BROKEN_PROCESS_POOL);
		faults_clear();
		drop();
		end();
	}
}

TEST(fails_cleanly_without_descriptors, .real_clock = true, .seconds = 30)
{
	CHECK_INT(faults_every(FAULT_DESCRIPTOR, life, NULL), 3);
}

TEST(fails_cleanly_without_threads_or_processes, .real_clock = true, .seconds = 30)
{
	CHECK_INT(faults_every(FAULT_THREAD, life, NULL), 2);
}

TEST(says_that_no_worker_can_be_started, .real_clock = true)
{
	REQUIRE(begin());
	faults_fail(FAULT_DESCRIPTOR, 1);
	CHECK_INT(run(forty_two), COIL_OS);
	CHECK(faults_clear());
	CHECK_STR(message(), "cannot start a worker process: Too many open files");
	CHECK_INT(run(forty_two), 0);
	drop();
	end();
}
