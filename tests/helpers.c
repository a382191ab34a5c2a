/* SPDX-License-Identifier: MIT
 *
 * What tests are helped with: places, files, captured output, other processes.
 * Whatever these functions hand out is kept (harness.c) and freed with the test.
 */
#include "harness.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- places ---------------------------------------------------------- */

/* The directory of the test program: build/tests, or build/asan/tests. */
static const char *program_dir(void)
{
	static char dir[PATH_MAX];
	ssize_t length;

	if (*dir)
		return dir;
	length = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
	if (length < 0)
		harness_die("/proc/self/exe");
	dir[length] = '\0';
	*strrchr(dir, '/') = '\0';
	return dir;
}

void harness_dir_of(char *buffer, size_t size, int pid)
{
	snprintf(buffer, size, "%s/tmp/%d", program_dir(), pid);
}

const char *test_dir(void)
{
	static char dir[PATH_MAX + 32];

	if (!*dir) {
		mkdir(text("%s/tmp", program_dir()), 0777);
		harness_dir_of(dir, sizeof(dir), harness_pid);
		if (mkdir(dir, 0777) < 0 && errno != EEXIST)
			harness_die(dir);
	}
	return dir;
}

const char *test_path(const char *name)
{
	return text("%s/%s", test_dir(), name);
}

const char *test_root(void)
{
	static char root[PATH_MAX]; /* the test may chdir: asked for once, early */

	if (!*root && !getcwd(root, sizeof(root)))
		harness_die("getcwd");
	return root;
}

/* A script that runs PROGRAM by WRAPPER, so that whoever starts it (a shell, coil
 * record) need not know.  Written aside and renamed: tests run side by side. */
static const char *wrapper_script(const char *wrapper, const char *program)
{
	char *script = text("%s/tmp/run-%s", program_dir(), strrchr(program, '/') + 1);
	char *aside = text("%s.%d", script, getpid());
	char *line = text("#!/bin/sh\nexec %s '%s' \"$@\"\n", wrapper, program);

	mkdir(text("%s/tmp", program_dir()), 0777);
	if (!write_file(aside, line, strlen(line)) || chmod(aside, 0777) < 0 ||
	    rename(aside, script) < 0)
		harness_die(script);
	return script;
}

const char *test_built(const char *name)
{
	const char *wrapper = getenv("COIL_TEST_WRAPPER"), *dir = program_dir();
	const char *path = text("%.*s/%s", (int)(strrchr(dir, '/') - dir), dir, name);
	struct stat s;

	if (wrapper && stat(path, &s) == 0 && S_ISREG(s.st_mode) && s.st_mode & 0100)
		return wrapper_script(wrapper, path);
	return path;
}

/* ---- files ----------------------------------------------------------- */

static char *read_all(int fd, size_t *size)
{
	size_t room = 4096, used = 0;
	char *data = malloc(room);
	ssize_t n;

	if (!data)
		harness_die("no memory");
	while ((n = read(fd, data + used, room - used - 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			harness_die("read");
		used += (size_t)n;
		if (room - used < 2 && !(data = realloc(data, room *= 2)))
			harness_die("no memory");
	}
	data[used] = '\0';
	if (size)
		*size = used;
	return keep(data);
}

char *read_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *data;

	if (!harness_check(fd >= 0, __FILE__, __LINE__, "%s: %s", path, strerror(errno)))
		return NULL;
	data = read_all(fd, size);
	close(fd);
	return data;
}

static bool write_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

bool write_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	bool good = fd >= 0 && write_all(fd, data, size);

	harness_check(good, __FILE__, __LINE__, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return good;
}

/* A file in memory without a name: room for any output, and nobody waits.
 * Appending, because memory files have no atomic position for several writers. */
static int memory_file(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0 || fcntl(fd, F_SETFL, O_APPEND) < 0)
		harness_die("memfd_create");
	return fd;
}

static char *take_memory_file(int fd, size_t *size)
{
	char *data;

	if (lseek(fd, 0, SEEK_SET) < 0)
		harness_die("lseek");
	data = read_all(fd, size);
	close(fd);
	return data;
}

/* ---- capturing ------------------------------------------------------- */

static struct { int fd, saved, file; } capture;

void capture_begin(int fd)
{
	fflush(NULL);
	capture.fd = fd;
	capture.saved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	capture.file = memory_file("capture");
	if (capture.saved < 0 || dup2(capture.file, fd) < 0)
		harness_die("dup2");
}

char *capture_end(void)
{
	fflush(NULL);
	if (dup2(capture.saved, capture.fd) < 0)
		harness_die("dup2");
	close(capture.saved);
	return take_memory_file(capture.file, NULL);
}

/* ---- other processes ------------------------------------------------- */

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			harness_die("waitpid");
	return status;
}

/* Forks.  In the child, input, out and err are files in memory; in the parent,
 * waits for it, and OUTCOME is what it did. */
static pid_t fork_collecting(struct outcome *outcome, const char *input)
{
	int out = memory_file("stdout"), err = memory_file("stderr"), in = -1, status;
	pid_t pid;

	if (input) {
		in = memory_file("stdin");
		if (!write_all(in, input, strlen(input)) || lseek(in, 0, SEEK_SET) < 0)
			harness_die("stdin");
	} else if ((in = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0) {
		harness_die("/dev/null");
	}
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		harness_die("fork");
	if (!pid) {
		if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
			harness_die("dup2");
		close(in);
		close(out);
		close(err);
		return 0;
	}
	close(in);
	status = wait_for(pid);
	outcome->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	outcome->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	outcome->out = take_memory_file(out, &outcome->out_size);
	outcome->err = take_memory_file(err, &outcome->err_size);
	return pid;
}

static struct outcome *new_outcome(void)
{
	return keep(calloc(1, sizeof(struct outcome)));
}

struct outcome *run_program(const char *const argv[], const char *input)
{
	struct outcome *outcome = new_outcome();

	if (!fork_collecting(outcome, input)) {
		execvp(argv[0], (char *const *)argv);
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	return outcome;
}

struct outcome *run_shell(const char *format, ...)
{
	va_list args;
	char *line = NULL;

	va_start(args, format);
	if (vasprintf(&line, format, args) < 0)
		harness_die("no memory");
	va_end(args);
	return RUN("sh", "-c", keep(line));
}

struct outcome *run_fork(void (*function)(void *arg), void *arg)
{
	struct outcome *outcome = new_outcome();
	unsigned before = CU_get_number_of_failures();
	unsigned *failed = mmap(NULL, sizeof(*failed), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (failed == MAP_FAILED)
		harness_die("mmap");
	if (!fork_collecting(outcome, NULL)) {
		function(arg);
		*failed = CU_get_number_of_failures() - before;
		if (*failed)
			harness_print_failures(stderr);
		harness_free_kept();
		exit(0);
	}
	harness_check(*failed == 0, __FILE__, __LINE__, "in the fork:\n%s", outcome->err);
	munmap(failed, sizeof(*failed));
	return outcome;
}

