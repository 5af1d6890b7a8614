// SPDX-License-Identifier: MIT
/*
 * Calls of the host, TDG.VP.VMCALL. The module's status and the host's are
 * both checked, here; what the host answers is its word and no more. GHCI
 * specification 1.5, chapter 3. R10 to R15 are the host's to see and to change,
 * others only where a call says so.
 */
#include <svsm/string.h>
#include <x86/asm.h>
#include <x86/console.h>
#include <x86/platform.h>
#include "tdx.h"

/* R11: functions; those below 0x10000 are VMX exit reasons */
#define VMCALL_CPUID		10
#define VMCALL_HLT		12
#define VMCALL_IO		30
#define VMCALL_RDMSR		31
#define VMCALL_WRMSR		32
#define VMCALL_MMIO		48
#define VMCALL_MAP_GPA		0x10001
#define VMCALL_FATAL_ERROR	0x10003

#define IO_READ		0
#define IO_WRITE	1

/* RCX: registers by their number in instructions */
#define REGS_R10_R15	0xFC00
#define REGS_FATAL	0xFFCC	/* and RDX, RBX, RSI, RDI, R8, R9 */

#define FATAL_MESSAGE	64	/* bytes, in eight registers */

/* MapGPA: answers in a row that say "try again" about the same page. */
#define MAP_STALLS_MAX	1000

static u64 vmcall(u64 function, struct tdx_regs *regs)
{
	regs->rax = TDG_VP_VMCALL;
	regs->rcx = REGS_R10_R15;
	regs->r10 = 0;
	regs->r11 = function;
	/* The module refuses operands, which are this file's. */
	if (tdx_tdcall(regs))
		arch_terminate(TERMINATE_GENERAL);
	return regs->r10;
}

static u64 size_mask(u32 size)
{
	return size == 8 ? ~0ULL : BIT_ULL(8 * size) - 1;
}

/**
 * vmcall_cpuid() - CPUID as the host has it
 * @leaf: EAX
 * @subleaf: ECX
 * @out: EAX, EBX, ECX, EDX
 */
int vmcall_cpuid(u32 leaf, u32 subleaf, u32 out[4])
{
	struct tdx_regs regs = { .r12 = leaf, .r13 = subleaf };

	if (vmcall(VMCALL_CPUID, &regs))
		return -1;
	out[0] = regs.r12;
	out[1] = regs.r13;
	out[2] = regs.r14;
	out[3] = regs.r15;
	return 0;
}

/**
 * vmcall_halt() - wait in place of a HLT instruction
 * @interrupts_off: no interrupt is to end it
 *
 * An interrupt may have come after the instruction and before this: whoever
 * waits for one uses tdx_halt().
 */
int vmcall_halt(bool interrupts_off)
{
	struct tdx_regs regs = { .r12 = interrupts_off };

	return vmcall(VMCALL_HLT, &regs) ? -1 : 0;
}

/**
 * vmcall_in() - read a port
 * @port: port
 * @size: 1, 2 or 4 bytes
 * @val: filled in
 */
int vmcall_in(u16 port, u32 size, u32 *val)
{
	struct tdx_regs regs = { .r12 = size, .r13 = IO_READ, .r14 = port };

	if (vmcall(VMCALL_IO, &regs))
		return -1;
	*val = regs.r11 & size_mask(size);
	return 0;
}

/**
 * vmcall_out() - write a port
 * @port: port
 * @size: 1, 2 or 4 bytes
 * @val: value
 */
int vmcall_out(u16 port, u32 size, u32 val)
{
	struct tdx_regs regs = { .r12 = size, .r13 = IO_WRITE, .r14 = port,
				 .r15 = val & size_mask(size) };

	return vmcall(VMCALL_IO, &regs) ? -1 : 0;
}

int platform_in8(u16 port, u8 *val)
{
	u32 wide;

	if (vmcall_in(port, 1, &wide))
		return -1;
	*val = wide;
	return 0;
}

int platform_out8(u16 port, u8 val)
{
	return vmcall_out(port, 1, val);
}

int platform_rdmsr(u32 msr, u64 *val)
{
	struct tdx_regs regs = { .r12 = msr };

	if (vmcall(VMCALL_RDMSR, &regs))
		return -1;
	*val = regs.r11;
	return 0;
}

int platform_wrmsr(u32 msr, u64 val)
{
	struct tdx_regs regs = { .r12 = msr, .r13 = val };

	return vmcall(VMCALL_WRMSR, &regs) ? -1 : 0;
}

/**
 * vmcall_mmio_read() - read a device's memory
 * @gpa: address, with the shared bit
 * @size: 1, 2, 4 or 8 bytes
 * @val: filled in
 */
int vmcall_mmio_read(u64 gpa, u32 size, u64 *val)
{
	struct tdx_regs regs = { .r12 = size, .r13 = IO_READ, .r14 = gpa };

	if (vmcall(VMCALL_MMIO, &regs))
		return -1;
	*val = regs.r11 & size_mask(size);
	return 0;
}

/**
 * vmcall_mmio_write() - write a device's memory
 * @gpa: address, with the shared bit
 * @size: 1, 2, 4 or 8 bytes
 * @val: value
 */
int vmcall_mmio_write(u64 gpa, u32 size, u64 val)
{
	struct tdx_regs regs = { .r12 = size, .r13 = IO_WRITE, .r14 = gpa,
				 .r15 = val & size_mask(size) };

	return vmcall(VMCALL_MMIO, &regs) ? -1 : 0;
}

/**
 * vmcall_map_gpa() - have the host make memory shared or private
 * @gpa: start, page-aligned, without shared bit
 * @size: bytes, whole pages
 * @shared: what it is to become
 *
 * The host may do a part and name the page to go on with. Bounded: so many
 * answers without progress, and progress is whole pages.
 *
 * Return: end of what the host says it has done: @gpa + @size is success.
 */
u64 vmcall_map_gpa(u64 gpa, u64 size, bool shared)
{
	u64 bit = shared ? tdx.shared_bit : 0;
	u64 end = gpa + size, next, status;
	struct tdx_regs regs;
	u32 stalls = 0;

	while (stalls < MAP_STALLS_MAX) {
		regs = (struct tdx_regs){ .r12 = gpa | bit, .r13 = end - gpa };
		status = vmcall(VMCALL_MAP_GPA, &regs);
		if (status == VMCALL_SUCCESS)
			return end;
		next = regs.r11 & ~tdx.shared_bit;
		if (status != VMCALL_RETRY || next % PAGE_SIZE || next < gpa ||
		    next >= end)
			return gpa;
		stalls = next == gpa ? stalls + 1 : 0;
		gpa = next;
	}
	return gpa;
}

/**
 * vmcall_fatal() - ask the host to end the confidential VM
 * @code: error code for the host, below 2^32
 * @message: text, cut to 64 bytes
 *
 * A host that goes on regardless finds nothing that makes progress. The module
 * cannot refuse: there is nothing left to do about that.
 */
void vmcall_fatal(u64 code, const char *message)
{
	u64 text[FATAL_MESSAGE / 8];
	struct tdx_regs regs;
	size_t i;

	for (;;) {
		memset(text, 0, sizeof(text));
		for (i = 0; i < sizeof(text) && message[i]; i++)
			((char *)text)[i] = message[i];
		regs = (struct tdx_regs){
			.rax = TDG_VP_VMCALL, .rcx = REGS_FATAL,
			.r11 = VMCALL_FATAL_ERROR, .r12 = code,
			.r14 = text[0], .r15 = text[1], .rbx = text[2],
			.rdi = text[3], .rsi = text[4], .r8 = text[5],
			.r9 = text[6], .rdx = text[7],
		};
		tdx_tdcall(&regs);
	}
}
