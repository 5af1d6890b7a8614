// SPDX-License-Identifier: MIT
/*
 * #VE, the virtualization exception: the module tells the SVSM that it did
 * something that only the host can do for it, or that a page is not there.
 * Until its information is read a second one would be a double fault, so that
 * comes first. TDX Module 1.5 base specification, "Virtualization Exception".
 */
#include <svsm/string.h>
#include <x86/platform.h>
#include "insn.h"
#include "tdx.h"

/* Reasons: VMX exit reasons, Intel SDM volume 3 appendix C */
#define REASON_CPUID		10
#define REASON_HLT		12
#define REASON_IO		30
#define REASON_RDMSR		31
#define REASON_WRMSR		32
#define REASON_EPT_VIOLATION	48

/* Qualification of IO */
#define IO_SIZE(qual)		(((qual) & 7) + 1)
#define IO_IN			BIT(3)
#define IO_STRING		BIT(4)
#define IO_PORT(qual)		((qual) >> 16 & 0xFFFF)

#define RFLAGS_IF		BIT_ULL(9)
#define GPA_OFFSET		0xFFF

struct ve {
	u32 reason;
	u64 qualification;
	u64 gpa;
	u32 length;
};

static void read_info(struct ve *ve)
{
	struct tdx_regs regs = { .rax = TDG_VP_VEINFO_GET };

	if (tdx_tdcall(&regs))
		arch_terminate(TERMINATE_GENERAL);
	ve->reason = regs.rcx;
	ve->qualification = regs.rdx;
	ve->gpa = regs.r9;
	ve->length = regs.r10;
}

/* The frame's register by its number in instructions; RSP is where it was. */
static u64 *reg(struct exception_frame *frame, u32 number)
{
	u64 *const low[] = {
		&frame->rax, &frame->rcx, &frame->rdx, &frame->rbx,
		&frame->rsp, &frame->rbp, &frame->rsi, &frame->rdi,
	};

	return number < ARRAY_SIZE(low) ? low[number] :
		&frame->r8 + (number - ARRAY_SIZE(low));
}

/* 4 bytes clear the upper half, 1 and 2 leave the rest as it was. */
static void set_reg(u64 *reg64, u64 val, u32 size)
{
	if (size >= 4)
		*reg64 = val;
	else
		memcpy(reg64, &val, size);
}

static bool emulate_io(struct exception_frame *frame, u64 qual)
{
	u32 size = IO_SIZE(qual), val;
	u16 port = IO_PORT(qual);

	if (qual & IO_STRING)
		return false;
	if (!(qual & IO_IN))
		return !vmcall_out(port, size, frame->rax);
	if (vmcall_in(port, size, &val))
		return false;
	set_reg(&frame->rax, val, size);
	return true;
}

static bool emulate_cpuid(struct exception_frame *frame)
{
	u32 out[4];

	if (vmcall_cpuid(frame->rax, frame->rcx, out))
		return false;
	frame->rax = out[0];
	frame->rbx = out[1];
	frame->rcx = out[2];
	frame->rdx = out[3];
	return true;
}

static bool emulate_rdmsr(struct exception_frame *frame)
{
	u64 val;

	if (platform_rdmsr(frame->rcx, &val))
		return false;
	frame->rax = (u32)val;
	frame->rdx = val >> 32;
	return true;
}

static bool emulate_wrmsr(struct exception_frame *frame)
{
	return !platform_wrmsr(frame->rcx,
			       frame->rdx << 32 | (u32)frame->rax);
}

/* An access to the host's side of memory: a device. */
static bool emulate_mmio(struct exception_frame *frame, struct ve *ve)
{
	struct mov_insn insn;
	u64 val;

	if (!insn_decode_mov((const u8 *)frame->rip, INSN_MAX, &insn) ||
	    (ve->gpa & GPA_OFFSET) + insn.size > GPA_OFFSET + 1)
		return false;
	ve->length = insn.length;
	if (insn.write) {
		val = insn.immediate ? insn.value : *reg(frame, insn.reg);
		return !vmcall_mmio_write(ve->gpa, insn.size, val);
	}
	if (vmcall_mmio_read(ve->gpa, insn.size, &val))
		return false;
	set_reg(reg(frame, insn.reg), val, insn.reg_size);
	return true;
}

/**
 * ve_handle() - #VE
 * @frame: what raised it
 *
 * An instruction of the exception table is never emulated: there the page of a
 * peer is lost, or an answer of the host's is no answer.
 *
 * Return: false if it cannot be survived.
 */
bool ve_handle(struct exception_frame *frame)
{
	struct ve ve;
	bool done = false;

	read_info(&ve);
	if (exception_recover(frame))
		return true;
	switch (ve.reason) {
	case REASON_CPUID:
		done = emulate_cpuid(frame);
		break;
	case REASON_HLT:
		done = !vmcall_halt(!(frame->rflags & RFLAGS_IF));
		break;
	case REASON_IO:
		done = emulate_io(frame, ve.qualification);
		break;
	case REASON_RDMSR:
		done = emulate_rdmsr(frame);
		break;
	case REASON_WRMSR:
		done = emulate_wrmsr(frame);
		break;
	case REASON_EPT_VIOLATION:
		if (!(ve.gpa & tdx.shared_bit)) {
			exception_log("the host failed: it took a private page, gpa ",
				      ve.gpa);
			arch_terminate(TERMINATE_HOST);
		}
		done = emulate_mmio(frame, &ve);
		break;
	}
	if (done)
		frame->rip += ve.length;
	else
		exception_log("#VE not handled, reason ", ve.reason);
	return done;
}
