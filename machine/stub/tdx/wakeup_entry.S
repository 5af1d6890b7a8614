/* SPDX-License-Identifier: MIT */
/*
 * The ways to wakeup_wait(). In both cases 64-bit mode, interrupts off, and an
 * identity map of this code, which may be gone at any time.
 */
#include <rt/rt_asm.h>

	.macro OWN_TABLES
	lgdt	rt_gdtr
	lidt	rt_idtr
	movl	$rt_pml4, %eax
	movq	%rax, %cr3
	movl	$RT_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	cld
	xorl	%ebp, %ebp
	.endm

	.text
	/* From the trampoline, with the stack: ESI is the vCPU's index. */
	.globl wakeup_entry
wakeup_entry:
	OWN_TABLES
	movl	%esi, %edi
	call	wakeup_first
	call	wakeup_wait
	ud2

	/*
	 * From the operating system, without one: there is one for all, until
	 * it is known whose own this vCPU has.
	 */
	.globl wakeup_reset
wakeup_reset:
	OWN_TABLES
1:	lock btsl $0, reset_taken
	jnc	2f
	pause
	jmp	1b
2:	movl	$reset_stack_top, %esp
	call	wakeup_again
	movq	%rax, %rsp
	movl	$0, reset_taken
	call	wakeup_wait
	ud2

	.bss
	.balign 16
reset_taken:
	.skip	16
	.skip	4096
reset_stack_top:

	.section .note.GNU-stack, "", @progbits
