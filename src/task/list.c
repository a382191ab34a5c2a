/* SPDX-License-Identifier: MIT
 *
 * Lists of results.  See list.h.
 */
#include <stdlib.h>

#include "task/exception.h"
#include "task/list.h"

static unsigned char *holds(struct list *list)
{
	return (unsigned char *)(list->public.items + list->public.count);
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

void coil__list_destroy(struct list *list)
{
	for (size_t i = 0; i < list->public.count; i++) {
		if (unlikely(list->public.items[i].error))
			coil__exception_unref(list->public.items[i]);
		if (holds(list)[i])
			object_unref(list_of(list->public.items[i].value));
	}
	free(list);
}
