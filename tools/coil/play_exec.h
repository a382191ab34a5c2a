/* SPDX-License-Identifier: MIT
 *
 * How statements are executed.  Three kinds of functions, with a row each in
 * play_ops.def:
 *
 *	coil__op_NAME(call)               an operation: acts, and says what to log
 *	coil__block_NAME(frame, statement) what steers a body; logs by itself
 *
 * A body that runs is one C call of coil__exec_block(frame, block) for each block
 * that it is in.  What suspends does so inside of that call: the stack of the
 * coroutine is the memory of where the body is.
 */
#ifndef COIL_PLAY_EXEC_H
#define COIL_PLAY_EXEC_H

#include <string.h>

#include "play_run.h"

/* ---- bodies ---------------------------------------------------------------------- */

/* The error that an except part deals with. */
struct handling {
	coil_result error;
	const struct handling *outer;
};

/* A body that runs, or will. */
struct frame {
	struct run *run;
	const struct body *body;
	void *last;                      /* $                                */
	const struct handling *handling; /* innermost                        */
	unsigned depth;                  /* of blocks, with those of callers */
};

enum flow {
	FLOW_ON,
	FLOW_RETURN, /* the result is the body's   */
	FLOW_RAISE,  /* the result is the error    */
};

/* How a statement or block was left. */
struct outcome {
	enum flow flow;
	coil_result result;
};

static inline struct outcome outcome_on(void)
{
	return (struct outcome){ FLOW_ON, coil_ok(NULL) };
}

/* On, or the error. */
static inline struct outcome outcome_of(coil_result result)
{
	return (struct outcome){ result.error ? FLOW_RAISE : FLOW_ON, result };
}

struct outcome coil__exec_block(struct frame *frame, const struct block *block);

/* A coroutine object of BODY; INLINE: it will run as a call of FRAME's body. */
coil_coroutine *coil__new_coroutine(struct frame *frame, const struct body *body,
				    const coil_site *site, bool is_inline);

/* A func as a plain or timed callback, and as a done callback; both with its
 * struct callback. */
coil_result coil__run_func(void *callback);
coil_result coil__run_done_func(coil_future *future, void *callback);

/* What main's coroutine is: coil_coro(coil__run_coro, frame). */
coil_result coil__run_coro(void *frame);

/* ---- operations -------------------------------------------------------------------- */

/* An argument, looked up. */
struct operand {
	const struct argument *argument;
	union {
		void *object;   /* THING; ITEM: handed over           */
		void *value;    /* VALUE                              */
		int64_t number; /* INT, DELAY                         */
	};
};

struct call {
	struct run *run;
	struct frame *frame;
	const struct statement *statement;
	const coil_site *site;
	struct operand *operands;
	size_t count;
};

/* What to write behind the operation's words. */
enum reply_kind {
	REPLY_NOTHING,
	REPLY_VALUE, /* " = " and the value, which is $ from now on     */
	REPLY_TEXT,  /* " = " and a text, which is no value             */
	REPLY_REST,  /* a text as it is                                 */
	REPLY_ERROR, /* " ! " and the error; raised if it may suspend   */
};

struct reply {
	enum reply_kind kind;
	union {
		void *value;
		const char *text;
		coil_result error;
	};
};

static inline struct reply reply_nothing(void)
{
	return (struct reply){ .kind = REPLY_NOTHING };
}

static inline struct reply reply_value(void *value)
{
	return (struct reply){ .kind = REPLY_VALUE, .value = value };
}

static inline struct reply reply_number(int64_t number)
{
	return reply_value(value_of_number(number));
}

static inline struct reply reply_text(const char *text)
{
	return (struct reply){ .kind = REPLY_TEXT, .text = text };
}

static inline struct reply reply_error(coil_result error)
{
	return (struct reply){ .kind = REPLY_ERROR, .error = error };
}

/* Nothing; the value; this number: or the error. */
static inline struct reply reply_done(coil_result result)
{
	return result.error ? reply_error(result) : reply_nothing();
}

static inline struct reply reply_result(struct call *call, coil_result result)
{
	result = coil__run_hold(call->run, result);
	return result.error ? reply_error(result) : reply_value(result.value);
}

static inline struct reply reply_if_done(coil_result result, void *value)
{
	return result.error ? reply_error(result) : reply_value(value);
}

/* The operand of this place. */
static inline void *object_of(const struct call *call, size_t i)
{
	return call->operands[i].object;
}

static inline enum thing thing_of(const struct call *call, size_t i)
{
	return call->run->variables[call->operands[i].argument->name].thing;
}

static inline const char *word_of(const struct call *call, size_t i)
{
	return i < call->count ? call->operands[i].argument->word : NULL;
}

/* A number of things: none if it is negative. */
static inline size_t count_of(const struct call *call, size_t i)
{
	return call->operands[i].number > 0 ? (size_t)call->operands[i].number : 0;
}

/* Puts what was made into the variable that the call names first. */
static inline struct reply reply_set(struct call *call, enum thing thing, void *object)
{
	return reply_done(coil__run_set(call->run, call->operands[0].argument, thing, object));
}

static inline double delay_of(const struct call *call, size_t i)
{
	return call->operands[i].argument->none ? COIL_NO_TIMEOUT :
	       (double)call->operands[i].number;
}

static inline bool word_is(const struct call *call, size_t i, const char *word)
{
	return i < call->count && !strcmp(call->operands[i].argument->word, word);
}

/* Takes and frees a lock, semaphore or condition. */
coil_result coil__acquire(enum thing thing, void *object, const coil_site *site);
coil_result coil__release(enum thing thing, void *object);

/* The handles of the operands from FIRST on, without those there already if ONCE; in
 * the run's memory.  *COUNT: how many. */
coil_awaitable **coil__handles(const struct call *call, size_t first, bool once,
			       size_t *count);

#endif
