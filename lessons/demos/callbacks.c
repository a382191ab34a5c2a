/* SPDX-License-Identifier: MIT
 *
 * The loop without coroutines: what is called, and when.
 *
 *	def say(words):
 *	    print(f"{loop.time() - start:.1f} {words}")
 *
 *	def cancel(handle):
 *	    say("cancel")
 *	    handle.cancel()
 *
 *	def stop():
 *	    say("stop")
 *	    loop.stop()
 *
 *	loop = asyncio.new_event_loop()
 *	start = loop.time()
 *	loop.call_soon(say, "first")
 *	loop.call_later(0.3, say, "fourth")
 *	loop.call_later(0.2, say, "third")
 *	never = loop.call_later(0.25, say, "never")
 *	loop.call_later(0.1, cancel, never)
 *	loop.call_later(0.4, stop)
 *	loop.call_later(0.5, say, "too late")
 *	loop.call_soon(say, "second")
 *	loop.run_forever()
 *	loop.close()
 */
#include <coil.h>
#include <stdio.h>

static coil_loop *loop;
static double start;

static coil_result say(void *arg)
{
	const char *words = arg;

	printf("%.1f %s\n", coil_loop_time(loop) - start, words);
	return coil_ok(NULL);
}

static coil_result cancel(void *handle)
{
	say("cancel");
	coil_handle_cancel(handle);
	return coil_ok(NULL);
}

static coil_result stop(void *unused)
{
	(void)unused;
	say("stop");
	coil_loop_stop(loop);
	return coil_ok(NULL);
}

int main(void)
{
	loop = coil_new_event_loop();
	start = coil_loop_time(loop);
	coil_loop_call_soon(loop, say, "first");
	coil_loop_call_later(loop, 0.3, say, "fourth");
	coil_loop_call_later(loop, 0.2, say, "third");
	coil_handle *never = coil_loop_call_later(loop, 0.25, say, "never");
	coil_loop_call_later(loop, 0.1, cancel, never);
	coil_loop_call_later(loop, 0.4, stop, NULL);
	coil_loop_call_later(loop, 0.5, say, "too late");
	coil_loop_call_soon(loop, say, "second");
	int status = coil_exit_status(coil_loop_run_forever(loop));

	coil_loop_close(loop);
	return status;
}
