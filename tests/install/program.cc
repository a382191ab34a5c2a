/* SPDX-License-Identifier: MIT
 *
 * A user's program in C++, for the test of the installation.
 */
#include <coil.h>
#include <cstdio>

static coil_result answer(void *arg)
{
	coil_result r = coil_sleep(1);

	return r.error ? r : coil_number(*static_cast<int *>(arg));
}

static coil_result amain(void *)
{
	int six = 6, seven = 7;
	coil_result r = coil_await(coil_gather(coil_coro(answer, &six),
	                                       coil_coro(answer, &seven)));

	if (r.error)
		return r;
	const coil_list *list = static_cast<coil_list *>(r.value);
	return coil_number(list->items[0].number * list->items[1].number);
}

int main()
{
	coil_result r = coil_run(coil_coro(amain, nullptr));

	if (!r.error)
		std::printf("%d from C++, coil %s\n", int(r.number), coil_version());
	return coil_exit_status(r);
}
