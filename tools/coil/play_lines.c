/* SPDX-License-Identifier: MIT
 *
 * The lines of a scenario, and their words.  See play_parser.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play_parser.h"

bool coil__parse_fail(struct parser *parser, const char *format, ...)
{
	char *what = NULL;
	va_list arguments;

	if (parse_failed(parser))
		return false;
	va_start(arguments, format);
	if (vasprintf(&what, format, arguments) < 0 ||
	    asprintf(&parser->error, "%s:%d: %s", parser->program->file, parser->line,
		     what) < 0) {
		parser->error = NULL;
		parser->no_memory = true;
	}
	va_end(arguments);
	free(what);
	return false;
}

void *coil__parse_take(struct parser *parser, size_t size)
{
	void *memory = coil__arena_take(&parser->program->arena, size);

	if (!memory)
		parser->no_memory = true;
	return memory;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next word from *AT on, up to END; its length, 0 behind the last. */
static size_t find_word(const char **at, const char *end)
{
	const char *word;

	while (*at < end && is_space(**at))
		++*at;
	for (word = *at; word < end && !is_space(*word); word++)
		;
	return (size_t)(word - *at);
}

static size_t count_words(const char *at, const char *end)
{
	size_t count = 0, length;

	for (; (length = find_word(&at, end)) > 0; at += length)
		count++;
	return count;
}

static bool split(struct parser *parser, const char *at, const char *end)
{
	size_t length;

	parser->words = coil__parse_take(parser, count_words(at, end) * sizeof(char *));
	for (parser->word_count = 0; !parse_failed(parser); at += length) {
		char **word = &parser->words[parser->word_count];

		length = find_word(&at, end);
		if (!length)
			return true;
		if (length > MOST_WORD)
			return coil__parse_fail(parser, "a word of more than %d bytes", MOST_WORD);
		*word = coil__arena_copy(&parser->program->arena, at, length);
		if (!*word)
			return !(parser->no_memory = true);
		parser->word_count++;
	}
	return false;
}

bool coil__parse_line(struct parser *parser)
{
	while (!parse_failed(parser) && parser->next < parser->end) {
		const char *at = parser->next;
		size_t left = (size_t)(parser->end - at);
		const char *end = memchr(at, '\n', left), *remark;

		end = end ? end : parser->end;
		parser->next = end < parser->end ? end + 1 : end;
		parser->line++;
		if (memchr(at, '\0', (size_t)(end - at)))
			return coil__parse_fail(parser, "a byte 0 is no text");
		remark = memchr(at, '#', (size_t)(end - at));
		if (!split(parser, at, remark ? remark : end))
			return false;
		if (parser->word_count)
			return true;
	}
	return false;
}

const char *coil__parse_text(struct parser *parser)
{
	size_t length = 0;
	char *text, *at;

	for (size_t i = 0; i < parser->word_count; i++)
		length += strlen(parser->words[i]) + 1;
	text = at = coil__parse_take(parser, length);
	for (size_t i = 0; text && i < parser->word_count; i++) {
		if (i)
			*at++ = ' ';
		at = stpcpy(at, parser->words[i]);
	}
	return text;
}
