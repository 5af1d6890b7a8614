// SPDX-License-Identifier: MIT
/*
 * GDT, IDT and TSS. Formats: APM volume 2, sections 4.7 and 4.8.
 */
#include <svsm/arch.h>
#include <x86/asm.h>
#include <x86/desc.h>
#include <x86/exception.h>

#define DESC_CODE64	0x00AF9A000000FFFFULL
#define DESC_DATA	0x00CF92000000FFFFULL
#define DESC_TSS	0x89ULL
#define GATE_INTERRUPT	0x8EULL

struct gate {
	u64 lo;
	u64 hi;
};

/* From idt.S: entry points. */
extern const u32 exception_entries[IDT_ALL];

static u64 gdt[3 + 2 * SVSM_VCPUS_MAX] = { 0, DESC_CODE64, DESC_DATA };
static struct gate idt[IDT_ALL];

/**
 * desc_init_idt() - fill the IDT
 * @vectors: how many, IDT_EXCEPTIONS or IDT_ALL; others stay absent
 *
 * All gates turn interrupts off: what runs is either the loop, which has them
 * off but where it looks for them, or a handler.
 */
void desc_init_idt(u32 vectors)
{
	u64 addr, ist;
	u32 i;

	for (i = 0; i < vectors; i++) {
		addr = exception_entries[i];
		ist = i == VECTOR_NMI || i == VECTOR_DF || i == VECTOR_MC ?
			IST_FATAL : 0;
		idt[i].lo = (addr & 0xFFFF) | (u64)SEL_CODE << 16 |
			ist << 32 | GATE_INTERRUPT << 40 |
			(addr & 0xFFFF0000) << 32;
		idt[i].hi = addr >> 32;
	}
}

/**
 * desc_add_tss() - put a CPU's TSS into the GDT
 * @cpu: index, below SVSM_VCPUS_MAX
 * @tss: its task state
 * @fatal_stack_top: stack for exceptions that are not survived
 */
void desc_add_tss(u32 cpu, struct x86_tss *tss, u64 fatal_stack_top)
{
	u64 base = (u64)tss;
	u32 slot = SEL_TSS(cpu) / 8;

	tss->ist[IST_FATAL - 1] = fatal_stack_top;
	tss->iomap = sizeof(*tss);
	gdt[slot] = (sizeof(*tss) - 1) | (base & 0xFFFFFF) << 16 |
		DESC_TSS << 40 | (base >> 24 & 0xFF) << 56;
	gdt[slot + 1] = base >> 32;
}

/**
 * desc_gdt() - operand of LGDT
 * @ptr: filled in
 */
void desc_gdt(struct desc_ptr *ptr)
{
	ptr->limit = sizeof(gdt) - 1;
	ptr->base = (u64)gdt;
}

/**
 * desc_idt() - operand of LIDT
 * @ptr: filled in
 */
void desc_idt(struct desc_ptr *ptr)
{
	ptr->limit = sizeof(idt) - 1;
	ptr->base = (u64)idt;
}

/**
 * desc_load() - make this CPU use the tables
 * @cpu: its index; desc_add_tss() was called for it
 *
 * Loads no segment register but TR: a load of GS would clear its base. The
 * selectors in use when this is called are those of this GDT.
 */
void desc_load(u32 cpu)
{
	struct desc_ptr ptr;

	desc_gdt(&ptr);
	asm volatile("lgdt %0" : : "m" (ptr));
	desc_idt(&ptr);
	asm volatile("lidt %0" : : "m" (ptr));
	asm volatile("ltr %w0" : : "r" (SEL_TSS(cpu)));
}

/**
 * desc_reload_segments() - use this GDT's selectors on this CPU
 *
 * For a CPU that comes with selectors of other tables; after desc_load(). FS
 * and GS stay: a load would clear their base.
 */
void desc_reload_segments(void)
{
	asm volatile("pushq %0\n\t"
		     "leaq 1f(%%rip), %%rax\n\t"
		     "pushq %%rax\n\t"
		     "lretq\n"
		     "1:\n\t"
		     "movl %1, %%ds\n\t"
		     "movl %1, %%es\n\t"
		     "movl %1, %%ss"
		     : : "i" (SEL_CODE), "r" (SEL_DATA) : "rax", "memory");
}
