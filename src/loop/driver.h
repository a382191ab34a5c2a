/* SPDX-License-Identifier: MIT
 *
 * Drivers: what the poller waits by.  Each is one object, a struct of functions, and
 * knows one library; what all of them have in common is the poller's.
 *
 * A driver keeps what is its own in poller->state, and of a watch in watch->state.  It
 * watches the poller's wake_fd from open to close, and empties it when it is written.
 *
 * Of a descriptor with an error or a hang-up it reports all that is watched, so that
 * whoever waits for it learns of it; else what is ready, descriptors in the order in
 * which the kernel names them.
 */
#ifndef COIL_LOOP_DRIVER_H
#define COIL_LOOP_DRIVER_H

#include <errno.h>
#include <unistd.h>

#include "base/object.h"
#include "loop/poller.h"

struct driver {
	const char *name;

	/* Result: 0; or an errno, and nothing is left to be closed. */
	int (*open)(struct poller *poller);
	void (*close)(struct poller *poller); /* after all watches were dropped */

	/* Waits until a watch is ready, wake_fd is written, or TIMEOUT seconds are over,
	 * not less (negative: without end; 0: only looks), and reports what is ready.
	 * A signal does not end it.  Result: 0, or -1 with errno set. */
	int (*wait)(struct poller *poller, double timeout);

	/* From what WATCH watches (watch->what) to WHAT, which may be 0.
	 * Result: 0; or an errno, and nothing is watched. */
	int (*watch)(struct watch *watch, unsigned what);
	void (*drop)(struct watch *watch);    /* ends what it keeps of it */
};

extern const struct driver coil__driver_libevent internal;
extern const struct driver coil__driver_libuv internal;

/* By its name; NULL if coil was built without it (policy.c). */
const struct driver *coil__driver_find(const char *name);

/* WATCH is ready for WHAT; once for each in a wait. */
static inline void driver_report(struct watch *watch, unsigned what)
{
	struct poller *poller = watch->poller;

	poller->fired[poller->fired_count++] = (struct fired){ watch, what };
}

/* Why it was written is in the loop's own list. */
static inline void driver_empty(int wake_fd)
{
	uint64_t count;

	while (read(wake_fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

#endif
