/* SPDX-License-Identifier: MIT */
/*
 * SEV-SNP as a guest sees it: what svm/run.c asks of it.
 */
#ifndef MACHINE_SNP_H
#define MACHINE_SNP_H

#include "../svm/platform.h"
#include "../svm/vcpu.h"
#include "rmp.h"

#define SNP_C_BIT		51
#define SNP_C_MASK		BIT_ULL(SNP_C_BIT)

#define SEV_FEATURE_SNP			BIT_ULL(0)
#define SEV_FEATURE_RESTRICTED_INJ	BIT_ULL(3)
#define SEV_FEATURE_DEBUG_SWAP		BIT_ULL(5)
#define SEV_FEATURES_SUPPORTED	(SEV_FEATURE_SNP | SEV_FEATURE_RESTRICTED_INJ | \
				 SEV_FEATURE_DEBUG_SWAP)

#define MSR_GHCB		0xc0010130
#define MSR_SEV_STATUS		0xc0010131

/* GHCB hypervisor features that this host announces */
#define HV_FEATURE_SNP			BIT_ULL(0)
#define HV_FEATURE_AP_CREATION		BIT_ULL(1)
#define HV_FEATURE_RESTRICTED_INJ	BIT_ULL(2)
#define HV_FEATURE_APIC_ID_LIST		BIT_ULL(4)
#define HV_FEATURE_MULTI_VMPL		BIT_ULL(5)
#define HV_FEATURE_EXT_INTERRUPTS	BIT_ULL(9)
#define HV_FEATURE_RUN_VMPL_EVENT	BIT_ULL(48)	/* one-exit switch */
#define HV_FEATURE_RUN_VMPL_DEADLINE	BIT_ULL(49)

u64 snp_hv_features(void);

/* vmsa.c: register state between a VMSA page and the VMCB */
enum vmsa_fault {
	VMSA_OK,
	VMSA_NO_PAGE,
	VMSA_NOT_RUNNABLE,	/* EFER.SVME is 0 */
	VMSA_BUSY,
	VMSA_WRONG_VMPL,
	VMSA_BAD_FEATURES,
};
enum vmsa_fault vmsa_check(const struct vcpu *v, u32 level);
bool vmsa_interrupts_on(const struct level *l);
enum vmsa_fault vmsa_load(struct vcpu *v);
void vmsa_store(struct vcpu *v, u64 exit_code);
void vmsa_release(struct vcpu *v);

/* level.c: which level runs */
void level_switch(struct vcpu *v, u32 to);
bool level_restricted(const struct vcpu *v, u32 level);
void level_reset(struct vcpu *v, u32 level, u64 vmsa);
int level_start(u32 apic_id, u32 level, u64 vmsa);
void level_requests(struct vcpu *v);
enum vmsa_fault level_run(struct vcpu *v, u32 to);

/* doorbell.c: #HV */
void doorbell_taken(struct vcpu *v, u32 level);
void doorbell_sync(struct vcpu *v, u32 level, const struct vapic_out *out);
bool doorbell_signal(struct vcpu *v, u32 level);
bool doorbell_waiting(const struct vcpu *v, u32 level);
void doorbell_post_guest_vector(struct vcpu *v, u32 level, u8 vector,
				bool level_triggered);

/* cpuid.c: on @index's own physical CPU; table: 4096 bytes for the guest */
void snp_cpuid(u32 leaf, u32 subleaf, u32 index, u32 out[4]);
void snp_cpuid_table(void *page);

/* vc.c: #VC */
void inject_vc(struct vcpu *v, u64 exit_code);

/* exits */
void snp_exit(struct vcpu *v, u64 code);
bool snp_msr(struct vcpu *v, u32 msr, bool write);
void snp_undefined(struct vcpu *v);
void snp_vmgexit(struct vcpu *v);
void snp_npf(struct vcpu *v);

/* ready.c */
bool snp_ready(struct vcpu *v, struct vapic_out *out);

/* ghcb.c */
void ghcb_page(struct vcpu *v, u64 gpa);

#endif /* MACHINE_SNP_H */
