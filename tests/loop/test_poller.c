/* SPDX-License-Identifier: MIT
 *
 * The poller on each of its drivers: the same is asked of all.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include "faults.h"
#include "journal.h"
#include "loop/driver.h"
#include "loop/loop.h"

#define READ POLLER_READ
#define WRITE POLLER_WRITE

static struct poller poller;
static struct handle *const callback = (struct handle *)&poller; /* never called */

/* A test of each driver, NAME(DRIVER). */
#define ON_EACH(name, ...)                                                     \
	static void name(const struct driver *driver);                         \
	TEST(name##_libevent, __VA_ARGS__)                                     \
	{                                                                      \
		name(coil__driver_find("libevent"));                           \
	}                                                                      \
	TEST(name##_libuv, __VA_ARGS__)                                        \
	{                                                                      \
		if (!coil__driver_find("libuv"))                               \
			SKIP("coil was built without libuv");                  \
		name(coil__driver_find("libuv"));                              \
	}                                                                      \
	static void name(const struct driver *driver)

static bool is_set(void *flag)
{
	return flag && atomic_load((atomic_bool *)flag);
}

static int look(void)
{
	return coil__poller_poll(&poller, 0, is_set, NULL);
}

/* Watches FD for WHAT: result 0, or an errno. */
static int watch(int fd, unsigned what)
{
	struct watch *it = coil__poller_watch(&poller, fd, true);

	REQUIRE(it, ENOMEM);
	it->reader = what & READ ? callback : NULL;
	it->writer = what & WRITE ? callback : NULL;
	return coil__poller_update(it);
}

/* What was reported of FD in the last poll; a descriptor is reported once. */
static unsigned fired(int fd)
{
	unsigned what = 0;

	for (size_t i = 0; i < poller.fired_count; i++)
		if (poller.fired[i].watch->fd == fd) {
			CHECK(!what);
			what = poller.fired[i].what;
		}
	return what;
}

static void open_poller(const struct driver *driver)
{
	CHECK_INT(coil__poller_init(&poller, driver), 0);
	CHECK_STR(poller.driver->name, driver->name);
}

static void write_byte(int fd)
{
	CHECK_INT(write(fd, "x", 1), 1);
}

/* ---- what is reported --------------------------------------------------- */

ON_EACH(what_is_ready_is_reported_in_the_kernels_order)
{
	int fds[3];

	open_poller(driver);
	for (int i = 0; i < 3; i++) {
		fds[i] = eventfd(0, 0);
		CHECK_INT(watch(fds[i], READ), 0);
	}
	CHECK_INT(look(), 0);
	for (int i = 2; i >= 0; i--)
		eventfd_write(fds[(i + 1) % 3], 1);
	CHECK_INT(look(), 3);
	for (int i = 2; i >= 0; i--)
		CHECK_INT(poller.fired[2 - i].watch->fd, fds[(i + 1) % 3]);
	coil__poller_fini(&poller);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

/* From each set of what is watched to each other, with both ready. */
ON_EACH(what_is_watched_changes_in_all_orders)
{
	int pair[2];

	open_poller(driver);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	write_byte(pair[1]);
	for (unsigned before = 0; before < 4; before++)
		for (unsigned after = 0; after < 4; after++)
			for (int looks = 0; looks < 2; looks++) {
				CHECK_INT(watch(pair[0], before), 0);
				if (looks) {
					look();
					CHECK_INT(fired(pair[0]), before);
				}
				CHECK_INT(watch(pair[0], after), 0);
				CHECK_INT(poller.watched, after != 0);
				look();
				CHECK_INT(fired(pair[0]), after);
				look();
				CHECK_INT(fired(pair[0]), after);
			}
	coil__poller_fini(&poller);
	close(pair[0]);
	close(pair[1]);
}

ON_EACH(a_full_socket_is_not_ready_for_writing)
{
	static char much[1 << 20];
	int pair[2];

	open_poller(driver);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	while (write(pair[0], much, sizeof(much)) > 0)
		;
	CHECK_INT(watch(pair[0], READ | WRITE), 0);
	CHECK_INT(look(), 0);
	while (read(pair[1], much, sizeof(much)) > 0)
		;
	CHECK_INT(look(), 1);
	CHECK_INT(fired(pair[0]), WRITE);
	coil__poller_fini(&poller);
	close(pair[0]);
	close(pair[1]);
}

/* FD has hung up or has an error: whoever watches it learns of it, again and again. */
static void check_all_is_reported(int fd)
{
	for (unsigned what = 1; what < 4; what++) {
		CHECK_INT(watch(fd, what), 0);
		for (int i = 0; i < 3; i++) {
			CHECK_INT(look(), 1);
			CHECK_INT(fired(fd), what);
		}
	}
	CHECK_INT(watch(fd, 0), 0);
	CHECK_INT(look(), 0);
}

ON_EACH(a_hang_up_is_reported_to_both_sides)
{
	int pair[2], ends[2];

	open_poller(driver);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	close(pair[1]);
	check_all_is_reported(pair[0]);
	CHECK_INT(pipe(ends), 0);
	close(ends[1]);
	check_all_is_reported(ends[0]);
	coil__poller_fini(&poller);
	close(pair[0]);
	close(ends[0]);
}

/* epoll says that there is something to read, and that it hung up. */
ON_EACH(a_hang_up_with_something_to_read_is_reported_to_both_sides)
{
	int ends[2];

	open_poller(driver);
	CHECK_INT(pipe(ends), 0);
	write_byte(ends[1]);
	close(ends[1]);
	check_all_is_reported(ends[0]);
	coil__poller_fini(&poller);
	close(ends[0]);
}

ON_EACH(an_error_is_reported_to_both_sides)
{
	int ends[2];

	open_poller(driver);
	CHECK_INT(pipe(ends), 0);
	close(ends[0]);
	check_all_is_reported(ends[1]);
	coil__poller_fini(&poller);
	close(ends[1]);
}

/* More than either library asks for at a time. */
ON_EACH(many_are_reported_each_once)
{
	enum { MOST = 1500 };
	static int fds[MOST];
	static bool seen[65536];
	struct rlimit limit;
	int n, count = 0;

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
	open_poller(driver);
	for (n = 0; n < MOST && (fds[n] = eventfd(1, 0)) >= 0; n++)
		CHECK_INT(watch(fds[n], READ | WRITE), 0);
	for (int polls = 0; polls < 100 && count < n; polls++) {
		CHECK(look() > 0);
		for (size_t i = 0; i < poller.fired_count; i++) {
			int fd = poller.fired[i].watch->fd;

			CHECK_INT(poller.fired[i].what, READ | WRITE);
			count += !seen[fd];
			seen[fd] = true;
		}
		CHECK(poller.fired_count <= (size_t)n);
		for (size_t i = 0; i < poller.fired_count; i++) /* level, but once */
			CHECK_INT(watch(poller.fired[i].watch->fd, WRITE), 0);
		for (size_t i = 0; i < poller.fired_count; i++)
			CHECK_INT(watch(poller.fired[i].watch->fd, 0), 0);
	}
	CHECK(count > 900);
	CHECK_INT(count, n);
	coil__poller_fini(&poller);
	while (n)
		close(fds[--n]);
}

/* ---- what cannot be watched, or not any more ------------------------------- */

ON_EACH(what_epoll_refuses_is_its_error)
{
	int file = open(test_path("file"), O_CREAT | O_RDWR, 0600);

	open_poller(driver);
	CHECK_INT(watch(file, READ), EPERM);
	CHECK_INT(watch(file, WRITE), EPERM);
	CHECK_INT(watch(file, 0), 0);
	close(file);
	CHECK_INT(watch(file, READ), EBADF);
	CHECK_INT(watch(file, READ | WRITE), EBADF);
	CHECK_INT(poller.watched, 0);
	CHECK_INT(watch(file, 0), 0);
	CHECK_INT(look(), 0);
	coil__poller_fini(&poller);
}

static void watch_new_pair(int pair[2], unsigned what)
{
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	write_byte(pair[1]);
	CHECK_INT(watch(pair[0], what), 0);
}

/* All that may be between the descriptor's watching and its end, and behind that. */
ON_EACH(a_descriptor_closed_while_it_is_watched_is_silent)
{
	int pair[2];

	open_poller(driver);
	for (int case_ = 0; case_ < 16; case_++) {
		bool polled = case_ & 1, changed = case_ & 2, polls = case_ & 4;

		watch_new_pair(pair, READ | WRITE);
		if (polled)
			look();
		close(pair[0]);
		if (changed) {
			CHECK_INT(watch(pair[0], READ), EBADF);
			CHECK_INT(poller.watched, 0);
		}
		if (polls)
			CHECK_INT(look(), 0);
		if (case_ & 8)
			CHECK_INT(watch(pair[0], 0), 0);
		CHECK_INT(look(), 0);
		CHECK_INT(watch(pair[0], 0), 0);
		close(pair[1]);
	}
	coil__poller_fini(&poller);
}

/* Its number is used again, by what can be watched and by what cannot. */
ON_EACH(a_number_used_again_is_not_taken_for_the_old_descriptor)
{
	int pair[2], old, peer;

	open_poller(driver);
	for (int polled = 0; polled < 2; polled++) {
		watch_new_pair(pair, READ);
		if (polled)
			CHECK_INT(look(), 1);
		old = pair[0], peer = pair[1];
		close(old);
		CHECK_INT(open(test_path("file"), O_CREAT | O_RDWR, 0600), old);
		CHECK_INT(look(), 0);
		CHECK_INT(watch(old, READ | WRITE), EPERM);
		CHECK_INT(look(), 0);
		close(old);
		CHECK_INT(watch(old, 0), 0);
		watch_new_pair(pair, READ);
		CHECK_INT(pair[0], old);
		CHECK_INT(look(), 1);
		CHECK_INT(watch(old, 0), 0);
		CHECK_INT(close(old) + close(pair[1]) + close(peer), 0);
	}
	coil__poller_fini(&poller);
}

ON_EACH(a_descriptor_stays_blocking)
{
	int pair[2];

	open_poller(driver);
	watch_new_pair(pair, READ);
	CHECK(!(fcntl(pair[0], F_GETFL) & O_NONBLOCK));
	CHECK_INT(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
	CHECK_INT(watch(pair[0], READ | WRITE), 0);
	CHECK(fcntl(pair[0], F_GETFL) & O_NONBLOCK);
	coil__poller_fini(&poller);
	close(pair[0]);
	close(pair[1]);
}

/* ---- failures ------------------------------------------------------------- */

static int pair_of_all[2];

static void use_poller(void *driver)
{
	int fd = pair_of_all[0], error = coil__poller_init(&poller, driver);
	struct watch *it = error ? NULL : coil__poller_watch(&poller, fd, true);

	CHECK(error == 0 || error == ENOMEM || error == EMFILE);
	if (it) {
		it->writer = callback;
		error = coil__poller_update(it);
		CHECK(error == 0 || error == ENOMEM);
		CHECK_INT(look(), it->what == WRITE);
		it->reader = callback;
		error = coil__poller_update(it);
		CHECK(error == 0 || error == ENOMEM);
		look();
		CHECK_INT(fired(fd), it->what);
	}
	coil__poller_fini(&poller);
	coil__poller_fini(&poller); /* twice is as good */
}

ON_EACH(failing_for_want_of_memory_or_descriptors)
{
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair_of_all), 0);
	write_byte(pair_of_all[1]);
	faults_every(FAULT_MEMORY, use_poller, (void *)(uintptr_t)driver);
	CHECK(faults_every(FAULT_DESCRIPTOR, use_poller, (void *)(uintptr_t)driver) >= 2);
	close(pair_of_all[0]);
	close(pair_of_all[1]);
}

ON_EACH(failing_for_want_of_descriptors_in_the_library)
{
	struct rlimit limit, before;
	int fds[64], n = 0, successes = 0;

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = 64;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while (n < 64 && (fds[n] = dup(0)) >= 0)
		n++;
	for (int room = 0; room < 12; room++) {
		int error = coil__poller_init(&poller, driver);

		CHECK(error == 0 || error == EMFILE);
		if (!error) {
			successes++;
			coil__poller_fini(&poller);
		}
		close(fds[--n]);
	}
	CHECK(successes > 0 && successes < 12);
	while (n)
		close(fds[--n]);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* Both libraries end the process when they do not get what they need for one. */
ON_EACH(the_first_loop_of_a_process_fails_for_want_of_descriptors)
{
	static const char scenario[] = "scn 1\ncoro main\n  sleep 1\nend\n";
	struct outcome *outcome;
	int failures = 0;

	if (getenv("COIL_TEST_WRAPPER"))
		SKIP("an emulator needs descriptors of its own");
	CHECK(write_file(test_path("a.scn"), scenario, sizeof(scenario) - 1));
	for (int limit = 4; limit < 20; limit++) {
		outcome = run_shell("ulimit -n %d; exec env COIL_LOOP=%s %s play %s", limit,
				    driver->name, test_built("coil"), test_path("a.scn"));
		CHECK_INT(outcome->signal, 0);
		if (outcome->status == 0) {
			CHECK_HAS(outcome->out, "main");
			continue;
		}
		failures++;
		CHECK(outcome->status == 1 || outcome->status == 2);
		CHECK_HAS(outcome->err, "cannot make an event loop: Too many open files");
	}
	CHECK(failures >= 2 && failures < 12);
}

/* ---- waiting ---------------------------------------------------------------- */

ON_EACH(a_wait_is_never_too_short)
{
	static const double timeouts[] = { 1e-9, 1e-6, 1e-5, 3e-4, 1e-3, 1.7e-3, 4e-3 };
	int pair[2];

	open_poller(driver);
	for (int watched = 0; watched < 2; watched++) {
		for (size_t i = 0; i < 10 * sizeof(timeouts) / sizeof(*timeouts); i++) {
			double timeout = timeouts[i / 10], began = clock_monotonic();

			CHECK_INT(coil__poller_poll(&poller, timeout, is_set, NULL), 0);
			CHECK(clock_monotonic() - began >= timeout);
		}
		if (watched)
			break;
		CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		CHECK_INT(watch(pair[0], READ), 0);
	}
	coil__poller_fini(&poller);
	close(pair[0]);
	close(pair[1]);
}

static void do_nothing(int signal)
{
}

ON_EACH(signals_do_not_end_a_wait)
{
	struct sigaction action = { .sa_handler = do_nothing };
	struct itimerval often = { { 0, 700 }, { 0, 700 } };
	double began;

	CHECK_INT(sigaction(SIGALRM, &action, NULL), 0);
	open_poller(driver);
	CHECK_INT(setitimer(ITIMER_REAL, &often, NULL), 0);
	began = clock_monotonic();
	CHECK_INT(coil__poller_poll(&poller, 0.02, is_set, NULL), 0);
	CHECK(clock_monotonic() - began >= 0.02);
	CHECK_INT(setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL), 0);
	coil__poller_fini(&poller);
}

static atomic_bool work, done;

static void *give_work(void *rounds)
{
	for (intptr_t i = 0; i < (intptr_t)rounds; i++) {
		while (atomic_load(&work))
			sched_yield();
		atomic_store(&work, true);
		coil__poller_wake(&poller);
	}
	return NULL;
}

/* Whoever is not woken once waits for ever, and the test with him. */
ON_EACH(no_wake_up_is_lost, .seconds = 30)
{
	enum { ROUNDS = 5000 };
	pthread_t thread;

	open_poller(driver);
	CHECK_INT(pthread_create(&thread, NULL, give_work, (void *)(intptr_t)MANY(ROUNDS)), 0);
	for (int i = 0; i < MANY(ROUNDS); i++) {
		while (!atomic_load(&work))
			CHECK_INT(coil__poller_poll(&poller, i % 2 ? -1 : 3600, is_set, &work),
				  0);
		atomic_store(&work, false);
	}
	pthread_join(thread, NULL);
	coil__poller_fini(&poller);
}

static void *wake_when_the_timer_is_over(void *unused)
{
	double began = clock_monotonic();

	while (clock_monotonic() - began < 4e-3)
		sched_yield();
	atomic_store(&done, true);
	coil__poller_wake(&poller);
	return NULL;
}

/* A wait that something else ended leaves the timer set. */
ON_EACH(the_timer_of_an_earlier_wait_does_not_end_a_later_one)
{
	pthread_t thread;
	int fd = eventfd(0, 0);

	open_poller(driver);
	CHECK_INT(watch(fd, READ), 0);
	for (int i = 0; i < 10; i++) {
		atomic_store(&done, false);
		atomic_store(&work, true);
		CHECK_INT(coil__poller_poll(&poller, 1e-3, is_set, &work), 0);
		CHECK_INT(coil__poller_poll(&poller, 1e-3, is_set, NULL), 0);
		atomic_store(&work, false);
		eventfd_write(fd, 1);
		CHECK_INT(coil__poller_poll(&poller, 2e-3, is_set, NULL), 1);
		CHECK_INT(read(fd, &(uint64_t){ 0 }, 8), 8);
		CHECK_INT(pthread_create(&thread, NULL, wake_when_the_timer_is_over, NULL), 0);
		CHECK_INT(coil__poller_poll(&poller, -1, is_set, &done), 0);
		CHECK(atomic_load(&done));
		pthread_join(thread, NULL);
	}
	coil__poller_fini(&poller);
	close(fd);
}

/* ---- any driver ------------------------------------------------------------- */

static struct {
	int looks, sleeps, opened, error;
} fake;

static int fake_open(struct poller *it)
{
	it->state = &fake;
	fake.opened++;
	return 0;
}

static void fake_close(struct poller *it)
{
	it->state = NULL;
	fake.opened--;
}

static int fake_wait(struct poller *it, bool sleep)
{
	*(sleep ? &fake.sleeps : &fake.looks) += 1;
	errno = fake.error;
	return fake.error ? -1 : 0;
}

static int fake_watch(struct watch *it, unsigned what)
{
	return it->ends_wait ? 0 : what == (READ | WRITE) ? ENOSPC : 0;
}

static void fake_drop(struct watch *it)
{
}

static const struct driver fake_driver = {
	"fake", 0, fake_open, fake_close, fake_wait, fake_watch, fake_drop
};

TEST(with_nothing_watched_a_look_is_no_call_of_the_driver)
{
	open_poller(&fake_driver);
	for (int i = 0; i < 3; i++)
		CHECK_INT(look(), 0);
	CHECK_INT(fake.looks + fake.sleeps, 0);
	CHECK_INT(watch(0, READ), 0);
	CHECK_INT(look(), 0);
	CHECK_INT(fake.looks, 1);
	CHECK_INT(watch(0, 0), 0);
	look();
	CHECK_INT(fake.looks, 1);
	coil__poller_fini(&poller);
	CHECK_INT(fake.opened, 0);
}

TEST(with_work_to_do_the_driver_does_not_sleep)
{
	static atomic_bool yes = true;

	open_poller(&fake_driver);
	CHECK_INT(coil__poller_poll(&poller, 10, is_set, &yes), 0);
	CHECK_INT(coil__poller_poll(&poller, -1, is_set, &yes), 0);
	CHECK_INT(fake.sleeps, 0);
	CHECK(!poller.timer_is_set);
	CHECK_INT(coil__poller_poll(&poller, -1, is_set, NULL), 0);
	CHECK_INT(fake.sleeps, 1);
	coil__poller_fini(&poller);
}

TEST(a_change_that_the_driver_refuses_leaves_what_was)
{
	struct watch *it;

	open_poller(&fake_driver);
	CHECK_INT(watch(0, WRITE), 0);
	it = coil__poller_watch(&poller, 0, false);
	it->reader = callback;
	CHECK_INT(coil__poller_update(it), ENOSPC);
	CHECK_INT(it->what, WRITE);
	CHECK_INT(poller.watched, 1);
	coil__poller_fini(&poller);
}

TEST(a_wait_that_fails_ends_the_run)
{
	coil_loop *loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	const struct driver *real = loop->poller.driver;
	coil_result result;

	fake.error = EIO;
	loop->poller.driver = &fake_driver;
	CHECK_STR(coil_loop_get_driver(loop), "fake");
	result = coil_loop_run_forever(loop);
	CHECK_ERROR(result, COIL_OS);
	CHECK_HAS(coil_error_message(result), "the poll failed: Input/output error");
	loop->poller.driver = real;
	coil_loop_close(loop);
}
