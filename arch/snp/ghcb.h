/* SPDX-License-Identifier: MIT */
/*
 * Exits to the host: GHCB MSR protocol and GHCB page, version 2 (AMD 56421).
 */
#ifndef SNP_GHCB_H
#define SNP_GHCB_H

#include "snp.h"

/* Page state change operations */
#define PSC_PRIVATE	1
#define PSC_SHARED	2

/* One GHCB call takes so many page state changes. */
#define PSC_MAX		253
#define PSC_LARGE	BIT_ULL(56)
#define PSC_OP_SHIFT	52

/* EVENTINJ format */
#define EVENT_VALID	BIT_ULL(31)

void ghcb_negotiate(void);
void ghcb_terminate(u32 set, u32 reason) __attribute__((noreturn));
int ghcb_msr_page_state(u64 gpa, u32 op);
void ghcb_register(struct snp_cpu *cpu);

int ghcb_page_states(const u64 *entries, u32 count);
int ghcb_guest_request(u64 request, u64 response, u64 *error);
int ghcb_ap_create(u32 apic_id, u32 vmpl, u64 vmsa, u64 features);
int ghcb_set_doorbell(u64 gpa);
int ghcb_ipi(u64 icr);
int ghcb_specific_eoi(u32 vmpl, u8 vector);

/**
 * enum run_result - outcome of ghcb_run_vmpl()
 * @RUN_CANCELLED: the doorbell was rung, the host was not asked
 * @RUN_DONE: the host came back
 * @RUN_REFUSED: the host cannot run that VMPL
 */
enum run_result {
	RUN_CANCELLED,
	RUN_DONE,
	RUN_REFUSED,
};

enum run_result ghcb_run_vmpl(struct snp_cpu *cpu, u32 vmpl, u64 event,
			      const u64 *deadline);

#endif /* SNP_GHCB_H */
