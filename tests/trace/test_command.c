/* SPDX-License-Identifier: MIT
 *
 * The coil command: record, print, parse, check, stats; usage and exit statuses.
 */
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include "traces.h"

#define COIL(...) RUN(test_built("coil"), __VA_ARGS__)

static const char *recorded(void)
{
	const char *path = test_path("gather.trace");
	struct outcome *run = COIL("record", "-o", path, "--virtual", "--",
				   test_built("lessons/documents/10-say-hello"));

	CHECK_INT(run->status, 0);
	CHECK_HAS(run->out, "total(1.000)");
	CHECK_STR(run->err, "");
	return path;
}

static unsigned lines_of(const char *text)
{
	unsigned count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/* ---- usage ------------------------------------------------------------------- */

TEST(help_and_version)
{
	static const char *commands[] = { "record", "print", "parse", "render", "check", "stats",
					"play" };
	struct outcome *run = COIL("--help");

	CHECK_INT(run->status, 0);
	CHECK_STR(run->err, "");
	for (size_t i = 0; i < 7; i++) {
		struct outcome *help = COIL(commands[i], "--help");

		CHECK_HAS(run->out, text("\n  %s ", commands[i]));
		CHECK_INT(help->status, 0);
		CHECK_HAS(help->out, text("usage: coil %s", commands[i]));
		CHECK_STR(COIL("help", commands[i])->out, help->out);
	}
	run = COIL("--version");
	CHECK_INT(run->status, 0);
	CHECK(!strncmp(run->out, "coil 0.", 7));
}

TEST(bad_usage_is_one_line_and_status_2)
{
	const char *trace = recorded();
	struct { struct outcome *run; const char *says; } wrong[] = {
		{ RUN(test_built("coil")), "coil: which command?" },
		{ COIL("pritn"), "coil: there is no command pritn; is it print?" },
		{ COIL("xyzzy"), "coil: there is no command xyzzy (see coil --help)" },
		{ COIL("print"), "coil: print: which trace? (see coil print --help)" },
		{ COIL("print", "a", "b"), "one trace at a time" },
		{ COIL("print", "--bogus", trace), "there is no option --bogus" },
		{ COIL("print", "-z", trace), "there is no option -z" },
		{ COIL("print", "--from"), "--from needs a value" },
		{ COIL("print", "--from", "noon", trace), "noon is no time in seconds" },
		{ COIL("print", "--type", "TASK_CRATED", trace), "is it TASK_CREATED?" },
		{ COIL("print", test_path("none")), "none: No such file or directory" },
		{ COIL("check", test_built("coil")), "is not a trace" },
		{ COIL("stats", "--tasks", "x", trace), "x is no number of lines" },
		{ COIL("check", "--most", "x", trace), "x is no number of violations" },
		{ COIL("record"), "which program?" },
		{ COIL("record", "--", test_path("none")), "none: No such file or directory" },
		{ COIL("parse", test_path("none")), "none: No such file or directory" },
		{ COIL("parse", "a", "b"), "one text at a time" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		CHECK_INT(wrong[i].run->status, 2);
		CHECK_HAS(wrong[i].run->err, wrong[i].says);
		CHECK_INT(lines_of(wrong[i].run->err), 1);
		CHECK_STR(wrong[i].run->out, "");
	}
}

/* ---- record ------------------------------------------------------------------- */

TEST(record_passes_the_exit_status_on)
{
	const char *path = test_path("t");
	struct outcome *run = COIL("record", "-o", path, "--", "sh", "-c",
				   text("%s >/dev/null; exit 7", test_built("lessons/documents/10-say-hello")),
				   NULL);

	CHECK_INT(run->status, 7);
	CHECK_STR(run->err, "");
	run = COIL("record", "-o", path, "sh", "-c",
		   text("%s >/dev/null; kill -9 $$", test_built("lessons/documents/10-say-hello")), NULL);
	CHECK_INT(run->status, 128 + SIGKILL);
	CHECK_HAS(run->err, "sh was killed by signal 9 (Killed)");
}

TEST(record_tells_of_a_program_without_coil, .may_leak_fds = false)
{
	const char *path = test_path("old.trace");
	struct outcome *run = COIL("record", "-o", path, "--", "true");

	CHECK_INT(run->status, 2);
	CHECK_HAS(run->err, "coil: true recorded nothing to");
	CHECK_HAS(run->err, "is it linked with coil");
	CHECK_INT(COIL("record", "-o", path, "--", "false")->status, 1);
	CHECK(write_file(path, "old", 3)); /* what was there before is not its doing */
	CHECK_HAS(COIL("record", "-o", path, "--", "true")->err, "recorded nothing");
}

TEST(record_finds_the_file_wherever_the_program_goes)
{
	struct outcome *run;
	char *found;

	REQUIRE(chdir(test_dir()) == 0);
	run = COIL("record", "-o", "here-%p", "--", "sh", "-c",
		   text("cd /; exec %s", test_built("lessons/documents/10-say-hello")));
	CHECK_INT(run->status, 0);
	CHECK_STR(run->err, "");
	found = run_shell("ls here-*")->out;
	CHECK(strtoul(found + 5, NULL, 10) > 1);
}

/* ---- print and parse ------------------------------------------------------------- */

TEST(print_and_parse_lose_nothing)
{
	const char *trace = recorded();
	struct outcome *text_of = COIL("print", trace), *run;

	CHECK_INT(text_of->status, 0);
	CHECK(lines_of(text_of->out) > 100);
	CHECK(write_file(test_path("text"), text_of->out, text_of->out_size));
	run = COIL("parse", "-o", test_path("again"), test_path("text"));
	CHECK_INT(run->status, 0);
	CHECK_STR(COIL("print", test_path("again"))->out, text_of->out);
	run = run_shell("%s print %s | %s parse --output %s && cmp %s %s", test_built("coil"), trace,
			test_built("coil"), test_path("third"), test_path("again"),
			test_path("third"));
	CHECK_STR(run->err, "");
	CHECK_INT(run->status, 0);
}

TEST(print_filters)
{
	const char *trace = recorded();
	struct outcome *run = COIL("print", "--type", "task_created,FUTURE_DONE", trace);

	CHECK_INT(lines_of(run->out), 1 + 4 + 8);
	run = COIL("print", "--type", "TASK_STEP_BEGIN", "--task", "say_hello_AAA", trace);
	CHECK_INT(lines_of(run->out), 1 + 2);
	run = COIL("print", "--type", "TASK_STEP_BEGIN", "--task", "say_hello_AAA",
		   "--task", "main", trace);
	CHECK_INT(lines_of(run->out), 1 + 4);
	run = COIL("print", "--type", "TASK_STEP_END", "--task", "say_hello_AAA",
		   "--from", "0.5", "--to", "1", trace);
	CHECK_INT(lines_of(run->out), 1 + 1);
	run = COIL("print", "--task", "nobody", trace);
	CHECK_INT(lines_of(run->out), 1);
	run = COIL("print", "--brief", trace);
	CHECK(!strstr(run->out, " STRING "));
	CHECK_HAS(run->out, " TASK_CREATED main ");
}

TEST(the_good_part_of_a_damaged_file_is_printed)
{
	const char *trace = recorded();
	struct stat status;
	struct outcome *run;

	REQUIRE(stat(trace, &status) == 0 && truncate(trace, status.st_size - 60000) == 0);
	run = COIL("print", trace);
	CHECK_INT(run->status, 2);
	CHECK(lines_of(run->out) > 50);
	CHECK_HAS(run->err, "is cut off at byte");
	CHECK_INT(lines_of(run->err), 1);
	CHECK_INT(COIL("check", trace)->status, 2);
	CHECK_INT(COIL("stats", trace)->status, 2);
}

TEST(output_that_cannot_be_written_is_told)
{
	struct outcome *run;

	if (access("/dev/full", W_OK) < 0)
		SKIP("there is no /dev/full");
	run = run_shell("%s print %s >/dev/full", test_built("coil"), recorded());
	CHECK_INT(run->status, 2);
	CHECK_HAS(run->err, "coil: standard output: No space left on device");
	run = run_shell("%s --help >/dev/full", test_built("coil"));
	CHECK_INT(run->status, 2);
}

/* ---- check and stats ---------------------------------------------------------------- */

TEST(check_finds_nothing_wrong)
{
	struct outcome *run = COIL("check", recorded());

	CHECK_INT(run->status, 0);
	CHECK_HAS(run->out, " 0 violations\n");
	run = COIL("check", "--quiet", recorded());
	CHECK_STR(run->out, "");
	run = COIL("check", "--laws");
	CHECK_HAS(run->out, "fifo       The ready queue is first in, first out.\n");
}

TEST(check_finds_what_is_wrong)
{
	const char *path = test_path("bad.trace");
	struct outcome *run;
	char *error = write_trace(path,
		"t1 ctx=0 LOOP_CREATED real loop=1\n"
		"@2.5 t1/1 ctx=0 LOOP_RUN_BEGIN loop=1 site=1\n"
		"t1/1 ctx=0 ITERATION_BEGIN n=1\n"
		"t1/1 ctx=7 HANDLE_RUN_BEGIN\n"
		"t1/1 ctx=7 HANDLE_RUN_END\n"
		"t1/1 ctx=0 ITERATION_END ran=3\n");

	CHECK_STR(error, NULL);
	run = COIL("check", path);
	CHECK_INT(run->status, 1);
	CHECK_STR(run->out,
		  "4 2.500000000 scheduled: HANDLE_RUN_BEGIN: handle 7 was not scheduled, or has run since\n"
		  "6 2.500000000 counts: ITERATION_END: 3 handles are said to have run, but 1 did\n"
		  "6 events, 30 laws, 2 violations\n");
	run = COIL("check", "--most", "1", "-q", path);
	CHECK_HAS(run->out, "scheduled: ");
	CHECK_HAS(run->out, "and 1 more\n");
}

TEST(stats_add_up)
{
	struct outcome *run = COIL("stats", recorded());

	CHECK_INT(run->status, 0);
	CHECK_HAS(run->out, "clock     virtual\n");
	CHECK_HAS(run->out, "time      1.000000 s\n");
	CHECK_HAS(run->out, "         8  TASK_STEP_BEGIN\n");
	CHECK_HAS(run->out, "  0.000000   0.000000   1.000000         2   0.000000  say_hello_BBB\n");
	run = COIL("stats", "--tasks", "1", "--steps", "0", recorded());
	CHECK_HAS(run->out, "and 3 more tasks (--tasks N shows more)\n");
	CHECK(!strstr(run->out, "longest step"));
}

/* A step that does not suspend ends when the clock is read again. */
TEST(stats_give_a_step_its_whole_time)
{
	const char *path = test_path("times.trace");
	char *error = write_trace(path,
		"t1 ctx=0 LOOP_CREATED real loop=1\n"
		"t1/1 ctx=0 LOOP_RUN_BEGIN loop=1 site=1\n"
		"t1/1 ctx=0 TASK_CREATED main task=1\n"
		"t1/1 ctx=0 HANDLE_SCHEDULED step handle=1 target=1\n"
		"t1/1 ctx=0 ITERATION_BEGIN n=1 ready=1\n"
		"@1 t1/1 ctx=1 TASK_STEP_BEGIN send task=1\n"
		"t1/1 ctx=1 HANDLE_SCHEDULED step handle=2 target=1\n"
		"t1/1 ctx=1 TASK_STEP_END yielded\n"
		"@3 t1/1 ctx=0 ITERATION_END ran=1\n"
		"@4 t1/1 ctx=0 ITERATION_BEGIN n=2 ready=1\n"
		"@8 t1/1 ctx=2 TASK_STEP_BEGIN send task=1\n"
		"@9 t1/1 ctx=2 FUTURE_DONE result future=1\n"
		"t1/1 ctx=2 TASK_STEP_END returned\n"
		"@9.5 t1/1 ctx=0 ITERATION_END ran=1\n");
	struct outcome *run;

	CHECK_STR(error, NULL);
	run = COIL("stats", path);
	CHECK_HAS(run->out, "  3.500000   6.000000   0.000000         2   2.000000  main\n");
	CHECK_HAS(run->out, "\n    2.000000    1.000000         6  main\n"
			    "    1.500000    8.000000        11  main\n");
}
