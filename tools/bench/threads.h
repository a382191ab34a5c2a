/* SPDX-License-Identifier: MIT
 *
 * Two threads that wake each other, for the peers in C.  A thread wakes the loop by the
 * peer's own means, and the loop's callback wakes the thread by a semaphore of the C
 * library (a futex: the cheapest there is), which is the same in every peer.
 *
 * The two are pinned to two processors, the loop to the first and the thread to the second
 * of those that the process may use; else the scheduler would now and then put both on one,
 * where a round trip is another thing and takes another time.
 */
#ifndef BENCH_THREADS_H
#define BENCH_THREADS_H

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include "measure.h"

static sem_t woken;             /* the thread, by the loop's callback           */
static cpu_set_t allowed;       /* to the process, before anything was pinned   */

/* Pins the calling thread to the N-th processor (from 0) of those allowed. */
static inline void pin_thread(int n)
{
	cpu_set_t one;
	int cpu = 0;

	require(CPU_COUNT(&allowed) > n, "two processors");
	while (!CPU_ISSET(cpu, &allowed) || n-- > 0)
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	require(sched_setaffinity(0, sizeof(one), &one) == 0, "sched_setaffinity");
}

/* Once, by the loop's thread, before it makes the others. */
static inline void two_threads(void)
{
	require(sched_getaffinity(0, sizeof(allowed), &allowed) == 0, "sched_getaffinity");
	require(sem_init(&woken, 0, 0) == 0, "sem_init");
	pin_thread(0);
}

static inline void wake_thread(void)
{
	require(sem_post(&woken) == 0, "sem_post");
}

static inline void await_wake(void)
{
	while (sem_wait(&woken) != 0)
		; /* EINTR */
}

static inline void start_thread(pthread_t *thread, void *(*function)(void *), void *arg)
{
	require(pthread_create(thread, NULL, function, arg) == 0, "pthread_create");
}

#endif
