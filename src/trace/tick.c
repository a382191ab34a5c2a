/* SPDX-License-Identifier: MIT
 *
 * Reading the time cheaply.  See tick.h.
 */
#include <time.h>

#include "trace/tick.h"

#define RESYNC_NS 1000000u /* hold it against the kernel's clock so often */
#define CLOSE_TICKS 4096u  /* both are read within this, or once more     */

static uint64_t monotonic_ns(int64_t start)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)((int64_t)t.tv_sec * 1000000000 + t.tv_nsec - start);
}

#if defined(__x86_64__)
#include <cpuid.h>

/* Does the counter run at one rate, whatever the processor's clock does? */
static bool steady(void)
{
	static int known; /* 0: not asked, 1: yes, -1: no; the same from any thread */
	unsigned a, b, c, d;
	int answer = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (!answer) {
		answer = __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & (1u << 8)) ? 1 : -1;
		__atomic_store_n(&known, answer, __ATOMIC_RELAXED);
	}
	return answer > 0;
}
#elif defined(__aarch64__)
static bool steady(void)
{
	return true; /* the architecture says so */
}
#else
static bool steady(void)
{
	return false;
}
#endif

/* Both clocks at one moment: a thread may lose the processor between them, and would
 * then be off by that until the next time. */
static uint64_t read_both(int64_t start, uint64_t *ticks)
{
	uint64_t ns, before, after, closest = UINT64_MAX, best = 0;

	for (int tries = 0; tries < 4 && closest > CLOSE_TICKS; tries++) {
		before = tick_count();
		ns = monotonic_ns(start);
		after = tick_count();
		if (after - before >= closest)
			continue;
		closest = after - before;
		*ticks = before + closest / 2;
		best = ns;
	}
	return best;
}

/* Reads both clocks, and the counter's rate from the first reading to this one.
 * Until a millisecond has passed the rate is not known well enough. */
uint64_t coil__tick_resync(struct recorder *r)
{
	uint64_t t = 0, ns = read_both(r->time_zero, &t);

	if (!r->first_ticks) {
		r->first_ticks = t;
		r->first_ns = ns;
	}
	r->base_ticks = t;
	r->base_ns = ns;
	r->patience = 0;
	if (ns - r->first_ns > RESYNC_NS && t > r->first_ticks && steady()) {
		double rate = (double)(ns - r->first_ns) / (double)(t - r->first_ticks);

		r->scale = (uint64_t)(rate * 4294967296.0);
		r->patience = (uint64_t)(RESYNC_NS / rate);
	}
	return ns;
}
