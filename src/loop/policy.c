/* SPDX-License-Identifier: MIT
 *
 * Policies: which loop factory makes new loops; and the drivers that coil was built
 * with.
 *
 * A factory takes no arguments.  So the clock that is asked for goes around it, by
 * the thread: coil_new_event_loop_with_clock says it, and the factory of coil's own at
 * the end of the way looks.  And a factory that makes its loop by coil_new_event_loop
 * is not called again for that, but gets a loop of the default policy.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <coil/policy.h>

#include "base/log.h"
#include "loop/driver.h"
#include "loop/loop.h"
#include "task/keep.h"

const coil_event_loop_policy coil_libevent_event_loop_policy = {
	"libevent", coil_libevent_new_event_loop
};
const coil_event_loop_policy coil_libuv_event_loop_policy = {
	"libuv", coil_libuv_new_event_loop
};

static const struct driver *const drivers[] = {
	&coil__driver_libevent,
#ifdef COIL_WITH_LIBUV
	&coil__driver_libuv,
#endif
};

static const coil_event_loop_policy *policy; /* NULL: the default */
static const coil_event_loop_policy *default_policy;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* What this thread is making. */
static __thread struct {
	const enum coil_clock *clock; /* NULL: the environment's    */
	bool by_policy;               /* inside of its factory      */
} making __attribute__((tls_model("initial-exec")));

#define LACKS_LIBUV "coil was built without libuv"

/* ---- which one -------------------------------------------------------- */

const struct driver *coil__driver_find(const char *name)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++)
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	return NULL;
}

/* Who asks for what is not there is told, and gets no other loop instead: his first
 * one fails. */
static void read_environment(void)
{
	const char *name = getenv("COIL_LOOP");

	default_policy = &coil_libevent_event_loop_policy;
	if (!name || !*name || strcmp(name, "libevent") == 0)
		return;
	if (strcmp(name, "libuv") == 0) {
		default_policy = &coil_libuv_event_loop_policy;
		if (!coil__driver_find("libuv"))
			coil__log("COIL_LOOP=libuv: " LACKS_LIBUV);
		return;
	}
	coil__log("COIL_LOOP=%s is neither \"libevent\" nor \"libuv\"; using libevent", name);
}

static const coil_event_loop_policy *get_default(void)
{
	pthread_once(&once, read_environment);
	return default_policy;
}

const coil_event_loop_policy *coil_get_event_loop_policy(void)
{
	return policy ? policy : get_default();
}

void coil_set_event_loop_policy(const coil_event_loop_policy *new_policy)
{
	policy = new_policy;
}

/* ---- making loops ----------------------------------------------------- */

static coil_loop *new_loop(const char *driver_name)
{
	const struct driver *driver = coil__driver_find(driver_name);

	if (!driver)
		return coil__null(COIL_NOT_IMPLEMENTED, NULL, LACKS_LIBUV);
	return coil__loop_new(driver, making.clock ? *making.clock :
						     coil__clock_from_environment());
}

coil_loop *coil_libevent_new_event_loop(void)
{
	return new_loop("libevent");
}

coil_loop *coil_libuv_new_event_loop(void)
{
	return new_loop("libuv");
}

coil_loop *coil_new_event_loop(void)
{
	coil_loop *loop;

	if (making.by_policy || !policy)
		return get_default()->new_event_loop();
	making.by_policy = true;
	loop = policy->new_event_loop();
	making.by_policy = false;
	return loop;
}

coil_loop *coil_new_event_loop_with_clock(enum coil_clock clock)
{
	const enum coil_clock *before = making.clock;
	coil_loop *loop;

	making.clock = &clock;
	loop = coil_new_event_loop();
	making.clock = before;
	return loop;
}

const char *coil_loop_get_driver(const coil_loop *loop)
{
	return loop->poller.driver ? loop->poller.driver->name : "?";
}
