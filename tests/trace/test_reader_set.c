/* SPDX-License-Identifier: MIT
 *
 * The traces of several processes as one: which files belong to it, and what becomes of
 * the numbers in them.
 */
#include <coil.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "trace/names.h"
#include "trace/reader_print.h"
#include "trace/reader_set.h"
#include "traces.h"

/* Writes a trace of LINES, each with its time in front, to the file NAME. */
static void write_file_of(const char *name, unsigned pid, unsigned parent, unsigned run,
			  long monotonic, const char *lines)
{
	const char *whole = text("coil-trace 1 clock=real run=%#x pid=%u parent=%u "
				 "monotonic=%ld wall=9 program=\"./a b\"\n", run, pid, parent,
				 monotonic);
	unsigned long index = 1;
	char *error;
	FILE *in;

	while (*lines) {
		size_t length = strcspn(lines, "\n");

		whole = text("%s%lu %.*s\n", whole, index++, (int)length, lines);
		lines += length + (lines[length] == '\n');
	}
	in = fmemopen((void *)whole, strlen(whole), "r");
	error = coil__parse(in, "lines", test_path(name));
	CHECK_STR(error, NULL);
	free(error);
	fclose(in);
}

static struct coil__reader *open_set(const char *name)
{
	char *error;
	struct coil__reader *reader = coil__reader_open_set(test_path(name), &error);

	CHECK_STR(error, NULL);
	return reader;
}

/* All of its events, as `coil print` shows them; what is wrong is in the last line. */
static const char *shown(const char *name)
{
	struct coil__reader *reader = open_set(name);
	char *out = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&out, &size);
	struct coil__event event;
	const char *problem;

	while (coil__reader_next(reader, &event))
		coil__print_event(file, reader, NULL, &event);
	problem = coil__reader_error(reader);
	if (problem)
		fprintf(file, "error: %s\n", strrchr(problem, '/'));
	problem = coil__reader_missing(reader);
	if (problem)
		fprintf(file, "missing: %s\n", strrchr(problem, '/'));
	fclose(file);
	coil__reader_close(reader);
	return keep(out);
}

#define MARK(time, what) #time " t1 ctx=0 MARK text=\"" what "\"\n"

static void write_parent(void)
{
	write_file_of("T", 100, 0, 42, 1000000000,
		      MARK(0.500000000, "parent") MARK(2.000000000, "parent, late"));
}

/* ---- which files ------------------------------------------------------------- */

TEST(a_childs_file_lies_beside_its_parents)
{
	write_parent();
	write_file_of("T.200", 200, 100, 42, 2000000000, MARK(0.250000000, "child"));
	CHECK_STR(shown("T"), "1 0.500000000 t1 ctx=0 MARK text=\"parent\"\n"
			      "2 1.250000000 t2 ctx=0 MARK text=\"child\"\n"
			      "3 2.000000000 t1 ctx=0 MARK text=\"parent, late\"\n");
}

/* As COIL_TRACE=trace-%p.x names them. */
TEST(or_has_its_pid_in_the_place_of_the_parents)
{
	write_file_of("trace-100.x", 100, 0, 42, 0, MARK(0.000000001, "parent"));
	write_file_of("trace-99.x", 99, 100, 42, 0, MARK(0.000000002, "child"));
	write_file_of("trace-98.y", 98, 100, 42, 0, MARK(0.000000003, "other"));
	write_file_of("trace-1.x", 101, 100, 42, 0, MARK(0.000000003, "other"));
	CHECK_STR(shown("trace-100.x"), "1 0.000000001 t1 ctx=0 MARK text=\"parent\"\n"
					"2 0.000000002 t2 ctx=0 MARK text=\"child\"\n");
}

TEST(files_of_such_names_that_are_something_else_are_passed_over)
{
	write_parent();
	write_file_of("T.200", 200, 100, 41, 0, MARK(0.250000000, "of an earlier run"));
	write_file_of("T.201", 201, 99, 42, 0, MARK(0.250000000, "of another's child"));
	write_file_of("T.202", 203, 100, 42, 0, MARK(0.250000000, "of another name"));
	write_file_of("T.x", 204, 100, 42, 0, MARK(0.250000000, "of another name"));
	write_file_of("T.0205", 205, 100, 42, 0, MARK(0.250000000, "of another name"));
	write_file_of("T.206.gz", 206, 100, 42, 0, MARK(0.250000000, "of another name"));
	write_file_of("U.207", 207, 100, 42, 0, MARK(0.250000000, "of another name"));
	CHECK(write_file(test_path("T.208"), "notes\n", 6));
	CHECK(write_file(test_path("T.209"), "", 0));
	CHECK_INT(mkdir(test_path("T.210"), 0777), 0);
	CHECK_INT(mkfifo(test_path("T.211"), 0666), 0);
	CHECK_STR(shown("T"), "1 0.500000000 t1 ctx=0 MARK text=\"parent\"\n"
			      "2 2.000000000 t1 ctx=0 MARK text=\"parent, late\"\n");
}

/* A server that forks the workers has nothing to tell of itself. */
TEST(children_of_children_belong_to_it)
{
	write_parent();
	write_file_of("T.200", 200, 100, 42, 1000000000,
		      "0.000000000 t1 ctx=0 THREAD thread=1 os_thread=200\n");
	write_file_of("T.300", 300, 200, 42, 1000000000, MARK(0.750000000, "grandchild"));
	CHECK_STR(shown("T"), "1 0.500000000 t1 ctx=0 MARK text=\"parent\"\n"
			      "2 0.750000000 t2 ctx=0 MARK text=\"grandchild\"\n"
			      "3 2.000000000 t1 ctx=0 MARK text=\"parent, late\"\n");
}

TEST(a_child_is_read_with_its_own_children_alone)
{
	write_parent();
	write_file_of("T.200", 200, 100, 42, 0, MARK(0.000000000, "child"));
	write_file_of("T.201", 201, 100, 42, 0, MARK(0.000000000, "its brother"));
	CHECK_STR(shown("T.200"), "1 0.000000000 t1 ctx=0 MARK text=\"child\"\n");
}

/* ---- what is wrong with them ---------------------------------------------------- */

#define TOLD "0.600000000 t1 ctx=0 JOB_END result job=5 process=200\n"

TEST(a_file_that_is_missing_is_told_once)
{
	write_file_of("T", 100, 0, 42, 0, TOLD TOLD);
	CHECK_STR(strstr(shown("T"), "missing"),
		  "missing: /T: the trace of its worker process 200 is not beside it\n");
	write_file_of("T.200", 200, 100, 42, 0,
		      "0.000000000 t1 ctx=0 THREAD thread=1 os_thread=200\n");
	CHECK_STR(strstr(shown("T"), "missing"), NULL); /* it had nothing to tell */
}

/* A child's file, cut to SIZE bytes. */
static void damage(size_t size)
{
	CHECK_INT(truncate(test_path("T.200"), (off_t)size), 0);
}

TEST(a_file_that_is_damaged_is_told)
{
	write_file_of("T", 100, 0, 42, 0, TOLD);
	write_file_of("T.200", 200, 100, 42, 0, MARK(0.250000000, "child"));
	damage(TRACE_CHUNK_BYTES + 100);
	CHECK_STR(shown("T"),
		  "1 0.250000000 t2 ctx=0 MARK text=\"child\"\n"
		  "2 0.600000000 t1 ctx=0 JOB_END result job=5 process=200\n"
		  "error: /T.200: is cut off at byte 65636, in chunk 1 of 1\n");
	damage(1000);
	CHECK_STR(shown("T"),
		  "1 0.600000000 t1 ctx=0 JOB_END result job=5 process=200\n"
		  "error: /T.200: is cut off in its definitions\n");
}

/* ---- numbers ---------------------------------------------------------------------- */

#define PROCESS(site, callee)                                                  \
	"0.000000000 t1 ctx=0 STRING string=1 text=\"" callee "\"\n"            \
	"0.000000000 t1 ctx=0 SITE site=" #site " function=1 file=1 line=3 callee=1\n" \
	"0.000000000 t1 ctx=0 THREAD thread=1 os_thread=1\n"                    \
	"0.000000000 t1 ctx=0 LOOP_CREATED real loop=1\n"                       \
	"0.000000000 t1/1 ctx=0 LOOP_RUN_BEGIN loop=1 site=" #site "\n"         \
	"0.000000000 t1/1 ctx=7 TASK_CREATED plain task=9 number=1 coroutine=" #site "\n" \
	"0.000000000 t1/1 ctx=7 HANDLE_SCHEDULED io handle=8 target=4\n"        \
	"0.000000000 t1/1 ctx=7 JOB_BEGIN job=9\n"

TEST(what_a_fork_has_copied_is_not_the_same)
{
	struct coil__reader *reader;
	struct coil__names *names;
	struct coil__event event, own = { 0 }, childs = { 0 };
	uint64_t jobs[2] = { 0 }, handles[2] = { 0 }, targets[2] = { 0 };
	uint32_t processes[2] = { 0 };
	int job = 0, handle = 0, thread = 0;

	write_file_of("T", 100, 0, 42, 0, PROCESS(1, "parents"));
	write_file_of("T.200", 200, 100, 42, 0, PROCESS(1, "childs"));
	reader = open_set("T");
	names = coil__names_create(reader);
	while (coil__reader_next(reader, &event)) {
		coil__names_apply(names, &event);
		if (event.type == TRACE_TASK_CREATED)
			*(own.type ? &childs : &own) = event;
		else if (event.type == TRACE_JOB_BEGIN)
			jobs[job++] = event.as.JOB_BEGIN.job;
		else if (event.type == TRACE_THREAD)
			processes[thread++] = event.as.THREAD.process;
		else if (event.type == TRACE_HANDLE_SCHEDULED) {
			handles[handle] = event.as.HANDLE_SCHEDULED.handle;
			targets[handle++] = event.as.HANDLE_SCHEDULED.target;
		}
	}
	CHECK_INT(own.thread, 1);
	CHECK_INT(own.loop, 1);
	CHECK_INT(own.ctx, 7);
	CHECK_INT(own.as.TASK_CREATED.task, 9);
	CHECK_STR(coil__names_task(names, 9), "parents");
	CHECK_INT(childs.thread, 2);
	CHECK(childs.loop > 1 && childs.ctx > 7 && childs.ctx < TRACE_MAX_CTX);
	CHECK(childs.as.TASK_CREATED.task > 9);
	CHECK_STR(coil__names_task(names, childs.as.TASK_CREATED.task), "childs");
	CHECK_STR(coil__reader_site(reader, childs.as.TASK_CREATED.coroutine)->callee, "childs");
	CHECK_INT(handles[0], 8);
	CHECK(handles[1] > 8);
	CHECK_INT(childs.ctx - handles[1], (uint64_t)-1); /* of one range */
	CHECK_INT(targets[0], 4); /* descriptors, */
	CHECK_INT(targets[1], 4);
	CHECK_INT(jobs[0], 9); /* and jobs are the same in both */
	CHECK_INT(jobs[1], 9);
	CHECK_INT(processes[0], 0);
	CHECK_INT(processes[1], 200);
	coil__names_destroy(names);
	coil__reader_close(reader);
}

#define SUBMITS                                                                \
	"0.000000900 t1 ctx=0 JOB_SUBMITTED job=5 executor=1\n"                 \
	"0.000001000 t2 ctx=0 JOB_BEGIN job=5\n"                                \
	"0.000001100 t2 ctx=0 JOB_END result job=5 process=200\n"               \
	"0.000001200 t2 ctx=0 MARK text=\"done\"\n"

/* By its clock, the worker begins before it is told to, and ends after that is known. */
TEST(a_job_that_is_submitted_here_and_run_there_is_one)
{
	write_file_of("T", 100, 0, 42, 1000, SUBMITS);
	write_file_of("T.200", 200, 100, 42, 500,
		      "0.000001300 t1 ctx=0 JOB_BEGIN job=5\n"
		      "0.000001700 t1 ctx=0 JOB_END result job=5 process=200\n"
		      "0.000001900 t1 ctx=0 MARK text=\"idle\"\n");
	CHECK_STR(shown("T"), "1 0.000000900 t1 ctx=0 JOB_SUBMITTED job=5 executor=1\n"
			      "2 0.000001000 t2 ctx=0 JOB_BEGIN job=5\n"
			      "3 0.000001000 t3 ctx=0 JOB_BEGIN job=5\n"
			      "4 0.000001200 t3 ctx=0 JOB_END result job=5 process=200\n"
			      "5 0.000001200 t2 ctx=0 JOB_END result job=5 process=200\n"
			      "6 0.000001200 t2 ctx=0 MARK text=\"done\"\n"
			      "7 0.000001400 t3 ctx=0 MARK text=\"idle\"\n");
}

/* The worker was killed in the middle of it, and later ones live: nothing is held up. */
TEST(a_job_whose_worker_was_killed_ends_where_it_is_known)
{
	write_file_of("T", 100, 0, 42, 0, SUBMITS "9.000000000 t1 ctx=0 MARK text=\"end\"\n");
	write_file_of("T.200", 200, 100, 42, 0, "0.000001050 t1 ctx=0 JOB_BEGIN job=5\n");
	write_file_of("T.201", 201, 100, 42, 0, MARK(8.000000000, "another"));
	CHECK_STR(shown("T"), "1 0.000000900 t1 ctx=0 JOB_SUBMITTED job=5 executor=1\n"
			      "2 0.000001000 t2 ctx=0 JOB_BEGIN job=5\n"
			      "3 0.000001050 t3 ctx=0 JOB_BEGIN job=5\n"
			      "4 0.000001100 t2 ctx=0 JOB_END result job=5 process=200\n"
			      "5 0.000001200 t2 ctx=0 MARK text=\"done\"\n"
			      "6 8.000000000 t4 ctx=0 MARK text=\"another\"\n"
			      "7 9.000000000 t1 ctx=0 MARK text=\"end\"\n");
}

TEST(what_is_printed_of_several_reads_back)
{
	const char *printed, *again = test_path("again.trace");
	struct outcome *o;

	write_parent();
	write_file_of("T.200", 200, 100, 42, 1000000000, PROCESS(3, "childs"));
	o = RUN(test_built("coil"), "print", test_path("T"));
	CHECK_INT(o->status, 0);
	printed = o->out;
	CHECK_HAS(printed, "process=200");
	CHECK(write_file(test_path("text"), printed, strlen(printed)));
	CHECK_INT(RUN(test_built("coil"), "parse", "-o", again, test_path("text"))->status, 0);
	CHECK_STR(RUN(test_built("coil"), "print", again)->out, printed);
	CHECK_STR(RUN(test_built("coil"), "print", "--alone", "--brief", test_path("T"))->out,
		  text("%.*s1 0.500000000 t1 ctx=0 MARK text=\"parent\"\n"
		       "2 2.000000000 t1 ctx=0 MARK text=\"parent, late\"\n",
		       (int)strcspn(printed, "\n") + 1, printed));
}

/* ---- a fork ------------------------------------------------------------------------- */

static coil_result sleeps(void *unused)
{
	(void)unused;
	return coil_sleep(0);
}

static void mark_and_run(const char *who)
{
	coil_trace_mark("%s", who);
	CHECK_INT(coil_run(coil_coro(sleeps, NULL)).error, COIL_OK);
}

TEST(a_program_that_forks_while_it_is_recorded, .no_laws = "it records itself")
{
	const char *printed;
	pid_t child;
	int status;

	CHECK_INT(coil_trace_start(test_path("F")).error, COIL_OK);
	mark_and_run("parent");
	child = fork();
	if (child == 0) {
		mark_and_run("child");
		coil_trace_stop();
		_exit(0);
	}
	CHECK_INT(waitpid(child, &status, 0), child);
	mark_and_run("parent again");
	coil_trace_stop();
	printed = shown("F");
	CHECK_HAS(printed, "MARK text=\"parent\"");
	CHECK_HAS(printed, "MARK text=\"child\"");
	CHECK_HAS(printed, "MARK text=\"parent again\"");
	CHECK_INT(RUN(test_built("coil"), "check", "-q", test_path("F"))->status, 0);
}

static coil_result works(void *number)
{
	coil_trace_mark("at work");
	return coil_number(*(int *)number);
}

static coil_result asks(void *pool)
{
	for (int i = 0; i < 5; i++) {
		coil_result r = coil_await(coil_run_in_executor_copy(pool, works, &i));

		CHECK_INT(r.number, i);
	}
	return coil_ok(NULL);
}

/* Each job is submitted in one file, and run in another. */
TEST(a_program_with_worker_processes, .no_laws = "it records itself", .real_clock = true)
{
	coil_executor *pool;
	const char *printed, *drawn;

	CHECK_INT(coil_trace_start(test_path("P")).error, COIL_OK);
	pool = coil_process_pool_executor(.max_workers = 2);
	REQUIRE(pool);
	CHECK_INT(coil_run(coil_coro(asks, pool)).error, COIL_OK);
	coil_executor_shutdown(pool, 0);
	coil_trace_stop();
	printed = shown("P");
	CHECK_HAS(printed, "MARK text=\"at work\"");
	CHECK_STR(strstr(printed, "missing"), NULL);
	CHECK_STR(RUN(test_built("coil"), "check", "-q", test_path("P"))->out, "");
	CHECK_STR(RUN(test_built("coil"), "check", "-q", "--alone", test_path("P"))->out, "");
	drawn = RUN(test_built("coil"), "render", "--format", "plantuml", test_path("P"))->out;
	CHECK_HAS(drawn, "participant \"worker ");
	CHECK_HAS(drawn, " : works(<U+0026>i)");
	CHECK_HAS(drawn, " -> main : total(");
}
