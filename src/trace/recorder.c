/* SPDX-License-Identifier: MIT
 *
 * The recorder: a thread's records, into chunks of its own.  See recorder.h; what
 * the threads share is in recording.h.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <coil/trace.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/place.h"
#include "base/thread.h"
#include "trace/recorder.h"
#include "trace/recording.h"
#include "trace/tick.h"

__thread struct recorder coil__recorder;

/* Ids are given to threads in ranges, so that giving one is no atomic operation. */
#define IDS_AT_ONCE (1u << 20)

/* At the end of every chunk there is room for a last word: TRACE_END. */
#define LAST_WORDS 2

/* ---- the time -------------------------------------------------------- */

static uint64_t virtual_ns(const struct clock *clock)
{
	return (uint64_t)(clock->now * 1e9 + 0.5);
}

/* That of the loop that the thread runs.  A thread without one, which a loop has woken
 * or made, is as late as the latest. */
static apart uint64_t virtual_time(struct recorder *r)
{
	uint64_t *latest = &coil__recording.virtual_now;
	uint64_t known = __atomic_load_n(latest, __ATOMIC_RELAXED), ns;

	if (!r->virtual_clock)
		return known;
	ns = virtual_ns(r->virtual_clock) + r->virtual_offset;
	while (ns > known && !__atomic_compare_exchange_n(latest, &known, ns, true,
							  __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return ns;
}

/* Never less than the last time. */
void coil__trace_read_time(struct recorder *r)
{
	uint64_t ns = likely(!r->time_is_virtual) ? tick_now(r) : virtual_time(r);

	if (ns > r->now)
		r->now = ns;
}

/* Each virtual loop begins at 0; the times of a recording go on. */
static void join_clock(struct recorder *r, const struct clock *clock)
{
	bool virtual = clock && clock->kind == COIL_CLOCK_VIRTUAL && r->time_is_virtual;

	r->virtual_clock = virtual ? clock : NULL;
	r->virtual_offset = 0;
	if (virtual && virtual_ns(clock) < r->now)
		r->virtual_offset = r->now - virtual_ns(clock);
}

void coil__trace_run(uint32_t loop, const struct clock *clock)
{
	struct recorder *r = &coil__recorder;

	if (!TRACING || !trace_has_room(r, 0)) /* attached, so that it knows its clock */
		return;
	r->loop = loop;
	join_clock(r, clock);
}

/* ---- chunks ---------------------------------------------------------- */

/* The chunk is complete: say how much of it is used. */
static void finish_chunk(struct recorder *r)
{
	if (r->chunk)
		r->chunk->used = (uint64_t)(r->cursor - (char *)(r->chunk + 1));
	r->chunk = NULL;
	r->cursor = r->end = NULL;
}

void coil__recorder_detach(struct recorder *r)
{
	finish_chunk(r);
	if (r->window)
		munmap(r->window, r->window_bytes);
	r->window = NULL;
	r->window_bytes = 0;
}

static void write_record(struct recorder *r, uint64_t head, const uint64_t *rest,
			 size_t rest_words)
{
	uint64_t *record = (uint64_t *)r->cursor;

	memcpy(record + 1, rest, rest_words * sizeof(*rest));
	r->cursor += (1 + rest_words) * sizeof(*rest);
	__atomic_store_n(record, head, __ATOMIC_RELEASE);
}

/* Ends the recording for good, with a reason, in the room kept for that. */
static void give_up(struct recorder *r, const char *why)
{
	uint64_t tag = TRACE_END_FAILED;

	if (!__atomic_exchange_n(&coil__tracing, false, __ATOMIC_RELAXED))
		return; /* another thread has said so already */
	if (r->chunk)
		write_record(r, trace_head(TRACE_TRACE_END, 2, r->now - r->first_time),
			     &tag, 1);
	coil__log("the recording to %s was stopped: %s; what was recorded until now is whole",
		  coil__recording.file.path, why);
}

/* Mapping costs system calls and, for a single chunk, more for each page than for
 * several: who records much gets more at once, up to half a MiB. */
static size_t window_chunks(const struct recorder *r)
{
	return r->sequence < 2 ? 1 : r->sequence < 8 ? 2 : 8;
}

/* The chunk behind this one in the window, or the first of a new window. */
static struct trace_chunk *claim_chunk(struct recorder *r)
{
	char *next = r->chunk ? (char *)r->chunk + TRACE_CHUNK_BYTES : NULL;
	size_t count = window_chunks(r);
	void *window = NULL;

	if (next && next < r->window + r->window_bytes)
		return (struct trace_chunk *)next;
	pthread_mutex_lock(&coil__recording.lock);
	if (r->generation == coil__trace_generation && coil_trace_active()) {
		window = coil__trace_file_chunks(&coil__recording.file, count);
		if (!window && count > 1) /* perhaps there is room for one */
			window = coil__trace_file_chunks(&coil__recording.file, count = 1);
		if (!window)
			give_up(r, strerror(errno));
	}
	pthread_mutex_unlock(&coil__recording.lock);
	if (!window)
		return NULL;
	coil__recorder_detach(r);
	r->window = window;
	r->window_bytes = count * TRACE_CHUNK_BYTES;
	return window;
}

static bool next_chunk(struct recorder *r)
{
	struct trace_chunk *chunk = claim_chunk(r);

	finish_chunk(r);
	if (!chunk) {
		coil__recorder_detach(r);
		return false;
	}
	r->first_time = r->now;
	chunk->thread = r->thread;
	chunk->sequence = r->sequence++;
	chunk->loop = r->loop;
	chunk->first_time = r->first_time;
	__atomic_store_n(&chunk->magic, TRACE_CHUNK_MAGIC, __ATOMIC_RELEASE);
	r->chunk = chunk;
	r->cursor = (char *)(chunk + 1);
	r->end = (char *)chunk + TRACE_CHUNK_BYTES - LAST_WORDS * sizeof(uint64_t);
	return true;
}

/* The name that it was given here, else by the program; the process's first thread has
 * the name that Python gives it. */
static void say_thread(struct recorder *r)
{
	pid_t thread = (pid_t)syscall(SYS_gettid);
	char system[16] = "MainThread";

	if (!r->name && thread != getpid() &&
	    pthread_getname_np(pthread_self(), system, sizeof(system)) != 0)
		system[0] = '\0';
	TRACE_TEXT(THREAD, 0, r->name ? r->name : system, .thread = r->thread,
		   .os_thread = r->time_is_virtual ? 0 : (uint32_t)thread);
}

/* This thread's first event in this recording. */
static bool attach(struct recorder *r)
{
	coil__recorder_detach(r);
	pthread_mutex_lock(&coil__recording.lock);
	r->generation = coil__trace_generation;
	r->thread = ++coil__recording.threads;
	if (coil__recording.file.header) {
		r->time_is_virtual = coil__recording.file.header->clock == TRACE_CLOCK_VIRTUAL;
		r->time_zero = coil__recording.file.header->monotonic;
	}
	pthread_mutex_unlock(&coil__recording.lock);
	thread_register();
	r->sequence = 0;
	r->now = 0;
	r->first_ticks = r->base_ticks = r->base_ns = r->patience = 0;
	r->next_handle = r->last_handle = r->next_object = r->last_object = 0;
	coil__trace_read_time(r);
	if (!next_chunk(r))
		return false;
	say_thread(r);
	return true;
}

void coil__trace_thread_name(const char *name)
{
	struct recorder *r = &coil__recorder;

	r->name = name;
	if (name && TRACING && r->generation == __atomic_load_n(&coil__trace_generation, __ATOMIC_RELAXED))
		say_thread(r);
}

/* ---- a record -------------------------------------------------------- */

/* Attaching records an event itself, and the recording may end just then: so the
 * room is looked at once more. */
bool coil__trace_room(struct recorder *r, size_t bytes)
{
	if (r->generation != __atomic_load_n(&coil__trace_generation, __ATOMIC_RELAXED) &&
	    !attach(r))
		return false;
	if (r->chunk && r->cursor + bytes <= r->end && !((r->now - r->first_time) >> 47))
		return true;
	return next_chunk(r);
}

void coil__trace_text(unsigned type, unsigned tag, const void *fields, size_t bytes,
		      const char *text)
{
	struct recorder *r = &coil__recorder;
	size_t length = strnlen(text, TRACE_MAX_TEXT);
	size_t words = 2 + bytes / 8 + (length + 7) / 8;
	uint64_t *record;

	if (!trace_has_room(r, words * 8))
		return;
	coil__trace_read_time(r);
	record = (uint64_t *)r->cursor;
	record[1] = tag | r->ctx << 16;
	memcpy(record + 2, fields, bytes);
	/* The rest of the last word is zero: the chunk was. */
	memcpy((char *)(record + 2) + bytes, text, length);
	r->cursor += words * 8;
	__atomic_store_n(record, trace_head(type, words, r->now - r->first_time),
			 __ATOMIC_RELEASE);
}

/* ---- numbers --------------------------------------------------------- */

static void take_range(uint64_t *given, uint64_t *next, uint64_t *last)
{
	*next = __atomic_fetch_add(given, IDS_AT_ONCE, __ATOMIC_RELAXED) + 1;
	*last = *next + IDS_AT_ONCE - 1;
}

uint64_t coil__trace_handle_id(void)
{
	struct recorder *r = &coil__recorder;

	if (unlikely(r->next_handle == r->last_handle))
		take_range(&coil__recording.handles_given, &r->next_handle, &r->last_handle);
	return r->next_handle++;
}

uint64_t coil__trace_known_handle(uint64_t id)
{
	return id > coil__recording.handles_before ? id : 0;
}

uint64_t coil__trace_object_id(void)
{
	struct recorder *r = &coil__recorder;

	if (unlikely(r->next_object == r->last_object))
		take_range(&coil__recording.objects_given, &r->next_object, &r->last_object);
	return r->next_object++;
}

/* Under the lock; the record comes before the number is used. */
static uint32_t intern_string(const char *string)
{
	bool fresh;
	uint32_t number = coil__intern(&coil__recording.strings, string, &fresh);

	if (fresh)
		TRACE_TEXT(STRING, 0, string, .string = number);
	return number;
}

/* Short strings that this thread has met before: found by where they lie, and then
 * compared, as a program may write another one there. */
#define KNOWN_STRINGS 16
static __thread struct {
	uint32_t generation, number;
	char text[40];
} known_strings[KNOWN_STRINGS];

uint32_t coil__trace_string(const char *string)
{
	size_t i = ((uintptr_t)string >> 2 ^ (uintptr_t)string >> 8) % KNOWN_STRINGS;
	uint32_t number;

	if (!string || !trace_has_room(&coil__recorder, 0))
		return 0;
	if (known_strings[i].generation == coil__recorder.generation &&
	    strcmp(known_strings[i].text, string) == 0)
		return known_strings[i].number;
	pthread_mutex_lock(&coil__recording.lock);
	number = intern_string(string);
	pthread_mutex_unlock(&coil__recording.lock);
	if (strlen(string) < sizeof(known_strings[i].text)) {
		known_strings[i].generation = coil__recorder.generation;
		known_strings[i].number = number;
		strcpy(known_strings[i].text, string);
	}
	return number;
}

static uint32_t intern_site(const coil_site *site)
{
	bool fresh;
	uint32_t number = coil__intern(&coil__recording.sites, site, &fresh);

	if (fresh) {
		struct trace_SITE s = {
			number, intern_string(site->function),
			intern_string(site->file), (uint32_t)site->line,
			intern_string(site->callee), intern_string(site->argument),
		};

		trace_record(TRACE_SITE, 0, false, &s, sizeof(s));
	}
	return number;
}

/* Places that this thread has met before, by address. */
#define KNOWN 256
static __thread struct {
	uint32_t generation;
	struct { const coil_site *site; uint32_t number; } places[KNOWN];
} known;

uint32_t coil__trace_site(const coil_site *site)
{
	size_t i = ((uintptr_t)site >> 4 ^ (uintptr_t)site >> 12) % KNOWN;
	struct recorder *r = &coil__recorder;

	if (!site)
		return 0;
	if (!trace_has_room(r, 0)) /* attached, before anything is told of it */
		return 0;
	if (unlikely(known.generation != r->generation)) {
		memset(&known, 0, sizeof(known));
		known.generation = r->generation;
	}
	if (unlikely(known.places[i].site != site)) {
		pthread_mutex_lock(&coil__recording.lock);
		known.places[i].number = intern_site(coil__place_site(site));
		pthread_mutex_unlock(&coil__recording.lock);
		known.places[i].site = site;
	}
	return known.places[i].number;
}
