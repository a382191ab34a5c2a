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

#if defined(__x86_64__)
#include <x86intrin.h>

static inline uint64_t tick_count(void)
{
	return __rdtsc();
}
#elif defined(__aarch64__)
static inline uint64_t tick_count(void)
{
	uint64_t t;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(t));
	return t;
}
#else
static inline uint64_t tick_count(void)
{
	return 0;
}
#endif

/* Reads both clocks; result: the time by the kernel's. */
uint64_t coil__tick_resync(struct recorder *recorder);

/* ns since the recording's time_zero. */
static inline uint64_t tick_now(struct recorder *r)
{
	uint64_t passed = tick_count() - r->base_ticks;

	return likely(passed < r->patience) ? r->base_ns + (passed * r->scale >> 32) :
					      coil__tick_resync(r);
}

#endif
