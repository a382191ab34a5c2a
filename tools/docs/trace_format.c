/* SPDX-License-Identifier: MIT
 *
 * Prints docs/trace-format.md: the prose below, and the tables made from
 * src/trace/events.def, so that the page cannot be wrong about them.
 *
 *	make docs                    writes the page
 *	build/docs/trace_format      prints it (a test compares)
 */
#include <stddef.h>
#include <stdio.h>

#include "trace/format.h"

static const char *const prose =
	"# The trace format\n"
	"\n"
	"This page is made by `make docs`: its tables come from `src/trace/events.def`, the\n"
	"one table that also makes the recorder, the reader and the printer.\n"
	"\n"
	"A program on coil writes a trace when `COIL_TRACE` names a file, or after\n"
	"`coil_trace_start`. The file is mapped, not written: whatever ends the process\n"
	"(SIGKILL, a crash, `_exit`), the kernel keeps every record that was finished.\n"
	"`coil print` shows a trace, one event a line, and `coil parse` reads that back.\n"
	"\n"
	"## The file\n"
	"\n"
	"Numbers are in the byte order of the machine that wrote them. The structs are in\n"
	"`src/trace/format.h`.\n"
	"\n"
	"```\n"
	"0        struct trace_header, then the definitions as text\n"
	"65536    struct trace_chunk, then records ... up to a word of zero\n"
	"131072   struct trace_chunk, ...\n"
	"```\n"
	"\n";

static const char *const after_structs =
	"\n"
	"A chunk belongs to one thread. It is allocated on the disk before it is mapped and\n"
	"before it is counted in the header: a full disk is an error message and the end of\n"
	"the recording, and a reader finds every chunk that is counted. On the virtual clock\n"
	"`run`, `monotonic` and `wall` are 0, so that the file is a function of the program.\n"
	"\n"
	"A forked child records to a file of its own: the same name with `.PID` behind it, or with\n"
	"its own pid for `%p`. `run` is the same in both, and `parent` is the pid of the other.\n"
	"\n"
	"## A record\n"
	"\n"
	"8-byte words:\n"
	"\n"
	"| word | bits | what |\n"
	"|---|---|---|\n"
	"| 0 | 0-7 | the number of the event |\n"
	"| 0 | 8-15 | the length of the record in words |\n"
	"| 0 | 16-63 | its time, in ns since `first_time` of the chunk |\n"
	"| 1 | 0-15 | the tag (a value of the event's enumeration) |\n"
	"| 1 | 16-63 | ctx: the handle that ran, 0 for the loop itself or outside |\n"
	"| 2.. | | the fields, laid out as a C struct; words of zero at the end are left out |\n"
	"| | | then the text, if the event has one, padded with zero bytes to a whole word |\n"
	"\n"
	"Word 0 is stored last, with release order, so a record is there wholly or not at all.\n"
	"An event with a text field has its struct in full. A step of a task reads the clock\n"
	"once; what happens in it up to its next suspension may carry that same time.\n"
	"\n"
	"ctx is the cause: what a handle schedules, creates or completes has that handle as\n"
	"its ctx, so `HANDLE_SCHEDULED.ctx` is who woke whom. Ids only grow.\n"
	"\n"
	"## Definitions\n"
	"\n"
	"The text behind the header says what the events of this file are, so that a later\n"
	"reader decodes an earlier file, and skips what it does not know:\n"
	"\n"
	"```\n"
	"enum SEND send throw cancel\n"
	"event 41 TASK_STEP_BEGIN SEND task:id\n"
	"errors OK CancelledError TimeoutError ...\n"
	"```\n"
	"\n"
	"| type | bytes | |\n"
	"|---|---|---|\n"
	"| `id` | 8 | a task or future (one sequence), or a handle (another); 0: none |\n"
	"| `u64`, `f64` | 8 | a number; f64 is in seconds where it is a time |\n"
	"| `u32`, `i32` | 4 | a number |\n"
	"| `err` | 4 | an error code, by the line `errors` |\n"
	"| `str` | 4 | the number of an earlier `STRING` |\n"
	"| `site` | 4 | the number of an earlier `SITE` |\n"
	"| `text` | | the rest of the record |\n";

static void print_structs(void)
{
	printf("| header | at | bytes |\n|---|---|---|\n");
#define FIELD(name)                                                            \
	printf("| `" #name "` | %zu | %zu |\n", offsetof(struct trace_header, name), \
	       sizeof(((struct trace_header *)0)->name));
	FIELD(magic) FIELD(version) FIELD(byte_order) FIELD(chunk_bytes) FIELD(clock)
	FIELD(run) FIELD(pid) FIELD(parent) FIELD(monotonic) FIELD(wall) FIELD(chunks)
	FIELD(definitions) FIELD(definitions_bytes) FIELD(program)
#undef FIELD
	printf("\n| chunk | at | bytes |\n|---|---|---|\n");
#define FIELD(name)                                                            \
	printf("| `" #name "` | %zu | %zu |\n", offsetof(struct trace_chunk, name), \
	       sizeof(((struct trace_chunk *)0)->name));
	FIELD(magic) FIELD(thread) FIELD(sequence) FIELD(loop) FIELD(first_time) FIELD(used)
	FIELD(reserved)
#undef FIELD
}

static void print_enums(void)
{
	printf("\n## Enumerations\n\n| name | values, from 0 |\n|---|---|\n");
#define V(name, value, text) " " text
#define ENUM(name, values) printf("| `%s` |%s |\n", #name, values);
#include "trace/events.def"
#undef V
}

static void print_events(void)
{
	printf("\n## Events\n\n| | event | tag | fields | what it says |\n|---|---|---|---|---|\n");
#define F(type, name) " " #name ":" #type
#define T(name) " " #name ":text"
#define EVENT(number, name, tag, fields, doc)                                  \
	printf("| %d | `%s` | %s |%s | %s |\n", number, #name,                 \
	       #tag[0] == 'N' && #tag[1] == 'O' ? "" : "`" #tag "`", "" fields, doc);
#include "trace/events.def"
#undef F
#undef T
}

static const char *const about_several =
	"\n"
	"## Several threads, several processes\n"
	"\n"
	"Each thread has its own chunks, in the order of its events. A reader merges threads by\n"
	"time. But clocks of threads differ by some microseconds, and what happens within a step\n"
	"may carry the time of its beginning: so what one thread gives and another takes is put in\n"
	"order by the table below. The thread that takes is held back until the other has given,\n"
	"and its event, and those behind it, are then not earlier than that. What is in no file\n"
	"(a damaged one, a recording that began later) holds nobody up for more than a second.\n"
	"\n"
	"`coil print`, `check`, `stats` and `render` read the files of worker processes that lie\n"
	"beside a trace together with it (`--alone`: the one file), as those of more threads:\n"
	"those whose name has their own pid in the place told above, with the same `run`, and whose\n"
	"`parent` is the process of the trace or another of these. Their times are put on its clock by the\n"
	"`monotonic` of the headers. A fork copies all counters, so the numbers of threads,\n"
	"strings, sites, loops, handles and objects in them are made different from those of the\n"
	"first file (`src/trace/reader_scope.h`). Ids of jobs and executors are the same in all, so\n"
	"that a job submitted in one process and begun in another is known to be one.\n"
	"\n"
	"| comes after | what has the same | | |\n|---|---|---|---|\n";

static void print_links(void)
{
#define LINK(effect, cause, field, doc)                                        \
	printf("| `%s` | `%s` | `%s` | %s |\n", #effect, #cause, #field, doc);
#include "trace/events.def"
}

int main(void)
{
	fputs(prose, stdout);
	print_structs();
	fputs(after_structs, stdout);
	print_enums();
	print_events();
	fputs(about_several, stdout);
	print_links();
	return fflush(stdout) != 0;
}
