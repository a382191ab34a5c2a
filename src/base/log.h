/* SPDX-License-Identifier: MIT
 *
 * Messages to standard error, each whole and in one write, so that those of
 * several threads do not mix.
 */
#ifndef COIL_BASE_LOG_H
#define COIL_BASE_LOG_H

#include <coil/base.h>

/* "coil: MESSAGE" */
void coil__log(const char *format, ...) COIL_PRINTF(1, 2);

/* "coil: FILE:LINE: in FUNCTION: MESSAGE", for a misuse of the library. */
void coil__log_misuse(const coil_site *site, const char *format, ...) COIL_PRINTF(2, 3);

#endif
