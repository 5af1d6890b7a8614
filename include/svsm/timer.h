/* SPDX-License-Identifier: MIT */
/*
 * The guest's timer: a source whose raise is decided by a deadline in the
 * event page and the TSC. Rules: Documentation/abi.rst, "Timer".
 */
#ifndef _SVSM_TIMER_H
#define _SVSM_TIMER_H

#include <svsm/lock.h>
#include <svsm/types.h>

struct vcpu;

/**
 * struct vtimer - one vCPU's timer
 * @lock: timer lock; protects @attached, @source and the publishing of
 *	timer_armed
 * @attached: the guest has a timer on this vCPU
 * @source: its source; valid while @attached
 * @armed: TSC at which the host's timer will wake this vCPU, if the host does
 *	as it was told; TSC_NEVER if nothing is armed; this vCPU's only
 * @expirations: expiries since ATTACH; what the page shows
 * @late_max: latest of them, in TSC ticks; what the page shows
 *
 * Invariant: while @attached, @source is open, of kind SVSM_SOURCE_TIMER and
 * bound to this vCPU, and this vCPU has a page, possibly lost.
 */
struct vtimer {
	struct spinlock lock;
	bool attached;
	u32 source;
	u64 armed;
	u64 expirations;
	u64 late_max;
};

/**
 * timer_init() - no timer, nothing armed
 * @timer: the timer
 */
void timer_init(struct vtimer *timer);

/**
 * timer_attach() - TIMER ATTACH
 * @vcpu: whose timer
 * @source: number, or SVSM_SOURCE_ANY for one in group 0; filled in
 *
 * Caller holds the control lock.
 *
 * Return: SVSM_SUCCESS, SVSM_ERR_NO_PAGE, SVSM_ERR_LOST, SVSM_ERR_IN_USE (a
 * timer is attached, or the number is taken), SVSM_ERR_INVALID_PARAMETER.
 */
u32 timer_attach(struct vcpu *vcpu, u32 *source);

/**
 * timer_detach() - TIMER DETACH
 * @vcpu: whose timer
 *
 * Caller holds the control lock.
 *
 * Return: SVSM_SUCCESS, SVSM_ERR_INVALID_REQUEST if none is attached.
 */
u32 timer_detach(struct vcpu *vcpu);

/**
 * timer_attached() - does this vCPU have a timer, at this moment?
 * @vcpu: whose timer
 */
bool timer_attached(struct vcpu *vcpu);

/**
 * timer_expire() - first half of a look: raise if the deadline has come
 * @vcpu: this vCPU
 *
 * Return: TSC of the deadline that is still to come, TSC_NEVER if none.
 */
u64 timer_expire(struct vcpu *vcpu);

/**
 * timer_arm() - second half: have the host wake this vCPU, then publish it
 * @vcpu: this vCPU
 * @deadline: what timer_expire() returned
 *
 * Takes the repeat of an unacknowledged notification into account.
 */
void timer_arm(struct vcpu *vcpu, u64 deadline);

/** timer_invariant_ok() - see struct vtimer; no lock held. */
bool timer_invariant_ok(struct vcpu *vcpu);

#endif /* _SVSM_TIMER_H */
