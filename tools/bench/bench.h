/* SPDX-License-Identifier: MIT
 *
 * The benchmark: coil and its peers, by turns, in one run.
 *
 * A peer is a program in the directory build/bench-peers that measures itself
 * (measure.h).  A row is one piece of work that some of them do; its lines say
 * who, the first of them being coil.  A pair is one run of coil and one of a peer,
 * next to each other, in alternating order.  Only what two runs of one pair have
 * to do with each other can be trusted on a machine that others use as well, so the
 * ratio is computed pair by pair, and its median is what a target asks of a peer.
 *
 *	rows.c    the peers, the rows and their targets: a table
 *	child.c   one run of one peer, pinned, with its output read
 *	bench.c   the command line, and the order of the runs
 *	report.c  what is said about them, on the terminal and in Markdown
 */
#ifndef BENCH_H
#define BENCH_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#define MOST_LINES 8
#define MOST_TRIES 6
#define MOST_WORDS 8
#define MOST_ROUNDS 100
#define ALL_CPUS INT_MAX

struct peer {
	const char *name;
	const char *tries[MOST_TRIES];  /* commands, the first that works is used;
	                                   @ is the directory of the peers         */
	/* found out by peer_find: */
	const char *command;            /* NULL: not installed                     */
	char version[128];
};

/* All kept as ns, or bytes. */
enum unit { UNIT_NS, UNIT_SECONDS, UNIT_BYTES, UNIT_RATE, UNIT_THOUSANDS };

struct target {
	enum { NO_TARGET, AT_MOST, AT_LEAST } kind;
	double limit;           /* coil's line: of its own figure; a peer's: of
	                           its figure divided by coil's                    */
};

struct series {
	double values[MOST_ROUNDS * MOST_LINES];
	int count;
};

struct line {
	const char *label;      /* NULL: the name of the peer                      */
	struct peer *peer;
	struct target target;
	const char *word;       /* NULL: the row's                                 */
	int cpus;               /* 0: the row's                                    */
	bool recording;         /* with COIL_TRACE set                             */
	/* measured: */
	bool failed;
	char needs[40];         /* what the peer lacks for it; "": nothing         */
	struct series figures, ratios;
};

struct row {
	const char *name, *title;
	const char *word;       /* what the peers are called with; NULL: the name  */
	enum unit unit;
	int cpus;               /* pinned to so many; 0: to one                    */
	int percent;            /* of the usual number of rounds; 0: 100           */
	struct line lines[MOST_LINES];
};

extern struct peer bench_peers[]; /* end with a name of NULL */
extern struct row bench_rows[];

/* child.c.  DIRECTORY is that of the peers. */
struct run {
	const char *directory;
	const struct peer *peer;
	const char *command, *word;
	int cpus;
	bool recording;
};
/* Runs it and puts what it printed in OUTPUT; false, with a line on standard
 * error unless QUIET, if it could not be run, failed, or took two minutes. */
bool child_run(const struct run *run, char *output, size_t size, bool quiet);
int child_cpus(void); /* how many there are for the taking */

/* report.c.  MARKDOWN or for a terminal. */
struct tally {
	int met, missed, unknown;
};
void report_machine(FILE *out, bool markdown, int rounds);
void report_row(FILE *out, bool markdown, const struct row *row, struct tally *tally);
void report_tally(FILE *out, const struct tally *tally);

#endif
