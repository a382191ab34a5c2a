/* SPDX-License-Identifier: MIT
 *
 * The poller, on libevent.  See poller.h.
 */
#include <errno.h>
#include <event2/event.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loop/poller.h"

/* ---- what libevent calls ---------------------------------------------- */

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct watch *watch = arg;
	struct poller *poller = watch->poller;

	(void)fd;
	poller->fired[poller->fired_count++] = (struct fired){ watch, what };
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	uint64_t count;

	(void)what, (void)arg;
	/* Only to empty it: why it was written is in the loop's own list. */
	while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg; /* the wait is over: that is all */
}

/* ---- life ------------------------------------------------------------- */

static struct event_base *base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (!config)
		return NULL;
	/* No locks: only coil__poller_wake comes from elsewhere, by an eventfd. */
	if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

int coil__poller_init(struct poller *poller)
{
	int error;

	*poller = (struct poller){ .wake_fd = -1 };
	errno = 0;
	poller->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (poller->wake_fd < 0)
		return errno;
	poller->base = base_new();
	if (!poller->base)
		goto fail;
	poller->timer = event_new(poller->base, -1, 0, on_timeout, NULL);
	poller->waker = event_new(poller->base, poller->wake_fd,
				  EV_READ | EV_PERSIST, on_wake, NULL);
	if (poller->timer && poller->waker && event_add(poller->waker, NULL) == 0)
		return 0;
fail:
	error = errno ? errno : ENOMEM;
	coil__poller_fini(poller);
	return error;
}

void coil__poller_fini(struct poller *poller)
{
	for (size_t fd = 0; fd < poller->size; fd++)
		if (poller->watches[fd]) {
			event_free(poller->watches[fd]->event);
			free(poller->watches[fd]);
		}
	free(poller->watches);
	free(poller->fired);
	if (poller->timer)
		event_free(poller->timer);
	if (poller->waker)
		event_free(poller->waker);
	if (poller->base)
		event_base_free(poller->base);
	if (poller->wake_fd >= 0)
		close(poller->wake_fd);
	*poller = (struct poller){ .wake_fd = -1 };
}

const char *coil__poller_method(const struct poller *poller)
{
	return event_base_get_method(poller->base);
}

/* ---- polling ---------------------------------------------------------- */

static int set_timer(struct poller *poller, double timeout)
{
	struct timeval tv;

	tv.tv_sec = (time_t)timeout;
	tv.tv_usec = (suseconds_t)ceil((timeout - (double)tv.tv_sec) * 1e6);
	if (tv.tv_usec >= 1000000) {
		tv.tv_sec++;
		tv.tv_usec -= 1000000;
	}
	return event_add(poller->timer, &tv);
}

static int wait_for_events(struct poller *poller, double timeout,
			   bool (*must_not_sleep)(void *), void *arg)
{
	int flags = EVLOOP_ONCE, r; /* with NONBLOCK alone it would go on while
	                               anything is ready */

	if (timeout > 0 && set_timer(poller, timeout) != 0)
		return -1;
	/* Whoever adds work looks at `asleep` after adding, and we look for work
	 * after setting it: one of the two sees the other. */
	atomic_store(&poller->asleep, true);
	if (must_not_sleep(arg))
		flags |= EVLOOP_NONBLOCK;
	r = event_base_loop(poller->base, flags);
	atomic_store(&poller->asleep, false);
	if (timeout > 0)
		event_del(poller->timer);
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
		r = event_base_loop(poller->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
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

	if (!watch)
		return NULL;
	*watch = (struct watch){ .poller = poller, .fd = fd };
	watch->event = event_new(poller->base, fd, EV_PERSIST, on_ready, watch);
	if (!watch->event) {
		free(watch);
		return NULL;
	}
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
static int watch_for(struct watch *watch, short what)
{
	struct poller *poller = watch->poller;

	if (watch->what) {
		event_del(watch->event);
		poller->watched--;
	}
	watch->what = 0;
	if (!what)
		return 0;
	errno = 0;
	if (event_assign(watch->event, poller->base, watch->fd,
			 (short)(what | EV_PERSIST), on_ready, watch) != 0 ||
	    event_add(watch->event, NULL) != 0)
		return errno ? errno : ENOMEM;
	watch->what = what;
	poller->watched++;
	return 0;
}

int coil__poller_update(struct watch *watch)
{
	short what = (short)((watch->reader ? EV_READ : 0) |
			     (watch->writer ? EV_WRITE : 0));
	short before = watch->what;
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
