/* SPDX-License-Identifier: MIT
 *
 * Coroutines with a copy of their argument, and results that are bytes.
 */
#include <string.h>

#include <coil.h>
#include <coil/generator.h>

#include "faults.h"
#include "journal.h"

struct point {
	int x, y;
	char name[8];
};

static coil_result add(void *arg)
{
	const struct point *p = arg;
	coil_result r = coil_sleep(0.1);

	if (r.error)
		return r;
	note("%s%d", p->name, p->x + p->y);
	return coil_number(p->x + p->y);
}

static coil_coroutine *adding(int x, int y)
{
	struct point p = { x, y, "p" };
	coil_coroutine *coroutine = coil_coro_copy(add, &p);

	memset(&p, 0xff, sizeof(p)); /* it has its own */
	return coroutine;
}

static coil_result await_all_ways(void *unused)
{
	coil_result r = coil_await(adding(1, 2));
	coil_list *list;

	CHECK_INT(r.number, 3);
	r = coil_await(coil_gather(adding(3, 4), coil_create_task(adding(5, 6), "named"),
				   adding(7, 8)));
	list = r.value;
	if (!list)
		return r;
	CHECK_INT(list->items[0].number + list->items[1].number + list->items[2].number, 33);
	CHECK_INT(coil_wait_for(adding(9, 10), 1).number, 19);
	return coil_ok(NULL);
}

static coil_result run_in_loop(coil_function function)
{
	coil_loop *loop = coil_new_event_loop_with_clock(COIL_CLOCK_VIRTUAL);
	coil_result r = coil_last_error();

	if (!loop)
		return r;
	r = coil_loop_run_until_complete(loop, coil_coro(function, NULL));
	coil_loop_close(loop);
	return r;
}

TEST(each_has_its_own_argument)
{
	CHECK_ERROR(run_in_loop(await_all_ways), COIL_OK);
	CHECK_LOG("p3 p11 p7 p15 p19");
}

COIL_GENERATOR(from_a_generator)
{
	COIL_BEGIN;
	COIL_YIELD_FROM(adding(20, 1));
	note("sent%d", (int)COIL_SENT.number);
	COIL_END(coil_ok(NULL));
}

static coil_result await_generator(void *unused)
{
	return coil_await(coil_gather(coil_generator(from_a_generator, NULL),
				      coil_generator(from_a_generator, NULL)));
}

TEST(a_generator_awaits_one)
{
	CHECK_ERROR(run_in_loop(await_generator), COIL_OK);
	CHECK_LOG("p21 sent21 p21 sent21");
}

/* A checker of leaks sees a copy that is left. */
static coil_result end_early(void *unused)
{
	coil_task *unstarted = coil_create_task(adding(1, 1));
	coil_task *asleep = coil_create_task(adding(2, 2));

	coil_task_cancel(unstarted);
	coil_release(unstarted);
	coil_sleep(0);
	coil_task_cancel(asleep);
	coil_release(asleep);
	coil_release(adding(3, 3));
	coil_release(coil_create_task(adding(4, 4)));
	return coil_ok(NULL);
}

TEST(the_copy_goes_with_a_coroutine_that_ends_early)
{
	char *said = CAPTURE_STDERR({ run_in_loop(end_early); });

	CHECK_HAS(said, "coroutine 'add' was never awaited");
	CHECK_HAS(said, "Task was destroyed but it is pending!");
	CHECK_LOG("");
}

/* ---- bytes --------------------------------------------------------------- */

static coil_result point(void *name)
{
	struct point p = { 1, 2, "" };
	coil_result r = coil_sleep(0);

	if (r.error)
		return r;
	snprintf(p.name, sizeof(p.name), "%s", (char *)name);
	return coil_bytes(&p, sizeof(p));
}

static coil_result through(void *name)
{
	return coil_await(coil_coro(point, name));
}

static coil_result take_points(void *unused)
{
	coil_result r = coil_await(coil_gather(coil_coro(point, "a"), coil_coro(through, "b")));
	const coil_list *list = r.value;
	const struct point *a, *b, *kept;

	if (r.error)
		return r;
	a = list->items[0].value;
	b = list->items[1].value;
	CHECK_STR(a->name, "a");
	CHECK_STR(b->name, "b");
	CHECK_INT(coil_bytes_size(a), sizeof(struct point));
	CHECK_INT(coil_bytes_size(list), 0);
	CHECK_INT(coil_bytes_size(NULL), 0);
	r = coil_await(coil_coro(through, "c"));
	if (r.error)
		return r;
	kept = coil_retain(r.value);
	CHECK_STR(kept->name, "c");
	coil_release(r.value);
	coil_release(kept);
	return coil_bytes(NULL, 0);
}

TEST(bytes_are_handed_up_as_lists_are)
{
	CHECK_ERROR(run_in_loop(take_points), COIL_OK);
}

TEST(bytes_outside_of_tasks)
{
	coil_result r = coil_bytes("outside", 8);

	CHECK_STR(r.value, "outside");
	CHECK_INT((uintptr_t)r.value % _Alignof(max_align_t), 0);
	coil_release(r.value);
}

/* ---- scarcity ------------------------------------------------------------ */

static coil_result try_points(void *unused)
{
	coil_result r = take_points(NULL);

	CHECK(!r.error || r.error == COIL_MEMORY);
	r = coil_await(adding(1, 2));
	CHECK(r.error ? r.error == COIL_MEMORY : r.number == 3);
	r = coil_await(coil_generator(from_a_generator, NULL));
	CHECK(!r.error || r.error == COIL_MEMORY);
	return coil_ok(NULL);
}

static void scarce(void *unused)
{
	coil_result r = run_in_loop(try_points);

	CHECK(!r.error || r.error == COIL_MEMORY || r.error == COIL_OS);
}

TEST(every_allocation_may_fail)
{
	CHECK(faults_every(FAULT_MEMORY, scarce, NULL) > 5);
}
