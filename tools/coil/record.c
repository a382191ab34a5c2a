/* SPDX-License-Identifier: MIT
 *
 * coil record: runs a program with COIL_TRACE set, and says how that went.
 *
 * The program gets the terminal, its signals and its exit status as if it had
 * been started without us.  That it could be started at all, the child tells
 * through a pipe that execvp closes.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "trace/reader_memory.h"

static const char help[] =
	"usage: coil record [-o TRACE] [--virtual] [--] PROGRAM [ARGUMENT...]\n\n"
	"Runs PROGRAM, which must be linked with coil, and records it: the same as\n"
	"COIL_TRACE=TRACE PROGRAM.  The exit status is the program's; 128 and the\n"
	"signal, if one killed it.\n\n"
	"  -o, --output TRACE   the file to write (coil.trace); %p in it becomes the\n"
	"                       process id\n"
	"  --virtual            on the virtual clock: sleeping takes no time, and the\n"
	"                       trace is the same on every machine\n"
	"  --help               this\n";

struct recording {
	char *pattern;       /* of the file, absolute */
	bool virtual_clock;
	char **program;
};

/* The program may change its directory before it begins to record. */
static char *absolute(const char *path)
{
	char *here, *whole;

	if (*path == '/')
		return coil__copy(path, strlen(path));
	here = getcwd(NULL, 0);
	if (!here)
		return NULL;
	whole = coil__sentence("%s/%s", here, path);
	free(here);
	return whole;
}

/* PATTERN with every %p as PID, as the recorder does it. */
static char *path_for(const char *pattern, pid_t pid)
{
	const char *mark = strstr(pattern, "%p");
	char *rest, *path;

	if (!mark)
		return coil__copy(pattern, strlen(pattern));
	rest = path_for(mark + 2, pid);
	path = coil__sentence("%.*s%ld%s", (int)(mark - pattern), pattern, (long)pid, rest);
	free(rest);
	return path;
}

/* In the child: becomes the program, or tells the pipe why not. */
static void become(const struct recording *recording, int pipe_fd)
{
	ssize_t told;
	int error;

	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	if (setenv("COIL_TRACE", recording->pattern, 1) == 0 &&
	    (!recording->virtual_clock || setenv("COIL_CLOCK", "virtual", 1) == 0))
		execvp(recording->program[0], recording->program);
	error = errno;
	told = write(pipe_fd, &error, sizeof error);
	_exit(told == sizeof error ? 127 : 126);
}

/* Starts the program.  -1: it could not be, and we have complained. */
static pid_t start(const struct recording *recording)
{
	int pipe_fds[2], error = 0;
	ssize_t told;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		coil__complain("%s: %s", recording->program[0], strerror(errno));
		return -1;
	}
	if (pid == 0) {
		close(pipe_fds[0]);
		become(recording, pipe_fds[1]);
	}
	close(pipe_fds[1]);
	do
		told = read(pipe_fds[0], &error, sizeof error);
	while (told < 0 && errno == EINTR);
	close(pipe_fds[0]);
	if (told <= 0)
		return pid;
	waitpid(pid, NULL, 0);
	coil__complain("%s: %s", recording->program[0], strerror(error));
	return -1;
}

/* Waits for its end.  Result: its exit status as a shell has it. */
static int finish(pid_t pid, const char *program)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return coil__complain("%s: %s", program, strerror(errno));
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	coil__complain("%s was killed by signal %d (%s); its trace is whole up to then",
		       program, WTERMSIG(status), strsignal(WTERMSIG(status)));
	return 128 + WTERMSIG(status);
}

/* Is there a trace at PATH, made since BEFORE (its state before the run)? */
static bool was_made(const char *path, const struct stat *before)
{
	struct stat after;

	return stat(path, &after) == 0 &&
	       (after.st_ino != before->st_ino || after.st_size != before->st_size ||
		after.st_mtim.tv_sec != before->st_mtim.tv_sec ||
		after.st_mtim.tv_nsec != before->st_mtim.tv_nsec);
}

static int record(const struct recording *recording)
{
	struct stat before = { 0 };
	char *path;
	int status;
	pid_t pid;

	if (stat(recording->pattern, &before) < 0)
		before.st_ino = 0;
	signal(SIGINT, SIG_IGN); /* they are for the program */
	signal(SIGQUIT, SIG_IGN);
	pid = start(recording);
	if (pid < 0)
		return STATUS_BAD;
	path = path_for(recording->pattern, pid);
	status = finish(pid, recording->program[0]);
	if (!was_made(path, &before)) {
		coil__complain("%s recorded nothing to %s: is it linked with coil, and "
			       "does it run a loop?", recording->program[0], path);
		status = status ? status : STATUS_BAD;
	}
	free(path);
	return status;
}

int coil__command_record(int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "virtual", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	struct recording recording = { 0 };
	const char *output = "coil.trace";
	int c, status;

	while ((c = coil__option(argc, argv, "+:o:", options, help)) != -1) {
		if (c == 'h')
			return coil__finish(NULL, STATUS_GOOD);
		if (c == '?')
			return STATUS_BAD;
		if (c == 'v')
			recording.virtual_clock = true;
		else
			output = optarg;
	}
	if (optind == argc)
		return coil__bad_usage(argv[0], "which program?");
	recording.program = argv + optind;
	recording.pattern = absolute(output);
	if (!recording.pattern)
		return coil__complain("%s: %s", output, strerror(errno));
	status = record(&recording);
	free(recording.pattern);
	return status;
}
