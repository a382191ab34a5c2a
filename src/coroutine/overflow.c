/* SPDX-License-Identifier: MIT
 *
 * Stack overflows, reported.  See overflow.h.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/thread.h"
#include "coroutine/overflow.h"
#include "coroutine/stack.h"
#include "task/task.h"

#define SIGNAL_STACK_SIZE 32768

static struct sigaction before;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* ---- the message, by means that a signal handler may use -------------- */

static size_t put(char *line, size_t used, size_t size, const char *text)
{
	while (*text && used < size - 1)
		line[used++] = *text++;
	return used;
}

static size_t put_number(char *line, size_t used, size_t size, size_t number)
{
	char digits[24], *d = digits + sizeof(digits);

	*--d = '\0';
	do
		*--d = (char)('0' + number % 10);
	while (number /= 10);
	return put(line, used, size, d);
}

static void say_overflow(const struct task *task)
{
	const coil_site *made = task->coroutine_site;
	char line[512];
	size_t n = 0;

	n = put(line, n, sizeof(line), "coil: stack overflow in coroutine '");
	n = put(line, n, sizeof(line), made ? made->callee : "?");
	n = put(line, n, sizeof(line), "'");
	if (made) {
		n = put(line, n, sizeof(line), ", made at ");
		n = put(line, n, sizeof(line), made->file);
		n = put(line, n, sizeof(line), ":");
		n = put_number(line, n, sizeof(line), (size_t)made->line);
	}
	n = put(line, n, sizeof(line), ": its stack has ");
	n = put_number(line, n, sizeof(line), coil__stack_size());
	n = put(line, n, sizeof(line),
		" bytes (COIL_STACK_SIZE or coil_set_stack_size gives more)\n");
	if (write(STDERR_FILENO, line, n) < 0)
		return; /* nothing to be done */
}

/* ---- the handler ----------------------------------------------------- */

static void pass_on(int signo, siginfo_t *info, void *context)
{
	if (before.sa_flags & SA_SIGINFO) {
		before.sa_sigaction(signo, info, context);
	} else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
		before.sa_handler(signo);
	} else {
		/* Returning repeats the fault, now with its default action. */
		signal(signo, SIG_DFL);
		if (info->si_code <= 0) /* sent, not a fault: it would not repeat */
			raise(signo);
	}
}

static void on_fault(int signo, siginfo_t *info, void *context)
{
	const struct task *task = NULL;

	if (info->si_code > 0)
		task = coil__stack_of_guard(info->si_addr, sizeof(struct task));
	if (task) {
		say_overflow(task);
		signal(signo, SIG_DFL);
		return; /* the fault repeats and ends the program */
	}
	pass_on(signo, info, context);
}

static void install(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = on_fault;
	action.sa_flags = SA_SIGINFO | SA_ONSTACK;
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGSEGV, &action, &before) != 0)
		coil__log("stack overflows will not be reported: sigaction failed");
}

void coil__overflow_forget(void)
{
	once = (pthread_once_t)PTHREAD_ONCE_INIT;
}

void coil__overflow_watch(void)
{
	stack_t stack;

	if (coil__self.signal_stack)
		return;
	pthread_once(&once, install);
	if (sigaltstack(NULL, &stack) == 0 && !(stack.ss_flags & SS_DISABLE)) {
		coil__self.signal_stack = &coil__self; /* the program has its own */
		return;
	}
	memset(&stack, 0, sizeof(stack));
	stack.ss_size = SIGNAL_STACK_SIZE;
	stack.ss_sp = malloc(stack.ss_size);
	if (!stack.ss_sp)
		return; /* overflows stay a bare fault; the next run tries again */
	if (sigaltstack(&stack, NULL) != 0) {
		free(stack.ss_sp);
		return;
	}
	coil__self.signal_stack = stack.ss_sp;
}

void coil__overflow_leave(void)
{
	stack_t none = { .ss_flags = SS_DISABLE };

	if (coil__self.signal_stack && coil__self.signal_stack != &coil__self) {
		if (sigaltstack(&none, NULL) != 0)
			return; /* in use: it must stay */
		free(coil__self.signal_stack);
	}
	coil__self.signal_stack = NULL;
}
