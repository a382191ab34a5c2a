/* SPDX-License-Identifier: MIT
 *
 * Building a sequence diagram: see render_diagram.h.
 */
#include "render_diagram.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "render_text.h"
#include "trace/reader_memory.h"

struct diagram *coil__diagram_create(void)
{
	return coil__take(1, sizeof(struct diagram));
}

void coil__diagram_destroy(struct diagram *diagram)
{
	if (!diagram)
		return;
	for (size_t i = 0; i < diagram->participant_count; i++) {
		free(diagram->participants[i].name);
		free(diagram->participants[i].full);
	}
	for (size_t i = 0; i < diagram->item_count; i++)
		free(diagram->items[i].text);
	free(diagram->participants);
	free(diagram->items);
	free(diagram);
}

/* Takes TEXT over. */
static void add(struct diagram *diagram, struct diagram_item item, char *text)
{
	diagram->items = coil__grow(diagram->items, &diagram->item_room,
				    diagram->item_count + 1, sizeof item);
	item.text = text;
	diagram->items[diagram->item_count++] = item;
}

static char *clean_label(const char *text, unsigned cells)
{
	char *clean = coil__text_clean(text, strlen(text));
	char *label = coil__text_shorten(clean, cells);

	free(clean);
	return label;
}

/* A name in full, as a note over its head. */
static void note_name(struct diagram *diagram, int number)
{
	const struct diagram_participant *participant = &diagram->participants[number];
	size_t size = strlen(participant->name) + strlen(participant->full) + 8;
	char *text = coil__take(1, size);

	snprintf(text, size, "%s is %s", participant->name, participant->full);
	coil__diagram_note(diagram, 0, DIAGRAM_CALL, number, text);
	free(text);
}

int coil__diagram_participant(struct diagram *diagram, enum diagram_kind kind,
			      const char *name)
{
	int number = (int)diagram->participant_count;
	char *full = coil__text_clean(*name ? name : "?", *name ? strlen(name) : 1);
	struct diagram_participant participant = {
		.name = coil__text_shorten(full, DIAGRAM_NAME_CELLS),
		.full = full,
		.kind = kind,
	};

	if (strcmp(participant.name, full) == 0) {
		free(full);
		participant.full = NULL;
	}
	diagram->participants = coil__grow(diagram->participants,
					   &diagram->participant_room,
					   diagram->participant_count + 1,
					   sizeof participant);
	diagram->participants[diagram->participant_count++] = participant;
	if (participant.full)
		note_name(diagram, number);
	return number;
}

void coil__diagram_message(struct diagram *diagram, uint64_t time,
			   enum diagram_style style, int from, int to,
			   const char *label)
{
	struct diagram_item item = {
		.what = DIAGRAM_MESSAGE, .style = style,
		.from = from, .to = to, .time = time,
	};

	diagram->messages++;
	add(diagram, item, clean_label(label, DIAGRAM_LABEL_CELLS));
}

void coil__diagram_begin(struct diagram *diagram, uint64_t time, int participant)
{
	struct diagram_item item = {
		.what = DIAGRAM_BEGIN, .from = participant, .to = participant,
		.time = time,
	};

	diagram->participants[participant].active++;
	add(diagram, item, coil__copy("", 0));
}

void coil__diagram_end(struct diagram *diagram, uint64_t time, int participant)
{
	struct diagram_item item = {
		.what = DIAGRAM_END, .from = participant, .to = participant,
		.time = time,
	};

	if (!diagram->participants[participant].active)
		return;
	diagram->participants[participant].active--;
	add(diagram, item, coil__copy("", 0));
}

static void across(struct diagram *diagram, enum diagram_what what, uint64_t time,
		   const char *text)
{
	struct diagram_item item = {
		.what = what, .from = DIAGRAM_OUTSIDE, .to = DIAGRAM_OUTSIDE,
		.time = time,
	};

	add(diagram, item, clean_label(text, DIAGRAM_LABEL_CELLS));
}

void coil__diagram_divider(struct diagram *diagram, uint64_t time, const char *text)
{
	across(diagram, DIAGRAM_DIVIDER, time, text);
}

void coil__diagram_delay(struct diagram *diagram, uint64_t time, const char *text)
{
	across(diagram, DIAGRAM_DELAY, time, text);
}

void coil__diagram_note(struct diagram *diagram, uint64_t time,
			enum diagram_style style, int over, const char *text)
{
	struct diagram_item item = {
		.what = DIAGRAM_NOTE, .style = style, .from = over, .to = over,
		.time = time,
	};
	char *clean = coil__text_clean(text, strlen(text));

	add(diagram, item, coil__text_wrap(clean, DIAGRAM_NOTE_CELLS));
	free(clean);
}

void coil__diagram_finish(struct diagram *diagram, uint64_t time)
{
	for (size_t i = 0; i < diagram->participant_count; i++)
		while (diagram->participants[i].active)
			coil__diagram_end(diagram, time, (int)i);
}
