/* SPDX-License-Identifier: MIT */
/*
 * From the multiboot loader's 32-bit mode to C in the high half, with 5-level
 * paging: below 4 GiB linear is physical, at IMAGE_VIRTUAL is the image.
 */
#include "start.h"

#define PHYSICAL(symbol)	((symbol) - IMAGE_VIRTUAL + IMAGE_LOAD)

#define MULTIBOOT_MAGIC		0x1badb002
/* modules page-aligned, memory map, addresses of the image given below */
#define MULTIBOOT_FLAGS		0x00010003

#define PAGE_TABLE		0x003	/* present, writable */
#define PAGE_2M_FLAGS		0x083

#define EXIT_CODE		0x30	/* EXIT_ERROR of machine.h */

	.section .multiboot, "ax"
	.code32
	.balign 4
multiboot_header:
	.long	MULTIBOOT_MAGIC
	.long	MULTIBOOT_FLAGS
	.long	-(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
	.long	PHYSICAL(multiboot_header)
	.long	PHYSICAL(image_start)
	.long	PHYSICAL(image_data_end)
	.long	PHYSICAL(image_end)
	.long	PHYSICAL(boot_entry)

	.section .boot, "ax"
	.code32
	.globl	boot_entry
boot_entry:
	cli
	cld
	mov	$PHYSICAL(boot_stack_end), %esp
	mov	%eax, %ebp		/* multiboot magic */
	mov	%ebx, %edi		/* multiboot information */

	/* what this code itself needs; the rest is checked in C */
	mov	$0x80000001, %eax
	cpuid
	mov	$PHYSICAL(no_long_mode), %esi
	bt	$29, %edx
	jnc	boot_fail
	mov	$PHYSICAL(no_nx), %esi
	bt	$20, %edx
	jnc	boot_fail
	xor	%eax, %eax
	cpuid
	mov	$PHYSICAL(no_la57), %esi
	cmp	$7, %eax
	jb	boot_fail
	mov	$7, %eax
	xor	%ecx, %ecx
	cpuid
	bt	$16, %ecx
	jnc	boot_fail

	/* tables are zero: bss */
	movl	$PHYSICAL(table_4_low) + PAGE_TABLE, PHYSICAL(boot_root)
	movl	$PHYSICAL(table_4_high) + PAGE_TABLE, PHYSICAL(boot_root) + 511 * 8
	movl	$PHYSICAL(table_3_low) + PAGE_TABLE, PHYSICAL(table_4_low)
	movl	$PHYSICAL(table_3_high) + PAGE_TABLE, PHYSICAL(table_4_high) + 511 * 8
	movl	$PHYSICAL(table_2_high) + PAGE_TABLE, PHYSICAL(table_3_high) + 510 * 8

	mov	$PHYSICAL(table_2_low) + PAGE_TABLE, %eax
	xor	%ecx, %ecx
1:	mov	%eax, PHYSICAL(table_3_low)(, %ecx, 8)
	add	$0x1000, %eax
	inc	%ecx
	cmp	$4, %ecx
	jb	1b

	mov	$PAGE_2M_FLAGS, %eax
	xor	%ecx, %ecx
1:	mov	%eax, PHYSICAL(table_2_low)(, %ecx, 8)
	add	$0x200000, %eax
	inc	%ecx
	cmp	$4 * 512, %ecx
	jb	1b

	mov	$IMAGE_LOAD + PAGE_2M_FLAGS, %eax
	xor	%ecx, %ecx
1:	mov	%eax, PHYSICAL(table_2_high)(, %ecx, 8)
	add	$0x200000, %eax
	inc	%ecx
	cmp	$IMAGE_MAX / 0x200000, %ecx
	jb	1b

	mov	$CR4_BITS, %eax
	mov	%eax, %cr4
	mov	$PHYSICAL(boot_root), %eax
	mov	%eax, %cr3
	mov	$BOOT_MSR_EFER, %ecx
	rdmsr
	or	$EFER_BITS, %eax
	wrmsr
	mov	$CR0_BITS, %eax
	mov	%eax, %cr0
	lgdt	PHYSICAL(gdt_pointer_low)
	ljmp	$SELECTOR_CODE, $PHYSICAL(1f)

	.code64
1:	movabs	$boot_high, %rax
	jmp	*%rax

	/* One line for the log, its end in %esi, and out of QEMU. */
	.code32
boot_fail:
	push	%esi
	mov	$PHYSICAL(error_prefix), %esi
	call	boot_print
	pop	%esi
	call	boot_print
	mov	$PORT_EXIT, %dx
	mov	$EXIT_CODE, %eax
	outl	%eax, %dx
1:	hlt
	jmp	1b

boot_print:
	mov	$PORT_LOG, %dx
1:	lodsb
	test	%al, %al
	jz	2f
	outb	%al, %dx
	jmp	1b
2:	ret

error_prefix:
	.asciz	"machine: error: this CPU has no "
no_long_mode:
	.asciz	"64-bit mode (start QEMU with -cpu EPYC,+x2apic,+la57,phys-bits=52)\n"
no_nx:
	.asciz	"no-execute pages (start QEMU with -cpu EPYC,+x2apic,+la57,phys-bits=52)\n"
no_la57:
	.asciz	"5-level paging (start QEMU with -cpu EPYC,+x2apic,+la57,phys-bits=52)\n"

	.text
	.code64
boot_high:
	lgdt	gdt_pointer(%rip)
	call	load_segments
	mov	$boot_stack_end, %rsp
	mov	%edi, %esi
	mov	%ebp, %edi
	xor	%ebp, %ebp
	call	machine_main
	ud2

/* Flat data, empty FS, GS and LDT. */
	.globl	load_segments
load_segments:
	mov	$SELECTOR_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	lldt	%ax
	ret

/*
 * void boot_relocate(u64 to, u64 from, u64 size, u64 root): the copy, of @size
 * bytes, a multiple of 8, is what @root maps in the image's place. Nothing is
 * written between copy and switch.
 */
	.globl	boot_relocate
	.type	boot_relocate, @function
boot_relocate:
	mov	%rcx, %rax
	mov	%rdx, %rcx
	shr	$3, %rcx
	cld
	rep movsq
	mov	%rax, %cr3
	ret
	.size	boot_relocate, . - boot_relocate

	.section .rodata
	.balign	8
	.globl	gdt_pointer
gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* 64-bit code */
	.quad	0x00cf93000000ffff	/* data */
	.quad	0x00cf9b000000ffff	/* 32-bit code */
gdt_end:
gdt_pointer:
	.word	gdt_end - gdt - 1
	.quad	gdt
gdt_pointer_low:
	.word	gdt_end - gdt - 1
	.long	PHYSICAL(gdt)

	.bss
	.balign	4096
	.globl	boot_root
boot_root:	.skip 4096
table_4_low:	.skip 4096
table_4_high:	.skip 4096
table_3_low:	.skip 4096
table_3_high:	.skip 4096
table_2_high:	.skip 4096
table_2_low:	.skip 4 * 4096
	.balign	16
	.skip	STACK_SIZE
boot_stack_end:

	.section .note.GNU-stack, "", @progbits
