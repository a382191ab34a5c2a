/* SPDX-License-Identifier: MIT
 *
 * From lines to a program: items, bodies, statements, blocks.  See play_parse.h.
 */
#include "play_parse.h"

#include <coil/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "play_parser.h"
#include "trace/recorder.h"

/* ---- statements ------------------------------------------------------------------ */

static void add(struct block *block, struct statement *statement)
{
	if (!block->end)
		block->end = &block->first;
	*block->end = statement;
	block->end = &statement->next;
}

/* The operation that the line begins with; "new KIND" are two words of a name.
 * *USED: how many words. */
static const struct operation *operation_of_line(struct parser *parser, size_t *used)
{
	const struct operation *operation;
	const char *nearest;
	char name[2 * MOST_WORD + 2];

	*used = line_has(parser, 0, "new") && parser->word_count > 1 ? 2 : 1;
	snprintf(name, sizeof name, "%s%s%s", parser->words[0], *used == 2 ? " " : "",
		 *used == 2 ? parser->words[1] : "");
	operation = coil__find_operation(name, &nearest);
	if (operation && parser->in_func && operation->section == SECTION_AROUND)
		coil__parse_fail(parser, "%s may suspend: not in a func", name);
	else if (operation && parser->in_func && (operation->section == SECTION_BLOCK ||
						  !strcmp(name, "return")))
		coil__parse_fail(parser, "%s has no place in a func", name);
	else if (!operation && nearest)
		coil__parse_fail(parser, "there is no operation %s; is it %s?", name, nearest);
	else if (!operation)
		coil__parse_fail(parser, "there is no operation %s", name);
	return operation;
}

/* raise alone and raise Cancelled are for coros, return is not for finally. */
static void check_place(struct parser *parser, const struct statement *statement)
{
	if (!strcmp(statement->operation->name, "return") && parser->in_cleanup)
		coil__parse_fail(parser, "return has no place in a finally");
	if (!strcmp(statement->operation->name, "raise") && parser->in_func &&
	    (!statement->count || !strcmp(statement->arguments[0].word, "Cancelled")))
		coil__parse_fail(parser, "a func can only raise an error of its own: raise TAG");
}

static void parse_block_of(struct parser *parser, struct statement *statement);

static void parse_statement(struct parser *parser, struct block *block)
{
	struct statement *statement = coil__parse_take(parser, sizeof *statement);
	size_t used;

	if (!statement)
		return;
	statement->operation = operation_of_line(parser, &used);
	statement->line = parser->line;
	statement->text = coil__parse_text(parser);
	if (parse_failed(parser))
		return;
	coil__parse_arguments(parser, statement, used);
	if (parse_failed(parser))
		return;
	check_place(parser, statement);
	add(block, statement);
	if (statement->operation->section == SECTION_BLOCK)
		parse_block_of(parser, statement);
}

/* ---- blocks ------------------------------------------------------------------------ */

/* Statements up to a line that begins with "end", or in a try with "except" or
 * "finally".  WHAT was opened in line OPENED. */
static void parse_statements(struct parser *parser, struct block *block, const char *what,
			     int opened)
{
	bool in_try = !strcmp(what, "try");

	while (coil__parse_line(parser)) {
		bool part = line_has(parser, 0, "except") || line_has(parser, 0, "finally");

		if (line_has(parser, 0, "end") && parser->word_count > 1)
			coil__parse_fail(parser, "nothing follows end, but here %s",
					 parser->words[1]);
		else if (line_has(parser, 0, "end") || (part && in_try))
			return;
		else if (part)
			coil__parse_fail(parser, "%s belongs to a try", parser->words[0]);
		else
			parse_statement(parser, block);
	}
	coil__parse_fail(parser, "the end of the %s of line %d is missing", what, opened);
}

static void parse_classes(struct parser *parser, struct statement *statement)
{
	const char **classes;

	if (parser->word_count == 1)
		coil__parse_fail(parser, "except what?  any, error, Cancelled, E, E:tag, ...");
	classes = coil__parse_take(parser, parser->word_count * sizeof *classes);
	for (size_t i = 1; classes && i < parser->word_count; i++)
		classes[i - 1] = parser->words[i];
	statement->classes = classes;
}

static void parse_try(struct parser *parser, struct statement *statement)
{
	bool in_cleanup = parser->in_cleanup;

	parse_statements(parser, &statement->body, "try", statement->line);
	if (!parse_failed(parser) && line_has(parser, 0, "except")) {
		statement->has_handler = true;
		parse_classes(parser, statement);
		parse_statements(parser, &statement->handler, "try", statement->line);
	}
	if (!parse_failed(parser) && line_has(parser, 0, "except"))
		coil__parse_fail(parser, "a try has one except, with all its classes");
	if (!parse_failed(parser) && line_has(parser, 0, "finally")) {
		if (parser->word_count > 1)
			coil__parse_fail(parser, "nothing follows finally, but here %s",
					 parser->words[1]);
		statement->has_cleanup = parser->in_cleanup = true;
		parse_statements(parser, &statement->cleanup, "finally", statement->line);
		parser->in_cleanup = in_cleanup;
	}
	if (!statement->has_handler && !statement->has_cleanup)
		coil__parse_fail(parser, "a try needs an except or a finally");
}

static void parse_block_of(struct parser *parser, struct statement *statement)
{
	const char *name = statement->operation->name;

	if (++parser->depth > PLAY_DEPTH)
		coil__parse_fail(parser, "more than %d blocks in each other", PLAY_DEPTH);
	else if (!strcmp(name, "try"))
		parse_try(parser, statement);
	else
		parse_statements(parser, &statement->body, name, statement->line);
	parser->depth--;
}

/* ---- items --------------------------------------------------------------------------- */

static void parse_option(struct parser *parser)
{
	static const char *const names[] = { "eager", "unretrieved", "limit" };
	struct program *program = parser->program;
	const char *word = parser->word_count > 1 ? parser->words[1] : "";
	const char *nearest = coil__nearest(word, names, 3);
	int64_t limit;

	if (line_has(parser, 1, "limit") && parser->word_count == 3) {
		if (coil__parse_number(parser, parser->words[2], 0, &limit))
			program->limit = (uint64_t)limit;
	} else if (line_has(parser, 1, "eager") && parser->word_count == 2) {
		program->eager = true;
	} else if (line_has(parser, 1, "unretrieved") && parser->word_count == 2) {
		program->unretrieved = true;
	} else {
		coil__parse_fail(parser, "there is no option %s%s%s (eager, unretrieved, limit N)",
				 word, nearest ? " like this; see " : "", nearest ? nearest : "");
	}
}

static const struct body *find_body(const struct program *program, const char *name,
				    bool is_func)
{
	for (const struct body *body = program->bodies; body; body = body->next)
		if (body->is_func == is_func && !strcmp(body->name, name))
			return body;
	return NULL;
}

static void parse_body(struct parser *parser)
{
	struct program *program = parser->program;
	const char *kind = parser->words[0], *name = parser->words[1];
	bool is_func = !strcmp(kind, "func");
	const struct body *other;
	struct body *body;

	if (parser->word_count != 2 || !coil__is_name(name)) {
		coil__parse_fail(parser, "%s NAME, and NAME of letters, digits, _ and -", kind);
		return;
	}
	other = find_body(program, name, is_func);
	if (other)
		coil__parse_fail(parser, "there is a %s %s already, in line %d", kind, name,
				 other->line);
	body = coil__parse_take(parser, sizeof *body);
	if (!body)
		return;
	*body = (struct body){ .name = name, .is_func = is_func, .line = parser->line,
			       .number = program->body_count++,
			       .site = coil__parse_site(parser, name, name, "") };
	*program->end = body;
	program->end = &body->next;
	parser->where = name;
	parser->in_func = is_func;
	parse_statements(parser, &body->block, kind, body->line);
	parser->in_func = false;
}

static void parse_item(struct parser *parser)
{
	parser->where = "scenario";
	if (line_has(parser, 0, "option"))
		parse_option(parser);
	else if (line_has(parser, 0, "new"))
		parse_statement(parser, &parser->program->news);
	else if (line_has(parser, 0, "coro") || line_has(parser, 0, "func"))
		parse_body(parser);
	else
		coil__parse_fail(parser, "%s has no place outside of a coro or func",
				 parser->words[0]);
}

static void parse(struct parser *parser)
{
	if (!coil__parse_line(parser) || parser->word_count != 2 || !line_has(parser, 0, "scn") ||
	    !line_has(parser, 1, "1"))
		coil__parse_fail(parser, "a scenario begins with the line: scn 1");
	while (coil__parse_line(parser))
		parse_item(parser);
	parser->program->main = find_body(parser->program, "main", false);
	if (!parser->program->main)
		coil__parse_fail(parser, "there is no coro main");
	coil__parse_resolve(parser);
}

/* ---- a program ------------------------------------------------------------------------ */

static void program_free(struct program *program)
{
	free(program->names);
	coil__arena_free(&program->arena);
	free(program);
}

/* What a recording points to, which knows places by their addresses, stays until that
 * recording has ended. */
static struct program *recorded;

static void free_recorded(uint32_t generation)
{
	struct program *program;

	while ((program = recorded) && program->generation != generation) {
		recorded = program->older;
		program_free(program);
	}
}

void coil__play_forget(struct program *program)
{
	uint32_t generation = __atomic_load_n(&coil__trace_generation, __ATOMIC_RELAXED);

	free_recorded(generation);
	if (!coil_trace_active()) {
		program_free(program);
		return;
	}
	program->generation = generation;
	program->older = recorded;
	recorded = program;
}

struct program *coil__play_parse(const char *text, size_t length, const char *file,
				 char **error)
{
	struct program *program = calloc(1, sizeof *program);
	struct parser parser = { .program = program, .next = text, .end = text + length };

	*error = NULL;
	if (!program)
		return NULL;
	program->end = &program->bodies;
	program->limit = PLAY_LIMIT;
	program->file = coil__arena_copy(&program->arena, file, strlen(file));
	if (program->file)
		parse(&parser);
	if (program->file && !parse_failed(&parser))
		return program;
	*error = parser.error;
	coil__play_forget(program);
	return NULL;
}
