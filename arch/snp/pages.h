/* SPDX-License-Identifier: MIT */
/*
 * Pages whose layout hardware, firmware or host define: VMSA, GHCB, #HV
 * doorbell, secrets, CPUID. Sources: AMD APM volume 2 appendix B table B-4
 * (VMSA), GHCB specification 56421 (GHCB, doorbell), SNP firmware ABI 56860
 * (secrets, CPUID page).
 */
#ifndef SNP_PAGES_H
#define SNP_PAGES_H

#include <svsm/types.h>

#define SNP_ASSERT(type, member, offset) \
	_Static_assert(__builtin_offsetof(type, member) == (offset), \
		       #type "." #member " is at the wrong offset")

/* --- VMSA --------------------------------------------------------------- */

/* Attributes are the descriptor's, packed into 12 bits. */
struct vmsa_segment {
	u16 selector;
	u16 attributes;
	u32 limit;
	u64 base;
};

struct vmsa {
	struct vmsa_segment es, cs, ss, ds, fs, gs;
	struct vmsa_segment gdtr, ldtr, idtr, tr;
	u8 reserved_0a0[0x0CA - 0x0A0];
	u8 vmpl;
	u8 cpl;
	u8 reserved_0cc[0x0D0 - 0x0CC];
	u64 efer;
	u8 reserved_0d8[0x140 - 0x0D8];
	u64 xss;
	u64 cr4;
	u64 cr3;
	u64 cr0;
	u64 dr7;
	u64 dr6;
	u64 rflags;
	u64 rip;
	u8 reserved_180[0x1D8 - 0x180];
	u64 rsp;
	u8 reserved_1e0[0x1F8 - 0x1E0];
	u64 rax;
	u8 reserved_200[0x268 - 0x200];
	u64 g_pat;
	u8 reserved_270[0x2F0 - 0x270];
	u64 tsc_scale;
	u64 tsc_offset;
	u64 reg_prot_nonce;
	u64 rcx;
	u64 rdx;
	u64 rbx;
	u64 secure_avic_control;
	u64 rbp;
	u64 rsi;
	u64 rdi;
	u64 r8;
	u64 r9;
	u8 reserved_350[0x390 - 0x350];
	u64 exit_info1;
	u64 exit_info2;
	u64 exit_int_info;
	u64 nrip;
	u64 sev_features;
	u64 vintr_ctrl;
	u64 exit_code;
	u64 virtual_tom;
	u8 reserved_3d0[0x3E0 - 0x3D0];
	u64 event_inj;
	u64 xcr0;
	u8 reserved_3f0[0x408 - 0x3F0];
	u32 mxcsr;
	u16 x87_ftw;
	u16 x87_fsw;
	u16 x87_fcw;
	u8 reserved_412[0x1000 - 0x412];
} __attribute__((packed, aligned(4096)));
SNP_ASSERT(struct vmsa, tr, 0x090);
SNP_ASSERT(struct vmsa, vmpl, 0x0CA);
SNP_ASSERT(struct vmsa, efer, 0x0D0);
SNP_ASSERT(struct vmsa, xss, 0x140);
SNP_ASSERT(struct vmsa, cr0, 0x158);
SNP_ASSERT(struct vmsa, rip, 0x178);
SNP_ASSERT(struct vmsa, rsp, 0x1D8);
SNP_ASSERT(struct vmsa, rax, 0x1F8);
SNP_ASSERT(struct vmsa, g_pat, 0x268);
SNP_ASSERT(struct vmsa, tsc_scale, 0x2F0);
SNP_ASSERT(struct vmsa, tsc_offset, 0x2F8);
SNP_ASSERT(struct vmsa, rcx, 0x308);
SNP_ASSERT(struct vmsa, secure_avic_control, 0x320);
SNP_ASSERT(struct vmsa, rsi, 0x330);
SNP_ASSERT(struct vmsa, r9, 0x348);
SNP_ASSERT(struct vmsa, sev_features, 0x3B0);
SNP_ASSERT(struct vmsa, exit_code, 0x3C0);
SNP_ASSERT(struct vmsa, virtual_tom, 0x3C8);
SNP_ASSERT(struct vmsa, event_inj, 0x3E0);
SNP_ASSERT(struct vmsa, xcr0, 0x3E8);
SNP_ASSERT(struct vmsa, mxcsr, 0x408);
SNP_ASSERT(struct vmsa, x87_fcw, 0x410);
_Static_assert(sizeof(struct vmsa) == 4096, "VMSA size");

/* What the architecture defines at reset. */
#define RESET_DR6	0xFFFF0FF0ULL
#define RESET_DR7	0x400ULL
#define RESET_PAT	0x0007040600070406ULL
#define RESET_XCR0	1ULL
#define RESET_MXCSR	0x1F80U
#define RESET_FCW	0x37FU
#define RFLAGS_FIXED	2ULL

#define ATTR_CODE64	0xA9B
#define ATTR_DATA	0xC93
#define ATTR_LDT	0x082
#define ATTR_TSS_BUSY	0x08B

#define EXIT_VMGEXIT	0x403

/* --- GHCB --------------------------------------------------------------- */

#define GHCB_BUFFER_SIZE	0x7F0

struct ghcb {
	u8 reserved_000[0x1F8];
	u64 rax;
	u8 reserved_200[0x308 - 0x200];
	u64 rcx;
	u64 rdx;
	u8 reserved_318[0x390 - 0x318];
	u64 sw_exit_code;
	u64 sw_exit_info_1;
	u64 sw_exit_info_2;
	u64 sw_scratch;
	u8 reserved_3b0[0x3F0 - 0x3B0];
	u64 valid_bitmap[2];
	u8 reserved_400[0x800 - 0x400];
	u8 buffer[GHCB_BUFFER_SIZE];
	u8 reserved_ff0[0xFFA - 0xFF0];
	u16 protocol_version;
	u32 usage;
};
SNP_ASSERT(struct ghcb, rax, 0x1F8);
SNP_ASSERT(struct ghcb, rcx, 0x308);
SNP_ASSERT(struct ghcb, sw_exit_code, 0x390);
SNP_ASSERT(struct ghcb, sw_scratch, 0x3A8);
SNP_ASSERT(struct ghcb, valid_bitmap, 0x3F0);
SNP_ASSERT(struct ghcb, buffer, 0x800);
SNP_ASSERT(struct ghcb, protocol_version, 0xFFA);
_Static_assert(sizeof(struct ghcb) == 4096, "GHCB size");

/* --- #HV doorbell --------------------------------------------------------- */

/* Signals of a lower VMPL's interrupts. */
struct doorbell_vmpl {
	u32 status;
	u32 irr[7];	/* vectors 32..255 */
	u32 isr[8];
};

#define DOORBELL_VECTOR_MASK	0x000000FFU
#define DOORBELL_NMI		BIT(8)
#define DOORBELL_LEVEL		BIT(10)
#define DOORBELL_MULTIPLE	BIT(14)
#define DOORBELL_VECTOR_31	BIT(31)

struct doorbell {
	u8 vector;
	u8 flags;
	u8 no_eoi_required;
	u8 per_vmpl;
	u8 reserved_04[0x40 - 0x04];
	struct doorbell_vmpl vmpl[3];	/* VMPL1..3 */
	u8 reserved_100[0x1000 - 0x100];
};
SNP_ASSERT(struct doorbell, per_vmpl, 3);
SNP_ASSERT(struct doorbell, vmpl[1], 0x80);
_Static_assert(sizeof(struct doorbell) == 4096, "doorbell size");

/* Bits of doorbell.flags; 0x80 is what enter.S tests. */
#define DOORBELL_FLAG_NMI	0x01
#define DOORBELL_FLAG_MC	0x02
#define DOORBELL_FLAG_NFS	0x80

/* --- Secrets and CPUID ---------------------------------------------------- */

#define SECRETS_VMPCK_SIZE	32

struct secrets {
	u8 reserved_000[0x20];
	u8 vmpck[4][SECRETS_VMPCK_SIZE];
	u32 msg_seqno[4];
	u8 reserved_0b0[0x140 - 0x0B0];
	u64 svsm_base;
	u64 svsm_size;
	u64 svsm_caa;
	u32 svsm_max_version;
	u8 svsm_guest_vmpl;
	u8 reserved_15d[0x1000 - 0x15D];
};
SNP_ASSERT(struct secrets, vmpck, 0x20);
SNP_ASSERT(struct secrets, msg_seqno, 0xA0);
SNP_ASSERT(struct secrets, svsm_base, 0x140);
SNP_ASSERT(struct secrets, svsm_guest_vmpl, 0x15C);
_Static_assert(sizeof(struct secrets) == 4096, "secrets size");

#define CPUID_MAX	64

struct cpuid_entry {
	u32 eax_in;
	u32 ecx_in;
	u64 xcr0_in;
	u64 xss_in;
	u32 eax;
	u32 ebx;
	u32 ecx;
	u32 edx;
	u64 reserved;
};

struct cpuid_table {
	u32 count;
	u32 reserved[3];
	struct cpuid_entry entry[CPUID_MAX];
};
SNP_ASSERT(struct cpuid_table, entry, 0x10);
_Static_assert(sizeof(struct cpuid_entry) == 48, "CPUID entry size");

#endif /* SNP_PAGES_H */
