/* SPDX-License-Identifier: MIT */
/*
 * Library of the bare payloads of TDX: programs on machine/stub/tdx that test,
 * from inside a TD, what the TDX module and the host give it.
 *
 * Expected are the values of the module: Intel TDX Module 1.5 ABI
 * specification, and its public source (intel/tdx-module, tdx_1.5); for what
 * the host answers, the GHCI specification 1.5.
 */
#ifndef SELFTESTS_TDX_GUEST_H
#define SELFTESTS_TDX_GUEST_H

#include <tdx/rt_tdx.h>

#include "../attempt.h"
#include "../ktap.h"

#define VECTOR_NMI	2
#define VECTOR_VE	20

/* TDCALL leaves. */
#define TDG_VP_INFO		1
#define TDG_MR_RTMR_EXTEND	2
#define TDG_VP_VEINFO_GET	3
#define TDG_MR_REPORT		4
#define TDG_VP_CPUIDVE_SET	5
#define TDG_VM_RD		7
#define TDG_VM_WR		8
#define TDG_VP_RD		9
#define TDG_VP_WR		10
#define TDG_SYS_RD		11
#define TDG_MEM_PAGE_ATTR_RD	23
#define TDG_MEM_PAGE_ATTR_WR	24

/* Status: error code, with what it is about in the lower half. */
#define TDX_SUCCESS			0
#define TDX_OPERAND_INVALID		0xC000010000000000
#define TDX_NO_VALID_VE_INFO		0xC000070400000000
#define TDX_PAGE_ALREADY_ACCEPTED	0x00000B0A00000000
#define TDX_PAGE_SIZE_MISMATCH		0xC0000B0B00000000
#define TDX_FIELD_ID_INCORRECT		0xC0000C0000000000
#define TDX_FIELD_NOT_WRITABLE		0xC0000C0100000000
#define TDX_FIELD_NOT_READABLE		0xC0000C0200000000
#define TDX_FIELD_VALUE_NOT_VALID	0xC0000C0300000000
#define TDX_FIRST_FIELD_ID		0x00000C0B00000000
#define RAX				0
#define RCX				1
#define RDX				2
#define R8				8

/* Fields of VM.RD and VP.RD. */
#define TD_FATAL		0x8010000000000001
#define TD_NUM_VCPUS		0x9010000200000001
#define TD_NUM_L2_VMS		0x9010000100000005
#define TD_ATTRIBUTES		0x1110000300000000
#define TD_XFAM			0x1110000300000001
#define TD_MAX_VCPUS		0x1110000200000002
#define TD_GPAW			0x1110000000000003
#define TD_TSC_FREQUENCY	0x111000010000000C
#define TD_NOTIFY_ENABLES	0x9110000300000010
#define TD_CONFIG_FLAGS		0x1110000300000016
#define TD_CTLS			0x1110000300000017
#define TD_MRTD			0x1310000300000000
#define TD_MRCONFIGID		0x1310000300000010
#define TD_MROWNER		0x1310000300000018
#define TD_MROWNERCONFIG	0x1310000300000020
#define TD_RTMR			0x1310000300000040
#define VP_VCPU_INDEX		0xA020000200000002
#define VP_CPUID_SUPERVISOR_VE	0xA020000000000007
#define VP_CPUID_USER_VE	0xA020000000000008
#define VP_CPUID_CONTROL	0xA120000000000000

#define ATTRIBUTES_DEBUG		BIT(0)
#define ATTRIBUTES_SEPT_VE_DISABLE	BIT(28)
#define CONFIG_FLAGS_FLEXIBLE_VE	BIT(1)
#define CTLS_PENDING_VE_DISABLE		BIT(0)
#define CTLS_ENUM_TOPOLOGY		BIT(1)

/* Exit reasons (Intel SDM volume 3, appendix C). */
#define VE_CPUID		10
#define VE_HLT			12
#define VE_INVD			13
#define VE_VMCALL		18
#define VE_CR_ACCESS		28
#define VE_IO			30
#define VE_RDMSR		31
#define VE_WRMSR		32
#define VE_MWAIT		36
#define VE_MONITOR		39
#define VE_EPT_VIOLATION	48
#define VE_WBINVD		54

#define EPT_READ		BIT(0)
#define EPT_WRITE		BIT(1)
#define EPT_FETCH		BIT(2)

/* TDG.VP.VMCALL (GHCI). */
#define VMCALL_MMIO		48
#define VMCALL_INFO		0x10000
#define VMCALL_GET_QUOTE	0x10002
#define VMCALL_EVENT_NOTIFY	0x10004
#define VMCALL_INVALID_OPERAND	0x8000000000000000
#define VMCALL_ALIGN_ERROR	0x8000000000000002
#define VMCALL_UNSUPPORTED	0x8000000000000003

#define MSR_TSC_DEADLINE	0x6E0
#define MSR_X2APIC_ID		0x802
#define MSR_X2APIC_TPR		0x808
#define MSR_X2APIC_PPR		0x80A
#define MSR_X2APIC_EOI		0x80B
#define MSR_X2APIC_SVR		0x80F
#define MSR_X2APIC_ISR		0x810
#define MSR_X2APIC_IRR		0x820
#define MSR_X2APIC_ICR		0x830
#define MSR_X2APIC_TIMER	0x832
#define MSR_X2APIC_SELF_IPI	0x83F
#define TIMER_TSC_DEADLINE	(2 << 17)
#define ICR_NMI			(4 << 8)
#define ICR_INIT		(5 << 8)
#define ICR_STARTUP		(6 << 8)
#define ICR_ALL_BUT_SELF	(3 << 18)
#define SVR_ENABLED		0x1FF

/* RAM that the boot image leaves alone; 2 MiB per test. */
#define AREA			0x2000000UL
#define AREA_OF(n)		(AREA + (n) * PAGE_2M)

/* A register that no output may leave as it was, or must. */
#define PATTERN			0x5A5AA5A5DEADBEEF

/**
 * struct ve_info - what TDG.VP.VEINFO.GET says
 */
struct ve_info {
	u64 status;
	u64 reason, qualification, gla, gpa;
	u32 length, info;
};

/* lib.c */
extern struct tdx_args td;		/* after the last td_call() */
extern struct ve_info td_ve;		/* of the last #VE in an attempt */
extern bool td_keep_ve;			/* do not read it */

void guest_main(void);			/* the payload */
void guest_trapped(const struct attempt *a);
void td_init(void);
u64 td_call(u64 leaf, u64 rcx, u64 rdx, u64 r8, u64 r9);
void td_read_ve(void);
bool td_is_ve(const struct attempt *a, u64 reason, u64 qualification, u32 length);
void td_ok_ve(const struct attempt *a, u64 reason, u64 qualification,
	      u32 length, const char *name);
u64 td_vmcall(u64 function, u64 r12, u64 r13, u64 r14, u64 r15);
u64 td_map_gpa(u64 gpa, u64 size, bool shared);
u64 td_read_field(u64 leaf, u64 field);
u64 td_read_msr(u32 msr);
void td_write_msr(u32 msr, u64 value);
u64 td_tsc(void);
void td_apic_on(void);
void td_sti_halt(void);
bool td_wait(const volatile u64 *what, u64 least);
void td_start_aps(u32 count, void (*main)(u32 index));

/* The shared alias of memory below 1 GiB. */
static inline volatile u64 *td_shared(u64 gpa)
{
	return (volatile u64 *)(RT_WINDOW + gpa);
}

/* attempt.c: what is counted */
static inline bool guest_is_irq(u32 vector)
{
	return vector >= 31 || vector == VECTOR_NMI;
}

static inline void td_sti(void)
{
	asm volatile("sti" : : : "memory");
}

static inline void td_cli(void)
{
	asm volatile("cli" : : : "memory");
}

#endif /* SELFTESTS_TDX_GUEST_H */
