/* SPDX-License-Identifier: MIT */
/*
 * Entry of the boot CPU: 32-bit protected mode, no paging, flat segments, as
 * the IGVM file's VMSA says. With paging off every access is private. There is
 * no #VC handler yet: no CPUID, no port, no MSR that exits. Out of here in
 * long mode, with the first GiB mapped private one to one.
 */
#include <x86/exception.h>

#define MSR_EFER	0xC0000080
#define MSR_GHCB	0xC0010130
#define EFER_LME	0x100
#define CR0_PG		0x80000000
#define CR4_PAE		0x20

#define CPUID_MAX	64
#define CPUID_ENTRIES	0x10
#define CPUID_STRIDE	48
#define CPUID_EBX	28
#define CPUID_SEV	0x8000001F
#define C_BIT_MASK	0x3F

#define PTE_TABLE	0x003
#define PTE_LARGE	0x083

/* GHCB MSR protocol: terminate, set 0, reason 0 */
#define TERMINATE	0x100

#define STACK_SIZE	0x4000

	.section .text.entry, "ax"
	.code32
	.globl	image_entry
image_entry:
	cli
	cld
	/* Position of the C-bit, from the CPUID page that firmware checked. */
	movl	$igvm_cpuid_page, %esi
	movl	(%esi), %ecx
	cmpl	$CPUID_MAX, %ecx
	ja	fail32
	addl	$CPUID_ENTRIES, %esi
1:	testl	%ecx, %ecx
	jz	fail32
	cmpl	$CPUID_SEV, (%esi)
	je	2f
	addl	$CPUID_STRIDE, %esi
	decl	%ecx
	jmp	1b
2:	movl	CPUID_EBX(%esi), %ecx
	andl	$C_BIT_MASK, %ecx
	/* Upper half of a page-table entry; the bit is never below 32. */
	subl	$32, %ecx
	jb	fail32
	movl	$1, %ebp
	shll	%cl, %ebp

	movl	$boot_pdpt + PTE_TABLE, boot_pml4
	movl	%ebp, boot_pml4 + 4
	movl	$boot_pd + PTE_TABLE, boot_pdpt
	movl	%ebp, boot_pdpt + 4
	movl	$boot_pd, %edi
	movl	$PTE_LARGE, %eax
	movl	$512, %ecx
3:	movl	%eax, (%edi)
	movl	%ebp, 4(%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	decl	%ecx
	jnz	3b

	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	/* Walks are private whatever CR3 says, and it has 32 bits here. */
	movl	$boot_pml4, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$CR0_PG, %eax
	movl	%eax, %cr0

	lgdt	boot_gdt_ptr
	ljmp	$0x08, $entry64

fail32:
	movl	$MSR_GHCB, %ecx
	movl	$TERMINATE, %eax
	xorl	%edx, %edx
	wrmsr
	rep; vmmcall
	hlt
	jmp	fail32

	.code64
entry64:
	movl	$0x10, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	leaq	boot_stack + STACK_SIZE(%rip), %rsp
	xorl	%ebp, %ebp
	call	snp_main
	ud2

	.section .rodata
	.balign	8
boot_gdt:
	.quad	0
	.quad	0x00AF9A000000FFFF
	.quad	0x00CF92000000FFFF
boot_gdt_ptr:
	.word	boot_gdt_ptr - boot_gdt - 1
	.long	boot_gdt

	.bss
	.balign	4096
boot_pml4:	.skip	4096
boot_pdpt:	.skip	4096
boot_pd:	.skip	4096
boot_stack:	.skip	STACK_SIZE

/* Pages of SNP that the loader fills in; the others: arch/x86/start.S. */
	.section .igvm, "a", @progbits
	.balign	4096
.macro IGVM_PAGE name
	.globl	\name
\name:	.skip	4096
.endm
	IGVM_PAGE igvm_cpuid_page
	IGVM_PAGE igvm_secrets_page

	.section .note.GNU-stack, "", @progbits
