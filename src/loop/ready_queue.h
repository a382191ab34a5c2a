/* SPDX-License-Identifier: MIT
 *
 * The ready queue: handles that will be run, first in, first out.
 *
 * A ring whose capacity is a power of two.  head and tail only grow; a handle's
 * place is its count modulo the capacity:
 *
 *	           head          tail
 *	            v             v
 *	+---+---+---+---+---+---+---+---+
 *	|   |   | a | b | c | d |   |   |     length = tail - head
 *	+---+---+---+---+---+---+---+---+
 *
 * Invariants: length <= capacity; capacity is 0 or a power of two.
 * Legal order: ready_queue_reserve(q, n) must have succeeded for an n of at least
 * the length after a push, so that a push cannot fail.
 * Cost: push and pop a few instructions; reserve O(length) when it grows.
 */
#ifndef COIL_LOOP_READY_QUEUE_H
#define COIL_LOOP_READY_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct handle;

struct ready_queue {
	struct handle **slots;
	size_t capacity;
	size_t head; /* how many were ever popped */
	size_t tail; /* how many were ever pushed */
};

void coil__ready_queue_init(struct ready_queue *queue);

/* Frees the ring; the handles in it are not touched. */
void coil__ready_queue_fini(struct ready_queue *queue);

/* Makes room for COUNT handles in all; false, and nothing changed, without
 * memory. */
bool coil__ready_queue_reserve(struct ready_queue *queue, size_t count);

/* Puts a handle at the end. */
void coil__ready_queue_push(struct ready_queue *queue, struct handle *handle);

/* Takes the first handle; NULL if there is none. */
struct handle *coil__ready_queue_pop(struct ready_queue *queue);

size_t coil__ready_queue_length(const struct ready_queue *queue);

/* Checks the invariants. */
bool coil__ready_queue_validate(const struct ready_queue *queue);

#endif
