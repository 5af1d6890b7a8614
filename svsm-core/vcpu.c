// SPDX-License-Identifier: MIT
/*
 * vCPUs and the guest's register states on them.
 */
#include <svsm/arch.h>
#include <svsm/dispatch.h>
#include <svsm/pinned.h>
#include <svsm/svsm.h>
#include <svsm/vcpu.h>

#define PAGE_SIZE_4K	4096ULL

/* See vcpu.h. */
void vcpu_init(struct vcpu *vcpu, u32 index, u32 apic_id)
{
	u32 i;

	vcpu->index = index;
	vcpu->apic_id = apic_id;
	vcpu->has_guest = false;
	vcpu->state = 0;
	vcpu->calling_area = 0;
	vcpu->dropped_nmi = 0;
	vcpu->not_entered = 0;
	event_page_init(&vcpu->page);
	timer_init(&vcpu->timer);
	for (i = 0; i < HOST_VECTORS; i++)
		vcpu->host_source[i] = HOST_SOURCE_NONE;
	for (i = 0; i < HOST_VECTORS / 64; i++) {
		vcpu->host_held[i] = 0;
		vcpu->eoi_owed[i] = 0;
	}
}

/* See vcpu.h. */
struct vcpu *vcpu_find(struct vcpu *caller, u32 apic_id)
{
	u32 i;

	if (apic_id == SVSM_APIC_ID_SELF)
		return caller;
	for (i = 0; i < svsm.vcpu_count; i++) {
		if (svsm.vcpus[i].apic_id == apic_id)
			return &svsm.vcpus[i];
	}
	return NULL;
}

/* That it is a page at all is for pinned_add() to say. */
static u32 pin(struct vcpu *vcpu, u64 gpa, enum pinned_kind kind)
{
	/* First: memory of the SVSM is pinned, but never the guest's. */
	if (!(gpa % PAGE_SIZE_4K) && !arch_guest_gpa_valid(gpa, PAGE_SIZE_4K))
		return SVSM_ERR_INVALID_ADDRESS;
	return pinned_add(gpa, PAGE_SIZE_4K, kind, vcpu->index);
}

/* Control lock held. The calling area that the vCPU has is pinned already. */
static u32 pin_calling_area(struct vcpu *vcpu, u64 calling_area)
{
	if (vcpu->has_guest && vcpu->calling_area == calling_area)
		return SVSM_SUCCESS;
	return pin(vcpu, calling_area, PINNED_CALLING_AREA);
}

/* Control lock held. @keep is the one that stays in force. */
static void unpin_calling_area(struct vcpu *vcpu, u64 calling_area, u64 keep)
{
	if (calling_area != keep)
		pinned_remove(calling_area, PINNED_CALLING_AREA, vcpu->index);
}

/* Control lock held. */
static u32 create(struct vcpu *vcpu, u64 state, u64 calling_area)
{
	u64 old_area = vcpu->calling_area;
	u32 ret;

	ret = pin(vcpu, state, PINNED_STATE);
	if (ret)
		return ret;
	ret = pin_calling_area(vcpu, calling_area);
	if (ret)
		goto unpin_state;
	/* Pinned first, so that what the platform checks stays so. */
	ret = arch_guest_vcpu_create(vcpu, state, calling_area);
	if (ret)
		goto unpin_area;

	if (vcpu->has_guest)
		unpin_calling_area(vcpu, old_area, calling_area);
	vcpu->state = state;
	vcpu->calling_area = calling_area;
	vcpu->has_guest = true;
	return SVSM_SUCCESS;

unpin_area:
	if (vcpu->has_guest)
		unpin_calling_area(vcpu, calling_area, old_area);
	else
		pinned_remove(calling_area, PINNED_CALLING_AREA, vcpu->index);
unpin_state:
	pinned_remove(state, PINNED_STATE, vcpu->index);
	return ret;
}

/* See vcpu.h. */
u32 vcpu_create_guest(struct vcpu *vcpu, u64 state, u64 calling_area)
{
	u32 ret;

	spin_lock(&svsm.control);
	ret = create(vcpu, state, calling_area);
	spin_unlock(&svsm.control);
	/* It may idle for want of a guest. */
	if (!ret && vcpu != arch_this_vcpu())
		arch_kick(vcpu);
	return ret;
}

/* Control lock held. */
static u32 delete(struct vcpu *vcpu, u64 state)
{
	u32 ret;

	ret = arch_guest_vcpu_delete(vcpu, state);
	if (ret)
		return ret;
	pinned_remove(state, PINNED_STATE, vcpu->index);
	if (!vcpu->has_guest || vcpu->state != state)
		return SVSM_SUCCESS;

	proto_irq_reset_vcpu(vcpu);
	pinned_remove(vcpu->calling_area, PINNED_CALLING_AREA, vcpu->index);
	vcpu->has_guest = false;
	vcpu->state = 0;
	vcpu->calling_area = 0;
	return SVSM_SUCCESS;
}

/* See vcpu.h. */
u32 vcpu_delete_guest(u64 state)
{
	u32 ret = SVSM_ERR_INVALID_PARAMETER;
	u32 owner;

	spin_lock(&svsm.control);
	if (pinned_owner(state, PINNED_STATE, &owner))
		ret = delete(&svsm.vcpus[owner], state);
	spin_unlock(&svsm.control);
	return ret;
}

/* Control lock held. */
static u32 remap(struct vcpu *vcpu, u64 calling_area)
{
	u64 old_area = vcpu->calling_area;
	u32 ret;

	if (!vcpu->has_guest)
		return SVSM_ERR_INVALID_REQUEST;
	ret = pin_calling_area(vcpu, calling_area);
	if (ret)
		return ret;
	ret = arch_guest_remap_calling_area(calling_area);
	if (ret) {
		unpin_calling_area(vcpu, calling_area, old_area);
		return ret;
	}
	unpin_calling_area(vcpu, old_area, calling_area);
	vcpu->calling_area = calling_area;
	return SVSM_SUCCESS;
}

/* See vcpu.h. */
u32 vcpu_remap_calling_area(struct vcpu *vcpu, u64 calling_area)
{
	u32 ret;

	spin_lock(&svsm.control);
	ret = remap(vcpu, calling_area);
	spin_unlock(&svsm.control);
	return ret;
}
