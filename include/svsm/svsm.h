/* SPDX-License-Identifier: MIT */
/*
 * All state of the core, and the loop that drives it.
 */
#ifndef _SVSM_SVSM_H
#define _SVSM_SVSM_H

#include <svsm/arch.h>
#include <svsm/irqsrc.h>
#include <svsm/lock.h>
#include <svsm/types.h>
#include <svsm/vcpu.h>

/**
 * struct svsm - the SVSM
 * @control: control lock: calls that change what exists
 * @vcpu_count: number of vCPUs; constant after svsm_init()
 * @vcpus: the vCPUs
 * @sources: the sources
 */
struct svsm {
	struct spinlock control;
	u32 vcpu_count;
	struct vcpu vcpus[SVSM_VCPUS_MAX];
	struct irqsrc sources[SVSM_SOURCES_MAX];
};

extern struct svsm svsm;

/**
 * svsm_vcpu_pass() - one pass of the loop of svsm_vcpu_run()
 * @vcpu: this vCPU
 *
 * Host events, registry, timer, entry, dispatch, answer: each at most once,
 * so that no peer can keep a pass from ending.
 */
void svsm_vcpu_pass(struct vcpu *vcpu);

/**
 * svsm_invariants_ok() - the invariants of all core structs
 *
 * For tests: nothing may change meanwhile.
 */
bool svsm_invariants_ok(void);

#endif /* _SVSM_SVSM_H */
