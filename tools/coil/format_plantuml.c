/* SPDX-License-Identifier: MIT
 *
 * A diagram as PlantUML text.
 *
 * A participant goes by its bare name where PlantUML surely reads that as a name,
 * so that a message stands there as a person would write it:
 *
 *	main -> say_hello_AAA
 *	asyncio.sleep -> say_hello_AAA : total(1.000)
 *
 * and by an alias otherwise: participant "..." as p3.  Characters that mean
 * something to PlantUML, to its preprocessor, or to Creole (its markup) are
 * written by number, <U+0022>; there is no other way to quote all of them.
 */
#include "format_writers.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "trace/reader_memory.h"

#define ERROR_COLOUR "#A8473F"

struct writer {
	const struct diagram *diagram;
	FILE *out;
	bool *bare;     /* which participants go by their names */
};

/* First words of PlantUML's statements. */
static const char *const reserved[] = {
	"activate", "actor", "alt", "also", "as", "autoactivate", "autonumber",
	"boundary", "box", "break", "caption", "center", "collections", "control",
	"create", "critical", "database", "deactivate", "destroy", "else", "end",
	"endfooter", "endheader", "endlegend", "endnote", "endtitle", "entity",
	"footbox", "footer", "group", "header", "hide", "hnote", "ignore", "left",
	"legend", "loop", "mainframe", "newpage", "note", "of", "opt", "order",
	"over", "page", "par", "par2", "participant", "partition", "queue", "ref",
	"return", "right", "rnote", "scale", "show", "skin", "skinparam", "title",
};

static bool is_reserved(const char *name)
{
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (strcasecmp(name, reserved[i]) == 0)
			return true;
	return false;
}

/* "p3" could be an alias. */
static bool is_alias(const char *name)
{
	return name[0] == 'p' && name[1] && strspn(name + 1, "0123456789") == strlen(name + 1);
}

static bool is_bare(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!isascii((unsigned char)*c) ||
		    !(isalnum((unsigned char)*c) || *c == '_' || *c == '.'))
			return false;
	return isalpha((unsigned char)name[0]) && !is_alias(name) && !is_reserved(name);
}

static bool is_taken(const struct diagram *diagram, size_t number)
{
	for (size_t i = 0; i < number; i++)
		if (strcmp(diagram->participants[i].name,
			   diagram->participants[number].name) == 0)
			return true;
	return false;
}

/* Must the character at C be written by its number?  The marks of Creole come in
 * pairs, or begin a line; comments begin with ' or /'. */
static bool is_special(const char *c, bool first)
{
	if (strchr("\"\\<~%&$#[]{}|!@^`", *c))
		return true;
	if (*c == '\'')
		return first || c[-1] == '/';
	return strchr("*/_-=.:;>", *c) && (first || c[-1] == *c);
}

static void put_text(struct writer *writer, const char *text)
{
	bool first = true;

	for (const char *c = text; *c; c++) {
		if (*c == '\n')
			fputs("\\n", writer->out);
		else if (is_special(c, first))
			fprintf(writer->out, "<U+%04X>", (unsigned char)*c);
		else
			fputc(*c, writer->out);
		first = *c == '\n' || (first && *c == ' ');
	}
}

static void put_name(struct writer *writer, int participant)
{
	if (writer->bare[participant])
		fputs(writer->diagram->participants[participant].name, writer->out);
	else
		fprintf(writer->out, "p%d", participant + 1);
}

static void put_participants(struct writer *writer)
{
	const struct diagram *diagram = writer->diagram;

	for (size_t i = 0; i < diagram->participant_count; i++) {
		const char *name = diagram->participants[i].name;

		writer->bare[i] = is_bare(name) && !is_taken(diagram, i);
		fputs("participant ", writer->out);
		if (!writer->bare[i]) {
			fputc('"', writer->out);
			put_text(writer, name);
			fputs("\" as ", writer->out);
		}
		put_name(writer, (int)i);
		fputc('\n', writer->out);
	}
}

/* An arrow from or to the edge of the picture is written the other way round:
 * "[<- main" is from main. */
static void put_message(struct writer *writer, const struct diagram_item *item)
{
	const char *colour = item->style == DIAGRAM_ERROR ? "[" ERROR_COLOUR "]" : "";

	if (item->from == DIAGRAM_OUTSIDE) {
		fprintf(writer->out, "[-%s> ", colour);
		put_name(writer, item->to);
	} else if (item->to == DIAGRAM_OUTSIDE) {
		fprintf(writer->out, "[<%s- ", colour);
		put_name(writer, item->from);
	} else {
		put_name(writer, item->from);
		fprintf(writer->out, " -%s> ", colour);
		put_name(writer, item->to);
	}
	if (*item->text) {
		fputs(" : ", writer->out);
		put_text(writer, item->text);
	}
	fputc('\n', writer->out);
}

static void put_activation(struct writer *writer, const char *verb, int participant)
{
	fprintf(writer->out, "%s ", verb);
	put_name(writer, participant);
	fputc('\n', writer->out);
}

static void put_note(struct writer *writer, const struct diagram_item *item)
{
	fputs("note over ", writer->out);
	if (item->from != DIAGRAM_OUTSIDE) {
		put_name(writer, item->from);
	} else {
		put_name(writer, 0);
		if (writer->diagram->participant_count > 1) {
			fputs(", ", writer->out);
			put_name(writer, (int)writer->diagram->participant_count - 1);
		}
	}
	if (item->style == DIAGRAM_ERROR)
		fputs(" #F6E3E1", writer->out);
	fputs(" : ", writer->out);
	put_text(writer, item->text);
	fputc('\n', writer->out);
}

static void put_across(struct writer *writer, const char *before, const char *behind,
		       const char *text)
{
	fputs(before, writer->out);
	put_text(writer, text);
	fprintf(writer->out, "%s\n", behind);
}

static void put_item(struct writer *writer, const struct diagram_item *item)
{
	switch (item->what) {
	case DIAGRAM_MESSAGE: put_message(writer, item); break;
	case DIAGRAM_BEGIN:   put_activation(writer, "activate", item->from); break;
	case DIAGRAM_END:     put_activation(writer, "deactivate", item->from); break;
	case DIAGRAM_DIVIDER: put_across(writer, "== ", " ==", item->text); break;
	case DIAGRAM_DELAY:   put_across(writer, "...", "...", item->text); break;
	case DIAGRAM_NOTE:    put_note(writer, item); break;
	}
}

void coil__format_plantuml(const struct diagram *diagram, FILE *out)
{
	struct writer writer = {
		.diagram = diagram,
		.out = out,
		.bare = coil__take(diagram->participant_count + 1, sizeof(bool)),
	};

	fputs("@startuml\n", out);
	put_participants(&writer);
	for (size_t i = 0; i < diagram->item_count; i++)
		put_item(&writer, &diagram->items[i]);
	fputs("@enduml\n", out);
	free(writer.bare);
}
