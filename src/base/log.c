/* SPDX-License-Identifier: MIT
 *
 * Messages to standard error.  See log.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

#define LINE 1024

static size_t append(char *line, size_t used, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

/* Keeps one byte for the newline; a longer message is cut. */
static size_t append(char *line, size_t used, const char *format, va_list args)
{
	int n = vsnprintf(line + used, LINE - used, format, args);

	if (n < 0)
		return used;
	return used + (size_t)n < LINE - 1 ? used + (size_t)n : LINE - 1;
}

static size_t append_format(char *line, size_t used, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	used = append(line, used, format, args);
	va_end(args);
	return used;
}

static void write_line(char *line, size_t used)
{
	line[used++] = '\n';
	/* Nothing can be done about a standard error that is closed. */
	if (write(STDERR_FILENO, line, used) < 0)
		return;
}

void coil__log(const char *format, ...)
{
	char line[LINE];
	va_list args;
	size_t used = append_format(line, 0, "coil: ");

	va_start(args, format);
	used = append(line, used, format, args);
	va_end(args);
	write_line(line, used);
}

void coil__log_misuse(const coil_site *site, const char *format, ...)
{
	char line[LINE];
	va_list args;
	size_t used = append_format(line, 0, "coil: ");

	if (site)
		used = append_format(line, used, "%s:%d: in %s: ", site->file,
				     site->line, site->function);
	va_start(args, format);
	used = append(line, used, format, args);
	va_end(args);
	write_line(line, used);
}
