/* SPDX-License-Identifier: MIT */
/*
 * From the state of the boot image's VP context (32-bit protected mode, no
 * paging) to long mode.
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
	movq	%cr3, %rax
	orq	rt_cbit, %rax
	movq	%rax, %cr3
	jmp	rt_long

	.data
	.balign 8
	.globl rt_cbit
rt_cbit:
	.quad	0

	.bss
	.balign 4096
	.globl rt_ghcb
rt_ghcb:
	.skip	4096

/* Filled in by the IGVM loader. */
	.section .igvm, "aw"
	.balign 4096
	.globl igvm_cpuid_page
igvm_cpuid_page:
	.skip	4096

	.section .note.GNU-stack, "", @progbits
