/* SPDX-License-Identifier: MIT */
/*
 * Descriptor tables: one GDT and one IDT for all CPUs, one TSS for each.
 */
#ifndef X86_DESC_H
#define X86_DESC_H

#include <svsm/types.h>

/* Interrupt stack 1: what must not trust the stack that it interrupts. */
#define IST_FATAL	1

/* 64-bit task state segment, APM volume 2 figure 12-8. */
struct x86_tss {
	u32 reserved_00;
	u64 rsp[3];
	u64 reserved_1c;
	u64 ist[7];
	u64 reserved_5c;
	u16 reserved_64;
	u16 iomap;
} __attribute__((packed));
_Static_assert(sizeof(struct x86_tss) == 104, "TSS size");

struct desc_ptr {
	u16 limit;
	u64 base;
} __attribute__((packed));

/* Vectors that the CPU raises itself, and all of them. */
#define IDT_EXCEPTIONS	32
#define IDT_ALL		256

void desc_init_idt(u32 vectors);
void desc_add_tss(u32 cpu, struct x86_tss *tss, u64 fatal_stack_top);
void desc_load(u32 cpu);
void desc_reload_segments(void);
void desc_gdt(struct desc_ptr *ptr);
void desc_idt(struct desc_ptr *ptr);

#endif /* X86_DESC_H */
