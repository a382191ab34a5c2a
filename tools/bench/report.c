/* SPDX-License-Identifier: MIT
 *
 * What is said about the runs: the same cells, for a terminal or as Markdown.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include "bench.h"

#if defined(__clang__)
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* ---- figures --------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void sorted(const struct series *series, struct series *copy)
{
	*copy = *series;
	qsort(copy->values, copy->count, sizeof(copy->values[0]), compare);
}

static double series_median(const struct series *series)
{
	struct series s;

	sorted(series, &s);
	return (s.values[(s.count - 1) / 2] + s.values[s.count / 2]) / 2;
}

static const struct {
	double scale;
	const char *name;
	bool rate;
} units[] = {
	[UNIT_NS] = { 1, "ns", false }, [UNIT_SECONDS] = { 1e-9, "s", false },
	[UNIT_BYTES] = { 1, "bytes", false }, [UNIT_RATE] = { 1e3, "million/s", true },
	[UNIT_THOUSANDS] = { 1e6, "thousand/s", true },
};

/* In the unit that is shown; a rate is kept as the ns of one call. */
static double shown(enum unit unit, double value)
{
	return units[unit].rate ? units[unit].scale / value : value * units[unit].scale;
}

static int decimals(double value)
{
	return value < 20 ? 2 : value < 200 ? 1 : 0;
}

static void put_median(char *cell, size_t size, enum unit unit, const struct series *series)
{
	double value = shown(unit, series_median(series));

	snprintf(cell, size, "%.*f %s", decimals(value), value, units[unit].name);
}

static void put_spread(char *cell, size_t size, enum unit unit, const struct series *series)
{
	double least, most;
	struct series s;

	sorted(series, &s);
	least = shown(unit, s.values[units[unit].rate ? s.count - 1 : 0]);
	most = shown(unit, s.values[units[unit].rate ? 0 : s.count - 1]);
	snprintf(cell, size, "%.*f to %.*f", decimals(least), least, decimals(most), most);
}

/* ---- one line -------------------------------------------------------- */

enum { WHO, MEDIAN, SPREAD, RATIO, TARGET, VERDICT, CELLS };

struct cells {
	char text[CELLS][64];
};

static const struct cells heading = {
	{ "", "median", "least to most", "divided by coil's", "target", "" }
};

static void put_target(struct cells *cells, const struct row *row, const struct line *line)
{
	bool own = line == &row->lines[0], most = line->target.kind == AT_MOST;

	if (line->target.kind == NO_TARGET)
		return;
	if (own && units[row->unit].rate) /* few ns are many calls */
		most = !most;
	snprintf(cells->text[TARGET], sizeof(cells->text[TARGET]), "at %s %.*g%s%s",
		 most ? "most" : "least", own ? 4 : 2,
		 own ? shown(row->unit, line->target.limit) : line->target.limit,
		 own ? " " : "", own ? units[row->unit].name : "");
}

/* By how much the target is missed, as a part of it; 0 or less: it is met. */
static double miss(const struct target *target, double value)
{
	return target->kind == AT_MOST ? value / target->limit - 1 : target->limit / value - 1;
}

static void put_verdict(struct cells *cells, const struct row *row,
			const struct line *line, struct tally *tally)
{
	const struct series *series = line == &row->lines[0] ? &line->figures : &line->ratios;
	char *cell = cells->text[VERDICT];
	double by;

	if (line->target.kind == NO_TARGET)
		return;
	if (series->count == 0) {
		tally->unknown++;
		return;
	}
	by = miss(&line->target, series_median(series));
	if (by <= 0) {
		tally->met++;
		strcpy(cell, "met");
	} else {
		tally->missed++;
		snprintf(cell, sizeof(cells->text[VERDICT]), "missed by %.*f%%",
			 by < 0.1 ? 1 : 0, by * 100);
	}
}

static struct cells cells_of(const struct row *row, const struct line *line,
			     struct tally *tally)
{
	struct cells cells = { { "" } };

	snprintf(cells.text[WHO], sizeof(cells.text[WHO]), "%s",
		 line->label ? line->label : line->peer->name);
	if (line->figures.count) {
		put_median(cells.text[MEDIAN], sizeof(cells.text[MEDIAN]), row->unit,
			   &line->figures);
		put_spread(cells.text[SPREAD], sizeof(cells.text[SPREAD]), row->unit,
			   &line->figures);
	} else if (!line->peer->command) {
		strcpy(cells.text[MEDIAN], "not installed");
		strcpy(cells.text[SPREAD], "(make bench-deps)");
	} else if (line->needs[0]) {
		strcpy(cells.text[MEDIAN], "left out");
		snprintf(cells.text[SPREAD], sizeof(cells.text[SPREAD]), "needs %s", line->needs);
	} else {
		strcpy(cells.text[MEDIAN], "failed");
	}
	if (line->ratios.count)
		snprintf(cells.text[RATIO], sizeof(cells.text[RATIO]), "%.2f",
			 series_median(&line->ratios));
	put_target(&cells, row, line);
	put_verdict(&cells, row, line, tally);
	return cells;
}

static void print_cells(FILE *out, bool markdown, const struct cells *cells)
{
	static const int width[CELLS] = { -24, 16, 18, 18, 22, 0 };

	for (int i = 0; i < CELLS; i++) {
		if (markdown)
			fprintf(out, "| %s ", cells->text[i]);
		else
			fprintf(out, "  %*s", width[i], cells->text[i]);
	}
	fputs(markdown ? "|\n" : "\n", out);
}

void report_row(FILE *out, bool markdown, const struct row *row, struct tally *tally)
{
	fprintf(out, markdown ? "### %s\n\n%s\n\n" : "%s: %s\n", row->name, row->title);
	print_cells(out, markdown, &heading);
	if (markdown)
		fputs("|---|---:|---:|---:|---:|---|\n", out);
	for (const struct line *line = row->lines; line->peer; line++) {
		struct cells cells = cells_of(row, line, tally);

		print_cells(out, markdown, &cells);
	}
	fputc('\n', out);
}

void report_tally(FILE *out, const struct tally *tally)
{
	fprintf(out, "Targets: %d met, %d missed, %d not measured.\n", tally->met,
		tally->missed, tally->unknown);
}

/* ---- the machine ----------------------------------------------------- */

/* The value of the first line of PATH that begins with KEY, without quotes. */
static bool find_value(const char *path, const char *key, char *value, size_t size)
{
	FILE *file = fopen(path, "r");
	char line[256];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(value, size, "%s", line + strlen(key) + strspn(line + strlen(key), "\t :=\""));
		value[strcspn(value, "\"")] = '\0';
		found = true;
	}
	if (file)
		fclose(file);
	return found;
}

void report_machine(FILE *out, bool markdown, int rounds)
{
	const char *item = markdown ? "- " : "";
	char cpu[200], os[200], date[32];
	struct utsname system;
	time_t now = time(NULL);

	uname(&system);
	if (!find_value("/proc/cpuinfo", "model name", cpu, sizeof(cpu)))
		strcpy(cpu, "processor unknown");
	if (!find_value("/etc/os-release", "PRETTY_NAME", os, sizeof(os)))
		strcpy(os, system.sysname);
	strftime(date, sizeof(date), "%Y-%m-%d", localtime(&now));
	fprintf(out, "%s%s, %s, %d processors, %s %s, %s\n", item, cpu, system.machine,
		child_cpus(), system.sysname, system.release, os);
	fprintf(out, "%s%s, rounds: %d, %s\n", item, COMPILER, rounds, date);
	for (const struct peer *peer = bench_peers; peer->name; peer++)
		fprintf(out, "%s%s: %s\n", item, peer->name, peer->version);
	fputc('\n', out);
}
