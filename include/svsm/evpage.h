/* SPDX-License-Identifier: MIT */
/*
 * The SVSM's side of a vCPU's event page. The layout is in
 * <uapi/svsm/event_page.h>, the rules in Documentation/abi.rst; this header
 * has a name of its own so that it can never be taken for that one.
 */
#ifndef _SVSM_EVPAGE_H
#define _SVSM_EVPAGE_H

#include <svsm/lock.h>
#include <svsm/shm.h>
#include <svsm/types.h>
#include <uapi/svsm/call.h>
#include <uapi/svsm/event_page.h>

struct vcpu;

/* A deadline or look that never comes, in TSC ticks. */
#define TSC_NEVER	SVSM_TIMER_NONE

/**
 * enum event_page_state - life of a registration
 * @EVENT_PAGE_NONE: the vCPU has no page
 * @EVENT_PAGE_ACTIVE: registered
 * @EVENT_PAGE_CLOSING: no raise reaches it any more, bits are collected
 * @EVENT_PAGE_LOST: it vanished below us and is never touched again
 */
enum event_page_state {
	EVENT_PAGE_NONE,
	EVENT_PAGE_ACTIVE,
	EVENT_PAGE_CLOSING,
	EVENT_PAGE_LOST,
};

/**
 * struct event_page - what the SVSM knows of one vCPU's event page
 * @lock: page lock; protects all but what is said to be this vCPU's
 *	only, and @counters, which are atomic
 * @state: life of the registration
 * @mem: the page; NULL unless ACTIVE or CLOSING
 * @gpa: where the guest registered it, 0 if NONE
 * @features: feature bits that the guest accepted
 * @vector: NV, 0 is silent
 * @requests: number of notifications requested
 * @served: how many of @requests entries have consumed; this vCPU's only
 * @reassert_at: TSC at which NV is asserted again if the guest has not
 *	acknowledged it; TSC_NEVER if it has; this vCPU's only
 * @counters: what PAGE_QUERY reports, enum svsm_page_counter
 *
 * Invariant: @mem is set exactly in ACTIVE and CLOSING; @gpa is page-aligned
 * and pinned as event page of this vCPU unless NONE; @vector is 0 or 32..255
 * without 0x80; @vector is 0 if the platform cannot notify.
 */
struct event_page {
	struct spinlock lock;
	enum event_page_state state;
	struct shm *mem;
	u64 gpa;
	u64 features;
	u8 vector;
	u64 requests;
	u64 served;
	u64 reassert_at;
	u64 counters[SVSM_COUNTER_COUNT];
};

/* A field of the page: offset is a constant, so the address is aligned. */
#define EVENT_PAGE_OFFSET(field)	offsetof(struct svsm_event_page, field)

/**
 * event_page_init() - a vCPU without a page
 * @ep: the event page
 */
void event_page_init(struct event_page *ep);

/**
 * event_page_vector_ok() - may the guest use this notification vector?
 * @vector: NV
 *
 * Return: SVSM_SUCCESS, SVSM_ERR_VECTOR (not 0, not 32..255, or 0x80) or
 * SVSM_ERR_NO_DELIVERY (not silent, and the platform has no way to notify).
 */
u32 event_page_vector_ok(u8 vector);

/**
 * event_page_register() - PAGE_REGISTER without the sources' part
 * @vcpu: whose page
 * @gpa: the page
 * @vector: NV, checked
 * @features: accepted feature bits, checked
 *
 * Caller holds the control lock; no page is registered. Pins and writes the
 * page; raises work from here on.
 *
 * Return: SVSM_SUCCESS, or SVSM_ERR_INVALID_ADDRESS (not page-aligned private
 * memory that the guest may read and write), or what pinned_add() says.
 */
u32 event_page_register(struct vcpu *vcpu, u64 gpa, u8 vector, u64 features);

/**
 * event_page_set_vector() - PAGE_REGISTER again: change NV
 * @vcpu: whose page; ACTIVE
 * @vector: NV, checked
 *
 * Asserts the new vector if ON is set: what was under way on the old one may
 * be gone.
 *
 * Return: SVSM_SUCCESS or SVSM_ERR_LOST.
 */
u32 event_page_set_vector(struct vcpu *vcpu, u8 vector);

/**
 * event_page_close() - first half of PAGE_UNREGISTER: stop raises
 * @vcpu: whose page
 */
void event_page_close(struct vcpu *vcpu);

/**
 * event_page_unregister() - second half: forget the page
 * @vcpu: whose page
 *
 * Nothing touches the page after it returned.
 */
void event_page_unregister(struct vcpu *vcpu);

/**
 * event_page_state() - life of the registration, at this moment
 * @vcpu: whose page
 */
enum event_page_state event_page_state(struct vcpu *vcpu);

/**
 * event_page_raise() - steps 1 to 5 of Raise
 * @vcpu: target
 * @source: source number
 *
 * Caller holds the source's lock.
 *
 * Return: false if there is no page: the caller sets the latch.
 */
bool event_page_raise(struct vcpu *vcpu, u32 source);

/**
 * event_page_prepare() - a source comes to this page
 * @vcpu: whose page
 * @source: source number
 * @level: true if level triggered
 * @fresh: true for OPEN: clear what an earlier owner left, mask it; false for
 *	BIND, where the guest has copied its mask bit already
 *
 * Caller holds the source's lock.
 */
void event_page_prepare(struct vcpu *vcpu, u32 source, bool level, bool fresh);

/**
 * event_page_retire() - a source leaves this page
 * @vcpu: whose page
 * @source: source number
 *
 * Caller holds the source's lock. Nothing of the source is left in the page.
 *
 * Return: true if its pir bit was set; false also without a page.
 */
bool event_page_retire(struct vcpu *vcpu, u32 source);

/**
 * event_page_pending() - is a source's pir bit set? For SOURCE_QUERY only.
 * @vcpu: whose page
 * @source: source number
 */
bool event_page_pending(struct vcpu *vcpu, u32 source);

/**
 * event_page_enter() - decide what to assert at an entry into the guest
 * @vcpu: this vCPU
 * @requests: filled in, for event_page_entered()
 *
 * Notification is a level: NV while ON = 1 and SN = 0.
 *
 * Return: vector to assert, 0 for none.
 */
u8 event_page_enter(struct vcpu *vcpu, u64 *requests);

/**
 * event_page_entered() - the entry was really executed
 * @vcpu: this vCPU
 * @vector: what event_page_enter() returned
 * @requests: what event_page_enter() filled in
 */
void event_page_entered(struct vcpu *vcpu, u8 vector, u64 requests);

/**
 * event_page_count() - add one to a counter of PAGE_QUERY
 * @ep: the event page
 * @counter: which
 */
void event_page_count(struct event_page *ep, enum svsm_page_counter counter);

/**
 * event_page_lose() - mark a page as lost after an access to it failed
 * @vcpu: whose page; page lock held, ACTIVE or CLOSING
 */
void event_page_lose(struct vcpu *vcpu);

/** event_page_invariant_ok() - see struct event_page; page lock not held. */
bool event_page_invariant_ok(struct vcpu *vcpu);

#endif /* _SVSM_EVPAGE_H */
