/* SPDX-License-Identifier: MIT
 *
 * The ends of things: what happens when the last reference goes, when a loop is
 * closed with things left in it, and when a thread ends.  This is where errors
 * never retrieved, coroutines never awaited and tasks still pending are reported.
 */
#ifndef COIL_TASK_LIFETIME_H
#define COIL_TASK_LIFETIME_H

#include "task/future.h"

/* Frees all that LOOP still has, which is closed. */
void coil__lifetime_end_loop(struct coil_loop *loop);

/* Reports and frees the coroutines that were made outside of loops and not used. */
void coil__lifetime_end_thread(void);

/* A coil_list that the program retains or releases. */
struct object *coil__list_object(const void *public);
void coil__list_release(const void *public, const coil_site *site);

#endif
