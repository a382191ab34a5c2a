/* SPDX-License-Identifier: MIT
 *
 * Slabs of stacks.  See stack.h.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <coil/coroutine.h>

#include "base/fork.h"
#include "base/log.h"
#include "coroutine/stack.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13: a guard that needs no mapping */
#endif

#define PROTECTED_MOST 16384

#define COLOURS 16
#define COLOUR_BYTES 128

/* Frames grow by redzones under these checkers. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STACK_FACTOR 4
#else
#define STACK_FACTOR 1
#endif

#ifdef COIL_CRUEL
#define SLOTS_FIRST 2
#define SLOTS_MOST 8
#else
#define SLOTS_FIRST 16
#define SLOTS_MOST 4096
#endif

struct stack_slab {
	struct stack_slab *next; /* older; read by the signal handler */
	char *begin;
	size_t slots;
	size_t used;             /* slots that have an owner */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(struct stack_slab *) slabs; /* newest first; written under lock */
static size_t slot_size;                   /* 0: not settled; under lock       */
static bool unguarded;                     /* said so once; under lock         */

pthread_mutex_t *coil__stack_lock(void)
{
	return &lock;
}

static size_t guard_size(void)
{
	return 2 * (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- the size -------------------------------------------------------- */

static size_t round_to_pages(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

static size_t size_from_environment(void)
{
	const char *text = getenv("COIL_STACK_SIZE");
	char *end;
	unsigned long bytes;

	if (!text || !*text)
		return STACK_SIZE_DEFAULT * STACK_FACTOR;
	errno = 0;
	bytes = strtoul(text, &end, 10);
	if (errno || *end || bytes < STACK_SIZE_MIN || bytes > STACK_SIZE_MAX) {
		coil__log("COIL_STACK_SIZE=%s is not a number from %d to %u; using %d",
			  text, STACK_SIZE_MIN, STACK_SIZE_MAX, STACK_SIZE_DEFAULT);
		bytes = STACK_SIZE_DEFAULT;
	}
	return round_to_pages(bytes) * STACK_FACTOR;
}

static void settle_size(void)
{
	if (slot_size == 0)
		slot_size = size_from_environment();
}

size_t coil__stack_size(void)
{
	size_t size;

	pthread_mutex_lock(&lock);
	settle_size();
	size = slot_size;
	pthread_mutex_unlock(&lock);
	return size;
}

coil_result coil_set_stack_size(size_t bytes)
{
	bool late;

	if (bytes < STACK_SIZE_MIN || bytes > STACK_SIZE_MAX)
		return coil_raise(COIL_VALUE, "a stack of %zu bytes: it must be %d to %u",
				  bytes, STACK_SIZE_MIN, STACK_SIZE_MAX);
	pthread_mutex_lock(&lock);
	late = slabs != NULL;
	if (!late)
		slot_size = round_to_pages(bytes) * STACK_FACTOR;
	pthread_mutex_unlock(&lock);
	if (late)
		return coil_raise(COIL_RUNTIME,
				  "the stack size cannot change: a coroutine has started");
	return coil_ok(NULL);
}

/* ---- slabs ----------------------------------------------------------- */

static struct stack_slab *slab_new(void)
{
	struct stack_slab *slab = malloc(sizeof(*slab));
	size_t slots = slabs ? slabs->slots * 2 : SLOTS_FIRST;

	if (!slab)
		return NULL;
	slab->slots = slots < SLOTS_MOST ? slots : SLOTS_MOST;
	slab->begin = mmap(NULL, slab->slots * slot_size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK,
			   -1, 0);
	if (slab->begin == MAP_FAILED) {
		free(slab);
		return NULL;
	}
	/* A huge page would be touched whole for the first of its 32 stacks.
	 * Where the kernel has none this fails, and that is well. */
	(void)madvise(slab->begin, slab->slots * slot_size, MADV_NOHUGEPAGE);
	slab->used = 0;
	slab->next = slabs;
	slabs = slab;
	return slab;
}

/* An emulator (qemu) may take every advice and follow none: it also takes one that
 * does not exist. */
static bool advice_counts(char *slot)
{
	static int known; /* 0: not asked; under lock */

	if (!known)
		known = madvise(slot, guard_size(), 9999) == 0 ? -1 : 1;
	return known > 0;
}

/* A protected page makes two mappings of one, of which a process has 65,530: half are
 * left for everything else.  Result: 0, or an errno. */
static int protect(char *slot)
{
	static size_t protected; /* under lock */

	if (protected == PROTECTED_MOST)
		return ENOMEM;
	if (mprotect(slot, guard_size(), PROT_NONE) != 0)
		return errno;
	protected++;
	return 0;
}

/* Lightweight guards where the kernel has them; else protected pages, as far as they
 * go. */
static void slot_guard(char *slot)
{
	int error;

	if (advice_counts(slot) && madvise(slot, guard_size(), MADV_GUARD_INSTALL) == 0)
		return;
	error = protect(slot);
	if (!error || unguarded)
		return;
	unguarded = true;
	coil__log("no guard below further stacks (%s): an overflow there is not caught",
		  strerror(error));
}

static size_t owner_offset(size_t slot, size_t owner_size)
{
	size_t colour = slot % COLOURS * COLOUR_BYTES;

	return (slot_size - colour - owner_size) & ~(size_t)63;
}

void *coil__stack_new(size_t owner_size)
{
	struct stack_slab *slab;
	char *slot = NULL;
	size_t n = 0;

	pthread_mutex_lock(&lock);
	settle_size();
	slab = slabs;
	if (!slab || slab->used == slab->slots)
		slab = slab_new();
	if (slab) {
		n = slab->used++;
		slot = slab->begin + n * slot_size;
		slot_guard(slot);
	}
	pthread_mutex_unlock(&lock);
	return slot ? slot + owner_offset(n, owner_size) : NULL;
}

size_t coil__stack_count(void)
{
	size_t count = 0;

	pthread_mutex_lock(&lock);
	for (struct stack_slab *slab = slabs; slab; slab = slab->next)
		count += slab->used;
	pthread_mutex_unlock(&lock);
	return count;
}

/* ---- from an address to its stack ------------------------------------ */

static struct stack_slab *slab_of(const void *address)
{
	const char *p = address;

	for (struct stack_slab *slab = slabs; slab; slab = slab->next)
		if (p >= slab->begin && p < slab->begin + slab->slots * slot_size)
			return slab;
	return NULL;
}

char *coil__stack_low(const void *owner)
{
	const struct stack_slab *slab = slab_of(owner);
	size_t slot = (size_t)((const char *)owner - slab->begin) / slot_size;

	return slab->begin + slot * slot_size + guard_size();
}

void *coil__stack_of_guard(const void *address, size_t owner_size)
{
	const struct stack_slab *slab = slab_of(address);
	size_t offset, slot;

	if (!slab)
		return NULL;
	offset = (size_t)((const char *)address - slab->begin);
	slot = offset / slot_size;
	if (offset % slot_size >= guard_size() || slot >= slab->used)
		return NULL;
	return slab->begin + slot * slot_size + owner_offset(slot, owner_size);
}
