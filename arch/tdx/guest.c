// SPDX-License-Identifier: MIT
/*
 * The guest on this platform: L1 runs none yet, so no vCPU has one to enter.
 */
#include <uapi/svsm/call.h>
#include <uapi/svsm/event_page.h>
#include "tdx.h"

enum guest_exit arch_guest_enter(const struct guest_entry *entry,
				 struct guest_call *call)
{
	(void)entry;
	(void)call;
	return GUEST_EXIT_NO_GUEST;
}

/* There is no GUEST_EXIT_CALL to answer. */
void arch_guest_answer(const struct guest_call *call)
{
	(void)call;
}

u8 arch_delivery_mode(void)
{
	return SVSM_DELIVERY_NONE;
}

u32 arch_guest_vcpu_create(struct vcpu *vcpu, u64 state, u64 calling_area)
{
	(void)vcpu;
	(void)state;
	(void)calling_area;
	return SVSM_ERR_UNSUPPORTED_CALL;
}

u32 arch_guest_vcpu_delete(struct vcpu *vcpu, u64 state)
{
	(void)vcpu;
	(void)state;
	return SVSM_ERR_UNSUPPORTED_CALL;
}

u32 arch_guest_remap_calling_area(u64 calling_area)
{
	(void)calling_area;
	return SVSM_ERR_UNSUPPORTED_CALL;
}
