/* SPDX-License-Identifier: MIT */
/*
 * What the guest asks of its host through the GHCB: vCPUs, levels, interrupts.
 */
#include "../cpu.h"
#include "../hostile.h"
#include "ghcb.h"

#define AP_CREATE_ON_INIT	0
#define AP_CREATE		1
#define AP_DESTROY		2

#define DOORBELL_GET_PREFERRED	0
#define DOORBELL_SET		1
#define DOORBELL_QUERY		2
#define DOORBELL_CLEAR		3

/* ICR in x2APIC format */
#define ICR_RESERVED		0xfff32000ULL
#define ICR_LOGICAL		BIT(11)

enum ghcb_error exit_ap_creation(struct exit *x)
{
	u32 what = x->in.info1 & 0xffff;
	u32 level = x->in.info1 >> 16 & 0xf;
	u32 apic_id = (u32)(x->in.info1 >> 32);
	u64 vmsa = x->in.info2;

	/* No level may start one that is more privileged than itself. */
	if (level >= LEVELS || level < x->v->current || what > AP_DESTROY)
		return GHCB_ERR_INVALID_INPUT;
	if (what == AP_DESTROY) {
		vmsa = 0;
	} else {
		if (!ghcb_has(x, rax))
			return GHCB_ERR_MISSING_INPUT;
		if ((vmsa & (PAGE_SIZE - 1)) || !rmp_entry(vmsa))
			return GHCB_ERR_INVALID_INPUT;
		/* erratum: hardware refuses 2 MiB-aligned register states */
		if (!(vmsa & (PAGE_2M - 1)))
			return GHCB_ERR_INVALID_INPUT;
	}
	return level_start(apic_id, level, vmsa) ?
		GHCB_ERR_INVALID_INPUT : GHCB_OK;
}

enum ghcb_error exit_doorbell(struct exit *x)
{
	struct level *l = vcpu_level(x->v);

	switch (x->in.info1) {
	case DOORBELL_GET_PREFERRED:
		ghcb_set(x, info2, ~0ULL);
		return GHCB_OK;
	case DOORBELL_SET:
		if ((x->in.info2 & (PAGE_SIZE - 1)) || !is_shared(x->in.info2))
			return GHCB_ERR_INVALID_INPUT;
		l->doorbell = x->in.info2;
		l->presented = 0;
		/* fall through */
	case DOORBELL_QUERY:
		ghcb_set(x, info2, l->doorbell);
		return GHCB_OK;
	case DOORBELL_CLEAR:
		l->doorbell = 0;
		l->presented = 0;
		return GHCB_OK;
	}
	return GHCB_ERR_INVALID_INPUT;
}

enum ghcb_error exit_ipi(struct exit *x)
{
	u64 icr = x->in.info1;
	struct vapic_ipi ipi = {
		.vector = (u8)icr,
		.mode = icr >> 8 & 7,
		.shorthand = icr >> 18 & 3,
		.logical = icr & ICR_LOGICAL,
		.dest = (u32)(icr >> 32),
	};

	if (icr & ICR_RESERVED)
		return GHCB_ERR_INVALID_INPUT;
	if (ipi.mode != VAPIC_FIXED && ipi.mode != VAPIC_NMI)
		return GHCB_ERR_INVALID_INPUT;
	if (ipi.mode == VAPIC_FIXED && ipi.vector < 16)
		return GHCB_ERR_INVALID_INPUT;
	apic_send(x->v, x->v->current, &ipi);
	return GHCB_OK;
}

/* {u32 count; u32 ids[]} into the guest's pages; RAX = pages it has, or needs */
enum ghcb_error exit_apic_ids(struct exit *x)
{
	u64 pa = x->in.info1;
	bool ok;
	struct {
		u32 count;
		u32 id[MAX_CPUS];
	} list = { .count = machine.cpu_count };

	if (!ghcb_has(x, rax))
		return GHCB_ERR_MISSING_INPUT;
	if (!x->in.rax) {
		ghcb_set(x, rax, 1);
		return GHCB_OK;
	}
	memcpy(list.id, machine.apic_id, sizeof(list.id));
	mem_lock();
	ok = !(pa & (PAGE_SIZE - 1)) && is_shared(pa);
	if (ok)
		memcpy((void *)pa, &list, sizeof(list));
	mem_unlock();
	if (!ok)
		return GHCB_ERR_INVALID_INPUT;
	ghcb_set(x, rax, 1);
	return GHCB_OK;
}

/* info2 of RUN_VMPL, feature bit 48: EVENTINJ with a vector for that level */
static bool event_valid(u64 event)
{
	u8 vector = (u8)event;

	return (snp_hv_features() & HV_FEATURE_RUN_VMPL_EVENT) &&
	       (event & ~0xffULL) == (EVENT_TYPE_INTR | EVENT_VALID) &&
	       vector >= 32;
}

enum ghcb_error exit_run_vmpl(struct exit *x)
{
	struct vcpu *v = x->v;
	u64 to = x->in.info1;
	u64 event = x->in.info2;
	bool deadline = ghcb_has(x, rcx) &&
			(snp_hv_features() & HV_FEATURE_RUN_VMPL_DEADLINE);

	if (to >= LEVELS || vmsa_check(v, (u32)to) != VMSA_OK)
		return GHCB_ERR_INVALID_INPUT;
	if (event) {
		/* only downwards in privilege: nobody signals his superior */
		if (!event_valid(event) || to <= v->current)
			return GHCB_ERR_INVALID_EVENT;
		if (!hostile_drop(v, (u32)to, (u8)event))
			apic_post(v, (u32)to, (u8)event, false);
	}
	if (deadline)
		apic_msr_write(v, v->current, VAPIC_MSR_DEADLINE,
			       x->in.rcx == ~0ULL ? 0 : x->in.rcx);
	if (event || deadline)
		v->count[COUNT_ONE_EXIT]++;
	/* another vCPU can have made the state unfit since the check */
	return level_run(v, (u32)to) == VMSA_OK ?
		GHCB_OK : GHCB_ERR_INVALID_INPUT;
}
