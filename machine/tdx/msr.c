/* SPDX-License-Identifier: MIT */
/*
 * RDMSR and WRMSR of a TD: native (the CPU or the TDX module answers), #GP, or
 * #VE for all that is left to the host.
 *
 * Source: TDX module, include/auto_gen/msr_config_lookup.c and
 * src/td_dispatcher/vm_exits/td_msr_access.c. The TD has no performance
 * monitoring and of XFAM x87 and SSE only. MSRs of the run loop's list never
 * come here.
 */
#include "insn.h"
#include "tdx.h"

#define MSR_TSC			0x10
#define MSR_SPEC_CTRL		0x48
#define MSR_PRED_CMD		0x49
#define MSR_MISC_PACKAGE	0xbc
#define MSR_XAPIC_STATUS	0xbd
#define MSR_ARCH_CAPABILITIES	0x10a
#define MSR_FLUSH_CMD		0x10b
#define MSR_MISC_ENABLE		0x1a0
#define MSR_DEBUGCTL		0x1d9
#define MSR_PAT			0x277
#define MSR_PERF_CAPABILITIES	0x345
#define MSR_DS_AREA		0x600
#define MSR_DEBUG_INTERFACE	0xc80
#define MSR_XSS			0xda0
#define MSR_UARCH_MISC		0x1b01
#define MSR_EFER		0xc0000080

/* IBRS STIBP SSBD IPRED_DIS_U IPRED_DIS_S RRSBA_DIS_U RRSBA_DIS_S PSFD BHI_DIS_S */
#define SPEC_CTRL_BITS		0x4ff
/* RDCL_NO IBRS_ALL SKIP_L1DFL SSB_NO MDS_NO IF_PSCHANGE_MC_NO TAA_NO DOITM
 * SBDR_SSDP_NO FBSDP_NO PSDP_NO BHI_NO PBRSB_NO */
#define ARCH_CAPABILITIES	0x0110f17bULL
#define XAPIC_DISABLED		BIT_ULL(0)
/* fast strings; neither branch traces nor precise events */
#define MISC_ENABLE		(BIT_ULL(0) | BIT_ULL(11) | BIT_ULL(12))
#define DEBUGCTL_BITS		0xdfc7ULL
#define DEBUGCTL_TRACE		BIT_ULL(6)
#define DEBUGCTL_BTS		BIT_ULL(7)
#define DEBUGCTL_UNCORE		BIT_ULL(13)
#define EFER_SCE		BIT_ULL(0)

#define BITMAP_MSRS		0x2000	/* and so many from 0xc0000000 on */
#define BITMAP_HIGH		0xc0000000

enum action { ACTION_VE, ACTION_GP, ACTION_NATIVE };

struct rule {
	u32 first;
	u32 last;
	enum action read;
	enum action write;
};

/* Sorted; all others are ACTION_VE. */
static const struct rule rules[] = {
	{ 0x10, 0x10, ACTION_NATIVE, ACTION_VE },
	{ 0x48, 0x49, ACTION_NATIVE, ACTION_NATIVE },
	{ 0x87, 0x87, ACTION_GP, ACTION_GP },		/* key partitioning */
	{ 0x8c, 0x8f, ACTION_GP, ACTION_GP },		/* SGX */
	{ 0x98, 0x9b, ACTION_GP, ACTION_GP },		/* WBINVDP.. SMM */
	{ 0x9e, 0x9e, ACTION_GP, ACTION_GP },		/* SMBASE */
	{ 0xbc, 0xbc, ACTION_NATIVE, ACTION_VE },
	{ 0xbd, 0xbd, ACTION_NATIVE, ACTION_NATIVE },
	{ 0xc1, 0xc8, ACTION_GP, ACTION_GP },		/* PMCs */
	{ 0xe1, 0xe1, ACTION_GP, ACTION_GP },		/* UMWAIT */
	{ 0x10a, 0x10b, ACTION_NATIVE, ACTION_NATIVE },
	{ 0x122, 0x122, ACTION_GP, ACTION_GP },		/* TSX */
	{ 0x186, 0x18d, ACTION_GP, ACTION_GP },		/* PERFEVTSEL */
	{ 0x195, 0x195, ACTION_GP, ACTION_GP },		/* overclocking */
	{ 0x1a0, 0x1a0, ACTION_NATIVE, ACTION_VE },
	{ 0x1a6, 0x1a7, ACTION_GP, ACTION_GP },
	{ 0x1c4, 0x1c5, ACTION_GP, ACTION_GP },		/* XFD */
	{ 0x1d9, 0x1d9, ACTION_NATIVE, ACTION_NATIVE },
	{ 0x1f8, 0x1fa, ACTION_GP, ACTION_GP },		/* DCA */
	{ 0x276, 0x276, ACTION_GP, ACTION_GP },
	{ 0x277, 0x277, ACTION_NATIVE, ACTION_NATIVE },
	{ 0x309, 0x310, ACTION_GP, ACTION_GP },		/* fixed counters */
	{ 0x329, 0x329, ACTION_GP, ACTION_GP },
	{ 0x345, 0x345, ACTION_NATIVE, ACTION_GP },
	{ 0x38d, 0x392, ACTION_GP, ACTION_GP },		/* counter control */
	{ 0x3f1, 0x3f2, ACTION_GP, ACTION_GP },		/* PEBS */
	{ 0x3f6, 0x3f7, ACTION_GP, ACTION_GP },
	{ 0x480, 0x492, ACTION_NATIVE, ACTION_GP },	/* VMX */
	{ 0x4c1, 0x4c8, ACTION_GP, ACTION_GP },
	{ 0x500, 0x500, ACTION_GP, ACTION_GP },		/* SGX */
	{ 0x560, 0x561, ACTION_GP, ACTION_GP },		/* processor trace */
	{ 0x570, 0x572, ACTION_GP, ACTION_GP },
	{ 0x580, 0x587, ACTION_GP, ACTION_GP },
	{ 0x600, 0x600, ACTION_NATIVE, ACTION_NATIVE },
	{ 0x6a0, 0x6a0, ACTION_GP, ACTION_GP },		/* CET */
	{ 0x6a2, 0x6a2, ACTION_GP, ACTION_GP },
	{ 0x6a4, 0x6a8, ACTION_GP, ACTION_GP },
	{ 0x6e1, 0x6e1, ACTION_GP, ACTION_GP },		/* PKRS */
	{ 0x800, 0x801, ACTION_GP, ACTION_GP },
	{ 0x804, 0x807, ACTION_GP, ACTION_GP },
	{ 0x808, 0x80c, ACTION_NATIVE, ACTION_NATIVE },	/* TPR PPR EOI */
	{ 0x80e, 0x80e, ACTION_NATIVE, ACTION_NATIVE },
	{ 0x810, 0x827, ACTION_NATIVE, ACTION_NATIVE },	/* ISR TMR IRR */
	{ 0x829, 0x82e, ACTION_GP, ACTION_GP },
	{ 0x831, 0x831, ACTION_GP, ACTION_GP },
	{ 0x83f, 0x83f, ACTION_NATIVE, ACTION_NATIVE },	/* SELF_IPI */
	{ 0x840, 0x8ff, ACTION_GP, ACTION_GP },
	{ 0x981, 0x98a, ACTION_GP, ACTION_GP },		/* TME, user interrupts */
	{ 0xc80, 0xc80, ACTION_NATIVE, ACTION_VE },
	{ 0xd90, 0xd90, ACTION_GP, ACTION_GP },		/* BNDCFGS */
	{ 0xd93, 0xd93, ACTION_GP, ACTION_GP },		/* PASID */
	{ 0xda0, 0xda0, ACTION_NATIVE, ACTION_NATIVE },
	{ 0x1200, 0x12ff, ACTION_GP, ACTION_GP },	/* last branches */
	{ 0x14ce, 0x14cf, ACTION_GP, ACTION_GP },
	{ 0x1500, 0x16ff, ACTION_GP, ACTION_GP },
	{ 0x1b01, 0x1b01, ACTION_NATIVE, ACTION_NATIVE },
	{ 0xc0000080, 0xc0000080, ACTION_NATIVE, ACTION_NATIVE },
	{ 0xc0000103, 0xc0000103, ACTION_NATIVE, ACTION_NATIVE },
};

/* MSRs that only hold what was written; own vCPU. */
static struct held {
	u64 spec_ctrl;
	u64 debugctl;
	u64 ds_area;
	u64 uarch_misc;
} held_msrs[MAX_CPUS];

static enum action find_action(u32 msr, bool write)
{
	if (msr >= BITMAP_MSRS && msr - BITMAP_HIGH >= BITMAP_MSRS)
		return ACTION_VE;
	for (u32 i = 0; i < ARRAY_SIZE(rules); i++) {
		if (msr >= rules[i].first && msr <= rules[i].last)
			return write ? rules[i].write : rules[i].read;
	}
	return ACTION_VE;
}

static bool is_x2apic(u32 msr)
{
	return msr >= VAPIC_MSR_FIRST && msr <= VAPIC_MSR_FIRST + 0xff;
}

/* The virtual-APIC page answers, also where the APIC has no register. */
static u64 read_x2apic(struct vcpu *v, u32 msr)
{
	u64 val;

	return apic_msr_read(v, 0, msr, &val) ? 0 : val;
}

/* LME is always 1; see cr.c. */
static u64 shown_efer(const struct vcpu *v)
{
	return (v->vmcb->save.efer & ~EFER_SVME) | EFER_LME;
}

/* ACTION_NATIVE: done. */
static enum action read_native(struct vcpu *v, u32 msr, u64 *val)
{
	const struct held *held = &held_msrs[v->index];

	*val = 0;
	switch (msr) {
	case MSR_TSC:
		*val = rdtsc();
		break;
	case MSR_SPEC_CTRL:
		*val = held->spec_ctrl;
		break;
	case MSR_PRED_CMD:
	case MSR_FLUSH_CMD:
		return ACTION_GP;	/* write-only */
	case MSR_XAPIC_STATUS:
		*val = XAPIC_DISABLED;
		break;
	case MSR_ARCH_CAPABILITIES:
		*val = ARCH_CAPABILITIES;
		break;
	case MSR_MISC_ENABLE:
		*val = MISC_ENABLE;
		break;
	case MSR_DEBUGCTL:
		*val = held->debugctl;
		break;
	case MSR_PAT:
		*val = v->vmcb->save.g_pat;
		break;
	case MSR_DS_AREA:
		*val = held->ds_area;
		break;
	case MSR_UARCH_MISC:
		*val = held->uarch_misc;
		break;
	case MSR_EFER:
		*val = shown_efer(v);
		break;
	case MSR_TSC_AUX:
		*val = rdmsr(MSR_TSC_AUX);
		break;
	case MSR_MISC_PACKAGE:
	case MSR_PERF_CAPABILITIES:
	case MSR_DEBUG_INTERFACE:
	case MSR_XSS:
		break;
	default:
		if (!is_x2apic(msr))
			return tdx_vmx_capability(v, msr, val) ?
				ACTION_NATIVE : ACTION_VE;
		*val = read_x2apic(v, msr);
	}
	return ACTION_NATIVE;
}

static enum action write_bits(u64 *msr, u64 val, u64 allowed)
{
	if (val & ~allowed)
		return ACTION_GP;
	*msr = val;
	return ACTION_NATIVE;
}

static enum action write_pat(struct vcpu *v, u64 val)
{
	for (u32 i = 0; i < 64; i += 8) {
		u8 type = (u8)(val >> i);

		if (type == 2 || type == 3 || type > 7)
			return ACTION_GP;
	}
	v->vmcb->save.g_pat = val;
	return ACTION_NATIVE;
}

static enum action write_efer(struct vcpu *v, u64 val)
{
	struct save_area *s = vcpu_save(v);

	if ((val ^ shown_efer(v)) & ~(EFER_SCE | EFER_LMA))
		return ACTION_VE;
	s->efer = (s->efer & ~EFER_SCE) | (val & EFER_SCE);
	return ACTION_NATIVE;
}

static enum action write_debugctl(struct held *held, u64 val)
{
	if (val & ~(DEBUGCTL_BITS | DEBUGCTL_UNCORE))
		return ACTION_GP;
	if ((val & (DEBUGCTL_TRACE | DEBUGCTL_BTS)) == DEBUGCTL_TRACE)
		return ACTION_VE;
	held->debugctl = val & DEBUGCTL_BITS;
	return ACTION_NATIVE;
}

/* SELF_IPI is the hardware's: it knows no host that could drop a vector. */
static enum action write_self_ipi(struct vcpu *v, u64 val)
{
	struct vapic_in in = { .now = rdtsc() };
	struct vapic_out out;

	if (val > 0xff)
		return ACTION_GP;
	in.posted[val / 64] = BIT_ULL(val % 64);
	vapic_scan(&v->level[0].apic, &in, &out);
	return ACTION_NATIVE;
}

static enum action write_native(struct vcpu *v, u32 msr, u64 val)
{
	struct held *held = &held_msrs[v->index];
	u64 command;

	switch (msr) {
	case MSR_SPEC_CTRL:
		return write_bits(&held->spec_ctrl, val, SPEC_CTRL_BITS);
	case MSR_PRED_CMD:
	case MSR_FLUSH_CMD:
		return write_bits(&command, val, 1);
	case MSR_DEBUGCTL:
		return write_debugctl(held, val);
	case MSR_PAT:
		return write_pat(v, val);
	case MSR_DS_AREA:
		held->ds_area = val;
		return ACTION_NATIVE;
	case MSR_XSS:
		return val ? ACTION_GP : ACTION_NATIVE;
	case MSR_UARCH_MISC:
		return write_bits(&held->uarch_misc, val, 1);
	case MSR_EFER:
		return write_efer(v, val);
	case MSR_TSC_AUX:
		if (val >> 32)
			return ACTION_GP;
		wrmsr(MSR_TSC_AUX, val);
		return ACTION_NATIVE;
	case VAPIC_MSR_FIRST + VAPIC_SELF_IPI:
		return write_self_ipi(v, val);
	}
	if (is_x2apic(msr) && !apic_msr_write(v, 0, msr, val))
		return ACTION_NATIVE;
	return ACTION_GP;	/* read-only */
}

/**
 * tdx_msr() - RDMSR or WRMSR
 * @v: vCPU, at CPL 0
 * @write: which one
 */
void tdx_msr(struct vcpu *v, bool write)
{
	u32 msr = (u32)v->regs[GPR_RCX];
	u32 length = insn_length(v, 2);
	enum action action = find_action(msr, write);
	u64 val = v->regs[GPR_RDX] << 32 | (u32)v->vmcb->save.rax;

	if (action == ACTION_NATIVE)
		action = write ? write_native(v, msr, val) :
				 read_native(v, msr, &val);
	switch (action) {
	case ACTION_VE:
		inject_ve(v, write ? VE_WRMSR : VE_RDMSR, 0, 0, 0, length);
		return;
	case ACTION_GP:
		inject_gp(v);
		return;
	case ACTION_NATIVE:
		break;
	}
	if (!write) {
		v->vmcb->save.rax = (u32)val;
		v->regs[GPR_RDX] = val >> 32;
	}
	vcpu_advance(v, length);
}
