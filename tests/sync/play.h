/* SPDX-License-Identifier: MIT
 *
 * Small plays about what tasks share.  An actor is a task; its part is a string of
 * words that it does one after the other, and every word that is done is noted with
 * the actor and the iteration: "A:acquire@2", "B:get=7@3", "B:get!CancelledError@4".
 *
 *	play("Q1 S2", "M", "+A +B . eset =A =B", "AB", "ewait", NULL);
 *
 * The first string says what the stage has beside the event, the lock and the
 * condition: Qn Pn Kn a queue, priority queue, LIFO queue of size n; Sn Tn a semaphore,
 * a bounded one; Bn a barrier; CL: the condition is on the lock.  Then come the actors
 * (a letter each; several may have the same part), and M, the main task, from whom
 * all begins in iteration 1.
 *
 *	.      sleep(0)            +A -A =A   create, cancel, await the task A
 *	e...   the event           ewait eset eclear e?
 *	l...   the lock            lacquire lrelease l?
 *	c...   the condition       cacquire crelease cwait cfor (until the event is set)
 *	                           cnotifyN call c?
 *	s...   the semaphore       sacquire srelease s?
 *	b...   the barrier         bwait breset babort b?
 *	q...   the queue           qputN qget qput!N qget! qdone qjoin qshut qshut! q?
 *
 * An error in a word that may suspend ends the actor with it, unless the word ends in ~.
 * The expected logs are those of the same plays in CPython 3.13: play.py runs them there.
 */
#ifndef TESTS_SYNC_PLAY_H
#define TESTS_SYNC_PLAY_H

#include <stdarg.h>
#include "journal.h"

static coil_event *event;
static coil_lock *lock;
static coil_condition *condition;
static coil_semaphore *semaphore;
static coil_barrier *barrier;
static coil_queue *queue;

static const char *parts[128];
static coil_task *tasks[128];

static int by_number(const void *a, const void *b)
{
	return (int)(intptr_t)a - (int)(intptr_t)b;
}

static void *number_in(const char *word)
{
	word += strcspn(word, "0123456789");
	return (void *)(intptr_t)atoi(word);
}

static bool is(const char *word, const char *name)
{
	return !strncmp(word, name, strlen(name));
}

static bool event_is_set(void *unused)
{
	return coil_event_is_set(event);
}

/* ---- words: each gives a result; those that tell something, a number ---------- */

static coil_result act(void *name);

static coil_result on_task(const char *word)
{
	int who = word[1];

	switch (word[0]) {
	case '+':
		tasks[who] = coil_create_task(coil_coro(act, (void *)(intptr_t)who));
		return tasks[who] ? coil_ok(NULL) : coil_last_error();
	case '-':
		return coil_number(coil_task_cancel(tasks[who]));
	default:
		return coil_await(coil_retain(tasks[who]));
	}
}

static coil_result on_event(const char *word)
{
	if (is(word, "ewait"))
		return coil_event_wait(event);
	if (is(word, "e?"))
		return coil_number(coil_event_is_set(event));
	return is(word, "eset") ? coil_event_set(event) : coil_event_clear(event);
}

static coil_result on_lock(const char *word)
{
	if (is(word, "l?"))
		return coil_number(coil_lock_locked(lock));
	return is(word, "lacquire") ? coil_lock_acquire(lock) : coil_lock_release(lock);
}

static coil_result on_condition(const char *word)
{
	if (is(word, "c?"))
		return coil_number(coil_condition_locked(condition));
	if (is(word, "cwait"))
		return coil_condition_wait(condition);
	if (is(word, "cfor"))
		return coil_condition_wait_for(condition, event_is_set, NULL);
	if (is(word, "cnotify"))
		return coil_condition_notify(condition, (size_t)number_in(word));
	if (is(word, "call"))
		return coil_condition_notify_all(condition);
	return is(word, "cacquire") ? coil_condition_acquire(condition) :
				      coil_condition_release(condition);
}

static coil_result on_semaphore(const char *word)
{
	if (is(word, "s?"))
		return coil_number(coil_semaphore_locked(semaphore));
	return is(word, "sacquire") ? coil_semaphore_acquire(semaphore) :
				      coil_semaphore_release(semaphore);
}

/* b?: how many wait, and 100 if it is broken */
static coil_result on_barrier(const char *word)
{
	if (is(word, "b?"))
		return coil_number((int64_t)coil_barrier_n_waiting(barrier) +
				   100 * coil_barrier_broken(barrier));
	if (is(word, "bwait"))
		return coil_barrier_wait(barrier);
	return is(word, "breset") ? coil_barrier_reset(barrier) :
				    coil_barrier_abort(barrier);
}

/* q?: the size, and 100 if it is full */
static coil_result on_queue(const char *word)
{
	if (is(word, "q?"))
		return coil_number((int64_t)coil_queue_qsize(queue) +
				   100 * coil_queue_full(queue));
	if (is(word, "qget"))
		return word[4] == '!' ? coil_queue_get_nowait(queue) : coil_queue_get(queue);
	if (is(word, "qput!"))
		return coil_queue_put_nowait(queue, number_in(word));
	if (is(word, "qput"))
		return coil_queue_put(queue, number_in(word));
	if (is(word, "qdone"))
		return coil_queue_task_done(queue);
	return is(word, "qjoin") ? coil_queue_join(queue) :
				   coil_queue_shutdown(queue, word[5] == '!');
}

static coil_result do_word(const char *word)
{
	switch (word[0]) {
	case '.': return coil_sleep(0);
	case 'e': return on_event(word);
	case 'l': return on_lock(word);
	case 'c': return on_condition(word);
	case 's': return on_semaphore(word);
	case 'b': return on_barrier(word);
	case 'q': return on_queue(word);
	default: return on_task(word);
	}
}

static bool may_suspend(const char *word)
{
	static const char *const words[] = {
		".", "=", "ewait", "lacquire", "cacquire", "cwait", "cfor", "sacquire",
		"bwait", "breset", "babort", "qget", "qput", "qjoin",
	};

	if (strchr(word, '!'))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is(word, words[i]))
			return true;
	return false;
}

static bool tells(const char *word)
{
	return strchr(word, '?') || word[0] == '-' || is(word, "bwait") || is(word, "qget");
}

static void note_word(int who, const char *word, coil_result r)
{
	if (r.error)
		note("%c:%s!%s@%u", who, word, coil_error_name(r.error), iteration);
	else if (tells(word))
		note("%c:%s=%d@%u", who, word, (int)r.number, iteration);
	else if (word[0] != '.' && word[0] != '+')
		note("%c:%s@%u", who, word, iteration);
}

static coil_result act(void *name)
{
	int who = (int)(intptr_t)name;
	char word[32];
	int used;

	for (const char *p = parts[who]; sscanf(p, "%31s%n", word, &used) == 1; p += used) {
		coil_result r = do_word(word);

		note_word(who, word, r);
		if (r.error && may_suspend(word) && !strchr(word, '~'))
			return r;
	}
	return coil_ok(NULL);
}

/* ---- the stage -------------------------------------------------------------------- */

static void set_word(const char *word)
{
	size_t n = (size_t)number_in(word);

	switch (word[0]) {
	case 'Q': queue = coil_queue_new(n); break;
	case 'P': queue = coil_priority_queue_new(n, by_number); break;
	case 'K': queue = coil_lifo_queue_new(n); break;
	case 'S': semaphore = coil_semaphore_new((int64_t)n); break;
	case 'T': semaphore = coil_bounded_semaphore_new((int64_t)n); break;
	case 'B': barrier = coil_barrier_new((int64_t)n); break;
	default: condition = coil_condition_new(lock);
	}
}

static void set_stage(const char *stage)
{
	char word[32];
	int used;

	event = coil_event_new();
	lock = coil_lock_new();
	for (; sscanf(stage, "%31s%n", word, &used) == 1; stage += used)
		set_word(word);
	if (!condition)
		condition = coil_condition_new(NULL);
}

#define LET_GO(object) (coil_release(object), (object) = NULL)
static void clear_stage(void)
{
	for (int i = 0; i < 128; i++)
		LET_GO(tasks[i]);
	LET_GO(event);
	LET_GO(condition);
	LET_GO(lock);
	LET_GO(semaphore);
	LET_GO(barrier);
	LET_GO(queue);
}

LOG_UNUSED static int play(const char *stage, ...)
{
	coil_loop *loop = virtual_loop();
	const char *names;
	va_list args;
	int error;

	va_start(args, stage);
	while ((names = va_arg(args, const char *))) {
		const char *part = va_arg(args, const char *);

		for (; *names; names++)
			parts[(int)*names] = part;
	}
	va_end(args);
	set_stage(stage);
	start_ticker(loop);
	error = coil_loop_run_until_complete(loop, coil_coro(act, (void *)(intptr_t)'M')).error;
	clear_stage();
	CHECK_ERROR(coil_loop_close(loop), COIL_OK);
	return error;
}

#endif
