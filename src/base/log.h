/* SPDX-License-Identifier: MIT
 *
 * What the library itself logs (<coil/log.h>): each message whole, and in one record,
 * so that those of several threads do not mix.  Not for signal handlers.
 */
#ifndef COIL_BASE_LOG_H
#define COIL_BASE_LOG_H

#include <stdarg.h>

#include <coil/log.h>

/* "coil: MESSAGE", an error. */
void coil__log(const char *format, ...) COIL_PRINTF(1, 2);

/* "coil: FILE:LINE: in FUNCTION: MESSAGE": an error for a misuse of the library, a
 * warning for what Python warns of. */
void coil__log_misuse(const coil_site *site, const char *format, ...) COIL_PRINTF(2, 3);
void coil__log_warning(const coil_site *site, const char *format, ...) COIL_PRINTF(2, 3);

/* TEXT, of LENGTH bytes and a NUL behind them. */
void coil__log_text(const coil_site *site, int level, const char *text, size_t length);

/* This thread is in a handler from now on, or not any more: what it logs is dropped. */
void coil__log_silence(bool silent);

/* Around a fork: takes the locks of all queues, and lets them go; in the child they are
 * orphans. */
void coil__log_queues_lock(void);
void coil__log_queues_unlock(void);
void coil__log_queues_orphan(void);

#endif
