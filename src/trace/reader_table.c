/* SPDX-License-Identifier: MIT
 *
 * This version's names of events and tags, from the one table.
 */
#include "reader.h"

#define F(type, name)
#define T(name)

#define V(name, value, text) text,
#define ENUM(name, values) static const char *const tags_##name[] = { values };
#include "events.def"
#undef V

static const char *const tags_NONE[] = { "" };

static const struct {
	const char *name;
	const char *const *tags;
	unsigned tag_count;
} events[TRACE_TYPES] = {
#define EVENT(number, name, tag, fields, doc)                                  \
	[number] = { #name, tags_##tag, sizeof tags_##tag / sizeof *tags_##tag },
#include "events.def"
};

const char *coil__event_name(unsigned type)
{
	return type < TRACE_TYPES && events[type].name ? events[type].name : "UNKNOWN";
}

const char *coil__event_tag(unsigned type, unsigned tag)
{
	return type < TRACE_TYPES && tag < events[type].tag_count ?
		events[type].tags[tag] : "";
}
