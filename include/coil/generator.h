/* SPDX-License-Identifier: MIT
 *
 * Generator-based coroutines: the older kind, which says `yield from` where the
 * other says `await` (types.coroutine; before Python 3.5 asyncio.coroutine).
 *
 * Such a coroutine has no stack.  It is a function that is called again for every
 * step, and a frame that says where to go on: what a compiler makes of an async
 * function in Python, C# or Rust, done by hand.
 *
 *	COIL_GENERATOR(countdown, int i;)                // def countdown(name):
 *	{
 *		COIL_BEGIN;
 *		for (self->i = 3; self->i > 0; self->i--) {      // for i in (3, 2, 1):
 *			printf("%s %d\n", (char *)COIL_ARG, self->i);
 *			COIL_YIELD_FROM_SLEEP(1.0);              //   yield from sleep(1)
 *			if (COIL_SENT.error)
 *				COIL_RETURN(COIL_SENT);
 *		}
 *		COIL_END(coil_ok(NULL));
 *	}
 *
 *	coil_await(coil_generator(countdown, "AAA"));
 *
 * The rules, which no macro can lift: what must live across a COIL_YIELD_FROM is
 * declared in COIL_GENERATOR and reached by self->; other variables are gone by
 * then.  Between COIL_BEGIN and COIL_END there is no COIL_YIELD_FROM inside of a
 * switch of one's own, and no two stand in one line.
 *
 * A sleeping task of this kind takes some 360 bytes, one with a stack 4,600.  All
 * that takes a coroutine takes this kind too, and each can await the other: a native
 * coroutine that is yielded from has a stack for as long as it runs.
 */
#ifndef COIL_GENERATOR_H
#define COIL_GENERATOR_H

#include <coil/await.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct coil_frame coil_frame;

/* Made by COIL_GENERATOR, one for each such function. */
typedef struct coil_generator_type {
	coil_result (*resume)(coil_frame *frame);
	size_t size; /* of its frame */
	const char *name;
} coil_generator_type;

enum coil_frame_request { COIL_FRAME_RETURN, COIL_FRAME_AWAIT, COIL_FRAME_SLEEP };

/* What the macros need between two steps.  The program uses it through them. */
struct coil_frame {
	const coil_generator_type *type;
	struct coil_frame *caller; /* who yields from this one, or NULL     */
	const coil_site *site;     /* of the last COIL_YIELD_FROM            */
	void *arg;
	uint32_t line;             /* where to go on; 0: not begun           */
	uint32_t request;          /* enum coil_frame_request, of the last step */
	union {
		coil_result sent;  /* what the last COIL_YIELD_FROM gave     */
		struct {           /* or, while it waits, what it wants      */
			union {
				coil_awaitable *awaitable;
				double delay;
			};
			void *timer;
		} wanted;
	};
};

/* Begins the definition of a generator-based coroutine NAME; behind the name, the
 * variables that live across its steps. */
#define COIL_GENERATOR(name_, ...)                                             \
	struct name_##_frame {                                                 \
		coil_frame frame;                                              \
		__VA_ARGS__                                                    \
	};                                                                     \
	static coil_result name_##_step(struct name_##_frame *self);           \
	static coil_result name_##_resume(coil_frame *frame)                   \
	{                                                                      \
		return name_##_step((struct name_##_frame *)(void *)frame);    \
	}                                                                      \
	static const coil_generator_type name_ = {                             \
		name_##_resume, sizeof(struct name_##_frame), #name_           \
	};                                                                     \
	static coil_result name_##_step(struct name_##_frame *self)

/* The first and the last statement of its body. */
#define COIL_BEGIN switch (self->frame.line) { case 0:
#define COIL_END(result_) } return (result_)

/* The argument, and what the last COIL_YIELD_FROM gave: a result, or an error
 * (COIL_CANCELLED: clean up and return it). */
#define COIL_ARG (self->frame.arg)
#define COIL_SENT (self->frame.sent)

/* Ends the coroutine with a result. */
#define COIL_RETURN(result_) return (result_)

/* Awaits AWAITABLE (handed over): COIL_SENT is what it gave.  SUSPENDS if that is
 * a future or task that is not done.  (x = yield from awaitable) */
#define COIL_YIELD_FROM(awaitable_)                                            \
	COIL_YIELD_(COIL_FRAME_AWAIT, self->frame.wanted.awaitable = (awaitable_), \
		    COIL_SITE(#awaitable_, ""))

/* SUSPENDS for DELAY seconds, as coil_sleep.  (yield from asyncio.sleep(delay)) */
#define COIL_YIELD_FROM_SLEEP(delay_)                                          \
	COIL_YIELD_(COIL_FRAME_SLEEP, self->frame.wanted.delay = (delay_),     \
		    COIL_SITE("sleep", #delay_))

#define COIL_YIELD_(request_, want_, site_)                                    \
	do {                                                                   \
		want_;                                                         \
		self->frame.request = (request_);                              \
		self->frame.site = (site_);                                    \
		self->frame.line = __LINE__;                                   \
		return coil_ok(NULL);                                          \
	case __LINE__:;                                                        \
	} while (0)

/* A coroutine object of the generator kind, not started; ARG is borrowed.  The same
 * in all else as coil_coro.
 * Errors: NULL with COIL_MEMORY.  Does not suspend.  (countdown("AAA")) */
#define coil_generator(name_, arg)                                             \
	coil_generator_site(&(name_), (arg), COIL_SITE(#name_, #arg))
COIL_API coil_coroutine *coil_generator_site(const coil_generator_type *type,
	const void *arg, const coil_site *site);

#ifdef __cplusplus
}
#endif
#endif
