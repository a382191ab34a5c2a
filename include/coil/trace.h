/* SPDX-License-Identifier: MIT
 *
 * Recording.  With COIL_TRACE=FILE in the environment a program records itself
 * from its first loop on; these calls do the same by hand.  A trace is whole up
 * to its last event even if the program is killed.  `coil print FILE` reads it.
 * A program that this one starts inherits COIL_TRACE: with %p in FILE, which becomes
 * the process id, each has a file of its own; without, the last to start has it.
 * (No counterpart in asyncio.)  Nothing here suspends.
 */
#ifndef COIL_TRACE_H
#define COIL_TRACE_H

#include <coil/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Begins to record to the file PATH (made, or emptied); %p in it becomes the
 * process id.  A fork gives the child a file of its own (the path with
 * ".PID" behind it, if it has no %p).
 * Errors: COIL_OS that names the file; COIL_RUNTIME if one is being recorded. */
COIL_API coil_result coil_trace_start(const char *path);

/* Ends the recording and closes the file.  Without one it does nothing. */
COIL_API void coil_trace_stop(void);

/* Is a recording under way?  False too after it was stopped by a full disk. */
COIL_API bool coil_trace_active(void);

/* Records a remark of the program's own, by printf; up to 1000 bytes. */
COIL_API void coil_trace_mark(const char *format, ...) COIL_PRINTF(1, 2);

/* Records the value of something that the program counts. */
COIL_API void coil_trace_counter(const char *name, double value);

#ifdef __cplusplus
}
#endif
#endif
