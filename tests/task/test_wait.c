/* SPDX-License-Identifier: MIT
 *
 * wait: when it goes on, what is done by then, and what it leaves alone.
 */
#include "journal.h"
#include "faults.h"

static coil_result sleep_for(void *seconds)
{
	coil_result r = coil_sleep((double)(intptr_t)seconds);

	return r.error ? r : coil_number((intptr_t)seconds);
}

static coil_result fail_after(void *seconds)
{
	coil_result r = coil_sleep((double)(intptr_t)seconds);

	return r.error ? r : coil_raise(COIL_VALUE, "after %d", (int)(intptr_t)seconds);
}

static coil_result set(void *future)
{
	coil_future_set_result(future, coil_ok(NULL));
	return coil_ok(NULL);
}

static coil_result report(coil_loop *loop, const coil_exception_context *context, void *arg)
{
	note("[%s]", context->message);
	return coil_ok(NULL);
}

#define TASK(function, n) coil_create_task(coil_coro(function, (void *)(intptr_t)(n)))

static void note_wait(coil_result r)
{
	if (r.error)
		note("%s(%s)", coil_error_name(r.error), coil_error_message(r));
	else
		note("%d@%g", (int)r.number, coil_time());
}

static void drop(coil_future **futures, size_t count)
{
	for (size_t i = 0; i < count; i++)
		coil_release(futures[i]);
}

static coil_result W01(void *unused)
{
	coil_future *f[] = { coil_coro(sleep_for, NULL) };

	note_wait(coil_wait(f, 0, COIL_NO_TIMEOUT, COIL_ALL_COMPLETED));
	note_wait(coil_wait(f, 1, COIL_NO_TIMEOUT, COIL_ALL_COMPLETED));
	coil_await(f[0]);
	f[0] = coil_create_future();
	note_wait(coil_wait(f, 1, (double)NAN, COIL_ALL_COMPLETED));
	note_wait(coil_wait(f, 1, 1, (enum coil_return_when)7));
	coil_release(f[0]);
	return coil_ok(NULL);
}

TEST(W01_none_a_coroutine_nonsense)
{
	run_virtual(W01);
	CHECK_LOG("ValueError(Set of Tasks/Futures is empty.) TypeError(Passing coroutines is "
		  "forbidden, use tasks explicitly.) ValueError(Invalid timeout: NaN (not a "
		  "number)) ValueError(Invalid return_when value: 7)");
}

static coil_result wait_for_two(void *futures)
{
	coil_result r = coil_wait(futures, 2, COIL_NO_TIMEOUT, COIL_ALL_COMPLETED);

	note("%d", r.error ? -1 : (int)r.number);
	note_at("woken");
	return r;
}

static coil_result W02(void *unused)
{
	coil_future *f[] = { coil_create_future(), coil_create_future() };
	coil_task *t = coil_create_task(coil_coro(wait_for_two, f));

	coil_sleep(0);
	set(f[0]);
	coil_sleep(0);
	set(f[1]);
	note_at("set");
	coil_await(t);
	drop(f, 2);
	return coil_ok(NULL);
}

TEST(W02_all_at_plus_2_of_the_last)
{
	run_ticking(W02);
	CHECK_LOG("set@3 2 woken@5");
}

static coil_result W03(void *unused)
{
	coil_future *f[] = { TASK(sleep_for, 3), TASK(sleep_for, 1), TASK(sleep_for, 2),
			     TASK(sleep_for, 1) };

	note_wait(coil_wait(f, 4, COIL_NO_TIMEOUT, COIL_FIRST_COMPLETED));
	note("%d%d%d%d", coil_future_done(f[0]), coil_future_done(f[1]),
	     coil_future_done(f[2]), coil_future_done(f[3]));
	drop(f, 4);
	return coil_ok(NULL);
}

TEST(W03_first_with_all_that_are_done_by_then)
{
	run_virtual(W03);
	CHECK_LOG("2@1 0101");
}

static coil_result W04(void *unused)
{
	coil_future *f[] = { TASK(sleep_for, 1), TASK(fail_after, 2), TASK(sleep_for, 3) };

	note_wait(coil_wait(f, 3, COIL_NO_TIMEOUT, COIL_FIRST_EXCEPTION));
	drop(f, 3);
	return coil_ok(NULL);
}

TEST(W04_W12_first_exception_takes_note_of_it)
{
	run_virtual(W04);
	CHECK_LOG("2@2");
}

static coil_result W05(void *unused)
{
	coil_future *f[] = { TASK(sleep_for, 1), TASK(sleep_for, 5) };

	coil_sleep(0);
	coil_future_cancel(f[1]);
	note_wait(coil_wait(f, 2, COIL_NO_TIMEOUT, COIL_FIRST_EXCEPTION));
	drop(f, 2);
	return coil_ok(NULL);
}

TEST(W05_a_cancelled_one_is_no_exception)
{
	run_virtual(W05);
	CHECK_LOG("2@1");
}

static coil_result W06(void *unused)
{
	coil_future *f[] = { TASK(sleep_for, 1), TASK(sleep_for, 5) };

	note_wait(coil_wait(f, 2, 3, COIL_ALL_COMPLETED));
	note("%d%d", coil_future_done(f[0]), coil_future_done(f[1]));
	note("%d", (int)coil_await(f[1]).number);
	coil_release(f[0]);
	return coil_ok(NULL);
}

TEST(W06_a_timeout_is_no_error_and_cancels_nothing)
{
	run_virtual(W06);
	CHECK_LOG("1@3 10 5");
}

static coil_result W07(void *unused)
{
	coil_future *f[] = { coil_create_future() };

	note_at("wait");
	note_wait(coil_wait(f, 1, 0, COIL_ALL_COMPLETED));
	note_at("woken");
	note_wait(coil_wait(f, 1, -1, COIL_ALL_COMPLETED));
	note_at("woken");
	drop(f, 1);
	return coil_ok(NULL);
}

TEST(W07_a_timeout_of_0_or_less_at_plus_2)
{
	run_ticking(W07);
	CHECK_LOG("wait@1 0@0 woken@3 0@0 woken@5");
}

static coil_result W08(void *unused)
{
	coil_future *f[] = { coil_create_future(), coil_create_future() };

	set(f[0]);
	set(f[1]);
	note_at("wait");
	note_wait(coil_wait(f, 2, 5, COIL_ALL_COMPLETED));
	note_at("woken");
	drop(f, 2);
	return coil_ok(NULL);
}

TEST(W08_all_done_takes_two_iterations_all_the_same)
{
	run_ticking(W08);
	CHECK_LOG("wait@1 2@0 woken@3");
}

static coil_result W09(void *unused)
{
	coil_task *a = TASK(sleep_for, 1), *b = TASK(sleep_for, 2);
	coil_future *f[] = { a, b, a, b, a };

	note_wait(coil_wait(f, 5, COIL_NO_TIMEOUT, COIL_ALL_COMPLETED));
	drop(f, 2);
	return coil_ok(NULL);
}

TEST(W09_duplicates_count_once)
{
	run_virtual(W09);
	CHECK_LOG("2@2");
}

static coil_result W10(void *unused)
{
	coil_future *f[] = { TASK(sleep_for, 3), coil_create_future() };
	coil_task *t = coil_create_task(coil_coro(wait_for_two, f));

	coil_sleep(1);
	coil_future_cancel(t, "enough");
	note_wait(coil_await(t));
	note("%d%d", coil_future_done(f[0]), coil_future_done(f[1]));
	note("%d", (int)coil_await(f[0]).number);
	coil_release(f[1]);
	return coil_ok(NULL);
}

TEST(W10_cancelled_it_leaves_the_futures_alone)
{
	run_virtual(W10);
	CHECK_LOG("-1 woken@0 CancelledError(enough) 00 3");
}

static coil_result W11(void *unused)
{
	coil_future *f[] = { TASK(sleep_for, 2), TASK(sleep_for, 9) };

	coil_sleep(0); /* its timer is made before the wait's */
	note_wait(coil_wait(f, 2, 2, COIL_ALL_COMPLETED));
	drop(f, 2);
	return coil_ok(NULL);
}

TEST(W11_done_at_the_instant_of_the_timeout_is_done)
{
	run_virtual(W11);
	CHECK_LOG("1@2");
}

static coil_result W12(void *unused)
{
	coil_future *f[] = { TASK(fail_after, 1), TASK(fail_after, 1) };

	coil_loop_set_exception_handler(coil_get_running_loop(), report, NULL);
	note_wait(coil_wait(f, 2, COIL_NO_TIMEOUT, COIL_ALL_COMPLETED));
	drop(f, 2);
	f[0] = TASK(fail_after, 1);
	note_wait(coil_wait(f, 1, COIL_NO_TIMEOUT, COIL_FIRST_EXCEPTION));
	drop(f, 1); /* the last to be counted is not looked at */
	return coil_ok(NULL);
}

TEST(W12_exceptions_are_not_retrieved)
{
	run_virtual(W12);
	CHECK_LOG("2@1 [Task exception was never retrieved] [Task exception was never "
		  "retrieved] 1@2 [Task exception was never retrieved]");
}

/* ---- several waits, ends in the middle, misuse ------------------------------------ */

static coil_result wait_short(void *futures)
{
	note_wait(coil_wait(futures, 2, 1, COIL_ALL_COMPLETED));
	return coil_ok(NULL);
}

static coil_result wait_first(void *futures)
{
	note_wait(coil_wait(futures, 2, COIL_NO_TIMEOUT, COIL_FIRST_COMPLETED));
	return coil_ok(NULL);
}

static coil_result many_waits(void *unused)
{
	coil_future *f[] = { TASK(sleep_for, 3), TASK(sleep_for, 5) };
	coil_task *cancelled = coil_create_task(coil_coro(wait_for_two, f));
	coil_future *all = coil_gather(coil_coro(wait_short, f), coil_coro(wait_first, f),
				       coil_coro(wait_for_two, f), coil_coro(wait_short, f));

	coil_sleep(0);
	coil_future_cancel(cancelled);
	coil_await(all);
	coil_release(cancelled);
	drop(f, 2);
	return coil_ok(NULL);
}

TEST(several_waits_on_the_same_futures)
{
	run_virtual(many_waits);
	CHECK_LOG("-1 woken@0 0@1 0@1 1@3 2 woken@0");
}

static coil_result forget(void *unused)
{
	coil_future *f[] = { TASK(sleep_for, 1), coil_create_future(), coil_create_future() };
	coil_task *t = coil_create_task(coil_coro(wait_first, f));

	coil_sleep(0);
	drop(f, 3);             /* the wait has references of its own       */
	coil_sleep(0);
	coil_future_cancel(t);  /* the waiter goes before its callbacks do  */
	return coil_await(t);
}

TEST(the_futures_are_released_meanwhile)
{
	CHECK_INT(run_virtual(forget), COIL_OK);
	CHECK_LOG("CancelledError()");
}

static coil_result wait_for_ever(void *unused)
{
	coil_future *f[] = { coil_create_future(), TASK(sleep_for, 100) };

	coil_wait(f, 2, 1000, COIL_ALL_COMPLETED);
	return coil_ok(NULL);
}

TEST(a_loop_is_closed_in_the_middle_of_a_wait)
{
	coil_loop *loop = virtual_loop();
	char *text;

	coil_release(coil_loop_create_task(loop, coil_coro(wait_for_ever, NULL)));
	run_iterations(loop, 3);
	text = CAPTURE_STDERR({ coil_loop_close(loop); });
	CHECK_HAS(text, "Task was destroyed but it is pending!");
}

TEST(a_wait_outside_of_a_task)
{
	coil_loop *loop = virtual_loop();
	coil_future *f = coil_loop_create_future(loop);
	char *text = CAPTURE_STDERR({
		CHECK_ERROR(coil_wait(&f, 1, 1, COIL_ALL_COMPLETED), COIL_RUNTIME);
	});

	CHECK_HAS(text, "wait outside of a task");
	coil_release(f);
	coil_loop_close(loop);
}

static coil_result wait_for_a_foreign_one(void *other)
{
	coil_future *f = coil_loop_create_future(other);

	CHECK_ERROR(coil_wait(&f, 1, 1, COIL_ALL_COMPLETED), COIL_VALUE);
	coil_release(f);
	CAPTURE_STDERR({
		CHECK_ERROR(coil_wait(&f, 1, 1, COIL_ALL_COMPLETED), COIL_INVALID_HANDLE);
	});
	return coil_ok(NULL);
}

TEST(a_future_of_another_loop_and_a_stale_one)
{
	coil_loop *loop = virtual_loop(), *other = virtual_loop();

	CHECK_ERROR(coil_loop_run_until_complete(loop,
		coil_coro(wait_for_a_foreign_one, other)), COIL_OK);
	coil_loop_close(loop);
	coil_loop_close(other);
}

static coil_result scarce(void *unused)
{
	coil_future *f[] = { TASK(sleep_for, 1), TASK(sleep_for, 2), TASK(sleep_for, 3) };
	coil_result r;

	if (!f[0] || !f[1] || !f[2]) {
		drop(f, 3);
		return coil_raise(COIL_MEMORY, "tasks");
	}
	r = coil_wait(f, 3, 10, COIL_ALL_COMPLETED);
	CHECK(r.error == COIL_MEMORY || r.number == 3 || coil_future_done(f[0]));
	drop(f, 3);
	return r;
}

static void run_scarce(void *unused)
{
	coil_result r = coil_run(coil_coro(scarce, NULL));

	CHECK(!r.error || r.error == COIL_MEMORY || r.error == COIL_OS);
}

TEST(memory_fails_in_wait, .seconds = 60)
{
	CHECK(faults_every(FAULT_MEMORY, run_scarce, NULL) > 0);
}
