/* SPDX-License-Identifier: MIT */
/*
 * The trampoline: the last page below 4 GiB, with the reset vector of a TD.
 * Every vCPU of a TD starts at 0xFFFFFFF0, in 32-bit protected mode, at the
 * same time. The trampoline takes each to 64-bit mode and parks it; whoever
 * writes its slot releases it, to an entry point, stack and mode of his choice.
 *
 * Who releases a vCPU fills in all but @command, then stores TDX_START_GO
 * there (store-release). The vCPU answers with TDX_START_LEFT when it has read
 * the slot and executes nothing of the page any more but its last jump; from
 * then on the slot may be written again, for nobody. The image gives slot 0
 * its contents when it is built (symbols tdx_boot_entry and tdx_boot_stack of
 * the image): that is where the TD begins.
 *
 * What a release leaves besides the contents of struct tdx_start: GDTR names
 * the trampoline's table (TDX_TRAMPOLINE_CS32 and its neighbours), there is no
 * IDT, FS is flat. CR0 and CR4 are as they were when the vCPU began (CR0.PE,
 * CR0.NE, CR4.MCE), in mode 64 with CR0.PG, CR0.WP and CR4.PAE. EFER is never
 * written: LME and NXE are set from the start, and a TD cannot change them, so
 * that paging which is switched on in mode 32 or 16 is long mode.
 */
#ifndef TDX_TRAMPOLINE_H
#define TDX_TRAMPOLINE_H

#define TDX_TRAMPOLINE		0xFFFFF000
/* Below it: identity map of the first 4 GiB for 64-bit mode. */
#define TDX_TRAMPOLINE_TABLES	0xFFFFD000
#define TDX_RESET_VECTOR	0xFFFFFFF0

#define TDX_TRAMPOLINE_MAGIC	0x54445452	/* "RTDT" in memory */
#define TDX_TRAMPOLINE_SLOTS	32

/* Selectors of its GDT; flat, ring 0. 16-bit ones belong to one vCPU each. */
#define TDX_TRAMPOLINE_CS32	0x08
#define TDX_TRAMPOLINE_CS64	0x10
#define TDX_TRAMPOLINE_DS	0x18

#define TDX_START_PARKED	0
#define TDX_START_GO		1
#define TDX_START_LEFT		2

/* Offsets for assembly. */
#define TDX_TRAMPOLINE_GPAW	0x04
#define TDX_TRAMPOLINE_PARKED	0x08
#define TDX_TRAMPOLINE_HOB	0x10
#define TDX_TRAMPOLINE_SLOT	0x20
#define TDX_START_SIZE		32
#define TDX_START_COMMAND	0
#define TDX_START_MODE		4
#define TDX_START_ENTRY		8
#define TDX_START_STACK		16
#define TDX_START_ARGUMENT	24

#ifndef __ASSEMBLER__

#include <svsm/types.h>

/**
 * struct tdx_start - where a parked vCPU goes
 * @command: TDX_START_*
 * @mode: with another value than these the vCPU stays parked.
 *	64: long mode with the trampoline's tables (identity map of 4 GiB);
 *	32: protected mode, flat segments, no paging;
 *	16: 16-bit protected mode (a TD has no real mode), no paging; CS, DS, ES
 *	and SS have @entry rounded down to 16 bytes as base and a limit of
 *	64 KiB, IP is the rest
 * @entry: linear address; below 4 GiB for modes 16 and 32
 * @stack: stack pointer at the entry; below 4 GiB for mode 32. In mode 16 SP,
 *	an offset in SS
 * @argument: RDI (EDI) at the entry; RSI (ESI) is the vCPU's index.
 *	Interrupts are off, the direction flag is clear, the other registers
 *	are undefined
 */
struct tdx_start {
	u32 command;
	u32 mode;
	u64 entry;
	u64 stack;
	u64 argument;
};

/**
 * struct tdx_trampoline - start of the trampoline page; code follows
 * @magic: TDX_TRAMPOLINE_MAGIC
 * @gpaw: GPA width, 48 or 52; written by every vCPU before it is counted
 * @parked: vCPUs that have come to their slot
 * @hob: GPA of the TD HOB that the host gave vCPU 0: the low half of RCX
 * @slot: by vCPU index; those above are never released
 */
struct tdx_trampoline {
	u32 magic;
	u32 gpaw;
	u32 parked;
	u32 reserved;
	u64 hob;
	u64 reserved_18;
	struct tdx_start slot[TDX_TRAMPOLINE_SLOTS];
};

/**
 * tdx_trampoline() - the page itself
 *
 * Its address has no place in code of the small model but as a number.
 */
static inline struct tdx_trampoline *tdx_trampoline(void)
{
	return (struct tdx_trampoline *)(u64)TDX_TRAMPOLINE;
}

/**
 * tdx_release() - let a vCPU go
 * @index: vCPU, below TDX_TRAMPOLINE_SLOTS
 * @to: where to; @to->command is not looked at
 *
 * Whether it has come to its slot already makes no difference.
 */
static inline void tdx_release(u32 index, const struct tdx_start *to)
{
	volatile struct tdx_start *slot = &tdx_trampoline()->slot[index];

	slot->mode = to->mode;
	slot->entry = to->entry;
	slot->stack = to->stack;
	slot->argument = to->argument;
	__atomic_store_n(&slot->command, TDX_START_GO, __ATOMIC_RELEASE);
}

#define TDX_TRAMPOLINE_ASSERT(member, offset) \
	_Static_assert(__builtin_offsetof(struct tdx_trampoline, member) == (offset), \
		       "tdx_trampoline." #member " is at the wrong offset")

TDX_TRAMPOLINE_ASSERT(gpaw, TDX_TRAMPOLINE_GPAW);
TDX_TRAMPOLINE_ASSERT(parked, TDX_TRAMPOLINE_PARKED);
TDX_TRAMPOLINE_ASSERT(hob, TDX_TRAMPOLINE_HOB);
TDX_TRAMPOLINE_ASSERT(slot, TDX_TRAMPOLINE_SLOT);
_Static_assert(sizeof(struct tdx_start) == TDX_START_SIZE, "tdx_start");

#endif /* __ASSEMBLER__ */
#endif /* TDX_TRAMPOLINE_H */
