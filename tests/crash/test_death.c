/* SPDX-License-Identifier: MIT
 *
 * A recording program dies: by SIGKILL, by a fault, by _exit, with a full disk,
 * or twice over, after a fork.  Its trace is whole up to the last event.
 */
#include <coil.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "readback.h"

/* ---- a program with some life in it, and its end ------------------------------------- */

static void (*die)(void); /* how the program ends, behind its last mark */

static coil_result worker(void *number)
{
	for (int i = 0; i < 200; i++) {
		coil_trace_mark("worker %d turn %d", (int)(intptr_t)number, i);
		if (coil_sleep(i % 3 ? 0 : 0.5).error)
			break;
	}
	return coil_ok(NULL);
}

static coil_result deadly(void *unused)
{
	coil_sleep(20);
	coil_trace_mark("last words");
	die();
	return coil_ok(NULL);
}

static coil_result life(void *unused)
{
	return coil_await(coil_gather(coil_coro(worker, (void *)1), coil_coro(deadly, NULL),
				      coil_coro(worker, (void *)2)));
}

static void live_and_die(void *path)
{
	setenv("COIL_TRACE", path, 1);
	coil_run(coil_coro(life, NULL));
}

static struct outcome *run_to_death(void (*how)(void), const char *path)
{
	die = how;
	return run_fork(live_and_die, (void *)(uintptr_t)path);
}

static void check_life(const struct facts *facts)
{
	CHECK(facts->marks > 100);
	CHECK(facts->steps > 100);
	CHECK(facts->iterations > 20);
	CHECK_INT(facts->loops, 1);
}

static void by_sigkill(void)
{
	kill(getpid(), SIGKILL);
	pause();
}

TEST(killed_by_sigkill_the_trace_ends_with_the_last_event)
{
	const char *path = test_path("trace");
	struct outcome *child = run_to_death(by_sigkill, path);
	struct facts facts = read_back(path);

	CHECK_INT(child->signal, SIGKILL);
	CHECK_WHOLE(facts, "last words");
	CHECK(!facts.ended);
	check_life(&facts);
}

static void by_sigsegv(void)
{
	volatile int *volatile nowhere = (volatile int *)(uintptr_t)16;

	signal(SIGSEGV, SIG_DFL); /* also where a sanitizer has its own */
	*nowhere = 1;
}

TEST(crashed_by_sigsegv_the_trace_ends_with_the_last_event)
{
	const char *path = test_path("trace");
	struct outcome *child = run_to_death(by_sigsegv, path);
	struct facts facts = read_back(path);

	CHECK_INT(child->signal, SIGSEGV);
	CHECK_WHOLE(facts, "last words");
	check_life(&facts);
}

static void by_abort(void)
{
	abort();
}

TEST(aborted_the_trace_ends_with_the_last_event)
{
	const char *path = test_path("trace");
	struct outcome *child = run_to_death(by_abort, path);
	struct facts facts = read_back(path);

	CHECK_INT(child->signal, SIGABRT);
	CHECK_WHOLE(facts, "last words");
	check_life(&facts);
}

static void by__exit(void)
{
	_exit(7);
}

TEST(left_by__exit_the_trace_ends_with_the_last_event)
{
	const char *path = test_path("trace");
	struct outcome *child = run_to_death(by__exit, path);
	struct facts facts = read_back(path);

	CHECK_INT(child->status, 7);
	CHECK_WHOLE(facts, "last words");
	check_life(&facts);
}

__attribute__((noinline)) static int use_up_the_stack(int n)
{
	volatile char frame[1000];

	frame[0] = (char)n;
	return n ? use_up_the_stack(n - 1) + frame[0] : 0;
}

static void by_overflow(void)
{
	use_up_the_stack(1 << 30);
}

TEST(after_a_stack_overflow_the_trace_ends_with_the_last_event)
{
	const char *path = test_path("trace");
	struct outcome *child = run_to_death(by_overflow, path);
	struct facts facts = read_back(path);

	CHECK_INT(child->signal, SIGSEGV);
	CHECK_HAS(child->err, "stack overflow in coroutine 'deadly'");
	CHECK_WHOLE(facts, "last words");
	check_life(&facts);
}

/* Left by exit, from inside of a coroutine: an end on purpose. */
static void by_exit(void)
{
	exit(5);
}

TEST(left_by_exit_the_trace_is_ended, .may_leak_fds = true)
{
	const char *path = test_path("trace");
	struct outcome *child;
	struct facts facts;

	setenv("LSAN_OPTIONS", "detect_leaks=0", 1);
	child = run_to_death(by_exit, path);
	facts = read_back(path);
	CHECK(child->status == 5 || child->status == 23 /* a checker's leaks */);
	CHECK_WHOLE(facts, "last words");
	check_life(&facts);
	CHECK(facts.ended);
}

/* ---- killed at any moment ---------------------------------------------------------------- */

static _Atomic long *told; /* the last mark that was recorded, as the dead knew */

static void *executioner(void *microseconds)
{
	nanosleep(&(struct timespec){ 0, (long)(intptr_t)microseconds * 1000 }, NULL);
	kill(getpid(), SIGKILL);
	return NULL;
}

static coil_result mark_for_ever(void *unused)
{
	for (long i = 1;; i++) {
		coil_trace_mark("m %ld of a trace that is cut off anywhere", i);
		*told = i;
		if (i % 16 == 0)
			coil_sleep(0);
	}
	return coil_ok(NULL);
}

static const char *kill_path;

static void run_until_killed(void *microseconds)
{
	pthread_t thread;

	if (coil_trace_start(kill_path).error ||
	    pthread_create(&thread, NULL, executioner, microseconds) != 0)
		_exit(1);
	coil_run(coil_coro(mark_for_ever, NULL));
}

TEST(killed_at_any_moment_nothing_that_was_recorded_is_lost, .seconds = 60)
{
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (intptr_t turn = 0; turn < 25; turn++) {
		struct outcome *child;
		struct facts facts;
		long last = -1;

		*told = 0;
		kill_path = test_path(text("trace%d", (int)turn));
		child = run_fork(run_until_killed, (void *)(1000 + turn * 997));
		CHECK_INT(child->signal, SIGKILL);
		facts = read_back(kill_path);
		CHECK(facts.readable);
		CHECK_STR(facts.error, NULL);
		if (facts.marks)
			CHECK_INT(sscanf(facts.last_mark, "m %ld", &last), 1);
		/* One more may have been recorded than was told of. */
		CHECK(*told == 0 || last == *told || last == *told + 1);
		CHECK(!facts.marks || (long)facts.marks == last);
		unlink(kill_path);
	}
	munmap((void *)told, sizeof(*told));
}

/* ---- a full disk ---------------------------------------------------------------------------- */

static long *marked;

/* Marks until the recording has stopped; then the program goes on. */
static coil_result fill_the_disk(void *unused)
{
	long n = 0;

	while (coil_trace_active() && n < 10000000)
		coil_trace_mark("m %ld %0200d", n++, 0);
	*marked = n;
	coil_trace_mark("too late");
	for (int i = 0; i < 100; i++)
		coil_sleep(0);
	return coil_number(77);
}

static void record_until_full(void *path)
{
	coil_result r = coil_trace_start(path);

	CHECK_INT(r.error, COIL_OK);
	CHECK_INT(coil_run(coil_coro(fill_the_disk, NULL)).number, 77);
	CHECK(!coil_trace_active());
	coil_trace_stop();
}

static void check_full(const char *path, struct outcome *child)
{
	struct facts facts = read_back(path);
	long last = -1;

	CHECK_INT(child->status, 0);
	CHECK_INT(child->signal, 0);
	CHECK_HAS(child->err, path);
	CHECK(facts.readable);
	CHECK_STR(facts.error, NULL);
	CHECK_INT(sscanf(facts.last_mark, "m %ld", &last), 1);
	CHECK(facts.marks > 100);
	CHECK_INT(facts.marks, last + 1);
	CHECK_INT(last, *marked - 2); /* the last one found no room */
}

static void record_with_limit(void *path)
{
	struct rlimit limit = { 400 * 1024, 400 * 1024 };

	signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	record_until_full(path);
}

static void open_shared(void)
{
	marked = mmap(NULL, sizeof(*marked), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

TEST(at_the_limit_of_its_size_the_file_is_whole_and_the_program_goes_on)
{
	const char *path = test_path("trace");

	open_shared();
	check_full(path, run_fork(record_with_limit, (void *)(uintptr_t)path));
	munmap(marked, sizeof(*marked));
}

TEST(on_a_full_disk_the_trace_is_whole_and_the_program_goes_on)
{
	const char *dir = test_path("disk");
	const char *path = text("%s/trace", dir);

	CHECK_INT(mkdir(dir, 0700), 0);
	if (mount("tmpfs", dir, "tmpfs", 0, "size=512k") < 0)
		SKIP("needs root for a small disk: mount: %s", strerror(errno));
	open_shared();
	check_full(path, run_fork(record_until_full, (void *)(uintptr_t)path));
	CHECK_INT(umount(dir), 0);
	munmap(marked, sizeof(*marked));
}

static void start_on_full_disk(void *path)
{
	coil_result r = coil_trace_start(path);

	CHECK_INT(r.error, COIL_OS);
	CHECK_HAS(coil_error_message(r), path);
	CHECK(!coil_trace_active());
}

TEST(on_a_disk_that_is_full_from_the_start_it_is_an_error)
{
	const char *dir = test_path("disk");

	CHECK_INT(mkdir(dir, 0700), 0);
	if (mount("tmpfs", dir, "tmpfs", 0, "size=16k") < 0)
		SKIP("needs root for a small disk: mount: %s", strerror(errno));
	run_fork(start_on_full_disk, text("%s/trace", dir));
	CHECK_INT(umount(dir), 0);
}

/* ---- a fork --------------------------------------------------------------------------------- */

static pid_t *child_pid;

static coil_result fork_in_callback(void *unused)
{
	pid_t pid;

	coil_trace_mark("before");
	pid = fork();
	if (pid == 0) {
		coil_trace_mark("child");
		_exit(0);
	}
	*child_pid = pid;
	waitpid(pid, NULL, 0);
	coil_trace_mark("after");
	return coil_ok(NULL);
}

static coil_result forking(void *unused)
{
	coil_sleep(1);
	fork_in_callback(NULL);
	coil_sleep(1);
	coil_trace_mark("end");
	return coil_ok(NULL);
}

static void record_and_fork(void *path)
{
	CHECK_INT(coil_trace_start(path).error, COIL_OK);
	coil_run(coil_coro(forking, NULL));
	coil_trace_stop();
}

static void check_fork(const char *path, bool pattern)
{
	const char *parents, *childs;
	struct outcome *outcome;
	struct facts parent, child;
	pid_t *pids = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	child_pid = pids;
	outcome = run_fork(record_and_fork, (void *)(uintptr_t)path);
	CHECK_INT(outcome->status, 0);
	childs = pattern ? test_path(text("trace-%d", *child_pid))
			 : text("%s.%d", path, *child_pid);
	child = read_back(childs);
	CHECK_WHOLE(child, "child");
	CHECK_INT(child.marks, 1);
	CHECK_INT(child.header.pid, *child_pid);
	CHECK(child.header.parent != 0);
	parents = pattern ? test_path(text("trace-%d", (int)child.header.parent)) : path;
	parent = read_back(parents);
	CHECK_WHOLE(parent, "end");
	CHECK_STR(parent.first_mark, "before");
	CHECK_INT(parent.marks, 3);
	CHECK(parent.ended);
	CHECK_INT(parent.header.pid, child.header.parent);
	CHECK_INT(parent.header.parent, 0);
	CHECK(parent.header.run == child.header.run);
	munmap(pids, 4096);
}

TEST(a_fork_gives_the_child_a_file_of_its_own)
{
	check_fork(test_path("trace"), false);
}

TEST(a_fork_gives_the_child_a_file_by_the_pattern)
{
	check_fork(test_path("trace-%p"), true);
}

/* A child that runs a loop, and another that records nothing and is killed. */
static coil_result in_child(void *unused)
{
	coil_sleep(1);
	coil_trace_mark("child's loop");
	return coil_ok(NULL);
}

static void run_loop_in_child(void *path)
{
	pid_t pid;

	CHECK_INT(coil_trace_start(path).error, COIL_OK);
	coil_trace_mark("parent");
	pid = fork();
	if (pid == 0) {
		*child_pid = getpid();
		coil_run(coil_coro(in_child, NULL));
		by_sigkill();
	}
	waitpid(pid, NULL, 0);
	coil_run(coil_coro(in_child, NULL));
	coil_trace_mark("parent's end");
	coil_trace_stop();
}

TEST(parent_and_child_both_run_loops_and_record)
{
	const char *path = test_path("trace");
	struct facts parent, child;

	child_pid = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	run_fork(run_loop_in_child, (void *)(uintptr_t)path);
	parent = read_back(path);
	child = read_back(text("%s.%d", path, *child_pid));
	CHECK_WHOLE(parent, "parent's end");
	CHECK_WHOLE(child, "child's loop");
	CHECK_INT(parent.loops, 1);
	CHECK_INT(child.loops, 1);
	munmap(child_pid, 4096);
}
