/* SPDX-License-Identifier: MIT
 *
 * See reader_scan.h.  O(file), once.
 */
#include "reader_scan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reader_memory.h"

#define MAX_FIRST_TIME (UINT64_C(1) << 62) /* so that no time overflows */

_Static_assert(sizeof(struct trace_header) == 512, "the header's layout");
_Static_assert(sizeof(struct trace_chunk) == 64, "the chunk's layout");

/* Keeps the first damage; takes TEXT over. */
static void damaged(struct coil__scan *scan, char *text)
{
	if (scan->damage)
		free(text);
	else
		scan->damage = text;
}

/* ---- the header ------------------------------------------------------- */

static char *check_identity(const struct coil__scan *scan)
{
	const struct trace_header *header = scan->header;

	if (scan->size == 0)
		return coil__sentence("%s: is empty", scan->name);
	if (scan->size < sizeof header->magic ||
	    memcmp(header->magic, TRACE_MAGIC, sizeof header->magic))
		return coil__sentence("%s: is not a trace", scan->name);
	if (scan->size < sizeof *header)
		return coil__sentence("%s: is cut off in its header (%zu bytes)",
				      scan->name, scan->size);
	if (header->byte_order == __builtin_bswap32(TRACE_BYTE_ORDER))
		return coil__sentence("%s: was written on a machine of the other byte "
				      "order; read it on one like that", scan->name);
	if (header->byte_order != TRACE_BYTE_ORDER)
		return coil__sentence("%s: its byte order (0x%08" PRIx32 ") is damaged",
				      scan->name, header->byte_order);
	if (header->version != TRACE_VERSION)
		return coil__sentence("%s: is a trace of version %" PRIu32
				      "; this coil reads version %d", scan->name,
				      header->version, TRACE_VERSION);
	return NULL;
}

static char *check_header(struct coil__scan *scan)
{
	const struct trace_header *header = scan->header;
	char *problem, *text;

	if (header->chunk_bytes < sizeof *header || header->chunk_bytes % 8 ||
	    header->chunk_bytes > 1u << 30)
		return coil__sentence("%s: its chunk size (%" PRIu32 ") is damaged",
				      scan->name, header->chunk_bytes);
	if (header->definitions > scan->size ||
	    header->definitions_bytes > scan->size - header->definitions)
		return coil__sentence("%s: is cut off in its definitions", scan->name);
	scan->layout = coil__layout_create((const char *)scan->data + header->definitions,
					   header->definitions_bytes, &problem);
	if (scan->layout)
		return NULL;
	text = coil__sentence("%s: %s", scan->name, problem);
	free(problem);
	return text;
}

/* ---- the chunks ------------------------------------------------------- */

/* The magic is stored after the rest of the head, and before the first record: a
 * program that ended while it took the chunk leaves neither. */
static bool untouched(const struct trace_chunk *chunk, size_t bytes)
{
	const uint64_t *first = (const uint64_t *)(chunk + 1);

	return !chunk->magic && (bytes < sizeof *chunk + sizeof *first || !*first);
}

/* Adds the chunk at PLACE to the runs, unless nothing was written into it. */
static void add_chunk(struct coil__scan *scan, uint64_t place, size_t *room)
{
	const struct trace_chunk *chunk = (const void *)(scan->data + place);
	size_t bytes = scan->header->chunk_bytes;

	if (bytes > scan->size - place)
		bytes = scan->size - place;
	if (untouched(chunk, bytes))
		return;
	if (chunk->magic != TRACE_CHUNK_MAGIC || !chunk->thread ||
	    chunk->first_time > MAX_FIRST_TIME ||
	    chunk->used > scan->header->chunk_bytes - sizeof *chunk || chunk->used % 8) {
		damaged(scan, coil__sentence("%s: the head of the chunk at byte %" PRIu64
					      " is damaged", scan->name, place));
		return;
	}
	scan->runs = coil__grow(scan->runs, room, scan->run_count + 1,
				sizeof *scan->runs);
	scan->runs[scan->run_count++] = (struct coil__run){
		.chunk = chunk,
		.begin = (const uint64_t *)(chunk + 1),
		.end = (const uint64_t *)chunk + bytes / 8,
	};
}

static void find_chunks(struct coil__scan *scan)
{
	uint64_t bytes = scan->header->chunk_bytes, place = bytes;
	uint64_t claimed = __atomic_load_n(&scan->header->chunks, __ATOMIC_ACQUIRE);
	size_t room = 0;

	for (uint64_t i = 0; i < claimed; i++, place += bytes) {
		bool here = place <= scan->size &&
			    scan->size - place >= sizeof(struct trace_chunk);

		if (here)
			add_chunk(scan, place, &room);
		if (!here || bytes > scan->size - place) {
			damaged(scan, coil__sentence("%s: is cut off at byte %zu, in chunk %"
						     PRIu64 " of %" PRIu64, scan->name,
						     scan->size, i + 1, claimed));
			return;
		}
	}
}

static int compare_runs(const void *left, const void *right)
{
	const struct trace_chunk *a = ((const struct coil__run *)left)->chunk;
	const struct trace_chunk *b = ((const struct coil__run *)right)->chunk;

	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	if (a->sequence != b->sequence)
		return a->sequence < b->sequence ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* ---- the records ------------------------------------------------------ */

/* What is wrong with the record at WORD with ROOM words behind its begin. */
static const char *record_problem(const struct coil__scan *scan, uint64_t word,
				  size_t room)
{
	unsigned words = WORD_WORDS(word);
	const struct coil__event_layout *layout = scan->layout->events[WORD_TYPE(word)];

	if (!WORD_TYPE(word) || words < 2)
		return "has no head";
	if (words > room)
		return "runs over the end of its chunk";
	if (layout && !layout->text && words - 2 > layout->words)
		return "is longer than its event";
	if (layout && layout->text && words - 2 < layout->words)
		return "is shorter than its event";
	return NULL;
}

static void intern_string(struct coil__scan *scan, const struct coil__event *event,
			  const char *text, size_t room)
{
	uint32_t number = event->as.STRING.string;

	if (number > scan->last_string)
		scan->last_string = number;
	if (number && !coil__map_get(&scan->strings, number))
		coil__map_put(&scan->strings, number,
			      coil__copy(text, strnlen(text, room)));
}

/* The strings may stand in another thread's chunk: only the numbers are kept
 * for now. */
static void intern_site(struct coil__scan *scan, const struct coil__event *event)
{
	struct trace_SITE *site;

	if (event->as.SITE.site > scan->last_site)
		scan->last_site = event->as.SITE.site;
	if (!event->as.SITE.site || coil__map_get(&scan->sites, event->as.SITE.site))
		return;
	site = coil__take(1, sizeof(struct coil__reader_site) > sizeof *site ?
			     sizeof(struct coil__reader_site) : sizeof *site);
	*site = event->as.SITE;
	coil__map_put(&scan->sites, site->site, site);
}

static void intern(struct coil__scan *scan, const uint64_t *record)
{
	const struct coil__event_layout *layout = scan->layout->events[WORD_TYPE(*record)];
	unsigned words = WORD_WORDS(*record) - 2;
	struct coil__event event;

	if (!layout)
		return;
	scan->seen[layout->type] = true;
	if (layout->type != TRACE_STRING && layout->type != TRACE_SITE)
		return;
	coil__layout_decode(layout, record + 2, words, &event);
	if (layout->type == TRACE_SITE)
		intern_site(scan, &event);
	else if (layout->text)
		intern_string(scan, &event, (const char *)(record + 2 + layout->words),
			      (words - layout->words) * 8);
}

/* Walks the records of RUN and sets its true end.  False: there is damage. */
static bool walk(struct coil__scan *scan, struct coil__run *run)
{
	const uint64_t *at = run->begin;
	const char *problem = NULL;

	while (at < run->end) {
		uint64_t word = __atomic_load_n(at, __ATOMIC_ACQUIRE);

		if (!word)
			break;
		problem = record_problem(scan, word, (size_t)(run->end - at));
		if (problem)
			break;
		intern(scan, at);
		at += WORD_WORDS(word);
	}
	run->end = at;
	if (!problem && run->chunk->used > (uint64_t)(at - run->begin) * 8)
		problem = "is missing";
	if (problem)
		damaged(scan, coil__sentence("%s: the record at byte %zu %s", scan->name,
					     (size_t)((const unsigned char *)at - scan->data),
					     problem));
	return !problem;
}

/* Walks the runs of one thread, COUNT from FIRST on; leaves out what is behind
 * damage.  Result: how many are good. */
static size_t walk_thread(struct coil__scan *scan, struct coil__run *first, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (first[i].chunk->sequence != i) {
			damaged(scan, coil__sentence("%s: chunk %zu of thread %" PRIu32
						     " is missing or there twice",
						     scan->name, i + 1,
						     first->chunk->thread));
			return i;
		}
		if (!walk(scan, &first[i]))
			return i + 1;
	}
	return count;
}

static void walk_threads(struct coil__scan *scan)
{
	size_t kept = 0;

	for (size_t from = 0, to; from < scan->run_count; from = to) {
		size_t good;

		for (to = from + 1; to < scan->run_count; to++)
			if (scan->runs[to].chunk->thread != scan->runs[from].chunk->thread)
				break;
		good = walk_thread(scan, &scan->runs[from], to - from);
		memmove(&scan->runs[kept], &scan->runs[from], good * sizeof *scan->runs);
		kept += good;
	}
	scan->run_count = kept;
}

static const char *string(const struct coil__scan *scan, uint32_t number)
{
	const char *text = coil__map_get(&scan->strings, number);

	return text ? text : "";
}

static void resolve_sites(struct coil__scan *scan)
{
	struct coil__map_entry *entry = NULL;

	while ((entry = coil__map_next(&scan->sites, entry))) {
		struct trace_SITE site;

		memcpy(&site, entry->value, sizeof site);
		*(struct coil__reader_site *)entry->value = (struct coil__reader_site){
			string(scan, site.function), string(scan, site.file),
			string(scan, site.callee), string(scan, site.argument),
			site.line
		};
	}
}

/* ---- the whole -------------------------------------------------------- */

char *coil__scan_open(struct coil__scan *scan, const void *data, size_t size,
		      const char *name)
{
	char *error;

	*scan = (struct coil__scan){ .name = name, .data = data, .size = size,
				     .header = data };
	error = check_identity(scan);
	if (!error)
		error = check_header(scan);
	if (error)
		return error;
	find_chunks(scan);
	if (scan->run_count)
		qsort(scan->runs, scan->run_count, sizeof *scan->runs, compare_runs);
	walk_threads(scan);
	resolve_sites(scan);
	return NULL;
}

void coil__scan_close(struct coil__scan *scan)
{
	coil__layout_destroy(scan->layout);
	coil__map_free(&scan->strings);
	coil__map_free(&scan->sites);
	free(scan->runs);
	free(scan->damage);
}
