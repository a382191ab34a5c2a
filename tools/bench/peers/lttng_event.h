/* SPDX-License-Identifier: MIT
 *
 * The event that lttng.c records, in the form that LTTng-UST includes several
 * times: a payload of 32 bytes, as that of an event of coil.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER coil_bench
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "lttng_event.h"
#if !defined(BENCH_LTTNG_EVENT_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define BENCH_LTTNG_EVENT_H
#include <lttng/tracepoint.h>

LTTNG_UST_TRACEPOINT_EVENT(coil_bench, event,
	LTTNG_UST_TP_ARGS(long, a, long, b, long, c, long, d),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(long, a, a)
		lttng_ust_field_integer(long, b, b)
		lttng_ust_field_integer(long, c, c)
		lttng_ust_field_integer(long, d, d)))

#endif
#include <lttng/tracepoint-event.h>
