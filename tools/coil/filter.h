/* SPDX-License-Identifier: MIT
 *
 * Which events are wanted: by task, type and time.  All that are given must hold;
 * of several tasks, or types, one is enough.
 */
#ifndef COIL_FILTER_H
#define COIL_FILTER_H

#include <getopt.h>
#include "trace/names.h"
#include "trace/reader.h"
#include "trace/reader_map.h"

#define FILTER_OPTIONS                                                         \
	{ "task", required_argument, NULL, 't' },                              \
	{ "type", required_argument, NULL, 'y' },                              \
	{ "from", required_argument, NULL, 'f' },                              \
	{ "to", required_argument, NULL, 'u' }

#define FILTER_HELP                                                            \
	"  --task TASK     only what TASK (a label, or an id) does, or what is\n"   \
	"                  done to it; may be given more than once\n"               \
	"  --type TYPE     only events of TYPE, as TASK_CREATED; more with commas\n" \
	"  --from SECONDS  only from this time of the trace on\n"                   \
	"  --to SECONDS    only up to this time\n"

struct filter {
	const char **tasks;     /* labels or ids, as given              */
	size_t task_count, task_room;
	bool by_type;
	bool types[TRACE_TYPES];
	double from, to;
	struct coil__map running; /* thread -> struct, whose task runs  */
};

void coil__filter_init(struct filter *filter);
void coil__filter_free(struct filter *filter);

/* Takes the option C with its VALUE.  False: it has complained. */
bool coil__filter_option(struct filter *filter, const char *command, int c,
			 const char *value);

/* To be asked of every event, in order; NAMES has been told of it before. */
bool coil__filter_wants(struct filter *filter, const struct coil__names *names,
			const struct coil__event *event);

#endif
