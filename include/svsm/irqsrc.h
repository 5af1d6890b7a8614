/* SPDX-License-Identifier: MIT */
/*
 * The registry of sources: what may be raised, for whom, by whom. Nothing can
 * be raised that the guest did not open.
 */
#ifndef _SVSM_IRQSRC_H
#define _SVSM_IRQSRC_H

#include <svsm/lock.h>
#include <svsm/types.h>
#include <uapi/svsm/call.h>
#include <uapi/svsm/event_page.h>

struct vcpu;

/**
 * struct irqsrc - one source
 * @lock: source lock
 * @open: the guest opened it
 * @latched: raised while its vCPU had no page
 * @in_service: level: raised, EOI not seen yet
 * @again: level: raised again while in service; raise after the EOI
 * @trigger: SVSM_TRIGGER_*
 * @kind: SVSM_SOURCE_*
 * @host_vector: kind 1: what the host posts
 * @host_vcpu: kind 1: where the host posts it, else NULL
 * @target: vCPU that handles it
 *
 * Invariant: a source that is not open has nothing else set. @in_service only
 * if level; @again only if in service; @latched only while @target has no
 * page that raises reach. @host_vcpu->host_source[@host_vector] is this source
 * exactly for an open source of kind 1.
 */
struct irqsrc {
	struct spinlock lock;
	bool open;
	bool latched;
	bool in_service;
	bool again;
	u8 trigger;
	u8 kind;
	u8 host_vector;
	struct vcpu *host_vcpu;
	struct vcpu *target;
};

/**
 * struct irqsrc_config - what a source is opened with
 * @kind: SVSM_SOURCE_*
 * @trigger: SVSM_TRIGGER_*
 * @host_vector: kind 1, else 0
 * @host_vcpu: kind 1, else NULL
 * @target: vCPU that handles it
 */
struct irqsrc_config {
	u8 kind;
	u8 trigger;
	u8 host_vector;
	struct vcpu *host_vcpu;
	struct vcpu *target;
};

/** irqsrc_init() - no source is open; only svsm_init() and tests. */
void irqsrc_init(void);

/**
 * irqsrc_open() - SOURCE_OPEN, and the source of TIMER ATTACH
 * @config: validated by the caller but for what it competes for
 * @source: number, or SVSM_SOURCE_ANY: timers get the lowest free one of group
 *	0, others the lowest free one above it; filled in
 *
 * Caller holds the control lock.
 *
 * Return: SVSM_SUCCESS; SVSM_ERR_IN_USE: the number or the host vector is
 * taken, or none is free; SVSM_ERR_VECTOR; SVSM_ERR_INVALID_PARAMETER.
 */
u32 irqsrc_open(const struct irqsrc_config *config, u32 *source);

/**
 * irqsrc_close() - SOURCE_CLOSE
 * @source: number
 *
 * Caller holds the control lock. Not for timers: these go by timer_detach().
 *
 * Return: SVSM_SUCCESS or SVSM_ERR_INVALID_REQUEST.
 */
u32 irqsrc_close(u32 source);

/**
 * irqsrc_close_timer() - close the source of a timer
 * @source: number; open and of kind SVSM_SOURCE_TIMER
 *
 * Caller holds the control lock and the timer lock.
 */
void irqsrc_close_timer(u32 source);

/**
 * irqsrc_bind() - SOURCE_BIND, the SVSM's part of Move
 * @source: number
 * @target: vCPU that handles it from now on
 *
 * Caller holds the control lock.
 *
 * Return: SVSM_SUCCESS or SVSM_ERR_INVALID_REQUEST (not open, or a timer of
 * another vCPU).
 */
u32 irqsrc_bind(u32 source, struct vcpu *target);

/**
 * irqsrc_eoi() - SOURCE_EOI
 * @source: number
 *
 * Return: SVSM_SUCCESS, or SVSM_ERR_INVALID_REQUEST if not in service; then
 * nothing reaches the host.
 */
u32 irqsrc_eoi(u32 source);

/**
 * irqsrc_raise_software() - SOURCE_RAISE
 * @source: number
 *
 * Return: SVSM_SUCCESS, or SVSM_ERR_INVALID_REQUEST unless it is an open
 * software source.
 */
u32 irqsrc_raise_software(u32 source);

/**
 * irqsrc_raise_timer() - the deadline of a timer has come
 * @source: number; caller holds the timer lock of the vCPU it belongs to
 */
void irqsrc_raise_timer(u32 source);

/**
 * irqsrc_query() - SOURCE_QUERY
 * @source: number
 * @state: filled in, SVSM_SOURCE_STATE_*; 0 if not open
 *
 * Return: SVSM_SUCCESS, or SVSM_ERR_INVALID_REQUEST if there is no such number.
 */
u32 irqsrc_query(u32 source, u64 *state);

/**
 * irqsrc_posted() - the host posted the vector of a source
 * @source: number that the vCPU's map has for the vector
 * @vcpu: this vCPU
 * @vector: host vector
 * @held: the host waits for an EOI
 *
 * Return: false if it is not, or no longer, the source of this vector.
 */
bool irqsrc_posted(u32 source, struct vcpu *vcpu, u8 vector, bool held);

/**
 * irqsrc_page_up() - raise what was latched for a vCPU that got a page
 * @vcpu: the vCPU
 *
 * Caller holds the control lock.
 */
void irqsrc_page_up(struct vcpu *vcpu);

/**
 * irqsrc_page_down() - latch what is pending in a page that goes away
 * @vcpu: the vCPU; its page is closed or lost
 *
 * Caller holds the control lock.
 */
void irqsrc_page_down(struct vcpu *vcpu);

/**
 * irqsrc_close_bound() - close all sources, or those of one vCPU
 * @target: the vCPU whose sources are closed, NULL for all
 *
 * Caller holds the control lock; the timers concerned are detached.
 */
void irqsrc_close_bound(struct vcpu *target);

/** irqsrc_invariant_ok() - see struct irqsrc; nothing may change meanwhile. */
bool irqsrc_invariant_ok(void);

#endif /* _SVSM_IRQSRC_H */
