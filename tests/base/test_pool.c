/* SPDX-License-Identifier: MIT
 *
 * Pools, and the handles that tell an object from the next one in its place.
 */
#include <pthread.h>
#include "base/pool.h"
#include "base/thread.h"
#include "harness.h"

#define OBJECTS 5000
static struct object *objects[OBJECTS];

TEST(objects_are_distinct_and_ready_for_use)
{
	struct pool *pool = pool_of(OBJECT_FUTURE);
	int wrong = 0;

	for (int i = 0; i < OBJECTS; i++) {
		objects[i] = pool_take(pool, OBJECT_FUTURE);
		if (!CHECK(objects[i] != NULL))
			return;
		wrong += objects[i]->kind != OBJECT_FUTURE || objects[i]->refs != 1 ||
			 objects[i]->owned != 0 || objects[i]->epoch == 0;
		objects[i]->spare = (uint32_t)i;
	}
	for (int i = 0; i < OBJECTS; i++)
		wrong += objects[i]->spare != (uint32_t)i;
	CHECK_INT(wrong, 0);
	for (int i = 0; i < OBJECTS; i++)
		pool_give(pool, objects[i]);
}

TEST(the_last_given_back_is_taken_first_and_its_old_handle_is_stale)
{
	struct pool *pool = pool_of(OBJECT_FUTURE);
	struct object *a = pool_take(pool, OBJECT_FUTURE), *b;
	void *old = object_handle(a), *now;

	CHECK(handle_open(old) == a);
	pool_give(pool, a);
	CHECK(handle_open(old) == NULL);
	b = pool_take(pool, OBJECT_FUTURE);
	CHECK(b == a);
	now = object_handle(b);
	CHECK(now != old);
	CHECK(handle_open(old) == NULL);
	CHECK(handle_open(now) == b);
	CHECK(handle_object(old) == b);
	pool_give(pool, b);
}

TEST(an_epoch_is_never_zero)
{
	struct object object = { .epoch = 65535 };

	object_outdate(&object);
	CHECK_INT(object.epoch, 1);
	CHECK(handle_open(&object) == NULL); /* a bare pointer is no handle */
	CHECK(handle_open(NULL) == NULL);
}

/* What a thread leaves, the next one takes, and a handle to it stays stale. */
static void *take_and_leave(void *old)
{
	struct pool *pool = pool_of(OBJECT_EXCEPTION);
	struct object *object;

	coil__thread_register();
	object = pool_take(pool, OBJECT_EXCEPTION);
	*(void **)old = object_handle(object);
	pool_give(pool, object);
	return NULL;
}

TEST(the_memory_of_a_thread_that_ended_can_still_be_looked_at)
{
	void *old[20];
	pthread_t thread;

	for (int i = 0; i < 20; i++) {
		CHECK_INT(pthread_create(&thread, NULL, take_and_leave, &old[i]), 0);
		pthread_join(thread, NULL);
	}
	for (int i = 0; i < 20; i++)
		CHECK(handle_open(old[i]) == NULL);
}
