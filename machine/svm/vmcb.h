/* SPDX-License-Identifier: MIT */
/*
 * Virtual machine control block (AMD APM volume 2, appendix B). The state save
 * area has the layout of the first part of a VMSA.
 */
#ifndef MACHINE_VMCB_H
#define MACHINE_VMCB_H

#include <svsm/types.h>

struct segment {
	u16 selector;
	u16 attrib;
	u32 limit;
	u64 base;
};

#define ATTR_TYPE_CODE	0x008
#define ATTR_S		0x010
#define ATTR_DPL(attr)	(((attr) >> 5) & 3)
#define ATTR_P		0x080
#define ATTR_L		0x200
#define ATTR_DB		0x400

/**
 * struct save_area - guest state in the VMCB (offset 0x400) and in a VMSA
 *
 * What lies behind @dbgctl differs between the two.
 */
struct save_area {
	struct segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	u64 pl_ssp[4];
	u64 u_cet;
	u8 reserved_0c8[2];
	u8 vmpl;
	u8 cpl;
	u32 reserved_0cc;
	u64 efer;
	u8 reserved_0d8[0x140 - 0xd8];
	u64 xss;
	u64 cr4;
	u64 cr3;
	u64 cr0;
	u64 dr7;
	u64 dr6;
	u64 rflags;
	u64 rip;
	u64 dr[4];
	u64 dr_mask[4];
	u8 reserved_1c0[0x1d8 - 0x1c0];
	u64 rsp;
	u64 s_cet;
	u64 ssp;
	u64 isst;
	u64 rax;
	u64 star;
	u64 lstar;
	u64 cstar;
	u64 sfmask;
	u64 kernel_gs_base;
	u64 sysenter_cs;
	u64 sysenter_esp;
	u64 sysenter_eip;
	u64 cr2;
	u8 reserved_248[0x268 - 0x248];
	u64 g_pat;
	u64 dbgctl;
};

_Static_assert(__builtin_offsetof(struct save_area, efer) == 0xd0, "efer");
_Static_assert(__builtin_offsetof(struct save_area, cr4) == 0x148, "cr4");
_Static_assert(__builtin_offsetof(struct save_area, rip) == 0x178, "rip");
_Static_assert(__builtin_offsetof(struct save_area, rsp) == 0x1d8, "rsp");
_Static_assert(__builtin_offsetof(struct save_area, rax) == 0x1f8, "rax");
_Static_assert(__builtin_offsetof(struct save_area, cr2) == 0x240, "cr2");
_Static_assert(__builtin_offsetof(struct save_area, g_pat) == 0x268, "g_pat");

struct vmcb {
	u16 cr_read;
	u16 cr_write;
	u16 dr_read;
	u16 dr_write;
	u32 exceptions;
	u32 intercept3;
	u32 intercept4;
	u8 reserved_014[0x40 - 0x14];
	u64 iopm_base;
	u64 msrpm_base;
	u64 tsc_offset;
	u32 asid;
	u8 tlb_control;
	u8 reserved_05d[3];
	u64 int_ctl;
	u64 interrupt_shadow;
	u64 exit_code;
	u64 exit_info1;
	u64 exit_info2;
	u64 exit_int_info;
	u64 np_enable;
	u8 reserved_098[0xa8 - 0x98];
	u64 event_inj;
	u64 n_cr3;
	u64 lbr;
	u64 clean;
	u8 reserved_0c8[0x400 - 0xc8];
	struct save_area save;
	u8 reserved_678[0x1000 - 0x400 - sizeof(struct save_area)];
};

_Static_assert(__builtin_offsetof(struct vmcb, int_ctl) == 0x60, "int_ctl");
_Static_assert(__builtin_offsetof(struct vmcb, event_inj) == 0xa8, "event_inj");
_Static_assert(__builtin_offsetof(struct vmcb, save) == 0x400, "save");
_Static_assert(sizeof(struct vmcb) == 0x1000, "vmcb");

/* intercept3 */
#define ICPT_INTR	BIT(0)
#define ICPT_NMI	BIT(1)
#define ICPT_INIT	BIT(3)
#define ICPT_VINTR	BIT(4)
#define ICPT_RDPMC	BIT(15)
#define ICPT_CPUID	BIT(18)
#define ICPT_IRET	BIT(20)
#define ICPT_INVD	BIT(22)
#define ICPT_PAUSE	BIT(23)
#define ICPT_HLT	BIT(24)
#define ICPT_INVLPGA	BIT(26)
#define ICPT_IOIO	BIT(27)
#define ICPT_MSR	BIT(28)
#define ICPT_TASK	BIT(29)
#define ICPT_SHUTDOWN	BIT(31)
/* intercept4 */
#define ICPT_VMRUN	BIT(0)
#define ICPT_VMMCALL	BIT(1)
#define ICPT_VMLOAD	BIT(2)
#define ICPT_VMSAVE	BIT(3)
#define ICPT_STGI	BIT(4)
#define ICPT_CLGI	BIT(5)
#define ICPT_SKINIT	BIT(6)
#define ICPT_WBINVD	BIT(9)
#define ICPT_MONITOR	BIT(10)
#define ICPT_MWAIT	BIT(11)
#define ICPT_MWAIT_ARMED	BIT(12)
#define ICPT_XSETBV	BIT(13)

/* int_ctl */
#define INTCTL_V_TPR	0xffULL
#define INTCTL_V_IRQ	BIT_ULL(8)
#define INTCTL_V_PRIO	(0xfULL << 16)
#define INTCTL_V_IGN_TPR	BIT_ULL(20)
#define INTCTL_V_MASKING	BIT_ULL(24)

/* exit codes */
#define VMEXIT_CR0_WRITE		0x10
#define VMEXIT_CR3_WRITE		0x13
#define VMEXIT_CR4_WRITE		0x14
#define VMEXIT_CR8_WRITE		0x18
#define VMEXIT_DR7_READ		0x27
#define VMEXIT_DR7_WRITE		0x37
#define VMEXIT_EXCEPTION		0x40
#define VMEXIT_UD			(VMEXIT_EXCEPTION + 6)
#define VMEXIT_INTR		0x60
#define VMEXIT_NMI		0x61
#define VMEXIT_INIT		0x63
#define VMEXIT_VINTR		0x64
#define VMEXIT_RDPMC		0x6f
#define VMEXIT_CPUID		0x72
#define VMEXIT_IRET		0x74
#define VMEXIT_INVD		0x76
#define VMEXIT_PAUSE		0x77
#define VMEXIT_HLT		0x78
#define VMEXIT_INVLPGA		0x7a
#define VMEXIT_IOIO		0x7b
#define VMEXIT_MSR		0x7c
#define VMEXIT_TASK		0x7d
#define VMEXIT_SHUTDOWN		0x7f
#define VMEXIT_VMRUN		0x80
#define VMEXIT_VMMCALL		0x81
#define VMEXIT_VMLOAD		0x82
#define VMEXIT_SKINIT		0x86
#define VMEXIT_WBINVD		0x89
#define VMEXIT_MONITOR		0x8a
#define VMEXIT_MWAIT		0x8b
#define VMEXIT_MWAIT_ARMED	0x8c
#define VMEXIT_XSETBV		0x8d
#define VMEXIT_NPF		0x400
#define VMEXIT_VMGEXIT		0x403
#define VMEXIT_NOT_VALIDATED	0x404
/* 32 bits on QEMU 10, 64 on later ones and on hardware */
#define VMEXIT_INVALID		0xffffffffULL

/* exit_info1 of VMEXIT_NPF */
#define NPF_WRITE		BIT_ULL(1)
#define NPF_FETCH		BIT_ULL(4)
#define NPF_TABLE_WALK		BIT_ULL(33)

/* event_inj, exit_int_info */
#define EVENT_VALID		BIT_ULL(31)
#define EVENT_ERROR_CODE	BIT_ULL(11)
#define EVENT_TYPE_INTR		(0ULL << 8)
#define EVENT_TYPE_NMI		(2ULL << 8)
#define EVENT_TYPE_EXCEPTION	(3ULL << 8)
#define EVENT_TYPE_SOFT		(4ULL << 8)
#define EVENT_TYPE_MASK		(7ULL << 8)

#define VECTOR_DF	8
#define VECTOR_GP	13
#define VECTOR_PF	14
#define VECTOR_UD	6
#define VECTOR_HV	28
#define VECTOR_VC	29

#define CR0_PE		BIT_ULL(0)
#define CR0_PG		BIT_ULL(31)
#define CR4_PSE		BIT_ULL(4)
#define CR4_PAE		BIT_ULL(5)
#define CR4_LA57	BIT_ULL(12)
#define EFER_LME	BIT_ULL(8)
#define EFER_LMA	BIT_ULL(10)
#define EFER_SVME	BIT_ULL(12)
#define RFLAGS_CF	BIT_ULL(0)
#define RFLAGS_TF	BIT_ULL(8)
#define RFLAGS_IF	BIT_ULL(9)
#define RFLAGS_NT	BIT_ULL(14)
#define RFLAGS_RF	BIT_ULL(16)
#define RFLAGS_VM	BIT_ULL(17)

#endif /* MACHINE_VMCB_H */
