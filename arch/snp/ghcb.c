// SPDX-License-Identifier: MIT
/*
 * Exits to the host. Every answer is checked here; a caller sees 0 or -1.
 * Numbers: GHCB specification 56421, sections 2.3 (MSR protocol) and 4.1 (exit
 * codes).
 */
#include <svsm/string.h>
#include <x86/asm.h>
#include <x86/console.h>
#include <x86/platform.h>
#include "ghcb.h"

/* MSR protocol: bits 11:0 of request and answer. */
#define MSR_INFO_REQ		0x002
#define MSR_INFO		0x001
#define MSR_REGISTER_REQ	0x012
#define MSR_REGISTER		0x013
#define MSR_PSC_REQ		0x014
#define MSR_PSC			0x015
#define MSR_FEATURES_REQ	0x080
#define MSR_FEATURES		0x081
#define MSR_TERMINATE		0x100
#define MSR_CODE(val)		((val) & 0xFFF)

#define PROTOCOL_VERSION	2

/* Exit codes */
#define NAE_IOIO		0x7B
#define NAE_MSR			0x7C
#define NAE_PSC			0x80000010
#define NAE_GUEST_REQUEST	0x80000011
#define NAE_AP_CREATION		0x80000013
#define NAE_HV_DOORBELL		0x80000014
#define NAE_HV_IPI		0x80000015
#define NAE_RUN_VMPL		0x80000018
#define NAE_SPECIFIC_EOI	0x8000001D

/* EXITINFO1 of IOIO: port, 8 bits, 64-bit addresses, direction */
#define IOIO_PORT_SHIFT		16
#define IOIO_A64		BIT(9)
#define IOIO_SIZE8		BIT(4)
#define IOIO_IN			BIT(0)

#define AP_CREATE_NOW		1
#define DOORBELL_SET		1

/* GHCB specification, page state change structure. */
struct psc {
	u16 cur;
	u16 end;
	u32 reserved;
	u64 entry[PSC_MAX];
};
_Static_assert(sizeof(struct psc) == GHCB_BUFFER_SIZE, "page state buffer");

/* The host may stop early, but not without having done something. */
#define PSC_CALLS_MAX		PSC_MAX

static void vmgexit(void)
{
	asm volatile("rep; vmmcall" : : : "memory");
}

/* Restores the MSR: on a CPU with a registered page it holds its address. */
static u64 msr_call(u64 request)
{
	u64 saved = rdmsr(MSR_GHCB);
	u64 answer;

	wrmsr(MSR_GHCB, request);
	vmgexit();
	answer = rdmsr(MSR_GHCB);
	wrmsr(MSR_GHCB, saved);
	return answer;
}

/**
 * ghcb_terminate() - ask the host to end the confidential VM
 * @set: reason code set; 0 is the GHCB specification's
 * @reason: reason code
 *
 * A host that goes on regardless finds nothing that makes progress.
 */
void ghcb_terminate(u32 set, u32 reason)
{
	for (;;) {
		wrmsr(MSR_GHCB, MSR_TERMINATE | (set & 0xF) << 12 |
		      (reason & 0xFF) << 16);
		vmgexit();
		asm volatile("hlt");
	}
}

/**
 * ghcb_negotiate() - agree on protocol version 2, learn the host's features
 *
 * Runs before there is a log; ends with the specification's reason 1
 * (protocol version not supported) if the host is too old.
 */
void ghcb_negotiate(void)
{
	u64 info = msr_call(MSR_INFO_REQ);
	u64 features;

	if (MSR_CODE(info) != MSR_INFO ||
	    (info >> 32 & 0xFFFF) > PROTOCOL_VERSION ||
	    info >> 48 < PROTOCOL_VERSION)
		ghcb_terminate(0, 1);
	features = msr_call(MSR_FEATURES_REQ);
	if (MSR_CODE(features) != MSR_FEATURES)
		ghcb_terminate(0, 1);
	snp.hv_features = features >> 12;
}

/**
 * ghcb_msr_page_state() - change the state of one 4 KiB page
 * @gpa: the page
 * @op: PSC_PRIVATE or PSC_SHARED
 *
 * Return: 0, or -1 if the host did not do it.
 */
int ghcb_msr_page_state(u64 gpa, u32 op)
{
	return msr_call(gpa | (u64)op << PSC_OP_SHIFT | MSR_PSC_REQ) ==
		MSR_PSC ? 0 : -1;
}

/**
 * ghcb_register() - tell the host where this CPU's GHCB is, and use it
 * @cpu: this CPU, cpu->ghcb is a shared page
 */
void ghcb_register(struct snp_cpu *cpu)
{
	u64 gpa = (u64)cpu->ghcb;

	if (msr_call(gpa | MSR_REGISTER_REQ) != (gpa | MSR_REGISTER)) {
		cpu->ghcb = NULL;
		host_failed("GHCB not registered");
	}
	wrmsr(MSR_GHCB, gpa);
}

static void mark_valid(volatile struct ghcb *ghcb, size_t offset)
{
	ghcb->valid_bitmap[offset / 512] |= BIT_ULL(offset / 8 % 64);
}

#define GHCB_SET(ghcb, member, value) do {				\
		(ghcb)->member = (value);				\
		mark_valid(ghcb, offsetof(struct ghcb, member));	\
	} while (0)

#define GHCB_IS_SET(ghcb, member)					\
	((ghcb)->valid_bitmap[offsetof(struct ghcb, member) / 512] &	\
	 BIT_ULL(offsetof(struct ghcb, member) / 8 % 64))

static volatile struct ghcb *begin(u64 code, u64 info1, u64 info2)
{
	volatile struct ghcb *ghcb = this_cpu()->ghcb;

	ghcb->valid_bitmap[0] = 0;
	ghcb->valid_bitmap[1] = 0;
	ghcb->protocol_version = PROTOCOL_VERSION;
	ghcb->usage = 0;
	GHCB_SET(ghcb, sw_exit_code, code);
	GHCB_SET(ghcb, sw_exit_info_1, info1);
	GHCB_SET(ghcb, sw_exit_info_2, info2);
	return ghcb;
}

/* 0 in the low half says that the host did what it was asked. */
static int result(volatile struct ghcb *ghcb)
{
	return (u32)ghcb->sw_exit_info_1 ? -1 : 0;
}

static int call(volatile struct ghcb *ghcb)
{
	vmgexit();
	return result(ghcb);
}

/* Before a CPU has its GHCB it has no ports, and so no log. */
int platform_in8(u16 port, u8 *val)
{
	volatile struct ghcb *ghcb;

	if (!this_cpu()->ghcb)
		return -1;
	ghcb = begin(NAE_IOIO, (u64)port << IOIO_PORT_SHIFT | IOIO_A64 |
		     IOIO_SIZE8 | IOIO_IN, 0);
	if (call(ghcb) || !GHCB_IS_SET(ghcb, rax))
		return -1;
	*val = ghcb->rax;
	return 0;
}

int platform_out8(u16 port, u8 val)
{
	volatile struct ghcb *ghcb;

	if (!this_cpu()->ghcb)
		return -1;
	ghcb = begin(NAE_IOIO, (u64)port << IOIO_PORT_SHIFT | IOIO_A64 |
		     IOIO_SIZE8, 0);
	GHCB_SET(ghcb, rax, val);
	return call(ghcb);
}

int platform_rdmsr(u32 msr, u64 *val)
{
	volatile struct ghcb *ghcb = begin(NAE_MSR, 0, 0);

	GHCB_SET(ghcb, rcx, msr);
	if (call(ghcb) || !GHCB_IS_SET(ghcb, rax) || !GHCB_IS_SET(ghcb, rdx))
		return -1;
	*val = ghcb->rdx << 32 | (u32)ghcb->rax;
	return 0;
}

int platform_wrmsr(u32 msr, u64 val)
{
	volatile struct ghcb *ghcb = begin(NAE_MSR, 1, 0);

	GHCB_SET(ghcb, rcx, msr);
	GHCB_SET(ghcb, rax, (u32)val);
	GHCB_SET(ghcb, rdx, val >> 32);
	return call(ghcb);
}

/**
 * ghcb_page_states() - change the state of many pages
 * @entries: gpa | op << PSC_OP_SHIFT, with PSC_LARGE for 2 MiB
 * @count: 1 to PSC_MAX
 *
 * Return: 0 when the host says that all is done.
 */
int ghcb_page_states(const u64 *entries, u32 count)
{
	volatile struct ghcb *ghcb;
	volatile struct psc *psc;
	u32 i, done = 0, calls;

	psc = (volatile struct psc *)this_cpu()->ghcb->buffer;
	psc->cur = 0;
	psc->end = count - 1;
	psc->reserved = 0;
	for (i = 0; i < count; i++)
		psc->entry[i] = entries[i];
	for (calls = 0; calls < PSC_CALLS_MAX; calls++) {
		ghcb = begin(NAE_PSC, 0, 0);
		GHCB_SET(ghcb, sw_scratch, (u64)psc);
		if (call(ghcb) || ghcb->sw_exit_info_2)
			return -1;
		i = psc->cur;
		if (i >= count)
			return 0;
		if (i <= done && calls)
			return -1;
		done = i;
	}
	return -1;
}

/**
 * ghcb_guest_request() - have the host carry a message to the security processor
 * @request: GPA of the message, a shared page
 * @response: GPA for the answer, another one
 * @error: filled in: firmware's error in the lower half, host's in the upper
 *
 * Return: 0, or -1 if the host does not know such requests.
 */
int ghcb_guest_request(u64 request, u64 response, u64 *error)
{
	volatile struct ghcb *ghcb = begin(NAE_GUEST_REQUEST, request, response);
	int ret = call(ghcb);

	*error = ghcb->sw_exit_info_2;
	return ret;
}

/**
 * ghcb_ap_create() - have the host run a register state
 * @apic_id: vCPU
 * @vmpl: its VMPL
 * @vmsa: GPA of the VMSA
 * @features: SEV_FEATURES of the VMSA
 */
int ghcb_ap_create(u32 apic_id, u32 vmpl, u64 vmsa, u64 features)
{
	volatile struct ghcb *ghcb;

	ghcb = begin(NAE_AP_CREATION, (u64)apic_id << 32 | vmpl << 16 |
		     AP_CREATE_NOW, vmsa);
	GHCB_SET(ghcb, rax, features);
	return call(ghcb);
}

/**
 * ghcb_set_doorbell() - tell the host where this CPU's doorbell page is
 * @gpa: shared page
 */
int ghcb_set_doorbell(u64 gpa)
{
	return call(begin(NAE_HV_DOORBELL, DOORBELL_SET, gpa));
}

/**
 * ghcb_ipi() - interrupt another CPU of the SVSM
 * @icr: x2APIC interrupt command
 */
int ghcb_ipi(u64 icr)
{
	return call(begin(NAE_HV_IPI, icr, 0));
}

/**
 * ghcb_specific_eoi() - end of interrupt for a vector of a lower VMPL
 * @vmpl: the VMPL
 * @vector: host vector
 */
int ghcb_specific_eoi(u32 vmpl, u8 vector)
{
	return call(begin(NAE_SPECIFIC_EOI, vmpl << 16 | vector, 0));
}

/**
 * ghcb_run_vmpl() - leave this VMPL for a lower one
 * @cpu: this CPU
 * @vmpl: which
 * @event: vector to assert there, EVENTINJ format, 0 for none (only with
 *	HV_RUN_VMPL_VECTOR)
 * @deadline: TSC of this VMPL's timer from now on, NULL to leave it as it is
 *	(only with HV_RUN_VMPL_DEADLINE)
 */
enum run_result ghcb_run_vmpl(struct snp_cpu *cpu, u32 vmpl, u64 event,
			      const u64 *deadline)
{
	volatile struct ghcb *ghcb = begin(NAE_RUN_VMPL, vmpl, event);

	if (deadline)
		GHCB_SET(ghcb, rcx, *deadline);
	if (!snp_exit_unless_rung(cpu->doorbell))
		return RUN_CANCELLED;
	return result(ghcb) ? RUN_REFUSED : RUN_DONE;
}
