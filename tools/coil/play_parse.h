/* SPDX-License-Identifier: MIT
 *
 * A scenario as the interpreter walks over it: bodies of statements, each with its
 * operation (a row of play_ops.def) and its arguments, and with the blocks in it.
 *
 *	program
 *	  news            what stands in front of the bodies, in order
 *	  bodies          coro main ... end
 *	    block         a list of statements
 *	      statement   an operation, its arguments; of a block three more lists
 *
 * Every name has a number, so that a run has its variables in an array.  Every
 * statement has a call site (coil_site), as if it were a line of C: a recording of
 * a run speaks of the scenario.
 */
#ifndef COIL_PLAY_PARSE_H
#define COIL_PLAY_PARSE_H

#include "play_arena.h"

struct statement;
struct frame;
struct call;
struct reply;
struct outcome;

/* ---- operations --------------------------------------------------------------- */

enum section { SECTION_AFTER, SECTION_BEFORE, SECTION_AROUND, SECTION_CONTROL, SECTION_BLOCK };

struct operation {
	const char *name;
	const char *arguments; /* as play_ops.def tells */
	enum section section;
	struct reply (*operate)(struct call *call);
	struct outcome (*control)(struct frame *frame, const struct statement *statement);
};

/* The operation of that name; NULL, and then *NEAREST is one that is like it, or
 * NULL. */
const struct operation *coil__find_operation(const char *name, const char **nearest);

/* The I-th of them; NULL at the end. */
const struct operation *coil__operation(size_t i);

/* ---- a program ---------------------------------------------------------------- */

/* What a variable can hold, a bit each. */
enum thing {
	THING_NONE = 0,
	THING_FUTURE = 1,
	THING_TASK = 2,
	THING_HANDLE = 4,
	THING_TIMER = 8,
	THING_EVENT = 16,
	THING_LOCK = 32,
	THING_CONDITION = 64,
	THING_SEMAPHORE = 128,
	THING_BARRIER = 256,
	THING_QUEUE = 512,
	THING_TIMEOUT = 1024,
	THING_GROUP = 2048,
};

enum argument_kind {
	ARGUMENT_THING,    /* a variable that must hold one of `wanted`     */
	ARGUMENT_ITEM,     /* the same, or @CORO, and then `body` is set    */
	ARGUMENT_VARIABLE, /* one that will be set                          */
	ARGUMENT_CORO,
	ARGUMENT_FUNC,
	ARGUMENT_VALUE,
	ARGUMENT_INT,
	ARGUMENT_DELAY,
	ARGUMENT_WORD,
};

struct argument {
	enum argument_kind kind;
	unsigned wanted;       /* enum thing                                  */
	bool many;             /* one of a list                               */
	bool none, last;       /* the words none and $                        */
	const char *word;
	size_t name;           /* the number of the word (item: without @)    */
	int64_t number;
	const struct body *body;
	const coil_site *site; /* of the coroutine that is made here          */
};

struct block {
	struct statement *first, **end;
};

struct statement {
	const struct operation *operation;
	const char *text;      /* its words, with one space between           */
	int line;
	struct argument *arguments;
	size_t count;
	const coil_site *site;
	struct statement *next;
	struct block body, handler, cleanup; /* of a block                    */
	bool has_handler, has_cleanup;       /* of a try                      */
	const char *const *classes;          /* of its except, ended by NULL  */
};

struct body {
	const char *name;
	bool is_func;
	int line;
	struct block block;
	size_t number;          /* among the bodies                           */
	const coil_site *site;  /* of main's coroutine; of a func as callback */
	struct body *next;
};

struct program {
	struct arena arena;
	const char *file;
	bool eager, unretrieved;
	uint64_t limit;
	struct block news;
	struct body *bodies, **end;
	size_t body_count;
	const struct body *main;
	const char **names;     /* by number                                  */
	size_t name_count;
	struct program *older;  /* of those that a recording points to,       */
	uint32_t generation;    /*   which this is                            */
};

#define PLAY_LIMIT 5000     /* lines of a log, if the scenario does not say  */

/* How deep blocks stand in each other, and bodies that call each other: what is
 * deeper has no room on a coroutine's stack.  The parser refuses such blocks; a run
 * with such calls is over, as at its limit. */
#define PLAY_DEPTH 200
#define PLAY_STACK (512 * 1024)

/* The program of TEXT.  NULL: *ERROR (from malloc; NULL without memory) says
 * "FILE:LINE: what is wrong". */
struct program *coil__play_parse(const char *text, size_t length, const char *file,
				 char **error);

/* While a recording is under way only the handle is given up: what was recorded
 * points to the call sites. */
void coil__play_forget(struct program *program);

#endif
