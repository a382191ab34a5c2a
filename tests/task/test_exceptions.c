/* SPDX-License-Identifier: MIT
 *
 * Errors on their way: message, place, and the awaits they came through.
 */
#include "journal.h"

#define HERE text("\"%s\", line %d", __FILE__, __LINE__)

/* ---- messages ----------------------------------------------------------------------- */

TEST(names_of_the_codes)
{
	CHECK_STR(coil_error_name(COIL_OK), "OK");
	CHECK_STR(coil_error_name(COIL_CANCELLED), "CancelledError");
	CHECK_STR(coil_error_name(COIL_ZERO_DIVISION), "ZeroDivisionError");
	CHECK_STR(coil_error_name(COIL_INVALID_HANDLE), "InvalidHandleError");
	CHECK_STR(coil_error_name(COIL_USER), "UserError");
	CHECK_STR(coil_error_name(COIL_USER + 12345), "UserError");
	CHECK(coil_error_name(-1) != NULL);
	CHECK(coil_error_name(COIL_ERROR_COUNT) != NULL);
	CHECK(coil_error_name(999) != NULL);
}

TEST(a_message_by_printf_and_none)
{
	coil_result r = coil_raise(COIL_VALUE, "x is %d, y is %s", 3, "why");

	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), "x is 3, y is why");
	r = coil_raise(COIL_KEY);
	CHECK_ERROR(r, COIL_KEY);
	CHECK_STR(coil_error_message(r), "");
	CHECK_STR(coil_error_message(coil_ok(NULL)), "");
	CHECK_STR(coil_error_message(coil_number(123456)), ""); /* no detail is read */
	CHECK(coil_error_site(coil_number(123456)) == NULL);
	r = (coil_result){ .error = COIL_VALUE };
	CHECK_STR(coil_error_message(r), "");
	CHECK(coil_error_site(r) == NULL);
}

TEST(a_long_message_is_cut_at_255_bytes)
{
	coil_result r = coil_raise(COIL_VALUE, "%01000d", 7);

	CHECK_INT(strlen(coil_error_message(r)), 255);
}

TEST(the_place_where_it_was_raised)
{
	int line = __LINE__ + 1;
	coil_result r = coil_raise(COIL_VALUE, "x");

	CHECK(coil_error_site(r) != NULL);
	CHECK_STR(coil_error_site(r)->function, __func__);
	CHECK_STR(coil_error_site(r)->file, __FILE__);
	CHECK_INT(coil_error_site(r)->line, line);
}

/* ---- survival --------------------------------------------------------------------------- */

static coil_result raise_mine(void *number)
{
	return coil_raise(COIL_VALUE, "mine %d", (int)(intptr_t)number);
}

static coil_result raise_all_the_time(void *unused)
{
	for (int i = 0; i < 100; i++) {
		coil_raise(COIL_KEY, "noise %d", i);
		coil_sleep(0);
	}
	return coil_ok(NULL);
}

static coil_result hold_on(void *number)
{
	coil_result r = coil_await(coil_coro(raise_mine, number));

	for (int i = 0; i < 50; i++)
		coil_sleep(0); /* the others raise */
	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), text("mine %d", (int)(intptr_t)number));
	return r;
}

static coil_result survive(void *unused)
{
	coil_result r = coil_await(coil_gather_return_exceptions(
		coil_coro(hold_on, (void *)1), coil_coro(raise_all_the_time, NULL),
		coil_coro(hold_on, (void *)2), coil_coro(raise_all_the_time, NULL)));
	const coil_list *list = r.value;

	CHECK_ERROR(r, COIL_OK);
	for (int i = 0; i < 100; i++)
		coil_sleep(0);
	CHECK_ERROR(list->items[0], COIL_VALUE);
	CHECK_STR(coil_error_message(list->items[0]), "mine 1");
	CHECK_STR(coil_error_message(list->items[2]), "mine 2");
	CHECK_STR(coil_error_site(list->items[2])->function, "raise_mine");
	CHECK_ERROR(list->items[1], COIL_OK);
	note("survived");
	return coil_ok(NULL);
}

TEST(an_error_survives_others_that_are_raised_in_between)
{
	CHECK_INT(run_virtual(survive), COIL_OK);
	CHECK_LOG("survived");
}

static coil_result sixteen(void *unused)
{
	coil_result first = coil_raise(COIL_VALUE, "first");

	for (int i = 0; i < 15; i++)
		coil_raise(COIL_KEY, "other %d", i);
	CHECK_STR(coil_error_message(first), "first");
	return coil_ok(NULL);
}

TEST(an_error_is_good_for_fifteen_more_in_its_task)
{
	CHECK_INT(run_virtual(sixteen), COIL_OK);
	sixteen(NULL); /* and outside of tasks */
}

static coil_result retained(void *unused)
{
	coil_result first = coil_raise(COIL_VALUE, "first");

	coil_retain(first.exception);
	for (int i = 0; i < 1000; i++)
		coil_raise(COIL_KEY, "other %d", i);
	CHECK_STR(coil_error_message(first), "first");
	coil_release(first.exception);
	return coil_ok(NULL);
}

TEST(a_retained_error_is_good_for_ever)
{
	CHECK_INT(run_virtual(retained), COIL_OK);
}

/* One that was kept too long is told from the one that took its place. */
static coil_result stale(void *unused)
{
	coil_result first = coil_raise(COIL_VALUE, "first");
	const char *message;

	for (int i = 0; i < 100; i++)
		coil_raise(COIL_KEY, "other %d", i);
	message = coil_error_message(first);
	CHECK(!strcmp(message, "first") || !strcmp(message, ""));
	return coil_ok(NULL);
}

TEST(an_error_kept_too_long_is_never_another_one)
{
	capture_begin(2);
	CHECK_INT(run_virtual(stale), COIL_OK);
	capture_end();
}

static coil_result pass_on(void *depth)
{
	if (!depth)
		return coil_raise(COIL_VALUE, "from below");
	return coil_await(coil_coro(pass_on, (char *)depth - 1));
}

static coil_result catch_and_go_on(void *unused)
{
	for (int i = 0; i < 1000; i++) {
		coil_result r = coil_await(coil_coro(pass_on, (void *)3));

		if (r.error != COIL_VALUE || strcmp(coil_error_message(r), "from below"))
			return coil_raise(COIL_RUNTIME, "turn %d", i);
	}
	return coil_ok(NULL);
}

TEST(a_task_that_catches_a_thousand_errors)
{
	CHECK_INT(run_virtual(catch_and_go_on), COIL_OK);
}

/* The error of a task whose last handle is the one awaited. */
static coil_result error_of_a_gone_task(void *unused)
{
	coil_result r = coil_await(coil_create_task(coil_coro(raise_mine, (void *)5)));

	for (int i = 0; i < 10; i++)
		coil_release(coil_create_task(coil_coro(raise_all_the_time, NULL)));
	for (int i = 0; i < 10; i++)
		coil_sleep(0);
	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), "mine 5");
	return coil_ok(NULL);
}

TEST(the_error_of_a_task_that_is_gone)
{
	CHECK_INT(run_virtual(error_of_a_gone_task), COIL_OK);
}

/* ---- tracebacks --------------------------------------------------------------------------- */

static char *line_of_raise, *line_of_bottom, *line_of_middle, *line_of_task;

static coil_result bottom(void *unused)
{
	coil_sleep(0);
	line_of_raise = HERE; return coil_raise(COIL_VALUE, "deep trouble");
}

static coil_result middle(void *unused)
{
	line_of_bottom = HERE; return coil_await(coil_coro(bottom, NULL));
}

static coil_result task_body(void *unused)
{
	line_of_middle = HERE; return coil_await(coil_coro(middle, NULL));
}

static char *traceback(coil_result r)
{
	char *said = NULL;
	size_t size;
	FILE *file = open_memstream(&said, &size);

	coil_print_exception(r, file);
	fclose(file);
	return keep(said);
}

static coil_result chain(void *unused)
{
	coil_result r;
	char *said;
	const char *a, *b, *c, *d;

	line_of_task = HERE; r = coil_await(coil_create_task(coil_coro(task_body, NULL)));
	said = traceback(r);
	CHECK_HAS(said, "Traceback (most recent await last):");
	CHECK_HAS(said, "ValueError: deep trouble");
	a = strstr(said, line_of_task);
	b = strstr(said, line_of_middle);
	c = strstr(said, line_of_bottom);
	d = strstr(said, line_of_raise);
	CHECK_HAS(said, line_of_task);
	CHECK_HAS(said, line_of_middle);
	CHECK_HAS(said, line_of_bottom);
	CHECK_HAS(said, line_of_raise);
	CHECK(a < b && b < c && c < d); /* outermost first */
	return coil_ok(NULL);
}

TEST(a_traceback_shows_the_chain_of_awaits)
{
	CHECK_INT(run_virtual(chain), COIL_OK);
}

static coil_result two_awaiters(void *task)
{
	coil_result r = coil_await(task);

	note("%s", coil_error_message(r));
	return coil_ok(NULL);
}

/* The chain grows on its way; two that await the same task each have their own, or
 * at least are not mixed into something endless. */
static coil_result shared_error(void *unused)
{
	coil_task *t = coil_create_task(coil_coro(task_body, NULL));
	size_t length;

	coil_await(coil_gather(coil_coro(two_awaiters, coil_retain(t)),
			       coil_coro(two_awaiters, coil_retain(t))));
	length = strlen(traceback(coil_future_result(t)));
	for (int i = 0; i < 1000; i++)
		coil_await(coil_retain(t));
	CHECK(strlen(traceback(coil_future_result(t))) < length + 4096);
	coil_release(t);
	return coil_ok(NULL);
}

TEST(an_error_that_is_awaited_often_stays_bounded)
{
	CHECK_INT(run_virtual(shared_error), COIL_OK);
	CHECK_LOG("deep trouble deep trouble");
}

static coil_result deep_raise(void *depth)
{
	coil_result r;

	if (!depth)
		return coil_raise(COIL_VALUE, "very deep");
	r = coil_await(coil_create_task(coil_coro(deep_raise, (char *)depth - 1)));
	return r;
}

static coil_result deep_chain(void *unused)
{
	coil_result r = coil_await(coil_coro(deep_raise, (void *)500));

	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r), "very deep");
	CHECK_HAS(traceback(r), "ValueError: very deep");
	return coil_ok(NULL);
}

TEST(a_chain_of_five_hundred_tasks)
{
	CHECK_INT(run_virtual(deep_chain), COIL_OK);
}

TEST(printing_what_has_no_detail)
{
	coil_result r = { .error = COIL_KEY };

	CHECK_HAS(traceback(r), "KeyError");
	r.error = COIL_USER + 2;
	CHECK_HAS(traceback(r), "UserError");
}

/* ---- the last error ----------------------------------------------------------------------- */

static coil_result no_error_yet(void *unused)
{
	CHECK_ERROR(coil_last_error(), COIL_OK);
	return coil_ok(NULL);
}

static coil_result last_errors(void *unused)
{
	CHECK_ERROR(coil_last_error(), COIL_OK);
	capture_begin(2);
	CHECK(coil_create_task(coil_create_future()) == NULL);
	capture_end();
	CHECK_ERROR(coil_last_error(), COIL_TYPE);
	coil_await(coil_create_task(coil_coro(no_error_yet, NULL)));
	CHECK_ERROR(coil_last_error(), COIL_TYPE); /* each task has its own */
	return coil_ok(NULL);
}

TEST(the_last_error_is_that_of_the_task)
{
	CHECK_INT(run_virtual(last_errors), COIL_OK);
}
