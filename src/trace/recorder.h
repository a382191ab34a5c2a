/* SPDX-License-Identifier: MIT
 *
 * The recorder: every event of the loop, into a file that is mapped.
 *
 *	TRACE(NAME, tag, .field = value, ...)       at the time of this step
 *	TRACE_NOW(NAME, tag, .field = value, ...)   reads the clock
 *	TRACE_TEXT(NAME, tag, text, .field = ...)   with text; reads the clock
 *
 * The fields are those of events.def.  While nothing records, a trace point costs
 * a load and a branch that is predicted, and its arguments are not evaluated.
 * While recording, some 5 ns, and some 20 with the clock: so a task's step reads
 * it once, and what happens within the step shares that time unless it suspends.
 *
 * A record is whole or absent: its first word is stored last (format.h).  A thread
 * writes into a chunk of its own, so that recording takes no lock; interning a
 * new string or place does.
 */
#ifndef COIL_TRACE_RECORDER_H
#define COIL_TRACE_RECORDER_H

#include <stdbool.h>

#include <coil/loop.h>

#include "base/object.h"
#include "base/watched.h"
#include "trace/format.h"

struct clock;
struct future;
struct handle;

/* coil__tracing: is a recording under way? */
#ifdef COIL_NO_TRACE /* for measuring what the trace points cost */
#define TRACING false
#else
#define TRACING __builtin_expect(__atomic_load_n(&coil__tracing, __ATOMIC_RELAXED), 0)
#endif

struct recorder {
	/* The hot part. */
	char *cursor, *end;         /* where the next record goes; end of chunk   */
	uint64_t first_time;        /* of the chunk                               */
	uint64_t now;               /* the last time read, in ns                  */
	uint64_t ctx;               /* the handle that runs                       */
	uint64_t next_handle, last_handle; /* ids that are this thread's to give  */
	uint64_t next_object, last_object;

	/* The clock: ns = base_ns + (ticks - base_ticks) * scale / 2^32, for so
	 * many ticks as there is patience (tick.c). */
	uint64_t base_ticks, base_ns, scale, patience;
	uint64_t first_ticks, first_ns;
	int64_t time_zero;          /* of the recording, on CLOCK_MONOTONIC       */
	bool time_is_virtual;       /* ... or it has virtual times                */
	const struct clock *virtual_clock; /* then: the running loop's, or NULL   */
	uint64_t virtual_offset;    /* from its time to the recording's           */

	struct trace_chunk *chunk;  /* that is written now                        */
	char *window;               /* the chunks that are mapped with it         */
	size_t window_bytes;
	uint32_t thread, sequence, loop;
	uint32_t generation;        /* of the recording it is attached to         */
	const char *name;           /* of the thread; NULL: the system's          */
};

extern __thread struct recorder coil__recorder internal
	__attribute__((tls_model("initial-exec")));

#define TRACE_(NAME, record, ...)                                              \
	do {                                                                   \
		if (TRACING) {                                                 \
			const struct trace_##NAME fields_ = { __VA_ARGS__ };   \
			record;                                                \
		}                                                              \
	} while (0)
#define TRACE(NAME, tag, ...)                                                  \
	TRACE_(NAME, trace_record(TRACE_##NAME, (tag), false, &fields_,        \
				  sizeof(fields_)), __VA_ARGS__)
#define TRACE_NOW(NAME, tag, ...)                                              \
	TRACE_(NAME, trace_record(TRACE_##NAME, (tag), true, &fields_,         \
				  sizeof(fields_)), __VA_ARGS__)
#define TRACE_TEXT(NAME, tag, text, ...)                                       \
	TRACE_(NAME, coil__trace_text(TRACE_##NAME, (tag), &fields_,           \
				      sizeof(fields_), (text)), __VA_ARGS__)

/* The generation of the recording that is under way. */
extern uint32_t coil__trace_generation internal;

/* Attaches the recorder, or takes the next chunk, so that there is room for BYTES;
 * false when nothing can be recorded. */
bool coil__trace_room(struct recorder *recorder, size_t bytes);

static inline bool trace_has_room(struct recorder *r, size_t bytes)
{
	if (unlikely(r->generation != __atomic_load_n(&coil__trace_generation, __ATOMIC_RELAXED) ||
		     r->cursor + bytes > r->end || (r->now - r->first_time) >> 47))
		return coil__trace_room(r, bytes);
	return true;
}

/* Reads the clock into r->now. */
void coil__trace_read_time(struct recorder *recorder);

static inline uint64_t trace_head(unsigned type, size_t words, uint64_t delta)
{
	return type | words << 8 | delta << 16;
}

/* In line, so that the fields go from registers to the record, and the compiler sees
 * which of them are zero.  What is cut off at the end has been written as zeros,
 * which is what stands there. */
static inline __attribute__((always_inline)) void
trace_record(unsigned type, unsigned tag, bool fresh, const void *fields, size_t bytes)
{
	struct recorder *r = &coil__recorder;
	size_t words = bytes / 8;
	uint64_t *record, w[8];

	if (!trace_has_room(r, 16 + bytes))
		return;
	if (fresh)
		coil__trace_read_time(r);
	__builtin_prefetch(r->cursor + 1024, 1);
	record = (uint64_t *)r->cursor;
	record[1] = tag | r->ctx << 16;
	__builtin_memcpy(w, fields, bytes);
	for (size_t i = 0; i < words; i++)
		record[2 + i] = w[i];
	while (words && w[words - 1] == 0)
		words--;
	r->cursor += (2 + words) * 8;
	__atomic_store_n(record, trace_head(type, 2 + words, r->now - r->first_time),
			 __ATOMIC_RELEASE);
}

/* With text, and so with all of its fields; reads the clock. */
void coil__trace_text(unsigned type, unsigned tag, const void *fields, size_t bytes,
		      const char *text);

/* The handle that runs from now on, in this thread; 0: the loop itself. */
#define TRACE_CONTEXT(id)                                                      \
	do {                                                                   \
		if (TRACING)                                                   \
			coil__recorder.ctx = (id);                             \
	} while (0)

/* The loop LOOP, with CLOCK, runs in this thread from now on; 0, NULL: none. */
void coil__trace_run(uint32_t loop, const struct clock *clock);

/* A new id for a handle that is scheduled (again), or for a new object. */
uint64_t coil__trace_handle_id(void);
uint64_t coil__trace_object_id(void);

/* The number of a place, of a string; 0 for NULL. */
uint32_t coil__trace_site(const coil_site *site);
uint32_t coil__trace_string(const char *string);
#define TRACE_SITE(site) coil__trace_site(site)

/* 0 for the loop that this thread runs, which needs no saying; else its id. */
#define TRACE_LOOP(loop_) (coil__self.running == (loop_) ? 0 : (loop_)->id)

/* Begins to record if COIL_TRACE says so; only the first call looks.  CLOCK: of the
 * first loop, which the times of the recording will be on. */
void coil__trace_from_environment(enum coil_clock clock);

/* This thread is called NAME (borrowed for as long as it lives) in traces: in full, where
 * the system has room for 15 letters.  NULL: NAME goes. */
void coil__trace_thread_name(const char *name);

/* ID, of a handle that another thread made; or 0 if that was before this recording. */
uint64_t coil__trace_known_handle(uint64_t id);

/* The thread ends: its chunk is finished. */
void coil__trace_leave(void);

#endif
