/* SPDX-License-Identifier: MIT */
/*
 * What a vCPU executes that comes from the trampoline, at any address and in
 * any mode: it finds out which mode that is, writes what it finds in its
 * registers to the report at its end, and stops. Copied, never run in place.
 * The layout of the report is in trampoline.c.
 */
#include <tdx/trampoline.h>

#define DONE	0
#define BITS	4
#define RIP	8
#define RSP	16
#define RDI	24
#define RSI	32
#define RFLAGS	40
#define CR0	48
#define CR3	52
#define CR4	56
#define CS	60
#define DS	62
#define ES	64
#define SS	66
#define FLAT	68
#define SIZE	72

	.section .rodata
	.globl trampoline_code, trampoline_code_report, trampoline_code_end
trampoline_code:
	/*
	 * Bytes that mean one thing in each mode. 0x40 is INC in 16 and 32 bits
	 * and a prefix in 64; the operand of 0xB9 has two bytes in 16 bits and
	 * four in the others, so that 0x41 is INC in 16 bits only.
	 */
	.byte	0x31, 0xC0			/* xor eax, eax */
	.byte	0x40, 0x90			/* inc eax; nop */
	.byte	0xB9, 0x00, 0x00, 0x41, 0x90	/* mov ecx, imm; inc cx; nop */
	.byte	0x84, 0xC0			/* test al, al */
	.byte	0x74, in64 - . - 1		/* jz */
	.byte	0x84, 0xC9			/* test cl, cl */
	.byte	0x75, in16 - . - 1		/* jnz */

	.code32
	movl	%esp, %ebp
	call	1f
1:	popl	%ebx
	leal	report - 1b(%ebx), %ebx
	movl	$32, BITS(%ebx)
	leal	trampoline_code - report(%ebx), %eax
	jmp	common32

	.code64
in64:	movq	%rsp, %rbp
	call	1f
1:	popq	%rbx
	addq	$report - 1b, %rbx
	movl	$64, BITS(%rbx)
	leaq	trampoline_code - report(%rbx), %rax
	movq	%rax, RIP(%rbx)
	movq	%rbp, RSP(%rbx)
	movq	%rdi, RDI(%rbx)
	movq	%rsi, RSI(%rbx)
	pushfq
	popq	RFLAGS(%rbx)
	movq	%cr0, %rax
	movl	%eax, CR0(%rbx)
	movq	%cr3, %rax
	movl	%eax, CR3(%rbx)
	movq	%cr4, %rax
	movl	%eax, CR4(%rbx)
	movw	%cs, CS(%rbx)
	movw	%ds, DS(%rbx)
	movw	%es, ES(%rbx)
	movw	%ss, SS(%rbx)
	movl	$1, DONE(%rbx)
2:	pause
	jmp	2b

	.code16
in16:	movl	%esp, %ebp
	call	1f
1:	popw	%bx
	addw	$report - 1b, %bx
	movl	$16, BITS(%bx)
	leaw	trampoline_code - report(%bx), %ax
	movzwl	%ax, %eax
	movl	%eax, RIP(%bx)
	movl	%ebp, RSP(%bx)
	movl	%edi, RDI(%bx)
	movl	%esi, RSI(%bx)
	pushfl
	popl	RFLAGS(%bx)
	movl	%cr0, %eax
	movl	%eax, CR0(%bx)
	movl	%cr4, %eax
	movl	%eax, CR4(%bx)
	movw	%cs, CS(%bx)
	movw	%ds, DS(%bx)
	movw	%es, %es:ES(%bx)
	movw	%ss, SS(%bx)
	movl	FLAT(%bx), %ecx			/* linear address of this code */
	movl	$TDX_TRAMPOLINE_DS, %eax
	movzwl	%bp, %esp
	pushl	$TDX_TRAMPOLINE_CS32
	leal	flat - trampoline_code(%ecx), %edx
	pushl	%edx
	lretl

	.code32
flat:	movl	%eax, %ds
	leal	report - trampoline_code(%ecx), %ebx
	movl	$1, DONE(%ebx)
2:	pause
	jmp	2b

common32:
	movl	%eax, RIP(%ebx)
	movl	%ebp, RSP(%ebx)
	movl	%edi, RDI(%ebx)
	movl	%esi, RSI(%ebx)
	pushfl
	popl	RFLAGS(%ebx)
	movl	%cr0, %eax
	movl	%eax, CR0(%ebx)
	movl	%cr4, %eax
	movl	%eax, CR4(%ebx)
	movw	%cs, CS(%ebx)
	movw	%ds, DS(%ebx)
	movw	%es, ES(%ebx)
	movw	%ss, SS(%ebx)
	movl	$1, DONE(%ebx)
2:	pause
	jmp	2b

trampoline_code_report:
report:
	.skip	SIZE
trampoline_code_end:

	.section .note.GNU-stack, "", @progbits
