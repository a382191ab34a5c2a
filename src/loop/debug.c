/* SPDX-License-Identifier: MIT
 *
 * Debug mode: whether a loop is in it.
 */
#include <coil/debug.h>

#include "loop/loop.h"

void coil_loop_set_debug(coil_loop *loop, bool enabled)
{
	loop->debug = enabled;
}

bool coil_loop_get_debug(const coil_loop *loop)
{
	return loop->debug;
}

void coil_loop_set_slow_callback_duration(coil_loop *loop, double seconds)
{
	loop->slow_callback_duration = seconds;
}

double coil_loop_get_slow_callback_duration(const coil_loop *loop)
{
	return loop->slow_callback_duration;
}
