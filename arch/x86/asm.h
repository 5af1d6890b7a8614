/* SPDX-License-Identifier: MIT */
/*
 * The few instructions that C has no words for. Facts: AMD APM volumes 2, 3.
 */
#ifndef X86_ASM_H
#define X86_ASM_H

#include <svsm/types.h>

#define PAGE_SIZE	4096UL
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define SIZE_2M		0x200000UL

#define PAGE_UP(x)	(((x) + PAGE_SIZE - 1) & PAGE_MASK)

#define MSR_EFER	0xC0000080U
#define MSR_GS_BASE	0xC0000101U

#define EFER_LME	BIT_ULL(8)
#define EFER_LMA	BIT_ULL(10)
#define EFER_NXE	BIT_ULL(11)
#define EFER_SVME	BIT_ULL(12)

#define CR0_PE		BIT_ULL(0)
#define CR0_MP		BIT_ULL(1)
#define CR0_ET		BIT_ULL(4)
#define CR0_NE		BIT_ULL(5)
#define CR0_WP		BIT_ULL(16)
#define CR0_PG		BIT_ULL(31)

#define CR4_PAE		BIT_ULL(5)
#define CR4_MCE		BIT_ULL(6)

/* Selectors of the image's own GDT (desc.c, and entry.S of a platform). */
#define SEL_CODE	0x08
#define SEL_DATA	0x10
#define SEL_TSS(cpu)	(0x18 + 16 * (cpu))

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	asm volatile("rdmsr" : "=a" (lo), "=d" (hi) : "c" (msr) : "memory");
	return (u64)hi << 32 | lo;
}

static inline void wrmsr(u32 msr, u64 val)
{
	asm volatile("wrmsr" : : "c" (msr), "a" ((u32)val),
		     "d" ((u32)(val >> 32)) : "memory");
}

/* Ordered after earlier loads: a deadline check must not run ahead. */
static inline u64 rdtsc(void)
{
	u32 lo, hi;

	asm volatile("lfence; rdtsc" : "=a" (lo), "=d" (hi) : : "memory");
	return (u64)hi << 32 | lo;
}

static inline u64 read_cr0(void)
{
	u64 val;

	asm volatile("mov %%cr0, %0" : "=r" (val));
	return val;
}

static inline void write_cr0(u64 val)
{
	asm volatile("mov %0, %%cr0" : : "r" (val) : "memory");
}

static inline u64 read_cr2(void)
{
	u64 val;

	asm volatile("mov %%cr2, %0" : "=r" (val));
	return val;
}

static inline void write_cr3(u64 val)
{
	asm volatile("mov %0, %%cr3" : : "r" (val) : "memory");
}

static inline void invlpg(u64 addr)
{
	asm volatile("invlpg (%0)" : : "r" (addr) : "memory");
}

#endif /* X86_ASM_H */
