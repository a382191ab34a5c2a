/* SPDX-License-Identifier: MIT
 *
 * How the records of one file are laid out: its embedded definitions (see
 * definitions.h), parsed, and beside each event the event of this version's
 * table that has the same name.
 *
 * Decoding goes by names: number and layout may differ between versions.  Where
 * the file's fields are the first of this version's, or all of them, a record is
 * copied as it is; else it is put together field by field, each once.
 */
#ifndef COIL_TRACE_READER_LAYOUT_H
#define COIL_TRACE_READER_LAYOUT_H

#include <stdbool.h>
#include "reader.h"

enum coil__field_type {
	COIL__FIELD_ID, COIL__FIELD_U64, COIL__FIELD_F64,
	COIL__FIELD_U32, COIL__FIELD_I32, COIL__FIELD_ERR, COIL__FIELD_STR,
	COIL__FIELD_SITE, COIL__FIELD_TYPES
};

struct coil__field {
	const char *name;       /* ends at the ':' that follows              */
	size_t name_length;
	uint8_t type;           /* enum coil__field_type                     */
	uint8_t size;           /* 4 or 8                                    */
	uint16_t offset;        /* in the struct                             */
};

struct coil__event_layout {
	const char *name, *tag; /* of the event and its enum; end at a blank */
	size_t name_length, tag_length;
	struct coil__field *fields;
	size_t field_count;
	const char *text;       /* name of its text field; NULL: has none    */
	size_t text_length;
	unsigned words;         /* of the struct                             */
	unsigned type;          /* of this version, or TRACE_UNKNOWN         */
	bool same;              /* copy as it is                             */
};

struct coil__layout {
	char *definitions;      /* what the names above point into           */
	struct coil__event_layout *events[TRACE_TYPES];
	char **errors;
	size_t error_count;
};

/* Parses TEXT, of LENGTH bytes.  NULL when it is not well formed, and *PROBLEM
 * is set to a phrase, to be freed. */
struct coil__layout *coil__layout_create(const char *text, size_t length,
					 char **problem);
void coil__layout_destroy(struct coil__layout *layout);

/* This version's own; made at the first call, never freed. */
const struct coil__layout *coil__layout_own(void);

/* Puts the WORDS words of fields and text at RECORD into EVENT's type and as. */
void coil__layout_decode(const struct coil__event_layout *layout,
			 const uint64_t *record, unsigned words,
			 struct coil__event *event);

/* A field of EVENT, which is laid out as FIELD says: integers as they are,
 * i32 with its sign. */
uint64_t coil__field_integer(const struct coil__field *field, const void *fields);
double coil__field_real(const struct coil__field *field, const void *fields);

#endif
