/* SPDX-License-Identifier: MIT
 *
 * The last part of an iteration: what is in the ready queue is run, one handle after the
 * other, and what the handles schedule waits for the next iteration.
 *
 * Between two handles the loop looks at one word, `attention`, which says that it is to
 * be left, or that something came that cannot wait for the end of the iteration.
 */
#ifndef COIL_LOOP_RUN_READY_H
#define COIL_LOOP_RUN_READY_H

#include "loop/loop.h"

/* Runs what the queue has now.  Result: how many were run, cancelled ones not counted. */
uint32_t coil__run_ready(struct coil_loop *loop);

/* Something is to be done between two handles.  Result: whether the loop is left. */
bool coil__loop_attend(struct coil_loop *loop);

static inline bool is_left(struct coil_loop *loop)
{
	return unlikely(loop_attention(loop)) && coil__loop_attend(loop);
}

#endif
