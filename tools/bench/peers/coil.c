/* SPDX-License-Identifier: MIT
 *
 * coil, by its public API; but for the bare context switch, and for the reader
 * that counts the events of a trace.
 */
#include <coil.h>
#include <pthread.h>
#include <unistd.h>
#include "../measure.h"
#include "coroutine/switch.h"
#include "trace/reader.h"

#define TASKS 1000
#define MILLION 1000000

static const char *scratch;
static coil_loop *loop;
static long left;

static void check(coil_result r, const char *what)
{
	if (r.error)
		coil_print_exception(r, stderr);
	require(r.error == COIL_OK, what);
}

/* ---- tasks ----------------------------------------------------------- */

static coil_result yielder(void *times)
{
	for (long n = (long)times; n > 0; n--) {
		coil_result r = coil_sleep(0);

		if (r.error)
			return r;
	}
	return coil_ok(NULL);
}

static void gather_all(coil_awaitable **all, size_t count)
{
	check(coil_await(coil_gather_array(0, all, count)), "gather");
}

static void yield_batch(long ops)
{
	coil_awaitable *all[TASKS];

	for (int i = 0; i < TASKS; i++)
		all[i] = coil_coro(yielder, (void *)(ops / TASKS));
	gather_all(all, TASKS);
}

static coil_result yield(void *unused)
{
	report("ns", measure(yield_batch, 1000000));
	return coil_ok(unused);
}

static coil_result nothing(void *unused)
{
	return coil_ok(unused);
}

static void spawn_batch(long ops)
{
	coil_awaitable *all[TASKS];

	for (long n = 0; n < ops; n += TASKS) {
		for (int i = 0; i < TASKS; i++)
			all[i] = coil_create_task(coil_coro(nothing, NULL));
		gather_all(all, TASKS);
	}
}

static coil_result spawn(void *unused)
{
	report("ns", measure(spawn_batch, 1000000));
	return coil_ok(unused);
}

/* The i-th sleeps 0 to 1 s, evenly spread and in no order: as in every peer. */
static coil_result scattered(void *i)
{
	return coil_sleep((uint32_t)((uintptr_t)i * 2654435761u) / 4294967296.0);
}

static coil_result three_seconds(void *unused)
{
	(void)unused;
	return coil_sleep(3);
}

static void million(coil_function sleeper)
{
	coil_awaitable **all = malloc(MILLION * sizeof(all[0]));

	require(all != NULL, "malloc");
	for (uintptr_t i = 0; i < MILLION; i++)
		all[i] = coil_coro(sleeper, (void *)i);
	gather_all(all, MILLION);
	free(all);
}

static coil_result sleepers(void *unused)
{
	double start = now_ns();

	million(scattered);
	report("ns", now_ns() - start);
	return coil_ok(unused);
}

static coil_result asleep(void *unused)
{
	double before = resident_bytes();

	million(three_seconds);
	report("bytes", (resident_bytes() - before) / MILLION);
	return coil_ok(unused);
}

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
static coil_result record(void *unused)
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
	return coil_ok(unused);
}

static void counter_batch(long ops)
{
	for (long i = 0; i < ops; i++)
		coil_trace_counter("bench", i);
}

static coil_result counter(void *unused)
{
	check(coil_trace_start(scratch), "trace_start");
	report("ns", measure(counter_batch, 1000000));
	require(coil_trace_active(), "still recording");
	coil_trace_stop();
	return coil_ok(unused);
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

static coil_result arrive(void *unused)
{
	if (--left == 0)
		coil_loop_stop(loop);
	return coil_ok(unused);
}

static void *flood(void *ops)
{
	for (long n = (long)ops; n > 0; n--)
		check(coil_loop_call_soon_threadsafe(loop, arrive, NULL), "threadsafe");
	return NULL;
}

static void threadsafe_batch(long ops)
{
	pthread_t thread;

	left = ops;
	require(pthread_create(&thread, NULL, flood, (void *)ops) == 0, "pthread_create");
	check(coil_loop_run_forever(loop), "run_forever");
	pthread_join(thread, NULL);
}

static void threadsafe(void)
{
	loop = coil_new_event_loop();
	report("ns", measure(threadsafe_batch, 1000000));
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

static void run(coil_function body)
{
	check(coil_run(coil_coro(body, NULL)), "run");
}

static void run_yield(void) { run(yield); }
static void run_spawn(void) { run(spawn); }
static void run_sleepers(void) { run(sleepers); }
static void run_asleep(void) { run(asleep); }
static void run_record(void) { run(record); }
static void run_counter(void) { run(counter); }

static void version(void)
{
	printf("coil %s\n", coil_version());
}

int main(int argc, char **argv)
{
	static const struct work work[] = {
		{ "version", version }, { "yield", run_yield }, { "spawn", run_spawn },
		{ "sleepers", run_sleepers }, { "asleep", run_asleep },
		{ "record", run_record }, { "counter", run_counter },
		{ "soon", soon }, { "chain", chain }, { "threadsafe", threadsafe },
		{ "switch", context }, { NULL, NULL }
	};

	scratch = argc > 2 ? argv[2] : "bench.trace";
	return work_main(argc, argv, work);
}
