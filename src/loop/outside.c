/* SPDX-License-Identifier: MIT
 *
 * What comes to a loop from outside.  See outside.h.
 */
#include "loop/outside.h"

static void told_left(void *arg)
{
	struct outside *outside = arg;

	coil__outside_taken(outside);
	outside->class->left(outside);
}

void coil__outside_init(struct outside *outside, struct coil_loop *loop,
			const struct outside_class *class)
{
	struct handle *handle = &outside->told.handle;

	handle_init(handle, loop, class->site, HANDLE_TOLD);
	handle->function = class->come;
	handle->arg = outside;
	outside->told.left = told_left;
	outside->class = class;
	atomic_init(&outside->loop, loop);
	atomic_init(&outside->left_by_one, false);
	outside->arrived = false;
	outside->place = NULL;
}

/* ---- the chain ------------------------------------------------------- */

void coil__outside_expect(struct outside *outside, bool awaited)
{
	struct coil_loop *loop = outside->told.handle.loop;

	outside->awaited = awaited;
	outside->place = &loop->outside;
	outside->next = loop->outside;
	if (loop->outside)
		loop->outside->place = &outside->next;
	loop->outside = outside;
	loop->awaited += awaited;
}

static void unchain(struct outside *outside)
{
	if (!outside->place)
		return;
	*outside->place = outside->next;
	if (outside->next)
		outside->next->place = outside->place;
	outside->place = NULL;
	outside->told.handle.loop->awaited -= outside->awaited;
}

/* The room in the ready queue was made when it was taken over. */
void coil__outside_taken(struct outside *outside)
{
	unchain(outside);
	outside->told.handle.loop->handles--;
}

/* ---- arriving -------------------------------------------------------- */

bool coil__outside_arrive(struct outside *outside)
{
	struct coil_loop *loop = atomic_load(&outside->loop);
	bool wanted;

	if (!loop)
		return false;
	/* The lock holds off close, which would free what we are about to touch. */
	pthread_rwlock_rdlock(&loop->closing);
	wanted = atomic_load(&outside->loop) != NULL;
	if (wanted) {
		outside->arrived = true;
		coil__loop_push_foreign(loop, &outside->told.handle);
	}
	pthread_rwlock_unlock(&loop->closing);
	return wanted;
}

bool coil__outside_send(struct outside *outside)
{
	struct coil_loop *loop = atomic_load(&outside->loop);
	bool refused;

	pthread_rwlock_rdlock(&loop->closing);
	refused = loop_refuses(loop);
	if (!refused) {
		outside->arrived = true;
		coil__loop_push_foreign(loop, &outside->told.handle);
	}
	pthread_rwlock_unlock(&loop->closing);
	return !refused;
}

/* ---- abandoning ------------------------------------------------------ */

bool coil__outside_forget(struct outside *outside)
{
	struct coil_loop *loop = outside->told.handle.loop;
	bool away;

	pthread_rwlock_wrlock(&loop->closing);
	away = !outside->arrived;
	if (away)
		atomic_store(&outside->loop, NULL);
	pthread_rwlock_unlock(&loop->closing);
	if (away)
		unchain(outside);
	return away;
}

void coil__outside_leave(struct outside *outside)
{
	if (atomic_exchange(&outside->left_by_one, true))
		outside->class->free(outside);
}

void coil__outside_abandon(struct coil_loop *loop)
{
	for (struct outside *outside = loop->outside; outside; outside = outside->next)
		if (!outside->arrived)
			atomic_store(&outside->loop, NULL);
}

void coil__outside_end_loop(struct coil_loop *loop)
{
	while (loop->outside) {
		struct outside *outside = loop->outside;

		unchain(outside);
		coil__outside_leave(outside);
	}
}
