/* SPDX-License-Identifier: MIT */
/*
 * How the other CPUs start: from real mode to ap_main(). The first part is
 * copied to TRAMPOLINE, so its labels count from there.
 */
#include "start.h"

#define LOW(symbol)	((symbol) - trampoline_start + TRAMPOLINE)

	.section .rodata
	.globl	trampoline_start, trampoline_end, trampoline_root
	.balign	8
	.code16
trampoline_start:
	cli
	cld
	xor	%ax, %ax
	mov	%ax, %ds
	lgdtl	LOW(trampoline_gdt_pointer)
	mov	%cr0, %eax
	or	$1, %eax
	mov	%eax, %cr0
	ljmpl	$SELECTOR_CODE32, $LOW(1f)

	.code32
1:	mov	$SELECTOR_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %ss
	mov	$CR4_BITS, %eax
	mov	%eax, %cr4
	mov	LOW(trampoline_root), %eax
	mov	%eax, %cr3
	mov	$BOOT_MSR_EFER, %ecx
	rdmsr
	or	$EFER_BITS, %eax
	wrmsr
	mov	$CR0_BITS, %eax
	mov	%eax, %cr0
	ljmp	$SELECTOR_CODE, $LOW(1f)

	.code64
1:	movabs	$ap_high, %rax
	jmp	*%rax

	.balign	8
trampoline_gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* 64-bit code */
	.quad	0x00cf93000000ffff	/* data */
	.quad	0x00cf9b000000ffff	/* 32-bit code */
trampoline_gdt_pointer:
	.word	4 * 8 - 1
	.long	LOW(trampoline_gdt)
trampoline_root:
	.long	0		/* physical address of the page tables */
trampoline_end:

	.text
	.code64
ap_high:
	lgdt	gdt_pointer(%rip)
	mov	$1, %edi
	lock xadd %edi, ap_tickets(%rip)
	cmp	ap_stack_count(%rip), %edi
	jae	1f
	mov	ap_stacks(, %rdi, 8), %rsp
	call	load_segments
	xor	%ebp, %ebp
	call	ap_main
1:	cli			/* more CPUs than QEMU told of */
	hlt
	jmp	1b

	.section .note.GNU-stack, "", @progbits
