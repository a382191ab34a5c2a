/* SPDX-License-Identifier: MIT
 *
 * What the tests of the runtime share.  A test is a small program of callbacks
 * and coroutines that note words; at its end the whole log is compared with the
 * one that CPython 3.13 gives for the same program.
 *
 * A ticker is a callback that schedules itself.  Started first, it is the first to
 * run in every iteration, so that `iteration` is the number of the one that runs
 * and note_at("B") gives "B@3".  It keeps the ready queue from ever being
 * empty, and so a virtual clock from jumping.
 */
#ifndef TESTS_JOURNAL_H
#define TESTS_JOURNAL_H

#include <coil.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "harness.h"

#define LOG_BYTES 65536
#define LOG_UNUSED __attribute__((unused))

static char log_text[LOG_BYTES];
static size_t log_used;
static unsigned iteration;

/* Appends a word, with a blank in front unless it is the first. */
LOG_UNUSED __attribute__((format(printf, 1, 2)))
static void note(const char *format, ...)
{
	size_t room = LOG_BYTES - log_used;
	va_list args;
	int n;

	if (log_used && room > 1) {
		log_text[log_used++] = ' ';
		room--;
	}
	va_start(args, format);
	n = vsnprintf(log_text + log_used, room, format, args);
	va_end(args);
	log_used += (size_t)n < room ? (size_t)n : room - 1;
}

/* A word and the iteration it was noted in. */
LOG_UNUSED static void note_at(const char *word)
{
	note("%s@%u", word, iteration);
}

/* The log since the last call. */
LOG_UNUSED static const char *log_take(void)
{
	static char taken[LOG_BYTES];

	memcpy(taken, log_text, log_used);
	taken[log_used] = '\0';
	log_used = 0;
	return taken;
}

#define CHECK_LOG(expected) CHECK_STR(log_take(), expected)

/* A result that is this error. */
#define CHECK_ERROR(result, code)                                              \
	CHECK_STR(coil_error_name((result).error), coil_error_name(code))

/* A call that gave NULL or false, and its error and message. */
#define CHECK_LAST_ERROR(code, message)                                        \
	do {                                                                   \
		coil_result last_ = coil_last_error();                         \
		CHECK_ERROR(last_, code);                                      \
		CHECK_STR(coil_error_message(last_), message);                 \
	} while (0)

/* ---- callbacks that most tests need ------------------------------------ */

LOG_UNUSED static coil_result say(void *word)
{
	note("%s", (char *)word);
	return coil_ok(NULL);
}

LOG_UNUSED static coil_result say_at(void *word)
{
	note_at(word);
	return coil_ok(NULL);
}

LOG_UNUSED static coil_result stop(void *loop)
{
	coil_loop_stop(loop);
	return coil_ok(NULL);
}

static coil_result tick(void *loop)
{
	iteration++;
	coil_loop_call_soon(loop, tick, loop);
	return coil_ok(NULL);
}

LOG_UNUSED static void start_ticker(coil_loop *loop)
{
	iteration = 0;
	coil_loop_call_soon(loop, tick, loop);
}

/* Runs what is ready and due, and what that schedules, for N iterations. */
LOG_UNUSED static void run_iterations(coil_loop *loop, unsigned n)
{
	while (n--) {
		coil_loop_stop(loop);
		CHECK_ERROR(coil_loop_run_forever(loop), COIL_OK);
	}
}

LOG_UNUSED static coil_loop *virtual_loop(void)
{
	coil_loop *loop = coil_new_event_loop_with_clock(COIL_CLOCK_VIRTUAL);

	CHECK(loop != NULL);
	return loop;
}

/* Runs MAIN(NULL) as the main task of a new loop to its end, and closes the loop.
 * Result: its error.  On the virtual clock, which sleeps advance ... */
LOG_UNUSED static int run_virtual(coil_function main)
{
	coil_loop *loop = virtual_loop();
	int error = coil_loop_run_until_complete(loop, coil_coro(main, NULL)).error;

	CHECK_ERROR(coil_loop_close(loop), COIL_OK);
	return error;
}

/* ... or counting iterations: MAIN's first step is in iteration 1. */
LOG_UNUSED static int run_ticking(coil_function main)
{
	coil_loop *loop = virtual_loop();
	int error;

	start_ticker(loop);
	error = coil_loop_run_until_complete(loop, coil_coro(main, NULL)).error;
	CHECK_ERROR(coil_loop_close(loop), COIL_OK);
	return error;
}

#endif
