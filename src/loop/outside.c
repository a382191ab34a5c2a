/* SPDX-License-Identifier: MIT
 *
 * What comes to a loop from outside.  See outside.h.
 */
#include "loop/outside.h"

void coil__outside_left(void *arg)
{
	struct outside *outside = arg;

	outside_taken(outside);
	outside->class->left(outside);
}

/* ---- arriving -------------------------------------------------------- */

static bool leave_away(struct outside *outside, unsigned char place)
{
	unsigned char away = OUTSIDE_AWAY;

	return atomic_compare_exchange_strong(&outside->place, &away, place);
}

bool coil__outside_arrive(struct outside *outside)
{
	struct coil_loop *loop = outside->told.handle.loop;

	if (unlikely(!leave_away(outside, OUTSIDE_ARRIVED)))
		return false;
	coil__loop_push_foreign(loop, &outside->told.handle);
	/* From here on it may be gone, and the loop closed, but for its struct. */
	if (unlikely(coil__self.running == loop)) {
		coil__loop_take_over(loop); /* here it has its place in the order of calls */
	} else if (coil__poller_sleeps(&loop->poller)) {
		pthread_rwlock_rdlock(&loop->closing);
		coil__poller_wake(&loop->poller);
		pthread_rwlock_unlock(&loop->closing);
	}
	return true;
}

bool coil__outside_send(struct outside *outside)
{
	struct coil_loop *loop = outside->told.handle.loop;
	bool refused;

	pthread_rwlock_rdlock(&loop->closing);
	refused = loop_refuses(loop);
	if (!refused) {
		atomic_store(&outside->place, OUTSIDE_ARRIVED);
		coil__loop_push_foreign(loop, &outside->told.handle);
		coil__poller_wake(&loop->poller);
	}
	pthread_rwlock_unlock(&loop->closing);
	return !refused;
}

/* ---- abandoning ------------------------------------------------------ */

/* False if it has arrived. */
static bool abandon(struct outside *outside)
{
	return leave_away(outside, OUTSIDE_ABANDONED) ||
	       atomic_load(&outside->place) == OUTSIDE_ABANDONED;
}

bool coil__outside_forget(struct outside *outside)
{
	bool away = abandon(outside);

	if (away)
		outside_unchain(outside);
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
		(void)abandon(outside);
}

bool coil__outside_arriving(const struct coil_loop *loop)
{
	const struct outside *outside = loop->outside;

	while (outside && atomic_load(&outside->place) != OUTSIDE_ARRIVED)
		outside = outside->next;
	return outside;
}

void coil__outside_end_loop(struct coil_loop *loop)
{
	while (loop->outside) {
		struct outside *outside = loop->outside;

		outside_unchain(outside);
		coil__outside_leave(outside);
	}
}
