/* SPDX-License-Identifier: MIT
 *
 * coil play, for programs: tests, fuzzers, what plays without end.
 */
#ifndef COIL_PLAY_H
#define COIL_PLAY_H

#include <stdbool.h>
#include <stddef.h>

/* Plays the scenario TEXT, called NAME where something is wrong with it; ITER: with
 * iteration numbers.
 * Result: its log, from malloc.  NULL: *ERROR, from malloc too, is the one line that
 * says why (NULL itself where there was no memory even for that). */
char *coil__play_text(const char *text, size_t length, const char *name, bool iter,
		      char **error);

#endif
