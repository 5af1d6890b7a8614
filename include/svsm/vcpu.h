/* SPDX-License-Identifier: MIT */
/*
 * One vCPU: the SVSM's processor and the guest that runs on it.
 */
#ifndef _SVSM_VCPU_H
#define _SVSM_VCPU_H

#include <svsm/evpage.h>
#include <svsm/hostirq.h>
#include <svsm/irqsrc.h>
#include <svsm/timer.h>
#include <svsm/types.h>

/**
 * struct vcpu - the core's state of one vCPU
 * @index: position in struct svsm, 0 is the first vCPU
 * @apic_id: APIC ID of the SVSM's and of the guest's vCPU
 * @arch: the platform's own; the core never looks at it
 * @has_guest: a guest register state exists; control lock
 * @state: GPA of the guest's register state in force; control lock
 * @calling_area: GPA of its calling area; control lock
 * @page: event page
 * @timer: timer
 * @host_source: source per host vector or HOST_SOURCE_NONE; written under the
 *	control lock, read by this vCPU
 * @host_held: host vectors that the host holds until their EOI; bits are set
 *	by this vCPU and moved to @eoi_owed by whoever ends the service
 * @eoi_owed: host vectors whose EOI this vCPU must send; any vCPU sets
 * @dropped_nmi: NMIs of the host for the guest; the interface has no such thing
 * @not_entered: entries that the host cut off
 *
 * Invariant: with @has_guest, @state and @calling_area are pinned as such for
 * this vCPU; without, both are 0.
 */
struct vcpu {
	u32 index;
	u32 apic_id;
	void *arch;
	bool has_guest;
	u64 state;
	u64 calling_area;
	struct event_page page;
	struct vtimer timer;
	u16 host_source[HOST_VECTORS];
	u64 host_held[HOST_VECTORS / 64];
	u64 eoi_owed[HOST_VECTORS / 64];
	u64 dropped_nmi;
	u64 not_entered;
};

/**
 * vcpu_init() - a vCPU without a guest
 * @vcpu: the vCPU
 * @index: its position in struct svsm
 * @apic_id: its APIC ID
 *
 * Leaves @vcpu->arch alone.
 */
void vcpu_init(struct vcpu *vcpu, u32 index, u32 apic_id);

/**
 * vcpu_find() - the vCPU that a call names
 * @caller: the calling vCPU, meant by SVSM_APIC_ID_SELF
 * @apic_id: APIC ID
 *
 * Return: NULL if there is no such vCPU.
 */
struct vcpu *vcpu_find(struct vcpu *caller, u32 apic_id);

/**
 * vcpu_create_guest() - give a vCPU a guest register state: CREATE_VCPU
 * @vcpu: the vCPU
 * @state: GPA of the register state
 * @calling_area: GPA of the calling area
 *
 * For the guest's CREATE_VCPU, and for the platform's first guest vCPU. Pins
 * both pages, then calls arch_guest_vcpu_create(). A vCPU that has a state
 * already gets the new one; the old one stays pinned until DELETE_VCPU, as
 * Linux does when it brings a CPU online again. The calling area may be the
 * one it has.
 *
 * Takes the control lock: arch_guest_vcpu_create() must not wait for another
 * vCPU, and no core lock may be held.
 *
 * Return: SVSM_SUCCESS, SVSM_ERR_INVALID_PARAMETER (not page-aligned),
 * SVSM_ERR_INVALID_ADDRESS (not the guest's memory), what pinned_add() says,
 * or what arch_guest_vcpu_create() says.
 */
u32 vcpu_create_guest(struct vcpu *vcpu, u64 state, u64 calling_area);

/**
 * vcpu_delete_guest() - take a guest register state back: DELETE_VCPU
 * @state: GPA of the register state
 *
 * If it is the one in force, the vCPU's timer is detached, its sources are
 * closed and its page is unregistered. Takes the control lock.
 *
 * Return: SVSM_SUCCESS, SVSM_ERR_INVALID_PARAMETER (no such state), or what
 * arch_guest_vcpu_delete() says.
 */
u32 vcpu_delete_guest(u64 state);

/**
 * vcpu_remap_calling_area() - move this vCPU's calling area: REMAP_CA
 * @vcpu: this vCPU
 * @calling_area: GPA of the new one; may be the one it has
 *
 * Takes the control lock.
 *
 * Return: as vcpu_create_guest().
 */
u32 vcpu_remap_calling_area(struct vcpu *vcpu, u64 calling_area);

/** vcpu_invariant_ok() - see struct vcpu; nothing may change meanwhile. */
bool vcpu_invariant_ok(struct vcpu *vcpu);

#endif /* _SVSM_VCPU_H */
