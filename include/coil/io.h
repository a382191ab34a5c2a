/* SPDX-License-Identifier: MIT
 *
 * File descriptors (loop.add_reader and its kin).
 *
 * One reader and one writer per descriptor, called in every iteration in which
 * the descriptor is ready (level-triggered), after what was scheduled before and
 * in front of the timers; of one descriptor the reader comes first.
 * Nothing here suspends.
 */
#ifndef COIL_IO_H
#define COIL_IO_H

#include <coil/loop.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Calls FUNCTION(ARG) whenever FD can be read (written).  Adding again replaces,
 * and the old callback does not run even if it is already in the queue.
 * Result: COIL_OK.  Errors: COIL_RUNTIME "Event loop is closed"; COIL_VALUE
 * for a negative descriptor; COIL_OS if the kernel cannot watch it (a regular
 * file, a closed descriptor); COIL_MEMORY.
 * (loop.add_reader, loop.add_writer) */
#define coil_loop_add_reader(loop, fd, function, arg)                          \
	coil_loop_add_reader_site((loop), (fd), (function), (arg),             \
				  COIL_SITE(#function, #arg))
COIL_API coil_result coil_loop_add_reader_site(coil_loop *loop, int fd,
	coil_function function, void *arg, const coil_site *site);
#define coil_loop_add_writer(loop, fd, function, arg)                          \
	coil_loop_add_writer_site((loop), (fd), (function), (arg),             \
				  COIL_SITE(#function, #arg))
COIL_API coil_result coil_loop_add_writer_site(coil_loop *loop, int fd,
	coil_function function, void *arg, const coil_site *site);

/* Stops watching.  Result: whether there was a reader (writer); false on a
 * closed loop.  (loop.remove_reader, loop.remove_writer) */
COIL_API bool coil_loop_remove_reader(coil_loop *loop, int fd);
COIL_API bool coil_loop_remove_writer(coil_loop *loop, int fd);

#ifdef __cplusplus
}
#endif
#endif
