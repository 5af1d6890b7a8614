/* SPDX-License-Identifier: MIT */
/*
 * The TDCALL instruction, which the assembler may not know by name.
 */
#include <x86/exception.h>

#define TDCALL	.byte 0x66, 0x0F, 0x01, 0xCC

/* TDG.VP.VMCALL<Instruction.HLT>; R10 to R12 are the host's to see */
#define VMCALL_HLT		12
#define VMCALL_HLT_REGS		0x1C00

	.text

/* u64 tdx_tdcall(struct tdx_regs *regs) */
	.balign	16
	.globl	tdx_tdcall
	.type	tdx_tdcall, @function
tdx_tdcall:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rdi
	movq	0(%rdi), %rax
	movq	8(%rdi), %rcx
	movq	16(%rdi), %rdx
	movq	24(%rdi), %rbx
	movq	32(%rdi), %rsi
	movq	48(%rdi), %r8
	movq	56(%rdi), %r9
	movq	64(%rdi), %r10
	movq	72(%rdi), %r11
	movq	80(%rdi), %r12
	movq	88(%rdi), %r13
	movq	96(%rdi), %r14
	movq	104(%rdi), %r15
	movq	40(%rdi), %rdi
	TDCALL
	movq	(%rsp), %rbp
	movq	%rax, 0(%rbp)
	movq	%rcx, 8(%rbp)
	movq	%rdx, 16(%rbp)
	movq	%rbx, 24(%rbp)
	movq	%rsi, 32(%rbp)
	movq	%rdi, 40(%rbp)
	movq	%r8, 48(%rbp)
	movq	%r9, 56(%rbp)
	movq	%r10, 64(%rbp)
	movq	%r11, 72(%rbp)
	movq	%r12, 80(%rbp)
	movq	%r13, 88(%rbp)
	movq	%r14, 96(%rbp)
	movq	%r15, 104(%rbp)
	popq	%rdi
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

/*
 * u64 tdx_halt(const bool *pending)
 *
 * What interrupts between the look at @pending and the TDCALL, which only an
 * NMI can do, continues behind it (interrupt.c).
 */
	.balign	16
	.globl	tdx_halt
	.type	tdx_halt, @function
tdx_halt:
	pushq	%r12
	xorl	%eax, %eax
	xorl	%r10d, %r10d
1:	cmpb	$0, (%rdi)
	jne	2f
	movl	$VMCALL_HLT_REGS, %ecx
	movl	$VMCALL_HLT, %r11d
	xorl	%r12d, %r12d
	sti
	TDCALL
2:	cli
	orq	%r10, %rax
	popq	%r12
	ret
	EVENT_WINDOW 1b, 2b, 2b

	.section .note.GNU-stack, "", @progbits
