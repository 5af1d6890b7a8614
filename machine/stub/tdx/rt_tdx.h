/* SPDX-License-Identifier: MIT */
/*
 * The runtime of ../rt/common.h in a TD. vCPU 0 comes from the trampoline
 * (tdx/trampoline.h) to rt_main(); the others are parked there.
 *
 * [3 GiB, 4 GiB) is mapped shared by 2 MiB pages except for its last 2 MiB,
 * where the trampoline is, which are private. What is not RAM there cannot be
 * accessed by instructions in a TD in any case, but by rt_vmcall().
 */
#ifndef STUB_RT_TDX_H
#define STUB_RT_TDX_H

#include <tdx/trampoline.h>

#include <rt/common.h>

/* TDCALL leaves (Intel TDX module ABI specification). */
#define TDG_VP_VMCALL		0
#define TDG_MEM_PAGE_ACCEPT	6

/* Status in RAX: the code, in the upper half. */
#define TDX_CODE(status)	((u64)(status) >> 32)
#define TDX_SIZE_MISMATCH	0xC0000B0BULL

/* Functions of TDG.VP.VMCALL (GHCI specification), and status in R10. */
#define VMCALL_CPUID		10
#define VMCALL_HLT		12
#define VMCALL_IO		30
#define VMCALL_RDMSR		31
#define VMCALL_WRMSR		32
#define VMCALL_MAP_GPA		0x10001
#define VMCALL_FATAL_ERROR	0x10003
#define VMCALL_SUCCESS		0
#define VMCALL_RETRY		1

/* R10-R15 go to the host and come back. */
#define VMCALL_REGS		0xFC00

/**
 * struct tdx_args - registers before and after a TDCALL
 */
struct tdx_args {
	u64 rax, rcx, rdx, rbx, rsi, rdi;
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
};

extern u64 rt_shared_bit;	/* as a mask, by the trampoline's GPAW */

/* entry.S */
void rt_tdcall(struct tdx_args *args);

/* vmcall.c */
u64 rt_vmcall(u64 function, u64 r12, u64 r13, u64 r14, u64 r15, u64 *r11);

/* memory.c */
void rt_init(void);
u64 rt_accept_page(u64 gpa, bool large);

#endif /* STUB_RT_TDX_H */
