/* SPDX-License-Identifier: MIT */
/*
 * Which VMPL of a vCPU runs: start by AP creation, switch by RUN_VMPL, and
 * back to VMPL0 when it has an event.
 */
#include "../cpu.h"
#include "ghcb.h"

/**
 * level_restricted() - does a level take interrupts as #HV only?
 * @v: vCPU
 * @level: VMPL
 */
bool level_restricted(const struct vcpu *v, u32 level)
{
	return v->level[level].features & SEV_FEATURE_RESTRICTED_INJ;
}

/**
 * level_switch() - make another level the one that runs
 * @v: own vCPU
 * @to: VMPL with a VMSA
 */
void level_switch(struct vcpu *v, u32 to)
{
	vmsa_release(v);
	if (v->event) {
		vcpu_level(v)->reinject = v->event;
		v->event = 0;
	}
	v->count[to > v->current ? COUNT_SWITCH_UP : COUNT_SWITCH_DOWN]++;
	v->current = (u8)to;
}

/**
 * level_run() - the running level asks for another one
 * @v: own vCPU, the asking level's state is in its VMSA
 * @to: VMPL
 *
 * Return: why not, or VMSA_OK.
 */
enum vmsa_fault level_run(struct vcpu *v, u32 to)
{
	enum vmsa_fault fault = vmsa_check(v, to);

	if (fault != VMSA_OK || to == v->current)
		return fault;
	/* Whoever is called is awake; whoever is resumed may sleep on. */
	if (to < v->current)
		v->level[to].halted = false;
	level_switch(v, to);
	return VMSA_OK;
}

/**
 * level_start() - give a level of some vCPU its register state
 * @apic_id: the target
 * @level: VMPL
 * @vmsa: its state, 0 to stop it
 *
 * The target does it itself, at its next look; the last of several requests
 * counts.
 * Return: 0, -1 no such vCPU.
 */
int level_start(u32 apic_id, u32 level, u64 vmsa)
{
	for (u32 i = 0; i < machine.cpu_count; i++) {
		struct vcpu *v = vcpus[i];

		if (v->apic_id != apic_id)
			continue;
		__atomic_store_n(&v->start[level], vmsa | START_WANTED,
				 __ATOMIC_SEQ_CST);
		vcpu_kick(v);
		return 0;
	}
	return -1;
}

/**
 * level_reset() - a level gets a register state, or loses its own
 * @v: own vCPU, or one that does not run yet
 * @level: VMPL
 * @vmsa: its state, 0 to stop it
 */
void level_reset(struct vcpu *v, u32 level, u64 vmsa)
{
	struct level *l = &v->level[level];

	if (level == v->current) {
		vmsa_release(v);
		v->event = 0;
	}
	*l = (struct level){
		.live = vmsa != 0,
		.vmsa = vmsa,
		.start_wanted = vmsa != 0,
		.ghcb_msr = GHCB_SEV_INFO,
		.ghcb_gpa = ~0ULL,
	};
	apic_reset(v, level);
	if (vmsa && !vcpu_level(v)->vmsa)
		v->current = (u8)level;
}

/**
 * level_requests() - do what level_start() asked of this vCPU
 * @v: own vCPU
 */
void level_requests(struct vcpu *v)
{
	for (u32 l = 0; l < LEVELS; l++) {
		u64 request = __atomic_exchange_n(&v->start[l], 0,
						  __ATOMIC_SEQ_CST);

		if (request & START_WANTED)
			level_reset(v, l, request & ~START_WANTED);
	}
}
