/* SPDX-License-Identifier: MIT
 *
 * Tasks: when they step, what they are called, what becomes of their result.
 */
#include "journal.h"

static coil_result say_step(void *word)
{
	note_at(word);
	return coil_ok(NULL);
}

static coil_result return_number(void *number)
{
	return coil_number((intptr_t)number);
}

static coil_result report(coil_loop *loop, const coil_exception_context *context, void *arg)
{
	note("[%s|%s %s]", context->message, coil_error_name(context->exception.error),
	     coil_error_message(context->exception));
	return coil_ok(NULL);
}

static void report_here(void)
{
	coil_loop_set_exception_handler(coil_get_running_loop(), report, NULL);
}

/* ---- steps -------------------------------------------------------------------- */

static coil_result K01(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(say_step, "X"));

	note_at("A");
	CHECK(!coil_future_done(t));
	coil_sleep(0);
	note_at("B");
	CHECK(coil_future_done(t));
	coil_release(t);
	return coil_ok(NULL);
}

TEST(K01_the_first_step_is_in_the_next_iteration)
{
	CHECK_INT(run_ticking(K01), COIL_OK);
	CHECK_LOG("A@1 X@2 B@2");
}

static coil_result K02(void *unused)
{
	coil_release(coil_create_task(coil_coro(say_step, "1")));
	coil_loop_call_soon(coil_get_running_loop(), say_at, "callback");
	coil_release(coil_create_task(coil_coro(say_step, "2")));
	coil_release(coil_create_task(coil_coro(say_step, "3")));
	coil_sleep(0);
	return coil_ok(NULL);
}

TEST(K02_tasks_start_in_the_order_they_were_made)
{
	run_ticking(K02);
	CHECK_LOG("1@2 callback@2 2@2 3@2");
}

static coil_result inner(void *word)
{
	note_at(word);
	coil_sleep(0);
	note_at(word);
	return coil_number(3);
}

static coil_result K06(void *unused)
{
	note_at("before");
	CHECK_INT(coil_await(coil_coro(inner, "inner")).number, 3);
	note_at("after");
	return coil_ok(NULL);
}

TEST(K06_an_awaited_coroutine_runs_at_once_in_the_same_task)
{
	run_ticking(K06);
	CHECK_LOG("before@1 inner@1 inner@2 after@2");
}

static coil_result K07(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(return_number, (void *)7));

	coil_sleep(0);
	note_at("A");
	CHECK_INT(coil_await(coil_retain(t)).number, 7);
	CHECK_INT(coil_await(t).number, 7);
	note_at("B");
	return coil_ok(NULL);
}

TEST(K07_awaiting_a_done_task_does_not_suspend)
{
	run_ticking(K07);
	CHECK_LOG("A@2 B@2");
}

static coil_result K08(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(inner, "t"));

	CHECK_INT(coil_await(t).number, 3);
	note_at("main");
	return coil_ok(NULL);
}

TEST(K08_awaiting_a_task_resumes_one_iteration_after_its_end)
{
	run_ticking(K08);
	CHECK_LOG("t@2 t@3 main@4");
}

/* From a coroutine that is awaited inline, four deep. */
static coil_result level(void *depth)
{
	coil_result r;

	if (depth)
		r = coil_await(coil_coro(level, (char *)depth - 1));
	else
		r = coil_await(coil_create_task(coil_coro(inner, "leaf")));
	r.number++;
	return r;
}

static coil_result deep_await(void *unused)
{
	CHECK_INT(coil_await(coil_coro(level, (void *)4)).number, 8);
	note_at("main");
	return coil_ok(NULL);
}

TEST(K08_however_deep_the_coroutine_that_awaits)
{
	run_ticking(deep_await);
	CHECK_LOG("leaf@2 leaf@3 main@4");
}

/* ---- who runs, and its name ------------------------------------------------------ */

static coil_result tell_name(void *unused)
{
	note("%s", coil_task_get_name(coil_current_task()));
	return coil_ok(NULL);
}

static coil_result K03_K04(void *unused)
{
	coil_task *t1, *t2, *t3;

	coil_await(coil_coro(tell_name, NULL));
	t1 = coil_create_task(coil_coro(tell_name, NULL));
	t2 = coil_create_task(coil_coro(tell_name, NULL), "bob-%d", 7);
	t3 = coil_create_task(coil_coro(tell_name, NULL));
	CHECK_STR(coil_task_get_name(t1), "Task-2");
	CHECK_STR(coil_task_get_name(t2), "bob-7");
	CHECK_STR(coil_task_get_name(t3), "Task-3");
	coil_sleep(0);
	CHECK_STR(coil_task_get_name(t1), "Task-2"); /* done, and still called so */
	coil_release(t1);
	coil_release(t2);
	coil_release(t3);
	coil_await(coil_gather(coil_coro(tell_name, NULL), coil_coro(tell_name, NULL)));
	return coil_ok(NULL);
}

TEST(K03_K04_names_and_numbers)
{
	run_virtual(K03_K04);
	CHECK_LOG("Task-1 Task-2 bob-7 Task-3 Task-4 Task-5");
}

static coil_result K05(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(tell_name, NULL));

	CHECK_ERROR(coil_task_set_name(t, "alice %s", "b"), COIL_OK);
	coil_sleep(0);
	CHECK_ERROR(coil_task_set_name(coil_current_task(), "root"), COIL_OK);
	coil_await(coil_coro(tell_name, NULL));
	CHECK_ERROR(coil_task_set_name(coil_current_task(), "%s", ""), COIL_OK);
	CHECK_STR(coil_task_get_name(coil_current_task()), "");
	coil_release(t);
	return coil_ok(NULL);
}

TEST(K05_set_name)
{
	run_virtual(K05);
	CHECK_LOG("alice b root");
}

static coil_result long_names(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(tell_name, NULL), "%0900d", 1);

	CHECK_INT(strlen(coil_task_get_name(t)), 900);
	CHECK_ERROR(coil_task_set_name(t, "%0500d", 2), COIL_OK);
	CHECK_INT(strlen(coil_task_get_name(t)), 500);
	return coil_await(t);
}

TEST(names_may_be_long)
{
	run_virtual(long_names);
	CHECK_INT(strlen(log_take()), 500);
}

static coil_result no_task_in_a_callback(void *unused)
{
	CHECK(coil_current_task() == NULL);
	note("callback");
	return coil_ok(NULL);
}

static coil_task *outer_task;

static coil_result same_task(void *unused)
{
	CHECK(coil_current_task() == outer_task);
	coil_sleep(0);
	CHECK(coil_current_task() == outer_task);
	return coil_ok(NULL);
}

static coil_result other_task(void *unused)
{
	CHECK(coil_current_task() != outer_task);
	CHECK(coil_current_task() != NULL);
	return coil_ok(NULL);
}

static coil_result K14_K15(void *unused)
{
	outer_task = coil_current_task();
	CHECK(outer_task != NULL);
	coil_loop_call_soon(coil_get_running_loop(), no_task_in_a_callback, NULL);
	coil_release(coil_create_task(coil_coro(other_task, NULL)));
	coil_await(coil_coro(same_task, NULL));
	CHECK(coil_current_task() == outer_task);
	return coil_ok(NULL);
}

TEST(K14_K15_the_current_task)
{
	CHECK(coil_current_task() == NULL);
	run_virtual(K14_K15);
	CHECK(coil_current_task() == NULL);
	CHECK_LOG("callback");
}

/* ---- results ---------------------------------------------------------------------- */

static coil_result K17(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(return_number, (void *)5));
	coil_result r = coil_future_set_result(t, coil_number(1));

	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "Task does not support set_result operation");
	r = coil_future_set_exception(t, COIL_VALUE);
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "Task does not support set_exception operation");
	CHECK(!coil_future_done(t));
	CHECK_INT(coil_await(t).number, 5);
	return coil_ok(NULL);
}

TEST(K17_a_task_cannot_be_completed_from_outside)
{
	run_virtual(K17);
}

static coil_result await_self(void *unused)
{
	coil_result r = coil_await(coil_retain(coil_current_task()));

	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_HAS(coil_error_message(r), "Task cannot await on itself");
	note_at("caught");
	return coil_number(4);
}

static coil_result K18(void *unused)
{
	CHECK_INT(coil_await(coil_create_task(coil_coro(await_self, NULL))).number, 4);
	note_at("main");
	return coil_ok(NULL);
}

TEST(K18_a_task_that_awaits_itself_can_catch_the_error)
{
	run_ticking(K18);
	CHECK_LOG("caught@3 main@4");
}

static coil_result fail_value(void *unused)
{
	return coil_raise(COIL_VALUE, "lost");
}

static coil_result K20(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(fail_value, NULL));
	coil_result r = coil_await(coil_retain(t));

	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), "lost");
	r = coil_await(coil_retain(t));
	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), "lost");
	CHECK(coil_future_done(t));
	CHECK(!coil_future_cancelled(t));
	coil_release(t);
	return coil_ok(NULL);
}

TEST(K20_the_error_of_the_body_is_raised_where_the_task_is_awaited)
{
	run_virtual(K20);
	CHECK_LOG("");
}

static coil_result exit_now(void *unused)
{
	return coil_raise(COIL_SYSTEM_EXIT, "3");
}

TEST(K21_system_exit_is_stored_and_leaves_the_loop)
{
	coil_loop *loop = virtual_loop();
	coil_task *t = coil_loop_create_task(loop, coil_coro(exit_now, NULL));
	coil_result r;

	coil_loop_call_soon(loop, say, "rest");
	r = coil_loop_run_forever(loop);
	CHECK_ERROR(r, COIL_SYSTEM_EXIT);
	CHECK_STR(coil_error_message(r), "3");
	CHECK_LOG("");
	CHECK(coil_future_done(t));
	CHECK_ERROR(coil_future_result(t), COIL_SYSTEM_EXIT);
	run_iterations(loop, 1);
	CHECK_LOG("rest");
	coil_release(t);
	coil_loop_close(loop);
}

static coil_result return_cancelled(void *unused)
{
	return coil_raise(COIL_CANCELLED, "by hand");
}

static coil_result K23(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(return_cancelled, NULL));
	coil_result r = coil_await(coil_retain(t));

	CHECK_ERROR(r, COIL_CANCELLED);
	CHECK(coil_future_cancelled(t));
	CHECK_INT(coil_task_cancelling(t), 0);
	coil_release(t);
	return coil_ok(NULL);
}

TEST(K23_a_body_that_raises_cancelled_makes_the_task_cancelled)
{
	run_virtual(K23);
}

/* ---- tasks that nobody holds or asks ------------------------------------------------- */

static coil_result K26(void *unused)
{
	report_here();
	coil_release(coil_create_task(coil_coro(fail_value, NULL)));
	note("running");
	coil_sleep(0);
	note("main");
	return coil_ok(NULL);
}

TEST(K26_the_error_of_a_task_nobody_awaited_is_reported)
{
	run_virtual(K26);
	CHECK_LOG("running [Task exception was never retrieved|ValueError lost] main");
}

static coil_result K26_held(void *unused)
{
	coil_task *t;

	report_here();
	t = coil_create_task(coil_coro(fail_value, NULL));
	coil_sleep(0);
	note("done");
	coil_release(t);
	note("main");
	t = coil_create_task(coil_coro(fail_value, NULL));
	coil_sleep(0);
	CHECK_ERROR(coil_future_result(t), COIL_VALUE);
	coil_release(t);
	return coil_ok(NULL);
}

TEST(K26_when_the_last_reference_goes)
{
	run_virtual(K26_held);
	CHECK_LOG("done [Task exception was never retrieved|ValueError lost] main");
}

static coil_future *never;

static coil_result wait_for_ever(void *unused)
{
	coil_await(coil_retain(never));
	note("not reached");
	return coil_ok(NULL);
}

static coil_result count_reports(coil_loop *loop, const coil_exception_context *context,
				 void *arg)
{
	note("[%s]", context->message);
	CHECK(context->task != NULL);
	return coil_ok(NULL);
}

/* A loop that is closed over a pending task takes it away. */
TEST(K24_a_task_destroyed_while_pending_is_reported)
{
	coil_loop *loop = virtual_loop();

	coil_loop_set_exception_handler(loop, count_reports, NULL);
	never = coil_loop_create_future(loop);
	coil_release(coil_loop_create_task(loop, coil_coro(wait_for_ever, NULL)));
	run_iterations(loop, 2);
	CHECK_LOG("");
	coil_loop_close(loop);
	CHECK_LOG("[Task was destroyed but it is pending!]");
}

static coil_result goes_on(void *unused)
{
	for (int i = 0; i < 3; i++) {
		coil_sleep(1);
		note("%d", i);
	}
	return coil_ok(NULL);
}

static coil_result let_go(void *unused)
{
	coil_release(coil_create_task(coil_coro(goes_on, NULL)));
	return coil_sleep(10);
}

TEST(a_released_task_runs_on)
{
	run_virtual(let_go);
	CHECK_LOG("0 1 2");
}

TEST(K25_a_task_of_what_is_not_a_coroutine)
{
	coil_loop *loop = virtual_loop();
	coil_future *f = coil_loop_create_future(loop);
	int line;

	line = __LINE__ + 1;
	CHECK(coil_loop_create_task(loop, f) == NULL);
	CHECK_ERROR(coil_last_error(), COIL_TYPE);
	CHECK_HAS(coil_error_message(coil_last_error()), "future");
	CHECK_INT(coil_error_site(coil_last_error())->line, line);
	CHECK(coil_loop_create_task(loop, coil_coro(NULL, NULL)) == NULL);
	CHECK_ERROR(coil_last_error(), COIL_TYPE);
	coil_loop_close(loop);
}

/* ---- many ------------------------------------------------------------------------ */

static int counter;

static coil_result count_and_yield(void *unused)
{
	for (int i = 0; i < 10; i++) {
		counter++;
		coil_sleep(0);
	}
	return coil_ok(NULL);
}

#define TASKS MANY(10000)

static coil_result make_many(void *unused)
{
	static coil_task *tasks[TASKS];

	for (int i = 0; i < TASKS; i++)
		tasks[i] = coil_create_task(coil_coro(count_and_yield, NULL));
	for (int i = 0; i < TASKS; i++)
		CHECK_ERROR(coil_await(tasks[i]), COIL_OK);
	return coil_ok(NULL);
}

TEST(ten_thousand_tasks_that_yield, .seconds = 60)
{
	CHECK_INT(run_virtual(make_many), COIL_OK);
	CHECK_INT(counter, 10 * TASKS);
}

static coil_result make_one_by_one(void *unused)
{
	for (int i = 0; i < 100000; i++)
		if (coil_await(coil_create_task(coil_coro(return_number,
				(void *)(intptr_t)i))).number != i)
			return coil_raise(COIL_VALUE, "task %d", i);
	return coil_ok(NULL);
}

TEST(a_hundred_thousand_tasks_one_after_the_other, .seconds = 60)
{
	CHECK_INT(run_virtual(make_one_by_one), COIL_OK);
}

/* ---- ensure_future, and all that are not done --------------------------------------------- */

static coil_result ensure(void *other)
{
	coil_future *f = coil_create_future();
	coil_task *t = coil_create_task(coil_coro(return_number, (void *)3)), *c;
	char *said;

	CHECK(coil_ensure_future(f) == f);
	CHECK(coil_ensure_future(t) == t);
	c = coil_ensure_future(coil_coro(return_number, (void *)4));
	CHECK_STR(coil_task_get_name(c), "Task-3");
	CHECK(!coil_future_done(c));
	CHECK_INT(coil_await(c).number, 4);
	CHECK_INT(coil_await(t).number, 3);
	CHECK(coil_ensure_future(coil_current_task()) == coil_current_task());
	coil_release(f);
	CHECK(coil_ensure_future(other) == NULL);
	CHECK_LAST_ERROR(COIL_VALUE, "The future belongs to a different loop than the one "
			 "specified as the loop argument");
	capture_begin(2);
	CHECK(coil_ensure_future(f) == NULL);
	CHECK_ERROR(coil_last_error(), COIL_INVALID_HANDLE);
	CHECK(coil_ensure_future(NULL) == NULL);
	CHECK(coil_ensure_future((coil_awaitable *)coil_loop_call_soon(
		coil_get_running_loop(), say, "handle")) == NULL);
	CHECK_ERROR(coil_last_error(), COIL_TYPE);
	said = capture_end();
	CHECK_HAS(said, "ensure_future");
	return coil_ok(NULL);
}

TEST(ensure_future_of_each_kind)
{
	coil_loop *loop = virtual_loop(), *other = virtual_loop();
	char *said;

	CHECK_ERROR(coil_loop_run_until_complete(loop,
		coil_coro(ensure, coil_loop_create_future(other))), COIL_OK);
	capture_begin(2);
	CHECK(coil_ensure_future(coil_coro(return_number, NULL)) == NULL);
	CHECK_LAST_ERROR(COIL_RUNTIME, "no running event loop");
	said = capture_end();
	CHECK_HAS(said, "never awaited");
	coil_loop_close(loop);
	coil_loop_close(other);
}

static coil_result sleep_once(void *unused)
{
	return coil_sleep(1);
}

static coil_result K16(void *unused)
{
	coil_loop *loop = coil_get_running_loop();
	coil_task *a = coil_create_task(coil_coro(sleep_once, NULL));
	coil_task *b = coil_create_task(coil_coro(return_number, NULL));
	coil_future *f = coil_create_future();
	coil_list *all = coil_all_tasks(loop), *later;

	CHECK_INT(all->count, 3);
	CHECK(all->items[0].value == coil_current_task());
	CHECK(all->items[1].value == a);
	CHECK(all->items[2].value == b);
	coil_sleep(0);
	later = coil_all_tasks(loop);
	CHECK_INT(later->count, 2);
	CHECK_INT(all->count, 3);
	coil_task_cancel(a);
	coil_sleep(0);
	CHECK_ERROR(coil_await(a), COIL_CANCELLED);
	coil_release(all);
	coil_release(later);
	all = coil_all_tasks(loop);
	CHECK_INT(all->count, 1);
	coil_release(all);
	coil_release(b);
	coil_release(f);
	return coil_ok(NULL);
}

TEST(K16_all_tasks_are_those_that_are_not_done)
{
	coil_loop *loop = virtual_loop();
	coil_list *all = coil_all_tasks(loop);

	CHECK_INT(all->count, 0);
	coil_release(all);
	coil_release(coil_loop_create_task(loop, coil_coro(K16, NULL)));
	all = coil_all_tasks(loop);
	CHECK_INT(all->count, 1);
	run_iterations(loop, 6);
	coil_release(all);
	all = coil_all_tasks(loop);
	CHECK_INT(all->count, 0);
	coil_release(all);
	coil_loop_close(loop);
	all = coil_all_tasks(loop);
	CHECK_INT(all->count, 0);
	coil_release(all);
}

static coil_result raise_interrupt(void *unused)
{
	return coil_raise(COIL_GENERATOR_EXIT, "of another kind");
}

static coil_result K22(void *unused)
{
	coil_result r = coil_await(coil_create_task(coil_coro(raise_interrupt, NULL)));

	CHECK_ERROR(r, COIL_GENERATOR_EXIT);
	note("goes on");
	return coil_ok(NULL);
}

TEST(K22_a_base_exception_of_another_kind_is_only_stored)
{
	CHECK_INT(run_virtual(K22), COIL_OK);
	CHECK_LOG("goes on");
}

/* ---- reading the result of a task that is done ---------------------------------------------- */

static coil_result returns_list(void *unused)
{
	return coil_await(coil_gather(coil_coro(return_number, (void *)1),
				      coil_coro(fail_value, NULL)));
}

static coil_result returns_good_list(void *unused)
{
	return coil_await(coil_gather(coil_coro(return_number, (void *)1),
				      coil_coro(return_number, (void *)2)));
}

static coil_result read_results(void *unused)
{
	coil_task *list = coil_create_task(coil_coro(returns_good_list, NULL));
	coil_task *failed = coil_create_task(coil_coro(returns_list, NULL));
	coil_task *cancelled = coil_create_task(coil_coro(sleep_once, NULL));
	coil_result e, r;

	CHECK_ERROR(coil_future_result(list), COIL_INVALID_STATE);
	CHECK_ERROR(coil_future_exception(list, &e), COIL_INVALID_STATE);
	coil_task_cancel(cancelled, "why");
	for (int i = 0; i < 5; i++)
		coil_sleep(0);
	r = coil_future_result(list);
	CHECK_INT(((coil_list *)r.value)->items[1].number, 2);
	r = coil_future_result(list); /* and again */
	CHECK_INT(((coil_list *)r.value)->count, 2);
	CHECK_ERROR(coil_future_exception(list, &e), COIL_OK);
	CHECK_ERROR(e, COIL_OK);
	CHECK_ERROR(coil_future_result(failed), COIL_VALUE);
	CHECK_ERROR(coil_future_exception(failed, &e), COIL_OK);
	CHECK_ERROR(e, COIL_VALUE);
	CHECK_STR(coil_error_message(e), "lost");
	CHECK_ERROR(coil_future_exception(cancelled, &e), COIL_CANCELLED);
	CHECK_ERROR(e, COIL_OK);
	coil_release(list);
	coil_release(failed);
	coil_release(cancelled);
	return coil_ok(NULL);
}

TEST(F06_reading_results_of_tasks_that_are_done)
{
	CHECK_INT(run_virtual(read_results), COIL_OK);
}

/* ---- eager tasks ---------------------------------------------------------------- */

static coil_task *itself;

static coil_result retain_itself(void *unused)
{
	itself = coil_retain(coil_current_task());
	return coil_number(7);
}

/* Whoever makes an eager task comes after its first step. */
static coil_result make_one_that_retains_itself(void *unused)
{
	coil_task *t = coil_create_eager_task(coil_coro(retain_itself, NULL));
	coil_future *f;

	CHECK(t == itself);
	coil_release(t);
	CHECK_INT(coil_future_result(itself).number, 7);
	coil_release(itself);
	coil_loop_set_task_factory(coil_get_running_loop(), coil_eager_task_factory);
	f = coil_ensure_future(coil_coro(retain_itself, NULL));
	coil_release(f);
	CHECK_INT(coil_future_result(itself).number, 7);
	coil_release(itself);
	return coil_ok(NULL);
}

TEST(an_eager_task_can_retain_itself_in_its_first_step)
{
	CHECK_STR(CAPTURE_STDERR({ run_virtual(make_one_that_retains_itself); }), "");
}
