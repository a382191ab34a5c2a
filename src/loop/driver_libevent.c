/* SPDX-License-Identifier: MIT
 *
 * The driver on libevent: an event for each watch, an event_base without locks.
 *
 * Cost: a wait is one epoll_wait, a change of what is watched one epoll_ctl or two.
 */
#include <event2/event.h>

#include "loop/driver.h"

static void on_ready(evutil_socket_t fd, short what, void *watch)
{
	(void)fd;
	driver_report(watch, (what & EV_READ ? POLLER_READ : 0) |
			     (what & EV_WRITE ? POLLER_WRITE : 0));
}

/* Edge triggered, each count is told once, and need not be read: a timer's begins anew
 * when it is set, and the other is full after 2^64 wake-ups. */
static void on_end(evutil_socket_t fd, short what, void *watch)
{
	if (!(what & EV_ET))
		on_ready(fd, what, watch);
}

static int libevent_open(struct poller *poller)
{
	struct event_config *config;

	errno = 0;
	config = event_config_new();
	if (!config)
		return ENOMEM;
	/* No locks: only coil__poller_wake comes from elsewhere, by an eventfd. */
	if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
		poller->state = event_base_new_with_config(config);
	event_config_free(config);
	if (poller->state)
		return 0;
	return errno ? errno : ENOMEM;
}

static void libevent_close(struct poller *poller)
{
	event_base_free(poller->state);
	poller->state = NULL;
}

static int libevent_wait(struct poller *poller, bool sleep)
{
	/* ONCE in any case: with NONBLOCK alone it would go on while anything is
	 * ready. */
	int flags = sleep ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK;

	return event_base_loop(poller->state, flags) < 0 ? -1 : 0;
}

static int libevent_watch(struct watch *watch, unsigned what)
{
	struct event_base *base = watch->poller->state;
	struct event *event = watch->state;
	bool edges = watch->ends_wait && event_base_get_features(base) & EV_FEATURE_ET;
	short events = (short)(EV_PERSIST | (what & POLLER_READ ? EV_READ : 0) |
			       (what & POLLER_WRITE ? EV_WRITE : 0) | (edges ? EV_ET : 0));

	errno = 0;
	if (!event)
		event = watch->state = event_new(base, watch->fd, 0, on_ready, watch);
	if (!event)
		return ENOMEM;
	if (watch->what)
		event_del(event);
	if (!what)
		return 0;
	if (event_assign(event, base, watch->fd, events, edges ? on_end : on_ready,
			 watch) == 0 &&
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
	.descriptors = 3, /* epoll, and a pair that signals would come by */
	.open = libevent_open,
	.close = libevent_close,
	.wait = libevent_wait,
	.watch = libevent_watch,
	.drop = libevent_drop,
};
