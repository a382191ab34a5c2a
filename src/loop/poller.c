/* SPDX-License-Identifier: MIT
 *
 * The poller: what all drivers have in common.  See poller.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loop/driver.h"
#include "loop/poller.h"

/* ---- life ------------------------------------------------------------- */

int coil__poller_init(struct poller *poller, const struct driver *driver)
{
	int error;

	*poller = (struct poller){ .driver = driver, .wake_fd = -1 };
	poller->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (poller->wake_fd < 0)
		return errno;
	error = driver->open(poller);
	if (error)
		coil__poller_fini(poller);
	return error;
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
	if (poller->state)
		driver->close(poller);
	if (poller->wake_fd >= 0)
		close(poller->wake_fd);
	*poller = (struct poller){ .driver = driver, .wake_fd = -1 };
}

/* ---- polling ---------------------------------------------------------- */

static int wait_for_events(struct poller *poller, double timeout,
			   bool (*must_not_sleep)(void *), void *arg)
{
	int r;

	/* Whoever adds work looks at `asleep` after adding, and we look for work
	 * after setting it: one of the two sees the other. */
	atomic_store(&poller->asleep, true);
	r = poller->driver->wait(poller, must_not_sleep(arg) ? 0 : timeout);
	atomic_store(&poller->asleep, false);
	return r;
}

int coil__poller_poll(struct poller *poller, double timeout,
		      bool (*must_not_sleep)(void *), void *arg)
{
	int r = 0;

	poller->fired_count = 0;
	if (timeout != 0)
		r = wait_for_events(poller, timeout, must_not_sleep, arg);
	else if (poller->watched)
		r = poller->driver->wait(poller, 0);
	return r < 0 ? -1 : (int)poller->fired_count;
}

void coil__poller_wake(struct poller *poller)
{
	uint64_t one = 1;

	if (!atomic_exchange(&poller->asleep, false))
		return;
	/* A full counter (EAGAIN) wakes just as well. */
	while (write(poller->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
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
