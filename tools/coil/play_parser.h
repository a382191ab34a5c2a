/* SPDX-License-Identifier: MIT
 *
 * Between the three parts of the parser: play_lines.c (lines and their words),
 * play_words.c (the arguments of an operation), play_parse.c (bodies and blocks).
 *
 * The first thing that is wrong is kept, with its line; what is called after that
 * returns early, so that only loops and what needs a result look at it.
 */
#ifndef COIL_PLAY_PARSER_H
#define COIL_PLAY_PARSER_H

#include <string.h>

#include "play_parse.h"

#define MOST_WORD 200  /* bytes of a word: a message of coil holds 255 */
#define MOST_NUMBER INT64_C(1000000000000000) /* sums of these, a double has exactly */

struct parser {
	struct program *program;
	const char *next, *end;   /* what is not read yet              */
	int line;
	char **words;             /* of this line                      */
	size_t word_count;
	const char *where;        /* the body that we are in           */
	bool in_func, in_cleanup;
	unsigned depth;           /* of blocks                         */
	struct use *uses;         /* of bodies, newest first           */
	struct name *table[256];  /* the names, by hash                */
	size_t name_room;
	bool no_memory;
	char *error;              /* or NULL                           */
};

/* Keeps what is wrong in this line.  Result: false. */
bool coil__parse_fail(struct parser *parser, const char *format, ...) COIL_PRINTF(2, 3);

/* Is anything wrong? */
static inline bool parse_failed(const struct parser *parser)
{
	return parser->error || parser->no_memory;
}

/* Memory of the program's; NULL, and then there is something wrong. */
void *coil__parse_take(struct parser *parser, size_t size);

/* Goes to the next line with words; false: there is none, or it is bad. */
bool coil__parse_line(struct parser *parser);

/* Is this the I-th word of it? */
static inline bool line_has(const struct parser *parser, size_t i, const char *word)
{
	return i < parser->word_count && !strcmp(parser->words[i], word);
}

/* The words of the line, with one space between. */
const char *coil__parse_text(struct parser *parser);

bool coil__is_name(const char *word);

/* A number of at least LEAST; false: it is none, which has been said. */
bool coil__parse_number(struct parser *parser, const char *word, int64_t least,
			int64_t *number);

/* The words from FIRST on are the arguments of STATEMENT, as its operation wants. */
void coil__parse_arguments(struct parser *parser, struct statement *statement,
			   size_t first);

/* Every name of a body that was used: is there one?  To be called at the end. */
void coil__parse_resolve(struct parser *parser);

/* A call site of the program, in this line. */
const coil_site *coil__parse_site(struct parser *parser, const char *function,
				  const char *callee, const char *argument);

#endif
