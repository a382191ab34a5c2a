/* SPDX-License-Identifier: MIT
 *
 * A loop's clock: the monotonic one, or a virtual one that stands still while
 * callbacks run and is moved by the loop when it would wait.  Seconds, as double.
 * Reading the real clock costs some 30 ns, the virtual one a load.
 */
#ifndef COIL_BASE_CLOCK_H
#define COIL_BASE_CLOCK_H

#include <coil/loop.h>
#include <time.h>

struct clock {
	enum coil_clock kind;
	double now;          /* virtual: the time */
};

/* asyncio's clock resolution: timers due within it run in this iteration. */
#define CLOCK_RESOLUTION 1e-9

static inline double clock_monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline double clock_now(const struct clock *clock)
{
	return clock->kind == COIL_CLOCK_VIRTUAL ? clock->now : clock_monotonic();
}

/* What COIL_CLOCK asks for. */
enum coil_clock coil__clock_from_environment(void);

#endif
