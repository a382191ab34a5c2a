/* SPDX-License-Identifier: MIT
 *
 * libuv: callbacks of idle handles, the cheapest that it has.  A loop calls each
 * active idle handle once a turn, and does not block in its poll meanwhile.
 */
#include <unistd.h>
#include <uv.h>
#include "../measure.h"

#define PENDING 1000

static uv_loop_t *loop;
static long left;

static void tick(uv_idle_t *idle)
{
	(void)idle;
	if (--left == 0)
		uv_stop(loop);
}

static void never(uv_poll_t *poll, int status, int events)
{
	(void)poll, (void)status, (void)events;
	require(0, "nothing is written to this pipe");
}

static void turn(long ops)
{
	left = ops;
	uv_run(loop, UV_RUN_DEFAULT);
}

static void soon(void)
{
	static uv_idle_t idle[PENDING];

	for (int i = 0; i < PENDING; i++) {
		uv_idle_init(loop, &idle[i]);
		uv_idle_start(&idle[i], tick);
	}
	report("ns", measure(turn, 1000000));
}

static void chain(void)
{
	static uv_idle_t idle;
	static uv_poll_t watched;
	int fds[2];

	require(pipe(fds) == 0, "pipe");
	uv_poll_init(loop, &watched, fds[0]);
	uv_poll_start(&watched, UV_READABLE, never);
	uv_idle_init(loop, &idle);
	uv_idle_start(&idle, tick);
	report("ns", measure(turn, 300000));
}

static void version(void)
{
	printf("libuv %s\n", uv_version_string());
}

int main(int argc, char **argv)
{
	static const struct work work[] = {
		{ "version", version }, { "soon", soon }, { "chain", chain }, { NULL, NULL }
	};

	loop = uv_default_loop();
	return work_main(argc, argv, work);
}
