/* SPDX-License-Identifier: MIT
 *
 * Who takes part, what is measured, and what is asked of it.
 */
#include <stddef.h>
#include "bench.h"

#define PYTHONS(loop)                                                          \
	{ "python3.13 @/peer.py " loop, "python3 @/peer.py " loop,             \
	  "/usr/bin/python3 @/peer.py " loop }

enum {
	COIL, NO_TRACE, LIBEVENT, LIBUV, LIBEV, BOOST, LTTNG, GO, UVLOOP, ASYNCIO, EPOLL,
	COIL_LIBUV
};

struct peer bench_peers[] = {
	[COIL] = { "coil", { "@/coil" } },
	[NO_TRACE] = { "coil without a recorder", { "@/coil-notrace" } },
	[LIBEVENT] = { "libevent", { "@/libevent" } },
	[LIBUV] = { "libuv", { "@/libuv" } },
	[LIBEV] = { "libev", { "@/libev" } },
	[BOOST] = { "Boost.Context", { "@/boost" } },
	[LTTNG] = { "LTTng-UST", { "@/lttng" } },
	[GO] = { "Go", { "@/go" } },
	[UVLOOP] = { "uvloop", PYTHONS("uvloop") },
	[ASYNCIO] = { "asyncio", PYTHONS("asyncio") },
	[EPOLL] = { "epoll", { "@/epoll" } },
	[COIL_LIBUV] = { "coil on libuv", { "env COIL_LOOP=libuv @/coil" } },
	{ NULL }
};

#define PEER(index, ...) { .peer = &bench_peers[index], __VA_ARGS__ }
#define MOST(limit) .target = { AT_MOST, limit }
#define LEAST(limit) .target = { AT_LEAST, limit }

struct row bench_rows[] = {
	{ "yield", "1,000 tasks, each 1,000 times sleep(0): per yield",
	  .lines = { PEER(COIL, MOST(45)), PEER(GO, LEAST(1.8)),
		     PEER(UVLOOP, LEAST(14)), PEER(ASYNCIO, LEAST(29)) } },
	{ "spawn", "create_task and gather, in batches of 1,000: per task",
	  .lines = { PEER(COIL, MOST(45)), PEER(GO, LEAST(5)),
		     PEER(UVLOOP, LEAST(60)), PEER(ASYNCIO) } },
	{ "gather", "gather of 10,000 coroutines that do nothing: per task",
	  .lines = { PEER(COIL), PEER(GO), PEER(UVLOOP), PEER(ASYNCIO) } },
	{ "eager", "eager tasks that do not suspend, in batches of 1,000: per task",
	  .lines = { PEER(COIL), PEER(UVLOOP), PEER(ASYNCIO) } },
	{ "wait-for", "wait_for of a coroutine that does not suspend, 1 s: per call",
	  .lines = { PEER(COIL), PEER(GO), PEER(UVLOOP), PEER(ASYNCIO) } },
	{ "cancel", "1,000 tasks asleep for an hour, cancelled and awaited: per task",
	  .lines = { PEER(COIL), PEER(GO), PEER(UVLOOP), PEER(ASYNCIO) } },
	{ "event", "two tasks, two Events, set, wait, clear: hand-overs",
	  .unit = UNIT_RATE,
	  .lines = { PEER(COIL), PEER(GO), PEER(UVLOOP), PEER(ASYNCIO) } },
	{ "lock", "two tasks, one Lock, each acquire waits for the other: hand-overs",
	  .unit = UNIT_RATE,
	  .lines = { PEER(COIL), PEER(GO), PEER(UVLOOP), PEER(ASYNCIO) } },
	{ "queue", "a producer, a consumer, a Queue of one item: items",
	  .unit = UNIT_RATE,
	  .lines = { PEER(COIL), PEER(GO), PEER(UVLOOP), PEER(ASYNCIO) } },
	{ "soon", "call_soon, 1,000 pending in each turn: per callback",
	  .lines = { PEER(COIL, MOST(6)), PEER(LIBUV), PEER(LIBEV), PEER(LIBEVENT),
		     PEER(UVLOOP), PEER(ASYNCIO) } },
	{ "chain", "call_soon, 1 pending, one descriptor watched: per callback",
	  .lines = { PEER(COIL), PEER(COIL_LIBUV), PEER(LIBUV, LEAST(1)), PEER(LIBEV),
		     PEER(LIBEVENT), PEER(UVLOOP), PEER(ASYNCIO) } },
	{ "switch", "context switch, one way",
	  .lines = { PEER(COIL), PEER(BOOST, LEAST(1 / 1.3)) } },
	{ "record", "recording, per event of a yield: what it adds, by the events",
	  .lines = { PEER(COIL, MOST(25)), PEER(LTTNG, LEAST(5)) } },
	{ "counter", "recording, in a loop: per call of coil_trace_counter",
	  .lines = { PEER(COIL, MOST(25)), PEER(LTTNG, LEAST(5), .word = "record") } },
	{ "record-on", "yield, recording beside not recording", "yield",
	  .lines = { PEER(COIL), PEER(COIL, MOST(2), .label = "recording",
				      .recording = true) } },
	{ "record-off", "yield, recorder compiled in and off beside none", "yield",
	  .percent = 300,
	  .lines = { PEER(COIL), PEER(NO_TRACE, LEAST(1 / 1.03)) } },
	{ "sleepers", "1,000,000 tasks that each sleep 0 to 1 s: wall time",
	  .unit = UNIT_SECONDS,
	  .lines = { PEER(COIL, MOST(2.6e9)), PEER(COIL_LIBUV), PEER(GO, .label = "Go, one core"),
		     PEER(GO, .label = "Go, all cores", .cpus = ALL_CPUS) } },
	{ "asleep", "1,000,000 tasks asleep at once: resident memory per task",
	  .unit = UNIT_BYTES, .percent = 30,
	  .lines = { PEER(COIL, MOST(4.5 * 1024)), PEER(GO) } },
	{ "generators", "1,000,000 generator-based tasks that each sleep 0 to 1 s: wall time",
	  .unit = UNIT_SECONDS,
	  .lines = { PEER(COIL),
		     PEER(GO, LEAST(1), .label = "Go, one core", .word = "sleepers"),
		     PEER(GO, .label = "Go, all cores", .word = "sleepers",
			  .cpus = ALL_CPUS) } },
	{ "generators-asleep",
	  "1,000,000 generator-based tasks asleep at once: resident memory per task",
	  .unit = UNIT_BYTES, .percent = 30,
	  .lines = { PEER(COIL, MOST(400)), PEER(GO, .word = "asleep") } },
	{ "threadsafe", "call_soon_threadsafe, a flood from another thread: calls run",
	  .unit = UNIT_RATE, .cpus = 2,
	  .lines = { PEER(COIL, MOST(1e9 / 4e6)), PEER(UVLOOP, LEAST(2.5)),
		     PEER(ASYNCIO) } },
	{ "wake", "another thread wakes the loop, and the callback wakes the thread: round trips",
	  .unit = UNIT_THOUSANDS, .cpus = 2,
	  .lines = { PEER(COIL), PEER(COIL_LIBUV),
		     PEER(EPOLL, LEAST(0.95), .label = "epoll and eventfd"),
		     PEER(LIBUV), PEER(UVLOOP), PEER(ASYNCIO) } },
	{ "executor-one", "run_in_executor, one job after another: per job", .cpus = 2,
	  .lines = { PEER(COIL), PEER(LIBUV, LEAST(1)), PEER(GO), PEER(UVLOOP),
		     PEER(ASYNCIO) } },
	{ "executor-one-cpu", "the same, the loop and its workers on one processor: per job",
	  "executor-one",
	  .lines = { PEER(COIL), PEER(LIBUV, LEAST(2)), PEER(GO), PEER(UVLOOP),
		     PEER(ASYNCIO) } },
	{ "executor-batch", "run_in_executor, 1,000 jobs at a time, 2 workers: per job",
	  .cpus = 2,
	  .lines = { PEER(COIL), PEER(LIBUV, LEAST(1 / 0.8)), PEER(GO), PEER(UVLOOP),
		     PEER(ASYNCIO) } },
	{ "to-thread", "to_thread, one call after another: per call", .cpus = 2,
	  .lines = { PEER(COIL), PEER(UVLOOP), PEER(ASYNCIO) } },
	{ "process-pool", "a pool of one process, one job after another: per job", .cpus = 2,
	  .lines = { PEER(COIL), PEER(UVLOOP), PEER(ASYNCIO) } },
	{ NULL }
};
