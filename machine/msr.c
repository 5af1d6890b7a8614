/* SPDX-License-Identifier: MIT */
/*
 * MSRs that a guest asks its host for (GHCB MSR exits): the APIC, and a list
 * of those that operating systems read without expecting anything of them.
 */
#include "cpu.h"
#include "svm/vcpu.h"

#define X2APIC_MSR_LAST	0x8ffu

struct msr_range {
	u32 first;
	u32 last;
};

/* Read as zero, written without effect; all others are #GP. */
static const struct msr_range zero_msrs[] = {
	{ 0x17, 0x17 },			/* platform ID */
	{ 0x34, 0x34 },			/* SMI count */
	{ 0x8b, 0x8b },			/* microcode level */
	{ 0xc1, 0xc4 },			/* performance counters */
	{ 0xfe, 0xfe },			/* MTRR capabilities: none */
	{ 0x179, 0x17b },		/* machine check: no bank */
	{ 0x186, 0x189 },
	{ 0x1d9, 0x1dd },		/* debug control, last branch */
	{ 0x200, 0x21f },		/* MTRRs */
	{ 0x250, 0x26f },
	{ 0x2ff, 0x2ff },
	{ 0xc0010000, 0xc0010007 },	/* performance counters */
	{ 0xc0010010, 0xc0010010 },	/* SYSCFG */
	{ 0xc001001a, 0xc001001a },	/* TOP_MEM */
	{ 0xc001001d, 0xc001001d },
	{ 0xc001001f, 0xc001001f },	/* NB_CFG */
	{ 0xc0010055, 0xc0010058 },	/* interrupt pending, MMIO config */
	{ 0xc0010061, 0xc0010064 },	/* P-states */
	{ 0xc0010112, 0xc0010113 },	/* SMM TSEG */
	{ 0xc0010140, 0xc0010141 },	/* OS visible workarounds */
	{ 0xc0011020, 0xc001102f },	/* implementation specific */
};

#define MSR_HWCR		0xc0010015
#define HWCR_TSC_FREQ_SEL	BIT_ULL(24)	/* TSC counts at P0 frequency */

static bool is_apic(u32 msr)
{
	return msr == VAPIC_MSR_BASE || msr == VAPIC_MSR_DEADLINE ||
	       (msr >= VAPIC_MSR_FIRST && msr <= X2APIC_MSR_LAST);
}

static bool is_zero(u32 msr)
{
	for (u32 i = 0; i < ARRAY_SIZE(zero_msrs); i++) {
		if (msr >= zero_msrs[i].first && msr <= zero_msrs[i].last)
			return true;
	}
	return false;
}

/* host_msr_read(), host_msr_write(): 0, or -1 for #GP */
int host_msr_read(struct vcpu *v, u32 msr, u64 *val)
{
	if (is_apic(msr))
		return apic_msr_read(v, v->current, msr, val);
	*val = msr == MSR_HWCR ? HWCR_TSC_FREQ_SEL : 0;
	return is_zero(msr) || msr == MSR_HWCR ? 0 : -1;
}

int host_msr_write(struct vcpu *v, u32 msr, u64 val)
{
	if (is_apic(msr))
		return apic_msr_write(v, v->current, msr, val);
	return is_zero(msr) || msr == MSR_HWCR ? 0 : -1;
}
