/* SPDX-License-Identifier: MIT
 *
 * The rebuilt state and the labels.
 */
#include "trace/names.h"
#include "trace/state.h"
#include "traces.h"

#define RUNNING                                                                \
	"t1 ctx=0 LOOP_CREATED virtual loop=1\n"                                \
	"t1/1 ctx=0 LOOP_RUN_BEGIN loop=1 site=1\n"

/* The state behind LINES; it holds all the way. */
static struct coil__state *state_of(const char *lines)
{
	struct coil__reader *reader = trace_of(lines);
	struct coil__state *state = coil__state_create();
	struct coil__event event;

	while (coil__reader_next(reader, &event)) {
		coil__state_apply(state, &event);
		CHECK_STR(coil__state_validate(state), NULL);
	}
	CHECK_STR(coil__reader_error(reader), NULL);
	coil__reader_close(reader);
	return state;
}

/* The ready queue of loop 1, front to back: "3 5* 4", cancelled ones starred. */
static const char *ready(struct coil__state *state)
{
	const struct coil__state_handle *handle = coil__state_loop(state, 1)->ready.front;
	const char *list = "";

	for (; handle; handle = handle->next)
		list = text("%s%s%d%s", list, *list ? " " : "", (int)handle->id,
			    handle->cancelled ? "*" : "");
	return list;
}

TEST(the_ready_queue_front_to_back)
{
	struct coil__state *state = state_of(RUNNING
		"t1/1 ctx=0 HANDLE_SCHEDULED soon handle=3\n"
		"t1/1 ctx=0 HANDLE_SCHEDULED soon handle=5\n"
		"t1/1 ctx=0 HANDLE_SCHEDULED soon handle=4\n"
		"t1/1 ctx=0 HANDLE_CANCELLED handle=5\n");

	CHECK_STR(ready(state), "3 5* 4");
	coil__state_destroy(state);
	state = state_of(RUNNING
		"t1/1 ctx=0 HANDLE_SCHEDULED soon handle=3\n"
		"t1/1 ctx=0 HANDLE_SCHEDULED soon handle=5\n"
		"t1/1 ctx=0 HANDLE_SCHEDULED soon handle=4\n"
		"t1/1 ctx=0 HANDLE_CANCELLED handle=5\n"
		"t1/1 ctx=0 ITERATION_BEGIN n=1 ready=3\n"
		"t1/1 ctx=3 HANDLE_RUN_BEGIN\n"
		"t1/1 ctx=3 HANDLE_SCHEDULED soon handle=6\n"
		"t1/1 ctx=3 HANDLE_CANCELLED handle=6\n"
		"t1/1 ctx=3 HANDLE_RUN_END\n");
	CHECK_STR(ready(state), "5* 4 6*");
	coil__state_destroy(state);
}

/* Those that the iteration skipped are gone behind it; the others wait. */
TEST(cancelled_handles_leave_when_they_are_skipped)
{
	struct coil__state *state = state_of(RUNNING
		"t1/1 ctx=0 HANDLE_SCHEDULED soon handle=3\n"
		"t1/1 ctx=0 HANDLE_SCHEDULED soon handle=5\n"
		"t1/1 ctx=0 HANDLE_CANCELLED handle=5\n"
		"t1/1 ctx=0 ITERATION_BEGIN n=1 ready=2\n"
		"t1/1 ctx=3 HANDLE_RUN_BEGIN\n"
		"t1/1 ctx=3 HANDLE_SCHEDULED soon handle=6\n"
		"t1/1 ctx=3 HANDLE_CANCELLED handle=6\n"
		"t1/1 ctx=3 HANDLE_RUN_END\n"
		"t1/1 ctx=0 ITERATION_END ran=1\n");

	CHECK_STR(ready(state), "6*");
	CHECK_INT(state->handles.count, 1);
	coil__state_destroy(state);
}

TEST(timers_are_a_heap)
{
	struct coil__state *state = state_of(RUNNING
		"t1/1 ctx=0 HANDLE_SCHEDULED at handle=1 when=5\n"
		"t1/1 ctx=0 HANDLE_SCHEDULED later handle=2 when=3\n"
		"t1/1 ctx=0 HANDLE_SCHEDULED at handle=9 when=4\n"
		"t1/1 ctx=0 HANDLE_SCHEDULED at handle=3 when=4\n"
		"t1/1 ctx=0 HANDLE_SCHEDULED at handle=4 when=nan\n"
		"t1/1 ctx=0 TIMER_DUE handle=2 lag=0\n");
	struct coil__state_loop *loop = coil__state_loop(state, 1);

	CHECK_INT(loop->timer_count, 4);
	CHECK_INT(loop->timers[0]->id, 9); /* of equal deadlines, made first */
	CHECK_STR(ready(state), "2");
	coil__state_destroy(state);
}

/* As in asyncio: from the top at once, from below when more than half are. */
TEST(cancelled_timers_are_swept_as_in_asyncio)
{
	char *lines = NULL;
	size_t size;
	FILE *out = open_memstream(&lines, &size);
	struct coil__state *state;

	fputs(RUNNING, out);
	for (int i = 1; i <= 150; i++)
		fprintf(out, "t1/1 ctx=0 HANDLE_SCHEDULED at handle=%d when=%d\n", i, i);
	for (int i = 1; i <= 60; i += 1)
		fprintf(out, "t1/1 ctx=0 HANDLE_CANCELLED handle=%d\n", i <= 2 ? i : 2 * i);
	fputs("t1/1 ctx=0 ITERATION_BEGIN n=1\n", out);
	fflush(out);
	state = state_of(lines);
	CHECK_INT(coil__state_loop(state, 1)->timer_count, 148);
	CHECK_INT(coil__state_loop(state, 1)->timers[0]->id, 3);
	coil__state_destroy(state);
	for (int i = 1; i <= 40; i++)
		fprintf(out, "t1/1 ctx=0 HANDLE_CANCELLED handle=%d\n", 2 * i + 1);
	fputs("t1/1 ctx=0 ITERATION_END ran=0\nt1/1 ctx=0 ITERATION_BEGIN n=2\n", out);
	fclose(out);
	state = state_of(lines);
	CHECK_INT(coil__state_loop(state, 1)->timer_count, 50);
	CHECK_INT(coil__state_loop(state, 1)->timers_cancelled, 0);
	CHECK_INT(coil__state_loop(state, 1)->timers[0]->id, 4);
	coil__state_destroy(state);
	free(lines);
}

TEST(other_threads_calls_are_taken_over)
{
	struct coil__state *state = state_of(RUNNING
		"t2 ctx=0 HANDLE_SCHEDULED threadsafe handle=7 loop=1\n"
		"t2 ctx=0 HANDLE_SCHEDULED threadsafe handle=8 loop=1\n"
		"@1 t1/1 ctx=0 WAKE loop=1 count=1\n");

	CHECK_STR(ready(state), "7");
	CHECK_INT(coil__state_loop(state, 1)->incoming.count, 1);
	CHECK_INT(coil__state_handle(state, 8)->place, COIL__PLACE_INCOMING);
	coil__state_destroy(state);
}

#define TASK                                                                   \
	"t1/1 ctx=0 TASK_CREATED plain task=1 number=1\n"                       \
	"t1/1 ctx=0 HANDLE_SCHEDULED step handle=1 target=1\n"
#define STEP "t1/1 ctx=0 ITERATION_BEGIN n=1 ready=1\nt1/1 ctx=1 TASK_STEP_BEGIN send task=1\n"
#define SLEEP                                                                  \
	"t1/1 ctx=1 AWAIT_BEGIN coroutine task=1 depth=0 site=4\n"              \
	"t1/1 ctx=1 FUTURE_CREATED sleep future=2 delay=0.5\n"                  \
	"t1/1 ctx=1 AWAIT_BEGIN sleep task=1 target=2 depth=1 site=5\n"         \
	"t1/1 ctx=1 TASK_STEP_END suspended future=2\n"
#define WAKE                                                                   \
	"t1/1 ctx=0 FUTURE_DONE result future=2\n"                              \
	"t1/1 ctx=0 HANDLE_SCHEDULED wakeup handle=2 target=1\n"

TEST(a_tasks_life)
{
	struct coil__state *state = state_of(RUNNING TASK);

	CHECK_INT(coil__state_object(state, 1)->state, COIL__TASK_READY);
	CHECK_INT(coil__state_object(state, 1)->step, 1);
	coil__state_destroy(state);

	state = state_of(RUNNING TASK STEP);
	CHECK_INT(coil__state_object(state, 1)->state, COIL__TASK_RUNNING);
	CHECK_INT(coil__state_thread(state, 1)->task, 1);
	CHECK_INT(coil__state_thread(state, 1)->handle, 1);
	coil__state_destroy(state);

	state = state_of(RUNNING TASK STEP SLEEP);
	CHECK_INT(coil__state_object(state, 1)->state, COIL__TASK_WAITING);
	CHECK_INT(coil__state_object(state, 1)->waits_for, 2);
	REQUIRE(coil__state_object(state, 1)->await_count == 2);
	CHECK_INT(coil__state_object(state, 1)->awaits[0].kind, TRACE_AWAIT_COROUTINE);
	CHECK_INT(coil__state_object(state, 1)->awaits[1].target, 2);
	CHECK_INT(coil__state_object(state, 1)->awaits[1].site, 5);
	CHECK_REAL(coil__state_object(state, 2)->delay, 0.5);
	CHECK_INT(coil__state_thread(state, 1)->task, 0);
	CHECK_INT(state->handles.count, 0);
	coil__state_destroy(state);

	state = state_of(RUNNING TASK STEP SLEEP WAKE);
	CHECK_INT(coil__state_object(state, 1)->state, COIL__TASK_READY);
	CHECK(coil__state_object(state, 2)->done);
	coil__state_destroy(state);

	state = state_of(RUNNING TASK STEP SLEEP WAKE
		"t1/1 ctx=2 TASK_STEP_BEGIN send task=1\n"
		"t1/1 ctx=2 AWAIT_END result task=1 depth=1\n"
		"t1/1 ctx=2 AWAIT_END exception task=1 depth=0 error=5\n"
		"t1/1 ctx=2 FUTURE_DONE exception future=1 error=5\n"
		"t1/1 ctx=2 TASK_STEP_END raised\n");
	CHECK_INT(coil__state_object(state, 1)->state, COIL__TASK_DONE);
	CHECK_INT(coil__state_object(state, 1)->outcome, TRACE_OUTCOME_EXCEPTION);
	CHECK_INT(coil__state_object(state, 1)->error, 5);
	CHECK_INT(coil__state_object(state, 1)->steps, 2);
	CHECK_INT(state->alive.count, 0);
	coil__state_destroy(state);
}

TEST(who_waits_for_a_future_and_its_members)
{
	struct coil__state *state = state_of(RUNNING
		"t1/1 ctx=0 FUTURE_CREATED gather future=9\n"
		"t1/1 ctx=0 GATHER_MEMBER gather=9 child=1 position=0 count=2\n"
		"t1/1 ctx=0 GATHER_MEMBER gather=9 child=2 position=1 count=2\n"
		"t1/1 ctx=0 GATHER_COUNTED result gather=9 child=2 done=1 count=2\n"
		"t1/1 ctx=0 CALLBACK_ADDED future=9 site=3\n"
		"t1/1 ctx=0 CALLBACK_ADDED future=9 site=4\n"
		"t1/1 ctx=0 CALLBACK_REMOVED future=9 count=1 site=4\n");
	struct coil__state_object *gather = coil__state_object(state, 9);

	REQUIRE(gather && gather->member_count == 2);
	CHECK(!gather->members[0].counted);
	CHECK(gather->members[1].counted);
	CHECK_INT(gather->counted, 1);
	CHECK_INT(gather->callback_count, 1);
	CHECK_INT(gather->callbacks[0].site, 3);
	coil__state_destroy(state);
}

TEST(watched_descriptors)
{
	struct coil__state *state = state_of(RUNNING
		"t1/1 ctx=0 FD_ADDED read loop=1 fd=3 site=1\n"
		"t1/1 ctx=0 FD_ADDED write loop=1 fd=3\n"
		"t1/1 ctx=0 FD_ADDED read loop=1 fd=3 site=2\n"
		"t1/1 ctx=0 FD_REMOVED write loop=1 fd=3\n"
		"t1/1 ctx=0 FD_READY read handle=4 fd=3\n"
		"t1/1 ctx=0 HANDLE_SCHEDULED io handle=4 target=3 site=2\n");
	struct coil__state_loop *loop = coil__state_loop(state, 1);

	CHECK_INT(loop->watch_count, 1);
	CHECK_INT(loop->watches[0].site, 2);
	CHECK_STR(ready(state), "4");
	CHECK_INT(coil__state_handle(state, 4)->kind, TRACE_SCHEDULE_IO);
	coil__state_destroy(state);
}

TEST(a_closed_loop_leaves_nothing)
{
	struct coil__state *state = state_of(RUNNING TASK STEP SLEEP
		"t1/1 ctx=0 HANDLE_SCHEDULED at handle=7 when=2\n"
		"t1/1 ctx=0 HANDLE_SCHEDULED soon handle=8\n"
		"t1/1 ctx=0 FD_ADDED read loop=1 fd=3\n"
		"t1/1 ctx=0 LOOP_RUN_END loop=1\n"
		"t1 ctx=0 LOOP_CLOSE loop=1\n");

	CHECK_INT(state->handles.count, 0);
	CHECK_INT(state->alive.count, 0);
	CHECK_INT(coil__state_object(state, 1)->state, COIL__TASK_WAITING); /* for ever */
	CHECK(!coil__state_object(state, 1)->done);
	CHECK(coil__state_loop(state, 1)->closed);
	CHECK_INT(coil__state_loop(state, 1)->watch_count, 0);
	coil__state_destroy(state);
}

/* What is done is forgotten when enough was done since, so memory does not grow. */
TEST(memory_is_bounded_by_what_is_alive)
{
	struct coil__state *state = coil__state_create();
	struct coil__event event = { .thread = 1, .loop = 1, .text = "" };

	for (uint64_t id = 1; id <= 100000; id++) {
		event.ctx = 0;
		event.type = TRACE_HANDLE_SCHEDULED;
		event.as.HANDLE_SCHEDULED = (struct trace_HANDLE_SCHEDULED){ .handle = id };
		coil__state_apply(state, &event);
		event.ctx = id;
		event.type = TRACE_HANDLE_RUN_BEGIN;
		coil__state_apply(state, &event);
		event.type = TRACE_FUTURE_CREATED;
		event.as.FUTURE_CREATED = (struct trace_FUTURE_CREATED){ .future = id };
		coil__state_apply(state, &event);
		event.type = TRACE_FUTURE_DONE;
		event.as.FUTURE_DONE = (struct trace_FUTURE_DONE){ .future = id };
		coil__state_apply(state, &event);
		event.type = TRACE_HANDLE_RUN_END;
		coil__state_apply(state, &event);
	}
	CHECK_INT(state->handles.count, 0);
	CHECK_INT(state->objects.count, 1024);
	CHECK(coil__state_object(state, 100000) != NULL);
	CHECK(coil__state_object(state, 98000) == NULL);
	CHECK(state->objects.bits <= 11);
	CHECK_STR(coil__state_validate(state), NULL);
	coil__state_destroy(state);
}

TEST(a_trace_that_begins_in_the_middle_is_partial)
{
	struct coil__state *state = state_of("t1/1 ctx=5 MARK text=\"x\"\n"
		"t1/1 ctx=5 TASK_STEP_END suspended future=3\n"
		"t1/1 ctx=6 TASK_STEP_BEGIN send task=2\n");

	CHECK(state->partial);
	CHECK(!coil__state_object(state, 2)->seen);
	coil__state_destroy(state);
	state = state_of(RUNNING);
	CHECK(!state->partial);
	coil__state_destroy(state);
}

/* ---- the map under it --------------------------------------------------------- */

TEST(the_map_holds_what_was_put)
{
	struct coil__map map = { 0 };
	static int value;
	unsigned seed = 1;

	CHECK(coil__map_get(&map, 0) == NULL);
	CHECK(coil__map_next(&map, NULL) == NULL);
	for (uint64_t id = 0; id < 5000; id++)
		coil__map_put(&map, id << 20, &value);
	CHECK_INT(map.count, 5000);
	for (uint64_t id = 0; id < 5000; id += 2)
		CHECK(coil__map_remove(&map, id << 20) == &value);
	for (int i = 0; i < 20000; i++) { /* at random, against what is known */
		uint64_t id = (seed = seed * 1103515245 + 12345) >> 16 % 5000;
		bool odd = id % 2 && id < 5000;

		CHECK((coil__map_get(&map, id << 20) != NULL) == odd);
	}
	CHECK(coil__map_remove(&map, 0) == NULL);
	CHECK_INT(map.count, 2500);
	for (struct coil__map_entry *e = NULL; (e = coil__map_next(&map, e)); )
		e->value = NULL; /* not to be freed */
	map.count = 0;
	coil__map_free(&map);
}

/* ---- labels ---------------------------------------------------------------------- */

#define PLACES                                                                 \
	"t1 ctx=0 STRING string=1 text=\"say_hello\"\n"                         \
	"t1 ctx=0 STRING string=2 text=\"\\\"AAA\\\"\"\n"                       \
	"t1 ctx=0 STRING string=3 text=\"\\\"A-A\\\"\"\n"                       \
	"t1 ctx=0 SITE site=1 callee=1 argument=2\n"                            \
	"t1 ctx=0 SITE site=2 callee=1 argument=3\n"

/* What the task of work(ARGUMENT) is called. */
static void check_label_of(const char *argument, const char *label)
{
	struct coil__reader *reader = trace_of(text(
		"t1 ctx=0 STRING string=1 text=\"work\"\n"
		"t1 ctx=0 STRING string=2 text=\"%s\"\n"
		"t1 ctx=0 SITE site=1 callee=1 argument=2\n"
		"t1 ctx=0 TASK_CREATED plain task=1 number=1 coroutine=1\n", argument));
	struct coil__names *names = coil__names_create(reader);

	coil__names_read(names, reader);
	CHECK_STR(coil__names_task(names, 1), label);
	coil__names_destroy(names);
	coil__reader_close(reader);
}

static void check_labels(const char *lines, const char *const *labels)
{
	struct coil__reader *reader = trace_of(lines);
	struct coil__names *names = coil__names_create(reader);
	struct coil__event event;

	coil__names_read(names, reader);
	for (uint64_t task = 1; labels[task - 1]; task++)
		CHECK_STR(coil__names_task(names, task), labels[task - 1]);
	CHECK_STR(coil__names_task(names, 99), NULL);
	CHECK(coil__reader_next(reader, &event)); /* it was rewound */
	CHECK_INT(event.index, 1);
	coil__names_destroy(names);
	coil__reader_close(reader);
}

TEST(tasks_are_called_as_in_the_document)
{
	check_labels(PLACES
		"t1 ctx=0 TASK_CREATED main task=1 number=1 coroutine=2\n"
		"t1 ctx=0 TASK_CREATED plain task=2 number=2 coroutine=1\n"
		"t1 ctx=0 TASK_CREATED plain task=3 number=3 coroutine=1\n"
		"t1 ctx=0 TASK_CREATED plain task=4 number=4 coroutine=2\n"
		"t1 ctx=0 TASK_CREATED plain task=5 number=0 coroutine=1 name=\"w \\xff\"\n"
		"t1 ctx=0 TASK_CREATED plain task=6 number=0 coroutine=1 name=\"w \\xff\"\n"
		"t1 ctx=0 TASK_CREATED main task=7 number=5\n"
		"t1 ctx=0 TASK_CREATED plain task=8 number=6\n",
		(const char *const[]){ "main", "say_hello_AAA", "say_hello_AAA (Task-3)",
			"say_hello", "w \xff", "w \xff (task 6)", "main (Task-5)", "task", NULL });
}

TEST(a_string_that_a_coroutine_was_given_is_in_its_name)
{
	check_label_of("\\\"A\\\"", "work_A");
	check_label_of("\\\"새 루프 태스크\\\"", "work_새 루프 태스크");
	check_label_of("&(struct call){ \\\"A\\\", 2 }", "work_A");
	check_label_of("(&(struct call){\\\"A\\\"})", "work_A");
	check_label_of("&(struct call){ 2, \\\"A\\\" }", "work");
	check_label_of("&(struct call){ \\\"a-b\\\" }", "work");
	check_label_of("&(struct call){ \\\"\\\" }", "work");
	check_label_of("&(struct call){ \\\"A", "work");
	check_label_of("\\\"A\\\" \\\"B\\\"", "work");
	check_label_of("\\\"A", "work");
	check_label_of("{", "work");
	check_label_of("", "work");
}

TEST(a_renamed_task_has_its_last_name)
{
	check_labels(PLACES
		"t1 ctx=0 TASK_CREATED plain task=1 number=1 coroutine=1\n"
		"t1 ctx=0 TASK_CREATED plain task=2 number=2 coroutine=2\n"
		"t1 ctx=0 TASK_RENAMED task=1 name=\"ann\"\n"
		"t1 ctx=0 TASK_RENAMED task=1 name=\"ann\"\n"
		"t1 ctx=0 TASK_RENAMED task=2 name=\"ann\"\n"
		"t1 ctx=0 TASK_RENAMED task=3 name=\"bob\"\n",
		(const char *const[]){ "ann", "ann (Task-2)", "bob", NULL });
}

/* A program may give the very name that a number would make. */
TEST(labels_are_unique_whatever_names_there_are)
{
	check_labels(
		"t1 ctx=0 TASK_CREATED plain task=1 name=\"a (Task-3)\"\n"
		"t1 ctx=0 TASK_CREATED plain task=2 name=\"a\"\n"
		"t1 ctx=0 TASK_CREATED plain task=3 number=3 name=\"a\"\n",
		(const char *const[]){ "a (Task-3)", "a", "a (task 3)", NULL });
}

TEST(futures_are_called_as_in_python)
{
	CHECK_STR(coil__names_future(TRACE_FUTURE_SLEEP), "asyncio.sleep");
	CHECK_STR(coil__names_future(TRACE_FUTURE_GATHER), "asyncio.gather");
	CHECK_STR(coil__names_future(TRACE_FUTURE_PLAIN), "asyncio.Future");
}
