/* SPDX-License-Identifier: MIT
 *
 * Three computations, interleaved, and the list of their results.
 */
#include <coil.h>
#include <inttypes.h>
#include <stdio.h>

struct arguments {
	const char *name;
	int number;
};

static coil_result factorial(void *arg)
{
	struct arguments *a = arg;
	int64_t f = 1;

	for (int i = 2; i <= a->number; i++) {
		printf("Task %s: Compute factorial(%d), currently i=%d...\n",
		       a->name, a->number, i);
		coil_result r = coil_sleep(1);
		if (r.error)
			return r;
		f *= i;
	}
	printf("Task %s: factorial(%d) = %" PRId64 "\n", a->name, a->number, f);
	return coil_number(f);
}

static void print_list(const coil_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		printf("%s%" PRId64, i ? ", " : "[", list->items[i].number);
	printf("]\n");
}

static coil_result amain(void *unused)
{
	(void)unused;
	coil_result r = coil_await(coil_gather(
		coil_coro_copy(factorial, &(struct arguments){ "A", 2 }),
		coil_coro_copy(factorial, &(struct arguments){ "B", 3 }),
		coil_coro_copy(factorial, &(struct arguments){ "C", 4 })));
	if (r.error)
		return r;
	print_list(r.value);
	return coil_ok(NULL);
}

int main(void)
{
	return coil_exit_status(coil_run(coil_coro(amain, NULL)));
}
