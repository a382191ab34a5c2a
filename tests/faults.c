/* SPDX-License-Identifier: MIT
 *
 * The wrapped functions, and the counters that say when they fail.  Disarmed,
 * a call costs one load and one branch more.
 *
 * FAULTS in mk/test.mk names the same functions to the linker.
 */
#include "faults.h"
#include "harness.h"
#include "loop/driver.h"
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

static struct {
	atomic_uint left; /* calls until it fails; 0: disarmed */
	bool forever;
} armed[FAULT_COUNT];

static atomic_bool reached;

static const int fault_errno[FAULT_COUNT] = {
	[FAULT_MEMORY] = ENOMEM, [FAULT_MAP] = ENOMEM,        [FAULT_OPEN] = EACCES,
	[FAULT_SPACE] = ENOSPC,  [FAULT_DESCRIPTOR] = EMFILE, [FAULT_THREAD] = EAGAIN,
};

/* Is this call the one?  Then errno is set. */
static bool fails(enum fault which)
{
	if (!atomic_load_explicit(&armed[which].left, memory_order_relaxed))
		return false;
	if (atomic_fetch_sub(&armed[which].left, 1) != 1)
		return false;
	if (armed[which].forever)
		atomic_store(&armed[which].left, 1);
	atomic_store(&reached, true);
	errno = fault_errno[which];
	return true;
}

static void arm(enum fault which, unsigned n, bool forever)
{
	atomic_store(&reached, false);
	armed[which].forever = forever;
	atomic_store(&armed[which].left, n);
}

void faults_fail(enum fault which, unsigned n)
{
	arm(which, n, false);
}

void faults_fail_from(enum fault which, unsigned n)
{
	arm(which, n, true);
}

bool faults_clear(void)
{
	for (int i = 0; i < FAULT_COUNT; i++)
		atomic_store(&armed[i].left, 0);
	return atomic_load(&reached);
}

/* ---- every n --------------------------------------------------------- */

struct attempt {
	enum fault which;
	unsigned n;
	void (*scenario)(void *arg);
	void *arg;
	bool *reached; /* shared with the fork */
};

static void run_attempt(void *arg)
{
	struct attempt *attempt = arg;

	faults_fail(attempt->which, attempt->n);
	attempt->scenario(attempt->arg);
	*attempt->reached = faults_clear();
}

unsigned faults_every(enum fault which, void (*scenario)(void *arg), void *arg)
{
	bool *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct attempt attempt = { which, 0, scenario, arg, shared };
	bool good = CHECK(shared != MAP_FAILED);

	while (good) {
		struct outcome *outcome;

		attempt.n++;
		*shared = false;
		outcome = run_fork(run_attempt, &attempt);
		good = harness_check(outcome->status == 0, __FILE__, __LINE__,
				     "failure %u of kind %d: status %d, signal %d\n%s",
				     attempt.n, which, outcome->status, outcome->signal,
				     outcome->err) &&
		       CHECK(attempt.n < 10000);
		if (good && !*shared)
			break;
	}
	munmap(shared, sizeof(*shared));
	harness_check(attempt.n > 1, __FILE__, __LINE__,
		      "the scenario never got to what should fail");
	return attempt.n - 1;
}

/* ---- the wrapped functions ------------------------------------------- */

#define WRAP(which, type, name, failure, parameters, arguments)                \
	type __real_##name parameters;                                         \
	type __wrap_##name parameters;                                         \
	type __wrap_##name parameters                                          \
	{                                                                      \
		if (fails(which))                                              \
			return failure;                                        \
		return __real_##name arguments;                                \
	}

WRAP(FAULT_MEMORY, void *, malloc, NULL, (size_t size), (size))
WRAP(FAULT_MEMORY, void *, calloc, NULL, (size_t n, size_t size), (n, size))
WRAP(FAULT_MEMORY, void *, realloc, NULL, (void *old, size_t size), (old, size))
WRAP(FAULT_MEMORY, void *, aligned_alloc, NULL, (size_t align, size_t size), (align, size))
WRAP(FAULT_MEMORY, int, posix_memalign, ENOMEM, (void **to, size_t align, size_t size),
     (to, align, size))
WRAP(FAULT_MEMORY, char *, strdup, NULL, (const char *s), (s))
WRAP(FAULT_MAP, void *, mmap, MAP_FAILED,
     (void *at, size_t size, int prot, int flags, int fd, off_t offset),
     (at, size, prot, flags, fd, offset))
WRAP(FAULT_MAP, int, mprotect, -1, (void *at, size_t size, int prot), (at, size, prot))
WRAP(FAULT_SPACE, int, ftruncate, -1, (int fd, off_t size), (fd, size))
WRAP(FAULT_SPACE, int, fallocate, -1, (int fd, int mode, off_t at, off_t size),
     (fd, mode, at, size))
WRAP(FAULT_SPACE, int, posix_fallocate, ENOSPC, (int fd, off_t at, off_t size),
     (fd, at, size))
WRAP(FAULT_SPACE, ssize_t, write, -1, (int fd, const void *data, size_t size),
     (fd, data, size))
WRAP(FAULT_SPACE, ssize_t, pwrite, -1, (int fd, const void *data, size_t size, off_t at),
     (fd, data, size, at))
WRAP(FAULT_DESCRIPTOR, int, eventfd, -1, (unsigned count, int flags), (count, flags))
WRAP(FAULT_DESCRIPTOR, int, epoll_create1, -1, (int flags), (flags))
WRAP(FAULT_DESCRIPTOR, int, pipe, -1, (int ends[2]), (ends))
WRAP(FAULT_DESCRIPTOR, int, pipe2, -1, (int ends[2], int flags), (ends, flags))
WRAP(FAULT_DESCRIPTOR, int, dup, -1, (int fd), (fd))
WRAP(FAULT_DESCRIPTOR, int, socket, -1, (int domain, int type, int protocol),
     (domain, type, protocol))
WRAP(FAULT_DESCRIPTOR, int, socketpair, -1, (int domain, int type, int protocol, int ends[2]),
     (domain, type, protocol, ends))
WRAP(FAULT_DESCRIPTOR, int, timerfd_create, -1, (int clock, int flags), (clock, flags))
WRAP(FAULT_THREAD, int, pthread_create, EAGAIN,
     (pthread_t *thread, const pthread_attr_t *attr, void *(*f)(void *), void *arg),
     (thread, attr, f, arg))
WRAP(FAULT_THREAD, pid_t, fork, -1, (void), ())

/* These two take their mode only when they create. */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	return fails(FAULT_OPEN) ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	return fails(FAULT_OPEN) ? -1 : __real_openat(dir, path, flags, mode);
}

/* libuv keeps a pipe for as long as the process lives: not one that a test left. */
static void begin_libuv(void)
{
	const struct driver *libuv = coil__driver_find("libuv");
	struct poller poller;

	if (libuv && coil__poller_init(&poller, libuv) == 0)
		coil__poller_fini(&poller);
}

void faults_install(void)
{
	event_set_mem_functions(__wrap_malloc, __wrap_realloc, free);
	begin_libuv();
}
