/* SPDX-License-Identifier: MIT
 *
 * Ctrl-C.  See interrupt.h.
 */
#include <errno.h>
#include <signal.h>

#include "loop/loop.h"
#include "loop/signals.h"
#include "task/interrupt.h"
#include "task/task.h"
#include "trace/recorder.h"

#define KILLS 3

static struct {
	_Atomic(struct coil_loop *) loop;
	atomic_uint count;     /* SIGINTs in this run                              */
	struct task *main;     /* NULL: the runner is being closed                 */
	bool cancelled;        /* main was, by the first                           */
	const coil_site *site;
} interrupt;

/* Any thread, at any time. */
static void on_interrupt(int signum)
{
	int error = errno;
	struct coil_loop *loop;

	coil__signal_enter();
	loop = atomic_load(&interrupt.loop);
	if (loop && atomic_fetch_add(&interrupt.count, 1) + 1 < KILLS) {
		loop_call_attention(loop, LOOP_INTERRUPTED);
	} else { /* or the run has just ended: it comes again when we return */
		if (loop)
			coil__signal_catch(signum, SIG_DFL, 0);
		raise(signum);
	}
	coil__signal_leave();
	errno = error;
}

/* No SA_RESTART: a callback that waits in a system call is to learn of it. */
static bool catch_it(void)
{
	return coil__signal_catch(SIGINT, on_interrupt, 0) == 0;
}

void coil__interrupt_begin(struct coil_loop *loop, struct task *main, const coil_site *site)
{
	if (!thread_is_main() || !coil__signal_does(SIGINT, SIG_DFL))
		return;
	interrupt.main = main;
	interrupt.cancelled = false;
	interrupt.site = site;
	atomic_store(&interrupt.count, main ? 0 : 1);
	atomic_store(&interrupt.loop, loop);
	if (!catch_it())
		atomic_store(&interrupt.loop, NULL);
}

void coil__interrupt_attend(struct coil_loop *loop)
{
	static const coil_result cancelled = { .error = COIL_CANCELLED, { NULL } };
	struct task *main = interrupt.main;

	TRACE_NOW(SIGNAL, 0, .loop = loop->id, .signum = SIGINT);
	if (main && !interrupt.cancelled && main->future.state == FUTURE_PENDING) {
		interrupt.cancelled = true;
		coil__future_cancel(&main->future, cancelled);
		if (atomic_load(&interrupt.count) == 1)
			return;
	}
	if (!loop->leaving.error)
		loop_leave(loop, coil_raise_site(interrupt.site, COIL_KEYBOARD_INTERRUPT, NULL));
}

bool coil__interrupt_again(void)
{
	return atomic_load(&interrupt.loop) && catch_it();
}

/* One that came when the loop had ended its last handle. */
static coil_result late(struct coil_loop *loop, coil_result result)
{
	if (!loop_take_attention(loop, LOOP_INTERRUPTED))
		return result;
	loop->leaving = coil_ok(NULL);
	coil__interrupt_attend(loop);
	return loop->leaving.error ? loop->leaving : result;
}

coil_result coil__interrupt_end(struct coil_loop *loop, coil_result result)
{
	if (atomic_load(&interrupt.loop) != loop)
		return result;
	if (coil__signal_does(SIGINT, on_interrupt))
		coil__signal_catch(SIGINT, SIG_DFL, 0);
	atomic_store(&interrupt.loop, NULL);
	coil__signals_settle();
	result = late(loop, result);
	if (result.error == COIL_CANCELLED && interrupt.cancelled &&
	    coil__task_uncancel(interrupt.main) == 0)
		result = coil_raise_site(interrupt.site, COIL_KEYBOARD_INTERRUPT, NULL);
	return result;
}

void coil__interrupt_leave_behind(void)
{
	if (atomic_exchange(&interrupt.loop, NULL) && coil__signal_does(SIGINT, on_interrupt))
		coil__signal_catch(SIGINT, SIG_DFL, 0);
}
