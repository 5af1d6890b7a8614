/* SPDX-License-Identifier: MIT */
/*
 * Library of the bare payloads of SEV-SNP: programs on machine/stub/rt that
 * test what the machine gives its guests.
 */
#ifndef SELFTESTS_GUEST_H
#define SELFTESTS_GUEST_H

#include <rt/rt.h>

#include "attempt.h"
#include "ktap.h"

#define VECTOR_HV	28
#define VECTOR_VC	29

#define VC_NPF			0x400
#define VC_NOT_VALIDATED	0x404

#define NAE_CPUID		0x72
#define NAE_AP_CREATION		0x80000013
#define NAE_HV_DOORBELL		0x80000014
#define NAE_HV_IPI		0x80000015
#define NAE_RUN_VMPL		0x80000018
#define NAE_HV_FEATURES		0x8000FFFD

#define HV_FEATURE_ONE_EXIT	BIT(48)
#define HV_FEATURE_DEADLINE	BIT(49)

/* RMPADJUST: permissions at 15:8 of RDX, VMSA at 16. */
#define PERM_R		BIT(8)
#define PERM_W		BIT(9)
#define PERM_UX		BIT(10)
#define PERM_SX		BIT(11)
#define PERM_ALL	(PERM_R | PERM_W | PERM_UX | PERM_SX)
#define RMP_VMSA	BIT(16)

/* Result in info1 and codes in info2 for malformed GHCB input. */
#define GHCB_MALFORMED		2
#define GHCB_NOT_REGISTERED	1
#define GHCB_BAD_USAGE		2
#define GHCB_BAD_SCRATCH	3
#define GHCB_MISSING_INPUT	4
#define GHCB_BAD_INPUT		5
#define GHCB_BAD_EVENT		6

void guest_main(void);			/* the payload */

/* lib.c */
void guest_init(void);
void guest_share(void *page);		/* make a page of the image shared */
int guest_msr_read(u32 msr, u64 *value);
int guest_msr_write(u32 msr, u64 value);
int guest_x2apic_on(void);

/* attempt.c: what is counted, and what an exception needs besides */
static inline bool guest_is_irq(u32 vector)
{
	return vector >= 32 || vector == VECTOR_HV;
}

static inline void guest_trapped(const struct attempt *a)
{
	(void)a;
}

static inline void guest_pvalidate(struct attempt *a, u64 va, u64 size, u64 on)
{
	*a = (struct attempt) { .rax = va, .rcx = size, .rdx = on };
	guest_attempt(insn_pvalidate, a);
}

static inline void guest_rmpadjust(struct attempt *a, u64 va, u64 size, u64 rdx)
{
	*a = (struct attempt) { .rax = va, .rcx = size, .rdx = rdx };
	guest_attempt(insn_rmpadjust, a);
}

#endif /* SELFTESTS_GUEST_H */
