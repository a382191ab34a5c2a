/* SPDX-License-Identifier: MIT
 *
 * Results packed in one place and unpacked in another: what comes out is what went in.
 */
#include <pthread.h>

#include "faults.h"
#include "journal.h"

#include "task/keep.h"
#include "task/list.h"
#include "task/parcel.h"

/* Packs RESULT, and gives what another's keep would get of it. */
static coil_result through(coil_result result, bool is_list, bool *came_as_list)
{
	struct parcel parcel;
	coil_result unpacked, kept;
	bool list;

	CHECK(coil__parcel_pack(&parcel, result, is_list));
	unpacked = coil__parcel_unpack(&parcel, &list);
	coil__parcel_free(&parcel);
	kept = coil__keep_value(unpacked, list);
	coil__parcel_unref(unpacked, list);
	if (came_as_list)
		*came_as_list = list;
	return kept;
}

TEST(numbers_and_pointers_go_as_they_are)
{
	bool list;
	int x;

	CHECK_INT(through(coil_number(-5), false, &list).number, -5);
	CHECK(!list);
	CHECK(through(coil_ok(&x), false, &list).value == &x);
	CHECK_REAL(through(coil_real(0.5), false, &list).real, 0.5);
}

TEST(bytes_are_copied)
{
	const char data[] = "twelve bytes";
	coil_result in = coil_bytes(data, sizeof(data)), out;
	bool list;

	out = through(in, true, &list);
	CHECK(list && out.value != in.value);
	CHECK_INT(coil_bytes_size(out.value), sizeof(data));
	CHECK_STR(out.value, data);
	out = through(coil_bytes(NULL, 0), true, &list);
	CHECK(list && out.value);
	CHECK_INT(coil_bytes_size(out.value), 0);
}

TEST(an_error_without_detail)
{
	coil_result in = { .error = COIL_KEY, .exception = NULL }, out;

	out = through(in, false, NULL);
	CHECK_ERROR(out, COIL_KEY);
	CHECK(!out.exception);
}

static coil_result fails(void *unused)
{
	return coil_raise(COIL_VALUE, "x is %d", 3);
}

static coil_result awaits_it(void *depth)
{
	if (depth)
		return coil_await(coil_coro(awaits_it, (char *)depth - 1));
	return coil_await(coil_coro(fails, NULL));
}

static char *printed(coil_result r)
{
	char *text = CAPTURE_STDERR({ coil_print_exception(r, stderr); });

	return text;
}

static coil_result has_traceback(void *unused)
{
	coil_result in = coil_await(coil_coro(awaits_it, (void *)1)), out;

	out = through(in, false, NULL);
	CHECK_ERROR(out, COIL_VALUE);
	CHECK(out.exception != in.exception);
	CHECK_STR(coil_error_message(out), "x is 3");
	CHECK_STR(coil_error_site(out)->function, "fails");
	CHECK_STR(printed(out), printed(in));
	CHECK_HAS(printed(out), "awaits_it");
	in = coil_await(coil_coro(awaits_it, (void *)30)); /* more than are kept */
	CHECK_STR(printed(through(in, false, NULL)), printed(in));
	return coil_ok(NULL);
}

TEST(an_error_keeps_the_awaits_it_came_through)
{
	CHECK_INT(run_virtual(has_traceback), COIL_OK);
}

static coil_result group(const char *name, coil_result a, coil_result b)
{
	coil_result members[] = { a, b };

	return coil_raise_group(name, members, 2);
}

TEST(a_group_with_a_group_in_it)
{
	coil_result in = group("outer", coil_raise(COIL_KEY, "k"),
			       group("inner", coil_raise(COIL_TYPE, "t"),
				     coil_raise(COIL_INDEX, NULL)));
	coil_result out = through(in, false, NULL);

	CHECK_STR(printed(out), printed(in));
	CHECK_INT(coil_exception_group_count(coil_exception_group_item(out, 1)), 2);
}

/* A list with a number, an error, bytes, and a list in it. */
static struct list *mixed(void)
{
	struct list *inner = coil__list_new(1), *list = coil__list_new(5);
	coil_result bytes = coil_bytes("b", 2);

	coil__list_set(inner, 0, coil_number(9), false);
	coil__list_set(list, 0, coil_number(1), false);
	coil__list_set(list, 1, coil_raise(COIL_KEY, "k"), false);
	coil__list_set(list, 2, bytes, true);
	coil__list_set(list, 3, coil_ok(&inner->public), true);
	object_unref(inner);
	return list;
}

TEST(a_list_of_all_kinds)
{
	struct list *list = mixed();
	coil_result out;
	const coil_list *got;

	out = through(coil_ok(&list->public), true, NULL);
	object_unref(list);
	got = out.value;
	CHECK_INT(got->count, 5);
	CHECK_INT(got->items[0].number, 1);
	CHECK_STR(coil_error_message(got->items[1]), "k");
	CHECK_STR(got->items[2].value, "b");
	CHECK_INT(((coil_list *)got->items[3].value)->items[0].number, 9);
	CHECK(!got->items[4].value && !got->items[4].error);
	coil_release(got);
}

TEST(an_empty_list_is_one)
{
	struct list *list = coil__list_new(0);
	bool is_list;

	CHECK_INT(((coil_list *)through(coil_ok(&list->public), true, &is_list).value)->count, 0);
	CHECK(is_list);
	object_unref(list);
}

static coil_result nested(unsigned depth)
{
	coil_result r = coil_raise(COIL_VALUE, "leaf");

	while (depth--)
		r = coil_raise_group("g", &r, 1);
	return r;
}

TEST(what_is_nested_too_deeply_does_not_fit)
{
	struct parcel parcel;
	coil_result out = through(nested(PARCEL_DEPTH), false, NULL);
	bool is_list;

	for (int i = 0; i < PARCEL_DEPTH; i++)
		out = coil_exception_group_item(out, 0);
	CHECK_STR(coil_error_message(out), "leaf");
	CHECK(!coil__parcel_pack(&parcel, nested(PARCEL_DEPTH + 1), false));
	out = coil__parcel_unpack(&parcel, &is_list);
	CHECK_ERROR(out, COIL_RUNTIME);
	CHECK_STR(coil_error_message(out), "maximum recursion depth exceeded");
	coil__parcel_unref(out, is_list);
	coil__parcel_free(&parcel);
}

TEST(an_error_made_in_the_parcel)
{
	struct parcel parcel;
	coil_result out;
	bool is_list;

	coil__parcel_error(&parcel, COIL_OS, COIL_SITE("x", ""), "worker %d", 7);
	out = coil__parcel_unpack(&parcel, &is_list);
	CHECK_ERROR(out, COIL_OS);
	CHECK_STR(coil_error_message(out), "worker 7");
	CHECK_INT(coil_error_site(out)->line, parcel.detail->site->line);
	coil__parcel_unref(out, is_list);
	coil__parcel_free(&parcel);
}

/* ---- between threads --------------------------------------------------- */

static struct parcel crossing;

static void *pack_here(void *unused)
{
	struct list *list = mixed();

	CHECK(coil__parcel_pack(&crossing, coil_ok(&list->public), true));
	object_unref(list);
	return NULL;
}

static void *unpack_here(void *unused)
{
	coil_result r;
	bool is_list;

	r = coil__parcel_unpack(&crossing, &is_list);
	CHECK(is_list);
	CHECK_STR(coil_error_message(((coil_list *)r.value)->items[1]), "k");
	coil__parcel_unref(r, is_list);
	return NULL;
}

TEST(several_threads_read_what_one_has_packed)
{
	pthread_t threads[3];

	CHECK_INT(pthread_create(&threads[0], NULL, pack_here, NULL), 0);
	pthread_join(threads[0], NULL); /* its own list and errors are gone */
	for (int i = 0; i < 3; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, unpack_here, NULL), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	coil__parcel_free(&crossing);
}

/* ---- without memory ---------------------------------------------------- */

static void scarce(void *unused)
{
	coil_result in = group("outer", coil_raise(COIL_KEY, "k"), nested(3)), out;
	struct parcel parcel;
	bool is_list, packed = coil__parcel_pack(&parcel, in, false);

	CHECK_INT(parcel.result.error, packed ? in.error : COIL_MEMORY);
	out = coil__parcel_unpack(&parcel, &is_list);
	CHECK(out.error == in.error || out.error == COIL_MEMORY);
	CHECK(!is_list);
	if (packed && out.error == COIL_EXCEPTION_GROUP)
		CHECK_INT(coil_exception_group_count(out), coil_exception_group_count(in));
	coil__parcel_unref(out, is_list);
	coil__parcel_free(&parcel);
}

TEST(an_error_without_memory)
{
	CHECK(faults_every(FAULT_MEMORY, scarce, NULL) > 10);
}

/* Each failure is of the packing or of the unpacking: the list was made before. */
TEST(a_list_without_memory)
{
	struct list *list = mixed();
	unsigned failed = 0;

	for (unsigned n = 1;; n++, failed++) {
		struct parcel parcel;
		bool is_list;
		coil_result out;

		faults_fail(FAULT_MEMORY, n);
		coil__parcel_pack(&parcel, coil_ok(&list->public), true);
		out = coil__parcel_unpack(&parcel, &is_list);
		coil__parcel_unref(out, is_list);
		coil__parcel_free(&parcel);
		if (!faults_clear())
			break;
		CHECK_ERROR(out, COIL_MEMORY);
	}
	CHECK(failed >= 6);
	object_unref(list);
}
