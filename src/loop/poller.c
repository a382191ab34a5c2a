/* SPDX-License-Identifier: MIT
 *
 * The poller: what all drivers have in common.  See poller.h.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "loop/driver.h"
#include "loop/poller.h"

/* As long after its time a timer may be, so that one waking serves more of them: what
 * the kernel itself allows a process that waits. */
#define SLACK 50e-6

/* ---- life ------------------------------------------------------------- */

/* Are there so many descriptors?  Result: 0, or an errno. */
static int could_open(int count)
{
	int fds[8], n = 0, error = 0;

	while (n < count && !error) {
		fds[n] = eventfd(0, EFD_CLOEXEC);
		if (fds[n] < 0)
			error = errno;
		else
			n++;
	}
	while (n)
		close(fds[--n]);
	return error;
}

/* But `asleep`, which other threads may look at yet (outside.c). */
static void forget_all(struct poller *poller, const struct driver *driver)
{
	static const struct watch none = { .fd = -1 };

	poller->driver = driver;
	poller->state = NULL;
	poller->waker = poller->timer = none;
	poller->timer_is_set = false;
	poller->watches = NULL;
	poller->fired = NULL;
	poller->size = poller->watched = 0;
	poller->fired_count = poller->fired_capacity = 0;
}

/* FD is the poller's then.  Result: 0, or an errno. */
static int watch_own(struct poller *poller, struct watch *watch, int fd)
{
	int error = fd < 0 ? errno : 0;

	*watch = (struct watch){ .poller = poller, .fd = fd, .ends_wait = true };
	if (!error)
		error = poller->driver->watch(watch, POLLER_READ);
	if (!error)
		watch->what = POLLER_READ;
	return error;
}

int coil__poller_init(struct poller *poller, const struct driver *driver)
{
	int error = could_open(driver->descriptors);

	forget_all(poller, driver);
	atomic_store(&poller->asleep, false);
	if (!error)
		error = driver->open(poller);
	if (!error)
		error = watch_own(poller, &poller->waker,
				  eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	if (!error)
		error = watch_own(poller, &poller->timer,
				  timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
	if (error)
		coil__poller_fini(poller);
	return error;
}

static void drop_own(const struct driver *driver, struct watch *watch)
{
	driver->drop(watch);
	if (watch->fd >= 0)
		close(watch->fd);
}

void coil__poller_fini(struct poller *poller)
{
	const struct driver *driver = poller->driver;

	for (size_t fd = 0; fd < poller->size; fd++)
		if (poller->watches[fd]) {
			driver->drop(poller->watches[fd]);
			free(poller->watches[fd]);
		}
	free(poller->watches);
	free(poller->fired);
	drop_own(driver, &poller->waker);
	drop_own(driver, &poller->timer);
	if (poller->state)
		driver->close(poller);
	forget_all(poller, driver);
}

/* ---- polling ---------------------------------------------------------- */

/* TIMEOUT seconds from now, negative: never.  Result: 0, or -1 with errno set. */
static int set_timer(struct poller *poller, double timeout)
{
	struct itimerspec when = { 0 };

	if (timeout < 0 && !poller->timer_is_set)
		return 0;
	if (timeout > 0) {
		timeout += SLACK;
		when.it_value.tv_sec = (time_t)timeout;
		when.it_value.tv_nsec = (long)((timeout - floor(timeout)) * 1e9);
	}
	poller->timer_is_set = timeout > 0;
	return timerfd_settime(poller->timer.fd, 0, &when, NULL);
}

static int look(struct poller *poller)
{
	return poller->driver->wait(poller, false);
}

static int sleep_until_ready(struct poller *poller, double timeout,
			     bool (*must_not_sleep)(void *), void *arg)
{
	int r = -1;

	/* Whoever adds work looks at `asleep` after adding, and we look for work
	 * after setting it: one of the two sees the other. */
	atomic_store(&poller->asleep, true);
	if (must_not_sleep(arg))
		r = look(poller);
	else if (set_timer(poller, timeout) == 0)
		r = poller->driver->wait(poller, true);
	atomic_store(&poller->asleep, false);
	return r;
}

static apart int wait_for_events(struct poller *poller, double timeout,
				 bool (*must_not_sleep)(void *), void *arg)
{
	if (timeout > 0 && poller->watched) {
		int r = look(poller);

		if (r < 0 || poller->fired_count)
			return r;
	}
	return sleep_until_ready(poller, timeout, must_not_sleep, arg);
}

int coil__poller_poll(struct poller *poller, double timeout,
		      bool (*must_not_sleep)(void *), void *arg)
{
	int r = 0;

	poller->fired_count = 0;
	if (unlikely(timeout != 0))
		r = wait_for_events(poller, timeout, must_not_sleep, arg);
	else if (poller->watched)
		r = look(poller);
	return r < 0 ? -1 : (int)poller->fired_count;
}

void coil__poller_wake(struct poller *poller)
{
	uint64_t one = 1;

	if (!coil__poller_sleeps(poller) || !atomic_exchange(&poller->asleep, false))
		return;
	/* A full counter (EAGAIN) wakes just as well. */
	while (write(poller->waker.fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

/* ---- watches ---------------------------------------------------------- */

static bool grow_watches(struct poller *poller, size_t size)
{
	struct watch **watches;

	if (size < 2 * poller->size)
		size = 2 * poller->size;
	watches = realloc(poller->watches, size * sizeof(*watches));
	if (!watches)
		return false;
	memset(watches + poller->size, 0, (size - poller->size) * sizeof(*watches));
	poller->watches = watches;
	poller->size = size;
	return true;
}

static bool reserve_fired(struct poller *poller, size_t count)
{
	size_t capacity = poller->fired_capacity ? poller->fired_capacity : 8;
	struct fired *fired;

	if (count <= poller->fired_capacity)
		return true;
	while (capacity < count)
		capacity *= 2;
	fired = realloc(poller->fired, capacity * sizeof(*fired));
	if (!fired)
		return false;
	poller->fired = fired;
	poller->fired_capacity = capacity;
	return true;
}

static struct watch *watch_new(struct poller *poller, int fd)
{
	struct watch *watch = malloc(sizeof(*watch));

	if (watch)
		*watch = (struct watch){ .poller = poller, .fd = fd };
	return watch;
}

struct watch *coil__poller_watch(struct poller *poller, int fd, bool make)
{
	size_t index = (size_t)fd;

	if (fd < 0 || (!make && index >= poller->size))
		return NULL;
	if (index >= poller->size && !grow_watches(poller, index + 1))
		return NULL;
	if (!poller->watches[index] && make)
		poller->watches[index] = watch_new(poller, fd);
	return poller->watches[index];
}

/* From one set of events to another: result 0, or an errno and nothing watched. */
static int watch_for(struct watch *watch, unsigned what)
{
	struct poller *poller = watch->poller;
	int error = poller->driver->watch(watch, what);

	if (watch->what)
		poller->watched--;
	watch->what = error ? 0 : what;
	if (watch->what)
		poller->watched++;
	return error;
}

int coil__poller_update(struct watch *watch)
{
	unsigned what = (watch->reader ? POLLER_READ : 0) |
			(watch->writer ? POLLER_WRITE : 0);
	unsigned before = watch->what;
	int error;

	if (what == before)
		return 0;
	if (!reserve_fired(watch->poller, watch->poller->watched + 1))
		return ENOMEM;
	error = watch_for(watch, what);
	if (error && before) /* as it was: the other side must not go deaf */
		(void)watch_for(watch, before);
	return error;
}
