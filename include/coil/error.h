/* SPDX-License-Identifier: MIT
 *
 * Results and errors.
 *
 * A coroutine or callback returns a coil_result: an error code, and a value or
 * the detail of the error, in two registers.  The codes are Python's exceptions
 * and asyncio's.  The detail (message, place, and the chain of awaits that the
 * error came through) belongs to the task that it was raised in.  It stays valid
 * until that task has ended, or sixteen errors later; coil_retain() keeps it.
 *
 *	coil_result r = coil_await(task);
 *	if (r.error == COIL_VALUE)
 *		fprintf(stderr, "%s\n", coil_error_message(r));   // except ValueError as e
 *	else if (r.error)
 *		return r;                                         // pass it on
 *
 * Nothing here suspends.
 */
#ifndef COIL_ERROR_H
#define COIL_ERROR_H

#include <coil/base.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum coil_error {
#define X(code, name, text) code,
#include <coil/errors.def>
#undef X
	COIL_ERROR_COUNT,
	COIL_USER = 1000 /* a program's own codes: COIL_USER, COIL_USER + 1, ... */
};

/* What a coroutine, a callback or an awaiting call returns. */
typedef struct coil_result {
	int error; /* enum coil_error, or a program's own from COIL_USER on */
	union {
		void *value;                     /* error == 0: the value,        */
		int64_t number;                  /*   or a number, or             */
		double real;                     /*   a real, as the two agree on */
		const coil_exception *exception; /* error != 0: the detail, or NULL */
	};
} coil_result;

/* Several results, as gather gives them (in r.value).  It lives until the
 * coroutine that awaited it returns, or longer if that returns it;
 * coil_release() lets it go earlier, coil_retain() keeps it. */
typedef struct coil_list {
	size_t count;
	coil_result items[];
} coil_list;

/* Success with a value (borrowed: whose it is, is between the two sides). */
static inline coil_result coil_ok(void *value)
{
	coil_result r;

	r.error = COIL_OK;
	r.value = value;
	return r;
}

/* Success with a number. */
static inline coil_result coil_number(int64_t number)
{
	coil_result r;

	r.error = COIL_OK;
	r.number = number;
	return r;
}

/* Success with a real number. */
static inline coil_result coil_real(double real)
{
	coil_result r;

	r.error = COIL_OK;
	r.number = 0;
	r.real = real;
	return r;
}

/* Success with a copy of SIZE bytes, in .value, suitably aligned: a structure or a
 * string that a coroutine or a job returns.  It belongs to whoever gets the result, as a
 * coil_list does: it lives until the coroutine that awaited it returns; coil_retain() and
 * coil_release() apply.  Errors: COIL_MEMORY.
 *	return coil_bytes(&point, sizeof(point));            // return Point(x, y) */
COIL_API coil_result coil_bytes(const void *data, size_t size);

/* How many bytes there are, of a .value that came from coil_bytes. */
COIL_API size_t coil_bytes_size(const void *value);

/* An error with a message and the place it was raised at:
 *	return coil_raise(COIL_VALUE, "x is %d", x);
 * The message is kept up to 255 bytes.  Without memory for the detail the code
 * alone is returned.  (Python: raise ValueError(f"x is {x}")) */
#define coil_raise(error, ...)                                                 \
	coil_raise_site(COIL_SITE("coil_raise", #error), (error),              \
			COIL_FORMAT(__VA_ARGS__))
COIL_API coil_result coil_raise_site(const coil_site *site, int error,
				     const char *format, ...) COIL_PRINTF(3, 4);

/* The name of an error code: "ValueError"; "UserError" from COIL_USER on. */
COIL_API const char *coil_error_name(int error);

/* The message of an error, "" if it has none.  Borrowed, as the detail is. */
COIL_API const char *coil_error_message(coil_result result);

/* Where it was raised; NULL when that is not known (a plain cancellation). */
COIL_API const coil_site *coil_error_site(coil_result result);

/* A group of errors: one that has COUNT others in it, which may be groups too.
 * (Python: raise ExceptionGroup(message, errors)) */
#define coil_raise_group(message, errors, count)                               \
	coil_raise_group_site(COIL_SITE("coil_raise_group", #errors), (message), \
			      (errors), (count))
COIL_API coil_result coil_raise_group_site(const coil_site *site, const char *message,
					   const coil_result *errors, size_t count);

/* How many errors are in a COIL_EXCEPTION_GROUP (0 for any other error), and each of
 * them, borrowed: it lives as long as the group.  COIL_OK past the end.
 * (group.exceptions) */
COIL_API size_t coil_exception_group_count(coil_result group);
COIL_API coil_result coil_exception_group_item(coil_result group, size_t i);

/* Writes the error as Python writes a traceback: the awaits that it came
 * through, outermost first, then where it was raised, then name and message. */
COIL_API void coil_print_exception(coil_result result, FILE *file);

/* The error of the last call in this task, callback or (outside of loops)
 * thread that returned NULL; COIL_OK if there was none.  Awaiting NULL gives
 * the same error, so that coil_await(coil_gather(...)) needs no check between. */
COIL_API coil_result coil_last_error(void);

/* The exit status that Python would give: 0 for success; else it writes the
 * traceback to standard error and returns 1, or for COIL_KEYBOARD_INTERRUPT 130, as a
 * shell says of a program that Ctrl-C killed:
 *	return coil_exit_status(coil_run(coil_coro(amain, NULL))); */
COIL_API int coil_exit_status(coil_result result);

#ifdef __cplusplus
}
#endif
#endif
