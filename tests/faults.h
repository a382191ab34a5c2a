/* SPDX-License-Identifier: MIT
 *
 * Failure on command: the n-th allocation, mapping, open ... that coil (or
 * libevent) makes from now on fails as the operating system would have it.
 * The test program is linked with --wrap for each of these, so that the library
 * under test is the very one that is shipped.
 *
 *	faults_fail(FAULT_MEMORY, 3);              // the third from now
 *	loop = coil_new_event_loop();
 *	CHECK(faults_clear());                     // true: it was reached
 *	CHECK(!loop && coil_last_error().error == COIL_MEMORY);
 *
 * A scenario that must end well, or with a clean error, wherever it fails:
 *	faults_every(FAULT_MEMORY, scenario, NULL);
 *
 * Between arming and clearing, use only coil: the harness's helpers allocate too.
 */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include <stdbool.h>

enum fault {
	FAULT_MEMORY,      /* malloc, calloc, realloc, and libevent's: ENOMEM     */
	FAULT_MAP,         /* mmap, mprotect: ENOMEM                              */
	FAULT_OPEN,        /* open, openat: EACCES                                */
	FAULT_SPACE,       /* ftruncate, fallocate, posix_fallocate, write,
	                      pwrite: ENOSPC                                      */
	FAULT_DESCRIPTOR,  /* eventfd, epoll_create1, pipe, pipe2, dup, socket,
	                      socketpair, timerfd_create: EMFILE                  */
	FAULT_THREAD,      /* pthread_create, fork: EAGAIN                        */
	FAULT_COUNT
};

/* The N-th (from 1) of its kind from now fails, once. */
void faults_fail(enum fault which, unsigned n);

/* The N-th and all after it fail. */
void faults_fail_from(enum fault which, unsigned n);

/* Nothing fails any more.  Result: whether something did. */
bool faults_clear(void);

/* For n = 1, 2, ... runs SCENARIO in a fork with the n-th WHICH failing, until it
 * runs through without reaching the n-th.  Each run must end with status 0: no
 * crash, no failed assertion, no leak that a checker sees.
 * Result: how many failures there were to make (0 is itself a failed assertion).
 * In SCENARIO, assertions are allowed in spite of the rule above. */
unsigned faults_every(enum fault which, void (*scenario)(void *arg), void *arg);

/* The harness calls this before a test. */
void faults_install(void);

#endif
