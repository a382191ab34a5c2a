/* SPDX-License-Identifier: MIT
 *
 * The side of the harness that lives in a test's own process: assertions, by
 * CUnit; and the sequence around one test (environment, descriptors
 * compared before and after, report to the runner).
 *
 * Invariant: what the helpers (helpers.c) hand out is on one list, `kept`, and is freed
 * before the process ends, so that leak checkers see the leaks of coil alone.
 */
#include "harness.h"
#include "faults.h"
#include "trace/check.h"
#include <CUnit/TestRun.h>
#include <coil/trace.h>
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define MAX_FDS 1024

static struct test_report report;
static struct test *current;
static bool fds_before[MAX_FDS];
int harness_pid;
static void **kept;
static size_t kept_count;

void harness_die(const char *what)
{
	fprintf(stderr, "harness: %s: %s\n", what, strerror(errno));
	exit(125);
}

void *keep(void *memory)
{
	void **more;

	if (!memory)
		harness_die("no memory");
	more = realloc(kept, (kept_count + 1) * sizeof(*kept));
	if (!more)
		harness_die("no memory");
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
		harness_die("no memory");
	va_end(args);
	return keep(result);
}

void harness_print_failures(FILE *file)
{
	CU_pFailureRecord failure;

	for (failure = CU_get_failure_list(); failure; failure = failure->pNext)
		fprintf(file, "%s:%u: %s\n", failure->strFileName, failure->uiLineNumber,
			failure->strCondition);
}

void harness_free_kept(void)
{
	while (kept_count)
		free(kept[--kept_count]);
	free(kept);
	kept = NULL;
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

/* ---- one test -------------------------------------------------------- */

/* Which descriptors are open; OPEN[fd] is set. */
static void look_at_fds(bool open[MAX_FDS])
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (!dir)
		harness_die("/proc/self/fd");
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

/* ---- the laws -------------------------------------------------------- */

static void violated(const struct coil__violation *violation, void *path)
{
	harness_check(false, current->file, 1, "%s breaks a law: %s, event %" PRIu64 ": %s",
		      (const char *)path, coil__law_name(violation->law),
		      violation->event->index, violation->message);
}

/* A process may end before it has recorded anything, or in the middle. */
static void check_trace(const char *path)
{
	char *error = NULL;
	struct coil__reader *reader = coil__reader_open(path, &error);
	struct coil__check *check;
	struct coil__event event;

	free(error);
	if (!reader)
		return;
	check = coil__check_create(violated, (void *)(uintptr_t)path);
	while (coil__reader_next(reader, &event))
		coil__check_event(check, &event);
	coil__check_destroy(check);
	coil__reader_close(reader);
}

static void check_traces(void)
{
	glob_t found;

	coil_trace_stop();
	if (glob(test_path("laws-*"), 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_trace(found.gl_pathv[i]);
	globfree(&found);
}

static bool checks_traces(const struct test *test)
{
	return getenv("COIL_TEST_CHECK_TRACES") && !test->no_laws;
}

/* ---- around a test --------------------------------------------------- */

static void call_test(void)
{
	bool laws = checks_traces(current);

	current->function();
	faults_clear();
	if (laws)
		check_traces();
	if (!current->may_leak_fds)
		check_fds(current, fds_before);
}

static void set_environment(const struct test *test)
{
	if (checks_traces(test))
		setenv("COIL_TRACE", test_path("laws-%p"), 1);
	else
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
		harness_die("CUnit");
	suite = CU_add_suite(test->file, NULL, NULL);
	entry = suite ? CU_add_test(suite, name, call_test) : NULL;
	if (!entry)
		harness_die("CUnit");
	CU_run_test(suite, entry);
}

/* Runs TEST in this process, reports to the runner, and ends the process the
 * usual way, so that leaks are looked for. */
void harness_run_test(struct test *test, const char *name, int report_fd)
{
	harness_pid = getpid();
	set_environment(test);
	faults_install();
	current = test;
	look_at_fds(fds_before);
	run_in_cunit(test, name);
	faults_clear();

	report.failures = CU_get_number_of_failures();
	report.assertions = CU_get_number_of_asserts();
	harness_print_failures(stdout);
	fflush(NULL);
	if (write(report_fd, &report, sizeof(report)) != sizeof(report))
		harness_die("report");
	close(report_fd);
	CU_cleanup_registry();
	harness_free_kept();
	exit(report.failures ? 1 : 0);
}
