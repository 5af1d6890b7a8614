/* SPDX-License-Identifier: MIT */
/*
 * TDX as a TD sees it: the role of the TDX module, and of the host behind it.
 * Sources: Intel TDX Module 1.5 base architecture and ABI specifications, the
 * module's public source (intel/tdx-module, tdx_1.5), GHCI specification 1.5.
 */
#ifndef MACHINE_TDX_H
#define MACHINE_TDX_H

#include "../cpu.h"
#include "../svm/platform.h"
#include "../svm/vcpu.h"

#define RTMRS		4
#define HASH_SIZE	48
#define REPORT_DATA_SIZE	64
#define REPORT_SIZE	1024	/* TDREPORT_STRUCT */
#define TD_VMS		4	/* L1 and up to three L2 VMs */
#define CPUID_CONTROLS	128
#define TDX_CRYSTAL_KHZ	25000	/* clock of CPUID leaf 0x15 and the APIC timer */

#define ATTRIBUTES_SEPT_VE_DISABLE	BIT_ULL(28)

#define CONFIG_GPAW			BIT_ULL(0)
#define CONFIG_FLEXIBLE_PENDING_VE	BIT_ULL(1)
#define CONFIG_NO_RBP_MOD		BIT_ULL(2)

#define TD_CTLS_PENDING_VE_DISABLE	BIT_ULL(0)
#define TD_CTLS_ENUM_TOPOLOGY		BIT_ULL(1)

/* VMX exit reasons (SDM volume 3, appendix C) that a TD meets in #VE */
enum ve_reason {
	VE_CPUID = 10,
	VE_HLT = 12,
	VE_INVD = 13,
	VE_RDPMC = 15,
	VE_VMCALL = 18,
	VE_CR_ACCESS = 28,
	VE_IO = 30,
	VE_RDMSR = 31,
	VE_WRMSR = 32,
	VE_MWAIT = 36,
	VE_MONITOR = 39,
	VE_EPT_VIOLATION = 48,
	VE_WBINVD = 54,
};

/**
 * struct td - the TD, as TDCS has it
 * @gpaw: guest-physical address width, 48 or 52
 * @shared_bit: the highest bit of it
 * @attributes: ATTRIBUTES
 * @xfam: XFAM
 * @config_flags: CONFIG_FLAGS
 * @td_ctls: TD_CTLS
 * @notify_enables: NOTIFY_ENABLES
 * @hob: GPA that every vCPU finds in RCX and R8
 * @rtmr: run-time measurement registers; @lock
 * @lock: for what can change after the launch
 */
struct td {
	u32 gpaw;
	u64 shared_bit;
	u64 attributes;
	u64 xfam;
	u64 config_flags;
	u64 td_ctls;
	u64 notify_enables;
	u64 hob;
	u8 rtmr[RTMRS][HASH_SIZE];
	struct spinlock lock;
};

/**
 * struct ve_info - virtualization exception information (TDVPS.VE_INFO)
 * @valid: TDG.VP.VEINFO.GET has not read it yet
 * @reason: VMX exit reason
 * @qualification: exit qualification
 * @gla: guest-linear address
 * @gpa: guest-physical address
 * @length: bytes of the instruction
 * @info: VMX instruction information
 */
struct ve_info {
	bool valid;
	u32 reason;
	u64 qualification;
	u64 gla;
	u64 gpa;
	u32 length;
	u32 info;
};

/**
 * struct td_vcpu - what a vCPU has on TDX beside struct vcpu
 * @ve: its #VE information
 * @cpuid_ve: TDG.VP.CPUIDVE.SET: CPUID is #VE if not 0, [0] at CPL 0, [1] above
 * @cpuid_control: CPUID_CONTROL: the same for one leaf, by its place in the
 *	module's list; bit 0 at CPL 0, bit 1 above
 * @l2_ctls: L2_CTLS of each VM
 * @l2_deadline: complement of TSC_DEADLINE of each VM
 * @unread_faults: EPT violations of private memory while @ve is unread
 * @halt_blocked: it halted with interrupts blocked: only an NMI wakes it
 * @notify_vector: SetupEventNotifyInterrupt, 0: none
 */
struct td_vcpu {
	struct ve_info ve;
	u8 cpuid_ve[2];
	u8 cpuid_control[CPUID_CONTROLS];
	u64 l2_ctls[TD_VMS];
	u64 l2_deadline[TD_VMS];
	u32 unread_faults;
	bool halt_blocked;
	u8 notify_vector;
};

extern struct td td;
extern struct td_vcpu td_vcpus[MAX_CPUS];

static inline struct td_vcpu *td_vcpu(const struct vcpu *v)
{
	return &td_vcpus[v->index];
}

/*
 * sept.c: the secure EPT. One state per 4 KiB page; a page is in one of the
 * two views at a time, since the machine has one memory for both.
 */
enum sept_state {
	SEPT_NONE,	/* no RAM */
	SEPT_SHARED,	/* the host's and the guest's, by the shared bit */
	SEPT_FREE,	/* the TD's by the host's book, not in the secure EPT */
	SEPT_PENDING,	/* added by the host (TDH.MEM.PAGE.AUG), not accepted */
	SEPT_MAPPED,
};

void sept_init(void);
enum sept_state sept_state(u64 gpa);
/* is it part of a 2 MiB mapping? */
bool sept_large(u64 gpa);
/* a 2 MiB page becomes 512 (TDH.MEM.PAGE.DEMOTE). Memory lock held. */
void sept_split(u64 gpa);
/* the launch (TDH.MEM.PAGE.ADD): mapped at once */
void sept_add(u64 gpa);
/* a page of the boot image that is to be shared */
void sept_share(u64 gpa);
/*
 * TDH.MEM.PAGE.AUG by the host where the guest wants a page: all of a free
 * 2 MiB range where that is possible, else 4 KiB. Memory lock held.
 */
void sept_aug(u64 gpa);
/*
 * TDG.MEM.PAGE.ACCEPT of @gpa at @level (0: 4 KiB, 1: 2 MiB); memory lock
 * held. Zeroes what it accepts. Return: TDX status, or ~0 if the page was not
 * there: the host adds it and the guest tries again.
 */
u64 sept_accept(u64 gpa, u32 level);
/* the host puts another page, pending, in place of a mapped one; memory lock */
bool sept_take(u64 gpa);
/* MapGPA of one page by the host; memory lock held. false: no RAM */
bool sept_convert(u64 gpa, bool shared);

/* ve.c: raise #VE now (or #DF, if one is unread); RIP stays */
void inject_ve(struct vcpu *v, enum ve_reason reason, u64 qualification,
	       u64 gla, u64 gpa, u32 length);

/* exits.c, vcpu.c */
void tdx_exit(struct vcpu *v, u64 code);
void tdx_iret(struct vcpu *v);
void tdx_pause(struct vcpu *v);

/* fault.c: nested page fault */
void tdx_npf(struct vcpu *v);

/* cpuid.c: what the TDX module answers; false: it leaves the leaf to #VE */
bool tdx_cpuid(u32 leaf, u32 subleaf, u32 index, u32 out[4]);
void tdx_cpuid_exit(struct vcpu *v);
/* its place in the list of leaves that the module knows, -1: none */
int tdx_cpuid_number(u32 leaf, u32 subleaf);

/* msr.c, msr_vmx.c: RDMSR, WRMSR: native, #GP or #VE */
void tdx_msr(struct vcpu *v, bool write);
bool tdx_vmx_capability(struct vcpu *v, u32 msr, u64 *val);

/* cr.c: MOV to CR0 and CR4, CLTS, LMSW: what a TD must not change is #VE */
void tdx_cr_write(struct vcpu *v, u32 cr);
u64 tdx_cr4_supported(struct vcpu *v);

/*
 * tdcall.c: TDCALL in 64-bit mode at CPL 0; leaf and operands are in the
 * registers. Advances RIP over its 4 bytes unless the instruction is to be
 * executed again.
 */
void tdx_tdcall(struct vcpu *v);

#endif /* MACHINE_TDX_H */
