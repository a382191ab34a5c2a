/* SPDX-License-Identifier: MIT
 *
 * coil: callbacks, recording, the bare switch; and main.  See coil_peer.h.
 */
#include <unistd.h>
#include "coil_peer.h"
#include "coroutine/switch.h"
#include "trace/reader.h"

static const char *scratch;
static coil_loop *loop;
static long left;

/* ---- recording ------------------------------------------------------- */

static double timed(void (*batch)(long ops), long ops)
{
	double start = now_ns();

	batch(ops);
	return (now_ns() - start) / ops;
}

static double events_in(const char *path)
{
	char *error = NULL;
	struct coil__reader *reader = coil__reader_open(path, &error);
	struct coil__event event;
	double count = 0;

	require(reader != NULL, error);
	while (coil__reader_next(reader, &event))
		count++;
	require(coil__reader_error(reader) == NULL, "the trace is whole");
	coil__reader_close(reader);
	return count;
}

/* What recording adds to a yield, by the events that a yield records. */
static void record(void)
{
	enum { TIMES = 5 };
	const long ops = 1000000;
	double off[TIMES], on[TIMES], events;

	yield_batch(ops);
	for (int i = 0; i < TIMES; i++) {
		off[i] = timed(yield_batch, ops);
		check(coil_trace_start(scratch), "trace_start");
		on[i] = timed(yield_batch, ops);
		require(coil_trace_active(), "still recording");
		coil_trace_stop();
	}
	events = events_in(scratch) / ops;
	report("events", events);
	report("ns", (median(on, TIMES) - median(off, TIMES)) / events);
}

static void counter_batch(long ops)
{
	for (long i = 0; i < ops; i++)
		coil_trace_counter("bench", i);
}

static void counter(void)
{
	check(coil_trace_start(scratch), "trace_start");
	report("ns", measure(counter_batch, 1000000));
	require(coil_trace_active(), "still recording");
	coil_trace_stop();
}

/* ---- callbacks ------------------------------------------------------- */

static long pending;

static coil_result tick(void *arg)
{
	if (--left >= pending)
		coil_loop_call_soon(loop, tick, arg);
	else if (left == 0)
		coil_loop_stop(loop);
	return coil_ok(NULL);
}

static void callbacks(long ops)
{
	left = ops;
	for (long i = 0; i < pending; i++)
		coil_loop_call_soon(loop, tick, NULL);
	check(coil_loop_run_forever(loop), "run_forever");
	require(left == 0, "each callback ran once");
}

static void soon(void)
{
	pending = 1000;
	loop = coil_new_event_loop();
	report("ns", measure(callbacks, 1000000));
}

static coil_result never(void *unused)
{
	(void)unused;
	return coil_raise(COIL_RUNTIME, "nothing is written to this pipe");
}

static void chain(void)
{
	int fds[2];

	pending = 1;
	loop = coil_new_event_loop();
	require(pipe(fds) == 0, "pipe");
	check(coil_loop_add_reader(loop, fds[0], never, NULL), "add_reader");
	report("ns", measure(callbacks, 300000));
}

/* ---- the bare switch ------------------------------------------------- */

static void *here, *there;

static void back(void *unused)
{
	for (;;)
		unused = coil__switch(&there, here, coil_ok(unused)).value;
}

static void switches(long ops)
{
	for (long i = 0; i < ops; i += 2)
		coil__switch(&here, there, coil_ok(NULL));
}

static void context(void)
{
	static char stack[65536] __attribute__((aligned(64)));

	there = coil__switch_prepare(stack + sizeof(stack), sizeof(stack), back);
	report("ns", measure(switches, 10000000));
}

/* ---------------------------------------------------------------------- */

static void version(void)
{
	coil_loop *version_loop = coil_new_event_loop();

	if (!version_loop) /* without the driver that COIL_LOOP asks for */
		exit(1);
	printf("coil %s, by %s\n", coil_version(), coil_loop_get_driver(version_loop));
	coil_loop_close(version_loop);
}

static const struct task_work record_words[] = {
	{ "record", .itself = record }, { "counter", .itself = counter }, { .word = NULL }
};

static coil_result in_task(void *arg)
{
	const struct task_work *work = arg;

	if (work->itself)
		work->itself();
	else
		report("ns", measure(work->batch, work->ops));
	return coil_ok(NULL);
}

/* Runs WORD in a task, if it is one of WORDS. */
static bool ran(const struct task_work *words, const char *word)
{
	for (; words->word; words++) {
		if (strcmp(words->word, word) == 0) {
			check(coil_run(coil_coro(in_task, words)), "run");
			return true;
		}
	}
	return false;
}

int main(int argc, char **argv)
{
	static const struct work work[] = {
		{ "version", version }, { "soon", soon }, { "chain", chain },
		{ "switch", context }, { "threadsafe", threadsafe }, { "wake", wake },
		{ NULL, NULL }
	};
	const char *word = argc > 1 ? argv[1] : "";

	scratch = argc > 2 ? argv[2] : "bench.trace";
	if (ran(task_words, word) || ran(sync_words, word) || ran(thread_words, word) ||
	    ran(record_words, word))
		return 0;
	return work_main(argc, argv, work);
}
