/* SPDX-License-Identifier: MIT */
/*
 * A bare payload as a Linux kernel: the setup header of a bzImage and the
 * 64-bit entry point, which hands over to the runtime's own start. Linux
 * Documentation/arch/x86/boot.rst.
 *
 * The runtime starts in 32-bit mode without paging. To get there is shorter
 * than a second way to set up page tables, descriptors and interrupts.
 */
#define SETUP_SECTORS	1
#define LOADED_HIGH	0x01
#define XLF_KERNEL_64	0x0001
#define CMDLINE_SIZE	255

#define CR0_PG		0x80000000

	.section .setup, "a"
	.org	0x1F1
	.byte	SETUP_SECTORS
	.word	0
	.long	svsm_syssize
	.org	0x1FE
	.word	0xAA55
	.byte	0xEB, header_end - 0x202	/* a jump: says where it ends */
	.ascii	"HdrS"
	.word	0x020F			/* protocol version */
	.org	0x211
	.byte	LOADED_HIGH
	.org	0x22C
	.long	0x7FFFFFFF		/* highest address of an initrd */
	.long	0x200000		/* alignment */
	.byte	0			/* not relocatable */
	.org	0x236
	.word	XLF_KERNEL_64
	.long	CMDLINE_SIZE
	.org	0x258
	.quad	0x1000000		/* address it wants */
	.long	svsm_init_size
	.set	header_end, . - .setup

	.section .text.svsm_entry, "ax"
	.code64
	.org	0x200
	.globl	svsm_entry
svsm_entry:
	cli
	cld
	movq	%rsi, %rbx
	movl	$svsm_bss, %edi
	movl	$rt_image_end, %ecx
	subl	%edi, %ecx
	xorl	%eax, %eax
	rep stosb
	movl	$stack_top, %esp
	movq	%rbx, %rdi
	call	svsm_handover
	lgdt	gdtr
	pushq	$0x08
	pushq	$1f
	lretq
	.code32
1:	movl	$0x10, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%cr0, %eax
	andl	$~CR0_PG, %eax
	movl	%eax, %cr0
	jmp	rt_start

	.data
	.balign	8
gdt:
	.quad	0
	.quad	0x00CF9B000000FFFF	/* 0x08 code, 32 bits */
	.quad	0x00CF93000000FFFF	/* 0x10 data */
gdtr:
	.word	. - gdt - 1
	.quad	gdt

	.bss
	.balign	16
	.skip	4096
stack_top:

	.section .note.GNU-stack, "", @progbits
