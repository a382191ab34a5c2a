/* SPDX-License-Identifier: MIT
 *
 * What the commands of `coil` share.  A command is one file with one function
 * that gets its own arguments (argv[0] is its name) and returns the exit status:
 * 0 good, 1 found something, 2 bad usage or bad input.
 *
 * Everything that goes wrong is one line on standard error, "coil: ...".
 */
#ifndef COIL_COMMAND_H
#define COIL_COMMAND_H

#include <getopt.h>
#include <coil/base.h>
#include "trace/reader.h"

enum { STATUS_GOOD, STATUS_FOUND, STATUS_BAD };

int coil__command_record(int argc, char **argv);
int coil__command_print(int argc, char **argv);
int coil__command_parse(int argc, char **argv);
int coil__command_render(int argc, char **argv);
int coil__command_check(int argc, char **argv);
int coil__command_stats(int argc, char **argv);
int coil__command_play(int argc, char **argv);

/* Says "coil: ..." by printf.  Result: STATUS_BAD. */
int coil__complain(const char *format, ...) COIL_PRINTF(1, 2);

/* The same, and where the usage is told. */
int coil__bad_usage(const char *command, const char *format, ...) COIL_PRINTF(2, 3);

/* The next option of ARGV, as getopt_long gives it, without its messages: for an
 * unknown option, or one without its argument, it complains and gives '?'.  Every
 * command has --help: *HELP (NULL-terminated lines are not needed) is printed and
 * 'h' given.  -1: the options are over. */
int coil__option(int argc, char **argv, const char *letters,
		 const struct option *options, const char *help);

/* The one argument that is left: a trace; opened, with the files of its worker processes
 * unless it is to be read ALONE.  NULL: it has complained. */
struct coil__reader *coil__open_argument(int argc, char **argv, bool alone);

#define ALONE_OPTION { "alone", no_argument, NULL, 'A' }
#define ALONE_HELP                                                             \
	"  --alone         only this file, without those of worker processes beside it\n"

/* Ends a command that has read READER to its end and written to standard output:
 * tells of damage, of what is missing, and of output that could not be written.  Result: STATUS, or
 * STATUS_BAD.  Closes READER, which may be NULL. */
int coil__finish(struct coil__reader *reader, int status);

/* Which of the COUNT names is nearest to WORD; NULL if none is near. */
const char *coil__nearest(const char *word, const char *const *names, size_t count);

#endif
