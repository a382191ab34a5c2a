/* SPDX-License-Identifier: MIT
 *
 * Lists of results.  See list.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "task/keep.h"
#include "task/exception.h"
#include "task/list.h"

static unsigned char *holds(const struct list *list)
{
	return (unsigned char *)(uintptr_t)(list->public.items + list->public.count);
}

bool coil__list_holds(const struct list *list, size_t i)
{
	return holds(list)[i];
}

struct list *coil__list_new(size_t count)
{
	struct list *list = calloc(1, sizeof(*list) + count * (sizeof(coil_result) + 1));

	if (!list)
		return NULL;
	list->object.kind = OBJECT_LIST;
	list->object.refs = 1;
	list->public.count = count;
	return list;
}

void coil__list_set(struct list *list, size_t i, coil_result result, bool is_list)
{
	list->public.items[i] = result;
	if (unlikely(result.error))
		coil__exception_ref(result);
	if (unlikely(is_list)) {
		holds(list)[i] = true;
		object_ref(list_of(result.value));
	}
}

struct list *coil__bytes_new(const void *data, size_t size)
{
	struct list *list;

	if (size > UINT32_MAX)
		return NULL;
	list = malloc(sizeof(*list) + size);
	if (!list)
		return NULL;
	list->object = (struct object){ .kind = OBJECT_LIST, .flags = LIST_BYTES, .refs = 1,
					.spare = (uint32_t)size };
	if (size)
		memcpy(&list->public, data, size);
	return list;
}

void coil__list_destroy(struct list *list)
{
	size_t count = list->object.flags & LIST_BYTES ? 0 : list->public.count;

	for (size_t i = 0; i < count; i++) {
		if (unlikely(list->public.items[i].error))
			coil__exception_unref(list->public.items[i]);
		if (holds(list)[i])
			object_unref(list_of(list->public.items[i].value));
	}
	free(list);
}

/* ---- the program's side ---------------------------------------------- */

coil_result coil_bytes(const void *data, size_t size)
{
	struct list *list = coil__bytes_new(data, size);
	coil_result result;

	if (!list)
		return coil_raise_site(NULL, COIL_MEMORY, NULL);
	thread_register();
	result = coil__keep_value(coil_ok(&list->public), true);
	object_unref(list);
	return result;
}

size_t coil_bytes_size(const void *value)
{
	const struct list *list = value ? list_of(value) : NULL;

	return list && list->object.flags & LIST_BYTES ? list->object.spare : 0;
}
