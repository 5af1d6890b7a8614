/* SPDX-License-Identifier: MIT */
/*
 * The VMX capability MSRs that the TDX module shows to L1: what an L2 VM could
 * have (src/common/helpers/virt_msr_helpers.h of intel/tdx-module; constants
 * and write masks of its vmcs_defs.h, without performance monitoring, WAITPKG,
 * key partitioning and MONITOR, on a CPU with the default settings of SDM
 * volume 3, appendix A).
 */
#include "insn.h"
#include "tdx.h"

#define VMX_BASIC		0x480
#define VMX_MISC		0x485
#define VMX_CR0_FIXED0		0x486
#define VMX_CR0_FIXED1		0x487
#define VMX_CR4_FIXED0		0x488
#define VMX_CR4_FIXED1		0x489
#define VMX_PROCBASED2		0x48b
#define VMX_EPT_VPID		0x48c
#define VMX_TRUE_PINBASED	0x48d
#define VMX_TRUE_PROCBASED	0x48e
#define VMX_TRUE_EXIT		0x48f
#define VMX_TRUE_ENTRY		0x490
#define VMX_VMFUNC		0x491
#define VMX_PROCBASED3		0x492

#define CR4_CHOICE	0x03ff1fbfULL	/* what L1 may choose for L2 */
#define CR4_FIXED	0x2040ULL	/* VMXE MCE */

/* Controls: what must be 1, and above it what may be */
#define CONTROLS(must, may)	((u64)(may) << 32 | (must))

/**
 * tdx_vmx_capability() - read a VMX capability MSR
 * @v: vCPU
 * @msr: number
 * @val: result
 *
 * Return: false if it is left to the host.
 */
bool tdx_vmx_capability(struct vcpu *v, u32 msr, u64 *val)
{
	switch (msr) {
	case VMX_BASIC:
		/* exits tell about I/O; TRUE MSRs; events without error code */
		*val = BIT_ULL(54) | BIT_ULL(55) | BIT_ULL(56);
		return true;
	case VMX_MISC:
		/* unrestricted, HLT, shutdown, PT; 4 CR3 targets; VMWRITE */
		*val = 0x600440e0;
		return true;
	case VMX_CR0_FIXED0:
		*val = 0x20;
		return true;
	case VMX_CR0_FIXED1:
		*val = 0x8005003f;
		return true;
	case VMX_CR4_FIXED0:
		*val = CR4_FIXED;
		return true;
	case VMX_CR4_FIXED1:
		*val = (tdx_cr4_supported(v) & CR4_CHOICE) | CR4_FIXED;
		return true;
	case VMX_PROCBASED2:
		*val = CONTROLS(0x132881f2, 0x1379bffe);
		return true;
	case VMX_EPT_VPID:
		/* execute-only, 2 MiB, 1 GiB, advanced information */
		*val = 0x430001;
		return true;
	case VMX_TRUE_PINBASED:
		*val = CONTROLS(0x3f, 0x3f);
		return true;
	case VMX_TRUE_PROCBASED:
		*val = CONTROLS(0xb5226dfa, 0xfdfbfffe);
		return true;
	case VMX_TRUE_EXIT:
		*val = CONTROLS(0x1f3fefff, 0x1f3fefff);
		return true;
	case VMX_TRUE_ENTRY:
		*val = CONTROLS(0x003ed1ff, 0x003ed3ff);
		return true;
	case VMX_VMFUNC:
		*val = 0;
		return true;
	case VMX_PROCBASED3:
		*val = 0x8e;
		return true;
	}
	return false;
}
