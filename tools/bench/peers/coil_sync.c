/* SPDX-License-Identifier: MIT
 *
 * coil: two tasks that hand over to each other.  See coil_peer.h.
 */
#include "coil_peer.h"

static void gather_two(coil_function first, coil_function second, long times)
{
	check(coil_await(coil_gather(coil_coro(first, (void *)times),
				     coil_coro(second, (void *)times))), "gather");
}

/* ---- event: a flag for there, a flag for back ------------------------ */

static coil_event *ping, *pong;

static coil_result pinger(void *times)
{
	for (long n = (long)times; n > 0; n--) {
		coil_event_set(ping);
		check(coil_event_wait(pong), "wait");
		coil_event_clear(pong);
	}
	return coil_ok(NULL);
}

static coil_result ponger(void *times)
{
	for (long n = (long)times; n > 0; n--) {
		check(coil_event_wait(ping), "wait");
		coil_event_clear(ping);
		coil_event_set(pong);
	}
	return coil_ok(NULL);
}

static void event_batch(long ops)
{
	ping = coil_event_new();
	pong = coil_event_new();
	gather_two(pinger, ponger, ops / 2);
	coil_release(ping);
	coil_release(pong);
}

/* ---- lock: each takes it from the other ------------------------------ */

static coil_lock *lock;
static void *holder;

/* Who releases it and takes it at once again stands in line behind the other. */
static coil_result taker(void *times)
{
	void *self = coil_current_task();

	for (long n = (long)times; n > 0; n--) {
		check(coil_lock_acquire(lock), "acquire");
		require(holder != self, "the lock was the other's");
		holder = self;
		check(coil_lock_release(lock), "release");
	}
	return coil_ok(NULL);
}

/* Held until both are in line: whoever came while it is free would keep it. */
static void lock_batch(long ops)
{
	coil_future *both;

	lock = coil_lock_new();
	check(coil_lock_acquire(lock), "acquire");
	holder = NULL;
	both = coil_gather(coil_coro(taker, (void *)(ops / 2)),
			   coil_coro(taker, (void *)(ops / 2)));
	check(coil_sleep(0), "both are in line");
	check(coil_lock_release(lock), "release");
	check(coil_await(both), "gather");
	coil_release(lock);
}

/* ---- queue: of one item ---------------------------------------------- */

static coil_queue *queue;

static coil_result producer(void *times)
{
	for (uintptr_t n = (uintptr_t)times; n > 0; n--)
		check(coil_queue_put(queue, (void *)n), "put");
	return coil_ok(NULL);
}

static coil_result consumer(void *times)
{
	for (uintptr_t n = (uintptr_t)times; n > 0; n--) {
		coil_result r = coil_queue_get(queue);

		check(r, "get");
		require(r.value == (void *)n, "items in their order");
	}
	return coil_ok(NULL);
}

static void queue_batch(long ops)
{
	queue = coil_queue_new(1);
	gather_two(producer, consumer, ops);
	coil_release(queue);
}

/* ---------------------------------------------------------------------- */

const struct task_work sync_words[] = {
	{ "event", .batch = event_batch, .ops = 500000 },
	{ "lock", .batch = lock_batch, .ops = 500000 },
	{ "queue", .batch = queue_batch, .ops = 500000 },
	{ .word = NULL }
};
