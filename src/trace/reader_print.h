/* SPDX-License-Identifier: MIT
 *
 * A trace as text, one line for its header and one for every event:
 *
 *	coil-trace 1 clock=virtual run=0x1f pid=7 parent=0 monotonic=0 wall=0 program="./hello"
 *	12 1.000000000 t1/1 ctx=4 TASK_STEP_BEGIN send task=2[main]
 *	13 1.000000000 t1/1 ctx=4 AWAIT_BEGIN sleep task=2[main] target=5 depth=1 site=3[hello.c:9 amain: sleep(1.0)]
 *	14 1.000000000 t1 ctx=0 MARK text="a \"remark\"\n"
 *
 * Index, seconds, thread and (behind the '/') the loop that it runs, the handle
 * that runs, the event, its tag, its fields.  What stands in brackets is for the
 * reader's eyes.  Fields that say none (no task, no site, ...) are left out.  Bytes
 * that are not printable UTF-8 are written \xHH.
 *
 * coil__parse (reader_parse.h) reads it back, and nothing is lost.
 */
#ifndef COIL_TRACE_READER_PRINT_H
#define COIL_TRACE_READER_PRINT_H

#include <stdio.h>
#include "names.h"
#include "reader.h"

void coil__print_header(FILE *file, const struct trace_header *header);

/* NAMES gives the labels of tasks; it may be NULL. */
void coil__print_event(FILE *file, const struct coil__reader *reader,
		       const struct coil__names *names, const struct coil__event *event);

/* TEXT with '\', CLOSE and what is not printable escaped. */
void coil__print_escaped(FILE *file, const char *text, size_t length, char close);

/* A place for people: "hello.c:9 amain: sleep(1.0)", escaped for brackets. */
void coil__print_site(FILE *file, const struct coil__reader_site *site);

#endif
