// SPDX-License-Identifier: MIT
//
// Boost.Context: the bare switch under its fibers (jump_fcontext), there and back.
#include <boost/context/detail/fcontext.hpp>
#include <boost/version.hpp>
#include "../measure.h"

using namespace boost::context::detail;

static transfer_t other;
static char stack[65536] __attribute__((aligned(64)));

static void back(transfer_t caller)
{
	for (;;)
		caller = jump_fcontext(caller.fctx, NULL);
}

static void batch(long switches)
{
	for (long i = 0; i < switches; i += 2)
		other = jump_fcontext(other.fctx, NULL);
}

static void context(void)
{
	other.fctx = make_fcontext(stack + sizeof(stack), sizeof(stack), back);
	report("ns", measure(batch, 10000000));
}

static void version(void)
{
	printf("Boost.Context %d.%d\n", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000);
}

int main(int argc, char **argv)
{
	static const struct work work[] = {
		{ "version", version }, { "switch", context }, { NULL, NULL }
	};

	return work_main(argc, argv, work);
}
