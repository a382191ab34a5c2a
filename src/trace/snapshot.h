/* SPDX-License-Identifier: MIT
 *
 * What a recording that begins in the middle of a run must say first: the loop
 * that runs, its tasks and futures, and what is scheduled, as if all of it had
 * been made at this moment.
 */
#ifndef COIL_TRACE_SNAPSHOT_H
#define COIL_TRACE_SNAPSHOT_H

/* Of the loop that runs in this thread; nothing if none does. */
void coil__trace_snapshot(void);

#endif
