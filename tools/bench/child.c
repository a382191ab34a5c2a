/* SPDX-License-Identifier: MIT
 *
 * One run of one peer, in a process of its own.
 *
 * Every peer is pinned in the same way, to the last of the processors that this
 * process may use (the first takes most interrupts), has the same environment,
 * and is killed after two minutes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "bench.h"

#define PATIENCE_MS 120000

int child_cpus(void)
{
	cpu_set_t all;

	return sched_getaffinity(0, sizeof(all), &all) == 0 ? CPU_COUNT(&all) : 1;
}

/* Keeps the last COUNT processors of those that this process has. */
static int pin(int count)
{
	cpu_set_t all, some;

	if (sched_getaffinity(0, sizeof(all), &all) < 0)
		return -1;
	CPU_ZERO(&some);
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && CPU_COUNT(&some) < count; cpu--)
		if (CPU_ISSET(cpu, &all))
			CPU_SET(cpu, &some);
	return sched_setaffinity(0, sizeof(some), &some);
}

/* Splits COMMAND at its spaces; @ becomes the directory. */
static void split(const struct run *run, char *argv[], char text[][PATH_MAX])
{
	const char *from = run->command;
	int n = 0;

	while (*from && n < MOST_WORDS - 3) {
		int length = (int)strcspn(from, " ");

		if (*from == '@')
			snprintf(text[n], PATH_MAX, "%s%.*s", run->directory, length - 1, from + 1);
		else
			snprintf(text[n], PATH_MAX, "%.*s", length, from);
		argv[n] = text[n];
		n++;
		from += length + (from[length] == ' ');
	}
	argv[n] = NULL;
}

static void scratch_path(const struct run *run, char *path)
{
	snprintf(path, PATH_MAX, "%s/scratch.trace", run->directory);
}

static void become(const struct run *run, int out, bool quiet)
{
	char text[MOST_WORDS][PATH_MAX], scratch[PATH_MAX], *argv[MOST_WORDS];
	int null = open("/dev/null", O_RDWR), n = 0;

	scratch_path(run, scratch);
	split(run, argv, text);
	while (argv[n])
		n++;
	argv[n++] = (char *)run->word;
	argv[n++] = scratch;
	argv[n] = NULL;
	unsetenv("COIL_TRACE");
	unsetenv("COIL_CLOCK");
	unsetenv("COIL_LOOP");
	if (run->recording)
		setenv("COIL_TRACE", scratch, 1);
	/* A group of its own, so that what it starts can be ended with it. */
	if (setpgid(0, 0) < 0 || null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 ||
	    (quiet && dup2(null, 2) < 0) || pin(run->cpus) < 0) {
		perror("bench: preparing a run");
		_exit(126);
	}
	execvp(argv[0], argv);
	if (!quiet)
		fprintf(stderr, "bench: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* Reads to the end of FD; false if that takes too long, or is too much. */
static bool read_all(int fd, char *output, size_t size)
{
	long long end = now_ms() + PATIENCE_MS;
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	size_t used = 0;
	ssize_t n;

	for (;;) {
		long long left = end - now_ms();

		if (left <= 0 || used + 1 == size || poll(&poll_fd, 1, (int)left) <= 0)
			return false;
		n = read(fd, output + used, size - used - 1);
		if (n <= 0)
			break;
		used += n;
	}
	output[used] = '\0';
	return n == 0;
}

/* A run that was to be recorded and was not would look very fast. */
static bool recorded(const struct run *run)
{
	char scratch[PATH_MAX];
	struct stat status;
	bool good;

	scratch_path(run, scratch);
	good = !run->recording || (stat(scratch, &status) == 0 && status.st_size > 1000000);
	unlink(scratch);
	return good;
}

static const char *outcome(bool whole, int status, bool traced)
{
	static char text[64];

	if (!whole)
		return "gave no whole answer in time";
	if (WIFSIGNALED(status)) {
		snprintf(text, sizeof(text), "killed by %s", strsignal(WTERMSIG(status)));
		return text;
	}
	if (WEXITSTATUS(status) != 0) {
		snprintf(text, sizeof(text), "exit status %d", WEXITSTATUS(status));
		return text;
	}
	return traced ? NULL : "did not record itself";
}

bool child_run(const struct run *run, char *output, size_t size, bool quiet)
{
	const char *wrong;
	int fds[2], status = 0;
	pid_t pid;
	bool whole;

	if (pipe2(fds, O_CLOEXEC) < 0) {
		perror("bench: pipe");
		return false;
	}
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		become(run, fds[1], quiet);
	close(fds[1]);
	whole = pid > 0 && read_all(fds[0], output, size);
	close(fds[0]);
	if (pid < 0) {
		perror("bench: fork");
		return false;
	}
	if (!whole)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	wrong = outcome(whole, status, recorded(run));
	if (wrong && !quiet)
		fprintf(stderr, "bench: %s %s: %s\n", run->peer->name, run->word, wrong);
	return !wrong;
}
