/* SPDX-License-Identifier: MIT
 *
 * See reader_file.h.
 */
#include "reader_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reader_memory.h"

#define MAX_SHIFT (INT64_C(1) << 61) /* so that no time overflows */

static char *system_error(const char *path)
{
	return coil__sentence("%s: %s", path, strerror(errno));
}

/* Maps PATH.  An empty file is not mapped: it has *SIZE 0.  *ERROR is set when
 * it fails. */
static void *map_file(const char *path, size_t *size, char **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	void *data = NULL;
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0) {
		*error = system_error(path);
	} else if (!S_ISREG(status.st_mode)) {
		*error = coil__sentence("%s: is not a regular file", path);
	} else if ((*size = (size_t)status.st_size) > 0) {
		data = mmap(NULL, *size, PROT_READ, MAP_SHARED, fd, 0);
		if (data == MAP_FAILED) {
			data = NULL;
			*error = system_error(path);
		}
	}
	if (fd >= 0)
		close(fd);
	return data;
}

static struct coil__file *open_data(struct coil__file *file, const void *data,
				    size_t size, const char *name, char **error)
{
	file->name = coil__copy(name, strlen(name));
	*error = coil__scan_open(&file->scan, data, size, file->name);
	if (!*error)
		return file;
	coil__file_close(file);
	return NULL;
}

struct coil__file *coil__file_open(const char *path, char **error)
{
	struct coil__file *file;
	size_t size = 0;
	void *data;

	*error = NULL;
	data = map_file(path, &size, error);
	if (*error)
		return NULL;
	file = coil__take(1, sizeof *file);
	file->mapped = data;
	return open_data(file, data, size, path, error);
}

struct coil__file *coil__file_open_memory(const void *data, size_t size,
					  const char *name, char **error)
{
	struct coil__file *file = coil__take(1, sizeof *file);

	if ((uintptr_t)data % 8) { /* records are read as words */
		file->copy = coil__copy(data, size);
		data = file->copy;
	}
	return open_data(file, data, size, name, error);
}

void coil__file_close(struct coil__file *file)
{
	if (file->mapped)
		munmap(file->mapped, file->scan.size);
	coil__scan_close(&file->scan);
	free(file->copy);
	free(file->name);
	free(file);
}

static uint32_t last_thread(const struct coil__file *file)
{
	const struct coil__scan *scan = &file->scan;

	return scan->run_count ? scan->runs[scan->run_count - 1].chunk->thread : 0;
}

void coil__file_follow(struct coil__file *file, const struct coil__file *first,
		       const struct coil__file *last)
{
	int64_t shift;

	file->threads = last->threads + last_thread(last);
	file->strings = last->strings + last->scan.last_string;
	file->sites = last->sites + last->scan.last_site;
	if (__builtin_sub_overflow(file->scan.header->monotonic,
				   first->scan.header->monotonic, &shift) ||
	    shift > MAX_SHIFT || shift < -MAX_SHIFT)
		shift = 0; /* a damaged header */
	file->shift = shift;
}

bool coil__file_says_something(const struct coil__file *file)
{
	for (unsigned type = 0; type < TRACE_TYPES; type++)
		if (file->scan.seen[type] && type != TRACE_STRING && type != TRACE_SITE &&
		    type != TRACE_THREAD && type != TRACE_TRACE_END)
			return true;
	return false;
}
