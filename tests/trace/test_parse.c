/* SPDX-License-Identifier: MIT
 *
 * A trace as text, and back.
 */
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#include "trace/names.h"
#include "trace/reader_print.h"
#include "trace/reader_write.h"
#include "traces.h"

/* What coil print would print of the trace at PATH. */
static const char *printed(const char *path)
{
	char *error, *out = NULL;
	size_t size;
	struct coil__reader *reader = coil__reader_open(path, &error);
	FILE *file = open_memstream(&out, &size);
	struct coil__names *names;
	struct coil__event event;

	CHECK_STR(error, NULL);
	REQUIRE(reader, NULL);
	names = coil__names_create(reader);
	coil__print_header(file, coil__reader_header(reader));
	while (coil__reader_next(reader, &event)) {
		coil__names_apply(names, &event);
		coil__print_event(file, reader, names, &event);
	}
	CHECK_STR(coil__reader_error(reader), NULL);
	fclose(file);
	coil__names_destroy(names);
	coil__reader_close(reader);
	return keep(out);
}

static const char *parse(const char *lines, const char *path)
{
	FILE *in = fmemopen((void *)(uintptr_t)lines, strlen(lines), "r");
	char *error = coil__parse(in, "in", path);

	fclose(in);
	return error ? keep(error) : NULL;
}

/* Every event, every kind of field, every oddity of text. */
static const char all[] =
	TRACE_HEADER
	"1 0.000000000 t1 ctx=0 STRING string=1 text=\"a]b\\\\c\\xff\\x01\\n\\t\\\"\"\n"
	"2 0.000000001 t1 ctx=0 SITE site=1 function=1[a\\]b\\\\c\\xff\\x01\\n\\t\"]"
	" file=1[a\\]b\\\\c\\xff\\x01\\n\\t\"] line=4294967295\n"
	"3 0.000000001 t1 ctx=0 LOOP_CREATED virtual loop=1\n"
	"4 0.000000001 t1/1 ctx=0 LOOP_RUN_BEGIN loop=1"
	" site=1[a\\]b\\\\c\\xff\\x01\\n\\t\":4294967295 a\\]b\\\\c\\xff\\x01\\n\\t\": ]\n"
	"5 1.000000000 t1/1 ctx=0 ITERATION_BEGIN n=18446744073709551615 ready=0 scheduled=1\n"
	"6 1.000000000 t1/1 ctx=0 POLL_BEGIN timeout=-1\n"
	"7 1.000000000 t1/1 ctx=0 POLL_BEGIN timeout=0.1\n"
	"8 1.000000000 t1/1 ctx=0 POLL_BEGIN timeout=0.30000000000000004\n"
	"9 1.000000000 t1/1 ctx=0 POLL_BEGIN timeout=inf\n"
	"10 1.000000000 t1/1 ctx=0 POLL_BEGIN timeout=nan\n"
	"11 1.000000000 t1/1 ctx=0 FD_ADDED write loop=1 fd=-2147483648\n"
	"12 1.000000000 t1/1 ctx=0 TASK_CREATED tag=77 task=1[\xed\x95\x9c\xea\xb8\x80] number=0"
	" name=\"\xed\x95\x9c\xea\xb8\x80\"\n"
	"13 1.000000000 t1/1 ctx=281474976710655 FUTURE_DONE exception future=1[\xed\x95\x9c"
	"\xea\xb8\x80] error=1[CancelledError] message=\"why\"\n"
	"14 1.000000000 t1/1 ctx=0 FUTURE_DONE exception future=2 error=1000[UserError]\n"
	"15 1.000000000 t1/1 ctx=0 HANDLE_SCHEDULED io handle=1 target=1\n"
	"16 1.000000000 t1/1 ctx=0 HANDLE_SCHEDULED at handle=2 when=1e-09\n"
	"17 1.000000000 t1/1 ctx=0 MARK\n"
	"18 1.000000000 t1/1 ctx=0 COUNTER value=-2.5 name=1[a\\]b\\\\c\\xff\\x01\\n\\t\"]\n"
	"19 300000.000000000 t1/1 ctx=0 HANDLE_RUN_BEGIN tag=3\n"
	"20 300000.000000001 t1/1 ctx=0 UNKNOWN tag=2 number=250\n"
	"21 300000.000000002 t4000000000/3 ctx=0 TRACE_END failed\n";

TEST(nothing_is_lost)
{
	const char *path = test_path("all.trace");

	CHECK_STR(parse(all, path), NULL);
	CHECK_STR(printed(path), all);
}

/* Of the bytes of a file with few threads all come back, not only the events. */
TEST(a_recorded_file_comes_back_byte_by_byte)
{
	const char *recorded = test_path("recorded.trace"), *again = test_path("again.trace");
	size_t size = 0, again_size = 0;
	struct outcome *run;
	char *a, *b;

	setenv("COIL_TRACE", recorded, 1);
	run = RUN(test_built("lessons/documents/10-say-hello"));
	unsetenv("COIL_TRACE");
	CHECK_INT(run->status, 0);
	CHECK_STR(parse(printed(recorded), again), NULL);
	a = read_file(recorded, &size);
	b = read_file(again, &again_size);
	CHECK_INT(size, again_size);
	CHECK(!memcmp(a, b, size < again_size ? size : again_size));
}

/* More than a chunk: every thread goes on in its next one. */
TEST(long_traces_have_many_chunks)
{
	const char *path = test_path("long.trace"), *first;
	char *lines = NULL;
	size_t size;
	FILE *out = open_memstream(&lines, &size);

	fputs(TRACE_HEADER, out);
	for (int i = 0; i < 20000; i++)
		fprintf(out, "%d %d.%09d t%d ctx=%d MARK text=\"%.*s\"\n", i + 1, i / 1000,
			i % 1000, i % 2 + 1, i, i % 40 + 1,
			"0123456789012345678901234567890123456789");
	fclose(out);
	CHECK_STR(parse(lines, path), NULL);
	first = printed(path);
	CHECK(first && !strcmp(first, lines));
	CHECK_STR(parse(first, path), NULL);
	CHECK_STR(printed(path), first);
	free(lines);
}

TEST(comments_and_empty_lines_are_skipped)
{
	CHECK_STR(parse("# made by hand\n\n" TRACE_HEADER "\n# and\n"
			"1 0.000000000 t1 ctx=0 MARK text=\"x\"\n", test_path("t")), NULL);
	CHECK_HAS(printed(test_path("t")), "MARK text=\"x\"");
}

TEST(what_is_wrong_is_told_with_its_line)
{
	static const struct { const char *line, *says; } wrong[] = {
		{ "x", "in:2: a number is expected at \"x\"" },
		{ "1 0.5 t1 ctx=0 MARK", "in:2: a time has nine digits behind the point" },
		{ "1 0.000000000 t0 ctx=0 MARK", "in:2: threads are numbered from 1" },
		{ "1 0.000000000 t1 ctx=0 MRAK", "in:2: there is no event \"MRAK\"" },
		{ "1 0.000000000 t1 ctx=0 MARK txt=\"\"", "MARK has no field \"txt\"" },
		{ "1 0.000000000 t1 ctx=0 MARK text=\"a", "\"\"\" is expected at \"\"" },
		{ "1 0.000000000 t1 ctx=0 MARK text=\"\\q\"", "an escape is damaged" },
		{ "1 0.000000000 t1 ctx=0 MARK text=\"\\x00\"", "an escape is damaged" },
		{ "1 0.000000000 t1 ctx=0 TASK_STEP_BEGIN sned", "TASK_STEP_BEGIN has no tag \"sned\"" },
		{ "1 0.000000000 t1 ctx=0 LOOP_STOP loop=4294967296", "4294967296 is too large" },
		{ "1 0.000000000 t1 ctx=0 LOOP_STOP loop=-1", "a number is expected at \"-1\"" },
		{ "1 0.000000000 t1 ctx=281474976710656 LOOP_STOP", "is too large" },
		{ "1 0.000000000 t1 ctx=0 POLL_BEGIN timeout=soon", "a number is expected" },
		{ "1 0.000000000 t1 ctx=0 LOOP_STOP loop=1[x", "\"]\" is expected" },
		{ "1 0.000000000 t1 ctx=0 UNKNOWN number=1", "event 1 is not unknown" },
		{ "1 0.000000000 t1 ctx=0 UNKNOWN number=250 x", "\" x\" is left over" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		const char *path = test_path("wrong");

		CHECK_HAS(parse(text(TRACE_HEADER "%s\n", wrong[i].line), path), wrong[i].says);
		CHECK(access(path, F_OK) < 0); /* half a trace is none */
	}
}

TEST(a_text_without_a_header)
{
	CHECK_HAS(parse("# nothing\n", test_path("t")), "it has no header");
	CHECK_HAS(parse("1 0.000000000 t1 ctx=0 MARK\n", test_path("t")),
		  "in:1: \"coil-trace \" is expected");
	CHECK_HAS(parse("coil-trace 7 clock=real", test_path("t")), "version 7 is not known");
	CHECK_HAS(parse("coil-trace 1 clock=odd", test_path("t")), "real or virtual");
}

TEST(text_that_is_too_long_is_refused)
{
	char longer[4000];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	CHECK_HAS(parse(text(TRACE_HEADER "1 0.000000000 t1 ctx=0 MARK text=\"%s\"\n", longer),
			test_path("t")), "the text is too long (at most 2024 bytes)");
	longer[2024] = '\0';
	CHECK_STR(parse(text(TRACE_HEADER "1 0.000000000 t1 ctx=0 MARK text=\"%s\"\n", longer),
			test_path("t")), NULL);
	CHECK_HAS(printed(test_path("t")), longer);
}

TEST(a_file_that_cannot_be_written)
{
	CHECK_HAS(parse(TRACE_HEADER, test_path("no/where")), "no/where: No such file");
	CHECK_HAS(parse(TRACE_HEADER, "/dev/null"), "/dev/null: is not a regular file");
	CHECK(access("/dev/null", F_OK) == 0);
}

/* As on a full disk: the writing fails in the middle, and nothing is left. */
TEST(a_file_that_cannot_be_completed)
{
	struct rlimit limit = { 100000, 100000 };
	const char *path = test_path("cut");

	signal(SIGXFSZ, SIG_IGN);
	REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	CHECK_HAS(parse(TRACE_HEADER "1 0.000000000 t1 ctx=0 MARK\n", path), "cut: File too large");
	CHECK(access(path, F_OK) < 0);
}

TEST(places_and_reals_are_printed_for_people)
{
	struct coil__reader *reader = trace_of(
		"t1 ctx=0 STRING string=1 text=\"amain\"\n"
		"t1 ctx=0 STRING string=2 text=\"src/deep/hello.c\"\n"
		"t1 ctx=0 STRING string=3 text=\"sleep\"\n"
		"t1 ctx=0 STRING string=4 text=\"x[1]\"\n"
		"t1 ctx=0 SITE site=1 function=1 file=2 line=9 callee=3 argument=4\n"
		"t1 ctx=0 FUTURE_CREATED sleep future=5 site=1 delay=0.1\n");

	coil__reader_close(reader);
	CHECK_HAS(printed(test_path("lines.trace")),
		  "FUTURE_CREATED sleep future=5 site=1[hello.c:9 amain: sleep(x[1\\])] delay=0.1\n");
}
