/* SPDX-License-Identifier: MIT
 *
 * The timer heap.  See timer_heap.h.
 */
#include <stdlib.h>

#include "base/object.h"
#include "loop/handle.h"
#include "loop/timer_heap.h"

#ifdef COIL_CRUEL
#define FIRST_CAPACITY 1
#else
#define FIRST_CAPACITY 64
#endif

/* asyncio's limits for rebuilding */
#define SWEEP_MIN_TIMERS 100

static inline bool before(const struct timer_entry *a, const struct timer_entry *b)
{
	return a->when < b->when || (a->when == b->when && a->serial < b->serial);
}

void coil__timer_heap_init(struct timer_heap *heap)
{
	*heap = (struct timer_heap){ 0 };
}

void coil__timer_heap_fini(struct timer_heap *heap)
{
	free(heap->entries);
	coil__timer_heap_init(heap);
}

/* Moves ENTRY from the hole at I up to where it belongs. */
static void sift_up(struct timer_heap *heap, size_t i, struct timer_entry entry)
{
	while (i > 0) {
		size_t parent = (i - 1) / 4;

		if (!before(&entry, &heap->entries[parent]))
			break;
		heap->entries[i] = heap->entries[parent];
		i = parent;
	}
	heap->entries[i] = entry;
}

static size_t first_child(const struct timer_heap *heap, size_t i)
{
	size_t first = 4 * i + 1, end = first + 4, least = first;

	if (end > heap->count)
		end = heap->count;
	for (size_t child = first + 1; child < end; child++)
		if (before(&heap->entries[child], &heap->entries[least]))
			least = child;
	return least;
}

/* Moves ENTRY from the hole at I down to where it belongs. */
static void sift_down(struct timer_heap *heap, size_t i, struct timer_entry entry)
{
	while (4 * i + 1 < heap->count) {
		size_t child = first_child(heap, i);

		if (!before(&heap->entries[child], &entry))
			break;
		heap->entries[i] = heap->entries[child];
		i = child;
	}
	heap->entries[i] = entry;
}

static bool grow(struct timer_heap *heap)
{
	size_t capacity = heap->capacity ? 2 * heap->capacity : FIRST_CAPACITY;
	struct timer_entry *entries =
		realloc(heap->entries, capacity * sizeof(*entries));

	if (!entries)
		return false;
	heap->entries = entries;
	heap->capacity = capacity;
	return true;
}

bool coil__timer_heap_push(struct timer_heap *heap, struct handle *handle)
{
	struct timer_entry entry = { handle->when, heap->serial + 1, handle };

	if (heap->count == heap->capacity && !grow(heap))
		return false;
	heap->serial++;
	handle->object.flags |= HANDLE_IN_HEAP;
	if (handle->object.flags & HANDLE_EMBEDDED)
		handle->serial = entry.serial;
	sift_up(heap, heap->count++, entry);
	return true;
}

struct handle *coil__timer_heap_top(const struct timer_heap *heap)
{
	return heap->count ? heap->entries[0].handle : NULL;
}

static void remove_top(struct timer_heap *heap)
{
	heap->count--;
	if (heap->count)
		sift_down(heap, 0, heap->entries[heap->count]);
}

/* Its handle is elsewhere by now, or in here by another entry. */
static inline bool is_left(const struct timer_entry *entry)
{
	unsigned flags = entry->handle->object.flags;

	return unlikely(flags & HANDLE_EMBEDDED) &&
	       (!(flags & HANDLE_IN_HEAP) || entry->handle->serial != entry->serial);
}

static void remove_left(struct timer_heap *heap)
{
	while (heap->count && is_left(&heap->entries[0])) {
		heap->cancelled--;
		remove_top(heap);
	}
}

struct handle *coil__timer_heap_pop(struct timer_heap *heap)
{
	struct handle *top;

	remove_left(heap);
	top = coil__timer_heap_top(heap);
	if (!top)
		return NULL;
	top->object.flags &= ~HANDLE_IN_HEAP;
	remove_top(heap);
	remove_left(heap);
	return top;
}

void coil__timer_heap_leave(struct timer_heap *heap, struct handle *handle)
{
	handle->object.flags &= ~HANDLE_IN_HEAP;
	heap->cancelled++;
}

/* Keeps those that are not cancelled, then restores the order. */
static void rebuild(struct timer_heap *heap, void (*drop)(struct handle *))
{
	size_t kept = 0;

	for (size_t i = 0; i < heap->count; i++) {
		struct handle *handle = heap->entries[i].handle;

		if (is_left(&heap->entries[i])) {
			continue;
		} else if (handle->object.flags & HANDLE_CANCELLED) {
			handle->object.flags &= ~HANDLE_IN_HEAP;
			drop(handle);
		} else {
			heap->entries[kept++] = heap->entries[i];
		}
	}
	heap->count = kept;
	heap->cancelled = 0;
	for (size_t i = kept / 4 + 1; i-- > 0;)
		if (i < kept)
			sift_down(heap, i, heap->entries[i]);
}

void coil__timer_heap_sweep(struct timer_heap *heap, void (*drop)(struct handle *))
{
	struct handle *top;

	if (heap->count > SWEEP_MIN_TIMERS && 2 * heap->cancelled > heap->count) {
		rebuild(heap, drop);
		return;
	}
	remove_left(heap);
	while ((top = coil__timer_heap_top(heap)) &&
	       (top->object.flags & HANDLE_CANCELLED)) {
		heap->cancelled--;
		drop(coil__timer_heap_pop(heap));
	}
}

bool coil__timer_heap_validate(const struct timer_heap *heap)
{
	for (size_t i = 0; i < heap->count; i++) {
		if (i && before(&heap->entries[i], &heap->entries[(i - 1) / 4]))
			return false;
		if (!(heap->entries[i].handle->object.flags & HANDLE_IN_HEAP) &&
		    !is_left(&heap->entries[i]))
			return false;
	}
	return heap->count <= heap->capacity;
}
