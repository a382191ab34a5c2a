/* SPDX-License-Identifier: MIT
 *
 * The context switch for aarch64, AAPCS64 calling convention.
 *
 *	coil_result coil__switch(void **save, void *to, coil_result pass);
 *	                         x0           x1        x2, x3           -> x0, x1
 *
 * Only x19-x29, sp and the low halves of v8-v15 survive a call (and x30 holds the
 * address to return to), so only they are saved.  A context that does not run
 * has this at its saved stack pointer (asserted in switch.c):
 *
 *	offset  0    16   32   48   64   80   96   112  128    144
 *	        x19  x21  x23  x25  x27  x29  d8   d10  d12    d14
 *	        x20  x22  x24  x26  x28  x30  d9   d11  d13    d15
 *
 * The end is `br`, not `ret`, which the processor would predict from its calls.
 */
#include "coroutine/switch.h"

#ifdef COIL_SWITCH_AARCH64
	.text
	.p2align 4
	.globl	coil__switch
	.hidden	coil__switch
	.type	coil__switch, %function
coil__switch:
	.cfi_startproc
	sub	sp, sp, #160		/* room for twenty registers            */
	.cfi_adjust_cfa_offset 160
	stp	x19, x20, [sp, #0]	/* save what a call preserves ...       */
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]	/* frame pointer, return address        */
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	mov	x9, sp			/* sp cannot be stored directly         */
	str	x9, [x0]		/* *save = where it lies                */
	mov	sp, x1			/* from here on: the other stack        */
	mov	x0, x2			/* coil__switch returns pass over there */
	mov	x1, x3			/*   (a struct of two words)            */
	ldp	x19, x20, [sp, #0]	/* ... and take back what it had saved  */
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	ldp	d8, d9, [sp, #96]
	ldp	d10, d11, [sp, #112]
	ldp	d12, d13, [sp, #128]
	ldp	d14, d15, [sp, #144]
	add	sp, sp, #160
	.cfi_adjust_cfa_offset -160
	mov	x9, x30			/* the address it was called from       */
	br	x9			/* return to it                         */
	.cfi_endproc
	.size	coil__switch, . - coil__switch

/* Where a new context begins: x19 holds the entry, x1 the value that was passed. */
	.p2align 4
	.globl	coil__switch_begin
	.hidden	coil__switch_begin
	.type	coil__switch_begin, %function
coil__switch_begin:
	.cfi_startproc
	.cfi_undefined x30		/* a debugger's backtrace ends here     */
	mov	x0, x1			/* entry's argument                     */
	blr	x19			/* entry(pass.value)                    */
	brk	#1			/* it must not return                   */
	.cfi_endproc
	.size	coil__switch_begin, . - coil__switch_begin
#endif
	.section .note.GNU-stack, "", %progbits
