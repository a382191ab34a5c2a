/* SPDX-License-Identifier: MIT
 *
 * The documents' programs print what the Python beside them prints: tests/golden/NAME.out,
 * and to standard error NAME.err, both less what tests/documents/normal.sed takes away.
 * (test_python.sh holds these files against CPython.)  Their traces break no law.
 */
#include "harness.h"

/* OUTPUT, normalised. */
static const char *normal(const char *output)
{
	const char *file = test_path("output");

	CHECK(write_file(file, output, strlen(output)));
	return run_shell("sed -E -f '%s/tests/documents/normal.sed' '%s'", test_root(), file)->out;
}

/* What is in tests/golden/NAME.KIND; nothing if there is no such file. */
static const char *expected(const char *name, const char *kind)
{
	const char *path = text("%s/tests/golden/%s.%s", test_root(), name, kind);

	return run_shell("test -e '%s'", path)->status ? "" : read_file(path, NULL);
}

/* NAME, with SETTING for its environment; its errors are in NAME.ERRORS. */
static void check_with(const char *name, const char *setting, const char *errors)
{
	const char *trace = test_path("trace");
	struct outcome *o = run_shell("cd '%s' && %s COIL_TRACE='%s' exec '%s'", test_root(),
				      setting, trace, test_built(text("lessons/documents/%s", name)));

	CHECK_INT(o->status, 0);
	CHECK_STR(normal(o->out), expected(name, "out"));
	CHECK_STR(normal(o->err), expected(name, errors));
	o = RUN(test_built("coil"), "check", trace); /* and those of its worker processes */
	CHECK_STR(o->err, "");
	harness_check(o->status == 0, __FILE__, __LINE__, "its trace breaks a law:\n%s", o->out);
}

static void check(const char *name)
{
	check_with(name, "COIL_DEBUG=0", "err");
}

TEST(thread_loop) { check("01-thread-loop"); }
TEST(hello) { check("02-hello"); }
TEST(hello_low_level) { check("03-hello-low-level"); }
TEST(factorial) { check("04-factorial"); }
TEST(executor) { check("05-executor"); }
TEST(never_awaited) { check("06-never-awaited"); }
TEST(never_awaited_in_debug_mode) { check_with("06-never-awaited", "COIL_DEBUG=1", "debug.err"); }
TEST(never_retrieved) { check("07-never-retrieved"); }
TEST(never_retrieved_in_debug_mode) { check_with("07-never-retrieved", "COIL_DEBUG=1", "debug.err"); }
TEST(threadsafe) { check("08-threadsafe"); }
TEST(slow_callback, .real_clock = true) { check("09-slow-callback"); }
TEST(say_hello) { check("10-say-hello"); }
TEST(new_loop) { check("11-new-loop"); }
TEST(delegation) { check("12-delegation"); }
TEST(cor1_cor2) { check("13-cor1-cor2"); }
TEST(executors) { check("14-executors"); }
TEST(uvloop) { check("15-uvloop"); }
TEST(event) { check("16-event"); }
TEST(misconceptions) { check("18-misconceptions"); }

/* ---- say_hello's own clock ------------------------------------------------- */

static double total_of(const char *output)
{
	const char *last = strstr(output, "-> main : total(");

	return last ? atof(last + strlen("-> main : total(")) : 0;
}

TEST(three_sleeps_of_one_second_take_one_second)
{
	CHECK_REAL(total_of(RUN(test_built("lessons/documents/10-say-hello"))->out), 1.0);
}

TEST(they_do_on_the_real_clock, .real_clock = true)
{
	double total = total_of(RUN(test_built("lessons/documents/10-say-hello"))->out);

	harness_check(total >= 1 && total < 2, __FILE__, __LINE__, "it took %.3f s", total);
}
