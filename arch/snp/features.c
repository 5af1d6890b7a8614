// SPDX-License-Identifier: MIT
/*
 * What the CPU runs with and what the host offers: enough, and nothing that
 * this image does not know how to handle?
 */
#include <svsm/log.h>
#include <x86/apic.h>
#include <x86/asm.h>
#include "features.h"
#include "ghcb.h"

#define CPUID_SEV	0x8000001F
#define CPUID_TSC	0x15
#define C_BIT_MASK	0x3F

#define FEATURES_REQUIRED	(SEV_FEATURE_SNP | SEV_FEATURE_RESTRICTED_INJ)
/*
 * Not among them: what changes how memory, interrupts or exits work (vTOM,
 * ReflectVC, AlternateInj, Secure AVIC, VMSA register protection), and Secure
 * TSC, whose scale and offset the SVSM would have to ask of the firmware.
 */
#define FEATURES_ALLOWED	(FEATURES_REQUIRED | SEV_FEATURE_DEBUG_SWAP | \
				 SEV_FEATURE_PREVENT_HOST_IBS | \
				 SEV_FEATURE_BTB_ISOLATION | \
				 SEV_FEATURE_IBS_VIRT | \
				 SEV_FEATURE_SMT_PROTECTION | \
				 SEV_FEATURE_IBPB_ON_ENTRY)

#define HV_REQUIRED		(HV_SNP | HV_AP_CREATION | \
				 HV_RESTRICTED_INJECTION | HV_MULTI_VMPL)

struct snp snp;

static const struct cpuid_entry *find_leaf(u32 leaf)
{
	const struct cpuid_table *table = &igvm_cpuid_page;
	u32 i;

	for (i = 0; i < table->count && i < CPUID_MAX; i++)
		if (table->entry[i].eax_in == leaf)
			return &table->entry[i];
	return NULL;
}

static u32 tsc_khz(void)
{
	const struct cpuid_entry *leaf = find_leaf(CPUID_TSC);

	return leaf ? apic_tsc_khz(leaf->eax, leaf->ebx, leaf->ecx) : 0;
}

/**
 * features_read() - fill in what the CPU and its CPUID page say
 *
 * entry.S found the leaf with the C-bit before.
 */
void features_read(void)
{
	const struct cpuid_entry *sev = find_leaf(CPUID_SEV);

	snp.c_bit = BIT_ULL(sev->ebx & C_BIT_MASK);
	snp.features = rdmsr(MSR_SEV_STATUS) >> SEV_STATUS_FEATURES_SHIFT;
	snp.guest_features = snp.features & ~SEV_FEATURE_RESTRICTED_INJ;
	snp.tsc_khz = tsc_khz();
}

/**
 * features_check() - end with one line where something is missing or unknown
 */
void features_check(void)
{
	svsm_log(LOG_INFO, "SNP: features 0x%llx, host features 0x%llx, C-bit %u, TSC %u kHz",
		 (unsigned long long)snp.features,
		 (unsigned long long)snp.hv_features,
		 __builtin_ctzll(snp.c_bit), snp.tsc_khz);
	if ((snp.features & FEATURES_REQUIRED) != FEATURES_REQUIRED) {
		svsm_log(LOG_ERROR, "needs SNP and Restricted Injection in its SEV features");
		ghcb_terminate(0, 2);
	}
	if (snp.features & ~FEATURES_ALLOWED) {
		svsm_log(LOG_ERROR, "cannot handle SEV features 0x%llx",
			 (unsigned long long)(snp.features & ~FEATURES_ALLOWED));
		ghcb_terminate(0, 2);
	}
	if ((snp.hv_features & HV_REQUIRED) != HV_REQUIRED)
		host_failed("needs SNP, AP creation, restricted injection and VMPLs of the host");
	if (!(snp.hv_features & HV_RUN_VMPL_VECTOR))
		svsm_log(LOG_WARN, "the host cannot assert a vector on entry: no notifications");
}
