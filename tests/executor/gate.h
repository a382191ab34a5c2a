/* SPDX-License-Identifier: MIT
 *
 * What the tests of executors share: jobs that wait until they are let through, so that
 * nothing depends on how long anything takes.
 */
#ifndef TESTS_EXECUTOR_GATE_H
#define TESTS_EXECUTOR_GATE_H

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include "faults.h"
#include "journal.h"

struct gate {
	sem_t reached, open;
};

LOG_UNUSED static void gate_init(struct gate *gate)
{
	sem_init(&gate->reached, 0, 0);
	sem_init(&gate->open, 0, 0);
}

LOG_UNUSED static void pass(sem_t *semaphore)
{
	while (sem_wait(semaphore) != 0 && errno == EINTR)
		;
}

/* A job: says that it has begun, and waits. */
LOG_UNUSED static coil_result wait_at(void *gate)
{
	sem_post(&((struct gate *)gate)->reached);
	pass(&((struct gate *)gate)->open);
	return coil_number(7);
}

LOG_UNUSED static void await_reached(struct gate *gate)
{
	pass(&gate->reached);
}

LOG_UNUSED static void open_gate(struct gate *gate)
{
	sem_post(&gate->open);
}

/* Other jobs. */
static atomic_int count;

LOG_UNUSED static coil_result count_one(void *unused)
{
	atomic_fetch_add(&count, 1);
	return coil_ok(NULL);
}

LOG_UNUSED static coil_result twice(void *number)
{
	return coil_number(2 * (intptr_t)number);
}

LOG_UNUSED static coil_result fails(void *number)
{
	return coil_raise(COIL_VALUE, "no %d", (int)(intptr_t)number);
}

LOG_UNUSED static void in_a_thread(void *(*function)(void *), void *arg)
{
	pthread_t thread;

	CHECK_INT(pthread_create(&thread, NULL, function, arg), 0);
	pthread_join(thread, NULL);
}

#endif
