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

struct resource {
	const char *label;
	uint64_t shown;         /* its own id; or a condition's, of its lock */
	uint32_t site;          /* where it was made                 */
	bool named;             /* by a variable of the program's    */
};

struct coil__names {
	const struct coil__reader *reader;
	struct coil__map tasks;  /* id -> struct task *              */
	struct coil__map resources; /* id -> struct resource *       */
	uint32_t numbers[COIL__RESOURCE_KINDS]; /* the last of each kind's */
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
	coil__map_free(&names->resources);
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

/* A letter (of any alphabet, in UTF-8), a digit, _ or . */
static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.' || (c & 0x80);
}

/* What stands between the quotes of ARGUMENT, if it is a plain literal, or of the
 * first member of a structure that is written there: "A" of &(struct call){ "A", 2 }.
 * Its length goes to *LENGTH; NULL if there is none. */
static const char *first_literal(const char *argument, size_t *length)
{
	const char *brace = *argument == '"' ? NULL : strchr(argument, '{');
	const char *open = brace ? brace + 1 + strspn(brace + 1, " \t\n") : argument;

	*length = 0;
	if (*open++ != '"')
		return NULL;
	while (is_plain(open[*length]) || open[*length] == ' ')
		++*length;
	if (!*length || open[*length] != '"' || (!brace && open[*length + 1]))
		return NULL;
	return open;
}

/* "say_hello_AAA" of say_hello("AAA"); to be freed. */
static char *name_of_coroutine(const struct coil__reader_site *site)
{
	size_t callee = strlen(site->callee), length;
	const char *literal = first_literal(site->argument, &length);
	char *name;

	if (!literal)
		return coil__copy(site->callee, callee);
	name = coil__take(callee + length + 2, 1);
	memcpy(name, site->callee, callee);
	name[callee] = '_';
	memcpy(name + callee + 1, literal, length);
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

/* ---- resources ----------------------------------------------------------- */

/* Is TEXT a name, and one that says more than "what I was given"? */
static bool is_telling(const char *text)
{
	static const char *const empty[] = { "arg", "argument", "data", "self", "ctx" };

	if (!*text || (*text >= '0' && *text <= '9'))
		return false;
	for (const char *c = text; *c; c++)
		if (!is_plain(*c) || *c == '.')
			return false;
	for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
		if (!strcmp(text, empty[i]))
			return false;
	return true;
}

static void name_resource(struct coil__names *names, struct resource *resource,
			  const char *variable)
{
	const char *label;

	if (resource->named || !is_telling(variable))
		return;
	resource->named = true;
	label = strcmp(variable, resource->label) ? claim(names, variable) : NULL;
	if (label)
		resource->label = label;
}

/* "lock_1"; of an async generator, what it runs. */
static const char *label_new_resource(struct coil__names *names, unsigned kind,
				      const struct coil__reader_site *site)
{
	uint32_t number = ++names->numbers[kind];
	const char *what = coil__names_resource_kind(kind), *label = NULL;
	char *text;

	if (kind == TRACE_RESOURCE_ASYNC_GENERATOR && *site->callee) {
		what = site->callee;
		label = claim(names, what);
	}
	for (uint32_t round = number; !label; round++) {
		text = coil__sentence("%s_%" PRIu32, what, round);
		label = claim(names, text);
		free(text);
	}
	return label;
}

static void resource_created(struct coil__names *names, const struct coil__event *event)
{
	const struct trace_RESOURCE_CREATED *created = &event->as.RESOURCE_CREATED;
	const struct coil__reader_site *site = coil__reader_site(names->reader, created->site);
	struct resource *resource = coil__map_get(&names->resources, created->resource);
	struct resource *lock = coil__map_get(&names->resources, created->of);

	if (resource || event->tag >= COIL__RESOURCE_KINDS)
		return;
	resource = coil__take(1, sizeof *resource);
	resource->shown = created->resource;
	resource->site = created->site;
	resource->label = label_new_resource(names, event->tag, site);
	coil__map_put(&names->resources, created->resource, resource);
	if (lock && lock->site == created->site) {
		lock->shown = created->resource;
		resource->named = lock->named;
		if (lock->named)
			resource->label = lock->label;
	}
	if (!strncmp(site->callee, "new ", 4)) /* in a scenario */
		name_resource(names, resource, site->argument);
}

static struct resource *shown(const struct coil__names *names, uint64_t id)
{
	struct resource *resource = coil__map_get(&names->resources, id);

	return resource && resource->shown != id
		? coil__map_get(&names->resources, resource->shown) : resource;
}

/* Whoever stands in line has said for what: coil_lock_acquire(door). */
static void line_joined(struct coil__names *names, const struct coil__event *event)
{
	const struct trace_FUTURE_CREATED *created = &event->as.FUTURE_CREATED;
	struct resource *resource = shown(names, created->resource);

	if (resource)
		name_resource(names, resource,
			      coil__reader_site(names->reader, created->site)->callee);
}

/* ---- all of them --------------------------------------------------------- */

void coil__names_apply(struct coil__names *names, const struct coil__event *event)
{
	struct task *task;

	if (event->type == TRACE_RESOURCE_CREATED) {
		resource_created(names, event);
	} else if (event->type == TRACE_FUTURE_CREATED) {
		if (event->as.FUTURE_CREATED.resource)
			line_joined(names, event);
	} else if (event->type == TRACE_TASK_CREATED) {
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

uint64_t coil__names_shown(const struct coil__names *names, uint64_t id)
{
	const struct resource *resource = coil__map_get(&names->resources, id);

	return resource ? resource->shown : id;
}

const char *coil__names_resource(const struct coil__names *names, uint64_t id)
{
	const struct resource *resource = shown(names, id);

	return resource ? resource->label : NULL;
}

const char *coil__names_resource_kind(unsigned kind)
{
	static const char *const kinds[COIL__RESOURCE_KINDS] = {
		[TRACE_RESOURCE_EVENT] = "event",
		[TRACE_RESOURCE_LOCK] = "lock",
		[TRACE_RESOURCE_CONDITION] = "condition",
		[TRACE_RESOURCE_SEMAPHORE] = "semaphore",
		[TRACE_RESOURCE_BARRIER] = "barrier",
		[TRACE_RESOURCE_QUEUE] = "queue",
		[TRACE_RESOURCE_TIMEOUT] = "timeout",
		[TRACE_RESOURCE_TASK_GROUP] = "TaskGroup",
		[TRACE_RESOURCE_AS_COMPLETED] = "as_completed",
		[TRACE_RESOURCE_ASYNC_GENERATOR] = "async_generator",
	};

	return kind < COIL__RESOURCE_KINDS ? kinds[kind] : "resource";
}

const char *coil__names_future(unsigned kind)
{
	static const char *const kinds[] = {
		[TRACE_FUTURE_PLAIN] = "asyncio.Future",
		[TRACE_FUTURE_SLEEP] = "asyncio.sleep",
		[TRACE_FUTURE_GATHER] = "asyncio.gather",
		[TRACE_FUTURE_EVENT] = "asyncio.Event.wait",
		[TRACE_FUTURE_LOCK] = "asyncio.Lock.acquire",
		[TRACE_FUTURE_CONDITION] = "asyncio.Condition.wait",
		[TRACE_FUTURE_SEMAPHORE] = "asyncio.Semaphore.acquire",
		[TRACE_FUTURE_BARRIER] = "asyncio.Barrier.wait",
		[TRACE_FUTURE_QUEUE_GET] = "asyncio.Queue.get",
		[TRACE_FUTURE_QUEUE_PUT] = "asyncio.Queue.put",
		[TRACE_FUTURE_QUEUE_JOIN] = "asyncio.Queue.join",
		[TRACE_FUTURE_WAIT] = "asyncio.wait",
		[TRACE_FUTURE_AS_COMPLETED] = "asyncio.as_completed",
		[TRACE_FUTURE_SHIELD] = "asyncio.shield",
		[TRACE_FUTURE_TASK_GROUP] = "asyncio.TaskGroup",
		[TRACE_FUTURE_EXECUTOR] = "asyncio.run_in_executor",
		[TRACE_FUTURE_CONCURRENT] = "asyncio.wrap_future",
	};

	return kind < sizeof kinds / sizeof *kinds ? kinds[kind] : kinds[TRACE_FUTURE_PLAIN];
}

const char *coil__names_call(unsigned kind)
{
	const char *dot = strrchr(coil__names_future(kind), '.');

	return dot + 1;
}
