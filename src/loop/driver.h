/* SPDX-License-Identifier: MIT
 *
 * Drivers: what the poller waits by.  Each is one object, a struct of functions, and
 * knows one library; what all of them have in common is the poller's.
 *
 * A driver keeps what is its own in poller->state, and of a watch in watch->state.  It
 * knows no time: what ends a wait is a descriptor.
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
	int descriptors; /* that its library opens for a loop, at most: it may end the
	                    process without                                        */

	/* Result: 0; or an errno, and nothing is left to be closed. */
	int (*open)(struct poller *poller);
	void (*close)(struct poller *poller); /* after all watches were dropped */

	/* Reports what is ready; if SLEEP, once something is: no signal ends that.
	 * Result: 0, or -1 with errno set. */
	int (*wait)(struct poller *poller, bool sleep);

	/* From what WATCH watches (watch->what) to WHAT, which may be 0.
	 * Result: 0; or an errno, and nothing is watched. */
	int (*watch)(struct watch *watch, unsigned what);
	void (*drop)(struct watch *watch);    /* ends what it keeps of it */
};

extern const struct driver coil__driver_libevent internal;
extern const struct driver coil__driver_libuv internal;

/* By its name; NULL if coil was built without it (policy.c). */
const struct driver *coil__driver_find(const char *name);

/* What ended the wait: a count in eight bytes, which says nothing more. */
static inline void driver_empty(int fd)
{
	uint64_t count;

	while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

/* WATCH is ready for WHAT; once for each in a wait. */
static inline void driver_report(struct watch *watch, unsigned what)
{
	struct poller *poller = watch->poller;

	if (unlikely(watch->ends_wait))
		driver_empty(watch->fd);
	else
		poller->fired[poller->fired_count++] = (struct fired){ watch, what };
}

#endif
