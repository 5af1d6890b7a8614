/* SPDX-License-Identifier: MIT */
/*
 * Exits of a TD, to the TDX module (src/td_dispatcher/tdx_td_dispatcher.c of
 * intel/tdx-module): most are #VE and the TD asks its host.
 */
#include "insn.h"
#include "tdx.h"

#define CR_WRITE_LAST	(VMEXIT_CR0_WRITE + 15)

/* IOIO: EXITINFO1 of SVM (APM volume 2, 15.10.2) */
#define IOIO_IN			BIT_ULL(0)
#define IOIO_STRING		BIT_ULL(2)
#define IOIO_REP		BIT_ULL(3)
#define IOIO_SIZE(info)		((info) >> 4 & 7)
#define IOIO_PORT(info)		((info) >> 16 & 0xffff)

/* Exit qualification of an I/O instruction (SDM volume 3, table 28-5) */
#define QUAL_IN			BIT_ULL(3)
#define QUAL_STRING		BIT_ULL(4)
#define QUAL_REP		BIT_ULL(5)
#define QUAL_IMMEDIATE		BIT_ULL(6)
#define QUAL_PORT(port)		((port) << 16)

static void exit_io(struct vcpu *v)
{
	u64 info = v->vmcb->exit_info1;
	u64 qual = (IOIO_SIZE(info) - 1) | QUAL_PORT(IOIO_PORT(info));
	struct insn i;

	insn_fetch(v, &i);
	if (info & IOIO_IN)
		qual |= QUAL_IN;
	if (info & IOIO_STRING)
		qual |= QUAL_STRING;
	if (info & IOIO_REP)
		qual |= QUAL_REP;
	/* E4..E7 have the port in the instruction */
	if ((i.byte[i.op] & 0xfc) == 0xe4)
		qual |= QUAL_IMMEDIATE;
	/* EXITINFO2 is the next RIP */
	inject_ve(v, VE_IO, qual, 0, 0,
		  (u32)(v->vmcb->exit_info2 - v->vmcb->save.rip));
}

/* QEMU looks at the intercept before the privilege level. */
static void privileged(struct vcpu *v, enum ve_reason reason, u32 opcode_bytes)
{
	if (v->vmcb->save.cpl)
		inject_gp(v);
	else
		inject_ve(v, reason, 0, 0, 0, insn_length(v, opcode_bytes));
}

/* MONITOR and MWAIT: above CPL 0 they do not exist. */
static void exit_monitor(struct vcpu *v, enum ve_reason reason)
{
	if (v->vmcb->save.cpl)
		inject_exception(v, VECTOR_UD, -1);
	else
		inject_ve(v, reason, 0, 0, 0, insn_length(v, 3));
}

/*
 * What QEMU's CPU does not know. TDCALL is taken in the form in which all the
 * world writes it, 66 0F 01 CC.
 */
static void exit_undefined(struct vcpu *v)
{
	struct insn i;
	const u8 *op;

	insn_fetch(v, &i);
	op = &i.byte[i.op];
	if (i.op > INSN_MAX - 3 || op[0] != 0x0f || op[1] != 0x01 || i.lock) {
		inject_exception(v, VECTOR_UD, -1);
		return;
	}
	if (op[2] == 0xcc && i.operand16 && i.op == 1) {
		if (v->vmcb->save.cpl || !insn_code64(v))
			inject_gp(v);
		else
			tdx_tdcall(v);
		return;
	}
	if (op[2] == 0xc1 && !i.operand16 && !i.repeat) {
		inject_ve(v, VE_VMCALL, 0, 0, 0, i.op + 3);
		return;
	}
	inject_exception(v, VECTOR_UD, -1);
}

/* See struct platform. */
void tdx_exit(struct vcpu *v, u64 code)
{
	switch (code) {
	case VMEXIT_NPF:
		tdx_npf(v);
		break;
	case VMEXIT_UD:
		exit_undefined(v);
		break;
	case VMEXIT_MSR:
		tdx_msr(v, v->vmcb->exit_info1 & 1);
		break;
	case VMEXIT_CPUID:
		tdx_cpuid_exit(v);
		break;
	case VMEXIT_IOIO:
		exit_io(v);
		break;
	case VMEXIT_CR0_WRITE ... CR_WRITE_LAST:
		tdx_cr_write(v, (u32)(code - VMEXIT_CR0_WRITE));
		break;
	case VMEXIT_HLT:
		inject_ve(v, VE_HLT, 0, 0, 0, insn_length(v, 1));
		break;
	case VMEXIT_INVD:
		privileged(v, VE_INVD, 2);
		break;
	case VMEXIT_WBINVD:
		privileged(v, VE_WBINVD, 2);
		break;
	case VMEXIT_MONITOR:
		exit_monitor(v, VE_MONITOR);
		break;
	case VMEXIT_MWAIT:
	case VMEXIT_MWAIT_ARMED:
		exit_monitor(v, VE_MWAIT);
		break;
	case VMEXIT_RDPMC:
		/* ATTRIBUTES.PERFMON is 0 */
		inject_gp(v);
		break;
	case VMEXIT_PAUSE:
		tdx_pause(v);
		break;
	case VMEXIT_IRET:
		tdx_iret(v);
		break;
	case VMEXIT_XSETBV:
	case VMEXIT_VMMCALL:
	case VMEXIT_INVLPGA:
	case VMEXIT_VMRUN:
	case VMEXIT_VMLOAD ... VMEXIT_SKINIT:
		inject_exception(v, VECTOR_UD, -1);
		break;
	default:
		guest_end("exit 0x%lx is not handled: vcpu%u rip 0x%lx", code,
			  v->index, v->vmcb->save.rip);
	}
}
