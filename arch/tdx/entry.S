/* SPDX-License-Identifier: MIT */
/*
 * Entry of the boot CPU: slot 0 of the trampoline leads here, in 64-bit mode
 * with the trampoline's tables and the stack below.
 */
#define STACK_SIZE	0x4000

	.section .text.entry, "ax"
	.globl	tdx_boot_entry
tdx_boot_entry:
	xorl	%ebp, %ebp
	call	tdx_main
	ud2

	.bss
	.balign	4096
	.skip	STACK_SIZE
	.globl	tdx_boot_stack
tdx_boot_stack:

	.section .note.GNU-stack, "", @progbits
