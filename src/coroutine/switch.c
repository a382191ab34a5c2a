/* SPDX-License-Identifier: MIT
 *
 * New contexts for the switches in assembly, and the whole switch by ucontext for
 * every other processor.  See switch.h.
 */
#include <stdint.h>

#include "coroutine/switch.h"

#if defined(COIL_SWITCH_X86_64) || defined(COIL_SWITCH_AARCH64)

/* What the assembly pops, in the order of its offset map. */
#ifdef COIL_SWITCH_X86_64
struct saved {
	void *r15, *r14, *r13;
	void *entry; /* r12 */
	void *rbx, *rbp;
	void *resume;
	void *pad[2]; /* where the caller's frame would be; aligns the call */
};
_Static_assert(offsetof(struct saved, entry) == 24, "see switch_x86_64.S");
_Static_assert(offsetof(struct saved, resume) == 48, "see switch_x86_64.S");
/* After `resume` is popped the stack must be 16-aligned for the call. */
_Static_assert((sizeof(struct saved) - 56) % 16 == 0, "stack alignment");
#else
struct saved {
	void *entry; /* x19 */
	void *x20_to_x28[9];
	void *x29;
	void *resume; /* x30 */
	double d8_to_d15[8];
};
_Static_assert(offsetof(struct saved, resume) == 88, "see switch_aarch64.S");
_Static_assert(sizeof(struct saved) == 160, "see switch_aarch64.S");
#endif

extern char coil__switch_begin[];

void *coil__switch_prepare(void *top, size_t size, void (*entry)(void *))
{
	struct saved *saved = (struct saved *)top - 1;

	(void)size;
	*saved = (struct saved){
		.entry = (void *)(uintptr_t)entry, .resume = coil__switch_begin,
	};
	return saved;
}

#else /* ucontext */

#include <ucontext.h>

/* What the switch passes, between the two sides of it. */
static __thread coil_result passed;

/* The context lies on the stack of the one that is left, which does not run. */
coil_result coil__switch(void **save, void *to, coil_result pass)
{
	ucontext_t here;

	*save = &here;
	passed = pass;
	swapcontext(&here, to);
	return passed;
}

/* makecontext takes ints: the entry goes in two halves. */
static void begin(unsigned high, unsigned low)
{
	uintptr_t entry = (uintptr_t)((uint64_t)high << 32 | low);

	((void (*)(void *))entry)(passed.value);
}

void *coil__switch_prepare(void *top, size_t size, void (*entry)(void *))
{
	ucontext_t *context = (ucontext_t *)((uintptr_t)top & ~(uintptr_t)15) - 1;
	uint64_t address = (uintptr_t)entry;
	size_t used;

	context = (ucontext_t *)((uintptr_t)context & ~(uintptr_t)63);
	used = (size_t)((char *)top - (char *)context);
	getcontext(context);
	context->uc_stack.ss_sp = (char *)top - size;
	context->uc_stack.ss_size = size - used;
	context->uc_link = NULL;
	makecontext(context, (void (*)(void))(uintptr_t)begin, 2,
		    (unsigned)(address >> 32), (unsigned)address);
	return context;
}
#endif
