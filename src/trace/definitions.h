/* SPDX-License-Identifier: MIT
 *
 * The definitions that are embedded in every trace: events.def and errors.def as
 * text, made by the preprocessor, so that a later reader decodes this file.
 *
 *	enum SEND send throw cancel
 *	event 46 AWAIT_BEGIN AWAIT task:id target:id depth:u32 site:site ...
 *	event 43 TASK_RENAMED NONE task:id name:text
 *	errors OK CancelledError TimeoutError ...
 *
 * One entry a line, words separated by one blank, every line ended by '\n'.  The
 * values of an enum, and the errors, are numbered from 0.  A field is name:type,
 * in the order of the C struct; a field of type text is last.  Lines that begin
 * with another word are for later versions: readers skip them.
 */
#ifndef COIL_TRACE_DEFINITIONS_H
#define COIL_TRACE_DEFINITIONS_H

#include <stddef.h>

/* Writes the text into BUFFER, as snprintf does: cut to SIZE with a NUL at the
 * end.  Result: its whole length without the NUL. */
size_t coil__trace_definitions(char *buffer, size_t size);

/* The same text in place: constant, NUL-terminated. */
extern const char coil__trace_definitions_text[];

#endif
