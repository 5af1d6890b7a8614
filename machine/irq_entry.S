/* SPDX-License-Identifier: MIT */
/*
 * Entries of the IDT, 16 bytes each from irq_entries on. An interrupt may
 * arrive on the vector of an exception (a guest chose it for its device), so
 * whether the CPU pushed an error code is told by the stack: it aligns RSP to
 * 16 before it pushes 5 words, or 6 with an error code (AMD APM volume 2,
 * 8.9.3).
 */
	.text
	.globl	irq_entries
	.balign	16
irq_entries:
	.set	vector, 0
	.rept	256
	.balign	16
	test	$8, %spl
	jz	1f
	push	$0
1:	.byte	0x6a, vector	/* PUSH imm8: a longer one would not fit */
	jmp	irq_common
	.set	vector, vector + 1
	.endr
	/* an error here: an entry is longer than 16 bytes */
	.org	irq_entries + 256 * 16

	/* struct irq_frame in irq.c; the vector's upper bytes are its sign */
irq_common:
	push	%rax
	push	%rcx
	push	%rdx
	push	%rbx
	push	%rbp
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	cld
	mov	%rsp, %rdi
	mov	%rsp, %rbp
	and	$~15, %rsp
	call	irq_handle
	mov	%rbp, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rbp
	pop	%rbx
	pop	%rdx
	pop	%rcx
	pop	%rax
	add	$16, %rsp
	iretq

	.section .note.GNU-stack, "", @progbits
