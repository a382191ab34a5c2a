/* SPDX-License-Identifier: MIT
 *
 * TaskGroup: whom a failure cancels, when exit ends, and what comes out of it.
 */
#include <malloc.h>
#include "journal.h"
#include "faults.h"

/* "ok", "KeyError(k)", "[KeyError(k) [ValueError(v)]]" */
static void note_result(coil_result r)
{
	size_t n = coil_exception_group_count(r);

	if (!r.error)
		note("ok");
	else if (!n)
		note("%s(%s)", coil_error_name(r.error), coil_error_message(r));
	for (size_t i = 0; i < n; i++) {
		note(i ? "," : "[");
		note_result(coil_exception_group_item(r, i));
	}
	if (n)
		note("]");
}

static coil_result nap(void *seconds)
{
	coil_result r = coil_sleep((double)(intptr_t)seconds);

	note("%d:%s@%g", (int)(intptr_t)seconds, r.error ? coil_error_name(r.error) : "ok",
	     coil_time());
	return r;
}

static coil_result fail(void *seconds)
{
	coil_result r = coil_sleep((double)(intptr_t)seconds);

	return r.error ? r : coil_raise(COIL_VALUE, "%d", (int)(intptr_t)seconds);
}

static coil_result fail_in_the_end(void *word)
{
	coil_sleep(100);
	return coil_raise(COIL_KEY, "%s", (char *)word);
}

static coil_result report(coil_loop *loop, const coil_exception_context *context, void *arg)
{
	note("{%s}", context->message);
	return coil_ok(NULL);
}

static coil_task_group *group;

#define GROUP(function, arg) coil_task_group_create_task(group, coil_coro(function, (void *)(arg)))

/* Enters the group, for those that end by leave(). */
static void enter(void)
{
	group = coil_task_group_new();
	CHECK_ERROR(coil_task_group_enter(group), COIL_OK);
}

static coil_result leave(coil_result body)
{
	coil_result r = coil_task_group_exit(group, body);

	note_result(r);
	return r;
}

static unsigned requests(void)
{
	return coil_task_cancelling(coil_current_task());
}

/* ---- waiting ---------------------------------------------------------------------- */

static coil_result say_now(void *word)
{
	note_at(word);
	return coil_ok(NULL);
}

static coil_result N01(void *unused)
{
	enter();
	leave(coil_number(1));
	note_at("empty");
	enter();
	GROUP(say_now, "a");
	GROUP(say_now, "b");
	leave(coil_ok(NULL));
	note_at("out");
	enter();
	GROUP(say_now, "c");
	coil_sleep(0);
	coil_sleep(0);
	note_at("body");
	leave(coil_ok(NULL));
	note_at("out");
	return coil_ok(NULL);
}

TEST(N01_N02_leaving_waits_and_resumes_at_plus_2)
{
	run_ticking(N01);
	CHECK_LOG("ok empty@1 a@2 b@2 ok out@4 c@5 body@6 ok out@6");
}

static coil_result N03(void *unused)
{
	coil_result r;

	enter();
	GROUP(nap, 5);
	GROUP(fail, 1);
	GROUP(fail_in_the_end, "x");
	GROUP(nap, 9);
	note_result(r = coil_sleep(20));
	r = leave(r);
	CHECK_ERROR(r, COIL_EXCEPTION_GROUP);
	CHECK_STR(coil_error_message(r), "unhandled errors in a TaskGroup");
	note("%u@%g", requests(), coil_time());
	coil_sleep(1);
	return coil_ok(NULL);
}

TEST(N03_N04_N06_N12_a_failure_cancels_the_others_and_the_body)
{
	CHECK_INT(run_virtual(N03), COIL_OK);
	CHECK_LOG("5:CancelledError@1 9:CancelledError@1 CancelledError() [ ValueError(1) , "
		  "KeyError(x) ] 0@1");
}

static coil_result N05(void *unused)
{
	enter();
	GROUP(fail_in_the_end, "a");
	GROUP(nap, 5);
	GROUP(fail_in_the_end, "b");
	coil_sleep(1);
	leave(coil_raise(COIL_INDEX, "body"));
	note("%u", requests());
	enter();
	leave(coil_raise(COIL_INDEX, "alone"));
	return coil_ok(NULL);
}

TEST(N05_N08_an_error_of_the_body_is_the_last)
{
	run_virtual(N05);
	CHECK_LOG("5:CancelledError@1 [ KeyError(a) , KeyError(b) , IndexError(body) ] 0 "
		  "[ IndexError(alone) ]");
}

static coil_result N07(void *unused)
{
	coil_task *t;

	enter();
	GROUP(nap, 2);
	t = coil_retain(GROUP(nap, 9));
	coil_sleep(1);
	coil_future_cancel(t);
	leave(coil_ok(NULL));
	note("%d", coil_future_cancelled(t));
	coil_release(t);
	return coil_ok(NULL);
}

TEST(N07_a_child_cancelled_alone_does_not_abort)
{
	run_virtual(N07);
	CHECK_LOG("9:CancelledError@1 2:ok@2 ok 1");
}

static coil_result never(void *unused)
{
	note("never");
	return coil_ok(NULL);
}

static coil_result refused(void *unused)
{
	coil_sleep(100);
	CHECK(!GROUP(never, NULL));
	CHECK_LAST_ERROR(COIL_RUNTIME, "TaskGroup is shutting down");
	return coil_ok(NULL);
}

static coil_result N09(void *unused)
{
	coil_task_group *g = group = coil_retain(coil_task_group_new());

	CHECK(!GROUP(never, NULL));
	CHECK_LAST_ERROR(COIL_RUNTIME, "TaskGroup has not been entered");
	coil_task_group_enter(g);
	note("%s", coil_error_message(coil_task_group_enter(g)));
	GROUP(refused, NULL);
	GROUP(fail, 1);
	leave(coil_ok(NULL));
	CHECK(!GROUP(never, NULL));
	CHECK_LAST_ERROR(COIL_RUNTIME, "TaskGroup is finished");
	coil_release(g);
	return coil_ok(NULL);
}

TEST(N09_N10_N21_create_task_at_the_wrong_time_closes_the_coroutine)
{
	char *text = CAPTURE_STDERR({ run_virtual(N09); });

	CHECK_LOG("TaskGroup has already been entered [ ValueError(1) ]");
	CHECK_STR(text, ""); /* not even that it was never awaited */
}

static coil_result add_another(void *unused)
{
	coil_sleep(1);
	GROUP(nap, 3);
	return coil_ok(NULL);
}

static coil_result N11(void *unused)
{
	enter();
	GROUP(add_another, NULL);
	leave(coil_ok(NULL));
	note("@%g", coil_time());
	return coil_ok(NULL);
}

TEST(N11_a_child_adds_another_during_exit)
{
	run_virtual(N11);
	CHECK_LOG("3:ok@4 ok @4");
}

/* ---- cancelled from outside --------------------------------------------------------- */

static coil_result hold_group(void *child)
{
	coil_result r;

	enter();
	GROUP((coil_function)child, 5);
	r = leave(coil_ok(NULL));
	note_at("left");
	note("%u", requests());
	return r;
}

static coil_result N13(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(hold_group, (void *)nap));

	coil_sleep(0);
	coil_sleep(0);
	note_at("cancel");
	coil_future_cancel(t, "m");
	note_result(coil_await(t));
	return coil_ok(NULL);
}

TEST(N13_N14_cancelled_in_the_exit_it_takes_four_iterations)
{
	run_ticking(N13);
	CHECK_LOG("cancel@3 5:CancelledError@0 CancelledError(m) left@7 1 CancelledError(m)");
}

static coil_result fail_when_cancelled(void *unused)
{
	coil_sleep(100);
	return coil_raise(COIL_KEY, "k");
}

static coil_result hold_and_go_on(void *uncancel)
{
	coil_result r;

	enter();
	GROUP(fail_when_cancelled, NULL);
	r = leave(coil_ok(NULL));
	note("%u", requests());
	if (uncancel)
		coil_task_uncancel(coil_current_task());
	note_result(r = coil_sleep(1));
	return r;
}

static coil_result N15(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(hold_and_go_on, NULL)),
		  *u = coil_create_task(coil_coro(hold_and_go_on, "uncancel"));

	coil_sleep(0);
	coil_future_cancel(t);
	coil_await(coil_retain(t));
	coil_sleep(0);
	note("/");
	coil_future_cancel(u);
	coil_await(u);
	coil_release(t);
	return coil_ok(NULL);
}

TEST(N15_N16_N17_errors_and_a_cancellation)
{
	run_virtual(N15);
	CHECK_LOG("[ KeyError(k) ] 1 CancelledError() / [ KeyError(k) ] 1 ok");
}

static coil_result stubborn(void *unused)
{
	coil_sleep(100);
	coil_sleep(4);
	note("ended");
	return coil_ok(NULL);
}

static coil_result N18(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(hold_group, (void *)stubborn));

	for (int i = 0; i < 3; i++) {
		coil_sleep(1);
		coil_future_cancel(t, "%d", i);
	}
	note_result(coil_await(t));
	note("@%g", coil_time());
	return coil_ok(NULL);
}

TEST(N18_repeated_cancels_do_not_end_the_wait)
{
	run_virtual(N18);
	CHECK_LOG("ended CancelledError(0) left@0 3 CancelledError(0) @5");
}

static coil_result N19_body(void *unused)
{
	enter();
	GROUP(nap, 3);
	note_result(coil_sleep(9)); /* swallowed */
	return leave(coil_ok(NULL));
}

static coil_result N19(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(N19_body, NULL));

	coil_sleep(1);
	coil_future_cancel(t);
	note_result(coil_await(t));
	return coil_ok(NULL);
}

TEST(N19_swallowed_in_the_body_the_group_goes_on)
{
	run_virtual(N19);
	CHECK_LOG("CancelledError() 3:ok@3 ok ok");
}

static coil_result N20(void *unused)
{
	coil_task_group *outer = coil_task_group_new();
	coil_result r = coil_task_group_enter(outer);

	group = outer;
	GROUP(fail, 5);
	enter();
	GROUP(fail, 1);
	r = leave(r);
	note_result(coil_task_group_exit(outer, r));
	return coil_ok(NULL);
}

TEST(N20_nested)
{
	run_virtual(N20);
	CHECK_LOG("[ ValueError(1) ] [ [ ValueError(1) ] ]");
}

static coil_result interrupt(void *unused)
{
	coil_sleep(1);
	return coil_raise(COIL_KEYBOARD_INTERRUPT, "^C");
}

static coil_result N23(void *unused)
{
	enter();
	GROUP(interrupt, NULL);
	GROUP(nap, 9);
	return leave(coil_ok(NULL));
}

TEST(N23_a_keyboard_interrupt_passes_out_raw)
{
	coil_loop *loop = virtual_loop();
	coil_task *t = coil_loop_create_task(loop, coil_coro(N23, NULL));

	CHECK_ERROR(coil_loop_run_until_complete(loop, coil_retain(t)),
		    COIL_KEYBOARD_INTERRUPT);
	note("/");
	CHECK_ERROR(coil_loop_run_until_complete(loop, t), COIL_KEYBOARD_INTERRUPT);
	CHECK_LOG("/ 9:CancelledError@1 KeyboardInterrupt(^C)");
	coil_loop_close(loop);
}

static coil_result N24(void *unused)
{
	coil_task *t;

	enter();
	t = coil_task_group_create_task(group, coil_coro(nap, (void *)1), "n%d", 24);
	note("%s", coil_task_get_name(t));
	note_result(coil_await(t)); /* borrowed: awaiting it takes a reference */
	return leave(coil_ok(NULL));
}

TEST(N24_names)
{
	CHECK_INT(run_virtual(N24), COIL_OK);
	CHECK_LOG("n24 1:ok@1 ok ok");
}

/* ---- misuse ----------------------------------------------------------------------- */

static coil_result forget_exit(void *unused)
{
	enter();
	GROUP(fail, 2);
	GROUP(nap, 3);
	return coil_ok(NULL);
}

static coil_result without_exit(void *unused)
{
	coil_loop_set_exception_handler(coil_get_running_loop(), report, NULL);
	coil_await(coil_create_task(coil_coro(forget_exit, NULL), "parent"));
	return coil_sleep(5);
}

TEST(left_without_exit)
{
	CHECK_INT(run_virtual(without_exit), COIL_OK);
	CHECK_HAS(log_text, "has errored out but its parent task 'parent' is already completed}");
	CHECK_HAS(log_take(), "3:ok@3");
}

static coil_result released(void *unused)
{
	enter();
	GROUP(nap, 1);
	coil_release(group); /* the child keeps it */
	coil_sleep(2);
	CAPTURE_STDERR({ CHECK(!GROUP(never, NULL)); });
	CHECK_ERROR(coil_last_error(), COIL_INVALID_HANDLE);
	CAPTURE_STDERR({
		CHECK_ERROR(coil_task_group_exit(group, coil_ok(NULL)), COIL_INVALID_HANDLE);
	});
	return coil_ok(NULL);
}

TEST(released_instead_of_left)
{
	CHECK_INT(run_virtual(released), COIL_OK);
	CHECK_LOG("1:ok@1");
}

static coil_result exit_it(void *g)
{
	return coil_task_group_exit(g, coil_ok(NULL));
}

static coil_result exit_twice(void *unused)
{
	coil_task *t;
	char *text;

	enter();
	coil_retain(group);
	GROUP(nap, 2);
	t = coil_create_task(coil_coro(exit_it, group)); /* by another task */
	coil_sleep(1);
	text = CAPTURE_STDERR({
		CHECK_ERROR(coil_task_group_exit(group, coil_ok(NULL)), COIL_RUNTIME);
	});
	CHECK_HAS(text, "TaskGroup has already been exited");
	note_result(coil_await(t));
	return coil_ok(NULL);
}

TEST(exit_by_another_task_and_twice)
{
	CHECK_INT(run_virtual(exit_twice), COIL_OK);
	CHECK_LOG("2:ok@2 ok");
}

static coil_result not_entered(void *unused)
{
	coil_task_group *g = coil_task_group_new();

	note_result(coil_task_group_exit(g, coil_raise(COIL_KEY, "k")));
	note_result(coil_task_group_exit(NULL, coil_ok(NULL)));
	enter();
	CAPTURE_STDERR({
		CHECK(!coil_task_group_create_task(group, coil_create_future()));
	});
	CHECK_ERROR(coil_last_error(), COIL_TYPE);
	leave(coil_ok(NULL));
	return coil_ok(NULL);
}

TEST(not_entered_and_no_coroutine)
{
	coil_task_group *g = coil_task_group_new();

	CHECK_STR(coil_error_message(coil_task_group_enter(g)),
		  "TaskGroup cannot determine the parent task");
	coil_release(g);
	run_virtual(not_entered);
	CHECK_LOG("KeyError(k) ok ok");
}

TEST(a_loop_is_closed_in_the_middle_of_a_group)
{
	for (unsigned n = 1; n < 6; n++) {
		coil_loop *loop = virtual_loop();

		coil_release(coil_loop_create_task(loop, coil_coro(N03, NULL)));
		run_iterations(loop, n);
		CAPTURE_STDERR({ coil_loop_close(loop); });
	}
}

/* Exit waits for the children whatever fails. */
static unsigned running;

static coil_result counted(void *seconds)
{
	coil_result r;

	running++;
	r = coil_sleep((double)(intptr_t)seconds);
	running--;
	return r.error ? r : coil_raise(COIL_VALUE, "v");
}

static coil_result scarce(void *unused)
{
	coil_task_group *g = coil_task_group_new();
	coil_result r = coil_task_group_enter(g);

	for (intptr_t i = 1; !r.error && i < 4; i++)
		if (!coil_task_group_create_task(g, coil_coro(counted, (void *)i), "t%d", (int)i))
			r = coil_last_error();
	r = coil_task_group_exit(g, r);
	CHECK_INT(running, 0);
	CHECK(r.error == COIL_EXCEPTION_GROUP || r.error == COIL_MEMORY || r.error == COIL_OS);
	return r;
}

static void run_scarce(void *unused)
{
	coil_result r = coil_run(coil_coro(scarce, NULL));

	CHECK(r.error == COIL_EXCEPTION_GROUP || r.error == COIL_MEMORY || r.error == COIL_OS);
}

TEST(memory_fails_in_a_group, .seconds = 60)
{
	CHECK(faults_every(FAULT_MEMORY, run_scarce, NULL) > 0);
}

/* ---- a loop that is closed while a group is left --------------------------------- */

static coil_result stop_here(void *unused)
{
	coil_loop_stop(coil_get_running_loop());
	return coil_ok(NULL);
}

static coil_result never_end(void *unused)
{
	coil_sleep(1);
	coil_loop_call_soon(coil_get_running_loop(), stop_here, NULL);
	return coil_await(coil_create_future());
}

/* The error that it is left by is not the stack's alone, which is not gone back to. */
static coil_result leave_for_ever(void *unused)
{
	coil_task_group *left = coil_task_group_new();

	coil_task_group_enter(left);
	coil_task_group_create_task(left, coil_coro(never_end, NULL));
	coil_sleep(0);
	return coil_task_group_exit(left, coil_raise(COIL_VALUE, "of the body"));
}

TEST(a_loop_that_is_closed_takes_the_error_of_the_body_with_it)
{
	size_t before = 0;

	for (int i = 0; i < 400; i++) {
		if (i == 100)
			before = mallinfo2().uordblks;
		CHECK_INT(run_virtual(leave_for_ever), COIL_RUNTIME);
	}
	if (before)
		CHECK(mallinfo2().uordblks < before + 1000);
}
