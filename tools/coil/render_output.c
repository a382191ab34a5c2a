/* SPDX-License-Identifier: MIT
 *
 * Writing pictures: see render_output.h.
 */
#include "render_output.h"
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "command.h"
#include "render_text.h"

extern char **environ;

static bool fail(const struct render_output *output, int error)
{
	coil__complain("%s: %s", output->path ? output->path : "standard output",
		       strerror(error));
	return false;
}

/* A new file beside the one that it will replace, with the mode that a file made
 * by open() would have. */
static bool open_temporary(struct render_output *output)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	output->temporary = coil__text_format("%s.XXXXXX", output->path);
	fd = mkstemp(output->temporary);
	if (fd < 0)
		goto fail;
	if (fchmod(fd, 0666 & ~mask) != 0 || !(output->file = fdopen(fd, "w")))
		goto fail_file;
	return true;

fail_file:
	fail(output, errno);
	close(fd);
	unlink(output->temporary);
	free(output->temporary);
	return false;
fail:
	fail(output, errno);
	free(output->temporary);
	return false;
}

bool coil__output_open(struct render_output *output, const char *path)
{
	struct stat status;

	*output = (struct render_output){ .file = stdout };
	if (!path || strcmp(path, "-") == 0)
		return true;
	output->path = path;
	if (stat(path, &status) != 0 || S_ISREG(status.st_mode))
		return open_temporary(output);
	output->file = fopen(path, "w");
	return output->file || fail(output, errno);
}

bool coil__output_close(struct render_output *output)
{
	bool failed = fflush(output->file) != 0 || ferror(output->file);
	int error = errno;

	if (output->file != stdout && fclose(output->file) != 0 && !failed) {
		failed = true;
		error = errno;
	}
	if (!failed && output->temporary && rename(output->temporary, output->path) != 0) {
		failed = true;
		error = errno;
	}
	if (failed && output->temporary)
		unlink(output->temporary);
	free(output->temporary);
	return !failed || fail(output, error);
}

void coil__output_drop(struct render_output *output)
{
	if (output->file != stdout)
		fclose(output->file);
	if (output->temporary)
		unlink(output->temporary);
	free(output->temporary);
}

/* dot -Kneato -n2: the nodes are where the graph says.  Result: 0 or an errno. */
static int spawn_dot(int in, int out, const char *type, pid_t *pid)
{
	char format[16];
	char *arguments[] = { "dot", "-Kneato", "-n2", format, NULL };
	posix_spawn_file_actions_t actions;
	int error;

	snprintf(format, sizeof format, "-T%s", type);
	error = posix_spawn_file_actions_init(&actions);
	if (error)
		return error;
	error = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!error)
		error = posix_spawnp(pid, "dot", &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static void not_installed(void)
{
	coil__complain("Graphviz's `dot` is not installed: apt-get install graphviz");
}

static bool wait_for_dot(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) {
			coil__complain("waiting for Graphviz's `dot`: %s", strerror(errno));
			return false;
		}
	if (WIFSIGNALED(status))
		coil__complain("Graphviz's `dot` was ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) == 127) /* not every system says so at once */
		not_installed();
	else if (WEXITSTATUS(status))
		coil__complain("Graphviz's `dot` failed with status %d", WEXITSTATUS(status));
	return status == 0;
}

bool coil__output_graphviz(struct render_output *output, FILE *graph, const char *type)
{
	pid_t pid;
	int error;

	if (fflush(graph) != 0 || ferror(graph) || fseek(graph, 0, SEEK_SET) != 0) {
		coil__complain("a temporary file: %s", strerror(errno));
		return false;
	}
	if (fflush(output->file) != 0)
		return fail(output, errno);
	error = spawn_dot(fileno(graph), fileno(output->file), type, &pid);
	if (error == ENOENT) {
		not_installed();
		return false;
	}
	if (error) {
		coil__complain("Graphviz's `dot`: %s", strerror(error));
		return false;
	}
	return wait_for_dot(pid);
}
