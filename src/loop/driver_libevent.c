/* SPDX-License-Identifier: MIT
 *
 * The driver on libevent: an event for each watch, an event_base without locks.
 *
 * One timer of libevent bounds the wait; those of the program are in coil's own heap.
 * libevent waits for whole milliseconds, rounded up, as asyncio does.
 * Cost: a wait is one epoll_wait, a change of what is watched one epoll_ctl or two.
 */
#include <event2/event.h>
#include <math.h>
#include <stdlib.h>

#include "loop/driver.h"

struct libevent {
	struct event_base *base;
	struct event *timer; /* bounds the wait      */
	struct event *waker; /* the poller's wake_fd */
};

/* ---- what libevent calls ---------------------------------------------- */

static void on_ready(evutil_socket_t fd, short what, void *watch)
{
	(void)fd;
	driver_report(watch, (what & EV_READ ? POLLER_READ : 0) |
			     (what & EV_WRITE ? POLLER_WRITE : 0));
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	(void)what, (void)arg;
	driver_empty(fd);
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

static void libevent_close(struct poller *poller)
{
	struct libevent *state = poller->state;

	if (state->timer)
		event_free(state->timer);
	if (state->waker)
		event_free(state->waker);
	if (state->base)
		event_base_free(state->base);
	free(state);
	poller->state = NULL;
}

static int libevent_open(struct poller *poller)
{
	struct libevent *state = calloc(1, sizeof(*state));
	int error;

	if (!state)
		return ENOMEM;
	poller->state = state;
	errno = 0;
	state->base = base_new();
	if (!state->base)
		goto fail;
	state->timer = event_new(state->base, -1, 0, on_timeout, NULL);
	state->waker = event_new(state->base, poller->wake_fd, EV_READ | EV_PERSIST,
				 on_wake, NULL);
	if (state->timer && state->waker && event_add(state->waker, NULL) == 0)
		return 0;
fail:
	error = errno ? errno : ENOMEM;
	libevent_close(poller);
	return error;
}

/* ---- waiting ---------------------------------------------------------- */

static int set_timer(struct event *timer, double timeout)
{
	struct timeval tv;

	tv.tv_sec = (time_t)timeout;
	tv.tv_usec = (suseconds_t)ceil((timeout - (double)tv.tv_sec) * 1e6);
	if (tv.tv_usec >= 1000000) {
		tv.tv_sec++;
		tv.tv_usec -= 1000000;
	}
	return event_add(timer, &tv);
}

static int libevent_wait(struct poller *poller, double timeout)
{
	const struct libevent *state = poller->state;
	int r;

	/* ONCE in any case: with NONBLOCK alone it would go on while anything is
	 * ready. */
	if (timeout == 0)
		return event_base_loop(state->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	if (timeout > 0 && set_timer(state->timer, timeout) != 0)
		return -1;
	r = event_base_loop(state->base, EVLOOP_ONCE);
	if (timeout > 0)
		event_del(state->timer);
	return r;
}

/* ---- watches ---------------------------------------------------------- */

static int libevent_watch(struct watch *watch, unsigned what)
{
	const struct libevent *state = watch->poller->state;
	struct event *event = watch->state;
	short events = (short)(EV_PERSIST | (what & POLLER_READ ? EV_READ : 0) |
			       (what & POLLER_WRITE ? EV_WRITE : 0));

	errno = 0;
	if (!event)
		event = watch->state = event_new(state->base, watch->fd, 0, on_ready, watch);
	if (!event)
		return ENOMEM;
	if (watch->what)
		event_del(event);
	if (!what)
		return 0;
	if (event_assign(event, state->base, watch->fd, events, on_ready, watch) == 0 &&
	    event_add(event, NULL) == 0)
		return 0;
	return errno ? errno : ENOMEM;
}

static void libevent_drop(struct watch *watch)
{
	if (watch->state)
		event_free(watch->state);
	watch->state = NULL;
}

const struct driver coil__driver_libevent = {
	.name = "libevent",
	.open = libevent_open,
	.close = libevent_close,
	.wait = libevent_wait,
	.watch = libevent_watch,
	.drop = libevent_drop,
};
