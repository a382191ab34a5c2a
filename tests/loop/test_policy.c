/* SPDX-License-Identifier: MIT
 *
 * Policies: who makes the loops.
 */
#include <pthread.h>
#include "journal.h"
#include "loop/driver.h"

#define LACKS_LIBUV "coil was built without libuv"

static bool has_libuv(void)
{
	return coil__driver_find("libuv") != NULL;
}

static void check_driver(coil_loop *loop, const char *name)
{
	REQUIRE(CHECK(loop != NULL));
	CHECK_STR(coil_loop_get_driver(loop), name);
	coil_loop_close(loop);
	CHECK_STR(coil_loop_get_driver(loop), name);
}

/* A loop of libuv, or the error that there is none. */
static void check_libuv(coil_loop *loop)
{
	if (has_libuv())
		check_driver(loop, "libuv");
	else if (CHECK(!loop))
		CHECK_LAST_ERROR(COIL_NOT_IMPLEMENTED, LACKS_LIBUV);
}

/* ---- the environment --------------------------------------------------------- */

TEST(libevent_is_the_default)
{
	unsetenv("COIL_LOOP");
	CHECK(coil_get_event_loop_policy() == &coil_libevent_event_loop_policy);
	CHECK_STR(coil_get_event_loop_policy()->name, "libevent");
	check_driver(coil_new_event_loop(), "libevent");
	check_driver(coil_new_event_loop_with_clock(COIL_CLOCK_REAL), "libevent");
	check_libuv(coil_libuv_new_event_loop());
}

TEST(COIL_LOOP_libevent)
{
	setenv("COIL_LOOP", "libevent", 1);
	check_driver(coil_new_event_loop(), "libevent");
}

TEST(COIL_LOOP_empty)
{
	setenv("COIL_LOOP", "", 1);
	check_driver(coil_new_event_loop(), "libevent");
}

TEST(COIL_LOOP_libuv)
{
	setenv("COIL_LOOP", "libuv", 1);
	CHECK_STR(CAPTURE_STDERR({
		CHECK(coil_get_event_loop_policy() == &coil_libuv_event_loop_policy);
		check_libuv(coil_new_event_loop());
		check_libuv(coil_new_event_loop_with_clock(COIL_CLOCK_VIRTUAL));
		check_driver(coil_libevent_new_event_loop(), "libevent");
	}), has_libuv() ? "" : "coil: COIL_LOOP=libuv: " LACKS_LIBUV "\n");
}

TEST(COIL_LOOP_unknown)
{
	setenv("COIL_LOOP", "epoll", 1);
	CHECK_STR(CAPTURE_STDERR({
		check_driver(coil_new_event_loop(), "libevent");
		check_driver(coil_new_event_loop(), "libevent");
	}), "coil: COIL_LOOP=epoll is neither \"libevent\" nor \"libuv\"; using libevent\n");
}

/* ---- set by the program --------------------------------------------------------- */

TEST(a_policy_that_was_set_wins_over_the_environment)
{
	setenv("COIL_LOOP", "libuv", 1);
	coil_set_event_loop_policy(&coil_libevent_event_loop_policy);
	check_driver(coil_new_event_loop(), "libevent");
	setenv("COIL_LOOP", "libevent", 1);
	coil_set_event_loop_policy(&coil_libuv_event_loop_policy);
	check_libuv(coil_new_event_loop());
	coil_set_event_loop_policy(NULL);
	check_driver(coil_new_event_loop(), "libevent");
}

TEST(the_current_loop_is_made_by_the_policy)
{
	coil_set_event_loop_policy(&coil_libuv_event_loop_policy);
	check_libuv(coil_get_event_loop());
}

static coil_loop *counting_factory(void)
{
	note("made");
	return coil_libevent_new_event_loop();
}

static const coil_event_loop_policy counting = { "counting", counting_factory };

static coil_result get_driver(void *unused)
{
	return coil_ok((void *)(uintptr_t)coil_loop_get_driver(coil_get_running_loop()));
}

TEST(a_policy_of_the_program)
{
	setenv("COIL_LOOP", "libuv", 1);
	coil_set_event_loop_policy(&counting);
	CHECK(coil_get_event_loop_policy() == &counting);
	check_driver(coil_new_event_loop(), "libevent");
	CHECK_LOG("made");
	CHECK_STR(coil_run(coil_coro(get_driver, NULL)).value, "libevent");
	CHECK_LOG("made");
	coil_set_event_loop_policy(NULL);
	CHECK(coil_get_event_loop_policy() == &coil_libuv_event_loop_policy);
}

TEST(a_loop_factory_wins_over_the_policy)
{
	coil_set_event_loop_policy(&counting);
	if (has_libuv())
		CHECK_STR(coil_run(coil_coro(get_driver, NULL),
				   .loop_factory = coil_libuv_new_event_loop).value, "libuv");
	else
		CHECK_ERROR(coil_run(coil_coro(get_driver, NULL),
				     .loop_factory = coil_libuv_new_event_loop),
			    COIL_NOT_IMPLEMENTED);
	CHECK_LOG("");
}

/* The clock that is asked for gets through any factory; other loops do not have it. */
TEST(the_clock_gets_through_a_factory)
{
	coil_loop *loop;

	setenv("COIL_CLOCK", "real", 1);
	coil_set_event_loop_policy(&counting);
	loop = coil_new_event_loop_with_clock(COIL_CLOCK_VIRTUAL);
	CHECK_LOG("made");
	CHECK_REAL(coil_loop_time(loop), 0);
	coil_loop_close(loop);
	loop = coil_new_event_loop();
	CHECK(coil_loop_time(loop) > 0);
	coil_loop_close(loop);
}

static coil_loop *factory_by_the_default(void)
{
	note("made");
	return coil_new_event_loop();
}

static coil_loop *factory_by_the_clock(void)
{
	note("made");
	return coil_new_event_loop_with_clock(COIL_CLOCK_VIRTUAL);
}

TEST(a_factory_may_call_what_calls_it)
{
	coil_loop *loop;

	unsetenv("COIL_LOOP");
	setenv("COIL_CLOCK", "real", 1);
	for (int i = 0; i < 2; i++) {
		coil_set_event_loop_policy(&(coil_event_loop_policy){
			"mine", i ? factory_by_the_clock : factory_by_the_default });
		loop = coil_new_event_loop();
		CHECK_LOG("made");
		CHECK_INT(coil_loop_time(loop) > 0, !i);
		check_driver(loop, "libevent");
	}
	coil_set_event_loop_policy(NULL);
}

static coil_loop *failing_factory(void)
{
	return NULL;
}

TEST(a_factory_that_fails)
{
	const coil_event_loop_policy failing = { "failing", failing_factory };

	coil_set_event_loop_policy(&failing);
	CHECK(!coil_new_event_loop());
	CHECK(!coil_new_event_loop_with_clock(COIL_CLOCK_VIRTUAL));
	coil_set_event_loop_policy(NULL);
	check_driver(coil_new_event_loop_with_clock(COIL_CLOCK_VIRTUAL),
		     coil_get_event_loop_policy()->name);
}

static void *make_in_thread(void *unused)
{
	check_driver(coil_new_event_loop(), "libevent");
	return NULL;
}

TEST(the_policy_is_that_of_all_threads)
{
	pthread_t thread;

	coil_set_event_loop_policy(&counting);
	CHECK_INT(pthread_create(&thread, NULL, make_in_thread, NULL), 0);
	pthread_join(thread, NULL);
	CHECK_LOG("made");
}
