/* SPDX-License-Identifier: MIT
 *
 * Is anybody watching?  One word for recording and for debug mode, so that what is only
 * there for them stands behind one load and one predicted branch:
 *
 *	if (WATCHED) ...      a recording is under way, or some loop is in debug mode
 */
#ifndef COIL_BASE_WATCHED_H
#define COIL_BASE_WATCHED_H

#include "base/object.h"

union coil__watched {
	struct {
		bool tracing;
		uint16_t debugging; /* how many loops are in debug mode */
	};
	uint32_t any;
};

extern union coil__watched coil__watched internal;

#define WATCHED unlikely(__atomic_load_n(&coil__watched.any, __ATOMIC_RELAXED))
#define DEBUGGING unlikely(__atomic_load_n(&coil__watched.debugging, __ATOMIC_RELAXED))

/* The recorder's name for its part. */
#define coil__tracing coil__watched.tracing

#endif
