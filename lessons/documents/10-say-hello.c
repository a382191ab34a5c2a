/* SPDX-License-Identifier: MIT
 *
 * Three sleeps of one second take one second.  The program prints its own sequence
 * diagram, as the document has it; `make trace-demo` draws the whole one.
 */
#include <coil.h>
#include <stdio.h>

static coil_result say_hello(void *arg)
{
	const char *name = arg;

	printf("say_hello_%s -> asyncio.sleep : sleep\n", name);
	double start_time = coil_time();
	coil_result r = coil_sleep(1);
	if (r.error)
		return r;
	double end_time = coil_time();
	printf("asyncio.sleep -> say_hello_%s : total(%.3f)\n", name,
	       end_time - start_time);
	return coil_ok(NULL);
}

static coil_result amain(void *unused)
{
	(void)unused;
	printf("@startuml\n");
	printf("main -> say_hello_AAA\n");
	double start_time = coil_time();
	coil_result r = coil_await(coil_gather(coil_coro(say_hello, "AAA"),
	                                       coil_coro(say_hello, "BBB"),
	                                       coil_coro(say_hello, "CCC")));
	if (r.error)
		return r;
	double end_time = coil_time();
	printf("say_hello_CCC -> main : total(%.3f)\n", end_time - start_time);
	printf("@enduml\n");
	return coil_ok(NULL);
}

int main(void)
{
	return coil_exit_status(coil_run(coil_coro(amain, NULL)));
}
