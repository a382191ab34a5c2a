/* SPDX-License-Identifier: MIT
 *
 * Results on their way between threads.  See parcel.h.
 */
#include <stdlib.h>
#include <string.h>

#include "task/list.h"
#include "task/parcel.h"

/* ---- packing --------------------------------------------------------- */

static int pack(struct parcel *parcel, coil_result result, bool is_list, unsigned depth);

static int pack_items(struct parcel *parcel, const struct list *list, unsigned depth)
{
	size_t count = list->public.count;
	int error = COIL_OK;

	if (depth == PARCEL_DEPTH)
		return COIL_RUNTIME;
	parcel->items = calloc(1, sizeof(*parcel->items) + count * sizeof(struct parcel));
	if (!parcel->items)
		return COIL_MEMORY;
	parcel->items->count = count;
	for (size_t i = 0; !error && i < count; i++)
		error = pack(&parcel->items->at[i], list->public.items[i],
			     coil__list_holds(list, i), depth + 1);
	return error;
}

static int pack_bytes(struct parcel *parcel, const void *bytes)
{
	parcel->size = coil_bytes_size(bytes);
	parcel->bytes = malloc(parcel->size ? parcel->size : 1);
	if (!parcel->bytes)
		return COIL_MEMORY;
	memcpy(parcel->bytes, bytes, parcel->size);
	return COIL_OK;
}

static int pack_error(struct parcel *parcel, const struct coil_exception *e,
		      unsigned depth)
{
	struct parcel_detail *detail = malloc(sizeof(*detail));

	if (!detail)
		return COIL_MEMORY;
	parcel->detail = detail;
	detail->site = e->site;
	detail->awaits_count = e->awaits_count;
	memcpy(detail->awaits, e->awaits, sizeof(detail->awaits));
	memcpy(detail->message, e->message, sizeof(detail->message));
	return e->members ? pack_items(parcel, e->members, depth) : COIL_OK;
}

/* Result: what is in the way, or COIL_OK; PARCEL is to be freed in any case. */
static int pack(struct parcel *parcel, coil_result result, bool is_list, unsigned depth)
{
	const struct coil_exception *e = coil__exception_of(result);
	const struct list *list = is_list ? list_of(result.value) : NULL;

	*parcel = (struct parcel){ .result = result };
	if (result.error)
		parcel->result.exception = NULL;
	if (e)
		return pack_error(parcel, e, depth);
	if (!list)
		return COIL_OK;
	parcel->result.value = NULL;
	return list->object.flags & LIST_BYTES ? pack_bytes(parcel, &list->public) :
						 pack_items(parcel, list, depth);
}

bool coil__parcel_pack(struct parcel *parcel, coil_result result, bool is_list)
{
	int error = pack(parcel, result, is_list, 0);

	if (likely(!error))
		return true;
	coil__parcel_free(parcel);
	coil__parcel_error(parcel, error, NULL, error == COIL_RUNTIME ?
			   "maximum recursion depth exceeded" : "");
	return false;
}

void coil__parcel_error(struct parcel *parcel, int error, const coil_site *site,
			const char *format, ...)
{
	va_list args;

	*parcel = (struct parcel){ .result = { .error = error } };
	parcel->detail = calloc(1, sizeof(*parcel->detail));
	if (!parcel->detail)
		return;
	parcel->detail->site = site;
	va_start(args, format);
	if (vsnprintf(parcel->detail->message, sizeof(parcel->detail->message), format,
		      args) < 0)
		parcel->detail->message[0] = '\0';
	va_end(args);
}

/* ---- unpacking ------------------------------------------------------- */

static bool unpack(const struct parcel *parcel, coil_result *result, bool *is_list);

static struct list *unpack_items(const struct parcel_list *items)
{
	struct list *list = coil__list_new(items->count);

	for (size_t i = 0; list && i < items->count; i++) {
		coil_result item;
		bool is_list;

		if (!unpack(&items->at[i], &item, &is_list)) {
			object_unref(list);
			return NULL;
		}
		coil__list_set(list, i, item, is_list);
		coil__parcel_unref(item, is_list);
	}
	return list;
}

static COIL_PRINTF(3, 4) struct coil_exception *new_error(int error, const coil_site *site,
							  const char *format, ...)
{
	struct coil_exception *e;
	va_list args;

	va_start(args, format);
	e = coil__exception_new(error, site, format, args);
	va_end(args);
	return e;
}

static struct coil_exception *unpack_error(const struct parcel *parcel)
{
	const struct parcel_detail *detail = parcel->detail;
	struct coil_exception *e = new_error(parcel->result.error, detail->site, "%s",
					     detail->message);

	if (!e)
		return NULL;
	e->awaits_count = detail->awaits_count;
	memcpy(e->awaits, detail->awaits, sizeof(e->awaits));
	if (!parcel->items)
		return e;
	e->members = unpack_items(parcel->items);
	if (e->members)
		return e;
	object_unref(e);
	return NULL;
}

/* False without memory. */
static bool unpack(const struct parcel *parcel, coil_result *result, bool *is_list)
{
	struct coil_exception *e = NULL;
	struct list *list = NULL;

	*result = parcel->result;
	*is_list = !parcel->result.error && (parcel->items || parcel->bytes);
	if (parcel->detail)
		e = unpack_error(parcel);
	else if (*is_list)
		list = parcel->items ? unpack_items(parcel->items) :
				       coil__bytes_new(parcel->bytes, parcel->size);
	if (e)
		result->exception = object_handle(e);
	if (list)
		result->value = &list->public;
	return (e || !parcel->detail) && (list || !*is_list);
}

coil_result coil__parcel_unpack(const struct parcel *parcel, bool *is_list)
{
	coil_result result;

	if (likely(unpack(parcel, &result, is_list)))
		return result;
	*is_list = false;
	return (coil_result){ .error = COIL_MEMORY };
}

void coil__parcel_unref(coil_result result, bool is_list)
{
	if (unlikely(result.error))
		coil__exception_unref(result);
	if (unlikely(is_list))
		object_unref(list_of(result.value));
}

/* ---- freeing --------------------------------------------------------- */

void coil__parcel_free(struct parcel *parcel)
{
	struct parcel_list *items = parcel->items;

	for (size_t i = 0; items && i < items->count; i++)
		coil__parcel_free(&items->at[i]);
	free(items);
	free(parcel->detail);
	free(parcel->bytes);
}
