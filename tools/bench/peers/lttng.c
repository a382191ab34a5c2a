/* SPDX-License-Identifier: MIT
 *
 * LTTng-UST: one event of four integers, recorded in a loop.  The session is a
 * snapshot session, which keeps the events in memory and is the fastest kind.
 *
 * `record` makes the session, with a session daemon of its own where none runs,
 * and starts this program again as `loop`, which finds it when it registers.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "lttng_event.h"
#include <lttng/ust-version.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../measure.h"

static const char *program, *scratch;

static void batch(long ops)
{
	for (long i = 0; i < ops; i++)
		lttng_ust_tracepoint(coil_bench, event, i, i + 1, i + 2, i + 3);
}

static void loop(void)
{
	require(lttng_ust_tracepoint_enabled(coil_bench, event), "LTTng-UST is not recording");
	report("ns", measure(batch, 1000000));
}

static int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int shell(const char *format, ...)
{
	char command[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command);
}

static pid_t start_daemon(void)
{
	pid_t pid;

	if (shell("lttng --no-sessiond list >/dev/null 2>&1") == 0)
		return 0;
	pid = fork();
	require(pid >= 0, "fork");
	if (pid == 0) {
		execlp("lttng-sessiond", "lttng-sessiond", "--quiet", "--no-kernel", NULL);
		_exit(127);
	}
	for (int i = 0; i < 50; i++) {
		if (shell("lttng --no-sessiond list >/dev/null 2>&1") == 0)
			return pid;
		usleep(100000);
	}
	kill(pid, SIGTERM);
	require(0, "lttng-sessiond does not answer");
	return 0;
}

static void record(void)
{
	pid_t daemon = start_daemon();
	int made, ran;

	made = shell("{ lttng create coil-bench-%d --snapshot --output='%s.lttng' &&"
		     " lttng enable-event --session=coil-bench-%d --userspace 'coil_bench:*' &&"
		     " lttng start coil-bench-%d; } >/dev/null",
		     getpid(), scratch, getpid(), getpid());
	ran = made == 0 ? shell("'%s' loop '%s'", program, scratch) : -1;
	shell("lttng destroy coil-bench-%d >/dev/null", getpid());
	if (daemon) {
		kill(daemon, SIGTERM);
		waitpid(daemon, NULL, 0);
	}
	require(made == 0 && ran == 0, "a session of LTTng");
}

static void version(void)
{
	require(shell("lttng --version >/dev/null 2>&1") == 0, "lttng --version");
	printf("LTTng-UST %d.%d\n", LTTNG_UST_MAJOR_VERSION, LTTNG_UST_MINOR_VERSION);
}

int main(int argc, char **argv)
{
	static const struct work work[] = {
		{ "version", version }, { "record", record }, { "loop", loop }, { NULL, NULL }
	};

	program = argv[0];
	scratch = argc > 2 ? argv[2] : "";
	setlinebuf(stdout);
	return work_main(argc, argv, work);
}
