/* SPDX-License-Identifier: MIT */
/*
 * What the host posts to a vCPU, and the EOIs that this vCPU owes it. Which
 * source takes a vector is irqsrc.c's affair; the number never reaches the
 * guest.
 */
#ifndef _SVSM_HOSTIRQ_H
#define _SVSM_HOSTIRQ_H

#include <svsm/types.h>

struct host_events;
struct vcpu;

#define HOST_VECTORS	256
/* Host vectors that a guest can open on one vCPU: 31..255 without 0x80. */
#define HOST_VECTORS_USABLE	224
/* In vcpu->host_source: no source takes this vector. */
#define HOST_SOURCE_NONE	0xFFFFU

/**
 * hostirq_vector_ok() - can a guest open this host vector?
 * @vector: host vector
 */
bool hostirq_vector_ok(u8 vector);

/**
 * hostirq_events() - pass on what the host posted on this vCPU
 * @vcpu: this vCPU
 * @events: from arch_host_events()
 *
 * At most one raise per host vector. What nobody opened is dropped and counted.
 */
void hostirq_events(struct vcpu *vcpu, const struct host_events *events);

/**
 * hostirq_eoi() - have a vCPU send an EOI, if the host waits for one
 * @vcpu: where the host posted the vector
 * @vector: host vector; the lock of its source is held
 *
 * No stray EOI reaches the host.
 */
void hostirq_eoi(struct vcpu *vcpu, u8 vector);

/**
 * hostirq_eoi_owed() - is an EOI on its way?
 * @vcpu: where the host posted the vector
 * @vector: host vector; the lock of its source is held
 */
bool hostirq_eoi_owed(const struct vcpu *vcpu, u8 vector);

/**
 * hostirq_send_eois() - send what this vCPU owes
 * @vcpu: this vCPU
 */
void hostirq_send_eois(struct vcpu *vcpu);

#endif /* _SVSM_HOSTIRQ_H */
