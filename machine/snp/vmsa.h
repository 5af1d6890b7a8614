/* SPDX-License-Identifier: MIT */
/*
 * VMSA: the register state page of a vCPU at one VMPL (AMD APM volume 2,
 * appendix B, table B-4; offsets as in Linux' struct sev_es_save_area).
 */
#ifndef MACHINE_VMSA_H
#define MACHINE_VMSA_H

#include "../svm/vmcb.h"

struct vmsa {
	struct save_area save;		/* 0x000 */
	u8 reserved_278[0x2ec - 0x278];
	u32 tsc_aux;
	u64 tsc_scale;
	u64 tsc_offset;
	u64 reg_prot_nonce;
	u64 rcx;			/* 0x308 */
	u64 rdx;
	u64 rbx;
	u64 secure_avic_control;
	u64 rbp;
	u64 rsi;
	u64 rdi;
	u64 r8_15[8];
	u8 reserved_380[0x390 - 0x380];
	u64 exit_info1;
	u64 exit_info2;
	u64 exit_int_info;
	u64 nrip;
	u64 sev_features;		/* 0x3b0 */
	u64 vintr_ctrl;
	u64 exit_code;
	u64 virtual_tom;
	u64 tlb_id;
	u64 pcpu_id;
	u64 event_inj;
	u64 xcr0;
	u8 reserved_3f0[0x400 - 0x3f0];
	u64 x87_dp;			/* 0x400 */
	u32 mxcsr;
	u16 x87_ftw;
	u16 x87_fsw;
	u16 x87_fcw;
	u16 x87_fop;
	u16 x87_ds;
	u16 x87_cs;
	u64 x87_rip;
	u8 x87[80];			/* 0x420 */
	u8 xmm[256];
	u8 ymm[256];
	u8 reserved_670[0x1000 - 0x670];
};

#define VINTR_INT_SHADOW	BIT_ULL(10)
#define VINTR_BUSY		BIT_ULL(63)

_Static_assert(__builtin_offsetof(struct vmsa, tsc_aux) == 0x2ec, "tsc_aux");
_Static_assert(__builtin_offsetof(struct vmsa, rcx) == 0x308, "rcx");
_Static_assert(__builtin_offsetof(struct vmsa, r8_15) == 0x340, "r8");
_Static_assert(__builtin_offsetof(struct vmsa, exit_info1) == 0x390, "info1");
_Static_assert(__builtin_offsetof(struct vmsa, sev_features) == 0x3b0, "sev");
_Static_assert(__builtin_offsetof(struct vmsa, xcr0) == 0x3e8, "xcr0");
_Static_assert(__builtin_offsetof(struct vmsa, mxcsr) == 0x408, "mxcsr");
_Static_assert(__builtin_offsetof(struct vmsa, x87) == 0x420, "x87");
_Static_assert(__builtin_offsetof(struct vmsa, xmm) == 0x470, "xmm");
_Static_assert(sizeof(struct vmsa) == 4096, "vmsa");

#endif /* MACHINE_VMSA_H */
