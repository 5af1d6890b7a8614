/* SPDX-License-Identifier: MIT */
/*
 * A vCPU from the trampoline to a C function: RDI, called with RSI.
 */
#include <rt/rt_asm.h>

	.text
	.globl td_ap_entry
td_ap_entry:
	lgdt	rt_gdtr
	lidt	td_ap_idtr
	movl	$RT_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movq	%cr4, %rax
	orl	$0x200, %eax		/* OSFXSR */
	movq	%rax, %cr4
	movl	$rt_pml4, %eax
	movq	%rax, %cr3
	pushq	$RT_CS
	pushq	$1f
	lretq
1:	movq	%rdi, %rax
	movl	%esi, %edi
	xorl	%ebp, %ebp
	call	*%rax
	ud2

	.bss
	.balign 16
	.globl td_ap_idtr
td_ap_idtr:
	.skip	16

	.section .note.GNU-stack, "", @progbits
