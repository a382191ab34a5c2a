/* SPDX-License-Identifier: MIT
 *
 * See reader_set.h.
 */
#include "reader_set.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reader_files.h"
#include "reader_memory.h"

/* A file that may be a child's. */
struct candidate {
	char *path;
	uint32_t pid, parent;
	bool belongs;
};

struct search {
	const struct trace_header *root;
	char *directory;          /* with a slash at its end, or empty        */
	const char *name;         /* of the first file, in it                 */
	struct candidate *found;
	size_t count, room;
};

/* ---- names ------------------------------------------------------------ */

/* The number that TEXT begins with, which must be written as %d writes it; *END is
 * behind it.  0: none. */
static uint32_t number_at(const char *text, const char **end)
{
	uint64_t number = 0;

	*end = text;
	if (*text == '0')
		return 0;
	while (isdigit((unsigned char)**end) && number <= UINT32_MAX)
		number = number * 10 + (uint64_t)(*(*end)++ - '0');
	return number <= UINT32_MAX ? (uint32_t)number : 0;
}

/* The pid in OTHER, if it is NAME with ".PID" behind it. */
static uint32_t pid_behind(const char *name, const char *other)
{
	size_t length = strlen(name);
	uint32_t pid;

	if (strncmp(name, other, length) || other[length] != '.')
		return 0;
	pid = number_at(other + length + 1, &other);
	return *other ? 0 : pid;
}

/* The pid in OTHER, if it is NAME with that where NAME has PID. */
static uint32_t pid_within(const char *name, uint32_t pid, const char *other)
{
	char *own = coil__sentence("%" PRIu32, pid);
	const char *at = name, *behind;
	uint32_t found = 0;

	while (!found && (at = strstr(at, own))) {
		if (!strncmp(name, other, (size_t)(at - name))) {
			found = number_at(other + (at - name), &behind);
			if (strcmp(behind, at + strlen(own)) != 0)
				found = 0;
		}
		at++;
	}
	free(own);
	return found;
}

/* ---- looking at them -------------------------------------------------- */

/* Reads the header of PATH.  False: it is no trace. */
static bool read_header(const char *path, struct trace_header *header)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = fd < 0 ? -1 : pread(fd, header, sizeof *header, 0);

	if (fd >= 0)
		close(fd);
	return got == (ssize_t)sizeof *header &&
	       !memcmp(header->magic, TRACE_MAGIC, sizeof header->magic);
}

static void consider(struct search *search, const char *name)
{
	uint32_t pid = pid_behind(search->name, name);
	struct trace_header header;
	char *path;

	if (!pid)
		pid = pid_within(search->name, search->root->pid, name);
	if (!pid || !strcmp(name, search->name))
		return;
	path = coil__sentence("%s%s", search->directory, name);
	if (!read_header(path, &header) || header.pid != pid ||
	    header.run != search->root->run || !header.parent) {
		free(path);
		return;
	}
	search->found = coil__grow(search->found, &search->room, search->count + 1,
				   sizeof *search->found);
	search->found[search->count++] =
		(struct candidate){ .path = path, .pid = pid, .parent = header.parent };
}

static bool belongs(const struct search *search, uint32_t parent)
{
	if (parent == search->root->pid)
		return true;
	for (size_t i = 0; i < search->count; i++)
		if (search->found[i].belongs && search->found[i].pid == parent)
			return true;
	return false;
}

/* Children, then their children ... until there are no more. */
static void mark(struct search *search)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < search->count; i++) {
			struct candidate *candidate = &search->found[i];

			if (!candidate->belongs && belongs(search, candidate->parent))
				more = candidate->belongs = true;
		}
	}
}

static int compare(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

/* ---- the whole -------------------------------------------------------- */

static void look_into_directory(struct search *search)
{
	DIR *directory = opendir(*search->directory ? search->directory : ".");
	struct dirent *entry;

	if (!directory)
		return; /* what the events name will be missed */
	while ((entry = readdir(directory)))
		consider(search, entry->d_name);
	closedir(directory);
	if (search->count)
		qsort(search->found, search->count, sizeof *search->found, compare);
	mark(search);
}

static void add(struct coil__reader *reader, const struct candidate *candidate)
{
	char *error;
	struct coil__file *file = coil__file_open(candidate->path, &error);

	if (!file) {
		coil__map_put(&reader->lost, candidate->pid, reader);
		free(reader->unreadable); /* of several one is enough to say */
		reader->unreadable = error;
	} else if (coil__file_says_something(file) || file->scan.damage) {
		coil__reader_add(reader, file);
	} else { /* known, and nothing to be missed */
		coil__map_put(&reader->lost, candidate->pid, reader);
		coil__file_close(file);
	}
}

static void add_children(struct coil__reader *reader, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) + 1 : 0;
	struct search search = {
		.root = coil__reader_header(reader),
		.directory = coil__copy(path, length), .name = path + length,
	};

	look_into_directory(&search);
	for (size_t i = 0; i < search.count; i++) {
		if (search.found[i].belongs)
			add(reader, &search.found[i]);
		free(search.found[i].path);
	}
	free(search.found);
	free(search.directory);
	reader->whole = true;
	coil__reader_rewind(reader);
}

struct coil__reader *coil__reader_open_set(const char *path, char **error)
{
	struct coil__reader *reader = coil__reader_open(path, error);

	if (reader)
		add_children(reader, path);
	return reader;
}
