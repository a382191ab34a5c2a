/* SPDX-License-Identifier: MIT
 *
 * The side of the harness that lives in a test's own process: assertions, by
 * CUnit; helpers; and the sequence around one test (environment, descriptors
 * compared before and after, report to the runner).
 *
 * Invariant: what the helpers hand out is on one list, `kept`, and is freed
 * before the process ends, so that leak checkers see the leaks of coil alone.
 */
#include "harness.h"
#include "faults.h"
#include <CUnit/TestRun.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FDS 1024

static struct test_report report;
static int test_pid;
static void **kept;
static size_t kept_count;

static void die(const char *what)
{
	fprintf(stderr, "harness: %s: %s\n", what, strerror(errno));
	exit(125);
}

void *keep(void *memory)
{
	void **more;

	if (!memory)
		die("no memory");
	more = realloc(kept, (kept_count + 1) * sizeof(*kept));
	if (!more)
		die("no memory");
	kept = more;
	kept[kept_count++] = memory;
	return memory;
}

char *text(const char *format, ...)
{
	va_list args;
	char *result = NULL;

	va_start(args, format);
	if (vasprintf(&result, format, args) < 0)
		die("no memory");
	va_end(args);
	return keep(result);
}

/* ---- assertions ------------------------------------------------------ */

static void assert_cunit(bool good, const char *file, int line, const char *message)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	/* CUnit knows nothing of threads. */
	pthread_mutex_lock(&lock);
	CU_assertImplementation(good, (unsigned)line, message, file, "", CU_FALSE);
	pthread_mutex_unlock(&lock);
}

bool harness_check(bool good, const char *file, int line, const char *format, ...)
{
	char message[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	assert_cunit(good, file, line, message);
	return good;
}

bool harness_check_int(intmax_t actual, intmax_t expected, const char *file, int line,
		       const char *expression)
{
	return harness_check(actual == expected, file, line, "%s is %jd, not %jd",
			     expression, actual, expected);
}

bool harness_check_real(double actual, double expected, const char *file, int line,
			const char *expression)
{
	return harness_check(fabs(actual - expected) <= 1e-9, file, line,
			     "%s is %.12g, not %.12g", expression, actual, expected);
}

bool harness_check_str(const char *actual, const char *expected, const char *file,
		       int line, const char *expression)
{
	bool good = actual && expected ? !strcmp(actual, expected) : actual == expected;

	return harness_check(good, file, line, "%s is\n--- this:\n%s\n--- not this:\n%s\n---",
			     expression, actual ? actual : "NULL",
			     expected ? expected : "NULL");
}

bool harness_check_has(const char *actual, const char *part, const char *file,
		       int line, const char *expression)
{
	return harness_check(actual && strstr(actual, part), file, line,
			     "%s is\n--- this:\n%s\n--- which lacks this:\n%s\n---",
			     expression, actual ? actual : "NULL", part);
}

void harness_skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(report.reason, sizeof(report.reason), format, args);
	va_end(args);
	report.skipped = true;
}

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
		die("/proc/self/exe");
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
		harness_dir_of(dir, sizeof(dir), test_pid);
		if (mkdir(dir, 0777) < 0 && errno != EEXIST)
			die(dir);
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
		die("getcwd");
	return root;
}

const char *test_built(const char *name)
{
	const char *dir = program_dir();

	return text("%.*s/%s", (int)(strrchr(dir, '/') - dir), dir, name);
}

/* ---- files ----------------------------------------------------------- */

static char *read_all(int fd, size_t *size)
{
	size_t room = 4096, used = 0;
	char *data = malloc(room);
	ssize_t n;

	if (!data)
		die("no memory");
	while ((n = read(fd, data + used, room - used - 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("read");
		used += (size_t)n;
		if (room - used < 2 && !(data = realloc(data, room *= 2)))
			die("no memory");
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

/* A file in memory without a name: room for any output, and nobody waits. */
static int memory_file(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		die("memfd_create");
	return fd;
}

static char *take_memory_file(int fd, size_t *size)
{
	char *data;

	if (lseek(fd, 0, SEEK_SET) < 0)
		die("lseek");
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
		die("dup2");
}

char *capture_end(void)
{
	fflush(NULL);
	if (dup2(capture.saved, capture.fd) < 0)
		die("dup2");
	close(capture.saved);
	return take_memory_file(capture.file, NULL);
}

/* ---- other processes ------------------------------------------------- */

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
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
			die("stdin");
	} else if ((in = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0) {
		die("/dev/null");
	}
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
			die("dup2");
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

/* ARGV behind the words of COIL_TEST_WRAPPER, if it is a program of ours. */
static const char **wrapped(const char *const argv[])
{
	const char *wrapper = getenv("COIL_TEST_WRAPPER");
	const char *ours = test_built("");
	const char **all;
	size_t count = 0, words = 0;
	char *word, *rest = NULL;

	while (argv[count])
		count++;
	all = keep(calloc(count + 33, sizeof(*all)));
	if (wrapper && !strncmp(argv[0], ours, strlen(ours)))
		for (word = strtok_r(text("%s", wrapper), " ", &rest); word && words < 32;
		     word = strtok_r(NULL, " ", &rest))
			all[words++] = word;
	memcpy(all + words, argv, count * sizeof(*all));
	return all;
}

struct outcome *run_program(const char *const argv[], const char *input)
{
	struct outcome *outcome = new_outcome();
	const char **all = wrapped(argv);

	if (!fork_collecting(outcome, input)) {
		execvp(all[0], (char *const *)all);
		fprintf(stderr, "%s: %s\n", all[0], strerror(errno));
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
		die("no memory");
	va_end(args);
	return RUN("sh", "-c", keep(line));
}

static void print_failures(FILE *file)
{
	CU_pFailureRecord failure;

	for (failure = CU_get_failure_list(); failure; failure = failure->pNext)
		fprintf(file, "%s:%u: %s\n", failure->strFileName, failure->uiLineNumber,
			failure->strCondition);
}

static void free_kept(void)
{
	while (kept_count)
		free(kept[--kept_count]);
	free(kept);
	kept = NULL;
}

struct outcome *run_fork(void (*function)(void *arg), void *arg)
{
	struct outcome *outcome = new_outcome();
	unsigned before = CU_get_number_of_failures();
	unsigned *failed = mmap(NULL, sizeof(*failed), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (failed == MAP_FAILED)
		die("mmap");
	if (!fork_collecting(outcome, NULL)) {
		function(arg);
		*failed = CU_get_number_of_failures() - before;
		if (*failed)
			print_failures(stderr);
		free_kept();
		exit(0);
	}
	harness_check(*failed == 0, __FILE__, __LINE__, "in the fork:\n%s", outcome->err);
	munmap(failed, sizeof(*failed));
	return outcome;
}

/* ---- one test -------------------------------------------------------- */

/* Which descriptors are open; OPEN[fd] is set. */
static void look_at_fds(bool open[MAX_FDS])
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (!dir)
		die("/proc/self/fd");
	memset(open, 0, MAX_FDS * sizeof(*open));
	while ((entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (*entry->d_name != '.' && fd != dirfd(dir) && fd < MAX_FDS)
			open[fd] = true;
	}
	closedir(dir);
}

static void check_fds(const struct test *test, const bool before[MAX_FDS])
{
	bool after[MAX_FDS];
	char link[64], target[256];

	look_at_fds(after);
	for (int fd = 0; fd < MAX_FDS; fd++) {
		ssize_t length;

		if (!after[fd] || before[fd])
			continue;
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		length = readlink(link, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = '\0';
		harness_check(false, test->file, 1, "%s left descriptor %d open: %s",
			      test->name, fd, target);
	}
}

static struct test *current;
static bool fds_before[MAX_FDS];

static void call_test(void)
{
	current->function();
	if (!current->may_leak_fds)
		check_fds(current, fds_before);
}

static void set_environment(const struct test *test)
{
	unsetenv("COIL_TRACE");
	unsetenv("COIL_STACK_SIZE");
	if (test->real_clock)
		unsetenv("COIL_CLOCK");
	else
		setenv("COIL_CLOCK", "virtual", 1);
	test_root();
}

static void run_in_cunit(struct test *test, const char *name)
{
	CU_pSuite suite;
	CU_pTest entry;

	CU_set_error_action(CUEA_IGNORE);
	if (CU_initialize_registry() != CUE_SUCCESS)
		die("CUnit");
	suite = CU_add_suite(test->file, NULL, NULL);
	entry = suite ? CU_add_test(suite, name, call_test) : NULL;
	if (!entry)
		die("CUnit");
	CU_run_test(suite, entry);
}

/* Runs TEST in this process, reports to the runner, and ends the process the
 * usual way, so that leaks are looked for. */
void harness_run_test(struct test *test, const char *name, int report_fd)
{
	test_pid = getpid();
	set_environment(test);
	faults_install();
	current = test;
	look_at_fds(fds_before);
	run_in_cunit(test, name);
	faults_clear();

	report.failures = CU_get_number_of_failures();
	report.assertions = CU_get_number_of_asserts();
	print_failures(stdout);
	fflush(NULL);
	if (write(report_fd, &report, sizeof(report)) != sizeof(report))
		die("report");
	close(report_fd);
	CU_cleanup_registry();
	free_kept();
	exit(report.failures ? 1 : 0);
}
