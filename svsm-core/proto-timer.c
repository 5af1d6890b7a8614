// SPDX-License-Identifier: MIT
/*
 * Protocol TIMER. Normative: Documentation/abi.rst, "Calls" and "Timer".
 */
#include <svsm/arch.h>
#include <svsm/dispatch.h>
#include <svsm/svsm.h>

/* Feature bits: no prediction. */
#define TIMER_FEATURES	0ULL

/**
 * proto_timer_query() - call 0: features, frequency
 * @vcpu: calling vCPU
 * @block: empty
 * @call: out: rcx: SVSM_TIMER_FEATURE_*; rdx: TSC frequency in kHz, 0 unknown
 *
 * Return: SVSM_SUCCESS.
 */
u32 proto_timer_query(struct vcpu *vcpu, const union svsm_block *block,
		      struct guest_call *call)
{
	(void)vcpu;
	(void)block;
	call->rcx = TIMER_FEATURES;
	call->rdx = arch_tsc_khz();
	return SVSM_SUCCESS;
}

/**
 * proto_timer_attach() - call 1: give a vCPU a timer
 * @vcpu: calling vCPU
 * @block: attach
 * @call: out: rcx: number of its source
 *
 * Return: SVSM_ERR_NO_VCPU, or what timer_attach() says.
 */
u32 proto_timer_attach(struct vcpu *vcpu, const union svsm_block *block,
		       struct guest_call *call)
{
	u32 source = block->attach.source;
	u32 ret = SVSM_ERR_NO_VCPU;
	struct vcpu *target;

	spin_lock(&svsm.control);
	target = vcpu_find(vcpu, block->attach.apic_id);
	if (target && target->has_guest)
		ret = timer_attach(target, &source);
	spin_unlock(&svsm.control);
	if (!ret)
		call->rcx = source;
	return ret;
}

/**
 * proto_timer_arm() - call 2: look at this vCPU's page now
 * @vcpu: calling vCPU
 * @block: empty
 * @call: unused
 *
 * Return: SVSM_SUCCESS, SVSM_ERR_NO_PAGE, SVSM_ERR_LOST, or
 * SVSM_ERR_INVALID_REQUEST if no timer is attached.
 */
u32 proto_timer_arm(struct vcpu *vcpu, const union svsm_block *block,
		    struct guest_call *call)
{
	(void)block;
	(void)call;
	switch (event_page_state(vcpu)) {
	case EVENT_PAGE_ACTIVE:
		break;
	case EVENT_PAGE_LOST:
		return SVSM_ERR_LOST;
	default:
		return SVSM_ERR_NO_PAGE;
	}
	if (!timer_attached(vcpu))
		return SVSM_ERR_INVALID_REQUEST;
	timer_arm(vcpu, timer_expire(vcpu));
	return SVSM_SUCCESS;
}

/**
 * proto_timer_detach() - call 3: take a vCPU's timer away
 * @vcpu: calling vCPU
 * @block: vcpu
 * @call: unused
 *
 * Return: SVSM_ERR_NO_VCPU, or what timer_detach() says.
 */
u32 proto_timer_detach(struct vcpu *vcpu, const union svsm_block *block,
		       struct guest_call *call)
{
	u32 ret = SVSM_ERR_NO_VCPU;
	struct vcpu *target;

	(void)call;
	spin_lock(&svsm.control);
	target = vcpu_find(vcpu, block->vcpu.apic_id);
	if (target && target->has_guest)
		ret = timer_detach(target);
	spin_unlock(&svsm.control);
	return ret;
}
