/* SPDX-License-Identifier: MIT
 *
 * What the tests of `coil render` share: traces of the demos and of text written by
 * hand, and the command itself.
 */
#ifndef TESTS_TOOLS_RENDER_HELPERS_H
#define TESTS_TOOLS_RENDER_HELPERS_H

#include "harness.h"

/* The trace of the program NAME ("demos/queue") on the virtual clock. */
static inline const char *trace_of_demo(const char *name)
{
	const char *trace = test_path(text("%s.trace", strrchr(name, '/') + 1));
	struct outcome *o = run_shell("COIL_TRACE='%s' '%s'", trace,
				      test_built(text("lessons/%s", name)));

	CHECK_INT(o->status, 0);
	return trace;
}

/* A trace made by `coil parse` of LINES. */
static inline const char *trace_of_text(const char *lines)
{
	const char *trace = test_path("parsed.trace");
	const char *file = test_path("parsed.txt");
	struct outcome *o;

	CHECK(write_file(file, lines, strlen(lines)));
	o = RUN(test_built("coil"), "parse", "-o", trace, file);
	CHECK_STR(o->err, "");
	CHECK_INT(o->status, 0);
	return trace;
}

/* coil render ARGUMENTS (for the shell, by printf). */
#define RENDER(...) run_render(text(__VA_ARGS__))
static inline struct outcome *run_render(const char *arguments)
{
	return run_shell("'%s' render %s", test_built("coil"), arguments);
}

/* What it writes, when it is to go well. */
#define RENDERED(...) rendered(text(__VA_ARGS__))
static inline const char *rendered(const char *arguments)
{
	struct outcome *o = run_render(arguments);

	CHECK_STR(o->err, "");
	CHECK_INT(o->status, 0);
	return o->out;
}

static inline bool is_installed(const char *program)
{
	return run_shell("command -v %s", program)->status == 0;
}

/* Two tasks, the second of which is called NAME (in the escapes of `coil print`),
 * sleeps a second, and ends with ENDING, an outcome and what belongs to it. */
static inline const char *trace_of_task(const char *name, const char *ending)
{
	return trace_of_text(text(
		"coil-trace 1 clock=virtual run=0x1 pid=1 parent=0 monotonic=0 wall=0 program=\"x\"\n"
		"1 0.000000000 t1 ctx=0 LOOP_CREATED virtual loop=1\n"
		"2 0.000000000 t1 ctx=0 TASK_CREATED main task=1 loop=1 number=1\n"
		"3 0.000000000 t1 ctx=0 HANDLE_SCHEDULED step handle=1 target=1 loop=1\n"
		"4 0.000000000 t1/1 ctx=0 LOOP_RUN_BEGIN loop=1\n"
		"5 0.000000000 t1/1 ctx=0 ITERATION_BEGIN n=1 ready=1\n"
		"6 0.000000000 t1/1 ctx=1 TASK_STEP_BEGIN send task=1\n"
		"7 0.000000000 t1/1 ctx=1 TASK_CREATED plain task=2 parent=1 loop=1 number=2 name=\"%s\"\n"
		"8 0.000000000 t1/1 ctx=1 HANDLE_SCHEDULED step handle=2 target=2\n"
		"9 0.000000000 t1/1 ctx=1 AWAIT_BEGIN task task=1 target=2\n"
		"10 0.000000000 t1/1 ctx=1 TASK_STEP_END suspended future=2\n"
		"11 0.000000000 t1/1 ctx=0 ITERATION_BEGIN n=2 ready=1\n"
		"12 0.000000000 t1/1 ctx=2 TASK_STEP_BEGIN send task=2\n"
		"13 0.000000000 t1/1 ctx=2 FUTURE_CREATED sleep future=3 loop=1 delay=1\n"
		"14 0.000000000 t1/1 ctx=2 HANDLE_SCHEDULED later handle=3 target=3 when=1\n"
		"15 0.000000000 t1/1 ctx=2 AWAIT_BEGIN sleep task=2 target=3\n"
		"16 0.000000000 t1/1 ctx=2 TASK_STEP_END suspended future=3\n"
		"17 0.000000000 t1/1 ctx=0 ITERATION_BEGIN n=3 scheduled=1\n"
		"18 0.000000000 t1/1 ctx=0 POLL_BEGIN timeout=1\n"
		"19 1.000000000 t1/1 ctx=0 POLL_END\n"
		"20 1.000000000 t1/1 ctx=0 TIMER_DUE handle=3\n"
		"21 1.000000000 t1/1 ctx=3 HANDLE_RUN_BEGIN\n"
		"22 1.000000000 t1/1 ctx=3 FUTURE_DONE result future=3\n"
		"23 1.000000000 t1/1 ctx=3 HANDLE_SCHEDULED wakeup handle=4 target=2\n"
		"24 1.000000000 t1/1 ctx=3 HANDLE_RUN_END\n"
		"25 1.000000000 t1/1 ctx=0 ITERATION_BEGIN n=4 ready=1\n"
		"26 1.000000000 t1/1 ctx=4 TASK_STEP_BEGIN send task=2\n"
		"27 1.000000000 t1/1 ctx=4 AWAIT_END result task=2\n"
		"28 1.000000000 t1/1 ctx=4 FUTURE_DONE %s\n"
		"29 1.000000000 t1/1 ctx=4 HANDLE_SCHEDULED wakeup handle=5 target=1\n"
		"30 1.000000000 t1/1 ctx=4 TASK_STEP_END returned\n"
		"31 1.000000000 t1/1 ctx=0 ITERATION_BEGIN n=5 ready=1\n"
		"32 1.000000000 t1/1 ctx=5 TASK_STEP_BEGIN send task=1\n"
		"33 1.000000000 t1/1 ctx=5 AWAIT_END result task=1\n"
		"34 1.000000000 t1/1 ctx=5 FUTURE_DONE result future=1\n"
		"35 1.000000000 t1/1 ctx=5 TASK_STEP_END returned\n", name, ending));
}

#endif
