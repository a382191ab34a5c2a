/* SPDX-License-Identifier: MIT
 *
 * coil render as a command: its filters and what it says of them, where it writes,
 * and what it says when it cannot.
 */
#include <dirent.h>
#include <sys/stat.h>
#include "render_helpers.h"

/* ---- filters ------------------------------------------------------------------- */

TEST(only_one_task)
{
	const char *drawn = RENDERED("--format plantuml --task say_hello_BBB '%s'",
				     trace_of_demo("documents/10-say-hello"));

	CHECK_HAS(drawn, "main -> say_hello_BBB\n");
	CHECK_HAS(drawn, "say_hello_BBB -> asyncio.sleep : sleep\n");
	CHECK_HAS(drawn, "asyncio.sleep -> say_hello_BBB : total(1.000)\n");
	CHECK_HAS(drawn, "say_hello_BBB -> main : total(1.000)\n");
	CHECK_HAS(drawn, "8 messages left out by the filters, 2 tasks with them");
	CHECK(!strstr(drawn, "say_hello_AAA"));
	CHECK(!strstr(drawn, "say_hello_CCC"));
}

TEST(two_tasks_of_which_one_by_its_id)
{
	const char *drawn = RENDERED("--format plantuml --task say_hello_AAA --task 5 '%s'",
				     trace_of_demo("documents/10-say-hello"));

	CHECK_HAS(drawn, "main -> say_hello_AAA\n");
	CHECK_HAS(drawn, "main -> say_hello_CCC\n");
	CHECK(!strstr(drawn, "say_hello_BBB"));
	CHECK_HAS(drawn, "4 messages left out by the filters, 1 task with them");
}

TEST(a_task_that_is_not_there)
{
	struct outcome *o = RENDER("--task nobody '%s'", trace_of_demo("documents/02-hello"));

	CHECK_INT(o->status, 2);
	CHECK_STR(o->out, "");
	CHECK_STR(o->err, "coil: no task of this trace is called \"nobody\"\n");
}

TEST(a_window_of_time)
{
	const char *trace = trace_of_demo("documents/04-factorial");
	const char *drawn = RENDERED("--format plantuml --from 1.5 --to 2.5 '%s'", trace);

	CHECK_HAS(drawn, "total(2.000)\n");
	CHECK(!strstr(drawn, "total(3.000)"));
	CHECK(!strstr(drawn, "main -> "));
	CHECK_HAS(drawn, "messages left out by the filters");
	drawn = RENDERED("--format plantuml --from 0 --to 3 '%s'", trace);
	CHECK(!strstr(drawn, "left out"));
}

/* What was active before the window shows as active in it. */
TEST(a_window_begins_in_the_middle_of_activations)
{
	const char *drawn = RENDERED("--format plantuml --from 0.5 '%s'",
				     trace_of_demo("documents/10-say-hello"));

	CHECK_HAS(drawn, "activate say_hello_CCC\n");
	CHECK_HAS(drawn, "deactivate say_hello_CCC\n");
}

TEST(some_iterations)
{
	const char *trace = trace_of_demo("documents/10-say-hello");
	const char *drawn = RENDERED("--format plantuml --view loop --iterations 2-3 '%s'", trace);

	CHECK(!strstr(drawn, "== iteration 1 =="));
	CHECK_HAS(drawn, "== iteration 2 ==\n");
	CHECK_HAS(drawn, "== iteration 3 ==\n");
	CHECK_HAS(drawn, "...1.000 s...\n");
	CHECK(!strstr(drawn, "== iteration 4 =="));
	CHECK_HAS(drawn, "messages left out by the filters");
	drawn = RENDERED("--format plantuml --view loop --iterations 6- '%s'", trace);
	CHECK(!strstr(drawn, "== iteration 5 =="));
	CHECK_HAS(drawn, "== iteration 7 ==\n");
	drawn = RENDERED("--format plantuml --view loop --iterations -1 '%s'", trace);
	CHECK_HAS(drawn, "== iteration 1 ==\n");
	CHECK(!strstr(drawn, "== iteration 2 =="));
}

TEST(a_limit_is_told_in_the_picture_and_beside_it)
{
	const char *trace = trace_of_demo("documents/10-say-hello");
	struct outcome *o = RENDER("--format plantuml --limit 5 '%s'", trace);

	CHECK_INT(o->status, 0);
	CHECK_HAS(o->out, "say_hello_BBB -> asyncio.sleep : sleep\n");
	CHECK(!strstr(o->out, "say_hello_CCC -> asyncio.sleep"));
	CHECK_HAS(o->out, "7 messages after the first 5 left out");
	CHECK_STR(o->err, "coil: 7 messages after the first 5 left out of the picture "
		  "(--limit 0: all)\n");
	CHECK_STR(RENDERED("--format plantuml --limit 12 '%s'", trace),
		  RENDERED("--format plantuml --limit 0 '%s'", trace));
}

/* main awaits a() inline, which awaits b(), which awaits c(). */
static const char *trace_of_depths(void)
{
	return trace_of_text(
		"coil-trace 1 clock=virtual run=0x1 pid=1 parent=0 monotonic=0 wall=0 program=\"x\"\n"
		"1 0.000000000 t1 ctx=0 STRING string=1 text=\"a\"\n"
		"2 0.000000000 t1 ctx=0 STRING string=2 text=\"b\"\n"
		"3 0.000000000 t1 ctx=0 STRING string=3 text=\"c\"\n"
		"4 0.000000000 t1 ctx=0 STRING string=4 text=\"7\"\n"
		"5 0.000000000 t1 ctx=0 SITE site=1 line=1 callee=1 argument=4\n"
		"6 0.000000000 t1 ctx=0 SITE site=2 line=2 callee=2\n"
		"7 0.000000000 t1 ctx=0 SITE site=3 line=3 callee=3\n"
		"8 0.000000000 t1 ctx=0 LOOP_CREATED virtual loop=1\n"
		"9 0.000000000 t1 ctx=0 TASK_CREATED main task=1 loop=1 number=1\n"
		"10 0.000000000 t1 ctx=0 HANDLE_SCHEDULED step handle=1 target=1 loop=1\n"
		"11 0.000000000 t1/1 ctx=0 LOOP_RUN_BEGIN loop=1\n"
		"12 0.000000000 t1/1 ctx=1 TASK_STEP_BEGIN send task=1\n"
		"13 0.000000000 t1/1 ctx=1 AWAIT_BEGIN coroutine task=1 depth=0 coroutine=1\n"
		"14 0.000000000 t1/1 ctx=1 AWAIT_BEGIN coroutine task=1 depth=1 coroutine=2\n"
		"15 0.000000000 t1/1 ctx=1 AWAIT_BEGIN coroutine task=1 depth=2 coroutine=3\n"
		"16 0.500000000 t1/1 ctx=1 AWAIT_END result task=1 depth=2\n"
		"17 0.500000000 t1/1 ctx=1 AWAIT_END exception task=1 depth=1 error=5\n"
		"18 0.500000000 t1/1 ctx=1 AWAIT_END result task=1 depth=0\n"
		"19 0.500000000 t1/1 ctx=1 FUTURE_DONE result future=1\n"
		"20 0.500000000 t1/1 ctx=1 TASK_STEP_END returned\n");
}

TEST(depth_of_inline_awaits)
{
	const char *trace = trace_of_depths();
	const char *drawn = RENDERED("--format plantuml '%s'", trace);

	CHECK_HAS(drawn, "main -> main : a(7)\nactivate main\n"
		  "main -> main : b()\nactivate main\n"
		  "main -> main : c()\nactivate main\n"
		  "main -> main : total(0.500)\ndeactivate main\n"
		  "main -[#A8473F]> main : ValueError, total(0.500)\ndeactivate main\n"
		  "main -> main : total(0.500)\ndeactivate main\n");
	drawn = RENDERED("--format plantuml --depth 1 '%s'", trace);
	CHECK_HAS(drawn, "main -> main : a(7)\nactivate main\n"
		  "main -> main : total(0.500)\ndeactivate main\n");
	CHECK_HAS(drawn, "4 messages of inline awaits left out (-<U+002D>depth 1)");
}

/* ---- what is drawn ---------------------------------------------------------------- */

TEST(cancellation_is_drawn)
{
	const char *drawn = RENDERED("--format plantuml '%s'", trace_of_text(
		"coil-trace 1 clock=virtual run=0x1 pid=1 parent=0 monotonic=0 wall=0 program=\"x\"\n"
		"1 0.000000000 t1 ctx=0 TASK_CREATED main task=1 loop=1 number=1\n"
		"2 0.000000000 t1 ctx=0 HANDLE_SCHEDULED step handle=1 target=1 loop=1\n"
		"3 0.000000000 t1/1 ctx=0 LOOP_RUN_BEGIN loop=1\n"
		"4 0.000000000 t1/1 ctx=1 TASK_STEP_BEGIN send task=1\n"
		"5 0.000000000 t1/1 ctx=1 TASK_CREATED plain task=2 parent=1 loop=1 number=2 name=\"w\"\n"
		"6 0.000000000 t1/1 ctx=1 AWAIT_BEGIN task task=1 target=2\n"
		"7 0.250000000 t1/1 ctx=1 TASK_CANCEL_REQUESTED task=2 by=1 count=1 message=\"stop it\"\n"
		"8 0.500000000 t1/1 ctx=1 FUTURE_DONE cancelled future=2 error=1 message=\"stop it\"\n"));

	CHECK_HAS(drawn, "main -> w\n");
	CHECK_HAS(drawn, "main -[#A8473F]> w : cancel: stop it\n");
	CHECK_HAS(drawn, "w -[#A8473F]> main : CancelledError: stop it, total(0.500)\n");
}

/* Who awaits a task that another has made asks for its result; an answer that comes
 * before the question is told when that is asked. */
TEST(requests_and_answers)
{
	const char *drawn = RENDERED("--format plantuml '%s'", trace_of_text(
		"coil-trace 1 clock=virtual run=0x1 pid=1 parent=0 monotonic=0 wall=0 program=\"x\"\n"
		"1 0.000000000 t1 ctx=0 TASK_CREATED main task=1 loop=1 number=1\n"
		"2 0.000000000 t1 ctx=0 TASK_CREATED plain task=2 parent=1 loop=1 number=2 name=\"b\"\n"
		"3 0.000000000 t1 ctx=0 TASK_CREATED plain task=3 parent=1 loop=1 number=3 name=\"c\"\n"
		"4 0.250000000 t1 ctx=0 AWAIT_BEGIN task task=2 target=3\n"
		"5 0.500000000 t1 ctx=0 FUTURE_DONE result future=3\n"
		"6 0.500000000 t1 ctx=0 AWAIT_END result task=2\n"
		"7 0.750000000 t1 ctx=0 AWAIT_BEGIN task task=1 target=3\n"
		"8 0.750000000 t1 ctx=0 AWAIT_END result task=1\n"));

	CHECK_HAS(drawn, "main -> b\nmain -> c\nb -> c : await\nc -> b : total(0.250)\n"
		  "c -> main : total(0.750)\n@enduml\n");
}

TEST(an_empty_trace_is_a_picture_too)
{
	const char *trace = trace_of_text(
		"coil-trace 1 clock=virtual run=0x1 pid=1 parent=0 monotonic=0 wall=0 program=\"x\"\n");

	CHECK_HAS(RENDERED("--format plantuml '%s'", trace), "nothing to draw in this trace");
	CHECK_HAS(RENDERED("--view loop --format dot '%s'", trace), "nothing to draw");
	CHECK_HAS(RENDERED("'%s'", trace), "nothing to draw in this trace");
}

TEST(a_damaged_trace_is_drawn_up_to_the_damage)
{
	const char *trace = trace_of_demo("documents/10-say-hello"), *damaged = test_path("damaged.trace");
	struct outcome *o;

	CHECK_INT(run_shell("head -c 70000 '%s' >'%s'", trace, damaged)->status, 0);
	o = RENDER("--format plantuml '%s'", damaged);
	CHECK_INT(o->status, 2);
	CHECK_HAS(o->out, "main -> say_hello_AAA\n");
	CHECK_HAS(o->out, "the trace ends here");
	CHECK_HAS(o->out, "@enduml\n");
	CHECK_HAS(o->err, "damaged.trace");
}

/* ---- text --------------------------------------------------------------------------- */

static size_t widest_line(const char *drawn)
{
	size_t widest = 0;

	for (const char *line = drawn; *line; line += strcspn(line, "\n") + 1)
		if (strcspn(line, "\n") > widest)
			widest = strcspn(line, "\n");
	return widest;
}

/* In ASCII, a byte is a cell. */
TEST(text_is_as_wide_as_it_may_be)
{
	const char *trace = trace_of_demo("documents/10-say-hello");

	CHECK_HAS(RENDERED("--ascii --width 100 '%s'", trace), "#<- total(1.000) -#");
	for (int width = 60; width <= 110; width += 5)
		for (int view = 0; view < 2; view++)
			harness_check(widest_line(RENDERED("--ascii --width %d --view %s '%s'",
				width, view ? "loop" : "await", trace)) <= (size_t)width,
				__FILE__, __LINE__, "width %d, view %d", width, view);
}

TEST(text_that_is_too_wide_becomes_a_list)
{
	const char *drawn = RENDERED("--ascii --width 60 '%s'", trace_of_demo("documents/10-say-hello"));

	CHECK_HAS(drawn, "participants\n    1  main\n    2  say_hello_AAA\n");
	CHECK_HAS(drawn, "   0.000     1 --> 2      main --> say_hello_AAA\n");
	CHECK_HAS(drawn, "             2 --> 5      sleep\n");
	CHECK_HAS(drawn, "... 1.000 s ...\n");
	CHECK_HAS(drawn, "   1.000     5 --> 2      total(1.000)\n");
}

TEST(columns_of_the_environment)
{
	const char *trace = trace_of_demo("documents/10-say-hello");

	CHECK_STR(run_shell("COLUMNS=60 '%s' render --ascii '%s'", test_built("coil"), trace)->out,
		  RENDERED("--ascii --width 60 '%s'", trace));
}

/* ---- output --------------------------------------------------------------------------- */

static int files_in(const char *directory)
{
	DIR *stream = opendir(directory);
	int count = 0;

	if (!CHECK(stream != NULL))
		return 0;
	while (readdir(stream))
		count++;
	closedir(stream);
	return count - 2;
}

TEST(the_name_of_the_file_says_the_format)
{
	const char *trace = trace_of_demo("documents/02-hello");

	CHECK_STR(RENDERED("-o '%s' '%s'", test_path("a.puml"), trace), "");
	CHECK_HAS(read_file(test_path("a.puml"), NULL), "@startuml\n");
	RENDERED("--output='%s' '%s'", test_path("a.gv"), trace);
	CHECK_HAS(read_file(test_path("a.gv"), NULL), "digraph coil {\n");
	RENDERED("-o '%s' --utf8 '%s'", test_path("a.txt"), trace);
	CHECK_HAS(read_file(test_path("a.txt"), NULL), "┌──────┐");
}

TEST(pictures_by_graphviz)
{
	const char *trace = trace_of_demo("documents/10-say-hello"), *png = test_path("a.png");
	size_t size = 0;

	if (!is_installed("dot"))
		SKIP("Graphviz is not installed");
	CHECK_HAS(RENDERED("--format svg '%s'", trace), "say_hello_CCC</text>");
	RENDERED("-o '%s' '%s'", png, trace);
	REQUIRE(memcmp(read_file(png, &size), "\x89PNG\r\n\x1a\n", 8) == 0);
	CHECK(size > 10000);
}

TEST(without_graphviz)
{
	const char *trace = trace_of_demo("documents/02-hello"), *picture = test_path("out/a.svg");
	struct outcome *o;

	CHECK_INT(mkdir(test_path("out"), 0777), 0);
	CHECK(write_file(picture, "before", 6));
	o = run_shell("PATH=/nowhere '%s' render -o '%s' '%s'", test_built("coil"), picture, trace);
	CHECK_INT(o->status, 2);
	CHECK_STR(o->err, "coil: Graphviz's `dot` is not installed: apt-get install graphviz\n");
	CHECK_STR(read_file(picture, NULL), "before");
	CHECK_INT(files_in(test_path("out")), 1);
}

TEST(what_cannot_be_written)
{
	const char *trace = trace_of_demo("documents/02-hello");
	struct outcome *o = RENDER("-o /nowhere/a.puml '%s'", trace);
	struct stat status;

	CHECK_INT(o->status, 2);
	CHECK_STR(o->err, "coil: /nowhere/a.puml: No such file or directory\n");
	if (stat("/dev/full", &status) != 0 || !S_ISCHR(status.st_mode))
		SKIP("there is no /dev/full");
	o = RENDER("'%s' >/dev/full", trace);
	CHECK_INT(o->status, 2);
	CHECK_HAS(o->err, "coil: standard output: No space left on device\n");
	o = RENDER("-o /dev/full --format dot '%s'", trace);
	CHECK_INT(o->status, 2);
	CHECK_STR(o->err, "coil: /dev/full: No space left on device\n");
}

TEST(a_file_has_the_usual_mode)
{
	struct stat status;

	CHECK_INT(run_shell("umask 027; '%s' render -o '%s' '%s'", test_built("coil"),
			    test_path("a.txt"), trace_of_demo("documents/02-hello"))->status, 0);
	REQUIRE(stat(test_path("a.txt"), &status) == 0);
	CHECK_INT(status.st_mode & 0777, 0640);
}

/* ---- usage ------------------------------------------------------------------------------ */

TEST(bad_usage)
{
	static const char *const wrong[] = {
		"", "a b", "--format pdf x", "--view tree x", "--limit many x", "--limit -1 x",
		"--from soon x", "--to '' x", "--iterations x x", "--iterations 1-x x",
		"--iterations '' x", "--depth 1.5 x", "--width w x", "--unknown x", "--task",
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct outcome *o = RENDER("%s", wrong[i]);

		harness_check(o->status == 2 && o->out_size == 0 &&
			      strncmp(o->err, "coil: render: ", 14) == 0 &&
			      strchr(o->err, '\n') == o->err + o->err_size - 1,
			      __FILE__, __LINE__, "%s: status %d, %s%s", wrong[i], o->status,
			      o->out, o->err);
	}
	CHECK_HAS(RENDERED("--help"), "usage: coil render ");
	CHECK_INT(RENDER("/nowhere.trace")->status, 2);
}

/* ---- what is coil's own ------------------------------------------------------- */

/* What joins the workers of the default executor when a run ends. */
TEST(a_task_of_coil_itself_is_drawn_if_it_is_asked_for)
{
	const char *trace = trace_of_demo("documents/05-executor");
	const char *drawn = RENDERED("--format plantuml '%s'", trace);

	CHECK_HAS(drawn, "main -> asyncio_0 : blocking");
	CHECK(strstr(drawn, "shutdown") == NULL);
	CHECK(strstr(drawn, "future_") == NULL);
	CHECK(strstr(drawn, "left out") == NULL);
	drawn = RENDERED("--format plantuml --task shutdown_default_executor '%s'", trace);
	CHECK_HAS(drawn, "shutdown_default_executor -> asyncio.timeout : wait_for(300)");
	CHECK_HAS(RENDERED("--format plantuml --view loop '%s'", trace),
		  "shutdown_default_executor");
}
