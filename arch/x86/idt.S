/* SPDX-License-Identifier: MIT */
/*
 * Exception and interrupt entry. All run on the stack of what they interrupt, except those
 * with an interrupt stack (desc.c). There is no user mode below: no swapgs.
 */
#include <x86/exception.h>

	.text

/* Vectors with an error code: APM volume 2, table 8-1. */
.macro ENTRY_POINT vector
	.balign	8
exception_\vector:
	.if (\vector != 8) && (\vector != 10) && (\vector != 11) && \
	    (\vector != 12) && (\vector != 13) && (\vector != 14) && \
	    (\vector != 17) && (\vector != 21) && (\vector != 29) && \
	    (\vector != 30)
	pushq	$0
	.endif
	pushq	$\vector
	jmp	exception_common
.endm

/* Interrupts, from vector 32: as exceptions without an error code. */
	.altmacro
	.set	i, 0
	.rept	256
	.if	i != VECTOR_HV
	ENTRY_POINT %i
	.endif
	.set	i, i + 1
	.endr

/*
 * #HV of AMD's restricted injection: the host says that it wrote to the
 * doorbell page. That page is looked at where the SVSM looks for events, so
 * there is one thing to do here: if the interrupted code is between its last
 * look and its exit to the host, send it to the window's cancel address.
 * Changes nothing else and so may nest in itself and everything else.
 */
exception_28:
	pushq	%rax
	pushq	%rcx
	movl	$__event_windows, %ecx
1:	cmpl	$__event_windows_end, %ecx
	jae	2f
	movl	(%rcx), %eax
	cmpq	%rax, 16(%rsp)
	jb	3f
	movl	4(%rcx), %eax
	cmpq	%rax, 16(%rsp)
	jae	3f
	movl	8(%rcx), %eax
	movq	%rax, 16(%rsp)
	jmp	2f
3:	addl	$12, %ecx
	jmp	1b
2:	popq	%rcx
	popq	%rax
	iretq

exception_common:
	cld
	pushq	%r15
	pushq	%r14
	pushq	%r13
	pushq	%r12
	pushq	%r11
	pushq	%r10
	pushq	%r9
	pushq	%r8
	pushq	%rdi
	pushq	%rsi
	pushq	%rbp
	pushq	%rbx
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	movq	%rsp, %rdi
	movq	%rsp, %rbx
	andq	$-16, %rsp
	call	exception_handle
	movq	%rbx, %rsp
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rbx
	popq	%rbp
	popq	%rsi
	popq	%rdi
	popq	%r8
	popq	%r9
	popq	%r10
	popq	%r11
	popq	%r12
	popq	%r13
	popq	%r14
	popq	%r15
	addq	$16, %rsp
	iretq

	.section .rodata
	.balign	4
	.globl	exception_entries
exception_entries:
.macro ENTRY_ADDRESS vector
	.long	exception_\vector
.endm
	.set	i, 0
	.rept	256
	ENTRY_ADDRESS %i
	.set	i, i + 1
	.endr

	.section .note.GNU-stack, "", @progbits
