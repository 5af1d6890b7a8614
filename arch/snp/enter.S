/* SPDX-License-Identifier: MIT */
/*
 * The two exits that must not happen when the host has rung the doorbell after
 * the last look at it: the event would wait for the next exit, which may never
 * come. The doorbell's flag covers the time before the window; in the window
 * #HV itself goes on at the cancel address (arch/x86/idt.S). AMD APM volume 2,
 * 15.36.16; the same rule is in the public coconut-svsm.
 */
#include <x86/exception.h>

/* struct doorbell: u16 of vector and flags, NoFurtherSignal */
#define NO_FURTHER_SIGNAL	$0x8000

	.text

/* bool snp_exit_unless_rung(const struct doorbell *doorbell) */
	.balign	16
	.globl	snp_exit_unless_rung
	.type	snp_exit_unless_rung, @function
snp_exit_unless_rung:
1:	testw	NO_FURTHER_SIGNAL, (%rdi)
	jnz	3f
	rep; vmmcall
2:	movl	$1, %eax
	ret
3:	xorl	%eax, %eax
	ret
	EVENT_WINDOW 1b, 2b, 3b

/* void snp_halt_unless_rung(const struct doorbell *doorbell) */
	.balign	16
	.globl	snp_halt_unless_rung
	.type	snp_halt_unless_rung, @function
snp_halt_unless_rung:
1:	testw	NO_FURTHER_SIGNAL, (%rdi)
	jnz	2f
	hlt
2:	ret
	EVENT_WINDOW 1b, 2b, 2b

	.section .note.GNU-stack, "", @progbits
