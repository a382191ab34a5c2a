/* SPDX-License-Identifier: MIT
 *
 * What every peer in C uses to measure itself.  A peer is a program that is
 * called as `peer WORD SCRATCH`, does the work named by WORD, and prints what it
 * measured as lines of "key value": ns (per operation), bytes (per operation).  A
 * peer that lacks what a word is about prints "needs" and what it lacks.
 * `peer version` prints its name and version.  SCRATCH is a file that it may
 * write; the driver removes it.
 *
 * A batch is run once to warm up, unmeasured, and then until a third of a second
 * has been measured, at least three times; the median is what is printed.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/resource.h>

#define MEASURE_MOST 1000
#define MEASURE_LEAST 3
#define MEASURE_NS 0.33e9

static inline double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static inline void report(const char *key, double value)
{
	printf("%s %.3f\n", key, value);
}

/* Ends the peer: a wrong result is not to be measured. */
static inline void require(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench: failed: %s\n", what);
	exit(1);
}

static inline int measure_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline double median(double *values, int count)
{
	qsort(values, count, sizeof(values[0]), measure_compare);
	return count % 2 ? values[count / 2]
			 : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* The ns that each of the OPS operations takes that BATCH(OPS) does. */
static inline double measure(void (*batch)(long ops), long ops)
{
	static double took[MEASURE_MOST];
	double total = 0;
	int n = 0;

	batch(ops);
	while (n < MEASURE_MOST && (n < MEASURE_LEAST || total < MEASURE_NS)) {
		double start = now_ns();

		batch(ops);
		took[n] = now_ns() - start;
		total += took[n++];
	}
	return median(took, n) / ops;
}

/* The most memory that the process has had resident so far. */
static inline double resident_bytes(void)
{
	struct rusage usage;

	require(getrusage(RUSAGE_SELF, &usage) == 0, "getrusage");
	return usage.ru_maxrss * 1024.0;
}

/* One word of a peer, and what it runs. */
struct work {
	const char *word;
	void (*run)(void);
};

/* Runs the word that the command line names; the table ends with NULL. */
static inline int work_main(int argc, char **argv, const struct work *work)
{
	for (; argc > 1 && work->word; work++) {
		if (strcmp(work->word, argv[1]) == 0) {
			work->run();
			return 0;
		}
	}
	fprintf(stderr, "usage: %s WORD SCRATCH\n", argv[0]);
	return 2;
}

#endif
