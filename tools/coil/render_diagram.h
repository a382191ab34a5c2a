/* SPDX-License-Identifier: MIT
 *
 * A sequence diagram, as data: between the views, which make one of a trace, and
 * the formats, which write it.  It knows neither events nor formats.
 *
 *	participants    in the order of their first appearance
 *	items           from top to bottom, in the order they were added
 *
 * Invariants: all text is clean (render_text.h) and never NULL; from and to are
 * numbers of participants, or DIAGRAM_OUTSIDE; a message does not have both
 * outside; BEGIN and END of a participant are balanced once coil__diagram_finish
 * was called.  Names that are too long for a head are shortened there, and a
 * note holds them in full.
 *
 * Cost: adding is amortised O(length of the text).
 */
#ifndef COIL_RENDER_DIAGRAM_H
#define COIL_RENDER_DIAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIAGRAM_OUTSIDE (-1) /* the edge of the picture */

enum {
	DIAGRAM_NAME_CELLS = 32,  /* a head is at most so wide       */
	DIAGRAM_LABEL_CELLS = 72, /* and the label of a message      */
	DIAGRAM_NOTE_CELLS = 56   /* and a line of a note            */
};

enum diagram_kind {
	DIAGRAM_TASK, DIAGRAM_LOOP, DIAGRAM_WAITED, DIAGRAM_CALLBACK, DIAGRAM_THREAD
};

enum diagram_style {
	DIAGRAM_CALL,
	DIAGRAM_RETURN,
	DIAGRAM_ERROR   /* an exception, a cancellation */
};

struct diagram_participant {
	char *name;
	char *full;     /* what the name is short for, or NULL */
	enum diagram_kind kind;
	int active;     /* BEGINs without END                  */
};

enum diagram_what {
	DIAGRAM_MESSAGE,
	DIAGRAM_BEGIN,    /* of an activation of .from          */
	DIAGRAM_END,
	DIAGRAM_DIVIDER,  /* .text across the picture           */
	DIAGRAM_DELAY,    /* .text: how long nothing happened   */
	DIAGRAM_NOTE      /* over .from, or the whole picture   */
};

struct diagram_item {
	enum diagram_what what;
	enum diagram_style style;
	int from, to;
	char *text;       /* lines with '\n' between them       */
	uint64_t time;    /* ns                                 */
};

struct diagram {
	struct diagram_participant *participants;
	struct diagram_item *items;
	size_t participant_count, participant_room;
	size_t item_count, item_room;
	size_t messages;
};

struct diagram *coil__diagram_create(void);
void coil__diagram_destroy(struct diagram *diagram);

/* Adds a participant and gives its number; NAME may hold anything. */
int coil__diagram_participant(struct diagram *diagram, enum diagram_kind kind,
			      const char *name);

/* LABEL may hold anything, and may be "". */
void coil__diagram_message(struct diagram *diagram, uint64_t time,
			   enum diagram_style style, int from, int to,
			   const char *label);

void coil__diagram_begin(struct diagram *diagram, uint64_t time, int participant);

/* Ignored if the participant is not active. */
void coil__diagram_end(struct diagram *diagram, uint64_t time, int participant);

void coil__diagram_divider(struct diagram *diagram, uint64_t time, const char *text);
void coil__diagram_delay(struct diagram *diagram, uint64_t time, const char *text);

/* OVER a participant, or DIAGRAM_OUTSIDE: the whole picture. */
void coil__diagram_note(struct diagram *diagram, uint64_t time,
			enum diagram_style style, int over, const char *text);

/* Ends what is active. */
void coil__diagram_finish(struct diagram *diagram, uint64_t time);

#endif
