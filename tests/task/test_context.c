/* SPDX-License-Identifier: MIT
 *
 * Contexts: who sees which value of a context variable.
 */
#include <pthread.h>
#include <coil/timeout.h>
#include "journal.h"

static const coil_context_var x = COIL_CONTEXT_VAR("x", "none");
static const coil_context_var y = COIL_CONTEXT_VAR("y", NULL);

static void set_x(const char *value)
{
	CHECK_ERROR(coil_context_var_set(&x, (void *)(uintptr_t)value, NULL), COIL_OK);
}

static const char *get_x(void)
{
	return coil_context_var_get(&x);
}

static coil_result say_x(void *who)
{
	note("%s:%s", (char *)who, get_x());
	return coil_ok(NULL);
}

static coil_result say_x_when_done(coil_future *future, void *who)
{
	return say_x(who);
}

static coil_result keep_quiet(void *unused)
{
	return coil_ok(NULL);
}

/* ---- variables, tokens, and contexts as objects -------------------------------------- */

TEST(a_variable_has_its_default_until_it_is_set)
{
	CHECK_STR(get_x(), "none");
	CHECK(coil_context_var_get(&y) == NULL);
	set_x("a");
	CHECK_STR(get_x(), "a");
	CHECK(coil_context_var_get(&y) == NULL);
	set_x("b");
	CHECK_STR(get_x(), "b");
	CHECK_ERROR(coil_context_var_set(&x, NULL, NULL), COIL_OK);
	CHECK(get_x() == NULL); /* set to NULL is not the default */
}

TEST(a_token_puts_back_what_was_and_that_nothing_was)
{
	coil_context_token first, second, of_y;

	CHECK_ERROR(coil_context_var_set(&x, "a", &first), COIL_OK);
	CHECK_ERROR(coil_context_var_set(&y, "y", &of_y), COIL_OK);
	CHECK_ERROR(coil_context_var_set(&x, "b", &second), COIL_OK);
	CHECK(!first.was_set && second.was_set);
	CHECK_ERROR(coil_context_var_reset(&x, &second), COIL_OK);
	CHECK_STR(get_x(), "a");
	CHECK_ERROR(coil_context_var_reset(&x, &first), COIL_OK);
	CHECK_STR(get_x(), "none");
	CHECK_STR(coil_context_var_get(&y), "y");
	CHECK_ERROR(coil_context_var_reset(&x, &first), COIL_OK); /* and again */
	CHECK_STR(get_x(), "none");
	CHECK_ERROR(coil_context_var_reset(&y, &of_y), COIL_OK);
	CHECK(coil_context_var_get(&y) == NULL);
}

TEST(a_hundred_variables)
{
	static coil_context_var many[100];
	static coil_context_token tokens[100];
	coil_context *copy;

	for (intptr_t i = 0; i < 100; i++)
		CHECK_ERROR(coil_context_var_set(&many[i], (void *)i, &tokens[i]), COIL_OK);
	copy = coil_copy_context();
	for (intptr_t i = 0; i < 100; i += 2)
		CHECK_ERROR(coil_context_var_reset(&many[i], &tokens[i]), COIL_OK);
	for (intptr_t i = 0; i < 100; i++) {
		CHECK(coil_context_var_get(&many[i]) == (void *)(i % 2 ? i : 0));
		CHECK(coil_context_get(copy, &many[i]) == (void *)i);
	}
	for (intptr_t i = 1; i < 100; i += 2)
		CHECK_ERROR(coil_context_var_reset(&many[i], &tokens[i]), COIL_OK);
	coil_release(copy);
}

static coil_result set_and_say(void *value)
{
	note("%s", get_x());
	set_x(value);
	note("%s", get_x());
	return coil_raise(COIL_KEY, "out of the context");
}

static coil_result run_nested(void *context)
{
	set_x("outer");
	CHECK_ERROR(coil_context_run(context, set_and_say, "inner"), COIL_KEY);
	note("%s", get_x());
	return coil_number(7);
}

TEST(context_run_changes_the_context_and_nothing_else)
{
	coil_context *copy, *empty, *both;
	coil_result r;

	set_x("here");
	copy = coil_copy_context();
	empty = coil_context_new();
	set_x("changed");
	r = coil_context_run(copy, set_and_say, "in the copy");
	CHECK_ERROR(r, COIL_KEY);
	CHECK_STR(coil_error_message(r), "out of the context");
	CHECK_STR(get_x(), "changed");
	CHECK_STR(coil_context_get(copy, &x), "in the copy");
	CHECK_STR(coil_context_get(empty, &x), "none");
	CHECK_INT(coil_context_run(empty, run_nested, copy).number, 7);
	CHECK_STR(coil_context_get(copy, &x), "inner");
	CHECK_STR(coil_context_get(empty, &x), "outer");
	CHECK_LOG("here in the copy in the copy inner outer");
	both = coil_retain(copy);
	coil_release(copy);
	CHECK_STR(coil_context_get(both, &x), "inner");
	coil_release(both);
	coil_release(empty);
	CHECK_STR(get_x(), "changed");
}

static coil_result copy_here(void *context)
{
	*(coil_context **)context = coil_copy_context();
	set_x("later");
	return coil_ok(NULL);
}

TEST(a_copy_made_in_a_context_is_of_that_one)
{
	coil_context *empty = coil_context_new(), *copy = NULL;

	set_x("thread");
	CHECK_ERROR(coil_context_run(empty, set_and_say, "a"), COIL_KEY);
	CHECK_ERROR(coil_context_run(empty, copy_here, &copy), COIL_OK);
	CHECK_STR(coil_context_get(copy, &x), "a");
	CHECK_STR(coil_context_get(empty, &x), "later");
	coil_release(copy);
	coil_release(empty);
}

TEST(a_context_that_was_released_is_an_error_and_no_crash)
{
	coil_context *context = coil_context_new();
	coil_loop *loop = virtual_loop();
	coil_future *f = coil_loop_create_future(loop);
	char *said;

	coil_release(context);
	capture_begin(2);
	CHECK_STR(coil_context_get(context, &x), "none");
	CHECK_ERROR(coil_context_run(context, say_x, "no"), COIL_INVALID_HANDLE);
	CHECK(!coil_loop_call_soon_with_context(loop, context, say_x, "no"));
	CHECK_ERROR(coil_last_error(), COIL_INVALID_HANDLE);
	CHECK(!coil_loop_call_later_with_context(loop, context, 1, say_x, "no"));
	CHECK(!coil_loop_call_at_with_context(loop, context, 1, say_x, "no"));
	CHECK_ERROR(coil_future_add_done_callback_with_context(f, context,
		say_x_when_done, "no"), COIL_INVALID_HANDLE);
	CHECK(!coil_loop_call_soon_with_context(loop, (coil_context *)f, say_x, "no"));
	CHECK_ERROR(coil_last_error(), COIL_TYPE);
	coil_loop_close(loop);
	said = capture_end();
	CHECK_HAS(said, "context");
	CHECK_LOG("");
}

/* ---- tasks ----------------------------------------------------------------------------- */

static coil_result child(void *unused)
{
	say_x("child");
	set_x("child's");
	coil_sleep(0);
	say_x("child");
	coil_sleep(1);
	say_x("child");
	return coil_ok(NULL);
}

static coil_result V01_V03(void *unused)
{
	coil_task *t;

	say_x("main");
	set_x("before");
	t = coil_create_task(coil_coro(child, NULL));
	set_x("after");
	coil_sleep(0);
	say_x("main");
	coil_sleep(0);
	say_x("main");
	coil_await(t);
	say_x("main");
	return coil_ok(NULL);
}

TEST(V01_V02_V03_a_task_has_a_copy_of_its_own)
{
	set_x("thread");
	run_virtual(V01_V03);
	CHECK_LOG("main:thread child:before main:after child:child's main:after "
		  "child:child's main:after");
	CHECK_STR(get_x(), "thread");
}

static coil_result inline_child(void *unused)
{
	say_x("inline");
	set_x("inline's");
	return coil_sleep(1);
}

static coil_result V06(void *unused)
{
	set_x("main's");
	coil_await(coil_coro(inline_child, NULL));
	say_x("main");
	return coil_ok(NULL);
}

TEST(V06_a_coroutine_awaited_inline_shares_its_callers)
{
	run_virtual(V06);
	CHECK_LOG("inline:main's main:inline's");
}

static coil_result set_word(void *word)
{
	say_x(word);
	set_x(word);
	coil_sleep(0);
	say_x(word);
	return coil_ok(NULL);
}

static coil_result V07(void *unused)
{
	set_x("main's");
	coil_await(coil_gather(coil_coro(set_word, "a"), coil_coro(set_word, "b")));
	say_x("main");
	return coil_ok(NULL);
}

static coil_result V06_wait_for(void *unused)
{
	set_x("main's");
	coil_wait_for(coil_coro(inline_child, NULL), 5);
	say_x("main");
	return coil_ok(NULL);
}

TEST(V06_also_in_wait_for)
{
	run_virtual(V06_wait_for);
	CHECK_LOG("inline:main's main:inline's");
}

TEST(V07_gather_of_coroutines_each_in_a_copy)
{
	run_virtual(V07);
	CHECK_LOG("a:main's b:main's a:a b:b main:main's");
}

static coil_result in_explicit(void *unused)
{
	coil_context *shared = coil_context_new();
	coil_task *a, *b;

	set_x("main's");
	a = coil_create_task_with_context(coil_coro(set_word, "a"), shared, "named %d", 1);
	b = coil_create_task_with_context(coil_coro(set_word, "b"), shared);
	CHECK_STR(coil_task_get_name(a), "named 1");
	coil_release(shared); /* they hold it */
	coil_await(a);
	coil_await(b);
	say_x("main");
	coil_await(coil_create_task_with_context(coil_coro(set_word, "c"), NULL));
	return coil_ok(NULL);
}

/* 'a' sees what 'b' set between its steps: they share it. */
TEST(V01_a_context_that_is_given_is_used_as_it_is)
{
	run_virtual(in_explicit);
	CHECK_LOG("a:none b:a a:b b:b main:main's c:main's c:c");
}

static coil_result spawn_from_context(void *unused)
{
	coil_release(coil_create_task(coil_coro(set_word, "task")));
	coil_loop_call_soon(coil_get_running_loop(), say_x, "callback");
	return coil_ok(NULL);
}

static coil_result run_in_main(void *unused)
{
	coil_context *context = coil_context_new();

	set_x("main's");
	CHECK_ERROR(coil_context_run(context, set_and_say, "run's"), COIL_KEY);
	CHECK_ERROR(coil_context_run(context, spawn_from_context, NULL), COIL_OK);
	coil_sleep(0);
	coil_sleep(0);
	say_x("main");
	CHECK_STR(coil_context_get(context, &x), "run's");
	coil_release(context);
	return coil_ok(NULL);
}

TEST(V01_V04_what_is_scheduled_in_a_context_copies_that_one)
{
	run_virtual(run_in_main);
	CHECK_LOG("none run's task:run's callback:run's task:task main:main's");
}

static coil_result whole_loop(void *unused)
{
	return coil_number(run_virtual(V06));
}

static coil_result whole_run(void *unused)
{
	return coil_run(coil_coro(V01_V03, NULL));
}

/* As context.run(asyncio.run, main()): the tasks copy it, and do not run in it. */
TEST(V02_a_loop_that_is_run_in_a_context_changes_nothing_in_it)
{
	coil_context *context = coil_context_new();

	CHECK_ERROR(coil_context_run(context, set_and_say, "outer"), COIL_KEY);
	log_take();
	CHECK_INT(coil_context_run(context, whole_loop, NULL).number, 0);
	CHECK_LOG("inline:main's main:inline's");
	CHECK_STR(coil_context_get(context, &x), "outer");
	CHECK_ERROR(coil_context_run(context, whole_run, NULL), COIL_OK);
	CHECK_LOG("main:outer child:before main:after child:child's main:after "
		  "child:child's main:after");
	CHECK_STR(coil_context_get(context, &x), "outer");
	CHECK_STR(get_x(), "none");
	coil_release(context);
}

/* ---- callbacks ------------------------------------------------------------------------- */

static coil_result V04(void *unused)
{
	coil_loop *loop = coil_get_running_loop();

	set_x("soon");
	coil_loop_call_soon(loop, say_x, "call_soon");
	set_x("later");
	coil_loop_call_later(loop, 1, say_x, "call_later");
	set_x("at");
	coil_loop_call_at(loop, 2, say_x, "call_at");
	set_x("threadsafe");
	coil_loop_call_soon_threadsafe(loop, say_x, "call_soon_threadsafe");
	set_x("now");
	coil_sleep(3);
	return coil_ok(NULL);
}

TEST(V04_a_callback_has_the_context_it_was_scheduled_in)
{
	run_virtual(V04);
	CHECK_LOG("call_soon:soon call_soon_threadsafe:threadsafe call_later:later "
		  "call_at:at");
}

static coil_result V05(void *unused)
{
	coil_future *f = coil_create_future();

	set_x("first");
	coil_future_add_done_callback(f, say_x_when_done, "A");
	set_x("second");
	coil_future_add_done_callback(f, say_x_when_done, "B");
	set_x("third");
	coil_future_set_result(f, coil_ok(NULL));
	coil_future_add_done_callback(f, say_x_when_done, "C");
	set_x("fourth");
	coil_sleep(0);
	coil_release(f);
	return coil_ok(NULL);
}

TEST(V05_a_done_callback_has_the_context_it_was_added_in)
{
	run_virtual(V05);
	CHECK_LOG("A:first B:second C:third");
}

static coil_result remove_bound(void *unused)
{
	coil_future *f = coil_create_future();

	set_x("set");
	for (int i = 0; i < 3; i++)
		coil_future_add_done_callback(f, say_x_when_done, "A");
	coil_future_add_done_callback(f, say_x_when_done, "B");
	CHECK_INT(coil_future_remove_done_callback(f, say_x_when_done, "A"), 3);
	CHECK_INT(coil_future_remove_done_callback(f, say_x_when_done, "A"), 0);
	coil_future_set_result(f, coil_ok(NULL));
	coil_sleep(0);
	coil_release(f);
	return coil_ok(NULL);
}

TEST(V05_a_callback_in_a_context_is_found_and_removed)
{
	run_virtual(remove_bound);
	CHECK_LOG("B:set");
}

static coil_result set_in_callback(void *word)
{
	say_x(word);
	set_x(word);
	say_x(word);
	return coil_ok(NULL);
}

static coil_result V08(void *unused)
{
	coil_loop *loop = coil_get_running_loop();

	coil_loop_call_soon(loop, set_in_callback, "A");
	coil_loop_call_soon(loop, set_in_callback, "B");
	coil_sleep(0);
	say_x("main");
	set_x("main's");
	coil_loop_call_soon(loop, set_in_callback, "C");
	coil_loop_call_soon(loop, set_in_callback, "D");
	coil_sleep(0);
	say_x("main");
	return coil_ok(NULL);
}

/* Also where nothing was set yet, and they have no copy to begin with. */
TEST(V08_callbacks_do_not_see_each_others_changes)
{
	run_virtual(V08);
	CHECK_LOG("A:none A:A B:none B:B main:none C:main's C:C D:main's D:D main:main's");
}

static coil_result chain_of_callbacks(void *word)
{
	const char *next = word;

	say_x(word);
	set_x(word);
	if (next[1])
		coil_loop_call_soon(coil_get_running_loop(), chain_of_callbacks, (char *)word + 1);
	set_x("too late");
	return coil_ok(NULL);
}

TEST(V04_of_a_callback_that_a_callback_schedules)
{
	coil_loop *loop = virtual_loop();

	coil_loop_call_soon(loop, chain_of_callbacks, "abc");
	coil_loop_call_soon(loop, say_x, "other");
	run_iterations(loop, 3);
	CHECK_LOG("abc:none other:none bc:abc c:bc");
	CHECK_STR(get_x(), "none");
	coil_loop_close(loop);
}

static coil_result schedule_many(void *unused)
{
	coil_loop *loop = coil_get_running_loop();

	set_x("mine");
	for (int i = 0; i < 1000; i++)
		coil_loop_call_soon(loop, i == 999 ? say_x : keep_quiet, "last");
	note("%s", get_x());
	set_x("changed");
	return coil_ok(NULL);
}

TEST(V08_of_a_callback_that_makes_the_ready_queue_grow)
{
	coil_loop *loop = virtual_loop();

	coil_loop_call_soon(loop, schedule_many, NULL);
	coil_loop_call_soon(loop, say_x, "next");
	run_iterations(loop, 2);
	CHECK_LOG("mine next:none last:mine");
	coil_loop_close(loop);
}

static coil_result spawn_in_callback(void *unused)
{
	set_x("callback's");
	coil_release(coil_create_task(coil_coro(say_x, "task")));
	coil_release(coil_create_eager_task(coil_coro(say_x, "eager")));
	set_x("after");
	return coil_ok(NULL);
}

TEST(V01_of_a_task_that_a_callback_makes)
{
	coil_loop *loop = virtual_loop();

	coil_loop_call_soon(loop, spawn_in_callback, NULL);
	run_iterations(loop, 2);
	CHECK_LOG("eager:callback's task:callback's");
	coil_loop_close(loop);
}

static coil_result with_context(void *unused)
{
	coil_loop *loop = coil_get_running_loop();
	coil_context *c = coil_context_new();
	coil_future *f = coil_create_future();

	set_x("main's");
	coil_loop_call_soon_with_context(loop, c, set_in_callback, "soon");
	coil_loop_call_later_with_context(loop, c, 1, set_in_callback, "later");
	coil_loop_call_at_with_context(loop, c, 2, set_in_callback, "at");
	coil_handle_cancel(coil_loop_call_at_with_context(loop, c, 2, set_in_callback, "no"));
	coil_future_add_done_callback_with_context(f, c, say_x_when_done, "done");
	coil_loop_call_soon_with_context(loop, NULL, set_in_callback, "own");
	coil_sleep(3);
	coil_future_set_result(f, coil_ok(NULL));
	coil_release(c);
	coil_sleep(0);
	coil_release(f);
	say_x("main");
	return coil_ok(NULL);
}

TEST(V04_V05_callbacks_that_share_a_context)
{
	run_virtual(with_context);
	CHECK_LOG("soon:none soon:soon own:main's own:own later:soon later:later "
		  "at:later at:at done:at main:main's");
}

static coil_result read_it(void *pair)
{
	int *fds = pair;
	char c;

	CHECK_INT(read(fds[0], &c, 1), 1);
	say_x("reader");
	set_x("reader's");
	return coil_ok(NULL);
}

static coil_result watch(void *unused)
{
	static int fds[2];
	coil_loop *loop = coil_get_running_loop();

	CHECK_INT(pipe(fds), 0);
	set_x("adder's");
	CHECK_ERROR(coil_loop_add_reader(loop, fds[0], read_it, fds), COIL_OK);
	set_x("after");
	for (int i = 0; i < 2; i++) {
		CHECK_INT(write(fds[1], "x", 1), 1);
		coil_sleep(0.001);
		coil_sleep(0.001);
	}
	coil_loop_remove_reader(loop, fds[0]);
	close(fds[0]);
	close(fds[1]);
	return coil_ok(NULL);
}

/* One handle, and so one context, for all its calls. */
TEST(V04_a_reader_has_the_context_it_was_added_in)
{
	run_virtual(watch);
	CHECK_LOG("reader:adder's reader:reader's");
}

/* ---- errors ---------------------------------------------------------------------------- */

static coil_result say_in_handler(coil_loop *loop, const coil_exception_context *context,
				  void *unused)
{
	note("[%s]", get_x());
	set_x("handler's");
	return coil_ok(NULL);
}

static coil_result fail_in(void *word)
{
	set_x(word);
	return coil_raise(COIL_VALUE, "x");
}

static coil_result fail_everywhere(void *unused)
{
	coil_loop *loop = coil_get_running_loop();
	coil_context *shared = coil_context_new();

	coil_loop_set_exception_handler(loop, say_in_handler, NULL);
	coil_loop_call_soon(loop, fail_in, "unbound"); /* nothing is set yet */
	coil_sleep(0);
	set_x("main's");
	coil_loop_call_soon(loop, fail_in, "bound");
	coil_loop_call_soon_with_context(loop, shared, fail_in, "shared");
	coil_sleep(0);
	CHECK_STR(coil_context_get(shared, &x), "handler's");
	coil_release(coil_create_task(coil_coro(fail_in, "task")));
	coil_sleep(0);
	say_x("main");
	coil_release(shared);
	return coil_ok(NULL);
}

TEST(the_exception_handler_runs_in_the_context_of_what_failed)
{
	run_virtual(fail_everywhere);
	CHECK_LOG("[unbound] [bound] [shared] [task] main:main's");
}

/* ---- threads ------------------------------------------------------------------------------ */

static coil_result end_sleep(void *future)
{
	say_x("call");
	coil_future_set_result(future, coil_ok(NULL));
	return coil_ok(NULL);
}

static coil_loop *threads_loop;

static void *call_from_thread(void *future)
{
	CHECK_STR(get_x(), "none"); /* of its own */
	set_x("thread's");
	coil_loop_call_soon_threadsafe(threads_loop, say_x, "first");
	set_x("changed");
	coil_loop_call_soon_threadsafe(threads_loop, end_sleep, future);
	set_x("gone");
	return NULL;
}

static coil_result call_me(void *unused)
{
	coil_future *f = coil_create_future();
	pthread_t thread;

	threads_loop = coil_get_running_loop();
	set_x("main's");
	CHECK_INT(pthread_create(&thread, NULL, call_from_thread, f), 0);
	coil_await(coil_retain(f));
	pthread_join(thread, NULL);
	coil_release(f);
	say_x("main");
	return coil_ok(NULL);
}

TEST(V04_call_soon_threadsafe_carries_the_threads_context, .real_clock = true)
{
	CHECK_ERROR(coil_run(coil_coro(call_me, NULL)), COIL_OK);
	CHECK_LOG("first:thread's call:changed main:main's");
}

static coil_result count(void *n)
{
	CHECK(coil_context_var_get(&y) == n);
	if (--*(int *)n == 0)
		coil_loop_stop(coil_get_running_loop());
	return coil_ok(NULL);
}

static void *call_often(void *n)
{
	CHECK_ERROR(coil_context_var_set(&y, n, NULL), COIL_OK);
	for (int i = 0; i < 2000; i++)
		CHECK_ERROR(coil_loop_call_soon_threadsafe(threads_loop, count, n), COIL_OK);
	return NULL;
}

TEST(V04_many_calls_from_threads_at_once, .seconds = 60)
{
	pthread_t threads[3];
	int left[3] = { 2000, 2000, 2000 };

	threads_loop = coil_new_event_loop_with_clock(COIL_CLOCK_REAL);
	for (int i = 0; i < 3; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, call_often, &left[i]), 0);
	while (left[0] || left[1] || left[2])
		CHECK_ERROR(coil_loop_run_forever(threads_loop), COIL_OK);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	coil_loop_close(threads_loop);
}

static void close_with_bound_callbacks(int iterations)
{
	coil_loop *loop = virtual_loop();
	coil_future *f = coil_loop_create_future(loop);
	coil_context *c = coil_context_new();

	set_x("set");
	coil_loop_call_soon(loop, say_x, "soon");
	coil_loop_call_later(loop, 5, say_x, "later");
	coil_loop_call_soon_with_context(loop, c, say_x, "shared");
	coil_loop_call_soon_threadsafe(loop, say_x, "threadsafe");
	coil_future_add_done_callback(f, say_x_when_done, "done");
	coil_future_add_done_callback_with_context(f, c, say_x_when_done, "done");
	coil_release(c);
	coil_release(coil_loop_create_task(loop, coil_coro(child, NULL)));
	run_iterations(loop, (unsigned)iterations);
	capture_begin(2);
	coil_loop_close(loop);
	capture_end();
}

TEST(a_loop_closed_over_callbacks_that_have_contexts)
{
	for (int i = 0; i < 3; i++)
		close_with_bound_callbacks(i);
	CHECK_HAS(log_take(), "soon:set shared:none");
}
