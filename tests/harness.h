/* SPDX-License-Identifier: MIT
 *
 * Writing tests.
 *
 *	#include "harness.h"
 *
 *	TEST(pops_in_order)                        // tests/loop/test_ready_queue.c:
 *	{                                          //   loop/ready_queue.pops_in_order
 *		CHECK(queue_is_empty(&q));
 *		CHECK_INT(queue_count(&q), 0);
 *		REQUIRE(p = queue_pop(&q));        // or leave the test
 *	}
 *
 *	TEST(sleeps_for_real, .seconds = 30, .real_clock = true) { ... }
 *
 * Every tests/DIR/test_*.c is linked with libcoil.a into one program,
 * build/tests/run, and can include what is under src/ ("loop/loop.h").
 * Each test runs in a process of its own (so it may setenv, chdir, crash), with a
 * limit on its wall time, on the virtual clock, with stdout and stderr kept and
 * shown only if it fails.  It fails when
 *	- an assertion fails: those below, or CUnit's CU_ASSERT*;
 *	- it makes no assertion at all and does not SKIP;
 *	- it dies, exits, or takes longer than its limit;
 *	- it leaves a file descriptor open that was not open before;
 *	- a sanitizer or valgrind finds fault with it;
 *	- with COIL_TEST_CHECK_TRACES set (make laws), what it and its forks recorded
 *	  breaks a law.
 *
 * CUnit's CU_*_FATAL leave by longjmp: never inside a coroutine or a thread.  The
 * forms below never jump, and can be used there.
 *
 * tests/DIR/test_*.sh are tests too: run by sh in the root of the tree, with B (the
 * build directory) and T (an empty directory of its own) set.  Status 0 is good, 77
 * skips (the last line of output says why); a line "# seconds: 60" sets the limit.
 *
 *	build/tests/run            all of them        -l  list      -v  say each
 *	build/tests/run loop/      whose name holds this             -j N  at a time
 *	build/tests/run -x         until one fails
 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- tests ----------------------------------------------------------- */

struct test {
	/* What TEST() may set, as designated initialisers. */
	double seconds;      /* wall time limit; 10 if not set                     */
	bool real_clock;     /* COIL_CLOCK is not set to virtual                   */
	bool may_leak_fds;   /* descriptors left open are no failure               */
	bool hidden;         /* runs only if asked for by its whole name           */
	const char *no_laws; /* why make laws does not record it: it does that
	                        itself, it counts what fails, it is too long       */
	/* What the harness fills in. */
	const char *file;
	const char *name;
	void (*function)(void); /* NULL: a script, FILE                            */
	struct test *next;
};

#define TEST(name_, ...)                                                       \
	static void test_##name_(void);                                        \
	__attribute__((constructor)) static void register_##name_(void)        \
	{                                                                      \
		static struct test test = { __VA_ARGS__ };                     \
		test.file = __FILE__;                                          \
		test.name = #name_;                                            \
		test.function = test_##name_;                                  \
		harness_register(&test);                                       \
	}                                                                      \
	static void test_##name_(void)

void harness_register(struct test *test);

/* N, or fewer in a build that cannot have so many coroutines: the thread sanitizer
 * counts each as a thread, and stops at 8,128; or one in which they take too long (-DTESTS_FEW, for valgrind). */
#if defined(__SANITIZE_THREAD__) || defined(TESTS_FEW)
#define MANY(n) ((n) < 2000 ? (n) : 2000)
#else
#define MANY(n) (n)
#endif

/* ---- assertions: each gives whether it held -------------------------- */

#define CHECK(condition)                                                       \
	harness_check((condition), __FILE__, __LINE__, "%s", #condition)
/* Equal numbers (integers); the message shows both. */
#define CHECK_INT(actual, expected)                                            \
	harness_check_int((intmax_t)(actual), (intmax_t)(expected),            \
			  __FILE__, __LINE__, #actual)
/* Equal within 1e-9. */
#define CHECK_REAL(actual, expected)                                           \
	harness_check_real((actual), (expected), __FILE__, __LINE__, #actual)
/* Equal strings; NULL equals only NULL. */
#define CHECK_STR(actual, expected)                                            \
	harness_check_str((actual), (expected), __FILE__, __LINE__, #actual)
/* ACTUAL contains PART. */
#define CHECK_HAS(actual, part)                                                \
	harness_check_has((actual), (part), __FILE__, __LINE__, #actual)

/* Leaves the function if the condition does not hold, with the value given, if
 * it has one:  REQUIRE(r.error == 0, r);  REQUIRE(loop); */
#define REQUIRE(condition, ...)                                                \
	do {                                                                   \
		if (!CHECK(condition))                                         \
			return __VA_ARGS__;                                    \
	} while (0)

/* Ends the test (from the test function itself) as skipped; by printf, why. */
#define SKIP(...)                                                              \
	do {                                                                   \
		harness_skip(__VA_ARGS__);                                     \
		return;                                                        \
	} while (0)

bool harness_check(bool good, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
bool harness_check_int(intmax_t actual, intmax_t expected, const char *file, int line,
		       const char *text);
bool harness_check_real(double actual, double expected, const char *file, int line,
			const char *text);
bool harness_check_str(const char *actual, const char *expected, const char *file,
		       int line, const char *text);
bool harness_check_has(const char *actual, const char *part, const char *file,
		       int line, const char *text);
void harness_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- helpers: what they give lives until the test ends ---------------- */

/* A directory of the test's own, empty at first, removed behind it (also when it
 * crashed); and the path of a file in it. */
const char *test_dir(void);
const char *test_path(const char *name);

/* The root of the source tree, and what was built beside the tests:
 * test_built("coil") is build/coil, or build/asan/coil in that build.  A program is
 * wrapped in a script that runs it by what COIL_TEST_WRAPPER says (an emulator). */
const char *test_root(void);
const char *test_built(const char *name);

/* What a process did: "exit 0", "signal 9"; and what it wrote. */
struct outcome {
	int status;     /* exit status, or -1 */
	int signal;     /* that killed it, or 0 */
	char *out, *err;
	size_t out_size, err_size;
};

/* Runs ARGV (by PATH) to its end. */
#define RUN(...) run_program((const char *const[]){ __VA_ARGS__, NULL }, NULL)
struct outcome *run_program(const char *const argv[], const char *input);

/* The same of a line for the shell, by printf.  Quote what needs it. */
struct outcome *run_shell(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* The same of a function in a fork of the test.  Failed assertions in it are
 * failures of the test. */
struct outcome *run_fork(void (*function)(void *arg), void *arg);

/* What STATEMENTS write to standard error:
 *	char *text = CAPTURE_STDERR({ coil_release(coroutine); }); */
#define CAPTURE_STDERR(...)                                                    \
	__extension__({                                                        \
		capture_begin(2);                                              \
		__VA_ARGS__;                                                   \
		capture_end();                                                 \
	})
#define CAPTURE_STDOUT(...)                                                    \
	__extension__({                                                        \
		capture_begin(1);                                              \
		__VA_ARGS__;                                                   \
		capture_end();                                                 \
	})
void capture_begin(int fd);
char *capture_end(void);

/* A whole file, NUL-terminated; NULL, and a failed assertion, if it cannot be
 * read.  SIZE may be NULL. */
char *read_file(const char *path, size_t *size);
bool write_file(const char *path, const void *data, size_t size);

/* A string by printf. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* MEMORY (from malloc) is freed when the test ends; given back. */
void *keep(void *memory);

/* ---- between harness.c (the test), helpers.c and runner.c ------------ */

struct test_report {
	unsigned assertions, failures;
	bool skipped;
	char reason[200];
};

void harness_run_test(struct test *test, const char *name, int report_fd)
	__attribute__((noreturn));
void harness_dir_of(char *buffer, size_t size, int pid);
void harness_die(const char *what) __attribute__((noreturn));
void harness_print_failures(FILE *file);
void harness_free_kept(void);
extern int harness_pid; /* of the test itself, also in its forks */

#endif
