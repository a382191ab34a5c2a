/* SPDX-License-Identifier: MIT
 *
 * Making and growing the file of a recording.  See file.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "trace/definitions.h"
#include "trace/file.h"

char *coil__trace_path(const char *pattern, bool child)
{
	const char *mark = strstr(pattern, "%p");
	char *path;
	int n;

	if (mark)
		n = asprintf(&path, "%.*s%d%s", (int)(mark - pattern), pattern,
			     (int)getpid(), mark + 2);
	else if (child)
		n = asprintf(&path, "%s.%d", pattern, (int)getpid());
	else
		return strdup(pattern);
	return n < 0 ? NULL : path;
}

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

/* Zeros are written, which reserves the space as fallocate does; but then the pages
 * are in memory already, in large pieces, and need not be read from what was
 * allocated: a third of the time for each page. */
static int write_zeros(int fd, off_t offset, off_t length)
{
	static char zeros[TRACE_CHUNK_BYTES];

	for (off_t end = offset + length; offset < end;) {
		size_t left = (size_t)(end - offset);
		ssize_t n = pwrite(fd, zeros, left < sizeof(zeros) ? left : sizeof(zeros),
				   offset);

		if (n < 0 && errno != EINTR)
			return errno;
		offset += n > 0 ? n : 0;
	}
	return 0;
}

/* A file beyond the process's limit sends SIGXFSZ, which would end the program:
 * it is held back, and EFBIG says the same. */
static int allocate(int fd, off_t offset, off_t length)
{
	static const struct timespec at_once = { 0, 0 };
	sigset_t too_large, before;
	int error;

	sigemptyset(&too_large);
	sigaddset(&too_large, SIGXFSZ);
	if (pthread_sigmask(SIG_BLOCK, &too_large, &before) != 0)
		return EINVAL;
	error = write_zeros(fd, offset, length);
	if (error == EFBIG && !sigismember(&before, SIGXFSZ))
		sigtimedwait(&too_large, NULL, &at_once);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

static void *map(int fd, off_t offset, size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	if (at != MAP_FAILED) /* all its faults at once; if it fails, one by one */
		(void)madvise(at, bytes, MADV_POPULATE_WRITE);
	return at;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The words of the command line, with blanks between. */
static void read_program(char *program, size_t size)
{
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, program, size - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		n = 0;
	program[n] = '\0';
	for (ssize_t i = 0; i + 1 < n; i++)
		if (program[i] == '\0')
			program[i] = ' ';
}

/* On the virtual clock the file is a function of the program alone. */
static void fill_header(struct trace_header *header, uint32_t clock, uint32_t parent)
{
	char *definitions = (char *)header + sizeof(*header);
	size_t room = TRACE_CHUNK_BYTES - sizeof(*header);

	memcpy(header->magic, TRACE_MAGIC, sizeof(header->magic));
	header->version = TRACE_VERSION;
	header->byte_order = TRACE_BYTE_ORDER;
	header->chunk_bytes = TRACE_CHUNK_BYTES;
	header->clock = clock;
	header->pid = (uint32_t)getpid();
	header->parent = parent;
	if (clock == TRACE_CLOCK_REAL) {
		header->monotonic = clock_ns(CLOCK_MONOTONIC);
		header->wall = clock_ns(CLOCK_REALTIME);
		if (getrandom(&header->run, sizeof(header->run), GRND_NONBLOCK) < 0)
			header->run = (uint64_t)header->monotonic;
	}
	header->definitions = sizeof(*header);
	header->definitions_bytes = (uint32_t)coil__trace_definitions(definitions, room);
	read_program(header->program, sizeof(header->program));
}

/* An earlier trace may still be mapped, by a reader or by a thread of ours that has
 * not noticed its end: cutting it would be a SIGBUS there. */
static void remove_old(const char *path)
{
	struct stat old;

	if (lstat(path, &old) == 0 && S_ISREG(old.st_mode))
		(void)unlink(path); /* else it is emptied by open */
}

int coil__trace_file_open(struct trace_file *file, const char *pattern,
			  uint32_t clock, uint32_t parent)
{
	int error = ENOMEM;

	*file = (struct trace_file){ .fd = -1 };
	file->pattern = strdup(pattern);
	file->path = coil__trace_path(pattern, parent != 0);
	if (!file->pattern || !file->path)
		goto fail;
	remove_old(file->path);
	file->fd = open(file->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (file->fd < 0) {
		error = errno;
		goto fail;
	}
	error = allocate(file->fd, 0, TRACE_CHUNK_BYTES);
	if (error)
		goto fail;
	file->header = map(file->fd, 0, TRACE_CHUNK_BYTES);
	if (file->header == MAP_FAILED) {
		file->header = NULL;
		error = errno;
		goto fail;
	}
	fill_header(file->header, clock, parent);
	return 0;
fail:
	coil__trace_file_close(file);
	return error;
}

void coil__trace_file_close(struct trace_file *file)
{
	if (file->header)
		munmap(file->header, TRACE_CHUNK_BYTES);
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	free(file->pattern);
	*file = (struct trace_file){ .fd = -1 };
}

struct trace_chunk *coil__trace_file_chunks(struct trace_file *file, size_t count)
{
	size_t bytes = count * TRACE_CHUNK_BYTES;
	off_t offset = (off_t)(file->header->chunks + 1) * TRACE_CHUNK_BYTES;
	void *chunk;

	errno = allocate(file->fd, offset, (off_t)bytes);
	if (errno)
		return NULL;
	chunk = map(file->fd, offset, bytes);
	if (chunk == MAP_FAILED)
		return NULL;
	/* Only now, so that a reader finds every chunk that is counted. */
	__atomic_fetch_add(&file->header->chunks, count, __ATOMIC_RELEASE);
	return chunk;
}
