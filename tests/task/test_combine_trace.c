/* SPDX-License-Identifier: MIT
 *
 * What is recorded of wait, as_completed, shield, timeouts and groups: it keeps the
 * laws of traces, and says who is in what; also when the recording begins in the
 * middle of them.
 */
#include "journal.h"

static coil_result nap(void *seconds)
{
	coil_result r = coil_sleep((double)(intptr_t)seconds);

	return r.error ? r : coil_number((intptr_t)seconds);
}

static coil_result fail(void *unused)
{
	coil_result r = coil_sleep(1);

	return r.error ? r : coil_raise(COIL_VALUE, "v");
}

#define NAP(n) coil_coro(nap, (void *)(n))

static coil_result in_group(void *path)
{
	coil_task_group *g = coil_task_group_new();
	coil_timeout *t = coil_timeout_new(9);
	coil_result r = coil_task_group_enter(g);

	coil_timeout_enter(t);
	coil_task_group_create_task(g, NAP(2));
	coil_sleep(0);
	if (path)
		CHECK_ERROR(coil_trace_start(path), COIL_OK);
	coil_task_group_create_task(g, coil_coro(fail, NULL));
	coil_timeout_reschedule(t, 5);
	r = coil_timeout_exit(t, coil_sleep(9));
	return coil_task_group_exit(g, r);
}

static coil_result everything(void *path)
{
	coil_awaitable *a[] = { NAP(1), NAP(3) };
	coil_as_completed *all = coil_as_completed_new(a, 2, 2);
	coil_future *f[] = { coil_create_task(NAP(4)), coil_shield(NAP(1)) };
	coil_task *group = coil_create_task(coil_coro(in_group, path));
	coil_result r;

	coil_wait(f, 2, 1, COIL_FIRST_COMPLETED);
	while (coil_as_completed_next(all, &r))
		;
	coil_release(all);
	CHECK_ERROR(coil_wait_for(f[0], 1), COIL_TIMEOUT);
	CHECK_ERROR(coil_wait_for(NAP(1), 0), COIL_TIMEOUT);
	CHECK_ERROR(coil_await(group), COIL_EXCEPTION_GROUP);
	coil_release(f[1]);
	return coil_ok(NULL);
}

static char *check_and_print(const char *path)
{
	struct outcome *outcome;

	coil_trace_stop();
	outcome = RUN(test_built("coil"), "check", path);
	harness_check(outcome->status == 0, __FILE__, __LINE__, "coil check:\n%s%s",
		      outcome->out, outcome->err);
	return RUN(test_built("coil"), "print", path)->out;
}

TEST(it_keeps_the_laws)
{
	const char *path = test_path("trace");
	char *said;

	CHECK_ERROR(coil_trace_start(path), COIL_OK);
	CHECK_INT(run_virtual(everything), COIL_OK);
	said = check_and_print(path);
	CHECK_HAS(said, "RESOURCE_CREATED timeout");
	CHECK_HAS(said, "RESOURCE_CREATED task-group");
	CHECK_HAS(said, "RESOURCE_CREATED as-completed");
	CHECK_HAS(said, "FUTURE_CREATED shield");
	CHECK_HAS(said, "FUTURE_CREATED wait");
	CHECK_HAS(said, "FUTURE_CREATED as-completed");
	CHECK_HAS(said, "FUTURE_CREATED task-group");
	CHECK_HAS(said, "RESOURCE_CHANGED reschedule");
	CHECK_HAS(said, "RESOURCE_CHANGED expire");
	CHECK_HAS(said, "RESOURCE_CHANGED abort");
	CHECK_HAS(said, "GATHER_MEMBER");
}

static coil_result from_the_middle(void *unused)
{
	return everything((void *)(uintptr_t)test_path("trace"));
}

TEST(a_recording_that_begins_in_the_middle, .no_laws = "it records itself")
{
	char *said;

	CHECK_INT(run_virtual(from_the_middle), COIL_OK);
	said = check_and_print(test_path("trace"));
	CHECK_HAS(said, "RESOURCE_CREATED task-group");
	CHECK_HAS(said, "RESOURCE_CREATED timeout");
	CHECK_HAS(said, "RESOURCE_CHANGED expire");
}
