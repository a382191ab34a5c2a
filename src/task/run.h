/* SPDX-License-Identifier: MIT
 *
 * A runner: a loop, and what runs in it one after the other (<coil/run.h>).
 *
 * Invariants: loop is NULL until it is first needed; before is what was set for the
 * thread then, and is set again at the close.
 */
#ifndef COIL_TASK_RUN_H
#define COIL_TASK_RUN_H

#include <coil/run.h>

#include "base/object.h"

struct runner {
	struct object object;
	coil_loop *loop, *before;
	coil_context *context; /* all of it runs in this; owned */
	coil_run_options options;
	bool closed;
};

/* Closes one that the program let go of. */
void coil__runner_fini(void *runner);

#endif
