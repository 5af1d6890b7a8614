/* SPDX-License-Identifier: MIT */
/*
 * The trampoline page and its page tables; what it does is in trampoline.h.
 * An image places .trampoline_tables at TDX_TRAMPOLINE_TABLES and .trampoline
 * at TDX_TRAMPOLINE.
 *
 * State at the reset vector (TDX module base specification, initial state of
 * guest GPRs and CRs; source td_vmcs_init.c, tdh_vp_init.c): 32-bit protected
 * mode, flat segments, interrupts off, no paging, EFER.LME set, EBX = GPA
 * width, ESI = vCPU index, ECX = what the host gave. No IDT: a #VE here would
 * be the end, so nothing here may cause one: CR0.NE, CR0.PE and CR4.MCE stay,
 * EFER is not written, and there is no CPUID.
 *
 * All code is position dependent, but 32-bit code and data are reached by
 * absolute addresses and 64-bit code by relative ones, because the page lies
 * above 2 GiB. No stack is used. What is written in the page: the counters and
 * slots of trampoline.h, and of the tables below the entries of one's own vCPU.
 */
#include "trampoline.h"

#define CR0_PG_WP	0x80010000
#define CR4_PAE		0x20

/* GHCI: TDG.VP.VMCALL<Instruction.HLT>, registers R10-R12 exposed */
#define VMCALL_HLT	12
#define VMCALL_REGS	0x1C00

	.macro AT offset
	.if	. - trampoline - (\offset)
	.error	"not where trampoline.h says"
	.endif
	.endm

	.section .trampoline, "awx"
	.balign 4096
trampoline:
	.long	TDX_TRAMPOLINE_MAGIC
	AT	TDX_TRAMPOLINE_GPAW
gpaw:
	.long	0
	AT	TDX_TRAMPOLINE_PARKED
parked:
	.long	0, 0
	AT	TDX_TRAMPOLINE_HOB
hob:
	.quad	0, 0
	AT	TDX_TRAMPOLINE_SLOT
slots:
	.long	TDX_START_GO, 64
	.quad	tdx_boot_entry, tdx_boot_stack, 0
	.skip	(TDX_TRAMPOLINE_SLOTS - 1) * TDX_START_SIZE

	/* Accessed bits are set, so that the CPU writes nothing here. */
	.balign	16
gdt:
	.quad	0
	.quad	0x00CF9B000000FFFF
	.quad	0x00AF9B000000FFFF
	.quad	0x00CF93000000FFFF
gdt16:				/* of each vCPU: code, data */
	.skip	TDX_TRAMPOLINE_SLOTS * 16
far16:				/* of each vCPU: offset, selector */
	.skip	TDX_TRAMPOLINE_SLOTS * 8
gdtr:
	.word	far16 - gdt - 1
	.quad	gdt
	.balign 4
far32:
	.long	leave64
	.word	TDX_TRAMPOLINE_CS32

	.code32
start:
	movl	%ebx, gpaw
	testl	%esi, %esi
	jnz	1f
	movl	%ecx, hob
1:	lgdt	gdtr
	movl	$TDX_TRAMPOLINE_TABLES, %eax
	movl	%eax, %cr3
	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	%cr0, %eax
	orl	$CR0_PG_WP, %eax
	movl	%eax, %cr0
	ljmp	$TDX_TRAMPOLINE_CS64, $park

	.code64
park:
	movl	$TDX_TRAMPOLINE_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %ss
	cld
	movl	%esi, %esi		/* no upper halves from before */
	cmpl	$TDX_TRAMPOLINE_SLOTS, %esi
	jae	no_slot
	imull	$TDX_START_SIZE, %esi, %ebx
	addl	$slots, %ebx
	lock incl parked(%rip)

wait:
	pause
	cmpl	$TDX_START_GO, TDX_START_COMMAND(%rbx)
	jne	wait
	movl	TDX_START_MODE(%rbx), %eax
	movq	TDX_START_ENTRY(%rbx), %rcx
	movq	TDX_START_STACK(%rbx), %rsp
	movq	TDX_START_ARGUMENT(%rbx), %rdi
	cmpl	$64, %eax
	jne	not64
	movl	$TDX_START_LEFT, TDX_START_COMMAND(%rbx)
	jmp	*%rcx

not64:
	cmpl	$32, %eax
	je	1f
	cmpl	$16, %eax
	jne	wait
1:	ljmp	*far32(%rip)

	/* Only an NMI of the host's can end this halt. */
no_slot:
	movl	$VMCALL_REGS, %ecx
	xorl	%eax, %eax		/* TDG.VP.VMCALL */
	xorl	%r10d, %r10d
	movl	$VMCALL_HLT, %r11d
	movl	$1, %r12d		/* interrupts are off */
	.byte	0x66, 0x0F, 0x01, 0xCC
	pause
	jmp	no_slot

	.code32
leave64:				/* compatibility mode still */
	movl	%cr0, %edx
	andl	$~CR0_PG_WP, %edx
	movl	%edx, %cr0
	movl	%cr4, %edx
	andl	$~CR4_PAE, %edx
	movl	%edx, %cr4
	cmpl	$16, %eax
	je	enter16
	movl	$TDX_START_LEFT, TDX_START_COMMAND(%ebx)
	jmp	*%ecx

	/*
	 * 64 KiB from the entry, rounded down: a code and a data descriptor in
	 * this vCPU's place of the table. FS stays flat for the slot.
	 */
enter16:
	movl	%esi, %ebp
	shll	$4, %ebp
	movl	%ecx, %edx
	andl	$~15, %edx
	movl	%edx, %eax
	shll	$16, %eax
	movw	$0xFFFF, %ax		/* base 15:0, limit */
	movl	%eax, gdt16(%ebp)
	movl	%eax, gdt16 + 8(%ebp)
	movl	%edx, %eax
	andl	$0xFF000000, %eax
	shrl	$16, %edx
	movb	%dl, %al		/* base 31:24, 23:16 */
	movb	$0x9B, %ah
	movl	%eax, gdt16 + 4(%ebp)
	movb	$0x93, %ah
	movl	%eax, gdt16 + 12(%ebp)
	andl	$15, %ecx
	movl	%ecx, far16(, %esi, 8)
	leal	gdt16 - gdt(%ebp), %eax
	movl	%eax, far16 + 4(, %esi, 8)
	addl	$8, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$TDX_START_LEFT, %fs:TDX_START_COMMAND(%ebx)
	ljmp	*%fs:far16(, %esi, 8)

	.org	trampoline + TDX_RESET_VECTOR - TDX_TRAMPOLINE, 0xF4
	jmp	start
	.org	trampoline + 4096, 0xF4

	/* 4 GiB, identity, by 1 GiB pages; accessed and dirty from the start. */
	.section .trampoline_tables, "aw"
	.balign 4096
	.quad	TDX_TRAMPOLINE_TABLES + 0x1000 + 0x23
	.org	4096
	.quad	0x000000E3, 0x400000E3, 0x800000E3, 0xC00000E3
	.org	2 * 4096

	.section .note.GNU-stack, "", @progbits
