/* SPDX-License-Identifier: MIT
 *
 * What tasks share, in the pictures: locks, queues, timeouts, groups, eager tasks, async
 * generators.  Mostly scenarios, which need no compiler, and are read with their picture.
 */
#include "render_helpers.h"
#include <coil.h>

/* The trace of the scenario of LINES. */
static const char *trace_of_scenario(const char *lines)
{
	const char *trace = test_path("scenario.trace"), *file = test_path("x.scn");
	const char *whole = text("scn 1\n%s", lines);

	CHECK(write_file(file, whole, strlen(whole)));
	CHECK_INT(run_shell("COIL_TRACE='%s' '%s' play '%s'", trace, test_built("coil"),
			    file)->status, 0);
	CHECK_INT(RUN(test_built("coil"), "check", "-q", trace)->status, 0);
	return trace;
}

/* The messages of a picture of TRACE, one a line, in order; => is an error. */
static const char *messages(const char *trace, const char *view)
{
	return run_shell("'%s' render --format plantuml --view %s '%s' | grep -e '->' -e ']>' |"
			 "sed 's/-\\[[^]]*\\]>/=>/'", test_built("coil"), view, trace)->out;
}

#define AWAIT(scenario) messages(trace_of_scenario(scenario), "await")
#define LOOP(scenario) messages(trace_of_scenario(scenario), "loop")

TEST(who_has_to_wait_for_a_lock_is_answered_by_it)
{
	CHECK_STR(AWAIT("new lock door\n"
			"coro w\n acquire door\n sleep 1\n release door\nend\n"
			"coro main\n acquire door\n spawn t w\n sleep 1\n release door\n await t\nend\n"),
		  "main -> door : acquire\n"
		  "main -> w\n"
		  "main -> asyncio.sleep : sleep\n"
		  "w -> door : acquire\n"
		  "asyncio.sleep -> main : total(1.000)\n"
		  "main -> door : release\n"
		  "door -> w : total(1.000)\n"
		  "w -> asyncio.sleep : sleep\n"
		  "asyncio.sleep -> w : total(1.000)\n"
		  "w -> door : release\n"
		  "w -> main : total(2.000)\n");
}

TEST(a_semaphore_hands_over)
{
	CHECK_STR(AWAIT("new sem s 1\n"
			"coro w\n acquire s\n release s\nend\n"
			"coro main\n acquire s\n spawn t w\n sleep 1\n release s\n await t\nend\n"),
		  "main -> s : acquire\n"
		  "main -> w\n"
		  "main -> asyncio.sleep : sleep\n"
		  "w -> s : acquire\n"
		  "asyncio.sleep -> main : total(1.000)\n"
		  "main -> s : release\n"
		  "s -> w : total(1.000)\n"
		  "w -> s : release\n"
		  "w -> main : total(1.000)\n");
}

TEST(a_condition_is_one_with_its_own_lock)
{
	CHECK_STR(AWAIT("new cond c\n"
			"coro w\n acquire c\n cond.wait c\n release c\nend\n"
			"coro main\n spawn t w\n sleep 1\n acquire c\n cond.notify c 1\n release c\n await t\nend\n"),
		  "main -> w\n"
		  "main -> asyncio.sleep : sleep\n"
		  "w -> c : acquire\n"
		  "w -> c : wait\n"
		  "asyncio.sleep -> main : total(1.000)\n"
		  "main -> c : acquire\n"
		  "main -> c : notify\n"
		  "main -> c : release\n"
		  "c -> w : total(1.000)\n"
		  "w -> c : release\n"
		  "w -> main : total(1.000)\n");
}

TEST(at_a_barrier_the_last_does_not_wait)
{
	CHECK_STR(AWAIT("new barrier b 2\n"
			"coro w\n barrier.wait b\nend\n"
			"coro main\n spawn t w\n sleep 1\n barrier.wait b\n await t\nend\n"),
		  "main -> w\n"
		  "main -> asyncio.sleep : sleep\n"
		  "w -> b : wait\n"
		  "asyncio.sleep -> main : total(1.000)\n"
		  "main -> b : wait\n"
		  "b -> w : total(1.000)\n"
		  "w -> main : total(1.000)\n");
}

TEST(an_item_that_one_waited_for_is_got_once)
{
	const char *scenario =
		"new queue q 0\n"
		"coro w\n get q\n task_done q\nend\n"
		"coro main\n spawn t w\n sleep 1\n put q 5\n join q\nend\n";

	CHECK_STR(AWAIT(scenario),
		  "main -> w\n"
		  "main -> asyncio.sleep : sleep\n"
		  "w -> q : get\n"
		  "asyncio.sleep -> main : total(1.000)\n"
		  "main -> q : put\n"
		  "main -> q : join\n"
		  "q -> w : total(1.000)\n"
		  "w -> q : task_done\n"
		  "q -> main : total(0.000)\n");
	CHECK_HAS(LOOP(scenario), "w -> w : q.get, 0 in it\n");
	CHECK_HAS(LOOP(scenario), "main -> main : set_result(q.get of w)\n");
	CHECK_HAS(LOOP(scenario), "w -> p1 : await q.get\n");
}

TEST(a_wait_that_ends_early_says_so)
{
	CHECK_STR(AWAIT("coro w\n sleep 1\nend\ncoro v\n sleep 3\nend\n"
			"coro main\n spawn a w\n spawn b v\n wait first none a b\n await b\nend\n"),
		  "main -> w\n"
		  "main -> v\n"
		  "w -> asyncio.sleep : sleep\n"
		  "v -> asyncio.sleep : sleep\n"
		  "asyncio.sleep -> w : total(1.000)\n"
		  "w -> main : total(1.000)\n"
		  "main -> main : wait: 1 of 2 done\n"
		  "asyncio.sleep -> v : total(3.000)\n"
		  "v -> main : total(3.000)\n");
}

TEST(a_timeout_answers_as_well)
{
	const char *scenario = "coro main\n try\n timeout 1 t\n sleep 2\n end\n"
			       " except Timeout\n end\n timeout none u\n sleep 1\n end\nend\n";

	CHECK_STR(AWAIT(scenario),
		  "main -> asyncio.timeout : timeout(1)\n"
		  "main -> asyncio.sleep : sleep\n"
		  "asyncio.timeout => main : cancel\n"
		  "asyncio.sleep => main : CancelledError, total(1.000)\n"
		  "asyncio.timeout => main : expired, total(1.000)\n"
		  "main -> asyncio.timeout : timeout(None)\n"
		  "main -> asyncio.sleep : sleep\n"
		  "asyncio.sleep -> main : total(1.000)\n"
		  "asyncio.timeout -> main : total(1.000)\n");
	CHECK_HAS(LOOP(scenario), "main -> main : timeout of main: enter(1)\n");
	CHECK_HAS(LOOP(scenario), "p1 => p1 : timeout of main: expire\n");
}

TEST(a_child_that_fails_cancels_the_group)
{
	CHECK_STR(AWAIT("coro bad\n sleep 1\n raise b\nend\ncoro good\n sleep 9\nend\n"
			"coro main\n try\n taskgroup g\n tg.spawn g x good\n tg.spawn g y bad\n end\n"
			" except Group\n end\nend\n"),
		  "main -> good\n"
		  "main -> bad\n"
		  "good -> asyncio.sleep : sleep\n"
		  "bad -> asyncio.sleep : sleep\n"
		  "asyncio.sleep -> bad : total(1.000)\n"
		  "bad => main : UserError: b, total(1.000)\n"
		  "bad => good : cancel\n"
		  "bad => main : cancel\n"
		  "asyncio.sleep => good : CancelledError, total(1.000)\n"
		  "good => main : CancelledError, total(1.000)\n");
}

TEST(as_completed_and_shield_are_not_drawn)
{
	CHECK_STR(AWAIT("coro w\n sleep 2\nend\ncoro v\n sleep 1\nend\n"
			"coro main\n spawn a w\n spawn b v\n as_completed none a b\n spawn c v\n shield c\nend\n"),
		  "main -> w\n"
		  "main -> v\n"
		  "w -> asyncio.sleep : sleep\n"
		  "v -> asyncio.sleep : sleep\n"
		  "asyncio.sleep -> v : total(1.000)\n"
		  "v -> main : total(1.000)\n"
		  "asyncio.sleep -> w : total(2.000)\n"
		  "w -> main : total(2.000)\n"
		  "main -> p5\n" /* v (Task-4) */
		  "p5 -> asyncio.sleep : sleep\n"
		  "asyncio.sleep -> p5 : total(1.000)\n"
		  "p5 -> main : total(1.000)\n");
}

TEST(an_eager_task_is_stepped_by_its_maker)
{
	const char *trace = trace_of_scenario(
		"option eager\ncoro w\n sleep 1\nend\ncoro main\n spawn t w\n await t\nend\n");
	const char *loop = messages(trace, "loop");

	CHECK_HAS(loop, "main -> w : step, at once\n");
	CHECK_HAS(loop, "w -> main : await asyncio.sleep(1)\n");
	CHECK_STR(messages(trace, "await"),
		  "main -> w\n"
		  "w -> asyncio.sleep : sleep\n"
		  "asyncio.sleep -> w : total(1.000)\n"
		  "w -> main : total(1.000)\n");
}

/* The events in the step of an eager task are its, those behind it its maker's. */
TEST(events_are_filtered_by_the_innermost_task)
{
	const char *trace = trace_of_scenario(
		"option eager\ncoro w\n sleep 1\nend\ncoro main\n spawn t w\n sleep 2\nend\n");
	struct outcome *o = RUN(test_built("coil"), "print", "--task", "w", "--type",
				"FUTURE_CREATED", trace);

	CHECK_HAS(o->out, "delay=1");
	CHECK(!strstr(o->out, "delay=2"));
	o = RUN(test_built("coil"), "print", "--task", "main", "--type", "FUTURE_CREATED", trace);
	CHECK_HAS(o->out, "delay=2");
	CHECK(!strstr(o->out, "delay=1"));
}

TEST(statistics_say_what_was_waited_for)
{
	const char *trace = trace_of_scenario(
		"option eager\nnew lock door\ncoro w\n acquire door\nend\n"
		"coro main\n acquire door\n spawn t w\n sleep 2\n release door\n await t\nend\n");
	struct outcome *o = RUN(test_built("coil"), "stats", trace);

	CHECK_HAS(o->out, "  2.000000         1  asyncio.sleep\n");
	CHECK_HAS(o->out, "  2.000000         1  asyncio.Lock.acquire\n");
	CHECK_HAS(o->out, "         1  a task\n");
}

TEST(names_stay_unique)
{
	CHECK_STR(AWAIT("new event w\ncoro w\n event.set w\nend\n"
			"coro main\n event.set w\n new event w\n spawn t w\n await t\nend\n"),
		  "main -> w : set\n"
		  "main -> p3\n"
		  "p3 -> event_2 : set\n"
		  "p3 -> main : total(0.000)\n");
}

/* ---- programs --------------------------------------------------------------- */

static coil_result ticker(void *unused)
{
	coil_result r = coil_sleep(1);

	(void)unused;
	if (!r.error)
		r = coil_yield(coil_number(1));
	return r.error ? r : coil_ok(NULL);
}

static coil_result takes_all(void *unused)
{
	coil_async_generator *ticks = coil_async_generator_new(ticker, NULL);

	(void)unused;
	CHECK_INT(coil_anext(ticks).error, COIL_OK);
	CHECK_INT(coil_anext(ticks).error, COIL_STOP_ASYNC_ITERATION);
	coil_release(ticks);
	return coil_ok(NULL);
}

static const char *trace_of(coil_result (*program)(void *))
{
	char *path = text("%s", test_path("program.trace"));

	CHECK_INT(coil_trace_start(path).error, COIL_OK);
	CHECK_INT(coil_run(coil_coro_site(program, NULL, COIL_SITE("program", ""))).error,
		  COIL_OK);
	coil_trace_stop();
	return path;
}

TEST(what_an_async_generator_awaits_is_its_own)
{
	const char *trace = trace_of(takes_all);

	CHECK_STR(messages(trace, "await"),
		  "main -> ticker : anext\n"
		  "ticker -> asyncio.sleep : sleep\n"
		  "asyncio.sleep -> ticker : total(1.000)\n"
		  "ticker -> main : yield, total(1.000)\n"
		  "main -> ticker : anext\n"
		  "ticker -> main : StopAsyncIteration, total(0.000)\n");
	CHECK_HAS(messages(trace, "loop"), "main -> main : ticker.yield\n");
}

/* ---- a recording that begins in the middle ------------------------------------- */

static coil_lock *door;
static coil_queue *jobs;

static coil_result enter(void *unused)
{
	coil_result r = coil_lock_acquire(door);

	(void)unused;
	return r.error ? r : coil_lock_release(door);
}

static coil_result take(void *unused)
{
	(void)unused;
	return coil_wait_for(coil_coro(enter, NULL), 9);
}

static coil_result record(void *path)
{
	CHECK_INT(coil_trace_start(path).error, COIL_OK);
	return coil_sleep(1);
}

static coil_result in_the_middle(void *path)
{
	coil_task_group *group = coil_task_group_new();
	coil_result r = coil_task_group_enter(group);
	coil_task *recorder;

	CHECK_INT(coil_lock_acquire(door).error, COIL_OK);
	coil_task_group_create_task(group, coil_coro(take, NULL));
	coil_sleep(1);
	recorder = coil_create_eager_task(coil_coro(record, path));
	CHECK_INT(coil_queue_put(jobs, "x").error, COIL_OK);
	coil_sleep(1);
	CHECK_INT(coil_lock_release(door).error, COIL_OK);
	r = coil_task_group_exit(group, r);
	coil_trace_stop();
	coil_release(recorder);
	return r;
}

TEST(a_recording_from_the_middle_knows_what_is_shared, .no_laws = "it records itself")
{
	char *trace = text("%s", test_path("middle.trace"));

	door = coil_lock_new();
	jobs = coil_queue_new(0);
	CHECK_INT(coil_run(coil_coro(in_the_middle, trace)).error, COIL_OK);
	coil_release(door);
	coil_release(jobs);
	CHECK_INT(RUN(test_built("coil"), "check", "-q", trace)->status, 0);
	CHECK_STR(messages(trace, "await"),
		  "take -> asyncio.timeout : wait_for(8)\n"
		  "take -> door : acquire\n"
		  "record -> asyncio.sleep : sleep\n"
		  "main -> queue_1 : put\n"
		  "main -> asyncio.sleep : sleep\n"
		  "asyncio.sleep -> record : total(1.000)\n"
		  "asyncio.sleep -> main : total(1.000)\n"
		  "main -> door : release\n"
		  "door -> take : total(1.000)\n"
		  "take -> door : release\n"
		  "asyncio.timeout -> take : total(1.000)\n"
		  "take -> main : total(1.000)\n");
	CHECK_HAS(messages(trace, "loop"), "record -> main : await asyncio.sleep(1)\n");
}
