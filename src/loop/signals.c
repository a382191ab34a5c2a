/* SPDX-License-Identifier: MIT
 *
 * Signals: caught, noted, and run by the loop.  See signals.h.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <coil/signal.h>

#include "loop/loop.h"
#include "loop/registry.h"
#include "loop/signals.h"
#include "task/context.h"
#include "task/interrupt.h"
#include "task/keep.h"
#include "trace/recorder.h"

#ifdef COIL_CRUEL
#define RING 4
#else
#define RING 256
#endif

struct signal_handler {
	coil_function function; /* NULL: there is none                              */
	void *arg;
	coil_context *context;  /* owned: what one run sets, the next one finds     */
	const coil_site *site;
};

struct signals {
	struct coil_loop *loop;
	struct handle reader;      /* embedded                                      */
	bool scheduled;            /* it is in the ready queue                      */
	size_t count;              /* of handlers                                   */
	struct signal_handler handlers[NSIG];

	atomic_uint head, tail;    /* ever taken out of the ring, and put in        */
	atomic_uchar ring[RING];   /* 0: empty, or being written                    */
	_Atomic uint64_t more;     /* a bit for each that found it full             */
};

static _Atomic(struct signals *) owners[NSIG];
static atomic_uint inside; /* C-level handlers at work, in all threads */

/* ---- what the C-level handler does: any thread, at any time ------------- */

void coil__signal_enter(void)
{
	atomic_fetch_add(&inside, 1);
}

void coil__signal_leave(void)
{
	atomic_fetch_sub(&inside, 1);
}

static void note(struct signals *signals, int signum)
{
	unsigned at = atomic_load(&signals->tail);

	while (at - atomic_load(&signals->head) < RING) {
		if (atomic_compare_exchange_weak(&signals->tail, &at, at + 1)) {
			atomic_store(&signals->ring[at % RING], (unsigned char)signum);
			return;
		}
	}
	atomic_fetch_or(&signals->more, UINT64_C(1) << (signum - 1));
}

static void on_signal(int signum)
{
	int error = errno;
	struct signals *signals;

	coil__signal_enter();
	signals = atomic_load(&owners[signum]);
	if (signals) {
		note(signals, signum);
		loop_call_attention(signals->loop, LOOP_SIGNALLED);
	}
	coil__signal_leave();
	errno = error;
}

/* ---- the loop's side -------------------------------------------------- */

/* The number that came first, or 0; those that found the ring full come behind all that
 * are in it. */
static int first_noted(struct signals *signals, bool *in_ring)
{
	unsigned head = atomic_load(&signals->head);
	int signum = atomic_load(&signals->ring[head % RING]);
	uint64_t more;

	*in_ring = signum || head != atomic_load(&signals->tail);
	if (*in_ring)
		return signum;
	more = atomic_load(&signals->more);
	return more ? __builtin_ctzll(more) + 1 : 0;
}

static void take_first(struct signals *signals, int signum, bool in_ring)
{
	unsigned head = atomic_load(&signals->head);

	if (in_ring) {
		atomic_store(&signals->ring[head % RING], 0);
		atomic_store(&signals->head, head + 1);
	} else {
		atomic_fetch_and(&signals->more, ~(UINT64_C(1) << (signum - 1)));
	}
}

/* A new handle of the handler that SIGNUM has now, if any; false without memory. */
static bool schedule_handler(struct signals *signals, int signum)
{
	const struct signal_handler *handler = &signals->handlers[signum];
	struct coil_loop *loop = signals->loop;
	struct handle *handle;

	if (!handler->function)
		return true;
	handle = loop_new_handle(loop, handler->site);
	if (!handle)
		return false;
	handle->function = handler->function;
	handle->arg = handler->arg;
	if (!context_bind(handle, handle_open(handler->context))) {
		object_unref(handle);
		return false;
	}
	if (TRACING) {
		coil__handle_record(handle, TRACE_SCHEDULE_SIGNAL, (uint64_t)signum, 0);
		TRACE(SIGNAL, 0, .loop = loop->id, .signum = signum, .handle = handle->id);
	}
	coil__ready_queue_push(&loop->ready, handle);
	return true;
}

/* No more at a time than the ring has, so that a storm of signals leaves room for others;
 * without memory, the next iteration tries again. */
static coil_result read_signals(void *arg)
{
	struct signals *signals = arg;
	bool in_ring;
	int signum;

	signals->scheduled = false;
	for (int n = 0; (signum = first_noted(signals, &in_ring)); n++) {
		if (n == RING || !schedule_handler(signals, signum)) {
			loop_call_attention(signals->loop, LOOP_SIGNALLED);
			break;
		}
		take_first(signals, signum, in_ring);
	}
	return coil_ok(NULL);
}

void coil__signals_attend(struct coil_loop *loop)
{
	struct signals *signals = loop->signals;

	if (signals->scheduled)
		return;
	signals->scheduled = true;
	if (TRACING)
		coil__handle_record(&signals->reader, TRACE_SCHEDULE_SIGNAL, 0, 0);
	coil__ready_queue_push(&loop->ready, &signals->reader);
}

size_t coil__signals_count(const struct coil_loop *loop)
{
	return loop->signals ? loop->signals->count : 0;
}

/* ---- what the process does at a signal -------------------------------- */

int coil__signal_catch(int signum, void (*handler)(int), int flags)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = handler;
	action.sa_flags = handler == SIG_DFL ? 0 : flags | SA_ONSTACK;
	sigemptyset(&action.sa_mask);
	return sigaction(signum, &action, NULL) == 0 ? 0 : errno;
}

bool coil__signal_does(int signum, void (*handler)(int))
{
	struct sigaction action;

	return sigaction(signum, NULL, &action) == 0 &&
	       !(action.sa_flags & SA_SIGINFO) && action.sa_handler == handler;
}

void coil__signals_settle(void)
{
	while (atomic_load(&inside))
		sched_yield();
}

/* ---- life ------------------------------------------------------------- */

static struct signals *signals_new(struct coil_loop *loop)
{
	static const coil_site site = { "coil_loop_add_signal_handler", __FILE__, __LINE__,
					"read_signals", "" };
	struct signals *signals = calloc(1, sizeof(*signals));

	if (!signals || !loop_make_room(loop)) {
		free(signals);
		return NULL;
	}
	signals->loop = loop;
	handle_init(&signals->reader, loop, &site, 0);
	signals->reader.function = read_signals;
	signals->reader.arg = signals;
	return signals;
}

static void forget(struct signals *signals, int signum)
{
	struct signal_handler *handler = &signals->handlers[signum];

	atomic_store(&owners[signum], NULL);
	handler->function = NULL;
	coil_release(handler->context);
	signals->count--;
}

void coil__signals_remove_all(struct coil_loop *loop)
{
	for (int signum = 1; coil__signals_count(loop) > 0; signum++)
		coil_loop_remove_signal_handler(loop, signum);
	if (loop->signals)
		coil__signals_settle();
}

void coil__signals_free(struct coil_loop *loop)
{
	free(loop->signals);
	loop->signals = NULL;
}

void coil__signals_leave_behind(void)
{
	for (int signum = 1; signum < NSIG; signum++)
		if (atomic_exchange(&owners[signum], NULL) &&
		    coil__signal_does(signum, on_signal))
			coil__signal_catch(signum, SIG_DFL, 0);
	atomic_store(&inside, 0);
}

/* ---- the program's side ---------------------------------------------- */

static bool is_signal(int signum)
{
	sigset_t all; /* but those that the C library keeps for itself */

	sigfillset(&all);
	return signum > 0 && signum < NSIG && sigismember(&all, signum) == 1;
}

static coil_result check_add(const struct coil_loop *loop, int signum,
			     coil_function function, const coil_site *site)
{
	const struct signals *owner;

	if (!function)
		return coil_raise_site(site, COIL_TYPE, "a callable object was expected by "
				       "add_signal_handler(), got NULL");
	if (!is_signal(signum))
		return coil_raise_site(site, COIL_VALUE, "invalid signal number %d", signum);
	if (loop_refuses(loop))
		return coil__loop_refusal(loop, site);
	if (!thread_is_main())
		return coil_raise_site(site, COIL_RUNTIME,
				       "add_signal_handler only works in the main thread");
	owner = atomic_load(&owners[signum]);
	if (owner && owner->loop != loop)
		return coil_raise_site(site, COIL_RUNTIME, "sig %d is handled by another "
				       "event loop", signum);
	return coil_ok(NULL);
}

/* Puts HANDLER, whose context is handed over, in the place of what there was. */
static coil_result set_handler(struct signals *signals, int signum,
			       const struct signal_handler *handler)
{
	int error;

	if (signals->handlers[signum].function)
		coil_release(signals->handlers[signum].context);
	else
		signals->count++;
	signals->handlers[signum] = *handler;
	atomic_store(&owners[signum], signals);
	error = coil__signal_catch(signum, on_signal, SA_RESTART);
	if (!error)
		return coil_ok(NULL);
	forget(signals, signum);
	if (error == EINVAL)
		return coil_raise_site(handler->site, COIL_RUNTIME,
				       "sig %d cannot be caught", signum);
	return coil_raise_site(handler->site, COIL_OS, "cannot catch signal %d: %s", signum,
			       strerror(error));
}

coil_result coil_loop_add_signal_handler_site(coil_loop *loop, int signum,
	coil_function function, void *arg, const coil_site *site)
{
	coil_result result = check_add(loop, signum, function, site);
	struct signal_handler handler = { function, arg, NULL, site };

	if (result.error)
		return result;
	if (!loop->signals)
		loop->signals = signals_new(loop);
	if (loop->signals)
		handler.context = coil_copy_context();
	if (!handler.context)
		return coil_raise_site(site, COIL_MEMORY, NULL);
	return set_handler(loop->signals, signum, &handler);
}

bool coil_loop_remove_signal_handler(coil_loop *loop, int signum)
{
	if (loop_refuses(loop) || !is_signal(signum) || !loop->signals ||
	    !loop->signals->handlers[signum].function)
		return false;
	forget(loop->signals, signum);
	if (signum != SIGINT || !coil__interrupt_again())
		coil__signal_catch(signum, SIG_DFL, 0);
	return true;
}
