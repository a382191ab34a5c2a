/* SPDX-License-Identifier: MIT
 *
 * What a long run must not leave behind: memory, descriptors, stacks, threads, processes;
 * for the programs that run long (soak.c, stress.c).
 */
#ifndef TESTS_SOAK_FIGURES_H
#define TESTS_SOAK_FIGURES_H

#include <stddef.h>
#include <stdint.h>

struct figures {
	size_t in_use;      /* bytes; 0 where the allocator does not count */
	size_t resident;    /* kB */
	size_t descriptors, stacks, threads, children;
};

struct figures figures_look(void);
void figures_print(const struct figures *figures);

/* Complains of what is more AFTER than BEFORE, by more than MOST. */
void figures_compare(const struct figures *before, const struct figures *after,
		     const struct figures *most);

/* Says what is wrong, and counts. */
void figures_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern uint64_t figures_wrong;

/* Starts the program again with an allocator that counts all: what threads keep of freed
 * memory for themselves counts as in use, and what is in arenas of theirs not at all. */
void figures_without_caches(char **argv);

/* CLOCK_MONOTONIC in seconds. */
double figures_now(void);

void figures_die(const char *what) __attribute__((noreturn));

#endif
