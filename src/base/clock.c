/* SPDX-License-Identifier: MIT
 *
 * The choice of clock by the environment.  See clock.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

enum coil_clock coil__clock_from_environment(void)
{
	const char *clock = getenv("COIL_CLOCK");

	if (!clock || !*clock || strcmp(clock, "real") == 0)
		return COIL_CLOCK_REAL;
	if (strcmp(clock, "virtual") == 0)
		return COIL_CLOCK_VIRTUAL;
	coil__log("COIL_CLOCK=%s is neither \"real\" nor \"virtual\"; using the real clock",
		  clock);
	return COIL_CLOCK_REAL;
}
