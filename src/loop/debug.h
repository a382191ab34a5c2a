/* SPDX-License-Identifier: MIT
 *
 * Debug mode, inside: the threads that calls come from, what is slow, and what is said of
 * loops that are opened and closed.  Where things were made is in task/chain.h.
 *
 * A loop in debug mode has LOOP_DEBUG in `refuses`, so that its calls look twice, and
 * `debug`, so that its iterations time what they do; and it is counted in coil__watched.
 * A loop that is not pays nothing for any of that.
 */
#ifndef COIL_LOOP_DEBUG_H
#define COIL_LOOP_DEBUG_H

#include <coil/debug.h>

#include "base/watched.h"
#include "loop/loop.h"

/* LOOP was made; it is in debug mode if COIL_DEBUG says so. */
void coil__debug_open(struct coil_loop *loop);

/* LOOP is about to be closed; it is closed. */
void coil__debug_close(const struct coil_loop *loop);
void coil__debug_closed(struct coil_loop *loop);

/* Is what this thread calls at SITE to be done?  If not, coil_last_error() says why: LOOP
 * refuses calls, or it is in debug mode, and runs in another thread. */
bool coil__loop_admits(const struct coil_loop *loop, const coil_site *site);

/* The latter alone: for what is allowed on a loop that is closed. */
bool coil__debug_admits(const struct coil_loop *loop, const coil_site *site);

/* ---- what is slow ---- */

/* Before HANDLE is run, and behind that: says so if it took too long.  It is kept for as
 * long. */
struct debug_run {
	struct handle *handle;     /* NULL: a part of something else, or skipped */
	struct task *task;         /* whose step it is                           */
	const coil_site *site;
	double began;
};
void coil__debug_run_begin(struct debug_run *run, struct coil_loop *loop,
			   struct handle *handle);
void coil__debug_run_end(struct debug_run *run, struct coil_loop *loop, bool ran);

/* A poll that was to take TIMEOUT seconds (negative: for ever) took so many, and gave
 * FIRED events. */
void coil__debug_poll(const struct coil_loop *loop, double timeout, double took, int fired);

#endif
