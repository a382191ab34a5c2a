/* SPDX-License-Identifier: MIT
 *
 * See reader_write.h.  A chunk is put together in memory and written as a whole,
 * the header last: what is cut off on the way is no trace.
 */
#include "reader_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "definitions.h"
#include "reader_layout.h"
#include "reader_map.h"
#include "reader_memory.h"

#define MAX_DELTA ((UINT64_C(1) << 48) - 1)
#define CHUNK_WORDS (TRACE_CHUNK_BYTES / 8)
#define HEAD_WORDS (sizeof(struct trace_chunk) / 8)

struct out {                 /* a thread's chunk */
	uint64_t words[CHUNK_WORDS]; /* its head first */
	uint64_t place;      /* in the file; 0: none is begun */
	size_t used;         /* words, with the head */
	uint32_t thread, sequence;
};

struct coil__writer {
	char *path;
	int fd, error;       /* error: the first errno, or 0 */
	struct trace_header header;
	struct coil__map threads; /* number -> struct out * */
};

static void write_at(struct coil__writer *writer, const void *data, size_t size,
		     uint64_t place)
{
	while (size && !writer->error) {
		ssize_t written = pwrite(writer->fd, data, size, (off_t)place);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			writer->error = written < 0 ? errno : ENOSPC;
			return;
		}
		data = (const char *)data + written;
		size -= (size_t)written;
		place += (uint64_t)written;
	}
}

/* Not a device: the file is removed if it cannot be completed. */
static int open_regular(const char *path, char **error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	struct stat status;

	*error = NULL;
	if (fd < 0 || fstat(fd, &status) < 0)
		*error = coil__sentence("%s: %s", path, strerror(errno));
	else if (!S_ISREG(status.st_mode))
		*error = coil__sentence("%s: is not a regular file", path);
	if (*error && fd >= 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

struct coil__writer *coil__writer_open(const char *path,
				       const struct trace_header *header,
				       char **error)
{
	int fd = open_regular(path, error);
	struct coil__writer *writer;

	if (fd < 0)
		return NULL;
	writer = coil__take(1, sizeof *writer);
	writer->path = coil__copy(path, strlen(path));
	writer->fd = fd;
	writer->header = *header;
	memcpy(writer->header.magic, TRACE_MAGIC, sizeof writer->header.magic);
	writer->header.version = TRACE_VERSION;
	writer->header.byte_order = TRACE_BYTE_ORDER;
	writer->header.chunk_bytes = TRACE_CHUNK_BYTES;
	writer->header.chunks = 0;
	writer->header.definitions = sizeof writer->header;
	writer->header.definitions_bytes = (uint32_t)coil__trace_definitions(NULL, 0);
	return writer;
}

/* ---- chunks ---------------------------------------------------------- */

static void finish_chunk(struct coil__writer *writer, struct out *out)
{
	struct trace_chunk *chunk = (struct trace_chunk *)out->words;

	if (!out->place)
		return;
	chunk->used = (out->used - HEAD_WORDS) * 8;
	write_at(writer, out->words, sizeof out->words, out->place);
	out->place = 0;
}

static void begin_chunk(struct coil__writer *writer, struct out *out,
			const struct coil__event *event)
{
	struct trace_chunk *chunk = (struct trace_chunk *)out->words;

	memset(out->words, 0, sizeof out->words);
	out->place = ++writer->header.chunks * TRACE_CHUNK_BYTES;
	out->used = HEAD_WORDS;
	chunk->magic = TRACE_CHUNK_MAGIC;
	chunk->thread = out->thread;
	chunk->sequence = out->sequence++;
	chunk->loop = event->type == TRACE_LOOP_RUN_BEGIN ? 0 : event->loop;
	chunk->first_time = event->time;
}

/* Room for WORDS words at EVENT's time. */
static uint64_t *reserve(struct coil__writer *writer, const struct coil__event *event,
			 unsigned words)
{
	struct out *out = coil__map_get(&writer->threads, event->thread);
	const struct trace_chunk *chunk;
	uint64_t *record;

	if (!out) {
		out = coil__take(1, sizeof *out);
		out->thread = event->thread;
		coil__map_put(&writer->threads, event->thread, out);
	}
	chunk = (const struct trace_chunk *)out->words;
	if (out->used + words > CHUNK_WORDS || event->time < chunk->first_time ||
	    event->time - chunk->first_time > MAX_DELTA)
		finish_chunk(writer, out);
	if (!out->place)
		begin_chunk(writer, out, event);
	record = out->words + out->used;
	out->used += words;
	record[0] = (event->time - chunk->first_time) << 16 | (uint64_t)words << 8;
	return record;
}

/* ---- records --------------------------------------------------------- */

/* The words of EVENT's fields, as far as they are written. */
static unsigned field_words(const struct coil__event *event,
			    const struct coil__event_layout *layout)
{
	unsigned words = layout ? layout->words : 0;

	if (!layout || layout->text)
		return words;
	while (words && !event->as.words[words - 1])
		words--;
	return words;
}

bool coil__writer_put(struct coil__writer *writer, const struct coil__event *event)
{
	const struct coil__event_layout *layout = coil__layout_own()->events[event->type];
	unsigned fields = field_words(event, layout);
	size_t room = (TRACE_MAX_WORDS - 2 - fields) * 8;
	size_t text = layout && layout->text ? event->text_length : 0;
	uint64_t *record;

	if (text > room)
		text = room;
	record = reserve(writer, event, (unsigned)(2 + fields + (text + 7) / 8));
	record[0] |= event->type ? event->type : event->number;
	record[1] = event->ctx << 16 | event->tag;
	memcpy(record + 2, event->as.words, fields * 8);
	if (text)
		memcpy(record + 2 + fields, event->text, text);
	return !writer->error;
}

/* ---- the end --------------------------------------------------------- */

static void free_writer(struct coil__writer *writer)
{
	coil__map_free(&writer->threads);
	free(writer->path);
	free(writer);
}

char *coil__writer_close(struct coil__writer *writer)
{
	struct coil__map_entry *entry = NULL;
	char *error = NULL;

	while ((entry = coil__map_next(&writer->threads, entry)))
		finish_chunk(writer, entry->value);
	if (!writer->error &&
	    ftruncate(writer->fd, (off_t)((writer->header.chunks + 1) * TRACE_CHUNK_BYTES)) < 0)
		writer->error = errno;
	write_at(writer, coil__trace_definitions_text,
		 writer->header.definitions_bytes, writer->header.definitions);
	write_at(writer, &writer->header, sizeof writer->header, 0);
	if (close(writer->fd) < 0 && !writer->error)
		writer->error = errno;
	if (writer->error) {
		error = coil__sentence("%s: %s", writer->path, strerror(writer->error));
		unlink(writer->path);
	}
	free_writer(writer);
	return error;
}

void coil__writer_abandon(struct coil__writer *writer)
{
	close(writer->fd);
	unlink(writer->path);
	free_writer(writer);
}
