/* SPDX-License-Identifier: MIT
 *
 * coil: the command.  Finds the command that is asked for, and runs it.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"

static const struct {
	const char *name, *what;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "record", "run a program, and record it", coil__command_record },
	{ "print", "a trace as text, a line for every event", coil__command_print },
	{ "parse", "the text of print, made a trace again", coil__command_parse },
	{ "render", "a trace as a picture, or as a diagram in the terminal",
	  coil__command_render },
	{ "check", "hold a trace against the laws of asyncio", coil__command_check },
	{ "stats", "how often, how long, which task, which step", coil__command_stats },
	{ "play", "run scenarios: asyncio programs of a few words a line",
	  coil__command_play },
};

#define COMMANDS (sizeof commands / sizeof *commands)

static void print_help(void)
{
	puts("usage: coil COMMAND [OPTION...] ...\n\n"
	     "Looks into programs on coil, by the traces that they record.\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].what);
	puts("\n"
	     "  coil COMMAND --help     what a command takes\n"
	     "  coil --version          which coil this is\n\n"
	     "A first picture:\n\n"
	     "  coil record -o hello.trace -- ./hello\n"
	     "  coil render --format text hello.trace\n\n"
	     "Exit status: 0 good, 1 found something, 2 bad usage or bad input.");
}

static int unknown_command(const char *word)
{
	const char *names[COMMANDS], *nearest;

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	nearest = coil__nearest(word, names, COMMANDS);
	if (nearest)
		return coil__complain("there is no command %s; is it %s? (see coil --help)",
				      word, nearest);
	return coil__complain("there is no command %s (see coil --help)", word);
}

static bool is_one_of(const char *word, const char *a, const char *b)
{
	return !strcmp(word, a) || !strcmp(word, b);
}

/* coil help COMMAND is coil COMMAND --help. */
static int help(int argc, char **argv)
{
	static char option[] = "--help";

	if (argc < 3) {
		print_help();
		return coil__finish(NULL, STATUS_GOOD);
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[2], commands[i].name)) {
			char *arguments[] = { argv[2], option, NULL };

			return commands[i].run(2, arguments);
		}
	return unknown_command(argv[2]);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs("coil: which command? (see coil --help)\n", stderr);
		return STATUS_BAD;
	}
	if (is_one_of(argv[1], "help", "--help") || !strcmp(argv[1], "-h"))
		return help(argc, argv);
	if (is_one_of(argv[1], "--version", "-V")) {
		printf("coil %s\n", coil_version());
		return coil__finish(NULL, STATUS_GOOD);
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return unknown_command(argv[1]);
}
