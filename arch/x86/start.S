/* SPDX-License-Identifier: MIT */
/*
 * What the start of every platform needs and C has no words for.
 */
	.text

/* void entry_switch_stack(u64 top, void (*fn)(void)): does not return */
	.globl	entry_switch_stack
	.type	entry_switch_stack, @function
entry_switch_stack:
	movq	%rdi, %rsp
	xorl	%ebp, %ebp
	call	*%rsi
	ud2

/* Pages that the loader or igvm-build fills in; names: tools/igvm. */
	.section .igvm, "a", @progbits
	.balign	4096
.macro IGVM_PAGE name
	.globl	\name
\name:	.skip	4096
.endm
	IGVM_PAGE igvm_param_page
	IGVM_PAGE igvm_madt_page
	IGVM_PAGE igvm_memory_map_page
	IGVM_PAGE igvm_payload_page

	.section .note.GNU-stack, "", @progbits
