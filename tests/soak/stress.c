/* SPDX-License-Identifier: MIT
 *
 * stress SECONDS [SEED]: loops in several threads, a pool of threads and one of processes,
 * and all the ways from one to the other, at random, for so long; tasks are cancelled and
 * workers killed at random.
 *
 *	actors      threads with loops, whose tasks give work away and wait for it
 *	hosts       threads with loops that work is given to
 *	plain       threads without loops, that submit jobs and wait
 *	the killer  a thread that kills worker processes
 *
 * It goes in passes.  Each begins with nothing and ends with nothing; behind it everything
 * that was given away must have ended as it should: what was not cancelled has run, once,
 * with the right result; and there must be what there was behind the first passes: memory,
 * descriptors, stacks, threads, processes.
 */
#include <coil.h>
#include <coil/executor.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "figures.h"

#define ACTORS 3
#define HOSTS 2
#define PLAINS 2
#define ROUNDS 6       /* of an actor in a pass  */
#define TOGETHER 24    /* operations in a round  */
#define PLAIN_JOBS 60
#define SLOTS 64       /* where workers say which process they are */
#define WARM_PASSES 3

/* How many objects and stacks there are at a time, in the pools of threads, differs from
 * pass to pass, and comes to its most slowly; a leak of one for each operation is more than
 * this in a few passes, of one in a pass in a minute or two. */
static const struct figures most = { .in_use = 131072, .resident = 4096, .stacks = 128 };

static struct {
	_Atomic(pid_t) running[SLOTS]; /* jobs that may be killed */
} *shared;                             /* with the workers        */

static coil_executor *threads, *processes;
static coil_loop *hosts[HOSTS];
static pthread_barrier_t hosts_are_there;
static atomic_bool over;

static atomic_uint_fast64_t operations, cancelled, broken, killed, jobs_given, jobs_run,
	jobs_dropped, calls_given, calls_run;

/* ---- numbers ------------------------------------------------------------- */

struct dice {
	uint64_t state;
};

static uint32_t roll(struct dice *dice, uint32_t sides)
{
	dice->state ^= dice->state << 13;
	dice->state ^= dice->state >> 7;
	dice->state ^= dice->state << 17;
	return (uint32_t)((dice->state >> 16) % sides);
}

static struct dice dice_of(uint64_t seed, uint64_t who)
{
	return (struct dice){ (seed * 1000003 + who) * UINT64_C(0x9e3779b97f4a7c15) | 1 };
}

/* Of all that was asked for and not taken back. */
static void check_number(const char *what, coil_result r, int64_t expected)
{
	if (r.error || r.number != expected)
		figures_complain("%s: %s %s, number %" PRId64 " for %" PRId64, what,
				 coil_error_name(r.error), coil_error_message(r), r.number,
				 expected);
}

/* ---- jobs ---------------------------------------------------------------- */

static coil_result in_thread(void *arg)
{
	int64_t n = (int64_t)(intptr_t)arg;

	atomic_fetch_add(&jobs_run, 1);
	if (n % 16 == 0)
		usleep((unsigned)n % 500);
	return coil_number(3 * n);
}

static coil_result in_thread_copied(void *arg)
{
	return in_thread((void *)(intptr_t)*(int64_t *)arg);
}

enum fate { LIVES, LIVES_LONG, GIVES_BYTES, EXITS, ABORTS, STICKS, FATES };

struct process_job {
	int64_t n;
	uint32_t slot;
	enum fate fate;
};

static coil_result live(const struct process_job *job)
{
	static char bytes[100000];

	if (job->fate == LIVES_LONG)
		usleep(2000);
	if (job->fate != GIVES_BYTES)
		return coil_number(5 * job->n);
	memset(bytes, (int)job->n, sizeof(bytes));
	return coil_bytes(bytes, (size_t)job->n % sizeof(bytes) + 1);
}

static coil_result in_process(void *arg)
{
	const struct process_job *job = arg;
	coil_result r;

	switch (job->fate) {
	case EXITS:
		exit(7);
	case ABORTS:
		abort();
	case STICKS:
		pause();
		break;
	default:
		break;
	}
	atomic_store(&shared->running[job->slot], getpid());
	r = live(job);
	atomic_store(&shared->running[job->slot], 0);
	return r;
}

/* One in sixteen does not live to its end. */
static struct process_job roll_process_job(struct dice *dice)
{
	struct process_job job = { .n = roll(dice, 1u << 20), .slot = roll(dice, SLOTS) };

	job.fate = roll(dice, 16) ? roll(dice, 3) : EXITS + roll(dice, 3);
	return job;
}

static void check_process_job(const struct process_job *job, coil_result r)
{
	atomic_store(&shared->running[job->slot], 0);
	if (r.error == COIL_BROKEN_PROCESS_POOL) {
		atomic_fetch_add(&broken, 1);
	} else if (job->fate >= EXITS) {
		figures_complain("a process ended, and its job as %s %s",
				 coil_error_name(r.error), coil_error_message(r));
	} else if (job->fate != GIVES_BYTES) {
		check_number("process", r, 5 * job->n);
	} else if (r.error || coil_bytes_size(r.value) != (size_t)job->n % 100000 + 1 ||
		   *(const char *)r.value != (char)job->n) {
		figures_complain("a process gave other bytes");
	}
}

/* ---- operations of tasks ------------------------------------------------- */

struct operation {
	struct dice dice;
};

/* Was it taken back, as anything may be? */
static bool is_taken_back(coil_result r)
{
	return r.error == COIL_CANCELLED;
}

static coil_result to_threads(struct operation *op)
{
	int64_t n = roll(&op->dice, 1u << 20);
	coil_result r;

	atomic_fetch_add(&jobs_given, 1);
	switch (roll(&op->dice, 3)) {
	case 0:
		r = coil_await(coil_run_in_executor_copy(threads, in_thread_copied, &n));
		break;
	case 1:
		r = coil_await(coil_run_in_executor(NULL, in_thread, (void *)(intptr_t)n));
		break;
	default:
		r = coil_await(coil_to_thread(in_thread, (void *)(intptr_t)n));
	}
	if (is_taken_back(r))
		atomic_fetch_add(&jobs_dropped, 1);
	else
		check_number("thread", r, 3 * n);
	return r;
}

static coil_result to_threads_in_time(struct operation *op)
{
	int64_t n = roll(&op->dice, 1u << 20);
	coil_result r;

	atomic_fetch_add(&jobs_given, 1);
	r = coil_wait_for(coil_run_in_executor_copy(threads, in_thread_copied, &n),
			  roll(&op->dice, 300) * 1e-6);
	if (is_taken_back(r) || r.error == COIL_TIMEOUT)
		atomic_fetch_add(&jobs_dropped, 1);
	else
		check_number("thread in time", r, 3 * n);
	return is_taken_back(r) ? r : coil_ok(NULL);
}

static coil_result to_process(struct operation *op)
{
	struct process_job job = roll_process_job(&op->dice);
	coil_result r = coil_await(coil_run_in_executor_copy(processes, in_process, &job));

	if (is_taken_back(r))
		return r;
	check_process_job(&job, r);
	return coil_ok(NULL);
}

static coil_result work_of_host(void *arg)
{
	int64_t n = *(int64_t *)arg;
	coil_result r = coil_sleep(n % 4 ? 0 : 0.0001);

	return r.error ? r : coil_number(7 * n);
}

static coil_result to_host(struct operation *op)
{
	int64_t n = roll(&op->dice, 1u << 20);
	coil_loop *host = hosts[roll(&op->dice, HOSTS)];
	coil_result r = coil_await(coil_wrap_future(coil_run_coroutine_threadsafe(
		coil_coro_copy(work_of_host, &n), host)));

	if (!is_taken_back(r))
		check_number("host", r, 7 * n);
	return r;
}

static coil_result count_call(void *counter)
{
	atomic_fetch_add((atomic_uint_fast64_t *)counter, 1);
	return coil_ok(NULL);
}

static coil_result call_host(struct operation *op)
{
	coil_result r = coil_loop_call_soon_threadsafe(hosts[roll(&op->dice, HOSTS)],
						       count_call, &calls_run);

	if (r.error)
		figures_complain("call_soon_threadsafe: %s", coil_error_message(r));
	atomic_fetch_add(&calls_given, 1);
	return coil_ok(NULL);
}

static coil_result operation(void *arg)
{
	static coil_result (*const kinds[])(struct operation *op) = {
		to_threads, to_threads, to_threads_in_time, to_process, to_host, call_host,
	};
	struct operation *op = arg;
	coil_result r = kinds[roll(&op->dice, sizeof(kinds) / sizeof(*kinds))](op);

	atomic_fetch_add(&operations, 1);
	return r;
}

/* ---- actors -------------------------------------------------------------- */

static void await_operation(coil_task *task, bool was_cancelled)
{
	coil_result r = coil_await(task);

	if (is_taken_back(r))
		atomic_fetch_add(&cancelled, 1);
	if (r.error && !(was_cancelled && is_taken_back(r)))
		figures_complain("an operation ended as %s %s", coil_error_name(r.error),
				 coil_error_message(r));
}

static void play_round(struct dice *dice)
{
	coil_task *tasks[TOGETHER];
	bool was_cancelled[TOGETHER] = { false };

	for (int i = 0; i < TOGETHER; i++) {
		struct operation op = { { dice->state + (uint64_t)i * 7919 } };

		roll(&op.dice, 2);
		roll(dice, 2);
		tasks[i] = coil_create_task(coil_coro_copy(operation, &op));
	}
	for (int i = 0; i < TOGETHER; i++)
		if (roll(dice, 5) == 0) {
			coil_sleep(roll(dice, 4) * 0.0001);
			was_cancelled[i] = coil_task_cancel(tasks[i]);
		}
	for (int i = 0; i < TOGETHER; i++)
		await_operation(tasks[i], was_cancelled[i]);
}

static coil_result act(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		play_round(arg);
	return coil_ok(NULL);
}

static void *actor(void *dice)
{
	coil_result r = coil_run(coil_coro(act, dice));

	if (r.error)
		figures_complain("a loop ended as %s %s", coil_error_name(r.error),
				 coil_error_message(r));
	return NULL;
}

/* ---- hosts --------------------------------------------------------------- */

struct host {
	coil_loop **loop;
	coil_event *leave;
};

static coil_result let_go(void *host)
{
	coil_event_set(((struct host *)host)->leave);
	return coil_ok(NULL);
}

static coil_result receive(void *arg)
{
	struct host *host = arg;
	coil_result r;

	*host->loop = coil_get_running_loop();
	host->leave = coil_event_new();
	pthread_barrier_wait(&hosts_are_there);
	r = coil_event_wait(host->leave);
	coil_release(host->leave);
	return r;
}

static void *host(void *arg)
{
	coil_result r = coil_run(coil_coro(receive, arg));

	if (r.error)
		figures_complain("a host ended as %s", coil_error_name(r.error));
	return NULL;
}

/* ---- threads without loops ----------------------------------------------- */

static void submit_to_threads(struct dice *dice)
{
	int64_t n = roll(dice, 1u << 20);
	coil_concurrent_future *future = coil_executor_submit_copy(threads, in_thread_copied, &n);
	coil_result r;

	atomic_fetch_add(&jobs_given, 1);
	if (roll(dice, 4) == 0 && coil_concurrent_future_cancel(future)) {
		atomic_fetch_add(&jobs_dropped, 1);
	} else {
		r = coil_concurrent_future_result(future, roll(dice, 2) ? 0.0001 : -1.0);
		if (r.error == COIL_TIMEOUT)
			r = coil_concurrent_future_result(future, -1);
		check_number("submitted", r, 3 * n);
	}
	coil_release(future);
}

static void submit_to_processes(struct dice *dice)
{
	struct process_job job = roll_process_job(dice);
	coil_concurrent_future *future = coil_executor_submit_copy(processes, in_process, &job);

	if (roll(dice, 4) || !coil_concurrent_future_cancel(future))
		check_process_job(&job, coil_concurrent_future_result(future, -1));
	coil_release(future);
}

static void *plain(void *dice)
{
	for (int i = 0; i < PLAIN_JOBS; i++) {
		if (roll(dice, 2))
			submit_to_threads(dice);
		else
			submit_to_processes(dice);
		atomic_fetch_add(&operations, 1);
	}
	return NULL;
}

/* ---- the killer ---------------------------------------------------------- */

/* Never any other process, should the number have been given anew. */
static bool is_worker(pid_t pid)
{
	char path[64], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "r");
	if (file && !fgets(name, sizeof(name), file))
		*name = '\0';
	if (file)
		fclose(file);
	return strcmp(name, "coil-worker\n") == 0;
}

static void *killer(void *dice)
{
	while (!atomic_load(&over)) {
		for (int i = 0; i < SLOTS; i++) {
			pid_t pid = atomic_load(&shared->running[i]);

			if (pid && roll(dice, 16) == 0 && is_worker(pid) &&
			    kill(pid, SIGKILL) == 0)
				atomic_fetch_add(&killed, 1);
		}
		usleep(500);
	}
	return NULL;
}

/* ---- a pass -------------------------------------------------------------- */

static pthread_t begin(void *(*function)(void *), void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, function, arg) != 0)
		figures_die("pthread_create");
	return thread;
}

static void make_pools(void)
{
	processes = coil_process_pool_executor(.max_workers = 3, .job_timeout = 0.2);
	threads = coil_thread_pool_executor(4, "stress");
	if (!processes || !threads)
		figures_die(coil_error_message(coil_last_error()));
	memset(shared, 0, sizeof(*shared));
	atomic_store(&over, false);
}

static void shut_down(coil_executor *executor)
{
	coil_result r = coil_executor_shutdown(executor, 0);

	if (r.error)
		figures_complain("shutdown: %s", coil_error_message(r));
}

/* A job that was taken back may have run, or not. */
static void check_counts(void)
{
	uint64_t given = jobs_given, run = jobs_run, dropped = jobs_dropped;

	if (run > given || run + dropped < given)
		figures_complain("%" PRIu64 " jobs given, %" PRIu64 " dropped, %" PRIu64 " run",
				 given, dropped, run);
	if (calls_run != calls_given)
		figures_complain("%" PRIu64 " calls given, %" PRIu64 " run",
				 (uint64_t)calls_given, (uint64_t)calls_run);
}

static void pass(uint64_t seed)
{
	pthread_t all[ACTORS + PLAINS + 1], host_threads[HOSTS];
	struct dice dice[ACTORS + PLAINS + 1];
	struct host of[HOSTS];
	int busy = ACTORS + PLAINS;

	make_pools();
	for (int i = 0; i < HOSTS; i++) {
		of[i].loop = &hosts[i];
		host_threads[i] = begin(host, &of[i]);
	}
	pthread_barrier_wait(&hosts_are_there);
	for (int i = 0; i <= busy; i++) {
		dice[i] = dice_of(seed, (uint64_t)i);
		all[i] = begin(i < ACTORS ? actor : i < busy ? plain : killer, &dice[i]);
	}
	for (int i = 0; i < busy; i++)
		pthread_join(all[i], NULL);
	atomic_store(&over, true);
	pthread_join(all[busy], NULL);
	for (int i = 0; i < HOSTS; i++) {
		coil_loop_call_soon_threadsafe(hosts[i], let_go, &of[i]);
		pthread_join(host_threads[i], NULL);
	}
	shut_down(processes);
	shut_down(threads);
	check_counts();
}

/* ---- all of them --------------------------------------------------------- */

static void print(double seconds, const struct figures *f)
{
	printf("%6.0f s %9" PRIu64 " operations %7" PRIu64 " cancelled %6" PRIu64 " broken %6"
	       PRIu64 " killed ", seconds, (uint64_t)operations, (uint64_t)cancelled,
	       (uint64_t)broken, (uint64_t)killed);
	figures_print(f);
}

/* A thread that was joined may be on its way out for a moment. */
static struct figures look(size_t threads_before)
{
	struct figures figures = figures_look();

	for (int ms = 0; ms < 1000 && figures.threads > threads_before; ms++) {
		usleep(1000);
		figures = figures_look();
	}
	return figures;
}

static void stress(double seconds, uint64_t seed)
{
	size_t threads_before = figures_look().threads;
	double began = figures_now(), told = began;
	struct figures before, after;

	for (int i = 0; i < WARM_PASSES; i++)
		pass(seed++);
	before = look(threads_before);
	print(0, &before);
	do {
		pass(seed++);
		after = look(before.threads);
		if (figures_now() - told >= 60) {
			told = figures_now();
			print(told - began, &after);
		}
	} while (figures_now() - began < seconds);
	print(figures_now() - began, &after);
	figures_compare(&before, &after, &most);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 0;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;

	if (seconds <= 0) {
		fprintf(stderr, "usage: stress SECONDS [SEED]\n");
		return 2;
	}
	figures_without_caches(argv);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		figures_die("mmap");
	pthread_barrier_init(&hosts_are_there, NULL, HOSTS + 1);
	stress(seconds, seed);
	pthread_barrier_destroy(&hosts_are_there);
	printf("stress: %s\n", figures_wrong ? "something is wrong" : "nothing is left behind");
	return figures_wrong != 0;
}
