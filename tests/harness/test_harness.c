/* SPDX-License-Identifier: MIT
 *
 * The harness tests itself: hidden tests that go wrong in every way, run by a
 * second runner, whose verdicts are looked at.
 */
#include "harness.h"
#include "faults.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

TEST(hidden_fails, .hidden = true)
{
	printf("said before\n");
	CHECK_INT(1 + 1, 3);
	CHECK_STR("this", "that");
	CU_ASSERT(0);
	CU_FAIL_FATAL("fatal");
	printf("not reached\n");
}

TEST(hidden_crashes, .hidden = true)
{
	CHECK(true);
	signal(SIGSEGV, SIG_DFL); /* the sanitizers have a handler of their own */
	raise(SIGSEGV);
}

TEST(hidden_exits, .hidden = true)
{
	CHECK(true);
	exit(0);
}

TEST(hidden_hangs, .hidden = true, .seconds = 0.2)
{
	CHECK(true);
	if (!fork())
		pause();
	for (;;)
		pause();
}

TEST(hidden_asserts_nothing, .hidden = true)
{
}

TEST(hidden_leaks_descriptor, .hidden = true)
{
	CHECK(open("/dev/null", O_RDONLY) >= 0);
}

TEST(hidden_leaks_on_purpose, .hidden = true, .may_leak_fds = true)
{
	CHECK(open("/dev/null", O_RDONLY) >= 0);
}

TEST(hidden_skips, .hidden = true)
{
	SKIP("no %s here", "such thing");
}

static void failing_fork(void *arg)
{
	CHECK_STR(arg, "something else");
}

TEST(hidden_fails_in_fork, .hidden = true)
{
	run_fork(failing_fork, "an argument");
}

static struct outcome *verdict_on(const char *name)
{
	char *whole = text("harness/harness.%s", name);

	return RUN(test_built("tests/run"), "-j1", whole);
}

TEST(good_is_counted)
{
	struct outcome *o = verdict_on("hidden_leaks_on_purpose");

	CHECK_INT(o->status, 0);
	CHECK_STR(o->out, "1 passed, 0 failed, 0 skipped\n");
}

TEST(failures_are_shown_with_output)
{
	struct outcome *o = verdict_on("hidden_fails");

	CHECK_INT(o->status, 1);
	CHECK_HAS(o->out, "FAILED harness/harness.hidden_fails: 4 of 4 assertions failed");
	CHECK_HAS(o->out, "said before\n");
	CHECK_HAS(o->out, "1 + 1 is 2, not 3");
	CHECK_HAS(o->out, "this\n--- not this:\nthat");
	CHECK(!strstr(o->out, "not reached"));
	CHECK_HAS(o->out, "\n0 passed, 1 failed, 0 skipped\n");
}

TEST(crash_is_a_failure_and_hides_no_other)
{
	struct outcome *o = RUN(test_built("tests/run"), "-j2",
				"harness/harness.hidden_crashes",
				"harness/harness.hidden_leaks_on_purpose");

	CHECK_INT(o->status, 1);
	CHECK_HAS(o->out, "hidden_crashes: died: Segmentation fault");
	CHECK_HAS(o->out, "1 passed, 1 failed, 0 skipped\n");
}

TEST(exit_is_a_failure)
{
	CHECK_HAS(verdict_on("hidden_exits")->out, "hidden_exits: called exit(0)");
}

TEST(hang_is_ended)
{
	CHECK_HAS(verdict_on("hidden_hangs")->out, "hidden_hangs: took longer than");
}

TEST(test_without_assertion_is_a_failure)
{
	CHECK_HAS(verdict_on("hidden_asserts_nothing")->out, "asserts nothing");
}

TEST(leaked_descriptor_is_a_failure)
{
	CHECK_HAS(verdict_on("hidden_leaks_descriptor")->out, "open: /dev/null");
}

TEST(failure_in_fork_is_a_failure)
{
	struct outcome *o = verdict_on("hidden_fails_in_fork");

	CHECK_HAS(o->out, "arg is\n--- this:\nan argument");
	CHECK_HAS(o->out, "0 passed, 1 failed, 0 skipped\n");
}

TEST(skipped_is_counted_with_reason)
{
	struct outcome *o = verdict_on("hidden_skips");

	CHECK_HAS(o->out, "skipped harness/harness.hidden_skips: no such thing here\n");
	CHECK_HAS(o->out, "0 passed, 0 failed, 1 skipped\n");
	CHECK_INT(o->status, 1); /* nothing was tested */
}

TEST(output_and_status_are_collected)
{
	struct outcome *o = run_shell("cat; echo out; echo err >&2; exit %d", 7);

	CHECK_INT(o->status, 7);
	CHECK_INT(o->signal, 0);
	CHECK_STR(o->out, "out\n");
	CHECK_STR(o->err, "err\n");
	o = run_program((const char *const[]){ "cat", NULL }, "fed");
	CHECK_STR(o->out, "fed");
	CHECK_INT(run_shell("kill -9 $$")->signal, 9);
	CHECK_INT(RUN("/nonexistent/program")->status, 127);
}

TEST(stderr_is_captured)
{
	char *said = CAPTURE_STDERR({ fprintf(stderr, "to %s", "stderr"); });

	CHECK_STR(said, "to stderr");
}

TEST(directory_is_there_and_empty)
{
	size_t size = 0;

	CHECK_STR(run_shell("ls -A '%s'", test_dir())->out, "");
	CHECK(write_file(test_path("f"), "a\0b", 3));
	CHECK_STR(read_file(test_path("f"), &size), "a");
	CHECK_INT(size, 3);
}

TEST(clock_is_virtual_unless_asked)
{
	CHECK_STR(getenv("COIL_CLOCK"), "virtual");
}

TEST(clock_is_real_when_asked, .real_clock = true)
{
	CHECK(!getenv("COIL_CLOCK"));
}

TEST(nth_allocation_fails_once)
{
	void *volatile p[3]; /* or the compiler leaves the calls out */

	faults_fail(FAULT_MEMORY, 2);
	p[0] = malloc(1);
	p[1] = malloc(1);
	p[2] = malloc(1);
	CHECK(faults_clear());
	CHECK(p[0] && !p[1] && p[2]);
	free(p[0]);
	free(p[2]);
}

TEST(all_from_the_nth_fail)
{
	faults_fail_from(FAULT_OPEN, 1);
	CHECK_INT(open("/dev/null", O_RDONLY), -1);
	CHECK_INT(errno, EACCES);
	CHECK_INT(open("/dev/null", O_RDONLY), -1);
	CHECK(faults_clear());
}

static void two_pipes(void *arg)
{
	int ends[2][2] = { { -1, -1 }, { -1, -1 } };

	(void)arg;
	for (int i = 0; i < 2; i++)
		if (pipe(ends[i]) == 0) {
			close(ends[i][0]);
			close(ends[i][1]);
		}
}

TEST(every_failure_is_tried)
{
	CHECK_INT(faults_every(FAULT_DESCRIPTOR, two_pipes, NULL), 2);
}

TEST(hidden_leaks_memory, .hidden = true)
{
	char *volatile p = malloc(100);

	CHECK(p != NULL);
	p = NULL;
}

#ifdef __SANITIZE_ADDRESS__
TEST(leaked_memory_is_a_failure)
{
	CHECK_HAS(verdict_on("hidden_leaks_memory")->out, "behind it (a checker's)");
}
#endif
