/* SPDX-License-Identifier: MIT
 *
 * Who owns a handle, and what is said when it is used by somebody else.  Each
 * misuse is an error that names the place of the use and, for a handle that was
 * handed over, the place where that was.
 */
#include "journal.h"

#define HERE text("%s:%d", __FILE__, __LINE__)

static coil_result one(void *unused)
{
	return coil_number(1);
}

static coil_result forty_two(void *unused)
{
	coil_sleep(0);
	return coil_number(42);
}

/* ---- handed over ----------------------------------------------------------------- */

static coil_result await_twice(void *unused)
{
	char *first, *second, *said;
	coil_coroutine *c = coil_coro(one, NULL);
	coil_result r;

	first = HERE; CHECK_INT(coil_await(c).number, 1);
	capture_begin(2);
	second = HERE; r = coil_await(c);
	said = capture_end();
	CHECK_ERROR(r, COIL_INVALID_HANDLE);
	CHECK_HAS(said, first);
	CHECK_HAS(said, second);
	note("caught");
	return coil_ok(NULL);
}

TEST(a_coroutine_awaited_twice)
{
	CHECK_INT(run_virtual(await_twice), COIL_OK);
	CHECK_LOG("caught");
}

static coil_result await_task_twice(void *unused)
{
	char *first, *second, *said;
	coil_task *t = coil_create_task(coil_coro(forty_two, NULL));
	coil_result r;

	first = HERE; CHECK_INT(coil_await(t).number, 42);
	capture_begin(2);
	second = HERE; r = coil_await(t);
	said = capture_end();
	CHECK_ERROR(r, COIL_INVALID_HANDLE);
	CHECK_HAS(said, first);
	CHECK_HAS(said, second);
	return coil_ok(NULL);
}

TEST(a_task_awaited_twice)
{
	CHECK_INT(run_virtual(await_task_twice), COIL_OK);
}

static coil_result await_retained(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(forty_two, NULL));

	CHECK_INT(coil_await(coil_retain(t)).number, 42);
	CHECK_INT(coil_await(coil_retain(t)).number, 42);
	CHECK_INT(coil_await(t).number, 42);
	return coil_ok(NULL);
}

TEST(a_retained_task_can_be_awaited_again)
{
	char *said;

	capture_begin(2);
	CHECK_INT(run_virtual(await_retained), COIL_OK);
	said = capture_end();
	CHECK_STR(said, "");
}

static coil_result every_use(void *unused)
{
	char *where, *said;
	coil_task *t = coil_create_task(coil_coro(forty_two, NULL));
	coil_result e;

	where = HERE; coil_await(t);
	capture_begin(2);
	CHECK(!coil_future_done(t));
	CHECK(!coil_future_cancelled(t));
	CHECK(!coil_future_cancel(t));
	CHECK_ERROR(coil_future_result(t), COIL_INVALID_HANDLE);
	CHECK_ERROR(coil_future_exception(t, &e), COIL_INVALID_HANDLE);
	CHECK_ERROR(coil_future_set_result(t, coil_ok(NULL)), COIL_INVALID_HANDLE);
	CHECK_ERROR(coil_future_set_exception(t, COIL_VALUE), COIL_INVALID_HANDLE);
	CHECK(coil_future_get_loop(t) == NULL);
	CHECK_ERROR(coil_future_add_done_callback(t, NULL, NULL), COIL_INVALID_HANDLE);
	CHECK_INT(coil_future_remove_done_callback(t, NULL, NULL), 0);
	CHECK_STR(coil_task_get_name(t), "");
	CHECK_ERROR(coil_task_set_name(t, "x"), COIL_INVALID_HANDLE);
	CHECK_INT(coil_task_cancelling(t), 0);
	CHECK_INT(coil_task_uncancel(t), 0);
	CHECK(coil_gather(t) == NULL);
	CHECK_ERROR(coil_last_error(), COIL_INVALID_HANDLE);
	CHECK(coil_create_task(t) == NULL);
	CHECK_ERROR(coil_last_error(), COIL_INVALID_HANDLE);
	CHECK(coil_retain(t) == t);
	coil_release(t);
	said = capture_end();
	CHECK_HAS(said, where);
	return coil_ok(NULL);
}

TEST(every_call_with_a_handle_that_was_handed_over)
{
	CHECK_INT(run_virtual(every_use), COIL_OK);
}

static coil_result made_a_task_of(void *unused)
{
	char *first, *second, *said;
	coil_coroutine *c = coil_coro(forty_two, NULL);
	coil_task *t;
	coil_result r;

	first = HERE; t = coil_create_task(c);
	capture_begin(2);
	second = HERE; r = coil_await(c);
	said = capture_end();
	CHECK_ERROR(r, COIL_INVALID_HANDLE);
	CHECK_HAS(said, first);
	CHECK_HAS(said, second);
	CHECK_INT(coil_await(t).number, 42); /* the task is none the worse */
	return coil_ok(NULL);
}

TEST(a_coroutine_that_was_made_a_task_of)
{
	CHECK_INT(run_virtual(made_a_task_of), COIL_OK);
}

static coil_result gathered(void *unused)
{
	char *first, *second, *said;
	coil_coroutine *c = coil_coro(forty_two, NULL);
	coil_future *g;
	coil_result r;

	first = HERE; g = coil_gather(c);
	capture_begin(2);
	second = HERE; r = coil_await(c);
	said = capture_end();
	CHECK_ERROR(r, COIL_INVALID_HANDLE);
	CHECK_HAS(said, first);
	CHECK_HAS(said, second);
	return coil_await(g);
}

TEST(a_coroutine_that_was_gathered)
{
	CHECK_INT(run_virtual(gathered), COIL_OK);
}

static coil_result released(void *unused)
{
	char *first, *second, *said;
	coil_future *f = coil_create_future();

	first = HERE; coil_release(f);
	capture_begin(2);
	second = HERE; coil_future_set_result(f, coil_ok(NULL));
	said = capture_end();
	CHECK_HAS(said, first);
	(void)second; /* a plain call of set_result has a site too: */
	CHECK_HAS(said, second);
	capture_begin(2);
	coil_release(f);
	said = capture_end();
	CHECK(said[0] != '\0');
	return coil_ok(NULL);
}

TEST(a_future_that_was_released)
{
	CHECK_INT(run_virtual(released), COIL_OK);
}

/* The memory of a future that is gone is used for the next; the old handle does
 * not open the new one. */
static coil_result recycled(void *unused)
{
	coil_future *old[64], *new[64];
	int opened = 0;

	capture_begin(2);
	for (int turn = 0; turn < 20; turn++) {
		for (int i = 0; i < 64; i++) {
			old[i] = coil_create_future();
			coil_release(old[i]);
			new[i] = coil_create_future();
			coil_future_set_result(old[i], coil_number(13));
			coil_future_cancel(old[i]);
			opened += coil_future_done(new[i]);
		}
		for (int i = 0; i < 64; i++)
			coil_release(new[i]);
	}
	capture_end();
	CHECK_INT(opened, 0);
	return coil_ok(NULL);
}

TEST(a_stale_handle_never_opens_the_next_object)
{
	CHECK_INT(run_virtual(recycled), COIL_OK);
}

TEST(a_handle_used_after_its_loop_was_closed)
{
	coil_loop *loop = virtual_loop();
	coil_future *f = coil_loop_create_future(loop);
	char *said;

	coil_loop_close(loop);
	capture_begin(2);
	CHECK_ERROR(coil_future_set_result(f, coil_ok(NULL)), COIL_INVALID_HANDLE);
	CHECK(!coil_future_done(f));
	coil_release(f);
	said = capture_end();
	CHECK(said[0] != '\0');
}

/* ---- the wrong kind, place, loop ------------------------------------------------------- */

/* Where the error was raised, as "file:line". */
static char *raised_at(coil_result r)
{
	const coil_site *site = coil_error_site(r);

	return site ? text("%s:%d", site->file, site->line) : NULL;
}

TEST(await_outside_of_a_task)
{
	coil_loop *loop = virtual_loop();
	coil_future *f = coil_loop_create_future(loop);
	coil_result r;
	char *where;

	where = HERE; r = coil_await(f);
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_HAS(coil_error_message(r), "await");
	CHECK_STR(raised_at(r), where);
	capture_begin(2); /* and the coroutine was never awaited */
	where = HERE; r = coil_await(coil_coro(one, NULL));
	capture_end();
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(raised_at(r), where);
	coil_loop_close(loop);
}

static coil_result await_in_callback(void *unused)
{
	coil_result r;
	char *where;

	where = HERE; r = coil_await(coil_create_future());
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(raised_at(r), where);
	where = HERE; r = coil_sleep(0);
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(raised_at(r), where);
	note("callback");
	return coil_ok(NULL);
}

TEST(await_in_a_callback)
{
	coil_loop *loop = virtual_loop();

	coil_loop_call_soon(loop, await_in_callback, NULL);
	run_iterations(loop, 1);
	CHECK_LOG("callback");
	coil_loop_close(loop);
}

static coil_result await_self(void *unused)
{
	coil_result r;
	char *where;

	where = HERE; r = coil_await(coil_retain(coil_current_task()));
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_HAS(coil_error_message(r), "Task cannot await on itself");
	CHECK_STR(raised_at(r), where);
	return coil_ok(NULL);
}

TEST(a_task_that_awaits_itself)
{
	CHECK_INT(run_virtual(await_self), COIL_OK);
}

static coil_loop *other;

static coil_result await_foreign(void *unused)
{
	coil_future *f = coil_loop_create_future(other);
	coil_result r;
	char *where;

	where = HERE; r = coil_await(f);
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_HAS(coil_error_message(r), "attached to a different loop");
	CHECK_STR(raised_at(r), where);
	note_at("caught");
	return coil_ok(NULL);
}

TEST(K19_awaiting_a_future_of_another_loop)
{
	other = virtual_loop();
	CHECK_INT(run_ticking(await_foreign), COIL_OK);
	CHECK_LOG("caught@2");
	coil_loop_close(other);
}

TEST(run_until_complete_of_a_future_of_another_loop)
{
	coil_loop *loop = virtual_loop();
	coil_future *f;

	other = virtual_loop();
	f = coil_loop_create_future(other);
	capture_begin(2);
	CHECK_ERROR(coil_loop_run_until_complete(loop, f), COIL_VALUE);
	capture_end();
	coil_loop_close(loop);
	coil_loop_close(other);
}

static coil_result wrong_kinds(void *unused)
{
	coil_coroutine *c = coil_coro(one, NULL);
	coil_future *f = coil_create_future();
	char *said;

	capture_begin(2);
	CHECK_ERROR(coil_future_set_result(c, coil_ok(NULL)), COIL_TYPE);
	CHECK_ERROR(coil_future_result(c), COIL_TYPE);
	CHECK(!coil_future_done(c));
	CHECK(!coil_future_cancel(c));
	CHECK_ERROR(coil_future_add_done_callback(c, NULL, NULL), COIL_TYPE);
	CHECK_ERROR(coil_task_set_name(f, "x"), COIL_TYPE);
	CHECK_STR(coil_task_get_name(f), "");
	CHECK_INT(coil_task_cancelling(f), 0);
	said = capture_end();
	CHECK(said[0] != '\0');
	coil_release(f);
	CHECK_INT(coil_await(c).number, 1); /* still good */
	return coil_ok(NULL);
}

TEST(a_handle_of_the_wrong_kind)
{
	CHECK_INT(run_virtual(wrong_kinds), COIL_OK);
}

static coil_result nothing(void *unused)
{
	coil_result r;

	capture_begin(2);
	r = coil_await((coil_awaitable *)NULL);
	CHECK(r.error != COIL_OK);
	CHECK(!coil_future_done(NULL));
	CHECK(!coil_future_cancel((coil_future *)NULL));
	CHECK(coil_create_task((coil_coroutine *)NULL) == NULL);
	CHECK(coil_retain((coil_future *)NULL) == NULL);
	coil_release((coil_future *)NULL);
	capture_end();
	return coil_ok(NULL);
}

TEST(null_is_an_error_and_no_crash)
{
	CHECK_INT(run_virtual(nothing), COIL_OK);
}

static coil_result await_what_failed(void *unused)
{
	coil_loop *closed = virtual_loop();
	coil_result r;

	coil_loop_close(closed);
	capture_begin(2);
	r = coil_await(coil_loop_create_task(closed, coil_coro(one, NULL)));
	capture_end();
	CHECK_ERROR(r, COIL_RUNTIME);
	CHECK_STR(coil_error_message(r), "Event loop is closed");
	return coil_ok(NULL);
}

TEST(awaiting_what_could_not_be_made_gives_its_error)
{
	CHECK_INT(run_virtual(await_what_failed), COIL_OK);
}

/* ---- never awaited ---------------------------------------------------------------------- */

#define NEVER "RuntimeWarning: coroutine 'one' was never awaited"

TEST(a_coroutine_released_unstarted_is_reported)
{
	char *said, *where;
	coil_coroutine *c;

	where = HERE; c = coil_coro(one, NULL);
	capture_begin(2);
	coil_release(c);
	said = capture_end();
	CHECK_HAS(said, NEVER);
	CHECK_HAS(said, where);
}

static coil_result forget(void *unused)
{
	coil_coro(one, NULL);
	return coil_ok(NULL);
}

TEST(a_coroutine_forgotten_is_reported_when_its_loop_closes)
{
	char *said;

	capture_begin(2);
	run_virtual(forget);
	said = capture_end();
	CHECK_HAS(said, NEVER);
}

static coil_result cancelled_before_start(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(one, NULL));

	coil_task_cancel(t);
	coil_sleep(0);
	coil_release(t);
	return coil_ok(NULL);
}

/* As in Python: the task had thrown into it. */
TEST(a_coroutine_whose_task_was_cancelled_before_it_began_is_not_reported)
{
	char *said;

	capture_begin(2);
	run_virtual(cancelled_before_start);
	said = capture_end();
	CHECK_STR(said, "");
}

/* ---- what is left at the end ---------------------------------------------------------------- */

static coil_result wait_here(void *future)
{
	return coil_await(future);
}

static coil_result leave_everything(void *unused)
{
	coil_loop *loop = coil_get_running_loop();

	coil_create_future();
	coil_create_task(coil_coro(wait_here, coil_create_future()));
	coil_create_task(coil_coro(wait_here, coil_gather(coil_coro(forty_two, NULL),
							 coil_create_future())));
	coil_loop_call_later(loop, 100, say, "x");
	coil_loop_call_soon(loop, say, "y");
	coil_retain(coil_loop_call_later(loop, 200, say, "z"));
	coil_raise(COIL_VALUE, "left");
	coil_sleep(1);
	return coil_ok(NULL);
}

/* Leak checkers see to the rest. */
TEST(closing_the_loop_frees_what_is_left)
{
	char *said;

	capture_begin(2);
	CHECK_INT(run_virtual(leave_everything), COIL_OK);
	said = capture_end();
	CHECK_HAS(said, "Task was destroyed but it is pending!");
	CHECK_LOG("y");
}

static coil_result keep_past_the_loop(void *exception)
{
	coil_result r = coil_raise(COIL_VALUE, "kept");

	*(const coil_exception **)exception = coil_retain(r.exception);
	return coil_ok(NULL);
}

TEST(a_retained_exception_outlives_its_loop)
{
	const coil_exception *e = NULL;
	coil_loop *loop = virtual_loop();
	coil_result r = { .error = COIL_VALUE };

	coil_loop_run_until_complete(loop, coil_coro(keep_past_the_loop, &e));
	coil_loop_close(loop);
	r.exception = e;
	CHECK_STR(coil_error_message(r), "kept");
	coil_release(e);
}
