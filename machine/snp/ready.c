/* SPDX-License-Identifier: MIT */
/*
 * Which level of a vCPU has a reason to run.
 */
#include "../cpu.h"
#include "../hostile.h"
#include "snp.h"

/* May the current level go on, or does it wait for something? */
static bool has_reason(struct vcpu *v, const struct vapic_out *out)
{
	struct level *l = vcpu_level(v);

	if (!l->vmsa || l->reset_hold)
		return false;
	if (!l->halted)
		return true;
	if (level_restricted(v, v->current))
		return doorbell_waiting(v, v->current);
	if (out->nmi && !l->nmi_blocked)
		return true;
	return out->vector != VAPIC_NONE && (v->loaded ?
		(v->vmcb->save.rflags & RFLAGS_IF) : vmsa_interrupts_on(l));
}

/*
 * See to all levels' APICs; returns what the current one can take. An event
 * for VMPL0 takes the vCPU away from a higher level.
 */
static void look(struct vcpu *v, struct vapic_out *current)
{
	struct vapic_out out[LEVELS];
	u64 deadline = hostile_look(v);
	u32 unasked;

	for (u32 l = 0; l < LEVELS; l++) {
		if (!v->level[l].vmsa)
			continue;
		doorbell_taken(v, l);
		apic_scan(v, l, &out[l]);
		/* A level that is not called for misses none of its ticks. */
		if ((!l || l == v->current) && out[l].next_deadline < deadline)
			deadline = out[l].next_deadline;
		if (level_restricted(v, l))
			doorbell_sync(v, l, &out[l]);
	}
	vcpu_arm(v, deadline);
	if (v->current && v->level[0].vmsa && level_restricted(v, 0) &&
	    doorbell_waiting(v, 0))
		level_switch(v, 0);
	/* VMPL0 sleeps and somebody gave this vCPU a level to run. */
	if (!v->current && v->level[0].halted && !doorbell_waiting(v, 0)) {
		for (u32 l = 1; l < LEVELS; l++) {
			if (v->level[l].start_wanted &&
			    vmsa_check(v, l) == VMSA_OK) {
				level_switch(v, l);
				break;
			}
		}
	}
	unasked = hostile_level(v);
	if (unasked != v->current)
		level_switch(v, unasked);
	if (v->level[v->current].vmsa)
		*current = out[v->current];
	else
		*current = (struct vapic_out){ .vector = VAPIC_NONE };
}

/* A level with restricted injection learns of its interrupts by #HV. */
static void signal(struct vcpu *v, struct vapic_out *out)
{
	*out = (struct vapic_out){ .vector = VAPIC_NONE };
	if (v->event || vcpu_level(v)->reinject ||
	    !doorbell_signal(v, v->current))
		return;
	v->count[COUNT_HV]++;
	inject_exception(v, VECTOR_HV, -1);
}

/* See struct platform. */
bool snp_ready(struct vcpu *v, struct vapic_out *out)
{
	level_requests(v);
	look(v, out);
	if (!has_reason(v, out))
		return false;
	/* what VMRUN refuses does not run; a start may mend it */
	if (!v->loaded && vmsa_load(v) != VMSA_OK)
		return false;
	vcpu_level(v)->start_wanted = false;
	if (level_restricted(v, v->current))
		signal(v, out);
	return true;
}
