/* SPDX-License-Identifier: MIT
 *
 * Policies: which loop factory makes new loops.
 */
#include <coil/policy.h>

#include "loop/loop.h"

const coil_event_loop_policy coil_libevent_event_loop_policy = {
	"libevent", coil_libevent_new_event_loop
};

static const coil_event_loop_policy *policy = &coil_libevent_event_loop_policy;

const coil_event_loop_policy *coil_get_event_loop_policy(void)
{
	return policy;
}

void coil_set_event_loop_policy(const coil_event_loop_policy *new_policy)
{
	policy = new_policy ? new_policy : &coil_libevent_event_loop_policy;
}

coil_loop *coil_libevent_new_event_loop(void)
{
	return coil_new_event_loop_with_clock(coil__clock_from_environment());
}

coil_loop *coil_new_event_loop(void)
{
	return policy->new_event_loop();
}
