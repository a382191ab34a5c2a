/* SPDX-License-Identifier: MIT
 *
 * Logging (Python's logging, as far as asyncio needs it): one logger, "asyncio", with a
 * level and a handler.  All that coil has to say goes through it: what the default
 * exception handler reports, misuse of handles, what debug mode finds.
 *
 * The handler writes whole records to standard error, a write each, unless another is
 * set.  A slow place to write to (a disk, a terminal that scrolls) then blocks the
 * loop; with a queue a thread of its own writes instead:
 *
 *	coil_log_queue *queue = coil_log_queue_new(write_to_syslog, NULL, 1000);
 *
 *	coil_log_set_handler(coil_log_queue_handler, queue);
 *	...
 *	coil_log_set_handler(NULL, NULL);
 *	coil_log_queue_close(queue);
 *
 * Every function here may be called from any thread.  Nothing suspends.
 */
#ifndef COIL_LOG_H
#define COIL_LOG_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Python's levels, with its numbers. */
enum coil_log_level {
	COIL_LOG_DEBUG = 10,
	COIL_LOG_INFO = 20,
	COIL_LOG_WARNING = 30,
	COIL_LOG_ERROR = 40,
	COIL_LOG_CRITICAL = 50
};

/* One thing that was logged.  All of it is borrowed, for the time of the call.
 * (logging.LogRecord) */
typedef struct coil_log_record {
	int level;             /* enum coil_log_level, or a number between        */
	const char *logger;    /* "asyncio"                                       */
	const char *message;   /* may have several lines; no newline at its end   */
	size_t length;         /* of the message, bytes                           */
	double created;        /* seconds since 1970                              */
	long thread;           /* who logged it, as the system numbers threads    */
	const coil_site *site; /* what it is about, in the program; NULL: nothing */
} coil_log_record;

/* Must not log itself: what it logs is dropped.  May be called by several threads at
 * once.  (logging.Handler.emit) */
typedef void (*coil_log_handler)(const coil_log_record *record, void *arg);

/* Records below LEVEL are not made: COIL_LOG_WARNING, unless COIL_LOG in the
 * environment says debug, info, warning, error or critical.  (logger.setLevel) */
COIL_API void coil_log_set_level(int level);
COIL_API int coil_log_get_level(void);
/* (logger.isEnabledFor) */
COIL_API bool coil_log_is_enabled_for(int level);

/* "WARNING"; of a number between two levels, the lower one's.
 * (logging.getLevelName) */
COIL_API const char *coil_log_level_name(int level);

/* Replaces the handler; NULL restores the one that writes to standard error.  When this
 * returns, no thread is in the old one any more.  (logger.addHandler) */
COIL_API void coil_log_set_handler(coil_log_handler handler, void *arg);

/* The usual handler: the message and a newline to standard error, in one write.
 * (logging.lastResort) */
COIL_API void coil_log_stderr_handler(const coil_log_record *record, void *unused);

/* Logs, by printf.  A message is kept whole, whatever its length; without memory its
 * first 1,000 bytes are.  (logger.log, logger.error) */
#define coil_log(level, ...)                                                   \
	coil_log_site(COIL_SITE("coil_log", #level), (level), __VA_ARGS__)
COIL_API void coil_log_site(const coil_site *site, int level, const char *format, ...)
	COIL_PRINTF(3, 4);

/* ---- a thread that writes ------------------------------------------------ */

typedef struct coil_log_queue coil_log_queue;

/* Starts a thread that calls HANDLER(record, ARG) for what is queued, which is at most
 * CAPACITY records; what comes when it is full is dropped, and counted; the thread
 * logs "N messages were dropped" when there is room again.  The caller owns it.
 * Errors: NULL with COIL_VALUE (no handler, no capacity), COIL_MEMORY, COIL_OS.
 * (logging.handlers.QueueListener) */
COIL_API coil_log_queue *coil_log_queue_new(coil_log_handler handler, void *arg,
					    size_t capacity);

/* A handler that queues the record and never waits; ARG is the queue.
 * (logging.handlers.QueueHandler) */
COIL_API void coil_log_queue_handler(const coil_log_record *record, void *queue);

/* How many were dropped so far. */
COIL_API uint64_t coil_log_queue_dropped(const coil_log_queue *queue);

/* Waits until what is queued was written, ends the thread and frees the queue, which
 * must not be the handler any more.  (QueueListener.stop) */
COIL_API void coil_log_queue_close(coil_log_queue *queue);

#ifdef __cplusplus
}
#endif
#endif
