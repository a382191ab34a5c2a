/* SPDX-License-Identifier: MIT
 *
 * The context switch for x86-64, System V calling convention.
 *
 *	coil_result coil__switch(void **save, void *to, coil_result pass);
 *	                         rdi          rsi       rdx, rcx         -> rax, rdx
 *
 * Only rbx, rbp, rsp and r12-r15 survive a call, so only they are saved; the
 * caller has saved the rest if it needs it.  A context that does not run has
 * this at its saved stack pointer (asserted in switch.c):
 *
 *	offset  0    8    16   24   32   40   48
 *	        r15  r14  r13  r12  rbx  rbp  return address
 *
 * The end is an indirect jump, not a `ret`: the processor predicts where a `ret`
 * goes from the calls it has seen, and here it goes elsewhere every time.
 */
#include "coroutine/switch.h"

#ifdef COIL_SWITCH_X86_64
	.text
	.p2align 4
	.globl	coil__switch
	.hidden	coil__switch
	.type	coil__switch, @function
coil__switch:
	.cfi_startproc
	pushq	%rbp			/* save what a call preserves ...       */
	.cfi_adjust_cfa_offset 8
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	pushq	%r15
	.cfi_adjust_cfa_offset 8
	movq	%rsp, (%rdi)		/* *save = where it lies                */
	movq	%rsi, %rsp		/* from here on: the other stack        */
	movq	%rdx, %rax		/* coil__switch returns pass over there */
	movq	%rcx, %rdx		/*   (a struct of two words)            */
	popq	%r15			/* ... and take back what it had saved  */
	.cfi_adjust_cfa_offset -8
	popq	%r14
	.cfi_adjust_cfa_offset -8
	popq	%r13
	.cfi_adjust_cfa_offset -8
	popq	%r12
	.cfi_adjust_cfa_offset -8
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	popq	%rcx			/* the address it was called from       */
	.cfi_adjust_cfa_offset -8
	.cfi_register %rip, %rcx
	jmpq	*%rcx			/* return to it                         */
	.cfi_endproc
	.size	coil__switch, . - coil__switch

/* Where a new context begins: r12 holds the entry, rdx the value that was passed. */
	.p2align 4
	.globl	coil__switch_begin
	.hidden	coil__switch_begin
	.type	coil__switch_begin, @function
coil__switch_begin:
	.cfi_startproc
	.cfi_undefined %rip		/* a debugger's backtrace ends here     */
	movq	%rdx, %rdi		/* entry's argument                     */
	callq	*%r12			/* entry(pass)                          */
	ud2				/* it must not return                   */
	.cfi_endproc
	.size	coil__switch_begin, . - coil__switch_begin
#endif
	.section .note.GNU-stack, "", %progbits
