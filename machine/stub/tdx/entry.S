/* SPDX-License-Identifier: MIT */
/*
 * From the trampoline, in long mode, to the common runtime; TDCALL.
 */
#include <rt/rt_asm.h>

	.section .text.entry, "ax"
	.globl tdx_boot_entry
tdx_boot_entry:
	lgdt	rt_gdtr
	movq	%cr4, %rax
	orl	$0x200, %eax		/* OSFXSR; MCE must stay set */
	movq	%rax, %cr4
	xorl	%ebp, %ebp
	call	rt_init
	jmp	rt_long

/* rt_tdcall(args): see struct tdx_args. */
	.text
	.globl rt_tdcall
rt_tdcall:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rdi
	movq	%rdi, %rax
	movq	8(%rax), %rcx
	movq	16(%rax), %rdx
	movq	24(%rax), %rbx
	movq	32(%rax), %rsi
	movq	40(%rax), %rdi
	movq	48(%rax), %r8
	movq	56(%rax), %r9
	movq	64(%rax), %r10
	movq	72(%rax), %r11
	movq	80(%rax), %r12
	movq	88(%rax), %r13
	movq	96(%rax), %r14
	movq	104(%rax), %r15
	movq	(%rax), %rax
	.byte	0x66, 0x0F, 0x01, 0xCC
	xchgq	%rax, (%rsp)
	movq	%rcx, 8(%rax)
	movq	%rdx, 16(%rax)
	movq	%rbx, 24(%rax)
	movq	%rsi, 32(%rax)
	movq	%rdi, 40(%rax)
	movq	%r8, 48(%rax)
	movq	%r9, 56(%rax)
	movq	%r10, 64(%rax)
	movq	%r11, 72(%rax)
	movq	%r12, 80(%rax)
	movq	%r13, 88(%rax)
	movq	%r14, 96(%rax)
	movq	%r15, 104(%rax)
	popq	(%rax)
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
