/* SPDX-License-Identifier: MIT
 *
 * The pictures of the programs in lessons, on the virtual clock, are those in
 * tests/golden: in both views, as PlantUML, as Graphviz and as text.  Where they are
 * meant to be different now, COIL_TEST_GOLDEN=write makes them anew; look at them before
 * you commit them.
 */
#include "render_helpers.h"

static void check_golden(const char *trace, const char *demo, const char *view,
			 const char *format, const char *suffix)
{
	const char *golden = text("%s/tests/golden/%s.%s.%s", test_root(), demo, view, suffix);
	const char *drawn = test_path("drawn");
	const char *write = getenv("COIL_TEST_GOLDEN");
	struct outcome *o;

	rendered(text("--view %s --format %s --utf8 --width 150 -o '%s' '%s'", view, format,
		      drawn, trace));
	if (write && strcmp(write, "write") == 0)
		CHECK_INT(run_shell("cp '%s' '%s'", drawn, golden)->status, 0);
	o = run_shell("diff -u '%s' '%s'", golden, drawn);
	CHECK_STR(o->out, "");
	CHECK_INT(o->status, 0);
}

static void check_demo(const char *demo)
{
	static const char *const views[] = { "await", "loop" };
	static const char *const formats[][2] = {
		{ "plantuml", "puml" }, { "dot", "dot" }, { "text", "txt" },
	};
	const char *trace = trace_of_demo(demo), *name = strrchr(demo, '/') + 1;

	for (size_t v = 0; v < 2; v++)
		for (size_t f = 0; f < 3; f++)
			check_golden(trace, name, views[v], formats[f][0], formats[f][1]);
}

TEST(hello) { check_demo("documents/02-hello"); }
TEST(hello_low_level) { check_demo("documents/03-hello-low-level"); }
TEST(factorial) { check_demo("documents/04-factorial"); }
TEST(never_awaited) { check_demo("documents/06-never-awaited"); }
TEST(never_retrieved) { check_demo("documents/07-never-retrieved"); }
TEST(say_hello) { check_demo("documents/10-say-hello"); }
TEST(new_loop) { check_demo("documents/11-new-loop"); }
TEST(delegation) { check_demo("documents/12-delegation"); }
TEST(cor1_cor2) { check_demo("documents/13-cor1-cor2"); }
TEST(uvloop) { check_demo("documents/15-uvloop"); }
TEST(event) { check_demo("documents/16-event"); }
TEST(callbacks) { check_demo("demos/callbacks"); }
TEST(locks) { check_demo("demos/locks"); }
TEST(queue) { check_demo("demos/queue"); }
TEST(task_group) { check_demo("demos/task_group"); }
TEST(timeout) { check_demo("demos/timeout"); }

/* The lines of PLANTUML that are messages, sorted. */
static const char *messages_of(const char *plantuml)
{
	const char *file = test_path("messages.puml");

	CHECK(write_file(file, plantuml, strlen(plantuml)));
	return run_shell("grep -e '->' '%s' | LC_ALL=C sort", file)->out;
}

/* What the document's program prints about itself, and the arrows it leaves out. */
TEST(the_document_has_these_messages)
{
	const char *drawn = RENDERED("--format plantuml '%s'", trace_of_demo("documents/10-say-hello"));

	CHECK_STR(messages_of(drawn),
		  "asyncio.sleep -> say_hello_AAA : total(1.000)\n"
		  "asyncio.sleep -> say_hello_BBB : total(1.000)\n"
		  "asyncio.sleep -> say_hello_CCC : total(1.000)\n"
		  "main -> say_hello_AAA\n"
		  "main -> say_hello_BBB\n"
		  "main -> say_hello_CCC\n"
		  "say_hello_AAA -> asyncio.sleep : sleep\n"
		  "say_hello_AAA -> main : total(1.000)\n"
		  "say_hello_BBB -> asyncio.sleep : sleep\n"
		  "say_hello_BBB -> main : total(1.000)\n"
		  "say_hello_CCC -> asyncio.sleep : sleep\n"
		  "say_hello_CCC -> main : total(1.000)\n");
	CHECK_HAS(drawn, "participant main\nparticipant say_hello_AAA\n"
		  "participant say_hello_BBB\nparticipant say_hello_CCC\n"
		  "participant asyncio.sleep\n");
}
