/* SPDX-License-Identifier: MIT */
/*
 * Runtime for small programs that are the first code of an SNP guest: the
 * firmware stub and the bare payloads of selftests/guest. One vCPU, identity
 * mapping, no heap.
 *
 * Memory: [0, 3 GiB) is mapped private by 2 MiB pages, except the 2 MiB that
 * hold the image, which are mapped by 4 KiB pages so that single pages can be
 * shared; [3 GiB, 4 GiB) is mapped shared: devices. Behind 4 GiB lies a window
 * of 1 GiB.
 */
#ifndef STUB_RT_H
#define STUB_RT_H

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

/* Segment selectors (entry.S). Linux wants code at 0x10, data at 0x18. */
#define RT_CS		0x10
#define RT_DS		0x18
#define RT_USER_DS	0x23
#define RT_USER_CS	0x2B
#define RT_TSS		0x30

#define MSR_APIC_BASE	0x1B
#define MSR_EFER	0xC0000080
#define MSR_GHCB	0xC0010130
#define MSR_SEV_STATUS	0xC0010131

/* Results of PVALIDATE and RMPADJUST in EAX (AMD APM volume 3). */
#define SNP_OK			0
#define SNP_FAIL_INPUT		1
#define SNP_FAIL_PERMISSION	2
#define SNP_FAIL_SIZEMISMATCH	6

/* Reason set and codes of the stub's and runtime's GHCB termination requests. */
#define TERM_SET		5
#define TERM_NO_CPUID_PAGE	1	/* no leaf 0x8000001F, or a C-bit below 32 */
#define TERM_PROTOCOL		2	/* host lacks GHCB version 2 or SNP */
#define TERM_GHCB		3	/* GHCB page refused */
#define TERM_TRAP		4	/* unexpected exception */
#define TERM_MEMORY		5	/* page-state change or PVALIDATE failed */
#define TERM_HANDOVER		6	/* linux_boot_prepare() failed */

/* Offsets in the GHCB page. */
#define GHCB_CPL	0x0CB
#define GHCB_RAX	0x1F8
#define GHCB_RCX	0x308
#define GHCB_RDX	0x310
#define GHCB_RBX	0x318
#define GHCB_EXIT_CODE	0x390
#define GHCB_INFO1	0x398
#define GHCB_INFO2	0x3A0
#define GHCB_SCRATCH	0x3A8
#define GHCB_VALID	0x3F0
#define GHCB_BUFFER	0x800
#define GHCB_BUFFER_SIZE 0x7F0
#define GHCB_VERSION	0xFFA
#define GHCB_USAGE	0xFFC

/* NAE exit codes. */
#define NAE_RDTSC	0x6E
#define NAE_IOIO	0x7B
#define NAE_MSR		0x7C
#define NAE_PSC		0x80000010

/* Page-state change operations. */
#define PSC_PRIVATE	1
#define PSC_SHARED	2

/**
 * struct rt_frame - registers at an exception or interrupt (entry.S)
 */
struct rt_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rbp, rdi, rsi, rdx, rcx, rbx, rax;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
};

/* entry.S */
extern u64 rt_cbit;			/* C-bit as a mask */
extern u64 rt_image_table[512];		/* 4 KiB pages of the image's 2 MiB */
extern u64 rt_directory[4][512];	/* 2 MiB pages of the first 4 GiB */
extern u64 rt_window[512];
extern u64 rt_pdpt[512];
extern u64 rt_idt[256][2];
extern u8 rt_tss[];
extern u8 rt_ghcb[PAGE_SIZE];
extern const u8 rt_image_end[];
void rt_enter(u64 rip, u64 rsi) __attribute__((noreturn));

/* What a program on this runtime provides. */
void rt_main(void) __attribute__((noreturn));
void rt_trap(struct rt_frame *frame);

/* ghcb.c */
u64 rt_ghcb_msr(u64 request);
void rt_ghcb_init(void);
bool rt_ghcb_ready(void);
u64 rt_hv_features(void);
void rt_terminate(u8 code) __attribute__((noreturn));
void rt_ghcb_clear(void);
void rt_ghcb_put(u32 offset, u64 value);
u64 rt_ghcb_get(u32 offset);
int rt_ghcb_exit(u64 code, u64 info1, u64 info2);
int rt_out(u16 port, u32 bytes, u32 value);
int rt_in(u16 port, u32 bytes, u32 *value);

/* memory.c */
void rt_map_page(const void *page, bool private);
void rt_flush(void);
void rt_zero(u64 gpa, u64 size);
int rt_pvalidate(u64 va, bool large, bool validate, bool *unchanged);
int rt_page_state(u64 start, u64 end, u32 op);
int rt_accept(u64 start, u64 end);

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

static inline void rt_vmgexit(void)
{
	asm volatile("rep; vmmcall" : : : "memory");
}

static inline u64 rt_cr2(void)
{
	u64 value;

	asm volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

#endif /* STUB_RT_H */
