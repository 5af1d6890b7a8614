/* SPDX-License-Identifier: MIT */
/*
 * The runtime of common.h in an SNP guest.
 */
#ifndef STUB_RT_H
#define STUB_RT_H

#include "common.h"

#define MSR_GHCB	0xC0010130
#define MSR_SEV_STATUS	0xC0010131

/* Results of PVALIDATE and RMPADJUST in EAX (AMD APM volume 3). */
#define SNP_OK			0
#define SNP_FAIL_INPUT		1
#define SNP_FAIL_PERMISSION	2
#define SNP_FAIL_SIZEMISMATCH	6

/* Reason set of GHCB termination requests, and codes besides common.h's. */
#define TERM_SET		5
#define TERM_NO_CPUID_PAGE	1	/* no leaf 0x8000001F, or a C-bit below 32 */
#define TERM_PROTOCOL		2	/* host lacks GHCB version 2 or SNP */
#define TERM_GHCB		3	/* GHCB page refused */

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

/* entry.S */
extern u64 rt_cbit;			/* C-bit as a mask */
extern u8 rt_ghcb[PAGE_SIZE];

/* ghcb.c */
u64 rt_ghcb_msr(u64 request);
void rt_ghcb_init(void);
u64 rt_hv_features(void);
void rt_ghcb_clear(void);
void rt_ghcb_put(u32 offset, u64 value);
u64 rt_ghcb_get(u32 offset);
int rt_ghcb_exit(u64 code, u64 info1, u64 info2);

/* memory.c */
void rt_zero(u64 gpa, u64 size);
int rt_pvalidate(u64 va, bool large, bool validate, bool *unchanged);
int rt_page_state(u64 start, u64 end, u32 op);

static inline void rt_vmgexit(void)
{
	asm volatile("rep; vmmcall" : : : "memory");
}

#endif /* STUB_RT_H */
