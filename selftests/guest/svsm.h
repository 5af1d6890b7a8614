/* SPDX-License-Identifier: MIT */
/*
 * Library of the payloads that are guests of the SVSM: at VMPL2, started by it
 * as a kernel. On top of guest.h, whose functions work here too.
 *
 * Tests expect what Documentation/abi.rst says, by the names of its rules.
 */
#ifndef SELFTESTS_SVSM_H
#define SELFTESTS_SVSM_H

#include "guest.h"
#include <uapi/svsm/call.h>
#include <uapi/svsm/event_page.h>

/* The SVSM's own memory (secrets page 0x140, 0x148). */
#define SVSM_BASE	0x800000UL
#define SVSM_END	0x1000000UL

/* Core protocol, AMD 58019. */
#define CORE_REMAP_CA		0
#define CORE_PVALIDATE		1
#define CORE_CREATE_VCPU	2
#define CORE_DELETE_VCPU	3
#define CORE_DEPOSIT_MEM	4
#define CORE_WITHDRAW_MEM	5
#define CORE_QUERY_PROTOCOL	6
#define CORE_CONFIGURE_VTOM	7

/* PVALIDATE list. */
#define LIST_2M			1ULL
#define LIST_VALIDATE		4ULL
#define LIST_IGNORE_UNCHANGED	8ULL
#define PVALIDATE_SIZE_MISMATCH	0x80001006ULL
#define PVALIDATE_UNCHANGED	0x80001010ULL

struct svsm_list {
	u16 entries;
	u16 next;
	u32 reserved;
	u64 entry[511];
};

/* In @svsm_regs.rax when the SVSM did not execute the call. */
#define SVSM_NOT_EXECUTED	(~0ULL)

/* 4 MiB of memory of the guest, aligned, that nothing else uses. */
#define SCRATCH			0x2000000UL

/* x2APIC registers. */
#define MSR_X2APIC_ID		0x802
#define MSR_X2APIC_TPR		0x808
#define MSR_X2APIC_EOI		0x80B
#define MSR_X2APIC_SELF_IPI	0x83F

/* The notification vectors of the tests. */
#define NV			0x50
#define OTHER_NV		0x61

/**
 * struct svsm_regs - registers of a call, in and out
 */
struct svsm_regs {
	u64 rax, rcx, rdx, r8, r9;
};

/* svsm_lib.c */
extern u8 *svsm_area;			/* calling area of this vCPU */
extern u64 svsm_secrets, svsm_cpuid;	/* GPAs of the pages */
extern u32 svsm_self, svsm_other;	/* APIC IDs: of this vCPU, of a second one */
extern struct svsm_regs svsm_regs;	/* of the last call */
extern bool svsm_by_page;		/* GHCB page instead of MSR protocol */

void svsm_handover(const u8 *boot_params);
bool svsm_exit(u8 *area, struct svsm_regs *regs, bool pending);
u64 svsm_call(u32 protocol, u32 call, u64 rcx, u64 rdx, u64 r8, u64 r9);
u64 svsm_block_at(u32 protocol, u32 call, u64 gpa);
u64 svsm_irq(u32 call, const union svsm_block *block);
u64 svsm_timer(u32 call, const union svsm_block *block);
u64 svsm_page_register(const void *page, u32 apic_id, u8 vector);
u64 svsm_page_unregister(u32 apic_id);
u64 svsm_open(u32 source, u8 trigger, u32 apic_id);
u64 svsm_open_host(u32 source, u8 trigger, u8 vector, u32 host_apic_id);
u64 svsm_source(u32 call, u32 source);
u64 svsm_bind(u32 source, u32 apic_id);
u64 svsm_state(u32 source);
u64 svsm_counter(u32 apic_id, enum svsm_page_counter counter);
u64 svsm_attach(u32 apic_id, u32 source);
u64 svsm_arm(void);
u64 svsm_detach(u32 apic_id);
u64 svsm_reset(void);
u64 svsm_pvalidate(u64 entry);
bool svsm_is(u64 got, u64 want, const char *name);
bool svsm_same(const void *got, const void *want, const char *name);

/* svsm_irq.c: a guest that takes notifications */
extern bool svsm_leave_on;		/* the handler leaves ON as it is */
extern volatile u64 svsm_taken[SVSM_SOURCES_MAX];
extern volatile u64 svsm_taken_tsc;	/* when the last one was taken */

void svsm_irq_on(struct svsm_event_page *page);
void svsm_window(void);
bool svsm_wait(bool (*done)(void));
void svsm_unmask(struct svsm_event_page *page, u32 source);
void svsm_enter_often(void);
u64 svsm_tsc(void);

/* svsm_ap.c: the second vCPU, svsm_other */
extern u8 svsm_ap_area[PAGE_SIZE], svsm_ap_state[PAGE_SIZE];

u64 svsm_ap_create(void);
void svsm_ap_make_state(u8 *state);
bool svsm_ap_host(u32 what, const u8 *state);
void svsm_ap_start(void (*fn)(void));
bool svsm_ap_done(void);
void svsm_ap_wait(void);
void svsm_ap_run(void (*fn)(void));

#endif /* SELFTESTS_SVSM_H */
