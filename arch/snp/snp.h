/* SPDX-License-Identifier: MIT */
/*
 * SEV-SNP: what the files of this folder know of each other.
 */
#ifndef SNP_SNP_H
#define SNP_SNP_H

#include <svsm/arch.h>
#include <svsm/lock.h>
#include <svsm/types.h>
#include <x86/console.h>
#include <x86/linux_boot.h>
#include <x86/percpu.h>
#include "pages.h"

/* The guest runs here; nothing runs at 1 and 3. */
#define GUEST_VMPL	2

/* Error code of #VC: access to a page that is not validated. */
#define VC_PAGE_NOT_VALIDATED	0x404

#define MSR_GHCB	0xC0010130U
#define MSR_SEV_STATUS	0xC0010131U

/* SEV_STATUS; bits 2.. are SEV_FEATURES of the VMSA (features.c). */
#define SEV_STATUS_FEATURES_SHIFT	2
#define SEV_FEATURE_SNP			BIT_ULL(0)
#define SEV_FEATURE_RESTRICTED_INJ	BIT_ULL(3)
#define SEV_FEATURE_DEBUG_SWAP		BIT_ULL(5)
#define SEV_FEATURE_PREVENT_HOST_IBS	BIT_ULL(6)
#define SEV_FEATURE_BTB_ISOLATION	BIT_ULL(7)
#define SEV_FEATURE_SECURE_TSC		BIT_ULL(9)
#define SEV_FEATURE_IBS_VIRT		BIT_ULL(12)
#define SEV_FEATURE_SMT_PROTECTION	BIT_ULL(15)
#define SEV_FEATURE_IBPB_ON_ENTRY	BIT_ULL(21)

/* Features of the host, GHCB MSR protocol 0x080. */
#define HV_SNP			BIT_ULL(0)
#define HV_AP_CREATION		BIT_ULL(1)
#define HV_RESTRICTED_INJECTION	BIT_ULL(2)
#define HV_MULTI_VMPL		BIT_ULL(5)
/* Our proposal, Documentation/abi.rst "Host": RUN_VMPL asserts a vector, */
#define HV_RUN_VMPL_VECTOR	BIT_ULL(48)
/* and arms VMPL0's own timer. */
#define HV_RUN_VMPL_DEADLINE	BIT_ULL(49)

/**
 * struct snp - what the start found out; constant afterwards
 * @features: SEV_FEATURES that VMPL0 runs with
 * @guest_features: SEV_FEATURES that the guest must run with
 * @hv_features: what the host announces
 * @c_bit: page-table bit of private memory
 * @tsc_khz: 0 if unknown
 */
struct snp {
	u64 features;
	u64 guest_features;
	u64 hv_features;
	u64 c_bit;
	u32 tsc_khz;
};

extern struct snp snp;

/**
 * struct snp_cpu - one CPU of the SVSM
 * @x86: first
 * @ghcb: shared page for exits; NULL before it is registered
 * @doorbell: shared page for events of the host
 * @vmsa: its VMPL0 register state, NULL for the boot CPU
 * @guest_lock: protects @guest_state, @entered and @calling_area; order:
 *	inside the core's locks, takes nothing
 * @guest_state: GPA of the guest's VMSA in force, 0 none
 * @entered: GPA of the VMSA that is runnable because this CPU is in its guest;
 *	0 none, or it was deleted meanwhile
 * @calling_area: GPA
 * @refused: the host would not run the guest that is there
 * @call_state: VMSA of the call that is being served
 * @call_area: its calling area
 */
struct snp_cpu {
	struct x86_cpu x86;
	struct ghcb *ghcb;
	struct doorbell *doorbell;
	struct vmsa *vmsa;
	struct spinlock guest_lock;
	u64 guest_state;
	u64 entered;
	u64 calling_area;
	bool refused;
	u64 call_state;
	u64 call_area;
};

extern struct snp_cpu snp_cpus[SVSM_VCPUS_MAX];

static inline struct snp_cpu *this_cpu(void)
{
	return (struct snp_cpu *)x86_this_cpu();
}

/* pages of the IGVM file; the others: x86/igvm.h */
extern const struct cpuid_table igvm_cpuid_page;
extern const struct secrets igvm_secrets_page;

/* rmp.c */
enum rmp_result {
	RMP_OK = 0,
	RMP_FAIL_INPUT = 1,
	RMP_FAIL_PERMISSION = 2,
	RMP_FAIL_INUSE = 3,
	RMP_FAIL_SIZE = 6,
	RMP_UNCHANGED = 0x100,
	RMP_FAULT = 0x101,
};

/* RDX of RMPADJUST */
#define RMP_READ	BIT(8)
#define RMP_WRITE	BIT(9)
#define RMP_USER_EXEC	BIT(10)
#define RMP_SUPER_EXEC	BIT(11)
#define RMP_VMSA	BIT(16)
#define RMP_GUEST_ALL	(GUEST_VMPL | RMP_READ | RMP_WRITE | RMP_USER_EXEC | \
			 RMP_SUPER_EXEC)
#define RMP_GUEST_NONE	GUEST_VMPL
/* Linux still reads SEV_FEATURES from a VMSA that it has given away. */
#define RMP_GUEST_VMSA	(GUEST_VMPL | RMP_READ | RMP_VMSA)

enum rmp_result rmp_validate(u64 addr, bool large, bool valid);
enum rmp_result rmp_adjust(u64 addr, bool large, u64 attributes);
void rmp_flush_init(void);
void rmp_flush(void);

/* memory.c */
bool memory_revoke(u64 gpa);
void memory_restore(u64 gpa);

/* doorbell.c */
void doorbell_init(struct snp_cpu *cpu);

/* timer.c */
u64 timer_next(const struct snp_cpu *cpu);
void timer_enable_apic(void);

/* enter.S: both return at once if the doorbell was rung */
bool snp_exit_unless_rung(const struct doorbell *doorbell);
void snp_halt_unless_rung(const struct doorbell *doorbell);

/* smp.c */
void smp_init(void);
void smp_start(void);

/* launch.c */
void launch_guest(void);

#endif /* SNP_SNP_H */
