/* SPDX-License-Identifier: MIT
 *
 * The recorder's clock: nanoseconds of CLOCK_MONOTONIC, read as cheaply as the
 * processor allows (some 17 ns, half of clock_gettime).
 *
 * The processor's counter is held against CLOCK_MONOTONIC every millisecond, and
 * its rate is measured over the whole recording, so that the two differ by less
 * than a microsecond.  Where there is no steady counter, clock_gettime serves.
 */
#ifndef COIL_TRACE_TICK_H
#define COIL_TRACE_TICK_H

#include "trace/recorder.h"

/* ns since START (a CLOCK_MONOTONIC time), never less than the last time. */
uint64_t coil__tick_now(struct recorder *recorder, int64_t start);

#endif
