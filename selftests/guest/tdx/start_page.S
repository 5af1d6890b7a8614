/* SPDX-License-Identifier: MIT */
/*
 * A reset vector of its own, which keeps what every vCPU begins with: in arrays
 * by vCPU index, which is the only register that this must trust. vCPU 0 goes
 * on as from the trampoline, whose page this stands in for; the others wait.
 */
#include <tdx/trampoline.h>

	.section .trampoline, "awx"
	.balign 4096
page:
	.long	TDX_TRAMPOLINE_MAGIC
gpaw:
	.long	0
	.quad	0, 0, 0
	.balign	16
gdt:
	.quad	0
	.quad	0
	.quad	0x00AF9B000000FFFF
	.quad	0x00CF93000000FFFF
gdtr:
	.word	. - gdt - 1
	.quad	gdt

	.code32
start:
	/* on the way only EAX and ESP change */
	movl	%esp, start_rsp(, %esi, 8)
	leal	start_rflags + 8(, %esi, 8), %esp
	pushfl
	popl	start_rflags(, %esi, 8)
	movl	%eax, start_rax(, %esi, 8)
	movl	%cr0, %eax
	movl	%eax, start_cr0(, %esi, 8)
	movl	%cr3, %eax
	movl	%eax, start_cr3(, %esi, 8)
	movl	%cr4, %eax
	movl	%eax, start_cr4(, %esi, 8)
	sgdt	start_gdtr(, %esi, 8)
	lgdt	gdtr
	movl	$TDX_TRAMPOLINE_TABLES, %eax
	movl	%eax, %cr3
	movl	%cr4, %eax
	orl	$0x20, %eax		/* PAE */
	movl	%eax, %cr4
	movl	%cr0, %eax
	orl	$0x80010000, %eax	/* PG, WP */
	movl	%eax, %cr0
	ljmp	$0x10, $long

	.code64
long:
	movl	$0x18, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
.macro KEEP name:req
	movq	%\name, start_\name(, %rsi, 8)
.endm
	KEEP	rcx
	KEEP	rdx
	KEEP	rbx
	KEEP	rbp
	KEEP	rdi
	KEEP	r8
	KEEP	r9
	KEEP	r10
	KEEP	r11
	KEEP	r12
	KEEP	r13
	KEEP	r14
	KEEP	r15
	movq	%rsi, %rax
	andl	$7, %eax
	movq	%rsi, start_rsi(, %rax, 8)
	movq	%dr6, %rax
	movq	%rax, start_dr6(, %rsi, 8)
	movq	%dr7, %rax
	movq	%rax, start_dr7(, %rsi, 8)
.macro KEEP_MSR name:req number:req
	movl	$\number, %ecx
	rdmsr
	movl	%eax, start_\name(, %rsi, 8)
	movl	%edx, start_\name + 4(, %rsi, 8)
.endm
	KEEP_MSR efer 0xC0000080
	KEEP_MSR pat 0x277
	lock incq start_count
	testl	%esi, %esi
	jnz	1f
	movl	%ebx, gpaw(%rip)
	movl	$tdx_boot_stack, %esp
	movl	$tdx_boot_entry, %eax
	jmp	*%rax
1:	pause
	jmp	1b

	.org	page + TDX_RESET_VECTOR - TDX_TRAMPOLINE, 0xF4
	jmp	start
	.org	page + 4096, 0xF4

	/* 4 GiB, identity, by 1 GiB pages. */
	.section .trampoline_tables, "aw"
	.balign 4096
	.quad	TDX_TRAMPOLINE_TABLES + 0x1000 + 0x23
	.org	4096
	.quad	0x000000E3, 0x400000E3, 0x800000E3, 0xC00000E3
	.org	2 * 4096

	.bss
	.balign 8
.macro ARRAY names:vararg
	.irp name, \names
	.globl start_\name
start_\name:
	.skip	8 * 8
	.endr
.endm
	ARRAY rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12
	ARRAY r13, r14, r15, rflags, cr0, cr3, cr4, dr6, dr7, efer, pat, gdtr
	.globl start_count
start_count:
	.skip	8

	.section .note.GNU-stack, "", @progbits
