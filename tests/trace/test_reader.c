/* SPDX-License-Identifier: MIT
 *
 * The reader: files of other versions, damaged files, several threads.
 */
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include "trace/definitions.h"
#include "trace/reader_layout.h"
#include "traces.h"

/* ---- a file, byte by byte ------------------------------------------------ */

struct image {
	struct {
		struct trace_header header;
		char definitions[TRACE_CHUNK_BYTES - sizeof(struct trace_header)];
	} first;
	union {
		struct trace_chunk head;
		uint64_t words[TRACE_CHUNK_BYTES / 8];
	} chunks[4];
};

static struct image *new_image(const char *definitions, unsigned chunks)
{
	struct image *image = keep(calloc(1, sizeof(*image)));

	memcpy(image->first.header.magic, TRACE_MAGIC, 8);
	image->first.header.version = TRACE_VERSION;
	image->first.header.byte_order = TRACE_BYTE_ORDER;
	image->first.header.chunk_bytes = TRACE_CHUNK_BYTES;
	image->first.header.chunks = chunks;
	image->first.header.definitions = sizeof(struct trace_header);
	image->first.header.definitions_bytes = (uint32_t)strlen(definitions);
	strcpy(image->first.definitions, definitions);
	for (unsigned i = 0; i < chunks; i++) {
		image->chunks[i].head.magic = TRACE_CHUNK_MAGIC;
		image->chunks[i].head.thread = 1;
		image->chunks[i].head.sequence = i;
	}
	return image;
}

/* Writes a record of COUNT field words at *AT of a chunk. */
static void put(struct image *image, unsigned chunk, size_t *at, unsigned type,
		uint64_t time, const void *fields, unsigned count)
{
	uint64_t *word = image->chunks[chunk].words + sizeof(struct trace_chunk) / 8 + *at;

	word[0] = type | (2 + count) << 8 | time << 16;
	word[1] = 5 | UINT64_C(77) << 16;
	if (count)
		memcpy(word + 2, fields, count * 8);
	*at += 2 + count;
}

static struct coil__reader *open_image(const struct image *image, size_t size)
{
	char *error;
	struct coil__reader *reader =
		coil__reader_open_memory(image, size, "image", &error);

	CHECK_STR(error, NULL);
	free(error);
	return reader;
}

/* How many events it gives, and then what is wrong with it. */
static const char *events_then_error(const struct image *image, size_t size, unsigned events)
{
	struct coil__reader *reader = open_image(image, size);
	struct coil__event event;
	const char *error = NULL;
	unsigned count = 0;

	REQUIRE(reader, NULL);
	CHECK_STR(coil__reader_error(reader), NULL);
	while (coil__reader_next(reader, &event))
		CHECK_INT(event.index, ++count);
	CHECK_INT(count, events);
	CHECK(!coil__reader_next(reader, &event));
	if (coil__reader_error(reader))
		error = text("%s", coil__reader_error(reader));
	coil__reader_close(reader);
	return error;
}

static const char *open_error(const void *data, size_t size)
{
	char *error;

	CHECK(!coil__reader_open_memory(data, size, "image", &error));
	return keep(error);
}

#define OWN coil__trace_definitions_text

/* ---- what is no trace ------------------------------------------------------ */

TEST(foreign_files_are_told_apart)
{
	struct image *image = new_image(OWN, 0);

	CHECK_STR(open_error("", 0), "image: is empty");
	CHECK_STR(open_error("hello", 5), "image: is not a trace");
	CHECK_STR(open_error(image, 100), "image: is cut off in its header (100 bytes)");
	CHECK_STR(open_error(image, 600), "image: is cut off in its definitions");
	image->first.header.version = 9;
	CHECK_STR(open_error(image, sizeof(*image)),
		  "image: is a trace of version 9; this coil reads version 1");
	image->first.header.byte_order = 0x04030201;
	CHECK_HAS(open_error(image, sizeof(*image)), "other byte order");
	image->first.header.byte_order = 7;
	CHECK_HAS(open_error(image, sizeof(*image)), "its byte order (0x00000007) is damaged");
	image->first.header.magic[0] = 'x';
	CHECK_STR(open_error(image, sizeof(*image)), "image: is not a trace");
}

TEST(damaged_headers_are_told)
{
	struct image *image = new_image(OWN, 0);

	image->first.header.chunk_bytes = 65537;
	CHECK_HAS(open_error(image, sizeof(*image)), "its chunk size (65537) is damaged");
	CHECK_HAS(open_error(new_image("event 5 X NONE a:what\n", 0), sizeof(*image)),
		  "line 1 of its definitions is damaged");
	CHECK_HAS(open_error(new_image("errors A\nevent 5 X NONE a:u32", 0), sizeof(*image)),
		  "line 2 of its definitions is damaged");
	CHECK_HAS(open_error(new_image("event 300 X NONE\n", 0), sizeof(*image)), "line 1");
	CHECK_HAS(open_error(new_image("event 5 X NONE\nevent 5 Y NONE\n", 0),
			     sizeof(*image)), "line 2");
}

TEST(paths_that_cannot_be_read)
{
	char *error;

	CHECK(!coil__reader_open(test_path("none"), &error));
	CHECK_HAS(keep(error), "none: No such file or directory");
	CHECK(!coil__reader_open(test_dir(), &error));
	CHECK_HAS(keep(error), "is not a regular file");
	CHECK(write_file(test_path("empty"), "", 0));
	CHECK(!coil__reader_open(test_path("empty"), &error));
	CHECK_HAS(keep(error), "empty: is empty");
}

/* ---- damage, and what is in front of it ------------------------------------- */

TEST(an_unfinished_chunk_is_no_damage)
{
	struct image *image = new_image(OWN, 2);
	size_t at = 0;

	put(image, 0, &at, TRACE_HANDLE_RUN_BEGIN, 1, NULL, 0);
	put(image, 0, &at, TRACE_HANDLE_RUN_BEGIN, 2, NULL, 0);
	memset(&image->chunks[1].head, 0, sizeof(struct trace_chunk)); /* claimed only */
	CHECK_STR(events_then_error(image, sizeof(*image), 2), NULL);
	image->chunks[1].head.thread = 1; /* the program ended while it took it */
	CHECK_STR(events_then_error(image, sizeof(*image), 2), NULL);
	at = 0;
	put(image, 1, &at, TRACE_HANDLE_RUN_BEGIN, 3, NULL, 0);
	CHECK_HAS(events_then_error(image, sizeof(*image), 2), "is damaged");
}

TEST(a_truncated_file_gives_what_is_there)
{
	struct image *image = new_image(OWN, 2);
	size_t first = offsetof(struct image, chunks), at = 0;

	put(image, 0, &at, TRACE_HANDLE_RUN_BEGIN, 1, NULL, 0);
	put(image, 0, &at, TRACE_HANDLE_RUN_BEGIN, 2, NULL, 0);
	CHECK_HAS(events_then_error(image, first + TRACE_CHUNK_BYTES, 2),
		  "is cut off at byte 131072, in chunk 2 of 2");
	CHECK_HAS(events_then_error(image, first + 64 + 16, 1), "in chunk 1 of 2");
	CHECK_HAS(events_then_error(image, first + 64 + 24, 1), "cut off");
	CHECK_HAS(events_then_error(image, first + 10, 0), "in chunk 1 of 2");
	CHECK_HAS(events_then_error(image, first, 0), "in chunk 1 of 2");
}

TEST(damaged_records_end_their_thread_only)
{
	uint64_t words[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct image *image = new_image(OWN, 3);
	size_t at = 0, other = 0, more = 0;

	put(image, 0, &at, TRACE_HANDLE_RUN_BEGIN, 1, NULL, 0);
	put(image, 0, &at, TRACE_HANDLE_CANCELLED, 2, words, 3); /* has one word */
	put(image, 0, &at, TRACE_HANDLE_RUN_BEGIN, 3, NULL, 0);
	put(image, 1, &other, TRACE_HANDLE_RUN_BEGIN, 4, NULL, 0);
	image->chunks[2].head.thread = 2;
	image->chunks[2].head.sequence = 0;
	put(image, 2, &more, TRACE_HANDLE_RUN_BEGIN, 5, NULL, 0);
	CHECK_STR(events_then_error(image, sizeof(*image), 2),
		  "image: the record at byte 65616 is longer than its event");
}

TEST(every_kind_of_damage_is_told)
{
	const struct { uint64_t word; const char *says; } kinds[] = {
		{ 0x0108, "has no head" },
		{ 0x0200, "has no head" },
		{ 0xff21, "is longer than its event" },
		{ 0x0201, "is shorter than its event" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct image *image = new_image(OWN, 1);

		image->chunks[0].words[8] = kinds[i].word;
		CHECK_HAS(events_then_error(image, sizeof(*image), 0), kinds[i].says);
	}
}

TEST(a_record_over_the_end_of_its_chunk)
{
	struct image *image = new_image(OWN, 1);
	size_t at = 0;

	while (at + 2 <= (TRACE_CHUNK_BYTES - 64) / 8 - 2)
		put(image, 0, &at, TRACE_HANDLE_RUN_BEGIN, 0, NULL, 0);
	image->chunks[0].words[8 + at] = TRACE_FUTURE_DONE | 5 << 8;
	CHECK_HAS(events_then_error(image, sizeof(*image), (unsigned)at / 2),
		  "runs over the end of its chunk");
}

TEST(damaged_chunks_are_told)
{
	struct image *image = new_image(OWN, 3);
	size_t at = 0;

	put(image, 0, &at, TRACE_HANDLE_RUN_BEGIN, 1, NULL, 0);
	image->chunks[0].head.used = 32;
	CHECK_HAS(events_then_error(image, sizeof(*image), 1), "is missing");
	image->chunks[0].head.used = 16;
	image->chunks[1].head.sequence = 2;
	image->chunks[2].head.sequence = 3;
	CHECK_HAS(events_then_error(image, sizeof(*image), 1),
		  "chunk 2 of thread 1 is missing or there twice");
	image->chunks[1].head.sequence = 1;
	image->chunks[2].head.sequence = 2;
	image->chunks[1].head.magic = 1;
	CHECK_HAS(events_then_error(image, sizeof(*image), 1),
		  "the head of the chunk at byte 131072 is damaged");
}

/* ---- decoding ------------------------------------------------------------------ */

TEST(our_layout_is_the_compilers)
{
	const struct coil__layout *own = coil__layout_own();

#define F(type_, name_)                                                        \
	CHECK(at < layout->field_count);                                       \
	CHECK_INT(layout->fields[at].offset, offsetof(__typeof__(s), name_));  \
	CHECK_INT(layout->fields[at].size, sizeof(s.name_));                   \
	CHECK(!strncmp(layout->fields[at].name, #name_ ":" #type_,             \
		       sizeof(#name_ ":" #type_) - 1));                        \
	at++;
#define T(name_) CHECK(layout->text && !strncmp(layout->text, #name_ ":text", 5));
#define EVENT(number, name_, tag_, fields_, doc)                               \
	{                                                                      \
		const struct coil__event_layout *layout = own->events[number]; \
		struct trace_##name_ s;                                        \
		size_t at = 0;                                                 \
		REQUIRE(layout);                                               \
		(void)&s;                                                      \
		fields_                                                        \
		CHECK_INT(at, layout->field_count);                            \
		CHECK_INT(layout->words * 8, sizeof(s));                       \
	}
#include "trace/events.def"
#undef F
#undef T
}

/* The file of another version: other numbers, other orders, fields more and less. */
TEST(another_versions_events_are_translated)
{
	struct image *image = new_image(
		"enum SEND send\n"
		"planet 9\n" /* of a version to come */
		"event 7 HANDLE_CANCELLED NONE mood:u32 handle:u32\n"
		"event 8 TIMER_DUE NONE lag:f64 colour:f64 handle:id\n"
		"event 9 NEVER_HEARD_OF NONE x:u64\n"
		"event 10 FD_READY DIRECTION fd:i32 handle:i32\n"
		"errors OK Sunburn\n", 1);
	uint32_t cancelled[2] = { 9, 41 };
	double due[3] = { 0.5, 6, 0 };
	int32_t ready[2] = { -3, 12 };
	struct coil__event event;
	struct coil__reader *reader;
	size_t at = 0;

	put(image, 0, &at, 7, 1, cancelled, 1);
	put(image, 0, &at, 8, 2, due, 2); /* its third word is zero: left out */
	put(image, 0, &at, 9, 3, due, 1);
	put(image, 0, &at, 10, 4, ready, 1);
	put(image, 0, &at, 99, 5, due, 2); /* not even defined */
	reader = open_image(image, sizeof(*image));
	REQUIRE(reader && coil__reader_next(reader, &event));
	CHECK_INT(event.type, TRACE_HANDLE_CANCELLED);
	CHECK_INT(event.number, 7);
	CHECK_INT(event.as.HANDLE_CANCELLED.handle, 41);
	CHECK_INT(event.ctx, 77);
	CHECK_INT(event.tag, 5);
	REQUIRE(coil__reader_next(reader, &event));
	CHECK_REAL(event.as.TIMER_DUE.lag, 0.5);
	CHECK_INT(event.as.TIMER_DUE.handle, 0);
	REQUIRE(coil__reader_next(reader, &event));
	CHECK_INT(event.type, TRACE_UNKNOWN);
	CHECK_INT(event.number, 9);
	REQUIRE(coil__reader_next(reader, &event));
	CHECK_INT(event.as.FD_READY.fd, -3);
	CHECK_INT(event.as.FD_READY.handle, 12);
	REQUIRE(coil__reader_next(reader, &event));
	CHECK_INT(event.type, TRACE_UNKNOWN);
	CHECK(!coil__reader_next(reader, &event));
	CHECK_STR(coil__reader_error(reader), NULL);
	CHECK_STR(coil__reader_error_name(reader, 1), "Sunburn");
	CHECK_STR(coil__reader_error_name(reader, 2), "unknown error");
	CHECK_STR(coil__reader_error_name(reader, 1000), "UserError");
	coil__reader_close(reader);
}

TEST(text_is_terminated_however_it_fits)
{
	const char *texts[] = { "", "1234567", "12345678", "123456789", "\xff\x01\n\"]" };
	struct coil__event event;
	struct coil__reader *reader;
	struct image *image = new_image(OWN, 1);
	uint64_t words[3];
	size_t at = 0;

	for (size_t i = 0; i < 5; i++) {
		memset(words, 0, sizeof(words));
		memcpy(words, texts[i], strlen(texts[i]));
		put(image, 0, &at, TRACE_MARK, i, words, (unsigned)(strlen(texts[i]) + 7) / 8);
	}
	reader = open_image(image, sizeof(*image));
	for (size_t i = 0; i < 5; i++) {
		REQUIRE(coil__reader_next(reader, &event));
		CHECK_STR(event.text, texts[i]);
		CHECK_INT(event.text_length, strlen(texts[i]));
	}
	coil__reader_close(reader);
}

TEST(memory_need_not_be_aligned)
{
	struct image *image = new_image(OWN, 1);
	char *moved = keep(malloc(sizeof(*image) + 1));
	struct coil__event event;
	struct coil__reader *reader;
	size_t at = 0;
	char *error;

	put(image, 0, &at, TRACE_HANDLE_RUN_BEGIN, 3, NULL, 0);
	memcpy(moved + 1, image, sizeof(*image));
	reader = coil__reader_open_memory(moved + 1, sizeof(*image), "moved", &error);
	REQUIRE(reader && coil__reader_next(reader, &event));
	CHECK_INT(event.time, 3);
	coil__reader_close(reader);
}

/* ---- several threads, strings and places --------------------------------------- */

TEST(threads_are_merged_by_time)
{
	struct coil__reader *reader = trace_of(
		"@1 t2 ctx=0 MARK text=\"b\"\n"
		"@3 t2 ctx=0 MARK text=\"d\"\n"
		"@3 t2 ctx=0 MARK text=\"e\"\n"
		"@0 t3 ctx=0 MARK text=\"a\"\n"
		"@4 t3 ctx=0 MARK text=\"f\"\n"
		"@2 t1 ctx=0 MARK text=\"c\"\n"
		"@1 t1 ctx=0 MARK text=\"after c, whatever its time\"\n");
	const char *expected[] = { "a", "b", "c", "after c, whatever its time", "d", "e", "f" };
	struct coil__event event;

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 7; i++) {
			REQUIRE(coil__reader_next(reader, &event));
			CHECK_STR(event.text, expected[i]);
			CHECK_INT(event.index, i + 1);
		}
		CHECK(!coil__reader_next(reader, &event));
		coil__reader_rewind(reader);
	}
	coil__reader_close(reader);
}

TEST(the_loop_that_a_thread_runs_is_known)
{
	struct coil__reader *reader = trace_of(
		"t1 ctx=0 LOOP_CREATED real loop=4\n"
		"t1/4 ctx=0 LOOP_RUN_BEGIN loop=4\n"
		"t1/4 ctx=0 MARK text=\"in it\"\n"
		"t1/4 ctx=0 LOOP_RUN_END loop=4\n"
		"t1 ctx=0 MARK text=\"behind it\"\n");
	const uint32_t loops[] = { 0, 4, 4, 4, 0 };
	struct coil__event event;

	for (int i = 0; i < 5; i++) {
		REQUIRE(coil__reader_next(reader, &event));
		CHECK_INT(event.loop, loops[i]);
	}
	coil__reader_close(reader);
}

/* A place may be defined in front of its strings, in another thread's chunk. */
TEST(strings_and_places_are_resolved)
{
	struct coil__reader *reader = trace_of(
		"t1 ctx=0 SITE site=3 function=1 file=2 line=9 callee=1\n"
		"t2 ctx=0 STRING string=1 text=\"amain\"\n"
		"t2 ctx=0 STRING string=2 text=\"a/b.c\"\n"
		"t2 ctx=0 STRING string=2 text=\"again\"\n");
	const struct coil__reader_site *site = coil__reader_site(reader, 3);

	CHECK_STR(site->function, "amain");
	CHECK_STR(site->file, "a/b.c");
	CHECK_INT(site->line, 9);
	CHECK_STR(site->argument, "");
	CHECK_STR(coil__reader_site(reader, 4)->file, "");
	CHECK_STR(coil__reader_string(reader, 2), "a/b.c");
	CHECK_STR(coil__reader_string(reader, 0), "");
	CHECK_STR(coil__reader_string(reader, 4000000000), "");
	coil__reader_close(reader);
}

TEST(tags_and_events_have_names)
{
	CHECK_STR(coil__event_name(TRACE_TASK_CREATED), "TASK_CREATED");
	CHECK_STR(coil__event_name(255), "UNKNOWN");
	CHECK_STR(coil__event_tag(TRACE_TASK_STEP_BEGIN, TRACE_SEND_CANCEL), "cancel");
	CHECK_STR(coil__event_tag(TRACE_TASK_STEP_BEGIN, 99), "");
	CHECK_STR(coil__event_tag(TRACE_MARK, 0), "");
	CHECK_STR(coil__event_tag(255, 0), "");
}

TEST(definitions_are_cut_as_snprintf_does)
{
	char small[8];
	size_t length = strlen(coil__trace_definitions_text);

	CHECK_INT(coil__trace_definitions(NULL, 0), length);
	CHECK_INT(coil__trace_definitions(small, sizeof(small)), length);
	CHECK_STR(small, "enum CL");
	CHECK(length < TRACE_CHUNK_BYTES - sizeof(struct trace_header));
}
