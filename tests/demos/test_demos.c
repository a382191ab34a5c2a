/* SPDX-License-Identifier: MIT
 *
 * The demo programs print what the Python in their comments prints.
 */
#include "harness.h"

/* What the demo NAME prints; it must end well and say nothing to stderr. */
static const char *output_of(const char *name)
{
	struct outcome *o = RUN(test_built(text("lessons/demos/%s", name)));

	CHECK_INT(o->status, 0);
	CHECK_STR(o->err, "");
	return o->out;
}

TEST(callbacks)
{
	CHECK_STR(output_of("callbacks"),
		  "0.0 first\n"
		  "0.0 second\n"
		  "0.1 cancel\n"
		  "0.2 third\n"
		  "0.3 fourth\n"
		  "0.4 stop\n");
}

TEST(locks)
{
	CHECK_STR(output_of("locks"),
		  "AAA wants the lock\n"
		  "AAA has the lock\n"
		  "BBB wants the lock\n"
		  "AAA is done after 1.0 s\n"
		  "BBB has the lock\n"
		  "BBB is done after 2.0 s\n");
}

TEST(queue)
{
	CHECK_STR(output_of("queue"),
		  "AAA: one\n"
		  "BBB: two\n"
		  "AAA: three\n"
		  "all done\n");
}

TEST(task_group)
{
	CHECK_STR(output_of("task_group"), "good: cancelled\nmain: bad has failed\n");
}

TEST(timeout)
{
	CHECK_STR(output_of("timeout"),
		  "wait_for: too late\n"
		  "timeout: too late\n"
		  "in time: 200\n");
}
