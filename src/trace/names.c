/* SPDX-License-Identifier: MIT
 *
 * See names.h.  Every label is kept once, in a table by its hash: a chain of
 * `struct label` for each hash, so a label that many tasks would have (before
 * the number is put behind it) is found in O(1).
 */
#include "names.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reader_map.h"
#include "reader_memory.h"

struct label {
	struct label *next;     /* of the same hash                  */
	char text[];
};

struct task {
	const char *label;
	uint32_t number;        /* N of Task-N, or 0                 */
};

struct coil__names {
	const struct coil__reader *reader;
	struct coil__map tasks;  /* id -> struct task *              */
	struct coil__map labels; /* hash -> struct label *           */
};

struct coil__names *coil__names_create(const struct coil__reader *reader)
{
	struct coil__names *names = coil__take(1, sizeof *names);

	names->reader = reader;
	return names;
}

void coil__names_destroy(struct coil__names *names)
{
	struct coil__map_entry *entry = NULL;

	while ((entry = coil__map_next(&names->labels, entry))) {
		struct label *first = entry->value, *label;

		while ((label = first->next)) { /* the first is the map's to free */
			first->next = label->next;
			free(label);
		}
	}
	coil__map_free(&names->labels);
	coil__map_free(&names->tasks);
	free(names);
}

/* ---- labels ------------------------------------------------------------ */

static uint64_t hash_of(const char *text) /* FNV-1a */
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	while (*text)
		hash = (hash ^ (unsigned char)*text++) * UINT64_C(0x100000001b3);
	return hash;
}

/* TEXT as a label, if nobody has it; else NULL. */
static const char *claim(struct coil__names *names, const char *text)
{
	uint64_t hash = hash_of(text);
	struct label *first = coil__map_get(&names->labels, hash), *label;
	size_t size = strlen(text) + 1;

	for (label = first; label; label = label->next)
		if (!strcmp(label->text, text))
			return NULL;
	label = coil__take(1, sizeof *label + size);
	memcpy(label->text, text, size);
	label->next = first;
	coil__map_put(&names->labels, hash, label);
	return label->text;
}

/* TEXT, with the number behind it if somebody has it.  (With the id as well if a
 * program has given that very name: ids are never used twice, names may be.) */
static const char *claim_unique(struct coil__names *names, const char *text,
				uint64_t id, uint32_t number)
{
	const char *label = claim(names, text);
	char *longer;

	for (unsigned round = 0; !label; round++) {
		if (round == 0 && number)
			longer = coil__sentence("%s (Task-%u)", text, number);
		else if (round <= 1)
			longer = coil__sentence("%s (task %" PRIu64 ")", text, id);
		else
			longer = coil__sentence("%s (task %" PRIu64 ", %u)", text, id,
						round);
		label = claim(names, longer);
		free(longer);
	}
	return label;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* The length of what stands between the quotes of a plain literal, or 0. */
static size_t literal_length(const char *argument)
{
	size_t length = strlen(argument);

	if (length < 3 || argument[0] != '"' || argument[length - 1] != '"')
		return 0;
	for (size_t i = 1; i < length - 1; i++)
		if (!is_plain(argument[i]))
			return 0;
	return length - 2;
}

/* "say_hello_AAA" of say_hello("AAA"); to be freed. */
static char *name_of_coroutine(const struct coil__reader_site *site)
{
	size_t callee = strlen(site->callee), literal = literal_length(site->argument);
	char *name;

	if (!literal)
		return coil__copy(site->callee, callee);
	name = coil__take(callee + literal + 2, 1);
	memcpy(name, site->callee, callee);
	name[callee] = '_';
	memcpy(name + callee + 1, site->argument + 1, literal);
	return name;
}

/* ---- events ------------------------------------------------------------ */

static const char *label_new_task(struct coil__names *names,
				  const struct coil__event *event)
{
	const struct trace_TASK_CREATED *created = &event->as.TASK_CREATED;
	const char *label;
	char *name;

	if (event->text_length)
		name = coil__copy(event->text, event->text_length);
	else if (event->tag == TRACE_TASK_MAIN)
		name = coil__copy("main", 4);
	else
		name = name_of_coroutine(coil__reader_site(names->reader,
							   created->coroutine));
	label = claim_unique(names, *name ? name : "task", created->task,
			     created->number);
	free(name);
	return label;
}

/* A task that is not known (the trace began later) is known by its new name. */
static struct task *task_of(struct coil__names *names, uint64_t id)
{
	struct task *task = coil__map_get(&names->tasks, id);

	if (!task) {
		task = coil__take(1, sizeof *task);
		coil__map_put(&names->tasks, id, task);
	}
	return task;
}

void coil__names_apply(struct coil__names *names, const struct coil__event *event)
{
	struct task *task;

	if (event->type == TRACE_TASK_CREATED) {
		task = task_of(names, event->as.TASK_CREATED.task);
		task->number = event->as.TASK_CREATED.number;
		task->label = label_new_task(names, event);
	} else if (event->type == TRACE_TASK_RENAMED && event->text_length) {
		task = task_of(names, event->as.TASK_RENAMED.task);
		if (!task->label || strcmp(task->label, event->text))
			task->label = claim_unique(names, event->text,
						   event->as.TASK_RENAMED.task,
						   task->number);
	}
}

void coil__names_read(struct coil__names *names, struct coil__reader *reader)
{
	struct coil__event event;

	coil__reader_rewind(reader);
	while (coil__reader_next(reader, &event))
		coil__names_apply(names, &event);
	coil__reader_rewind(reader);
}

const char *coil__names_task(const struct coil__names *names, uint64_t id)
{
	const struct task *task = coil__map_get(&names->tasks, id);

	return task ? task->label : NULL;
}

const char *coil__names_future(unsigned kind)
{
	switch (kind) {
	case TRACE_FUTURE_SLEEP:
		return "asyncio.sleep";
	case TRACE_FUTURE_GATHER:
		return "asyncio.gather";
	default:
		return "asyncio.Future";
	}
}
