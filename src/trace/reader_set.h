/* SPDX-License-Identifier: MIT
 *
 * The trace of a program and of its worker processes, which each have a file of their
 * own, as one.
 *
 * The file of a forked child lies beside its parent's: PATH.PID, or, where the parent's
 * name has its pid in it (%p), the same name with the child's.  It belongs to it if it
 * has the same `run`, its own pid as in its name, and its parent is one of those that do.
 * Other files of such names are passed over, and so are children that recorded
 * nothing but who they are.
 *
 * Cost: one look into the directory, and opening each file (reader.h).
 */
#ifndef COIL_TRACE_READER_SET_H
#define COIL_TRACE_READER_SET_H

#include "reader.h"

/* As coil__reader_open.  What is wrong with the files of children is for
 * coil__reader_error and coil__reader_missing to say. */
struct coil__reader *coil__reader_open_set(const char *path, char **error);

#endif
