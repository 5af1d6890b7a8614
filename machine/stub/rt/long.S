/* SPDX-License-Identifier: MIT */
/*
 * What does not depend on whose guest it is: from long mode with an identity
 * map of the image, its GDT loaded and CS = RT_CS, to rt_main(); the interrupt
 * entry points, and the way out into a kernel.
 */
#include "rt_asm.h"

	.text
	.globl rt_long
rt_long:
	movl	$RT_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%eax, %fs
	movl	%eax, %gs
	movl	$rt_stack_top, %esp

	/* IDT: 256 gates to stubs of equal size. */
	movl	$rt_idt, %edi
	movl	$rt_stubs, %eax
	movl	$256, %ecx
7:	movw	%ax, (%rdi)
	movw	$RT_CS, 2(%rdi)
	movw	$0x8E00, 4(%rdi)
	movl	%eax, %edx
	shrl	$16, %edx
	movw	%dx, 6(%rdi)
	addl	$RT_STUB_SIZE, %eax
	addl	$16, %edi
	loop	7b
	lidt	rt_idtr

	/* TSS: the descriptor's base is split. */
	movl	$rt_tss, %eax
	movw	%ax, rt_gdt + RT_TSS + 2
	shrl	$16, %eax
	movb	%al, rt_gdt + RT_TSS + 4
	movb	%ah, rt_gdt + RT_TSS + 7
	movq	$rt_trap_stack_top, rt_tss + 4
	movl	$RT_TSS, %eax
	ltr	%ax

	xorl	%ebp, %ebp
	call	rt_main
	ud2

/*
 * rt_enter(rip, rsi): to a kernel. Interrupts are off, the segments are those
 * that Linux' 64-bit boot protocol asks for.
 */
	.globl rt_enter
rt_enter:
	xorl	%ebx, %ebx
	xorl	%ebp, %ebp
	jmp	*%rdi

/* Vectors with an error code: 8, 10-14, 17, 21, 29, 30. */
#define HAS_ERROR	0x60227D00

	.balign RT_STUB_SIZE
rt_stubs:
	.set	vector, 0
	.rept	256
	.balign RT_STUB_SIZE
	.if	(HAS_ERROR >> (vector & 31)) & (vector < 32) & 1
	.else
	pushq	$0
	.endif
	pushq	$vector
	jmp	rt_common
	.set	vector, vector + 1
	.endr

	.globl rt_common
rt_common:
	pushq	%rax
	pushq	%rbx
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%rbp
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	cld
	movq	%rsp, %rdi
	movq	%rsp, %rbp
	andq	$-16, %rsp
	call	rt_trap
	movq	%rbp, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rbp
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rbx
	popq	%rax
	addq	$16, %rsp
	iretq

	.data
	.balign 16
	.globl rt_gdtr
rt_gdt:
	.quad	0
	.quad	0
	.quad	0x00AF9B000000FFFF	/* 0x10 code */
	.quad	0x00CF93000000FFFF	/* 0x18 data */
	.quad	0x00CFF3000000FFFF	/* 0x20 user data */
	.quad	0x00AFFB000000FFFF	/* 0x28 user code */
	.quad	0x0000890000000067	/* 0x30 TSS */
	.quad	0
rt_gdtr:
	.word	. - rt_gdt - 1
	.quad	rt_gdt
	.globl rt_idtr
rt_idtr:
	.word	256 * 16 - 1
	.quad	rt_idt
	.globl rt_tss
	.balign 16
	.skip	4			/* so that RSP0 at +4 is aligned */
rt_tss:
	.skip	0x66
	.word	0x68			/* no I/O permission map */

	.bss
	.balign 4096
	.globl rt_directory, rt_image_table, rt_window, rt_pdpt, rt_pml4
	.globl rt_idt, rt_stack_top
rt_directory:
	.skip	4 * 4096
rt_image_table:
	.skip	4096
rt_window:
	.skip	4096
rt_pdpt:
	.skip	4096
rt_pml4:
	.skip	4096
rt_idt:
	.skip	4096
	.skip	16 * 1024
rt_stack_top:
	.skip	16 * 1024
rt_trap_stack_top:

	.section .note.GNU-stack, "", @progbits
