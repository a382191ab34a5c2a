/* SPDX-License-Identifier: MIT
 *
 * The demo programs print what the Python that they mirror prints.
 */
#include "harness.h"
#include <regex.h>

/* What the demo NAME prints; it must end well and say nothing to stderr. */
static const char *output_of(const char *name)
{
	struct outcome *o = RUN(test_built(text("demos/%s", name)));

	CHECK_INT(o->status, 0);
	CHECK_STR(o->err, "");
	return o->out;
}

static bool matches(const char *string, const char *pattern)
{
	regex_t regex;
	bool found;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	found = regexec(&regex, string, 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}

#define CTIME "[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4}"
#define HELLO "^" CTIME " Hello!\n" CTIME " Goodbye!\n$"

TEST(hello)
{
	const char *out = output_of("hello");

	harness_check(matches(out, HELLO), __FILE__, __LINE__, "it prints:\n%s", out);
}

TEST(hello_low_level)
{
	const char *out = output_of("hello_low_level");

	harness_check(matches(out, HELLO), __FILE__, __LINE__, "it prints:\n%s", out);
}

TEST(factorial)
{
	CHECK_STR(output_of("factorial"),
		  "Task A: Compute factorial(2), currently i=2...\n"
		  "Task B: Compute factorial(3), currently i=2...\n"
		  "Task C: Compute factorial(4), currently i=2...\n"
		  "Task A: factorial(2) = 2\n"
		  "Task B: Compute factorial(3), currently i=3...\n"
		  "Task C: Compute factorial(4), currently i=3...\n"
		  "Task B: factorial(3) = 6\n"
		  "Task C: Compute factorial(4), currently i=4...\n"
		  "Task C: factorial(4) = 24\n"
		  "[2, 6, 24]\n");
}

TEST(gather)
{
	CHECK_STR(output_of("gather"),
		  "@startuml\n"
		  "main -> say_hello_AAA\n"
		  "say_hello_AAA -> asyncio.sleep : sleep\n"
		  "say_hello_BBB -> asyncio.sleep : sleep\n"
		  "say_hello_CCC -> asyncio.sleep : sleep\n"
		  "asyncio.sleep -> say_hello_AAA : total(1.000)\n"
		  "asyncio.sleep -> say_hello_BBB : total(1.000)\n"
		  "asyncio.sleep -> say_hello_CCC : total(1.000)\n"
		  "say_hello_CCC -> main : total(1.000)\n"
		  "@enduml\n");
}

TEST(gather_takes_one_second_on_the_real_clock, .real_clock = true)
{
	const char *out = output_of("gather"), *last = strstr(out, "-> main : total(");
	double total = last ? atof(last + strlen("-> main : total(")) : 0;

	harness_check(total >= 1 && total < 2, __FILE__, __LINE__, "it took %.3f s", total);
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

TEST(event)
{
	CHECK_STR(output_of("event"),
		  "consumer_a waits\n"
		  "consumer_b waits\n"
		  "consumer_a goes on\n"
		  "consumer_b goes on\n"
		  "2 done, 0 pending\n");
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

TEST(delegation)
{
	CHECK_STR(output_of("delegation"), "Hello, world!\nHello, world!\n");
}
