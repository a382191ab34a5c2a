/* SPDX-License-Identifier: MIT
 *
 * See reader_layout.h.  The text is split in place: a copy of it is what the
 * names point into.  This version's own table is read from the same kind of text
 * by the same code, so the two cannot disagree on what the text means.
 */
#include "reader_layout.h"

#include <stdlib.h>
#include <string.h>

#include "definitions.h"
#include "reader_memory.h"

#define MAX_NUMBER (TRACE_TYPES - 1)

/* Every struct of this version fits where it is decoded to. */
#define F(type, name)
#define T(name)
#define EVENT(number, name, tag, fields, doc)                                  \
	_Static_assert(sizeof(struct trace_##name) <=                          \
		       sizeof(((struct coil__event *)0)->as), #name);
#include "events.def"
#undef F
#undef T

static const struct { const char *name; uint8_t size; } types[] = {
	[COIL__FIELD_ID] = { "id", 8 },   [COIL__FIELD_U64] = { "u64", 8 },
	[COIL__FIELD_F64] = { "f64", 8 }, [COIL__FIELD_U32] = { "u32", 4 },
	[COIL__FIELD_I32] = { "i32", 4 }, [COIL__FIELD_ERR] = { "err", 4 },
	[COIL__FIELD_STR] = { "str", 4 }, [COIL__FIELD_SITE] = { "site", 4 },
};

struct word {
	const char *text;
	size_t length;
};

static bool is(struct word word, const char *text)
{
	return word.length == strlen(text) && !memcmp(word.text, text, word.length);
}

/* Takes the first word off LINE. */
static struct word take_word(struct word *line)
{
	const char *blank = line->length ? memchr(line->text, ' ', line->length) : NULL;
	size_t length = blank ? (size_t)(blank - line->text) : line->length;
	size_t skip = length + (blank != NULL);
	struct word word = { line->text, length };

	line->text += skip;
	line->length -= skip;
	return word;
}

/* ---- one line -------------------------------------------------------- */

static bool parse_type(struct word word, struct coil__field *field)
{
	for (unsigned i = 0; i < COIL__FIELD_TYPES; i++)
		if (is(word, types[i].name)) {
			field->type = (uint8_t)i;
			field->size = types[i].size;
			return true;
		}
	return false;
}

/* Adds "name:type" at *BYTES of the struct, as a C compiler would place it. */
static bool parse_field(struct coil__event_layout *event, struct word word,
			size_t *room, size_t *bytes)
{
	const char *colon = memchr(word.text, ':', word.length);
	struct coil__field field = { .name = word.text };
	struct word type;

	if (!colon || event->text)
		return false;
	field.name_length = (size_t)(colon - word.text);
	type = (struct word){ colon + 1, word.length - field.name_length - 1 };
	if (is(type, "text")) {
		event->text = word.text;
		event->text_length = field.name_length;
		return true;
	}
	if (!parse_type(type, &field))
		return false;
	*bytes = (*bytes + field.size - 1) / field.size * field.size;
	field.offset = (uint16_t)*bytes;
	*bytes += field.size;
	event->fields = coil__grow(event->fields, room, event->field_count + 1,
				   sizeof field);
	event->fields[event->field_count++] = field;
	return *bytes <= (TRACE_MAX_WORDS - 2) * 8;
}

static bool parse_number(struct word word, unsigned *number)
{
	*number = 0;
	for (size_t i = 0; i < word.length; i++) {
		if (word.text[i] < '0' || word.text[i] > '9')
			return false;
		*number = *number * 10 + (unsigned)(word.text[i] - '0');
		if (*number > MAX_NUMBER)
			return false;
	}
	return *number > 0;
}

/* "event NUMBER NAME TAG field:type ...", behind its first word. */
static bool parse_event(struct coil__layout *layout, struct word line)
{
	struct coil__event_layout *event;
	size_t room = 0, bytes = 0;
	struct word name, tag;
	unsigned number;

	if (!parse_number(take_word(&line), &number) || layout->events[number])
		return false;
	name = take_word(&line);
	tag = take_word(&line);
	if (!name.length || !tag.length)
		return false;
	event = layout->events[number] = coil__take(1, sizeof *event);
	event->name = name.text;
	event->name_length = name.length;
	event->tag = tag.text;
	event->tag_length = tag.length;
	while (line.length)
		if (!parse_field(event, take_word(&line), &room, &bytes))
			return false;
	event->words = (unsigned)((bytes + 7) / 8);
	return true;
}

static bool parse_errors(struct coil__layout *layout, struct word line)
{
	size_t room = layout->error_count;

	while (line.length) {
		struct word name = take_word(&line);

		layout->errors = coil__grow(layout->errors, &room,
					    layout->error_count + 1,
					    sizeof *layout->errors);
		layout->errors[layout->error_count++] =
			coil__copy(name.text, name.length);
	}
	return true;
}

static bool parse_line(struct coil__layout *layout, struct word line)
{
	struct word kind = take_word(&line);

	if (is(kind, "event"))
		return parse_event(layout, line);
	if (is(kind, "errors"))
		return layout->errors ? false : parse_errors(layout, line);
	return true;
}

/* ---- the translation to this version ---------------------------------- */

static bool same_name(const char *a, size_t a_length, const char *b, size_t b_length)
{
	return a_length == b_length && !memcmp(a, b, a_length);
}

static bool same_layout(const struct coil__event_layout *file,
			const struct coil__event_layout *own)
{
	if (!file->text != !own->text || file->field_count > own->field_count)
		return false;
	for (size_t i = 0; i < file->field_count; i++)
		if (file->fields[i].type != own->fields[i].type ||
		    !same_name(file->fields[i].name, file->fields[i].name_length,
			       own->fields[i].name, own->fields[i].name_length))
			return false;
	return true;
}

/* Finds this version's event for each of the file's. */
static void match(struct coil__layout *layout)
{
	const struct coil__layout *own = coil__layout_own();

	for (unsigned n = 1; n <= MAX_NUMBER; n++) {
		struct coil__event_layout *event = layout->events[n];

		for (unsigned m = 1; event && m <= MAX_NUMBER; m++)
			if (own->events[m] &&
			    same_name(event->name, event->name_length,
				      own->events[m]->name,
				      own->events[m]->name_length)) {
				event->type = m;
				event->same = same_layout(event, own->events[m]);
			}
	}
}

/* ---- the whole -------------------------------------------------------- */

static struct coil__layout *parse(const char *text, size_t length, char **problem)
{
	struct coil__layout *layout = coil__take(1, sizeof *layout);
	const char *at, *end;
	unsigned number = 1;

	layout->definitions = coil__copy(text, length);
	at = layout->definitions;
	for (end = at + length; at < end; number++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (!stop || !parse_line(layout, (struct word){ at, (size_t)(stop - at) })) {
			*problem = coil__sentence("line %u of its definitions is damaged",
						  number);
			coil__layout_destroy(layout);
			return NULL;
		}
		at = stop + 1;
	}
	return layout;
}

struct coil__layout *coil__layout_create(const char *text, size_t length,
					 char **problem)
{
	struct coil__layout *layout = parse(text, length, problem);

	if (layout)
		match(layout);
	return layout;
}

const struct coil__layout *coil__layout_own(void)
{
	static struct coil__layout *own;
	char *problem;

	if (!own) {
		own = parse(coil__trace_definitions_text,
			    strlen(coil__trace_definitions_text), &problem);
		if (!own)
			abort(); /* the compiler made the text: cannot be */
		for (unsigned n = 1; n <= MAX_NUMBER; n++)
			if (own->events[n]) {
				own->events[n]->type = n;
				own->events[n]->same = true;
			}
	}
	return own;
}

void coil__layout_destroy(struct coil__layout *layout)
{
	if (!layout)
		return;
	for (unsigned n = 0; n <= MAX_NUMBER; n++)
		if (layout->events[n]) {
			free(layout->events[n]->fields);
			free(layout->events[n]);
		}
	for (size_t i = 0; i < layout->error_count; i++)
		free(layout->errors[i]);
	free(layout->errors);
	free(layout->definitions);
	free(layout);
}

/* ---- decoding --------------------------------------------------------- */

uint64_t coil__field_integer(const struct coil__field *field, const void *fields)
{
	uint64_t wide;
	uint32_t narrow;

	if (field->size == 8) {
		memcpy(&wide, (const char *)fields + field->offset, 8);
		return wide;
	}
	memcpy(&narrow, (const char *)fields + field->offset, 4);
	return field->type == COIL__FIELD_I32 ? (uint64_t)(int32_t)narrow : narrow;
}

double coil__field_real(const struct coil__field *field, const void *fields)
{
	double real;

	memcpy(&real, (const char *)fields + field->offset, 8);
	return real;
}

static const struct coil__field *field_of(const struct coil__event_layout *layout,
					  const struct coil__field *like)
{
	for (size_t i = 0; i < layout->field_count; i++)
		if (same_name(layout->fields[i].name, layout->fields[i].name_length,
			      like->name, like->name_length))
			return &layout->fields[i];
	return NULL;
}

/* Field by field: by name; a number may have become wider or narrower, but not
 * a real one. */
static void translate(const struct coil__event_layout *layout,
		      const uint64_t *record, unsigned words, void *as)
{
	const struct coil__event_layout *own = coil__layout_own()->events[layout->type];

	for (size_t i = 0; i < own->field_count; i++) {
		const struct coil__field *to = &own->fields[i];
		const struct coil__field *from = field_of(layout, to);
		uint64_t value;
		uint32_t narrow;

		if (!from || from->offset + from->size > words * 8 ||
		    (from->type == COIL__FIELD_F64) != (to->type == COIL__FIELD_F64))
			continue;
		value = coil__field_integer(from, record);
		narrow = (uint32_t)value;
		memcpy((char *)as + to->offset,
		       to->size == 8 ? (void *)&value : (void *)&narrow, to->size);
	}
}

void coil__layout_decode(const struct coil__event_layout *layout,
			 const uint64_t *record, unsigned words,
			 struct coil__event *event)
{
	unsigned i = 0;

	event->type = (uint8_t)layout->type;
	if (words > layout->words)
		words = layout->words;
	if (layout->same)
		for (; i < words; i++)
			event->as.words[i] = record[i];
	for (; i < sizeof event->as / 8; i++)
		event->as.words[i] = 0;
	if (!layout->same && layout->type != TRACE_UNKNOWN)
		translate(layout, record, words, &event->as);
}
