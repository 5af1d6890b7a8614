/* SPDX-License-Identifier: MIT */
/*
 * Runtime for small programs that are the first code of a confidential guest:
 * the firmware stubs and the bare payloads of selftests/guest. One vCPU,
 * identity mapping, no heap. This part does not depend on whose guest it is;
 * rt.h adds SEV-SNP's, ../tdx/rt_tdx.h TDX's.
 *
 * Memory: [0, 3 GiB) is mapped private by 2 MiB pages, except the 2 MiB that
 * hold the image, which are mapped by 4 KiB pages so that single pages can be
 * shared; [3 GiB, 4 GiB) is mapped shared: devices. Behind 4 GiB lies a window
 * of 1 GiB, for whoever needs one.
 */
#ifndef STUB_COMMON_H
#define STUB_COMMON_H

#include <stdarg.h>
#include <svsm/types.h>

#define PAGE_SIZE	4096UL
#define PAGE_2M		0x200000UL
#define GIB		0x40000000UL

#ifndef RT_IMAGE
#define RT_IMAGE	0x800000UL		/* linked here (rt.lds) */
#endif
#define RT_IMAGE_MAX	PAGE_2M
#define RT_WINDOW	(4 * GIB)

/* Page table entry bits. */
#define PTE_P		BIT(0)
#define PTE_W		BIT(1)
#define PTE_U		BIT(2)
#define PTE_PS		BIT(7)

/* Segment selectors (long.S). Linux wants code at 0x10, data at 0x18. */
#define RT_CS		0x10
#define RT_DS		0x18
#define RT_USER_DS	0x23
#define RT_USER_CS	0x2B
#define RT_TSS		0x30

/* rt_terminate(): why the stub or the runtime gives up. */
#define TERM_TRAP	4		/* unexpected exception */
#define TERM_MEMORY	5		/* RAM refused */
#define TERM_HANDOVER	6		/* linux_boot_prepare() failed */

#define MSR_APIC_BASE	0x1B
#define MSR_EFER	0xC0000080

/**
 * struct rt_frame - registers at an exception or interrupt (long.S)
 */
struct rt_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rbp, rdi, rsi, rdx, rcx, rbx, rax;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
};

/* long.S */
extern u64 rt_image_table[512];		/* 4 KiB pages of the image's 2 MiB */
extern u64 rt_directory[4][512];	/* 2 MiB pages of the first 4 GiB */
extern u64 rt_window[512];		/* 2 MiB pages of the window */
extern u64 rt_pdpt[512];
extern u64 rt_pml4[512];
extern u64 rt_idt[256][2];
extern u8 rt_tss[];
extern const u8 rt_image_end[];
void rt_enter(u64 rip, u64 rsi) __attribute__((noreturn));

/* What a program on this runtime provides. */
void rt_main(void) __attribute__((noreturn));
void rt_trap(struct rt_frame *frame);

/* What each kind of guest has its own of. */
bool rt_io_ready(void);
int rt_out(u16 port, u32 bytes, u32 value);
int rt_in(u16 port, u32 bytes, u32 *value);
void rt_map_page(const void *page, bool private);
int rt_accept(u64 start, u64 end);
void rt_terminate(u8 code) __attribute__((noreturn));

/* print.c */
void rt_vprint(const char *fmt, va_list args);
void rt_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static inline u64 rt_rdmsr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
	return (u64)high << 32 | low;
}

static inline void rt_wrmsr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((u32)value),
		     "d"((u32)(value >> 32)) : "memory");
}

/** rt_flush() - drop all translations. */
static inline void rt_flush(void)
{
	u64 cr3;

	asm volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(cr3) : : "memory");
}

static inline u64 rt_cr2(void)
{
	u64 value;

	asm volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

#endif /* STUB_COMMON_H */
