/* SPDX-License-Identifier: MIT
 *
 * bench: the command line, and the order of the runs.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bench.h"

#define BEGIN_MARK "<!-- bench: begin (written by make bench) -->\n"
#define END_MARK "<!-- bench: end -->\n"

static char directory[PATH_MAX]; /* of the peers: beside this program */

static const char usage[] =
	"usage: bench [--quick] [--rounds N] [--markdown FILE] [--list] [ROW ...]\n"
	"Runs coil and its peers by turns and prints medians, spread and ratios.\n"
	"  -q, --quick          2 rounds in place of 7: for a first look\n"
	"  -r, --rounds N       1 to 30\n"
	"  -m, --markdown FILE  write the tables into FILE too, between its marks\n"
	"  -l, --list           the rows that there are, and the peers\n"
	"Exit status: 0 measured, targets met or not; 1 a run failed; 2 bad usage.\n";

/* ---- who is there ---------------------------------------------------- */

static void find_directory(void)
{
	char self[PATH_MAX - 16];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0) {
		perror("bench: /proc/self/exe");
		exit(1);
	}
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(directory, sizeof(directory), "%s/bench-peers", self);
}

/* The first of the peer's commands that can tell its version is the one. */
static void peer_find(struct peer *peer)
{
	for (int i = 0; i < MOST_TRIES && peer->tries[i] && !peer->command; i++) {
		struct run run = { directory, peer, peer->tries[i], "version", 1, false };

		if (child_run(&run, peer->version, sizeof(peer->version), true))
			peer->command = peer->tries[i];
	}
	if (!peer->command)
		strcpy(peer->version, "not installed (make bench-deps)");
	peer->version[strcspn(peer->version, "\n")] = '\0';
}

static void list(void)
{
	for (const struct row *row = bench_rows; row->name; row++)
		printf("%-18s %s\n", row->name, row->title);
	printf("\n");
	for (const struct peer *peer = bench_peers; peer->name; peer++)
		printf("%-24s %s\n", peer->name, peer->version);
}

/* ---- the runs -------------------------------------------------------- */

static int or(int value, int otherwise)
{
	return value ? value : otherwise;
}

/* One run of one line: its figure in *FIGURE. */
static bool figure_of(const struct row *row, struct line *line, double *figure)
{
	const char *key = row->unit == UNIT_BYTES ? "bytes" : "ns";
	const char *word = line->word ? line->word : row->word ? row->word : row->name;
	struct run run = { directory, line->peer, line->peer->command, word,
			   or(line->cpus, or(row->cpus, 1)), line->recording };
	char output[1024], name[32];
	const char *at = output;
	int used;

	if (line->peer->command && !line->failed &&
	    child_run(&run, output, sizeof(output), false)) {
		for (; sscanf(at, "%31s %lf %n", name, figure, &used) == 2; at += used)
			if (strcmp(name, key) == 0)
				return true;
		if (sscanf(output, "needs %39[^\n]", line->needs) == 1)
			return false;
	}
	line->failed = true;
	return false;
}

static bool takes_part(const struct line *line)
{
	return line->peer->command && !line->failed && !line->needs[0];
}

static void keep(struct series *series, double value)
{
	series->values[series->count++] = value;
}

/* Coil and a peer, one right after the other; who is first alternates. */
static void pair(const struct row *row, struct line *coil, struct line *peer, int round)
{
	double figures[2];
	bool good[2];

	for (int i = 0; i < 2; i++) {
		int which = (i + round) % 2;

		good[which] = figure_of(row, which ? peer : coil, &figures[which]);
	}
	if (good[0])
		keep(&coil->figures, figures[0]);
	if (good[1])
		keep(&peer->figures, figures[1]);
	if (good[0] && good[1])
		keep(&peer->ratios, figures[1] / figures[0]);
}

static bool run_row(struct row *row, int rounds)
{
	struct line *coil = &row->lines[0];
	bool good = true;

	rounds = (rounds * or(row->percent, 100) + 99) / 100;
	for (int round = 0; round < rounds && !coil->failed; round++) {
		double figure;

		for (struct line *line = coil + 1; line->peer; line++)
			if (takes_part(line))
				pair(row, coil, line, round);
		if (!takes_part(coil + 1) && figure_of(row, coil, &figure))
			keep(&coil->figures, figure);
	}
	for (struct line *line = coil; line->peer; line++)
		good = good && !line->failed;
	return good;
}

/* ---- the document ---------------------------------------------------- */

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;
	ssize_t n;

	if (!file)
		return NULL;
	n = getdelim(&text, &size, '\0', file);
	fclose(file);
	return n < 0 ? NULL : text;
}

static int bad_file(const char *path, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", path, why);
	return 1;
}

/* Puts the tables between the marks of PATH, and keeps the rest as it is. */
static int write_markdown(const char *path, int rounds)
{
	char *text = read_file(path), *begin, *end, temporary[PATH_MAX + 16];
	struct tally tally = { 0, 0, 0 };
	FILE *out;

	if (!text)
		return bad_file(path, strerror(errno));
	begin = strstr(text, BEGIN_MARK);
	end = begin ? strstr(begin, END_MARK) : NULL;
	if (!end)
		return bad_file(path, "no marks to write the tables between");
	begin += strlen(BEGIN_MARK);
	snprintf(temporary, sizeof(temporary), "%s/performance.md", directory);
	out = fopen(temporary, "w");
	if (!out)
		return bad_file(temporary, strerror(errno));
	fprintf(out, "%.*s\n", (int)(begin - text), text);
	report_machine(out, true, rounds);
	for (const struct row *row = bench_rows; row->name; row++)
		report_row(out, true, row, &tally);
	report_tally(out, &tally);
	fprintf(out, "\n%s", end);
	free(text);
	if (fclose(out) != 0 || rename(temporary, path) < 0)
		return bad_file(path, strerror(errno));
	return 0;
}

/* ---- the command line ------------------------------------------------ */

static struct row *row_named(const char *name)
{
	for (struct row *row = bench_rows; row->name; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	fprintf(stderr, "bench: no row '%s' (see bench --list)\n", name);
	exit(2);
}

static bool run_and_report(struct row *row, int rounds, struct tally *tally)
{
	bool good = run_row(row, rounds);

	report_row(stdout, false, row, tally);
	fflush(stdout);
	return good;
}

static bool run_rows(char **names, int rounds)
{
	struct tally tally = { 0, 0, 0 };
	bool good = true;

	report_machine(stdout, false, rounds);
	fflush(stdout);
	if (*names)
		for (; *names; names++)
			good &= run_and_report(row_named(*names), rounds, &tally);
	else
		for (struct row *row = bench_rows; row->name; row++)
			good &= run_and_report(row, rounds, &tally);
	report_tally(stdout, &tally);
	return good;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "quick", no_argument, NULL, 'q' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "markdown", required_argument, NULL, 'm' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	const char *markdown = NULL;
	bool listing = false, good;
	int rounds = 7, option;

	while ((option = getopt_long(argc, argv, "qr:m:lh", options, NULL)) != -1) {
		switch (option) {
		case 'q': rounds = 2; break;
		case 'r': rounds = atoi(optarg); break;
		case 'm': markdown = optarg; break;
		case 'l': listing = true; break;
		case 'h': fputs(usage, stdout); return 0;
		default: fputs(usage, stderr); return 2;
		}
	}
	if (rounds < 1 || rounds > 30 || (markdown && argv[optind])) {
		fprintf(stderr, "bench: rounds are 1 to 30, and --markdown wants all rows\n");
		return 2;
	}
	find_directory();
	for (char **name = argv + optind; *name; name++)
		row_named(*name);
	for (struct peer *peer = bench_peers; peer->name; peer++)
		peer_find(peer);
	if (listing) {
		list();
		return 0;
	}
	good = run_rows(argv + optind, rounds);
	if (markdown && write_markdown(markdown, rounds) != 0)
		return 1;
	return good ? 0 : 1;
}
