/* SPDX-License-Identifier: MIT */
/*
 * VMGEXIT and the GHCB MSR protocol (GHCB specification 2.3; values as in
 * Linux' asm/sev-common.h).
 */
#include "../cpu.h"
#include "../machine.h"
#include "ghcb.h"
#include "snp.h"

#define INFO_MASK		0xfffULL
#define REQ_TERMINATE		0x100
#define REQ_SEV_INFO		0x002
#define REQ_CPUID		0x004
#define REQ_RESET_HOLD		0x006
#define REQ_PREFERRED_GHCB	0x010
#define REQ_REGISTER_GHCB	0x012
#define REQ_PSC			0x014
#define REQ_RUN_VMPL		0x016
#define REQ_HV_FEATURES		0x080

#define NO_GHCB			(~0ULL & ~INFO_MASK)

/**
 * snp_hv_features() - hypervisor features of this host
 *
 * The machine's options "no-one-exit" and "no-deadline-exit" make it a host
 * that knows nothing of the one-exit switch.
 */
u64 snp_hv_features(void)
{
	u64 features = HV_FEATURE_SNP | HV_FEATURE_AP_CREATION |
		       HV_FEATURE_RESTRICTED_INJ | HV_FEATURE_APIC_ID_LIST |
		       HV_FEATURE_MULTI_VMPL | HV_FEATURE_EXT_INTERRUPTS;

	if (!option_set("no-one-exit")) {
		features |= HV_FEATURE_RUN_VMPL_EVENT;
		if (!option_set("no-deadline-exit"))
			features |= HV_FEATURE_RUN_VMPL_DEADLINE;
	}
	return features;
}

/**
 * snp_terminated() - the guest asked to be ended
 * @v: vCPU
 * @set: who defines the reason: 0 GHCB specification, 1 Linux
 * @code: reason
 * @detail: 64 bits more, page protocol only
 */
void snp_terminated(struct vcpu *v, u32 set, u32 code, u64 detail)
{
	static const char *const general[] = {
		"general termination", "GHCB protocol not supported",
		"SEV-SNP features not supported",
	};
	static const char *const linux_reasons[] = {
		"GHCB not registered", "page state change failed",
		"PVALIDATE failed", "not at VMPL0", "CPUID table",
		"CPUID of the hypervisor", "secrets page", "no SVSM",
		"SVSM set VMPL 0", "calling area not aligned",
	};
	const char *text = "unknown";

	if (set == 0 && code < ARRAY_SIZE(general))
		text = general[code];
	if (set == 1 && code < ARRAY_SIZE(linux_reasons))
		text = linux_reasons[code];
	guest_end("terminated by itself: vcpu%u vmpl%u reason %u:%u (%s) "
		  "detail 0x%lx rip 0x%lx", v->index, v->current, set, code,
		  text, detail, v->vmcb->save.rip);
}

static u64 psc_msr(struct vcpu *v, u64 request)
{
	u64 pa = (request >> 12 & 0xffffffffffULL) << 12;
	u32 op = request >> 52 & 0xf;
	bool ok = false;

	if (op == 1 || op == 2) {
		mem_lock();
		ok = rmp_assign(pa, PAGE_SIZE, op == 1);
		npt_shootdown();
		mem_unlock();
	}
	v->count[COUNT_PSC]++;
	return 0x015 | (ok ? 0 : 1ULL << 32);
}

static u64 cpuid_msr(struct vcpu *v, u64 request)
{
	u32 reg = request >> 30 & 3;
	u32 out[4];

	snp_cpuid((u32)(request >> 32), 0, v->index, out);
	return 0x005 | (u64)reg << 30 | (u64)out[reg] << 32;
}

/* The MSR protocol: the answer stands in the MSR when the guest goes on. */
static void msr_protocol(struct vcpu *v, u64 request)
{
	struct level *l = vcpu_level(v);
	enum vmsa_fault fault;

	switch (request & INFO_MASK) {
	case REQ_SEV_INFO:
		l->ghcb_msr = GHCB_SEV_INFO;
		break;
	case REQ_CPUID:
		l->ghcb_msr = cpuid_msr(v, request);
		break;
	case REQ_RESET_HOLD:
		l->ghcb_msr = 0x007 | 1ULL << 12;
		l->reset_hold = true;
		break;
	case REQ_PREFERRED_GHCB:
		l->ghcb_msr = 0x011 | NO_GHCB;
		break;
	case REQ_REGISTER_GHCB:
		l->ghcb_gpa = request & ~INFO_MASK;
		l->ghcb_msr = 0x013 | l->ghcb_gpa;
		if (!rmp_entry(l->ghcb_gpa)) {
			l->ghcb_gpa = ~0ULL;
			l->ghcb_msr = 0x013 | NO_GHCB;
		}
		break;
	case REQ_PSC:
		l->ghcb_msr = psc_msr(v, request);
		break;
	case REQ_RUN_VMPL:
		l->ghcb_msr = 0x017;
		fault = level_run(v, request >> 32 & 0xff);
		if (fault != VMSA_OK)
			l->ghcb_msr = 0x017 | (u64)fault << 32;
		break;
	case REQ_HV_FEATURES:
		l->ghcb_msr = 0x081 | snp_hv_features() << 12;
		break;
	case REQ_TERMINATE:
		snp_terminated(v, request >> 12 & 0xf, request >> 16 & 0xff, 0);
	default:
		guest_end("GHCB MSR protocol: unknown request 0x%lx: vcpu%u "
			  "vmpl%u rip 0x%lx", request, v->index, v->current,
			  v->vmcb->save.rip);
	}
}

/**
 * snp_vmgexit() - the guest calls the host
 * @v: vCPU
 */
void snp_vmgexit(struct vcpu *v)
{
	u64 ghcb = vcpu_level(v)->ghcb_msr;

	vcpu_advance(v, 4);
	vmsa_store(v, VMEXIT_VMGEXIT);
	doorbell_taken(v, v->current);
	if (ghcb & INFO_MASK) {
		v->count[COUNT_VMGEXIT_MSR]++;
		msr_protocol(v, ghcb);
	} else {
		v->count[COUNT_VMGEXIT_PAGE]++;
		ghcb_page(v, ghcb);
	}
}
