/* SPDX-License-Identifier: MIT
 *
 * What goes between the program and a worker process, over a stream socket.
 *
 *	program                                   worker
 *	  request, argument         -------->
 *	                            <--------     parcel: head, detail, bytes, members
 *
 * Both are the same program, one forked from the other: so structs go as they lie in
 * memory, and pointers to functions and places (sites) mean the same on both sides.
 *
 * A transfer is whole or an error; after an error the stream is of no use any more.
 * Sizes are those of memory, not of the socket's buffer: short reads and writes, signals
 * in between, and a peer that goes in the middle are seen to here.  SIGPIPE is not sent.
 *
 * Cost: a system call for what fits into the socket's buffer, and a poll() where the
 * peer is waited for.
 */
#ifndef COIL_EXECUTOR_PROCESS_WIRE_H
#define COIL_EXECUTOR_PROCESS_WIRE_H

#include <sys/uio.h>

#include "task/parcel.h"

struct wire {
	int fd;            /* a stream socket                                     */
	int watch;         /* readable once the peer is gone: one that forked may leave
	                      its end of fd open behind it; -1: none              */
	int64_t deadline;  /* of all that follows, wire_now(); 0: none            */
};

/* CLOCK_MONOTONIC in ns. */
int64_t coil__wire_now(void);

/* Results: 0, or an errno: EPIPE when the peer is gone, ETIMEDOUT at the deadline. */
int coil__wire_send(const struct wire *wire, struct iovec *pieces, size_t count);
int coil__wire_receive(const struct wire *wire, void *data, size_t size);

/* Receives SIZE bytes for nobody: there was no memory for them. */
int coil__wire_skip(const struct wire *wire, uint64_t size);

/* A parcel, with all that is in it.  What is received is to be freed by
 * coil__parcel_free; where there was no memory for a part of it, it is the error
 * COIL_MEMORY.  EPROTO: what came is no parcel. */
int coil__wire_send_parcel(const struct wire *wire, const struct parcel *parcel);
int coil__wire_receive_parcel(const struct wire *wire, struct parcel *parcel);

#endif
