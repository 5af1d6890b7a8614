/* SPDX-License-Identifier: MIT */
/*
 * void vmrun(struct vcpu *v): one entry into the guest. Called with interrupts
 * off; comes back so, with whatever ended the guest still pending. VMRUN
 * switches neither general registers (but RAX and RSP) nor what VMLOAD and
 * VMSAVE cover (FS, GS, TR, LDTR, syscall and sysenter MSRs).
 */
	.text
	.globl vmrun
	.type vmrun, @function

	.set VCPU_VMCB, 16 * 8
	.set VCPU_HOST_VMCB, 17 * 8

vmrun:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rdi

	/* the host's part, so that it can be put back */
	mov	VCPU_HOST_VMCB(%rdi), %rax
	vmsave	%rax

	mov	VCPU_VMCB(%rdi), %rax
	push	%rax
	mov	1 * 8(%rdi), %rcx
	mov	2 * 8(%rdi), %rdx
	mov	3 * 8(%rdi), %rbx
	mov	5 * 8(%rdi), %rbp
	mov	6 * 8(%rdi), %rsi
	mov	8 * 8(%rdi), %r8
	mov	9 * 8(%rdi), %r9
	mov	10 * 8(%rdi), %r10
	mov	11 * 8(%rdi), %r11
	mov	12 * 8(%rdi), %r12
	mov	13 * 8(%rdi), %r13
	mov	14 * 8(%rdi), %r14
	mov	15 * 8(%rdi), %r15
	mov	7 * 8(%rdi), %rdi

	clgi
	sti			/* a pending interrupt ends the guest at once */
	vmload	%rax
	vmrun	%rax
	vmsave	%rax
	cli
	/* RAX and RSP are the host's again: RAX as it was at VMRUN */
	push	%rdi
	mov	16(%rsp), %rdi	/* v: above are %rdi and the VMCB */
	mov	%rcx, 1 * 8(%rdi)
	mov	%rdx, 2 * 8(%rdi)
	mov	%rbx, 3 * 8(%rdi)
	mov	%rbp, 5 * 8(%rdi)
	mov	%rsi, 6 * 8(%rdi)
	mov	%r8, 8 * 8(%rdi)
	mov	%r9, 9 * 8(%rdi)
	mov	%r10, 10 * 8(%rdi)
	mov	%r11, 11 * 8(%rdi)
	mov	%r12, 12 * 8(%rdi)
	mov	%r13, 13 * 8(%rdi)
	mov	%r14, 14 * 8(%rdi)
	mov	%r15, 15 * 8(%rdi)
	pop	%rcx
	mov	%rcx, 7 * 8(%rdi)

	mov	VCPU_HOST_VMCB(%rdi), %rax
	vmload	%rax
	stgi

	add	$16, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size vmrun, . - vmrun
	.section .note.GNU-stack, "", @progbits
