/* SPDX-License-Identifier: MIT
 *
 * libev: callbacks of idle watchers.  A loop calls each active one once a turn,
 * and does not block in its poll meanwhile.
 */
#include <ev.h>
#include <unistd.h>
#include "../measure.h"

#define PENDING 1000

static struct ev_loop *loop;
static long left;

static void tick(struct ev_loop *l, ev_idle *idle, int events)
{
	(void)idle, (void)events;
	if (--left == 0)
		ev_break(l, EVBREAK_ALL);
}

static void never(struct ev_loop *l, ev_io *io, int events)
{
	(void)l, (void)io, (void)events;
	require(0, "nothing is written to this pipe");
}

static void turn(long ops)
{
	left = ops;
	ev_run(loop, 0);
}

static void soon(void)
{
	static ev_idle idle[PENDING];

	for (int i = 0; i < PENDING; i++) {
		ev_idle_init(&idle[i], tick);
		ev_idle_start(loop, &idle[i]);
	}
	report("ns", measure(turn, 1000000));
}

static void chain(void)
{
	static ev_idle idle;
	static ev_io watched;
	int fds[2];

	require(pipe(fds) == 0, "pipe");
	ev_io_init(&watched, never, fds[0], EV_READ);
	ev_io_start(loop, &watched);
	ev_idle_init(&idle, tick);
	ev_idle_start(loop, &idle);
	report("ns", measure(turn, 300000));
}

static void version(void)
{
	printf("libev %d.%d\n", ev_version_major(), ev_version_minor());
}

int main(int argc, char **argv)
{
	static const struct work work[] = {
		{ "version", version }, { "soon", soon }, { "chain", chain }, { NULL, NULL }
	};

	loop = ev_default_loop(0);
	return work_main(argc, argv, work);
}
