/* SPDX-License-Identifier: MIT */
/*
 * TDCALL: the TDX module's functions for a TD, and by leaf 0 the host's. Leaf
 * numbers and registers: Intel TDX Module 1.5 ABI specification; host: Intel
 * GHCI specification 1.5.
 */
#ifndef TDX_TDCALL_H
#define TDX_TDCALL_H

#include <svsm/types.h>

/* RAX: leaves */
#define TDG_VP_VMCALL		0
#define TDG_VP_INFO		1
#define TDG_VP_VEINFO_GET	3
#define TDG_MR_REPORT		4
#define TDG_MEM_PAGE_ACCEPT	6

/* RAX: status; bits 31:0 name an operand or level */
#define TDX_STATUS(rax)			((rax) >> 32)
#define TDX_SUCCESS			0
#define TDX_PAGE_ALREADY_ACCEPTED	0x00000B0A
#define TDX_OPERAND_BUSY		0x80000200
/* the same, the host having waited for it before */
#define TDX_OPERAND_BUSY_HOST	0x80000204
#define TDX_PAGE_SIZE_MISMATCH		0xC0000B0B

/* R10: answer of the host */
#define VMCALL_SUCCESS		0
#define VMCALL_RETRY		1

/**
 * struct tdx_regs - registers of a TDCALL, before and after
 *
 * RBP and RSP never carry anything. The order is tdcall.S's.
 */
struct tdx_regs {
	u64 rax, rcx, rdx, rbx, rsi, rdi;
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
};

/**
 * tdx_tdcall() - execute TDCALL
 * @regs: all registers, in and out
 *
 * Return: RAX.
 */
u64 tdx_tdcall(struct tdx_regs *regs);

/**
 * tdx_halt() - wait for an interrupt
 * @pending: true: do not wait; the NMI handler sets it
 *
 * Called with interrupts off, returns with interrupts off; in between they are
 * on. An interrupt that is pending ends the wait before it begins: they are
 * enabled in the shadow that STI casts over the TDCALL, which tells the host
 * that it may wake this vCPU for them (R12 = 0).
 *
 * Return: 0, or the status of the TDCALL or of the host.
 */
u64 tdx_halt(const bool *pending);

/* vmcall.c: each 0, or -1 where the host refuses */
int vmcall_cpuid(u32 leaf, u32 subleaf, u32 out[4]);
int vmcall_halt(bool interrupts_off);
int vmcall_in(u16 port, u32 size, u32 *val);
int vmcall_out(u16 port, u32 size, u32 val);
int vmcall_mmio_read(u64 gpa, u32 size, u64 *val);
int vmcall_mmio_write(u64 gpa, u32 size, u64 val);
u64 vmcall_map_gpa(u64 gpa, u64 size, bool shared);
void vmcall_fatal(u64 code, const char *message) __attribute__((noreturn));

#endif /* TDX_TDCALL_H */
