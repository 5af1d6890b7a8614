/* SPDX-License-Identifier: MIT */
/*
 * The GHCB page (GHCB specification 2.3, table 3; offsets as in Linux'
 * struct ghcb).
 */
#ifndef MACHINE_GHCB_H
#define MACHINE_GHCB_H

#include "snp.h"

/* Answer to "which versions?": 1 to 2, and where the C-bit is. */
#define GHCB_SEV_INFO	((2ULL << 48) | (1ULL << 32) | \
			 ((u64)SNP_C_BIT << 24) | 1)

struct ghcb {
	u8 reserved_000[0xcb];
	u8 cpl;				/* 0x0cb */
	u8 reserved_0cc[0x1f8 - 0xcc];
	u64 rax;
	u8 reserved_200[0x308 - 0x200];
	u64 rcx;
	u64 rdx;
	u64 rbx;
	u8 reserved_320[0x390 - 0x320];
	u64 exit_code;
	u64 info1;
	u64 info2;
	u64 scratch;
	u8 reserved_3b0[0x3e8 - 0x3b0];
	u64 xcr0;
	u64 valid[2];
	u64 x87_state_gpa;
	u8 reserved_408[0x800 - 0x408];
	u8 buffer[0x7f0];
	u8 reserved_ff0[0xffa - 0xff0];
	u16 version;
	u32 usage;
};

_Static_assert(__builtin_offsetof(struct ghcb, rax) == 0x1f8, "rax");
_Static_assert(__builtin_offsetof(struct ghcb, rcx) == 0x308, "rcx");
_Static_assert(__builtin_offsetof(struct ghcb, exit_code) == 0x390, "code");
_Static_assert(__builtin_offsetof(struct ghcb, xcr0) == 0x3e8, "xcr0");
_Static_assert(__builtin_offsetof(struct ghcb, valid) == 0x3f0, "valid");
_Static_assert(__builtin_offsetof(struct ghcb, buffer) == 0x800, "buffer");
_Static_assert(__builtin_offsetof(struct ghcb, version) == 0xffa, "version");
_Static_assert(sizeof(struct ghcb) == 4096, "ghcb");

/* SW_EXITINFO1 */
#define GHCB_RESULT_EXCEPTION	1
#define GHCB_RESULT_MALFORMED	2

/* SW_EXITINFO2 for malformed input */
enum ghcb_error {
	GHCB_OK = 0,
	GHCB_ERR_NOT_REGISTERED = 1,
	GHCB_ERR_INVALID_USAGE = 2,
	GHCB_ERR_INVALID_SCRATCH = 3,
	GHCB_ERR_MISSING_INPUT = 4,
	GHCB_ERR_INVALID_INPUT = 5,
	GHCB_ERR_INVALID_EVENT = 6,
};

#define NAE_DR7_READ		0x27
#define NAE_DR7_WRITE		0x37
#define NAE_RDTSC		0x6e
#define NAE_RDPMC		0x6f
#define NAE_CPUID		0x72
#define NAE_INVD		0x76
#define NAE_IOIO		0x7b
#define NAE_MSR			0x7c
#define NAE_VMMCALL		0x81
#define NAE_RDTSCP		0x87
#define NAE_WBINVD		0x89
#define NAE_MONITOR		0x8a
#define NAE_MWAIT		0x8b
#define NAE_MMIO_READ		0x80000001
#define NAE_MMIO_WRITE		0x80000002
#define NAE_NMI_COMPLETE	0x80000003
#define NAE_RESET_HOLD		0x80000004
#define NAE_JUMP_TABLE		0x80000005
#define NAE_PSC			0x80000010
#define NAE_GUEST_REQUEST	0x80000011
#define NAE_EXTENDED_REQUEST	0x80000012
#define NAE_AP_CREATION		0x80000013
#define NAE_HV_DOORBELL		0x80000014
#define NAE_HV_IPI		0x80000015
#define NAE_APIC_IDS		0x80000017
#define NAE_RUN_VMPL		0x80000018
#define NAE_HV_FEATURES		0x8000fffd
#define NAE_TERMINATE		0x8000fffe

/**
 * struct exit - one request of a guest through its GHCB page
 * @v: vCPU
 * @gpa: the page
 * @in: what stood in it, copied once
 * @out: what is to stand there; with @out.valid
 */
struct exit {
	struct vcpu *v;
	u64 gpa;
	struct ghcb_in {
		u64 rax, rcx, rdx;
		u64 code, info1, info2, scratch;
		u64 valid[2];
		u32 usage;
	} in;
	struct ghcb_out {
		u64 rax, rcx, rdx, rbx;
		u64 info1, info2;
		u64 valid[2];
	} out;
};

#define GHCB_WORD(field)	(__builtin_offsetof(struct ghcb, field) / 512)
#define GHCB_BIT(field)		\
	BIT_ULL(__builtin_offsetof(struct ghcb, field) / 8 % 64)

/* Was a field of the request marked valid? @field: name in struct ghcb */
#define ghcb_has(x, field)						\
	(((x)->in.valid[GHCB_WORD(field)] & GHCB_BIT(field)) != 0)

/* Set a field of the answer and mark it valid. */
#define ghcb_set(x, field, value)					\
	do {								\
		(x)->out.field = (value);				\
		(x)->out.valid[GHCB_WORD(field)] |= GHCB_BIT(field);	\
	} while (0)

bool ghcb_scratch_read(const struct exit *x, void *buf, u64 size);
bool ghcb_scratch_write(const struct exit *x, const void *buf, u64 size);
void ghcb_exception(struct exit *x, u8 vector);
void snp_terminated(struct vcpu *v, u32 set, u32 code, u64 detail)
	__attribute__((noreturn));

/* exits.c, vcpu_exits.c, psp_exit.c: by kind */
enum ghcb_error exit_cpuid(struct exit *x);
enum ghcb_error exit_msr(struct exit *x);
enum ghcb_error exit_ioio(struct exit *x);
enum ghcb_error exit_mmio(struct exit *x, bool write);
enum ghcb_error exit_psc(struct exit *x);
enum ghcb_error exit_guest_request(struct exit *x);
enum ghcb_error exit_extended_request(struct exit *x);
enum ghcb_error exit_ap_creation(struct exit *x);
enum ghcb_error exit_doorbell(struct exit *x);
enum ghcb_error exit_ipi(struct exit *x);
enum ghcb_error exit_apic_ids(struct exit *x);
enum ghcb_error exit_run_vmpl(struct exit *x);

#endif /* MACHINE_GHCB_H */
