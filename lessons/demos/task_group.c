/* SPDX-License-Identifier: MIT
 *
 * A task group: when one of its tasks fails, the others are cancelled, and nothing is
 * left running behind it.
 *
 *	async def good():
 *	    try:
 *	        await asyncio.sleep(2)
 *	    except asyncio.CancelledError:
 *	        print("good: cancelled")
 *	        raise
 *
 *	async def bad():
 *	    await asyncio.sleep(1)
 *	    raise ValueError("bad has failed")
 *
 *	async def main():
 *	    try:
 *	        async with asyncio.TaskGroup() as group:
 *	            group.create_task(good())
 *	            group.create_task(bad())
 *	    except* ValueError as errors:
 *	        print("main:", errors.exceptions[0])
 *
 *	asyncio.run(main())
 */
#include <coil.h>
#include <stdio.h>

static coil_result good(void *unused)
{
	(void)unused;
	coil_result r = coil_sleep(2);
	if (r.error == COIL_CANCELLED)
		printf("good: cancelled\n");
	return r;
}

static coil_result bad(void *unused)
{
	(void)unused;
	coil_result r = coil_sleep(1);
	if (r.error)
		return r;
	return coil_raise(COIL_VALUE, "bad has failed");
}

static coil_result amain(void *unused)
{
	(void)unused;
	coil_task_group *group = coil_task_group_new();
	coil_result r = coil_task_group_enter(group);

	if (!r.error) {
		coil_task_group_create_task(group, coil_coro(good, NULL));
		coil_task_group_create_task(group, coil_coro(bad, NULL));
	}
	r = coil_task_group_exit(group, r);
	if (r.error != COIL_EXCEPTION_GROUP)
		return r;
	printf("main: %s\n", coil_error_message(coil_exception_group_item(r, 0)));
	return coil_ok(NULL);
}

int main(void)
{
	return coil_exit_status(coil_run(coil_coro(amain, NULL)));
}
