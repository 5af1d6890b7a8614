/* SPDX-License-Identifier: MIT */
/*
 * Exits of an SNP guest: nearly all become #VC, and the guest asks its host
 * for what it wants shown.
 */
#include "../cpu.h"
#include "snp.h"

/* VMGEXIT has a prefix that VMMCALL has not; the exit code is the same. */
static bool is_vmgexit(struct vcpu *v)
{
	u8 insn[4];

	return guest_fetch(v, insn, 4) == 4 &&
	       (insn[0] == 0xf3 || insn[0] == 0xf2) && insn[1] == 0x0f &&
	       insn[2] == 0x01 && insn[3] == 0xd9;
}

static void exit_msr(struct vcpu *v)
{
	bool write = v->vmcb->exit_info1 & 1;

	v->count[COUNT_MSR]++;
	if (!snp_msr(v, (u32)v->regs[GPR_RCX], write))
		inject_vc(v, VMEXIT_MSR);
}

/* See struct platform. */
void snp_exit(struct vcpu *v, u64 code)
{
	switch (code) {
	case VMEXIT_NPF:
		snp_npf(v);
		break;
	case VMEXIT_MSR:
		exit_msr(v);
		break;
	case VMEXIT_INVD:
	case VMEXIT_WBINVD:
		/* QEMU looks at the intercept before the privilege level */
		if (v->vmcb->save.cpl)
			inject_gp(v);
		else
			inject_vc(v, code);
		break;
	case VMEXIT_CPUID:
	case VMEXIT_IOIO:
	case VMEXIT_RDPMC:
	case VMEXIT_MONITOR:
	case VMEXIT_MWAIT:
	case VMEXIT_DR7_READ:
	case VMEXIT_DR7_WRITE:
		inject_vc(v, code);
		break;
	case VMEXIT_MWAIT_ARMED:
		inject_vc(v, VMEXIT_MWAIT);
		break;
	case VMEXIT_VMMCALL:
		if (is_vmgexit(v))
			snp_vmgexit(v);
		else
			inject_vc(v, code);
		break;
	case VMEXIT_HLT:
		vcpu_advance(v, 1);
		vcpu_level(v)->halted = true;
		vmsa_store(v, code);
		break;
	case VMEXIT_UD:
		snp_undefined(v);
		break;
	case VMEXIT_XSETBV:
	case VMEXIT_INVLPGA:
	case VMEXIT_VMRUN:
	case VMEXIT_VMLOAD ... VMEXIT_SKINIT:
		inject_exception(v, VECTOR_UD, -1);
		break;
	default:
		guest_end("exit 0x%lx is not handled: vcpu%u vmpl%u rip 0x%lx",
			  code, v->index, v->current, v->vmcb->save.rip);
	}
}
