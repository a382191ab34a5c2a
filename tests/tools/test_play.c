/* SPDX-License-Identifier: MIT
 *
 * coil play: what it refuses, how a run begins and ends, and what the command does
 * with files.  What scenarios do is tested by the corpus (tests/conformance).
 */
#include <coil/trace.h>
#include <malloc.h>
#include "../tools/coil/play.h"
#include "../tools/coil/play_run.h"
#include "faults.h"
#include "harness.h"

#define COIL(...) RUN(test_built("coil"), "play", __VA_ARGS__)

static char *play(const char *scenario, bool iter)
{
	char *error, *log = coil__play_text(scenario, strlen(scenario), "x.scn", iter, &error);

	return keep(log ? log : error);
}

#define MAIN(lines) "scn 1\ncoro main\n" lines "end\n"

/* ---- what is refused ----------------------------------------------------------------- */

TEST(what_is_wrong_is_told_with_its_line)
{
	static const struct { const char *scenario, *says; } wrong[] = {
		{ "", "x.scn:0: a scenario begins with the line: scn 1" },
		{ "# only\n\nscn 2\n", "x.scn:3: a scenario begins with the line: scn 1" },
		{ "scn 1\n", "x.scn:1: there is no coro main" },
		{ "scn 1\nfunc main\nend\n", "x.scn:3: there is no coro main" },
		{ "scn 1\nlog x\n", "x.scn:2: log has no place outside of a coro or func" },
		{ "scn 1\noption eagre\n",
		  "x.scn:2: there is no option eagre like this; see eager (eager, unretrieved, "
		  "limit N)" },
		{ "scn 1\noption limit\n", "x.scn:2: there is no option limit like this; see "
		  "limit (eager, unretrieved, limit N)" },
		{ "scn 1\noption limit few\n", "x.scn:2: few is no integer" },
		{ "scn 1\noption limit -1\n", "x.scn:2: -1 is less than 0" },
		{ "scn 1\ncoro a b\n", "x.scn:2: coro NAME, and NAME of letters, digits, _ and -" },
		{ MAIN("") "coro main\n", "x.scn:4: there is a coro main already, in line 2" },
		{ "scn 1\ncoro main\n  sleep 1\n", "x.scn:3: the end of the coro of line 2 is "
		  "missing" },
		{ MAIN("repeat 2\n"), "x.scn:4: the end of the coro of line 2 is missing" },
		{ MAIN("slep 1\n"), "x.scn:3: there is no operation slep; is it sleep?" },
		{ MAIN("xyzzyxyzzy\n"), "x.scn:3: there is no operation xyzzyxyzzy" },
		{ MAIN("new sme s 1\n"), "x.scn:3: there is no operation new sme; is it new sem?" },
		{ MAIN("sleep\n"), "x.scn:3: too few words: sleep int" },
		{ MAIN("sleep 1 2\n"), "x.scn:3: 2 is too much: sleep int" },
		{ MAIN("sleep 1.5\n"), "x.scn:3: 1.5 is no integer" },
		{ MAIN("sleep 99999999999999999999\n"),
		  "x.scn:3: 99999999999999999999 is too far from 0" },
		{ MAIN("set_result f x\n"), "x.scn:3: x is no integer" },
		{ MAIN("wait some none\n"), "x.scn:3: some is not one of first|exception|all" },
		{ MAIN("await f,g\n"), "x.scn:3: f,g is no name of a variable" },
		{ MAIN("spawn self main\n"), "x.scn:3: self is the running task, and cannot be set" },
		{ MAIN("spawn t mian\n"), "x.scn:3: there is no coro mian; is it main?" },
		{ MAIN("call_soon h somewhere\n"), "x.scn:3: there is no func somewhere" },
		{ MAIN("gather raise @\n"), "x.scn:3: there is no coro " },
		{ MAIN("end\nlog\n"), "x.scn:4: log has no place outside of a coro or func" },
		{ MAIN("except any\nend\n"), "x.scn:3: except belongs to a try" },
		{ MAIN("try\nend\n"), "x.scn:4: a try needs an except or a finally" },
		{ MAIN("try\nexcept\nend\n"),
		  "x.scn:4: except what?  any, error, Cancelled, E, E:tag, ..." },
		{ MAIN("try\nexcept any\nexcept any\nend\n"),
		  "x.scn:5: a try has one except, with all its classes" },
		{ MAIN("try\nfinally now\nend\n"), "x.scn:4: nothing follows finally, but here now" },
		{ MAIN("try\nfinally\nreturn\nend\n"), "x.scn:5: return has no place in a finally" },
		{ MAIN("repeat 1\nend now\n"), "x.scn:4: nothing follows end, but here now" },
		{ "scn 1\nfunc f\nsleep 1\nend\n", "x.scn:3: sleep may suspend: not in a func" },
		{ "scn 1\nfunc f\nreturn\nend\n", "x.scn:3: return has no place in a func" },
		{ "scn 1\nfunc f\ntry\nend\n", "x.scn:3: try has no place in a func" },
		{ "scn 1\nfunc f\nraise\nend\n",
		  "x.scn:3: a func can only raise an error of its own: raise TAG" },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		CHECK_STR(play(wrong[i].scenario, false), wrong[i].says);
}

TEST(bytes_that_are_no_text)
{
	char *error, long_word[400];

	CHECK(!coil__play_text("scn 1\n\0\n", 8, "x.scn", false, &error));
	CHECK_STR(keep(error), "x.scn:2: a byte 0 is no text");
	memset(long_word, 'a', sizeof long_word);
	CHECK(!coil__play_text(long_word, sizeof long_word, "x.scn", false, &error));
	CHECK_STR(keep(error), "x.scn:1: a word of more than 200 bytes");
}

static char *nested(unsigned depth)
{
	char *scenario = NULL;
	size_t size;
	FILE *file = open_memstream(&scenario, &size);

	fputs("scn 1\ncoro main\n", file);
	for (unsigned i = 0; i < depth; i++)
		fputs("repeat 1\n", file);
	for (unsigned i = 0; i <= depth; i++)
		fputs("end\n", file);
	fclose(file);
	return keep(scenario);
}

TEST(blocks_and_calls_have_a_greatest_depth)
{
	char *log;

	CHECK_STR(play(nested(PLAY_DEPTH + 1), false),
		  text("x.scn:%d: more than %d blocks in each other", PLAY_DEPTH + 3, PLAY_DEPTH));
	CHECK_HAS(play(nested(PLAY_DEPTH - 1), false), "\n0 - end\n");
	log = play(MAIN("call main\n"), false);
	CHECK_HAS(log, "0 Task-1 > call main\n0 Task-1 start main\n");
	CHECK_STR(log + strlen(log) - 7, "\nlimit\n");
}

/* ---- runs --------------------------------------------------------------------------- */

TEST(the_smallest)
{
	CHECK_STR(play(MAIN(""), false),
		  "0 Task-1 start main\n0 Task-1 exit main = none\n0 - main = none\n0 - end\n");
	CHECK_STR(play(MAIN("sleep 3\nreturn 7\n"), true),
		  "0/1 Task-1 start main\n0/1 Task-1 > sleep 3\n3/3 Task-1 < sleep 3 = none\n"
		  "3/3 Task-1 return 7\n3/3 Task-1 exit main = 7\n3/4 - main = 7\n3/4 - end\n");
}

TEST(what_is_not_there_is_skipped)
{
	char *log = play("scn 1\nnew event e\n" "coro main\nawait x\nlocked e\nwith e\nlog no\nend\n"
			 "gather return x e\nwait all 1 x\nend\n", false);

	CHECK_HAS(log, "Task-1 await x skip\n0 Task-1 locked e skip\n0 Task-1 with e skip\n");
	CHECK_HAS(log, "< gather return x e = []\n");
	CHECK_HAS(log, "< wait all 1 x ! ValueError\n");
	CHECK(!strstr(log, "log no"));
}

TEST(a_run_is_over_at_its_limit)
{
	const char *endless = "scn 1\noption limit 4\ncoro main\ntry\nrepeat 100\nsleep 1\nend\n"
			      "finally\nlog never\nend\nend\n";

	CHECK_STR(play(endless, false), "0 Task-1 start main\n0 Task-1 iter 1\n"
		  "0 Task-1 > sleep 1\n1 Task-1 < sleep 1 = none\nlimit\n");
	CHECK_STR(play("scn 1\noption limit 3\nfunc f\ncall_soon h f\nend\n"
		       "coro main\ncall_soon h f\nsleep 9\nend\n", false),
		  "0 Task-1 start main\n0 Task-1 call_soon h f\n0 Task-1 > sleep 9\nlimit\n");
	/* The very last line is one of them. */
	CHECK_STR(play("scn 1\noption limit 4\ncoro main\nend\n", false),
		  "0 Task-1 start main\n0 Task-1 exit main = none\n0 - main = none\n0 - end\n"
		  "limit\n");
}

TEST(a_deadlock_is_the_end)
{
	CHECK_STR(play("scn 1\nnew future f\ncoro main\nspawn t a\nawait f\nend\n"
		       "coro a\nawait f\nend\n", true),
		  "0/1 Task-1 start main\n0/1 Task-1 spawn t a\n0/1 Task-1 > await f\n"
		  "0/2 Task-2 start a\n0/2 Task-2 > await f\n0/3 - deadlock Task-1,Task-2\n");
}

TEST(errors_nobody_looked_at)
{
	char *log = play("scn 1\noption unretrieved\nnew future f\ncoro main\n"
			 "spawn t a\nset_exception f x\nnew future f\nset_exception f y\n"
			 "exception f\nsleep 0\nsleep 0\nend\ncoro a\nraise z\nend\n", false);

	CHECK_HAS(log, "0 - main = none\n0 - unretrieved Task-2\n0 - unretrieved f\n0 - end\n");
	CHECK(!strstr(log, "unretrieved f\n0 - unretrieved f"));
}

/* What is in front of the bodies may fail; it logs nothing. */
TEST(news_are_quiet)
{
	CHECK_STR(play("scn 1\nnew barrier b 0\nnew cond c x\ncoro main\nbarrier.info b\nend\n",
		       false),
		  "0 Task-1 start main\n0 Task-1 barrier.info b skip\n"
		  "0 Task-1 exit main = none\n0 - main = none\n0 - end\n");
}

TEST(values_in_a_priority_queue_have_an_order)
{
	char *log = play("scn 1\nnew pqueue q 0\ncoro main\ngather return @one\nput q $\nput q 2\n"
			 "put q none\nput q 1\nget q\nget q\nget q\nget q\nend\n"
			 "coro one\nreturn 1\nend\n", false);

	CHECK_HAS(log, "get q = none\n");
	CHECK(strstr(log, "get q = none\n") < strstr(log, "get q = 1\n"));
	CHECK(strstr(log, "get q = 1\n") < strstr(log, "get q = 2\n"));
	CHECK(strstr(log, "get q = 2\n") < strstr(log, "get q = [1]\n"));
}

/* ---- memory ------------------------------------------------------------------------- */

static const char *const rich[] = {
	MAIN("new queue q 1\nput q 5\nget q\nsleep 2\nctx.set x 1\nctx.get x\nall_tasks\n"),
	"scn 1\nnew future f\nnew lock l\ncoro main\nspawn t a\nspawn u a name\n"
	"gather return t u @a\nwait all 1 t u\nas_completed none t u\n"
	"try\ntimeout 1 o\nawait f\nend\nexcept Timeout\nlog x\nend\nend\n"
	"coro a\nwith l\nsleep 1\nend\nend\n",
	"scn 1\ncoro main\ntry\ntaskgroup g\ntg.spawn g t b\ntg.spawn g u b\nend\n"
	"except Group\nraise\nend\nend\ncoro b\nsleep 1\nraise x\nend\n",
	"scn 1\nnew future f\nfunc d\nraise x\nend\ncoro main\nadd_cb f d\nset_result f 1\n"
	"shield_new s f\nspawn t main2\nend\ncoro main2\nsleep 9\nend\n",
};

static void play_or_say_why(void *scenario)
{
	char *error, *log = coil__play_text(scenario, strlen(scenario), "x.scn", true, &error);

	if (!log)
		CHECK_STR(error, "x.scn: out of memory");
	free(error);
	free(log);
}

static void play_or_nothing(void *scenario)
{
	char *error, *log = coil__play_text(scenario, strlen(scenario), "x.scn", true, &error);

	CHECK(log || !error || strstr(error, "out of memory") || strstr(error, "x.scn: "));
	free(error);
	free(log);
}

TEST(without_memory_it_says_so, .seconds = 60)
{
	for (size_t i = 0; i < sizeof rich / sizeof *rich; i++)
		CHECK(faults_every(FAULT_MEMORY, play_or_nothing, (void *)(uintptr_t)rich[i]) > 10);
}

TEST(without_mappings_it_says_so, .seconds = 60)
{
	CHECK(faults_every(FAULT_MAP, play_or_say_why, (void *)(uintptr_t)rich[1]) > 0);
}

TEST(a_thousand_runs_leave_nothing_behind, .seconds = 60, .no_laws = "a recording remembers places")
{
	size_t before = 0;

	for (unsigned i = 0; i < 1000; i++) {
		char *error, *log;
		const char *scenario = rich[i % 3];

		if (i == 300)
			before = mallinfo2().uordblks;
		log = coil__play_text(scenario, strlen(scenario), "x.scn", false, &error);
		CHECK(log);
		free(log);
	}
	if (mallinfo2().uordblks) /* a sanitizer's own allocator counts nothing */
		CHECK(mallinfo2().uordblks < before + 1000);
}

/* A recording that has ended points to no scenario any more. */
TEST(two_hundred_recordings_leave_nothing_behind, .seconds = 60)
{
	const char *trace = test_path("trace");
	size_t before = 0;

	for (unsigned i = 0; i < 200; i++) {
		char *error, *log;

		if (i == 100)
			before = mallinfo2().uordblks;
		CHECK_INT(coil_trace_start(trace).error, COIL_OK);
		log = coil__play_text(rich[0], strlen(rich[0]), "x.scn", false, &error);
		CHECK(log);
		free(log);
		coil_trace_stop();
	}
	if (mallinfo2().uordblks)
		CHECK(mallinfo2().uordblks < before + 1000);
}

/* ---- the command ----------------------------------------------------------------------- */

static const char *file(const char *name, const char *scenario)
{
	const char *path = test_path(name);

	CHECK(write_file(path, scenario, strlen(scenario)));
	return path;
}

TEST(log_goes_to_standard_output)
{
	struct outcome *run = COIL(file("a.scn", MAIN("")));
	const char *argv[] = { test_built("coil"), "play", "--iter", "-", NULL };

	CHECK_INT(run->status, 0);
	CHECK_STR(run->err, "");
	CHECK_STR(run->out, play(MAIN(""), false));
	run = run_program(argv, MAIN(""));
	CHECK_INT(run->status, 0);
	CHECK_STR(run->out, play(MAIN(""), true));
}

TEST(out_has_a_log_for_each)
{
	const char *a = file("a.scn", MAIN("")), *b = file("b.c.scn", MAIN("sleep 1\n"));
	struct outcome *run = COIL("--out", test_dir(), a, b);

	CHECK_INT(run->status, 0);
	CHECK_STR(run->out, "");
	CHECK_STR(read_file(test_path("a.log"), NULL), play(MAIN(""), false));
	CHECK_STR(read_file(test_path("b.c.log"), NULL), play(MAIN("sleep 1\n"), false));
	CHECK_INT(COIL("--iter", "--out", test_dir(), a)->status, 0);
	CHECK_STR(read_file(test_path("a.ilog"), NULL), play(MAIN(""), true));
}

/* What is wrong with one is no reason not to play the others. */
TEST(a_bad_file_is_one_line_and_status_2)
{
	const char *bad = file("bad.scn", MAIN("slep\n")), *good = file("a.scn", MAIN(""));
	struct outcome *run = COIL("--out", test_dir(), bad, good);

	CHECK_INT(run->status, 2);
	CHECK_STR(run->err, text("coil: %s:3: there is no operation slep; is it sleep?\n", bad));
	CHECK(read_file(test_path("a.log"), NULL));
	run = COIL(test_path("none"));
	CHECK_INT(run->status, 2);
	CHECK_STR(run->err, text("coil: %s: No such file or directory\n", test_path("none")));
	run = COIL("--out", test_path("none"), good);
	CHECK_INT(run->status, 2);
	CHECK_HAS(run->err, "none/a.log: No such file or directory\n");
	CHECK_HAS(RUN(test_built("coil"), "play")->err, "coil: play: which scenario?");
	CHECK_INT(COIL(test_dir())->status, 2);
}

TEST(operations_are_listed)
{
	struct outcome *run = COIL("--operations");

	CHECK_INT(run->status, 0);
	CHECK_HAS(run->out, "  as_completed delay future*\n");
	CHECK_HAS(run->out, "a block, up to its end; not in a func:\n  try\n  repeat int\n");
}

TEST(a_recording_speaks_of_the_scenario)
{
	const char *trace = test_path("t.trace"), *scenario = file("a.scn",
		"scn 1\ncoro main\nspawn t worker\nawait t\nend\ncoro worker\nsleep 1\nend\n");
	struct outcome *run;

	run = RUN(test_built("coil"), "record", "-o", trace, "--", test_built("coil"), "play",
		  scenario);
	CHECK_INT(run->status, 0);
	run = RUN(test_built("coil"), "print", trace);
	CHECK_HAS(run->out, "\"worker\"");
	CHECK_HAS(run->out, "a.scn\"");
	CHECK_HAS(RUN(test_built("coil"), "render", trace)->out, "│ worker │");
	CHECK_INT(RUN(test_built("coil"), "check", trace)->status, 0);
}
