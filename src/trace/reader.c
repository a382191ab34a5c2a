/* SPDX-License-Identifier: MIT
 *
 * See reader.h.  Opening scans and checks the whole file (reader_scan.h); what
 * is left to do for an event is to pick the thread whose next one is the
 * earliest, and to decode it.  That thread is the top of a heap of cursors,
 * ordered by the time of the next event; at the same time, a thread that runs no
 * loop is first, for what loops then do may be its doing (call_soon_threadsafe).
 */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <coil/error.h>

#include "reader_memory.h"
#include "reader_scan.h"

struct cursor {
	const struct coil__run *run, *last; /* of its thread                     */
	const uint64_t *at;                 /* the next record                   */
	uint64_t time;                      /* its time                          */
	uint32_t thread, loop;
};

struct coil__reader {
	struct coil__scan scan;
	struct cursor *cursors;       /* a heap; the first count are not at their end */
	size_t count;
	uint64_t index;
	bool ended;
	void *mapped;                 /* to be unmapped, or NULL           */
	void *copy;                   /* to be freed, or NULL              */
	char *name;
	char text[TRACE_MAX_WORDS * 8 + 1]; /* of an event whose text fills its words */
};

/* ---- opening ---------------------------------------------------------- */

static char *system_error(const char *path)
{
	return coil__sentence("%s: %s", path, strerror(errno));
}

/* Maps PATH.  An empty file is not mapped: it has *SIZE 0.  *ERROR is set when
 * it fails. */
static void *map_file(const char *path, size_t *size, char **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *data = NULL;
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0) {
		*error = system_error(path);
	} else if (!S_ISREG(status.st_mode)) {
		*error = coil__sentence("%s: is not a regular file", path);
	} else if ((*size = (size_t)status.st_size) > 0) {
		data = mmap(NULL, *size, PROT_READ, MAP_SHARED, fd, 0);
		if (data == MAP_FAILED) {
			data = NULL;
			*error = system_error(path);
		}
	}
	if (fd >= 0)
		close(fd);
	return data;
}

static struct coil__reader *open_data(struct coil__reader *reader, const void *data,
				      size_t size, const char *name, char **error)
{
	reader->name = coil__copy(name, strlen(name));
	*error = coil__scan_open(&reader->scan, data, size, reader->name);
	if (*error) {
		coil__reader_close(reader);
		return NULL;
	}
	coil__reader_rewind(reader);
	return reader;
}

struct coil__reader *coil__reader_open(const char *path, char **error)
{
	struct coil__reader *reader;
	size_t size = 0;
	void *data;

	*error = NULL;
	data = map_file(path, &size, error);
	if (*error)
		return NULL;
	reader = coil__take(1, sizeof *reader);
	reader->mapped = data;
	reader->scan.size = size;
	return open_data(reader, data, size, path, error);
}

struct coil__reader *coil__reader_open_memory(const void *data, size_t size,
					      const char *name, char **error)
{
	struct coil__reader *reader = coil__take(1, sizeof *reader);

	if ((uintptr_t)data % 8) { /* records are read as words */
		reader->copy = coil__copy(data, size);
		data = reader->copy;
	}
	return open_data(reader, data, size, name, error);
}

void coil__reader_close(struct coil__reader *reader)
{
	if (!reader)
		return;
	if (reader->mapped)
		munmap(reader->mapped, reader->scan.size);
	coil__scan_close(&reader->scan);
	free(reader->cursors);
	free(reader->copy);
	free(reader->name);
	free(reader);
}

/* ---- merging ---------------------------------------------------------- */

/* Moves on to the next run while the current one is used up.  False: the end. */
static bool settle(struct cursor *cursor)
{
	while (cursor->at == cursor->run->end) {
		if (cursor->run == cursor->last)
			return false;
		cursor->run++;
		cursor->at = cursor->run->begin;
	}
	cursor->time = cursor->run->chunk->first_time + WORD_TIME(*cursor->at);
	return true;
}

static bool before(const struct cursor *a, const struct cursor *b)
{
	if (a->time != b->time)
		return a->time < b->time;
	if (!a->loop != !b->loop)
		return !a->loop;
	return a->thread < b->thread;
}

static void sift_down(struct coil__reader *reader, size_t i)
{
	struct cursor moving = reader->cursors[i];
	size_t child;

	for (; (child = 2 * i + 1) < reader->count; i = child) {
		if (child + 1 < reader->count &&
		    before(&reader->cursors[child + 1], &reader->cursors[child]))
			child++;
		if (!before(&reader->cursors[child], &moving))
			break;
		reader->cursors[i] = reader->cursors[child];
	}
	reader->cursors[i] = moving;
}

void coil__reader_rewind(struct coil__reader *reader)
{
	const struct coil__run *run = reader->scan.runs;
	const struct coil__run *end = run ? run + reader->scan.run_count : NULL;
	size_t room = 0;

	free(reader->cursors);
	reader->cursors = NULL;
	reader->count = 0;
	reader->index = 0;
	reader->ended = false;
	while (run < end) {
		struct cursor cursor = {
			.run = run, .at = run->begin,
			.thread = run->chunk->thread, .loop = run->chunk->loop,
		};

		while (run < end && run->chunk->thread == cursor.thread)
			cursor.last = run++;
		reader->cursors = coil__grow(reader->cursors, &room,
					     reader->count + 1, sizeof cursor);
		if (settle(&cursor))
			reader->cursors[reader->count++] = cursor;
	}
	for (size_t i = reader->count / 2; i-- > 0; )
		sift_down(reader, i);
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

static void read_record(struct coil__reader *reader, const struct cursor *cursor,
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
	layout = reader->scan.layout->events[event->number];
	if (!layout) {
		event->type = TRACE_UNKNOWN;
		memset(&event->as, 0, sizeof event->as);
		return;
	}
	coil__layout_decode(layout, record + 2, words, event);
	if (layout->text)
		read_text(reader, event, record + 2 + layout->words, words - layout->words);
}

bool coil__reader_next(struct coil__reader *reader, struct coil__event *event)
{
	struct cursor *cursor = reader->cursors;

	if (!reader->count) {
		reader->ended = true;
		return false;
	}
	read_record(reader, cursor, event);
	event->index = ++reader->index;
	if (event->type == TRACE_LOOP_RUN_BEGIN)
		event->loop = cursor->loop = event->as.LOOP_RUN_BEGIN.loop;
	else if (event->type == TRACE_LOOP_RUN_END)
		cursor->loop = 0;
	cursor->at += WORD_WORDS(*cursor->at);
	if (!settle(cursor))
		*cursor = reader->cursors[--reader->count];
	if (reader->count > 1)
		sift_down(reader, 0);
	return true;
}

const char *coil__reader_error(const struct coil__reader *reader)
{
	return reader->ended ? reader->scan.damage : NULL;
}

/* ---- what events refer to --------------------------------------------- */

const struct trace_header *coil__reader_header(const struct coil__reader *reader)
{
	return reader->scan.header;
}

const char *coil__reader_string(const struct coil__reader *reader, uint32_t string)
{
	const char *text = coil__map_get(&reader->scan.strings, string);

	return text ? text : "";
}

const struct coil__reader_site *coil__reader_site(const struct coil__reader *reader,
						  uint32_t number)
{
	static const struct coil__reader_site unknown = { "", "", "", "", 0 };
	const struct coil__reader_site *site = coil__map_get(&reader->scan.sites, number);

	return site ? site : &unknown;
}

const char *coil__reader_error_name(const struct coil__reader *reader, uint32_t code)
{
	const struct coil__layout *layout = reader->scan.layout;

	if (code < layout->error_count)
		return layout->errors[code];
	return code >= COIL_USER ? "UserError" : "unknown error";
}
