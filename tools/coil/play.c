/* SPDX-License-Identifier: MIT
 *
 * coil play: runs scenarios, small asyncio programs written as lines of words.
 *
 *	play_lines.c, play_words.c, play_parse.c   from text to a program
 *	play_run.c, play_memory.c                  a run: its parts, what it keeps
 *	play_exec.c, play_blocks.c                 statements and blocks
 *	play_make.c, play_now.c, play_await.c      the operations, a few lines each
 *	play_value.c                               values and errors, as they print
 *	play_ops.def                               the table of operations
 */
#include "play.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "play_run.h"

static const char help[] =
	"usage: coil play [OPTION...] SCENARIO...\n\n"
	"Runs scenarios: small asyncio programs, written as lines of words, on a clock\n"
	"that jumps.  What happens is written as a log; - is standard input.\n\n"
	"  --iter        iteration numbers in the log\n"
	"  --out DIR     write DIR/NAME.log (or NAME.ilog) for each NAME.scn\n"
	"  --operations  print what a scenario can do\n"
	"  --help        this\n\n"
	"A first scenario:\n\n"
	"  scn 1\n"
	"  coro main\n"
	"    gather raise @hello @hello\n"
	"  end\n"
	"  coro hello\n"
	"    log hello\n"
	"    sleep 1\n"
	"    return 5\n"
	"  end\n\n"
	"With COIL_TRACE=FILE in the environment it is recorded, as any program.\n";

char *coil__play_text(const char *text, size_t length, const char *name, bool iter,
		      char **error)
{
	struct program *program = coil__play_parse(text, length, name, error);
	char *log;

	if (!program)
		return NULL;
	log = coil__play_run(program, iter, error);
	coil__play_forget(program);
	return log;
}

static void print_operations(void)
{
	static const char *const sections[] = {
		"logged after it acts; never suspends",
		"logged before it acts; never suspends",
		"logged before and after; may suspend; not in a func",
		"steers a body",
		"a block, up to its end; not in a func",
	};
	const struct operation *operation;

	for (size_t section = 0; section < sizeof sections / sizeof *sections; section++) {
		printf("%s%s:\n", section ? "\n" : "", sections[section]);
		for (size_t i = 0; (operation = coil__operation(i)); i++)
			if (operation->section == section)
				printf("  %s%s%s\n", operation->name,
				       *operation->arguments ? " " : "", operation->arguments);
	}
}

/* ---- files ------------------------------------------------------------------------- */

/* All of FILE; NULL, and errno. */
static char *read_all(FILE *file, size_t *length)
{
	size_t room = 4096, got;
	char *text = malloc(room), *more;

	for (*length = 0; text && (got = fread(text + *length, 1, room - *length, file)) > 0;) {
		*length += got;
		if (*length < room)
			continue;
		more = realloc(text, room *= 2);
		if (!more)
			free(text);
		text = more;
	}
	if (text && ferror(file)) {
		free(text);
		return NULL;
	}
	return text;
}

static char *read_scenario(const char *path, size_t *length)
{
	bool standard = !strcmp(path, "-");
	FILE *file = standard ? stdin : fopen(path, "r");
	char *text = file ? read_all(file, length) : NULL;

	if (!text)
		coil__complain("%s: %s", standard ? "standard input" : path, strerror(errno));
	if (file && !standard)
		fclose(file);
	return text;
}

/* DIR/NAME.log of SOMEWHERE/NAME.scn; from malloc. */
static char *path_of_log(const char *directory, const char *path, bool iter)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot;
	char *made;

	if (!strcmp(path, "-"))
		name = "stdin";
	dot = strrchr(name, '.');
	if (asprintf(&made, "%s/%.*s.%s", directory,
		     dot && dot != name ? (int)(dot - name) : (int)strlen(name), name,
		     iter ? "ilog" : "log") < 0)
		return NULL;
	return made;
}

static int write_log(const char *path, const char *log)
{
	FILE *file = fopen(path, "w");
	bool good = file && fputs(log, file) >= 0;

	if (file)
		good = !fclose(file) && good;
	return good ? STATUS_GOOD : coil__complain("%s: %s", path, strerror(errno));
}

static int give_log(const char *path, const char *log, const char *directory, bool iter)
{
	char *to;
	int status;

	if (!directory) {
		fputs(log, stdout);
		return STATUS_GOOD;
	}
	to = path_of_log(directory, path, iter);
	status = to ? write_log(to, log) : coil__complain("out of memory");
	free(to);
	return status;
}

static int play_file(const char *path, const char *directory, bool iter)
{
	size_t length;
	char *text = read_scenario(path, &length), *log, *error;
	int status;

	if (!text)
		return STATUS_BAD;
	log = coil__play_text(text, length, strcmp(path, "-") ? path : "standard input", iter,
			      &error);
	status = log ? give_log(path, log, directory, iter) :
		       coil__complain("%s", error ? error : "out of memory");
	free(error);
	free(log);
	free(text);
	return status;
}

/* ---- the command ------------------------------------------------------------------------ */

int coil__command_play(int argc, char **argv)
{
	static const struct option options[] = {
		{ "iter", no_argument, NULL, 'i' },
		{ "out", required_argument, NULL, 'o' },
		{ "operations", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	const char *directory = NULL;
	bool iter = false;
	int c, status = STATUS_GOOD;

	while ((c = coil__option(argc, argv, ":", options, help)) != -1) {
		if (c == 'p')
			print_operations();
		if (c == 'h' || c == 'p')
			return coil__finish(NULL, STATUS_GOOD);
		if (c == '?')
			return STATUS_BAD;
		if (c == 'i')
			iter = true;
		else
			directory = optarg;
	}
	if (optind == argc)
		return coil__bad_usage(argv[0], "which scenario?");
	for (int i = optind; i < argc; i++)
		if (play_file(argv[i], directory, iter) != STATUS_GOOD)
			status = STATUS_BAD;
	return coil__finish(NULL, status);
}
