/* SPDX-License-Identifier: MIT */
/*
 * Instructions of the physical CPU that C has no words for.
 */
#ifndef MACHINE_CPU_H
#define MACHINE_CPU_H

#include <svsm/types.h>

#define MSR_APIC_BASE		0x1b
#define MSR_GS_BASE		0xc0000101
#define MSR_X2APIC_ID		0x802
#define MSR_X2APIC_TPR		0x808
#define MSR_X2APIC_EOI		0x80b
#define MSR_X2APIC_SVR		0x80f
#define MSR_X2APIC_ISR		0x810
#define MSR_X2APIC_ICR		0x830
#define MSR_X2APIC_LVT_TIMER	0x832
#define MSR_X2APIC_LVT_LINT0	0x835
#define MSR_X2APIC_LVT_LINT1	0x836
#define MSR_X2APIC_TIMER_COUNT	0x838
#define MSR_X2APIC_TIMER_NOW	0x839
#define MSR_X2APIC_TIMER_DIVIDE	0x83e

static inline u64 rdmsr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a" (low), "=d" (high) : "c" (msr) : "memory");
	return (u64)high << 32 | low;
}

static inline void wrmsr(u32 msr, u64 val)
{
	asm volatile("wrmsr" : : "c" (msr), "a" ((u32)val),
		     "d" ((u32)(val >> 32)) : "memory");
}

static inline u8 inb(u16 port)
{
	u8 val;

	asm volatile("inb %1, %0" : "=a" (val) : "Nd" (port) : "memory");
	return val;
}

static inline u16 inw(u16 port)
{
	u16 val;

	asm volatile("inw %1, %0" : "=a" (val) : "Nd" (port) : "memory");
	return val;
}

static inline u32 inl(u16 port)
{
	u32 val;

	asm volatile("inl %1, %0" : "=a" (val) : "Nd" (port) : "memory");
	return val;
}

static inline void outb(u16 port, u8 val)
{
	asm volatile("outb %0, %1" : : "a" (val), "Nd" (port) : "memory");
}

static inline void outw(u16 port, u16 val)
{
	asm volatile("outw %0, %1" : : "a" (val), "Nd" (port) : "memory");
}

static inline void outl(u16 port, u32 val)
{
	asm volatile("outl %0, %1" : : "a" (val), "Nd" (port) : "memory");
}

/* One instruction, so one exit to QEMU where there is one, for @size bytes. */
static inline void outsb(u16 port, const void *buf, u64 size)
{
	asm volatile("cld; rep outsb" : "+S" (buf), "+c" (size)
		     : "d" (port) : "memory");
}

static inline u64 rdtsc(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high) : : "memory");
	return (u64)high << 32 | low;
}

static inline void cpuid(u32 leaf, u32 subleaf, u32 out[4])
{
	asm volatile("cpuid" : "=a" (out[0]), "=b" (out[1]), "=c" (out[2]),
		     "=d" (out[3]) : "a" (leaf), "c" (subleaf) : "memory");
}

static inline void cli(void)
{
	asm volatile("cli" : : : "memory");
}

static inline void sti(void)
{
	asm volatile("sti" : : : "memory");
}

static inline void invlpg(const void *addr)
{
	asm volatile("invlpg (%0)" : : "r" (addr) : "memory");
}

#define CR_ACCESS(n)						\
static inline u64 read_cr##n(void)				\
{								\
	u64 val;						\
								\
	asm volatile("mov %%cr" #n ", %0" : "=r" (val) : : "memory"); \
	return val;						\
}								\
								\
static inline void write_cr##n(u64 val)				\
{								\
	asm volatile("mov %0, %%cr" #n : : "r" (val) : "memory"); \
}

CR_ACCESS(0)
CR_ACCESS(2)
CR_ACCESS(3)
CR_ACCESS(4)

/**
 * struct spinlock - taken with interrupts off
 *
 * Waits by reading only: PAUSE would send QEMU's CPU thread to its main loop
 * and its global lock each time (reference: TCG, target/i386 PAUSE helper).
 */
struct spinlock {
	u8 taken;
};

static inline bool spin_trylock(struct spinlock *lock)
{
	return !__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE);
}

static inline void spin_lock(struct spinlock *lock)
{
	while (!spin_trylock(lock)) {
		while (__atomic_load_n(&lock->taken, __ATOMIC_RELAXED))
			;
	}
}

static inline void spin_unlock(struct spinlock *lock)
{
	__atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}

#endif /* MACHINE_CPU_H */
