/* SPDX-License-Identifier: MIT
 *
 * The words of a line of a scenario: are they what its operation wants?
 * See play_parser.h, and play_ops.def for the kinds of arguments.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "play_parser.h"

/* ---- names ------------------------------------------------------------------------ */

struct name {
	const char *word;
	size_t number;
	struct name *next; /* of the same hash */
};

static unsigned hash(const char *word)
{
	unsigned h = 5381;

	while (*word)
		h = h * 33 + (unsigned char)*word++;
	return (h ^ h >> 8) & 255;
}

/* A number for every word that names something. */
static size_t number_of(struct parser *parser, const char *word)
{
	struct program *program = parser->program;
	struct name **bucket = &parser->table[hash(word)], *name;

	for (name = *bucket; name; name = name->next)
		if (!strcmp(name->word, word))
			return name->number;
	name = coil__parse_take(parser, sizeof *name);
	if (!name)
		return 0;
	if (program->name_count == parser->name_room) {
		size_t room = parser->name_room ? 2 * parser->name_room : 64;
		const char **names = realloc(program->names, room * sizeof *names);

		if (!names)
			return parser->no_memory = true;
		program->names = names;
		parser->name_room = room;
	}
	*name = (struct name){ word, program->name_count, *bucket };
	*bucket = name;
	program->names[program->name_count] = word;
	return program->name_count++;
}

bool coil__is_name(const char *word)
{
	for (const char *c = word; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9') || *c == '_' || *c == '-'))
			return false;
	return *word;
}

static bool is_number(const char *word)
{
	word += *word == '-';
	return *word && !word[strspn(word, "0123456789")];
}

bool coil__parse_number(struct parser *parser, const char *word, int64_t least,
			int64_t *number)
{
	if (!is_number(word))
		return coil__parse_fail(parser, "%s is no integer", word);
	errno = 0;
	*number = strtoll(word, NULL, 10);
	if (errno || *number > MOST_NUMBER || *number < -MOST_NUMBER)
		return coil__parse_fail(parser, "%s is too far from 0", word);
	if (*number < least)
		return coil__parse_fail(parser, "%s is less than %d", word, (int)least);
	return true;
}

/* ---- the bodies that are named ------------------------------------------------------- */

struct use {
	struct argument *argument;
	const char *name;
	bool is_func;
	int line;
	struct use *older;
};

static void use_body(struct parser *parser, struct argument *argument, const char *name,
		     bool is_func)
{
	struct use *use = coil__parse_take(parser, sizeof *use);

	if (!use)
		return;
	*use = (struct use){ argument, name, is_func, parser->line, parser->uses };
	parser->uses = use;
}

static const char *nearest_body(struct parser *parser, const struct use *use)
{
	struct program *program = parser->program;
	const char **names = coil__parse_take(parser, (program->body_count + 1) * sizeof *names);
	size_t count = 0;

	for (const struct body *body = program->bodies; names && body; body = body->next)
		if (body->is_func == use->is_func)
			names[count++] = body->name;
	return names ? coil__nearest(use->name, names, count) : NULL;
}

static void resolve(struct parser *parser, const struct use *use)
{
	const char *kind = use->is_func ? "func" : "coro", *nearest;

	for (const struct body *body = parser->program->bodies; body; body = body->next)
		if (body->is_func == use->is_func && !strcmp(body->name, use->name)) {
			use->argument->body = body;
			return;
		}
	parser->line = use->line;
	nearest = nearest_body(parser, use);
	if (nearest)
		coil__parse_fail(parser, "there is no %s %s; is it %s?", kind, use->name, nearest);
	else
		coil__parse_fail(parser, "there is no %s %s", kind, use->name);
}

/* The one that is missing first, in the order of lines, is told. */
void coil__parse_resolve(struct parser *parser)
{
	struct use *forward = NULL, *use;

	while (!parse_failed(parser) && (use = parser->uses)) {
		parser->uses = use->older;
		use->older = forward;
		forward = use;
	}
	for (use = forward; use && !parse_failed(parser); use = use->older)
		resolve(parser, use);
}

/* ---- kinds of arguments ---------------------------------------------------------------- */

#define FUTURES (THING_FUTURE | THING_TASK)

static const struct kind {
	const char *name;
	enum argument_kind kind;
	unsigned wanted;
} kinds[] = {
	{ "future", ARGUMENT_THING, FUTURES },
	{ "task", ARGUMENT_THING, THING_TASK },
	{ "handle", ARGUMENT_THING, THING_HANDLE | THING_TIMER },
	{ "timer", ARGUMENT_THING, THING_TIMER },
	{ "event", ARGUMENT_THING, THING_EVENT },
	{ "lock", ARGUMENT_THING, THING_LOCK },
	{ "condition", ARGUMENT_THING, THING_CONDITION },
	{ "lockable", ARGUMENT_THING, THING_LOCK | THING_SEMAPHORE | THING_CONDITION },
	{ "barrier", ARGUMENT_THING, THING_BARRIER },
	{ "queue", ARGUMENT_THING, THING_QUEUE },
	{ "timeout", ARGUMENT_THING, THING_TIMEOUT },
	{ "group", ARGUMENT_THING, THING_GROUP },
	{ "item", ARGUMENT_ITEM, FUTURES },
	{ "variable", ARGUMENT_VARIABLE, 0 },
	{ "coro", ARGUMENT_CORO, 0 },
	{ "func", ARGUMENT_FUNC, 0 },
	{ "value", ARGUMENT_VALUE, 0 },
	{ "int", ARGUMENT_INT, 0 },
	{ "delay", ARGUMENT_DELAY, 0 },
	{ "word", ARGUMENT_WORD, 0 },
};

/* What an operation wants, a word of its arguments. */
struct wanted {
	const char *name;
	size_t length;
	const struct kind *kind; /* NULL: NAME is a choice, a|b|c */
	bool optional, many;
};

/* The next that is wanted, from *AT on; false at the end. */
static bool next_wanted(const char **at, struct wanted *wanted)
{
	*at += strspn(*at, " ");
	wanted->name = *at;
	wanted->length = strcspn(*at, " ?*");
	*at += wanted->length;
	wanted->many = **at == '*';
	wanted->optional = **at == '?';
	*at += wanted->many || wanted->optional;
	wanted->kind = NULL;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strlen(kinds[i].name) == wanted->length &&
		    !strncmp(kinds[i].name, wanted->name, wanted->length))
			wanted->kind = &kinds[i];
	return wanted->length;
}

static void take_choice(struct parser *parser, const struct wanted *wanted,
			struct argument *argument)
{
	size_t length = strlen(argument->word);

	argument->kind = ARGUMENT_WORD;
	for (const char *at = wanted->name; at < wanted->name + wanted->length;) {
		size_t choice = strcspn(at, "|?* ");

		if (choice == length && !strncmp(at, argument->word, length))
			return;
		at += choice + 1;
	}
	coil__parse_fail(parser, "%s is not one of %.*s", argument->word,
			 (int)wanted->length, wanted->name);
}

static void take_name(struct parser *parser, struct argument *argument)
{
	if (!coil__is_name(argument->word))
		coil__parse_fail(parser, "%s is no name of a variable", argument->word);
	else if (argument->kind == ARGUMENT_VARIABLE && !strcmp(argument->word, "self"))
		coil__parse_fail(parser, "self is the running task, and cannot be set");
	argument->name = number_of(parser, argument->word);
}

static void take_body(struct parser *parser, struct argument *argument, const char *name)
{
	use_body(parser, argument, name, argument->kind == ARGUMENT_FUNC);
	argument->site = coil__parse_site(parser, parser->where, name, "");
}

static void take_number(struct parser *parser, struct argument *argument)
{
	argument->none = !strcmp(argument->word, "none") && argument->kind != ARGUMENT_INT;
	argument->last = !strcmp(argument->word, "$") && argument->kind == ARGUMENT_VALUE;
	if (!argument->none && !argument->last)
		coil__parse_number(parser, argument->word, INT64_MIN, &argument->number);
}

static void take_word(struct parser *parser, const struct wanted *wanted,
		      struct argument *argument)
{
	argument->many = wanted->many;
	if (!wanted->kind) {
		take_choice(parser, wanted, argument);
		return;
	}
	argument->kind = wanted->kind->kind;
	argument->wanted = wanted->kind->wanted;
	switch (argument->kind) {
	case ARGUMENT_ITEM:
		if (*argument->word == '@')
			take_body(parser, argument, argument->word + 1);
		else
			take_name(parser, argument);
		break;
	case ARGUMENT_CORO:
	case ARGUMENT_FUNC:
		take_body(parser, argument, argument->word);
		break;
	case ARGUMENT_THING:
	case ARGUMENT_VARIABLE:
		take_name(parser, argument);
		break;
	case ARGUMENT_VALUE:
	case ARGUMENT_INT:
	case ARGUMENT_DELAY:
		take_number(parser, argument);
		break;
	case ARGUMENT_WORD:
		argument->name = number_of(parser, argument->word);
	}
}

/* ---- arguments ---------------------------------------------------------------------------- */

const coil_site *coil__parse_site(struct parser *parser, const char *function,
				  const char *callee, const char *argument)
{
	coil_site *site = coil__parse_take(parser, sizeof *site);

	if (site)
		*site = (coil_site){ function, parser->program->file, parser->line, callee,
				     argument };
	return site;
}

/* The statement as a call: of a body, if it names one; of a thing, if it does
 * something with that; else of the operation with its arguments. */
static const coil_site *site_of(struct parser *parser, const struct statement *statement)
{
	const char *argument = statement->text + strlen(statement->operation->name);

	for (size_t i = 0; i < statement->count; i++)
		if (statement->arguments[i].kind == ARGUMENT_CORO ||
		    statement->arguments[i].kind == ARGUMENT_FUNC)
			return coil__parse_site(parser, parser->where,
						statement->arguments[i].word, "");
	argument += *argument == ' ';
	if (statement->count && statement->arguments[0].kind == ARGUMENT_THING) {
		argument += strlen(statement->arguments[0].word);
		argument += *argument == ' ';
		return coil__parse_site(parser, parser->where, statement->arguments[0].word,
					argument);
	}
	return coil__parse_site(parser, parser->where, statement->operation->name, argument);
}

void coil__parse_arguments(struct parser *parser, struct statement *statement,
			   size_t first)
{
	const struct operation *operation = statement->operation;
	const char *at = operation->arguments;
	size_t word = first;
	struct wanted wanted;

	statement->count = parser->word_count - first;
	statement->arguments = coil__parse_take(parser, statement->count *
						sizeof *statement->arguments);
	while (!parse_failed(parser) && next_wanted(&at, &wanted)) {
		bool enough = wanted.optional || wanted.many;

		do {
			struct argument *argument = &statement->arguments[word - first];

			if (word == parser->word_count && enough)
				break;
			if (word == parser->word_count) {
				coil__parse_fail(parser, "too few words: %s %s", operation->name,
						 operation->arguments);
				break;
			}
			argument->word = parser->words[word++];
			take_word(parser, &wanted, argument);
		} while (wanted.many && !parse_failed(parser));
	}
	if (word < parser->word_count)
		coil__parse_fail(parser, "%s is too much: %s %s", parser->words[word],
				 operation->name, operation->arguments);
	if (!parse_failed(parser))
		statement->site = site_of(parser, statement);
}
