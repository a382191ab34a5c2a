/* SPDX-License-Identifier: MIT
 *
 * Plain libevent, which coil itself stands on.  event_active is its cheapest
 * callback, but what is activated in a callback runs in the same turn, without
 * a poll; so the chain is made of timers of zero seconds.
 */
#include <event2/event.h>
#include <unistd.h>
#include "../measure.h"

#define PENDING 1000

static struct event_base *base;
static struct event *events[PENDING];
static long left;

static void tick(evutil_socket_t fd, short what, void *arg)
{
	struct event **self = arg;

	(void)fd, (void)what;
	if (--left >= PENDING)
		event_active(*self, EV_TIMEOUT, 0);
}

static void soon_batch(long ops)
{
	left = ops;
	for (int i = 0; i < PENDING; i++)
		event_active(events[i], EV_TIMEOUT, 0);
	event_base_loop(base, 0);
	require(left == 0, "each callback ran once");
}

static void soon(void)
{
	for (int i = 0; i < PENDING; i++)
		events[i] = event_new(base, -1, 0, tick, &events[i]);
	report("ns", measure(soon_batch, 1000000));
}

static void again(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval zero;
	struct event **self = arg;

	(void)fd, (void)what;
	if (--left > 0)
		event_add(*self, &zero);
	else
		event_base_loopbreak(base);
}

static void never(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	require(0, "nothing is written to this pipe");
}

static void chain_batch(long ops)
{
	left = ops + 1;
	again(-1, 0, &events[0]);
	event_base_loop(base, 0);
	require(left == 0, "each callback ran once");
}

static void chain(void)
{
	int fds[2];

	require(pipe(fds) == 0, "pipe");
	event_add(event_new(base, fds[0], EV_READ | EV_PERSIST, never, NULL), NULL);
	events[0] = evtimer_new(base, again, &events[0]);
	report("ns", measure(chain_batch, 300000));
}

static void version(void)
{
	printf("libevent %s\n", event_get_version());
}

int main(int argc, char **argv)
{
	static const struct work work[] = {
		{ "version", version }, { "soon", soon }, { "chain", chain }, { NULL, NULL }
	};

	base = event_base_new();
	require(base != NULL, "event_base_new");
	return work_main(argc, argv, work);
}
