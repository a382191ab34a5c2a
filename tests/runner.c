/* SPDX-License-Identifier: MIT
 *
 * The test program: finds tests, runs each in a process group of its own under a
 * time limit, several at a time, and counts.  What a test is, harness.h says.
 *
 * The last line is "N passed, N failed, N skipped"; the exit status is 0 if none
 * failed and any passed, 1 otherwise, 2 for bad usage.
 *
 * COIL_TEST_TIMEOUT multiplies the time limits (for slow builds: valgrind).
 */
#include "harness.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_JOBS 64
#define OUTPUT_SHOWN 20000 /* bytes of a failed test's output, from its end */

struct job {
	struct test *test;   /* NULL: free                        */
	char name[512];
	pid_t pid;
	int report;          /* read end of a pipe                */
	int output;          /* a file in memory                  */
	double began, deadline;
	bool late;
};

static struct test *tests, **last = &tests;
static struct job jobs[MAX_JOBS];
static unsigned passed, failed, skipped;
static bool verbose, only_first; /* -x: ends with the first failure */

static void die(const char *what)
{
	fprintf(stderr, "run: %s: %s\n", what, strerror(errno));
	exit(2);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- which tests there are ------------------------------------------- */

void harness_register(struct test *test)
{
	*last = test;
	last = &test->next;
}

/* tests/loop/test_timer_heap.c, pops -> loop/timer_heap.pops */
static void name_test(const struct test *test, char *name, size_t size)
{
	const char *path = test->file, *at = strstr(path, "tests/"), *base, *dot;

	if (at)
		path = at + strlen("tests/");
	base = strstr(path, "test_");
	dot = strrchr(path, '.');
	if (!base || !dot)
		snprintf(name, size, "%s.%s", path, test->name);
	else
		snprintf(name, size, "%.*s%.*s.%s", (int)(base - path), path,
			 (int)(dot - base - 5), base + 5, test->name);
}

static double script_seconds(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[256];
	double seconds = 0;

	if (!file)
		die(path);
	while (!seconds && fgets(line, sizeof(line), file))
		if (sscanf(line, "# seconds: %lf", &seconds) != 1)
			seconds = 0;
	fclose(file);
	return seconds;
}

static void find_scripts(void)
{
	glob_t found;

	if (glob("tests/*/test_*.sh", 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			struct test *test = calloc(1, sizeof(*test));

			if (!test || !(test->file = strdup(found.gl_pathv[i])))
				die("scripts");
			test->name = "sh";
			test->seconds = script_seconds(test->file);
			harness_register(test);
		}
	}
	globfree(&found);
}

/* Any of the words in the name; none at all is all.  Hidden ones: whole name. */
static bool wanted(const struct test *test, const char *name, char **words)
{
	if (!*words)
		return !test->hidden;
	for (; *words; words++)
		if (test->hidden ? !strcmp(name, *words) : strstr(name, *words) != NULL)
			return true;
	return false;
}

/* ---- one test's process ---------------------------------------------- */

static void become_script(const struct test *test)
{
	char root[PATH_MAX];

	if (getenv("COIL_TEST_WRAPPER")) {
		puts("scripts do not know how to run these programs");
		exit(77);
	}
	harness_pid = getpid();
	if (!realpath(test_built(""), root))
		die("build directory");
	setenv("B", root, 1);
	setenv("T", test_dir(), 1);
	setenv("COIL_CLOCK", "virtual", 1);
	execlp("sh", "sh", test->file, (char *)NULL);
	die("sh");
}

static void become_test(const struct job *job, int report, const sigset_t *signals)
{
	const struct rlimit no_core = { 0, 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	sigprocmask(SIG_SETMASK, signals, NULL);
	signal(SIGINT, SIG_DFL); /* what a shell runs behind it ignores both */
	signal(SIGQUIT, SIG_DFL);
	if (dup2(job->output, 1) < 0 || dup2(job->output, 2) < 0)
		die("dup2");
	for (int i = 0; i < MAX_JOBS; i++)
		if (jobs[i].test)
			close(jobs[i].report);
	close(job->output);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (job->test->function)
		harness_run_test(job->test, job->name, report);
	become_script(job->test);
}

static double factor(void)
{
	const char *value = getenv("COIL_TEST_TIMEOUT");
	double result = value ? atof(value) : 1;

	return result > 0 ? result : 1;
}

static void begin(struct job *job, struct test *test, const char *name,
		  const sigset_t *signals)
{
	int ends[2];
	double seconds = test->seconds > 0 ? test->seconds : 10;

	if (pipe2(ends, O_CLOEXEC) < 0)
		die("pipe");
	job->output = memfd_create("output", MFD_CLOEXEC);
	if (job->output < 0 || fcntl(job->output, F_SETFL, O_APPEND) < 0)
		die("memfd_create");
	snprintf(job->name, sizeof(job->name), "%s", name);
	job->late = false;
	job->began = now();
	job->deadline = job->began + seconds * factor();
	job->test = test;
	job->report = ends[0];
	fflush(NULL);
	job->pid = fork();
	if (job->pid < 0)
		die("fork");
	if (!job->pid)
		become_test(job, ends[1], signals);
	setpgid(job->pid, job->pid); /* both sides: whoever is first */
	close(ends[1]);
}

/* ---- what became of it ----------------------------------------------- */

static void show_output(int fd)
{
	char data[4096];
	off_t size = lseek(fd, 0, SEEK_END), at = 0;
	ssize_t n;

	if (size > OUTPUT_SHOWN) {
		at = size - OUTPUT_SHOWN;
		printf("(%jd bytes before this)\n", (intmax_t)at);
	}
	for (; (n = pread(fd, data, sizeof(data), at)) > 0; at += n)
		fwrite(data, 1, (size_t)n, stdout);
}

/* Why the test failed, in BUFFER; NULL if it did not. */
static const char *verdict(const struct job *job, int status,
			   const struct test_report *report, bool reported,
			   char *buffer, size_t size)
{
	if (job->late)
		snprintf(buffer, size, "took longer than %.0f s",
			 job->deadline - job->began);
	else if (WIFSIGNALED(status))
		snprintf(buffer, size, "died: %s", strsignal(WTERMSIG(status)));
	else if (!job->test->function)
		snprintf(buffer, size, "exit status %d", WEXITSTATUS(status));
	else if (!reported)
		snprintf(buffer, size, "called exit(%d)", WEXITSTATUS(status));
	else if (report->failures)
		snprintf(buffer, size, "%u of %u assertions failed", report->failures,
			 report->assertions);
	else if (WEXITSTATUS(status))
		snprintf(buffer, size, "exit status %d behind it (a checker's)",
			 WEXITSTATUS(status));
	else if (!report->assertions && !report->skipped)
		snprintf(buffer, size, "asserts nothing");
	else
		return NULL;
	return job->test->function || job->late || status ? buffer : NULL;
}

/* The last line of a script's output: why it was skipped. */
static void last_line(int fd, char *line, size_t size)
{
	off_t end = lseek(fd, 0, SEEK_END);
	ssize_t n = pread(fd, line, size - 1, end > (off_t)size ? end - (off_t)size + 1 : 0);
	char *at;

	line[n > 0 ? n : 0] = '\0';
	if (n > 0 && line[n - 1] == '\n')
		line[n - 1] = '\0';
	if ((at = strrchr(line, '\n')))
		memmove(line, at + 1, strlen(at));
}

static void remove_tree(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char name[PATH_MAX];

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (unlink(name) < 0 && (errno == EISDIR || errno == EPERM))
			remove_tree(name);
	}
	closedir(dir);
	rmdir(path);
}

static void count(struct job *job, int status)
{
	struct test_report report = { 0 };
	bool reported = read(job->report, &report, sizeof(report)) == sizeof(report);
	char buffer[256];
	const char *why;

	if (!job->test->function && WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		report.skipped = true;
		last_line(job->output, report.reason, sizeof(report.reason));
		status = 0;
	}
	why = verdict(job, status, &report, reported, buffer, sizeof(buffer));
	if (why) {
		failed++;
		printf("FAILED %s: %s\n", job->name, why);
		show_output(job->output);
	} else if (report.skipped) {
		skipped++;
		printf("skipped %s: %s\n", job->name, report.reason);
	} else {
		passed++;
		if (verbose)
			printf("ok %s (%.2f s)\n", job->name, now() - job->began);
	}
	fflush(stdout);
}

static void end(struct job *job, int status)
{
	char dir[PATH_MAX + 32];

	kill(-job->pid, SIGKILL); /* what it may have left running */
	count(job, status);
	harness_dir_of(dir, sizeof(dir), job->pid);
	remove_tree(dir);
	close(job->report);
	close(job->output);
	job->test = NULL;
}

/* ---- all of them ----------------------------------------------------- */

static double nearest_deadline(void)
{
	double nearest = now() + 3600;

	for (int i = 0; i < MAX_JOBS; i++)
		if (jobs[i].test && !jobs[i].late && jobs[i].deadline < nearest)
			nearest = jobs[i].deadline;
	return nearest;
}

static void kill_late(void)
{
	double time = now();

	for (int i = 0; i < MAX_JOBS; i++)
		if (jobs[i].test && !jobs[i].late && jobs[i].deadline <= time) {
			jobs[i].late = true;
			kill(-jobs[i].pid, SIGKILL);
		}
}

/* Reaps what has ended; gives how many. */
static int reap(void)
{
	int status, ended = 0;

	for (int i = 0; i < MAX_JOBS; i++)
		if (jobs[i].test && waitpid(jobs[i].pid, &status, WNOHANG) == jobs[i].pid) {
			end(&jobs[i], status);
			ended++;
		}
	return ended;
}

/* Waits until at least one job has ended. */
static void wait_for_one(const sigset_t *child)
{
	while (!reap()) {
		double left = nearest_deadline() - now();
		struct timespec t = { 0, 0 };

		if (left > 0) {
			t.tv_sec = (time_t)left;
			t.tv_nsec = (long)((left - (double)t.tv_sec) * 1e9);
		}
		sigtimedwait(child, NULL, &t);
		kill_late();
	}
}

static struct job *free_job(int limit)
{
	for (int i = 0; i < limit; i++)
		if (!jobs[i].test)
			return &jobs[i];
	return NULL;
}

static void run_all(char **words, int at_a_time)
{
	sigset_t child, signals;
	char name[512];
	struct job *job;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &signals);
	for (struct test *test = tests; test; test = test->next) {
		name_test(test, name, sizeof(name));
		if (!wanted(test, name, words))
			continue;
		if (only_first && failed)
			break;
		while (!(job = free_job(at_a_time)))
			wait_for_one(&child);
		begin(job, test, name, &signals);
	}
	for (int i = 0; i < MAX_JOBS; i++)
		while (jobs[i].test)
			wait_for_one(&child);
}

static void list(char **words)
{
	char name[512];

	for (const struct test *test = tests; test; test = test->next) {
		name_test(test, name, sizeof(name));
		if (wanted(test, name, words))
			puts(name);
	}
}

int main(int argc, char **argv)
{
	int at_a_time = (int)sysconf(_SC_NPROCESSORS_ONLN), option;
	bool only_list = false;

	while ((option = getopt(argc, argv, "lvxj:")) != -1) {
		if (option == 'l')
			only_list = true;
		else if (option == 'v')
			verbose = true;
		else if (option == 'x')
			only_first = true;
		else if (option == 'j')
			at_a_time = atoi(optarg);
		else
			return 2;
	}
	if (at_a_time < 1 || at_a_time > MAX_JOBS)
		at_a_time = MAX_JOBS;
	find_scripts();
	if (only_list) {
		list(argv + optind);
		return 0;
	}
	run_all(argv + optind, at_a_time);
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed || !passed;
}
