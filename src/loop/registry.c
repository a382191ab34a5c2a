/* SPDX-License-Identifier: MIT
 *
 * The loops of this process, and those of its parent.  See registry.h.
 */
#include <pthread.h>

#include "base/fork.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "loop/signals.h"
#include "task/interrupt.h"
#include "task/keep.h"

#define CLOSED_KEPT 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all of this */
static struct coil_loop *first_open;
static struct coil_loop *first_closed, **last_closed = &first_closed; /* oldest first */
static size_t closed_count;

/* ---- lives ------------------------------------------------------------ */

pthread_mutex_t *coil__loops_lock(void)
{
	return &lock;
}

struct coil_loop *coil__loop_recycled(void)
{
	struct coil_loop *loop = NULL;

	pthread_mutex_lock(&lock);
	if (closed_count > CLOSED_KEPT) {
		loop = first_closed;
		first_closed = loop->next;
		closed_count--;
	}
	pthread_mutex_unlock(&lock);
	return loop;
}

/* Close must not wait for ever behind threads that call without pause. */
int coil__loop_init_closing(struct coil_loop *loop)
{
	pthread_rwlockattr_t attributes;
	int error = pthread_rwlockattr_init(&attributes);

	if (error)
		return error;
	pthread_rwlockattr_setkind_np(&attributes,
				      PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	error = pthread_rwlock_init(&loop->closing, &attributes);
	pthread_rwlockattr_destroy(&attributes);
	return error;
}

void coil__loop_opened(struct coil_loop *loop)
{
	pthread_mutex_lock(&lock);
	loop->next = first_open;
	loop->link = &first_open;
	if (first_open)
		first_open->link = &loop->next;
	first_open = loop;
	pthread_mutex_unlock(&lock);
}

void coil__loop_retire(struct coil_loop *loop)
{
	pthread_mutex_lock(&lock);
	if (loop->link) /* else its making failed */
		*loop->link = loop->next;
	if (loop->next)
		loop->next->link = loop->link;
	loop->next = NULL;
	*last_closed = loop;
	last_closed = &loop->next;
	closed_count++;
	pthread_mutex_unlock(&lock);
}

/* ---- refusing --------------------------------------------------------- */

coil_result coil__loop_refusal(const struct coil_loop *loop, const coil_site *site)
{
	if (loop_is_closed(loop))
		return coil_raise_site(site, COIL_RUNTIME, "Event loop is closed");
	return coil_raise_site(site, COIL_RUNTIME, "this event loop belongs to process %d, "
			       "which was forked: a child makes a loop of its own",
			       (int)loop->process);
}

void *coil__loop_refuses(const struct coil_loop *loop, const coil_site *site)
{
	coil__set_last_error(coil__loop_refusal(loop, site));
	return NULL;
}

void *coil__not_running(const coil_site *site)
{
	if (coil__self.left_behind)
		return coil__loop_refuses(coil__self.left_behind, site);
	return coil__null(COIL_RUNTIME, site, "no running event loop");
}

/* ---- forks ------------------------------------------------------------ */

/* A thread that is not here any more may have held their locks.  One that cannot be made
 * anew stays as it was, which mostly is free. */
static void init_locks(struct coil_loop *loops)
{
	for (struct coil_loop *loop = loops; loop; loop = loop->next)
		(void)coil__loop_init_closing(loop);
}

void coil__loops_leave_behind(void)
{
	coil__signals_leave_behind();
	coil__interrupt_leave_behind();
	init_locks(first_open);
	init_locks(first_closed);
	for (struct coil_loop *loop = first_open; loop; loop = loop->next) {
		atomic_fetch_or(&loop->refuses, LOOP_LEFT_BEHIND);
		atomic_fetch_or(&loop->attention, LOOP_LOST);
		atomic_store(&loop->poller.asleep, false); /* so it is never woken */
	}
	if (coil__self.running)
		coil__self.left_behind = coil__self.running;
	coil__self.running = NULL;
}
