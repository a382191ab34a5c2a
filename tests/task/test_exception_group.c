/* SPDX-License-Identifier: MIT
 *
 * Groups of errors: members, lives, printing.
 */
#include "journal.h"
#include "faults.h"

static coil_result group_of(const char *message, coil_result a, coil_result b)
{
	coil_result errors[] = { a, b };

	return coil_raise_group(message, errors, b.error ? 2 : 1);
}

TEST(members)
{
	coil_result inner = group_of("inner", coil_raise(COIL_KEY, "k"), coil_ok(NULL));
	coil_result r = group_of("outer", coil_raise(COIL_VALUE, "v"), inner);

	CHECK_ERROR(r, COIL_EXCEPTION_GROUP);
	CHECK_STR(coil_error_message(r), "outer");
	CHECK_STR(coil_error_site(r)->function, "group_of");
	CHECK_INT(coil_exception_group_count(r), 2);
	CHECK_STR(coil_error_message(coil_exception_group_item(r, 0)), "v");
	inner = coil_exception_group_item(r, 1);
	CHECK_ERROR(inner, COIL_EXCEPTION_GROUP);
	CHECK_STR(coil_error_message(coil_exception_group_item(inner, 0)), "k");
	CHECK_ERROR(coil_exception_group_item(r, 2), COIL_OK);
	CHECK_INT(coil_exception_group_count(coil_raise(COIL_KEY, "k")), 0);
	CHECK_INT(coil_exception_group_count(coil_ok(NULL)), 0);
}

TEST(no_members_and_members_that_are_none)
{
	coil_result errors[] = { { .error = COIL_KEY }, { .error = COIL_OK } };
	coil_result r = coil_raise_group("m", errors, 0);

	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r),
		  "second argument (exceptions) must be a non-empty sequence");
	r = coil_raise_group("m", errors, 2);
	CHECK_ERROR(r, COIL_VALUE);
	CHECK_STR(coil_error_message(r),
		  "Item 1 of second argument (exceptions) is not an exception");
	r = coil_raise_group(NULL, errors, 1); /* an error may be its code alone */
	CHECK_STR(coil_error_name(coil_exception_group_item(r, 0).error), "KeyError");
}

TEST(members_live_as_long_as_the_group)
{
	coil_result r = group_of("g", coil_raise(COIL_VALUE, "v"), coil_ok(NULL));
	const coil_exception *kept = coil_retain(r.exception);

	for (int i = 0; i < 40; i++)
		coil_raise(COIL_KEY, "noise");
	CHECK_STR(coil_error_message(coil_exception_group_item(r, 0)), "v");
	coil_release(kept);
	CHECK_INT(coil_exception_group_count(r), 0); /* gone */
}

TEST(a_million_deep)
{
	coil_result r = coil_raise(COIL_VALUE, "v");
	const coil_exception *kept;
	size_t depth = 0;

	for (int i = 0; i < MANY(100000); i++)
		r = group_of("g", r, coil_ok(NULL));
	kept = coil_retain(r.exception);
	for (; r.error == COIL_EXCEPTION_GROUP; depth++)
		r = coil_exception_group_item(r, 0);
	CHECK_INT(depth, MANY(100000));
	coil_release(kept);
	for (int i = 0; i < 40; i++)
		coil_raise(COIL_KEY, "noise");
}

/* Errors without a place, so that the lines are known. */
static coil_result plain(const char *message)
{
	return coil_raise_site(NULL, COIL_VALUE, "%s", message);
}

static coil_result plain_group(const char *message, const coil_result *errors, size_t count)
{
	return coil_raise_group_site(NULL, message, errors, count);
}

TEST(printed_as_python_does)
{
	coil_result two[] = { plain("b"), plain("c") }, three[3], r;
	char *text;

	three[0] = plain("a");
	three[1] = plain_group("in", two, 2);
	three[2] = plain("d");
	r = plain_group("out", three, 3);
	text = CAPTURE_STDERR({ coil_print_exception(r, stderr); });
	CHECK_STR(text,
		"  | ExceptionGroup: out (3 sub-exceptions)\n"
		"  +-+---------------- 1 ----------------\n"
		"    | ValueError: a\n"
		"    +---------------- 2 ----------------\n"
		"    | ExceptionGroup: in (2 sub-exceptions)\n"
		"    +-+---------------- 1 ----------------\n"
		"      | ValueError: b\n"
		"      +---------------- 2 ----------------\n"
		"      | ValueError: c\n"
		"      +------------------------------------\n"
		"    +---------------- 3 ----------------\n"
		"    | ValueError: d\n"
		"    +------------------------------------\n");
}

TEST(printed_with_tracebacks)
{
	coil_result r = group_of("g", coil_raise(COIL_KEY, "k"), coil_ok(NULL));
	char *text = CAPTURE_STDERR({ coil_print_exception(r, stderr); });

	CHECK_HAS(text, "  + Exception Group Traceback (most recent await last):\n"
			"  |   File \"tests/task/test_exception_group.c\", line ");
	CHECK_HAS(text, "in group_of\n  | ExceptionGroup: g (1 sub-exception)\n"
			"  +-+---------------- 1 ----------------\n"
			"    | Traceback (most recent await last):\n"
			"    |   File \"tests/task/test_exception_group.c\", line ");
	CHECK_HAS(text, "    | KeyError: k\n    +------------------------------------\n");
}

TEST(printed_many_and_deep_are_cut)
{
	coil_result many[20], r;
	char *text;

	for (int i = 0; i < 20; i++)
		many[i] = plain("v");
	r = plain_group("g", many, 20);
	text = CAPTURE_STDERR({ coil_print_exception(r, stderr); });
	CHECK_HAS(text, "    +---------------- ... ----------------\n"
			"    | and 5 more exceptions\n"
			"    +------------------------------------\n");
	for (int i = 0; i < 20; i++)
		r = plain_group("g", &r, 1);
	text = CAPTURE_STDERR({ coil_print_exception(r, stderr); });
	CHECK_HAS(text, "... (max_group_depth is 10)\n");
}

static void scarce(void *unused)
{
	coil_result r = group_of("g", coil_raise(COIL_KEY, "k"), coil_raise(COIL_VALUE, "v"));

	CHECK_ERROR(r, COIL_EXCEPTION_GROUP);
	CHECK(coil_exception_group_count(r) == 2 || coil_exception_group_count(r) == 0);
}

TEST(memory_fails_in_a_group_of_errors)
{
	CHECK(faults_every(FAULT_MEMORY, scarce, NULL) > 0);
}
