/* SPDX-License-Identifier: MIT */
/*
 * MSRs that the hardware of an SNP guest answers itself. All others are #VC
 * and the guest asks the host (../msr.c).
 */
#include "../cpu.h"
#include "snp.h"

#define MSR_TSC		0x10
#define MSR_PAT		0x277
#define MSR_EFER	0xc0000080

#define EFER_WRITABLE	0x5d01ULL	/* SCE LME LMA NXE SVME FFXSR */

static bool read(struct vcpu *v, u32 msr, u64 *val)
{
	const struct save_area *s = vcpu_save(v);

	switch (msr) {
	case MSR_TSC:
		*val = rdtsc();
		return true;
	case MSR_PAT:
		*val = s->g_pat;
		return true;
	case MSR_EFER:
		*val = s->efer;
		return true;
	case MSR_TSC_AUX:
		*val = rdmsr(MSR_TSC_AUX);
		return true;
	case MSR_GHCB:
		*val = vcpu_level(v)->ghcb_msr;
		return true;
	case MSR_SEV_STATUS:
		*val = vcpu_level(v)->features << 2 | 3;
		return true;
	}
	return false;
}

static bool write_efer(struct vcpu *v, u64 val)
{
	struct save_area *s = vcpu_save(v);

	if (val & ~EFER_WRITABLE)
		return false;
	if ((s->cr0 & CR0_PG) && ((val ^ s->efer) & EFER_LME))
		return false;
	/* LMA follows LME and paging; SVME is the host's */
	s->efer = (val & ~(EFER_LMA | EFER_SVME)) |
		  (s->efer & EFER_LMA) | EFER_SVME;
	return true;
}

/* false: #GP */
static bool write(struct vcpu *v, u32 msr, u64 val)
{
	switch (msr) {
	case MSR_PAT:
		for (u32 i = 0; i < 64; i += 8) {
			u8 type = (u8)(val >> i);

			if (type == 2 || type == 3 || type > 7)
				return false;
		}
		vcpu_save(v)->g_pat = val;
		return true;
	case MSR_EFER:
		return write_efer(v, val);
	case MSR_TSC_AUX:
		if (val >> 32)
			return false;
		wrmsr(MSR_TSC_AUX, val);
		return true;
	case MSR_GHCB:
		vcpu_level(v)->ghcb_msr = val;
		return true;
	}
	return false;
}

/**
 * snp_msr() - RDMSR or WRMSR by the guest
 * @v: vCPU
 * @msr: number
 * @is_write: WRMSR
 *
 * Return: false if hardware leaves it to #VC.
 */
bool snp_msr(struct vcpu *v, u32 msr, bool is_write)
{
	u64 val;

	switch (msr) {
	case MSR_PAT:
	case MSR_EFER:
	case MSR_TSC_AUX:
	case MSR_GHCB:
	case MSR_SEV_STATUS:
		break;
	case MSR_TSC:
		if (is_write)
			return false;
		break;
	default:
		return false;
	}
	if (is_write) {
		val = v->regs[GPR_RDX] << 32 | (u32)v->vmcb->save.rax;
		if (!write(v, msr, val)) {
			inject_gp(v);
			return true;
		}
	} else {
		if (!read(v, msr, &val)) {
			inject_gp(v);
			return true;
		}
		v->vmcb->save.rax = (u32)val;
		v->regs[GPR_RDX] = val >> 32;
	}
	vcpu_advance(v, 2);
	return true;
}
