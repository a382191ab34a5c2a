/* SPDX-License-Identifier: MIT
 *
 * Three computations, interleaved; a list of their results.
 *
 *	async def factorial(name, number):
 *	    f = 1
 *	    for i in range(2, number + 1):
 *	        print(f"Task {name}: Compute factorial({number}), currently i={i}...")
 *	        await asyncio.sleep(1)
 *	        f *= i
 *	    print(f"Task {name}: factorial({number}) = {f}")
 *	    return f
 *
 *	async def main():
 *	    L = await asyncio.gather(
 *	        factorial("A", 2),
 *	        factorial("B", 3),
 *	        factorial("C", 4),
 *	    )
 *	    print(L)
 *
 *	asyncio.run(main())
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
	struct arguments A = { "A", 2 }, B = { "B", 3 }, C = { "C", 4 };

	(void)unused;
	coil_result r = coil_await(coil_gather(coil_coro(factorial, &A),
	                                       coil_coro(factorial, &B),
	                                       coil_coro(factorial, &C)));
	if (r.error)
		return r;
	print_list(r.value);
	return coil_ok(NULL);
}

int main(void)
{
	return coil_exit_status(coil_run(coil_coro(amain, NULL)));
}
