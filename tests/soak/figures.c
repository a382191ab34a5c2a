/* SPDX-License-Identifier: MIT
 *
 * See figures.h.
 */
#include "figures.h"

#include <dirent.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "coroutine/stack.h"

uint64_t figures_wrong;

void figures_die(const char *what)
{
	perror(what);
	exit(2);
}

double figures_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void figures_complain(const char *format, ...)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	va_list args;

	va_start(args, format);
	pthread_mutex_lock(&lock);
	vprintf(format, args);
	putchar('\n');
	figures_wrong++;
	pthread_mutex_unlock(&lock);
	va_end(args);
}

/* ---- looking ----------------------------------------------------------- */

static size_t resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	size_t pages = 0;

	if (!file || fscanf(file, "%*u %zu", &pages) != 1)
		figures_die("/proc/self/statm");
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

static size_t entries(const char *path)
{
	DIR *directory = opendir(path);
	size_t count = 0;

	if (!directory)
		figures_die(path);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count - 2; /* . and .. */
}

/* Of the only thread that is expected to be there. */
static size_t children(void)
{
	char path[64];
	FILE *file;
	size_t count = 0;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	file = fopen(path, "r");
	while (file && fscanf(file, "%d", &pid) == 1)
		count++;
	if (file)
		fclose(file);
	return count;
}

struct figures figures_look(void)
{
	return (struct figures){
		.in_use = mallinfo2().uordblks + mallinfo2().hblkhd, .resident = resident(),
		.descriptors = entries("/proc/self/fd") - 1, /* without the directory's own */
		.stacks = coil__stack_count(), .threads = entries("/proc/self/task"),
		.children = children(),
	};
}

void figures_print(const struct figures *f)
{
	printf("%9zu B in use %7zu kB resident %3zu descriptors %5zu stacks %zu threads "
	       "%zu children\n", f->in_use, f->resident, f->descriptors, f->stacks, f->threads,
	       f->children);
	fflush(stdout);
}

/* ---- comparing --------------------------------------------------------- */

static void compare(const char *what, size_t before, size_t after, size_t most)
{
	if (after > before + most)
		figures_complain("%s: from %zu to %zu", what, before, after);
}

/* A checker's allocator counts nothing, and keeps what was freed. */
void figures_compare(const struct figures *before, const struct figures *after,
		     const struct figures *most)
{
	compare("descriptors", before->descriptors, after->descriptors, most->descriptors);
	compare("stacks", before->stacks, after->stacks, most->stacks);
	compare("threads", before->threads, after->threads, most->threads);
	compare("children", before->children, after->children, most->children);
	if (!before->in_use)
		return;
	compare("bytes in use", before->in_use, after->in_use, most->in_use);
	compare("kB resident", before->resident, after->resident, most->resident);
}

void figures_without_caches(char **argv)
{
	if (getenv("GLIBC_TUNABLES"))
		return;
	setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0:"
	       "glibc.malloc.arena_max=1", 1);
	execv("/proc/self/exe", argv);
}
