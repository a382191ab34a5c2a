/* SPDX-License-Identifier: MIT
 *
 * Debug mode: where things were made, and by which chain of awaits; and the reports that
 * say so, whole.
 */
#include <pthread.h>
#include "base/place.h"
#include "faults.h"
#include "journal.h"

static coil_loop *loop;

/* TEXT with FILE for the name of this file. */
static const char *short_names(const char *text)
{
	static char out[8000];
	size_t used = 0, skip = strlen(__FILE__);

	while (*text && used < sizeof(out) - 5) {
		if (strncmp(text, __FILE__, skip) == 0) {
			memcpy(out + used, "FILE", 4);
			used += 4;
			text += skip;
		} else {
			out[used++] = *text++;
		}
	}
	out[used] = '\0';
	return out;
}

/* Runs MAIN in debug mode.  Result: what it wrote to standard error. */
static const char *said_by(coil_function main, int *run_line)
{
	capture_begin(2);
	*run_line = __LINE__ + 1;
	coil_run(coil_coro(main, NULL), .debug = COIL_DEBUG_ON);
	return short_names(capture_end());
}

/* ---- the chain ------------------------------------------------------------- */

/* "main:12 outer:30 ...", from the outermost. */
static void note_chain(const coil_site *site)
{
	const coil_site *sites[16];
	size_t count = coil_site_traceback(site, sites, 16);

	for (size_t i = 0; i < count; i++)
		note("%s/%s", sites[i]->function, sites[i]->callee);
}

static coil_result look(coil_loop *of, const coil_exception_context *context, void *unused)
{
	CHECK(context->source_traceback == context->site);
	note_chain(context->source_traceback);
	return coil_ok(NULL);
}

static coil_result fail(void *unused)
{
	return coil_raise(COIL_VALUE, "x");
}

static coil_result innermost(void *unused)
{
	coil_loop_call_soon(coil_get_running_loop(), fail, NULL);
	coil_sleep(0);
	return coil_ok(NULL);
}

static coil_result inner(void *unused)
{
	coil_sleep(0);
	return coil_await(coil_coro(innermost, NULL));
}

static coil_result outer(void *unused)
{
	coil_await(coil_coro(inner, NULL));
	coil_loop_call_soon(coil_get_running_loop(), fail, NULL);
	coil_sleep(0);
	return coil_ok(NULL);
}

static coil_loop *looking_loop(void)
{
	loop = virtual_loop();
	coil_loop_set_debug(loop, true);
	coil_loop_set_exception_handler(loop, look, NULL);
	return loop;
}

TEST(D07_a_report_has_the_chain_that_led_there)
{
	coil_loop_run_until_complete(looking_loop(), coil_coro(outer, NULL));
	CHECK_LOG("test_D07_a_report_has_the_chain_that_led_there/run_until_complete "
		  "outer/coil_coro(inner, NULL) inner/coil_coro(innermost, NULL) innermost/fail "
		  "test_D07_a_report_has_the_chain_that_led_there/run_until_complete outer/fail");
	coil_loop_close(loop);
}

TEST(without_debug_mode_a_site_is_alone)
{
	static const coil_site site = { "f", "a.c", 1, "g", "" };
	const coil_site *sites[2] = { NULL, NULL };

	CHECK_INT(coil_site_traceback(&site, sites, 2), 1);
	CHECK(sites[0] == &site);
	CHECK_INT(coil_site_traceback(NULL, sites, 2), 0);
	CHECK_INT(coil_site_traceback(&site, NULL, 0), 1);
}

static coil_result dig(void *depth)
{
	if (*(int *)depth == 0)
		return coil_ok(coil_loop_call_soon(coil_get_running_loop(), fail, NULL));
	--*(int *)depth;
	return coil_await(coil_coro(dig, depth));
}

TEST(the_innermost_ten_are_kept)
{
	int depth = 20;

	coil_loop_run_until_complete(looking_loop(), coil_coro(dig, &depth));
	run_iterations(loop, 1);
	CHECK_LOG("dig/coil_coro(dig, depth) dig/coil_coro(dig, depth) dig/coil_coro(dig, depth) "
		  "dig/coil_coro(dig, depth) dig/coil_coro(dig, depth) dig/coil_coro(dig, depth) "
		  "dig/coil_coro(dig, depth) dig/coil_coro(dig, depth) dig/coil_coro(dig, depth) "
		  "dig/fail");
	coil_loop_close(loop);
}

COIL_GENERATOR(leaf_generator)
{
	COIL_BEGIN;
	coil_loop_call_soon(coil_get_running_loop(), fail, NULL);
	COIL_YIELD_FROM(coil_coro(innermost, NULL));
	COIL_END(coil_ok(NULL));
}

COIL_GENERATOR(root_generator)
{
	COIL_BEGIN;
	COIL_YIELD_FROM_SLEEP(0);
	COIL_YIELD_FROM(coil_generator(leaf_generator, NULL));
	COIL_END(coil_ok(NULL));
}

TEST(frames_are_links_too)
{
	coil_loop_run_until_complete(looking_loop(), coil_generator(root_generator, NULL));
	run_iterations(loop, 1);
	CHECK_LOG("test_frames_are_links_too/run_until_complete "
		  "root_generator_step/coil_generator(leaf_generator, NULL) "
		  "leaf_generator_step/fail "
		  "test_frames_are_links_too/run_until_complete "
		  "root_generator_step/coil_generator(leaf_generator, NULL) "
		  "leaf_generator_step/coil_coro(innermost, NULL) innermost/fail");
	coil_loop_close(loop);
}

static coil_result awaits_generator(void *unused)
{
	return coil_await(coil_generator(leaf_generator, NULL));
}

TEST(a_native_coroutine_may_be_above_a_frame)
{
	coil_loop_run_until_complete(looking_loop(), coil_coro(awaits_generator, NULL));
	run_iterations(loop, 1);
	CHECK_LOG("test_a_native_coroutine_may_be_above_a_frame/run_until_complete "
		  "awaits_generator/coil_generator(leaf_generator, NULL) "
		  "leaf_generator_step/fail "
		  "test_a_native_coroutine_may_be_above_a_frame/run_until_complete "
		  "awaits_generator/coil_generator(leaf_generator, NULL) "
		  "leaf_generator_step/coil_coro(innermost, NULL) innermost/fail");
	coil_loop_close(loop);
}

static coil_result turn(void *on)
{
	coil_loop_set_debug(loop, on != NULL);
	coil_loop_call_soon(loop, fail, NULL);
	coil_sleep(0);
	return coil_ok(NULL);
}

static coil_result turn_on_and_off(void *unused)
{
	coil_await(coil_coro(turn, "on"));
	coil_await(coil_coro(turn, "on"));
	coil_await(coil_coro(turn, NULL));
	coil_await(coil_coro(turn, "on"));
	return coil_ok(NULL);
}

static coil_result count_links(coil_loop *of, const coil_exception_context *context,
			       void *unused)
{
	CHECK(context->source_traceback == context->site || !context->source_traceback);
	note("%d", context->source_traceback ?
	     (int)coil_site_traceback(context->source_traceback, NULL, 0) : 0);
	return coil_ok(NULL);
}

/* What was awaited before it was turned on is no link; what was made when it is off has
 * no chain. */
TEST(it_can_be_turned_on_and_off_inside_of_awaits)
{
	loop = virtual_loop();
	coil_loop_set_debug(loop, false);
	coil_loop_set_exception_handler(loop, count_links, NULL);
	coil_loop_run_until_complete(loop, coil_coro(turn_on_and_off, NULL));
	CHECK_LOG("2 3 0 2");
	coil_loop_close(loop);
}

/* ---- places ---------------------------------------------------------------- */

static const coil_site a = { "f", "a.c", 1, "a", "" }, b = { "g", "b.c", 2, "b", "" };
static const coil_site *const chain[] = { &a, &b };

TEST(a_place_is_made_once)
{
	const coil_site *one = coil__place_make(&a, chain, 2), *other;

	CHECK(one != &a);
	CHECK_STR(one->file, "a.c");
	CHECK(coil__place_make(&a, chain, 2) == one);
	other = coil__place_make(&a, chain, 1);
	CHECK(other != one);
	CHECK(coil__place_make(&b, chain, 2) != one);
	CHECK(coil__place_make(one, chain, 1) == one);
	CHECK(coil__place_make(NULL, chain, 1) == NULL);
	CHECK(coil__place_site(one) == &a && coil__place_site(&a) == &a);
	CHECK(coil__place_if_made(one) == one && !coil__place_if_made(&a));
}

static void *make_many(void *sites)
{
	const coil_site *all = sites;
	size_t wrong = 0;

	for (int round = 0; round < 20; round++)
		for (int i = 0; i < 200; i++) {
			const coil_site *made = coil__place_make(&all[i], chain, 2);

			wrong += coil__place_site(made) != &all[i] ||
				 coil__place_make(&all[i], chain, 2) != made;
		}
	return (void *)wrong;
}

TEST(threads_make_the_same_place)
{
	static coil_site sites[200];
	pthread_t threads[3];
	void *wrong;

	for (int i = 0; i < 200; i++)
		sites[i] = a;
	for (int i = 0; i < 3; i++)
		REQUIRE(pthread_create(&threads[i], NULL, make_many, sites) == 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], &wrong);
		CHECK(wrong == NULL);
	}
}

TEST(without_memory_the_site_stands_for_itself)
{
	const coil_site *made;

	faults_fail(FAULT_MEMORY, 1);
	made = coil__place_make(&b, chain, 1);
	CHECK(faults_clear());
	CHECK(made == &b);
	CHECK(coil__place_make(&b, chain, 1) != &b);
}

TEST(there_are_so_many_places_at_most)
{
	coil_site *sites = calloc(PLACES_MAX + 10, sizeof(*sites));
	int made = 0;

	REQUIRE(sites);
	for (int i = 0; i < PLACES_MAX + 10; i++) {
		sites[i] = a;
		made += coil__place_make(&sites[i], NULL, 0) != &sites[i];
	}
	CHECK_INT(made, PLACES_MAX);
	free(sites);
}

/* ---- reports --------------------------------------------------------------- */

static int made_line;

static coil_result test(void *unused)
{
	return coil_ok(NULL);
}

static coil_result forget_it(void *unused)
{
	made_line = __LINE__ + 1;
	coil_release(coil_coro(test, NULL));
	return coil_ok(NULL);
}

TEST(D08_a_coroutine_never_awaited_is_reported_with_its_origin)
{
	int line;
	const char *said = said_by(forget_it, &line);

	CHECK_STR(said, text(
		"coil: FILE:%d: in forget_it: RuntimeWarning: coroutine 'test' was never awaited\n"
		"Coroutine created at (most recent call last)\n"
		"  File \"FILE\", line %d, in said_by\n"
		"    run(coil_coro(main, NULL))\n"
		"  File \"FILE\", line %d, in forget_it\n"
		"    test()\n", made_line, line, made_line));
}

static int raise_line, await_line;

static coil_result bug_inside(void *unused)
{
	raise_line = __LINE__ + 1;
	return coil_raise(COIL_EXCEPTION, "not consumed");
}

static coil_result bug(void *unused)
{
	await_line = __LINE__ + 1;
	return coil_await(coil_coro(bug_inside, NULL));
}

static coil_result drop_bug(void *unused)
{
	made_line = __LINE__ + 1;
	coil_release(coil_create_task(coil_coro(bug, NULL)));
	coil_sleep(0);
	return coil_ok(NULL);
}

TEST(an_exception_never_retrieved_is_reported_with_both_tracebacks)
{
	int line;
	const char *said = said_by(drop_bug, &line);

	CHECK_STR(said, text(
		"Task exception was never retrieved\n"
		"future: <Task finished name='Task-2' coro=<bug() done, defined at FILE:%d> "
		"exception=Exception('not consumed') created at FILE:%d>\n"
		"source_traceback: Object created at (most recent call last):\n"
		"  File \"FILE\", line %d, in said_by\n"
		"    run(coil_coro(main, NULL))\n"
		"  File \"FILE\", line %d, in drop_bug\n"
		"    create_task(coil_coro(bug, NULL))\n"
		"Traceback (most recent await last):\n"
		"  File \"FILE\", line %d, in bug\n"
		"    coil_coro(bug_inside, NULL)\n"
		"  File \"FILE\", line %d, in bug_inside\n"
		"Exception: not consumed\n",
		made_line, made_line, line, made_line, await_line, raise_line));
}

static coil_result call_failing(void *unused)
{
	made_line = __LINE__ + 1;
	coil_loop_call_soon(coil_get_running_loop(), fail, NULL);
	coil_sleep(0);
	return coil_ok(NULL);
}

TEST(an_exception_in_a_callback_is_reported_with_its_origin)
{
	int line;
	const char *said = said_by(call_failing, &line);

	CHECK_HAS(said, text(
		"Exception in callback fail()\n"
		"handle: <Handle fail() at FILE:%d>\n"
		"source_traceback: Object created at (most recent call last):\n"
		"  File \"FILE\", line %d, in said_by\n"
		"    run(coil_coro(main, NULL))\n"
		"  File \"FILE\", line %d, in call_failing\n"
		"    fail()\n"
		"Traceback (most recent await last):\n", made_line, line, made_line));
}

static coil_result complain(void *unused)
{
	coil_exception_context context = { .message = "odd" };

	coil_loop_call_exception_handler(coil_get_running_loop(), &context);
	return coil_ok(NULL);
}

static coil_result call_complain(void *unused)
{
	made_line = __LINE__ + 1;
	coil_loop_call_soon(coil_get_running_loop(), complain, NULL);
	coil_sleep(0);
	return coil_ok(NULL);
}

TEST(a_report_without_an_origin_has_that_of_the_running_handle)
{
	int line;
	const char *said = said_by(call_complain, &line);

	CHECK_STR(said, text(
		"odd\n"
		"handle_traceback: Handle created at (most recent call last):\n"
		"  File \"FILE\", line %d, in said_by\n"
		"    run(coil_coro(main, NULL))\n"
		"  File \"FILE\", line %d, in call_complain\n"
		"    complain()\n", line, made_line));
}

static coil_result hang_inside(void *unused)
{
	return coil_await(coil_create_future());
}

static coil_result hang(void *unused)
{
	await_line = __LINE__ + 1;
	return coil_await(coil_coro(hang_inside, NULL));
}

/* coro= is where the outermost coroutine is; wait_for= what the innermost waits for. */
TEST(a_task_destroyed_while_pending_is_reported_with_where_it_is)
{
	char *said;

	loop = virtual_loop();
	coil_loop_set_debug(loop, true);
	coil_release(coil_loop_create_task(loop, coil_coro(hang, NULL), "it's me"));
	run_iterations(loop, 1);
	capture_begin(2);
	coil_loop_close(loop);
	said = keep(strdup(short_names(capture_end())));
	CHECK_HAS(said, "Task was destroyed but it is pending!\nsource_traceback: Object created at ");
	CHECK_HAS(said, text("task: <Task pending name=\"it's me\" coro=<hang() running at FILE:%d> "
			     "wait_for=<Future pending cb=[Task.task_wakeup()] created at FILE:",
			     await_line));
}

static coil_result cancel_of(void *task)
{
	coil_future_cancel(task, "stop");
	return coil_ok(NULL);
}

static coil_result show(coil_loop *of, const coil_exception_context *context, void *unused)
{
	capture_begin(2);
	coil_loop_default_exception_handler(of, context);
	note("%s", short_names(capture_end()));
	return coil_ok(NULL);
}

/* One, two and three callbacks; a task that is being cancelled; who waits for whom. */
static coil_result on_done(coil_future *future, void *unused)
{
	return coil_ok(NULL);
}

static const char *repr_of(coil_future *future)
{
	coil_exception_context context = { .message = "m", .future = future };

	show(loop, &context, NULL);
	return log_take();
}

TEST(a_future_is_described_in_the_words_of_asyncio)
{
	coil_future *future;
	int line = __LINE__ + 3;

	loop = virtual_loop();
	future = coil_loop_create_future(loop);
	CHECK_STR(repr_of(future), text("m\nfuture: <Future pending created at FILE:%d>\n", line));
	coil_future_add_done_callback(future, on_done, NULL);
	CHECK_STR(repr_of(future), text("m\nfuture: <Future pending cb=[on_done() at FILE:%d] "
					"created at FILE:%d>\n", line + 2, line));
	coil_future_add_done_callback(future, on_done, NULL);
	coil_future_add_done_callback(future, on_done, NULL);
	CHECK_STR(repr_of(future), text("m\nfuture: <Future pending cb=[on_done() at FILE:%d, "
					"<1 more>, on_done() at FILE:%d] created at FILE:%d>\n",
					line + 2, line + 6, line));
	coil_future_set_exception(future, COIL_KEY, "it's \"so\"\n");
	CHECK_STR(repr_of(future), text("m\nfuture: <Future finished exception=KeyError("
					"'it\\'s \"so\"\\n') created at FILE:%d>\n", line));
	coil_future_exception(future, &(coil_result){ 0 });
	coil_release(future);
	future = coil_loop_create_future(loop);
	cancel_of(future);
	CHECK_HAS(repr_of(future), "<Future cancelled created at");
	coil_release(future);
	future = coil_loop_create_future(loop);
	coil_future_set_result(future, coil_ok(NULL));
	CHECK_HAS(repr_of(future), "<Future finished result=None created at");
	coil_release(future);
	run_iterations(loop, 1);
	coil_loop_close(loop);
}

static coil_result wait_for_task(void *task)
{
	return coil_await(task);
}

/* A chain of tasks that wait is described to a depth. */
TEST(a_chain_of_tasks_ends_in_dots)
{
	coil_task *task;
	const char *said;
	int count = 0;

	loop = virtual_loop();
	task = coil_loop_create_task(loop, coil_coro(hang, NULL));
	for (int i = 0; i < 10; i++)
		task = coil_loop_create_task(loop, coil_coro(wait_for_task, task));
	run_iterations(loop, 1);
	said = repr_of(task);
	CHECK_HAS(said, "wait_for=...");
	while ((said = strstr(said, "<Task")))
		said++, count++;
	CHECK_INT(count, 4);
	coil_future_cancel(task);
	CHECK_HAS(repr_of(task), "<Task cancelling name='Task-11' coro=<wait_for_task() running at ");
	coil_loop_run_until_complete(loop, task);
	coil_loop_close(loop);
}
