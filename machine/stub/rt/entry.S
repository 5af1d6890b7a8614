/* SPDX-License-Identifier: MIT */
/*
 * From the state of the boot image's VP context (32-bit protected mode, no
 * paging) to rt_main() in long mode, the interrupt entry points, and the way
 * out into a kernel.
 *
 * Without paging every access of an SNP guest is private, so this code may
 * read the CPUID page and write page tables before it knows the C-bit.
 */
#include "rt_asm.h"

	.section .text.entry, "ax"
	.code32
	.globl rt_start
rt_start:
	cli
	cld
	movl	$rt_stack_top, %esp

	/* C-bit position: CPUID leaf 0x8000001F, EBX[5:0]. */
	movl	$igvm_cpuid_page, %esi
	movl	(%esi), %ecx
	cmpl	$64, %ecx
	ja	no_cpuid
	addl	$16, %esi
1:	testl	%ecx, %ecx
	jz	no_cpuid
	cmpl	$0x8000001F, (%esi)
	je	2f
	addl	$48, %esi
	decl	%ecx
	jmp	1b
2:	movl	28(%esi), %ecx
	andl	$0x3F, %ecx
	subl	$32, %ecx
	jb	no_cpuid
	xorl	%ebx, %ebx
	btsl	%ecx, %ebx		/* high half of an entry with C-bit */
	movl	%ebx, rt_cbit + 4

	/* Four directories of 2 MiB pages; the last one is for devices. */
	movl	$rt_directory, %edi
	xorl	%eax, %eax
3:	movl	%eax, %edx
	orl	$0x83, %edx		/* present, writable, large */
	movl	%edx, (%edi)
	xorl	%edx, %edx
	cmpl	$0xC0000000, %eax
	jae	4f
	movl	%ebx, %edx
4:	movl	%edx, 4(%edi)
	addl	$8, %edi
	addl	$0x200000, %eax
	jnz	3b

	/* The image by 4 KiB pages. */
	movl	$rt_image_table, %edi
	movl	$RT_IMAGE + 3, %eax
	movl	$512, %ecx
5:	movl	%eax, (%edi)
	movl	%ebx, 4(%edi)
	addl	$8, %edi
	addl	$0x1000, %eax
	loop	5b
	movl	$rt_image_table + 7, rt_directory + RT_IMAGE / 0x200000 * 8
	movl	%ebx, rt_directory + RT_IMAGE / 0x200000 * 8 + 4

	/* The upper levels. */
	movl	$rt_directory + 7, %eax
	movl	$rt_pdpt, %edi
	movl	$4, %ecx
6:	movl	%eax, (%edi)
	movl	%ebx, 4(%edi)
	addl	$8, %edi
	addl	$0x1000, %eax
	loop	6b
	movl	$rt_window + 7, (%edi)
	movl	%ebx, 4(%edi)
	movl	$rt_pdpt + 7, rt_pml4
	movl	%ebx, rt_pml4 + 4

	movl	$rt_pml4, %eax
	movl	%eax, %cr3
	movl	%cr4, %eax
	orl	$0x220, %eax		/* PAE, OSFXSR */
	movl	%eax, %cr4
	movl	$0xC0000080, %ecx
	rdmsr
	orl	$0x100, %eax		/* LME */
	wrmsr
	movl	%cr0, %eax
	orl	$0x80010000, %eax	/* PG, WP */
	movl	%eax, %cr0
	lgdt	rt_gdtr
	ljmp	$RT_CS, $rt_start64

no_cpuid:
	movl	$0xC0010130, %ecx
	movl	$(0x100 | TERM_SET << 12 | TERM_NO_CPUID_PAGE << 16), %eax
	xorl	%edx, %edx
	wrmsr
	rep; vmmcall
	jmp	no_cpuid

	.code64
rt_start64:
	movl	$RT_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%eax, %fs
	movl	%eax, %gs
	movl	$rt_stack_top, %esp
	movq	%cr3, %rax
	orq	rt_cbit, %rax
	movq	%rax, %cr3

	/* IDT: 256 gates to stubs of equal size. */
	movl	$rt_idt, %edi
	movl	$rt_stubs, %eax
	movl	$256, %ecx
7:	movw	%ax, (%rdi)
	movw	$RT_CS, 2(%rdi)
	movw	$0x8E00, 4(%rdi)
	movl	%eax, %edx
	shrl	$16, %edx
	movw	%dx, 6(%rdi)
	addl	$RT_STUB_SIZE, %eax
	addl	$16, %edi
	loop	7b
	lidt	rt_idtr

	/* TSS: the descriptor's base is split. */
	movl	$rt_tss, %eax
	movw	%ax, rt_gdt + RT_TSS + 2
	shrl	$16, %eax
	movb	%al, rt_gdt + RT_TSS + 4
	movb	%ah, rt_gdt + RT_TSS + 7
	movq	$rt_trap_stack_top, rt_tss + 4
	movl	$RT_TSS, %eax
	ltr	%ax

	xorl	%ebp, %ebp
	call	rt_main
	ud2

/*
 * rt_enter(rip, rsi): to a kernel. Interrupts are off, the segments are those
 * that Linux' 64-bit boot protocol asks for.
 */
	.globl rt_enter
rt_enter:
	xorl	%ebx, %ebx
	xorl	%ebp, %ebp
	jmp	*%rdi

/* Vectors with an error code: 8, 10-14, 17, 21, 29, 30. */
#define HAS_ERROR	0x60227D00

	.balign RT_STUB_SIZE
rt_stubs:
	.set	vector, 0
	.rept	256
	.balign RT_STUB_SIZE
	.if	(HAS_ERROR >> (vector & 31)) & (vector < 32) & 1
	.else
	pushq	$0
	.endif
	pushq	$vector
	jmp	rt_common
	.set	vector, vector + 1
	.endr

	.globl rt_common
rt_common:
	pushq	%rax
	pushq	%rbx
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%rbp
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	cld
	movq	%rsp, %rdi
	movq	%rsp, %rbp
	andq	$-16, %rsp
	call	rt_trap
	movq	%rbp, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rbp
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rbx
	popq	%rax
	addq	$16, %rsp
	iretq

	.data
	.balign 16
rt_gdt:
	.quad	0
	.quad	0
	.quad	0x00AF9B000000FFFF	/* 0x10 code */
	.quad	0x00CF93000000FFFF	/* 0x18 data */
	.quad	0x00CFF3000000FFFF	/* 0x20 user data */
	.quad	0x00AFFB000000FFFF	/* 0x28 user code */
	.quad	0x0000890000000067	/* 0x30 TSS */
	.quad	0
rt_gdtr:
	.word	. - rt_gdt - 1
	.quad	rt_gdt
rt_idtr:
	.word	256 * 16 - 1
	.quad	rt_idt
	.globl rt_cbit
	.balign 8
rt_cbit:
	.quad	0
	.globl rt_tss
	.balign 16
	.skip	4			/* so that RSP0 at +4 is aligned */
rt_tss:
	.skip	0x66
	.word	0x68			/* no I/O permission map */

	.bss
	.balign 4096
	.globl rt_directory, rt_image_table, rt_window, rt_pdpt, rt_ghcb, rt_idt
rt_directory:
	.skip	4 * 4096
rt_image_table:
	.skip	4096
rt_window:
	.skip	4096
rt_pdpt:
	.skip	4096
rt_pml4:
	.skip	4096
rt_ghcb:
	.skip	4096
rt_idt:
	.skip	4096
	.skip	16 * 1024
rt_stack_top:
	.skip	16 * 1024
rt_trap_stack_top:

/* Filled in by the IGVM loader. */
	.section .igvm, "aw"
	.balign 4096
	.globl igvm_cpuid_page
igvm_cpuid_page:
	.skip	4096

	.section .note.GNU-stack, "", @progbits
