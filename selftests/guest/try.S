/* SPDX-License-Identifier: MIT */
/*
 * The instructions under test, one function each in pages that user mode may
 * execute, and what runs them.
 */
#include <rt/rt_asm.h>

#define USER_DS	0x23
#define USER_CS	0x2B

/* Offsets in struct attempt. */
#define A_RAX		0
#define A_RBX		8
#define A_RCX		16
#define A_RDX		24
#define A_RSI		32
#define A_RDI		40
#define A_RFLAGS	48

	.section .text.user, "ax"
	.balign 4096
	.globl guest_user_text, guest_user_text_end
guest_user_text:

.macro INSN name:req, text:vararg
	.globl insn_\name
insn_\name:
	\text
	ret
.endm

	INSN pvalidate, .byte 0xF2, 0x0F, 0x01, 0xFF
	INSN rmpadjust, .byte 0xF3, 0x0F, 0x01, 0xFE
	INSN rmpquery, .byte 0xF3, 0x0F, 0x01, 0xFD
	INSN read, movq (%rax), %rcx
	INSN write, movl %ecx, (%rax)
	INSN call, call *%rax
	INSN cpuid, cpuid
	INSN rdmsr, rdmsr
	INSN wrmsr, wrmsr
	INSN in, inb %dx, %al
	INSN in_imm, inb $0x80, %al
	INSN inw, inw %dx, %ax
	INSN inl, inl %dx, %eax
	INSN out, outb %al, %dx
	INSN out_imm, outb %al, $0x80
	INSN outw, outw %ax, %dx
	INSN outl, outl %eax, %dx
	INSN ins, insb
	INSN insl, insl
	INSN rep_ins, rep insb
	INSN outs, outsb
	INSN outsw, outsw
	INSN rep_outs, rep outsb
	INSN hlt, hlt
	INSN rdpmc, rdpmc
	INSN rdtsc, rdtsc
	INSN rdtscp, rdtscp
	INSN vmmcall, vmmcall
	INSN vmcall, vmcall
	INSN tdcall, .byte 0x66, 0x0F, 0x01, 0xCC
	INSN seamcall, .byte 0x66, 0x0F, 0x01, 0xCF
	INSN vmlaunch, vmlaunch
	INSN vmxoff, vmxoff
	INSN vmrun, vmrun
	INSN stgi, stgi
	INSN wbinvd, wbinvd
	INSN invd, invd
	INSN monitor, monitor
	INSN mwait, mwait
	INSN read_dr7, movq %dr7, %rax
	INSN write_dr7, movq %rax, %dr7
	INSN read_cr0, movq %cr0, %rax
	INSN write_cr0, movq %rax, %cr0
	INSN lmsw, lmsw %ax
	INSN clts, clts
	INSN read_cr4, movq %cr4, %rax
	INSN write_cr4, movq %rax, %cr4
	INSN write_cr4_rdi, movq %rdi, %cr4
	INSN ud2, ud2
	INSN int3, int3
	INSN ret

	/* VMGEXIT, then RAX and RCX to the memory at RDI. */
	.globl insn_vmgexit
insn_vmgexit:
	rep; vmmcall
	movq	%rax, (%rdi)
	movq	%rcx, 8(%rdi)
	ret

	/* Where user mode returns to: the exception ends the attempt. */
guest_user_end:
	ud2
	.balign 4096
guest_user_text_end:

	.text
.macro SAVE
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rsi
	movq	%rsp, guest_attempt_rsp
.endm

.macro LOAD
	movq	A_RAX(%rsi), %rax
	movq	A_RBX(%rsi), %rbx
	movq	A_RCX(%rsi), %rcx
	movq	A_RDX(%rsi), %rdx
	movq	A_RDI(%rsi), %rdi
	movq	A_RSI(%rsi), %rsi
.endm

	/* guest_attempt_at_cpl0(insn, attempt): lib.c sees to the rest */
	.globl guest_attempt_at_cpl0
guest_attempt_at_cpl0:
	SAVE
	movq	%rdi, %r12
	LOAD
	call	*%r12
	pushfq
	popq	%r12
	xchgq	%rsi, (%rsp)
	movq	%rax, A_RAX(%rsi)
	movq	%rbx, A_RBX(%rsi)
	movq	%rcx, A_RCX(%rsi)
	movq	%rdx, A_RDX(%rsi)
	movq	%rdi, A_RDI(%rsi)
	movq	%r12, A_RFLAGS(%rsi)
	popq	A_RSI(%rsi)
	jmp	1f

	/* lib.c continues here, with guest_attempt_rsp, after an exception. */
	.globl guest_attempt_stop
guest_attempt_stop:
	addq	$8, %rsp
1:	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

	/* guest_attempt_at_cpl3(insn, attempt) */
	.globl guest_attempt_at_cpl3
guest_attempt_at_cpl3:
	SAVE
	movq	$guest_user_end, guest_user_stack + 4096 - 16
	pushq	$USER_DS
	pushq	$guest_user_stack + 4096 - 16
	pushq	$2
	pushq	$USER_CS
	pushq	%rdi
	LOAD
	iretq

	.bss
	.balign 4096
	.globl guest_user_stack, guest_attempt_rsp
guest_user_stack:
	.skip	4096
guest_attempt_rsp:
	.skip	8

	.section .note.GNU-stack, "", @progbits
