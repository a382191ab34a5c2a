/* SPDX-License-Identifier: MIT
 *
 * A trace file, as its bytes lie on the disk.
 *
 *	+----------------------+ 0
 *	| struct trace_header  |   who, when, which clock; how many chunks
 *	| definitions (text)   |   events.def and errors.def as they were
 *	+----------------------+ 65536
 *	| struct trace_chunk   |   one thread's, and which in its sequence
 *	| record record ... 0  |
 *	+----------------------+ 131072
 *	| struct trace_chunk   |
 *	:                      :
 *
 * A thread takes a chunk under a lock, once in some 2,000 records, and is the only
 * one to write into it.  A record is 8-byte words:
 *
 *	word 0   type : 8   words : 8   time : 48     stored last, with release order
 *	word 1   tag : 16   ctx : 48
 *	word 2.. the fields of the event, as a C struct; then its text, if any,
 *	         padded with zero bytes to a whole word
 *
 * so a word 0 of zero is the end of what a thread has written, and what stands
 * before it is whole, whatever happened to the process.  Zero words at the end of
 * the fields are left out.  time is in ns since chunk.first_time.
 *
 * All numbers are in the byte order of the machine that wrote them, which
 * header.byte_order tells.
 */
#ifndef COIL_TRACE_FORMAT_H
#define COIL_TRACE_FORMAT_H

#include <stdint.h>

#define TRACE_MAGIC "coiltrc\n"
#define TRACE_VERSION 1
#define TRACE_BYTE_ORDER 0x01020304u
#define TRACE_CHUNK_BYTES 65536u
#define TRACE_CHUNK_MAGIC 0x6b6e6863u /* "chnk" */
#define TRACE_MAX_WORDS 255u
#define TRACE_MAX_TEXT 1000u /* bytes of text in one record */
#define TRACE_MAX_CTX ((UINT64_C(1) << 48) - 1)

struct trace_header {
	char magic[8];
	uint32_t version;
	uint32_t byte_order;
	uint32_t chunk_bytes;
	uint32_t clock;             /* TRACE_CLOCK_*: of the first loop            */
	uint64_t run;               /* random, the same for forked children        */
	uint32_t pid;
	uint32_t parent;            /* pid of the process it was forked from, or 0 */
	int64_t monotonic;          /* ns, CLOCK_MONOTONIC at time 0 of the trace  */
	int64_t wall;               /* ns, CLOCK_REALTIME at the same moment       */
	uint64_t chunks;            /* claimed so far; atomic                      */
	uint32_t definitions;       /* offset of the definitions                   */
	uint32_t definitions_bytes;
	char program[440];          /* the command line, NUL-terminated, cut       */
};                                  /* 512 bytes                                   */

struct trace_chunk {
	uint32_t magic;
	uint32_t thread;            /* from 1, in the order of first events        */
	uint32_t sequence;          /* from 0, in this thread                      */
	uint32_t loop;              /* the loop that ran here then, or 0           */
	uint64_t first_time;        /* ns since time 0 of the trace                */
	uint64_t used;              /* bytes of records, set when the chunk is left;
	                               0 in the one that was being written         */
	uint64_t reserved[4];
};                                  /* 64 bytes                                    */

/* The C types of the field types of events.def. */
typedef uint64_t trace_id, trace_u64;
typedef double trace_f64;
typedef uint32_t trace_u32, trace_str, trace_site, trace_err;
typedef int32_t trace_i32;

/* One struct per event: struct trace_TASK_CREATED { trace_id task; ... }; */
#define F(type, name) trace_##type name;
#define T(name)
#define EVENT(number, name, tag, fields, doc) struct trace_##name { fields };
#include "events.def"
#undef F
#undef T

/* The numbers: TRACE_TASK_CREATED = 40, ... */
enum trace_type {
#define EVENT(number, name, tag, fields, doc) TRACE_##name = number,
#include "events.def"
	TRACE_TYPES = 256
};

/* The tags: TRACE_SCHEDULE_SOON = 0, ...; TRACE_SCHEDULE_COUNT. */
#define V(name, value, text) TRACE_##name##_##value,
#define ENUM(name, values) enum trace_tag_##name { values TRACE_##name##_COUNT };
#include "events.def"
#undef V

#endif
