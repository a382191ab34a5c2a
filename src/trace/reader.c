/* SPDX-License-Identifier: MIT
 *
 * See reader.h.  Opening scans and checks each file (reader_scan.h); what is left to do
 * for an event is to pick the thread whose next one is the earliest (reader_merge.h),
 * to decode it, and to see whether what it takes was given (reader_causes.h).
 */
#include "reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <coil/error.h>

#include "reader_files.h"
#include "reader_memory.h"

/* The clocks of threads differ by microseconds, under a heavy load by milliseconds. */
#define PATIENCE UINT64_C(1000000000)

/* ---- opening ---------------------------------------------------------- */

void coil__reader_add(struct coil__reader *reader, struct coil__file *file)
{
	uint32_t pid = file->scan.header->pid;

	if (reader->file_count)
		coil__file_follow(file, reader->files[0],
				  reader->files[reader->file_count - 1]);
	reader->files = coil__grow(reader->files, &reader->file_room,
				   reader->file_count + 1, sizeof *reader->files);
	reader->files[reader->file_count++] = file;
	if (!coil__map_get(&reader->processes, pid))
		coil__map_put(&reader->processes, pid, file);
}

struct coil__reader *coil__reader_of(struct coil__file *file)
{
	struct coil__reader *reader = coil__take(1, sizeof *reader);

	coil__reader_add(reader, file);
	coil__reader_rewind(reader);
	return reader;
}

struct coil__reader *coil__reader_open(const char *path, char **error)
{
	struct coil__file *file = coil__file_open(path, error);

	return file ? coil__reader_of(file) : NULL;
}

struct coil__reader *coil__reader_open_memory(const void *data, size_t size,
					      const char *name, char **error)
{
	struct coil__file *file = coil__file_open_memory(data, size, name, error);

	return file ? coil__reader_of(file) : NULL;
}

bool coil__reader_add_memory(struct coil__reader *reader, const void *data, size_t size,
			     const char *name, char **error)
{
	struct coil__file *file = coil__file_open_memory(data, size, name, error);

	if (!file)
		return false;
	coil__reader_add(reader, file);
	coil__reader_rewind(reader);
	return true;
}

void coil__reader_close(struct coil__reader *reader)
{
	if (!reader)
		return;
	for (size_t i = 0; i < reader->file_count; i++)
		coil__file_close(reader->files[i]);
	free(reader->files);
	coil__merge_free(&reader->merge);
	coil__causes_free(&reader->causes);
	coil__scope_free(&reader->scope);
	coil__map_clear(&reader->processes);
	coil__map_clear(&reader->lost);
	free(reader->missing);
	free(reader->unreadable);
	free(reader);
}

void coil__reader_rewind(struct coil__reader *reader)
{
	coil__merge_free(&reader->merge);
	coil__causes_free(&reader->causes);
	reader->merge.patience = reader->files[0]->scan.header->clock == TRACE_CLOCK_VIRTUAL
		? UINT64_MAX : PATIENCE; /* each virtual clock is another */
	reader->index = 0;
	reader->ended = false;
	for (size_t i = 0; i < reader->file_count; i++)
		coil__causes_learn(&reader->causes, reader->files[i]->scan.seen);
	reader->merge.loops_first = reader->causes.on[TRACE_HANDLE_TAKEN];
	for (size_t i = 0; i < reader->file_count; i++)
		coil__merge_add(&reader->merge, reader->files[i], (uint32_t)i);
	for (size_t i = 0; i < reader->merge.count; i++)
		if (reader->merge.cursors[i].number)
			reader->merge.cursors[i].loop =
				coil__scope_loop(&reader->scope, reader->merge.cursors[i].number,
						 reader->merge.cursors[i].loop);
}

/* ---- reading ---------------------------------------------------------- */

static void read_text(struct coil__reader *reader, struct coil__event *event,
		      const uint64_t *words, size_t count)
{
	size_t length = strnlen((const char *)words, count * 8);

	event->text = (const char *)words;
	event->text_length = length;
	if (length == count * 8) {
		memcpy(reader->text, words, length);
		reader->text[length] = '\0';
		event->text = reader->text;
	}
}

static void read_record(struct coil__reader *reader, const struct coil__cursor *cursor,
			struct coil__event *event)
{
	const uint64_t *record = cursor->at;
	unsigned words = WORD_WORDS(record[0]) - 2;
	const struct coil__event_layout *layout;

	event->number = (uint8_t)WORD_TYPE(record[0]);
	event->tag = WORD_TAG(record[1]);
	event->ctx = WORD_CTX(record[1]);
	event->time = cursor->time;
	event->thread = cursor->thread;
	event->loop = cursor->loop;
	event->text = "";
	event->text_length = 0;
	layout = cursor->file->scan.layout->events[event->number];
	if (!layout) {
		event->type = TRACE_UNKNOWN;
		memset(&event->as, 0, sizeof event->as);
	} else {
		coil__layout_decode(layout, record + 2, words, event);
		if (layout->text)
			read_text(reader, event, record + 2 + layout->words,
				  words - layout->words);
	}
	if (cursor->number)
		coil__scope_event(&reader->scope, cursor->file, cursor->number, event);
}

/* The process that a job ran in is told where it ends: what that has to say of it is in
 * its file, or nowhere. */
static bool is_to_come(const struct coil__reader *reader, const struct coil__event *event,
		       uint32_t *giver)
{
	*giver = 0;
	if (event->type == TRACE_JOB_END) {
		*giver = event->as.JOB_END.process;
		return coil__merge_has(&reader->merge, *giver);
	}
	/* A child's file, by itself: jobs are given to it by its parent. */
	return event->type != TRACE_JOB_BEGIN || !reader->files[0]->scan.header->parent;
}

/* The cursor whose event is next, which is decoded. */
static struct coil__cursor *next_cursor(struct coil__reader *reader,
					struct coil__event *event)
{
	struct coil__cursor *cursor;

	while ((cursor = coil__merge_top(&reader->merge))) {
		uint64_t lacks;
		uint32_t giver;

		read_record(reader, cursor, event);
		lacks = cursor->released ? 0 : coil__causes_lacks(&reader->causes, event,
								    cursor->process);
		if (!lacks || !is_to_come(reader, event, &giver))
			break;
		coil__merge_hold(&reader->merge, lacks, giver);
	}
	return cursor;
}

/* A job has run in another process: has that one's file been found? */
static void look_for_process(struct coil__reader *reader, uint32_t pid)
{
	if (!reader->whole || !pid || coil__map_get(&reader->processes, pid) ||
	    coil__map_get(&reader->lost, pid))
		return;
	coil__map_put(&reader->lost, pid, reader);
	coil__reader_miss(reader, coil__sentence("%s: the trace of its worker process %" PRIu32
						 " is not beside it",
						 reader->files[0]->name, pid));
}

bool coil__reader_next(struct coil__reader *reader, struct coil__event *event)
{
	struct coil__cursor *cursor = next_cursor(reader, event);

	if (!cursor) {
		reader->ended = true;
		return false;
	}
	event->index = ++reader->index;
	if (event->type == TRACE_LOOP_RUN_BEGIN)
		event->loop = cursor->loop = event->as.LOOP_RUN_BEGIN.loop;
	else if (event->type == TRACE_LOOP_RUN_END)
		cursor->loop = 0;
	else if (event->type == TRACE_THREAD && event->as.THREAD.process)
		cursor->process = event->as.THREAD.process;
	else if (event->type == TRACE_JOB_END)
		look_for_process(reader, event->as.JOB_END.process);
	coil__merge_advance(&reader->merge,
			    coil__causes_note(&reader->causes, event, cursor->process));
	return true;
}

/* ---- what is wrong ----------------------------------------------------- */

const char *coil__reader_error(const struct coil__reader *reader)
{
	for (size_t i = 0; i < reader->file_count && reader->ended; i++)
		if (reader->files[i]->scan.damage)
			return reader->files[i]->scan.damage;
	return reader->ended ? reader->unreadable : NULL;
}

void coil__reader_miss(struct coil__reader *reader, char *text)
{
	char *both;

	if (!reader->missing) {
		reader->missing = text;
		return;
	}
	both = coil__sentence("%s; %s", reader->missing, text);
	free(reader->missing);
	free(text);
	reader->missing = both;
}

const char *coil__reader_missing(const struct coil__reader *reader)
{
	return reader->missing;
}

/* ---- what events refer to --------------------------------------------- */

const struct trace_header *coil__reader_header(const struct coil__reader *reader)
{
	return reader->files[0]->scan.header;
}

/* The last file whose strings, or sites, begin in front of NUMBER. */
static const struct coil__file *file_of(const struct coil__reader *reader, uint32_t number,
					bool site)
{
	size_t low = 0, high = reader->file_count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		const struct coil__file *file = reader->files[middle];

		if ((site ? file->sites : file->strings) < number)
			low = middle;
		else
			high = middle;
	}
	return reader->files[low];
}

const char *coil__reader_string(const struct coil__reader *reader, uint32_t string)
{
	const struct coil__file *file = file_of(reader, string, false);
	const char *text = coil__map_get(&file->scan.strings, string - file->strings);

	return text ? text : "";
}

const struct coil__reader_site *coil__reader_site(const struct coil__reader *reader,
						  uint32_t number)
{
	static const struct coil__reader_site unknown = { "", "", "", "", 0 };
	const struct coil__file *file = file_of(reader, number, true);
	const struct coil__reader_site *site =
		coil__map_get(&file->scan.sites, number - file->sites);

	return site ? site : &unknown;
}

const char *coil__reader_error_name(const struct coil__reader *reader, uint32_t code)
{
	const struct coil__layout *layout = reader->files[0]->scan.layout;

	if (code < layout->error_count)
		return layout->errors[code];
	return code >= COIL_USER ? "UserError" : "unknown error";
}
