// SPDX-License-Identifier: MIT
/*
 * The invariants that the core structs state in their comments, as code. For
 * tests and debugging. Nothing may change while they are looked at.
 */
#include <svsm/pinned.h>
#include <svsm/svsm.h>

/* See evpage.h. */
bool event_page_invariant_ok(struct vcpu *vcpu)
{
	struct event_page *ep = &vcpu->page;
	bool there, ok;
	u32 owner;

	spin_lock(&ep->lock);
	there = ep->state == EVENT_PAGE_ACTIVE ||
		ep->state == EVENT_PAGE_CLOSING;
	ok = there == (ep->mem != NULL) &&
	     event_page_vector_ok(ep->vector) == SVSM_SUCCESS;
	if (ep->state == EVENT_PAGE_NONE)
		ok = ok && !ep->gpa;
	else
		ok = ok && !(ep->gpa % SVSM_EVENT_PAGE_SIZE) &&
		     pinned_owner(ep->gpa, PINNED_EVENT_PAGE, &owner) &&
		     owner == vcpu->index;
	spin_unlock(&ep->lock);
	return ok;
}

static bool source_ok(const struct irqsrc *src)
{
	bool host = src->kind == SVSM_SOURCE_HOST_VECTOR;

	if (!src->open)
		return !src->latched && !src->in_service && !src->again &&
		       !src->kind && !src->trigger && !src->host_vector &&
		       !src->host_vcpu && !src->target;
	if (!src->target || host != (src->host_vcpu != NULL))
		return false;
	if (host && (!hostirq_vector_ok(src->host_vector) ||
		     src->host_vcpu->host_source[src->host_vector] !=
		     src - svsm.sources))
		return false;
	if (src->in_service && src->trigger != SVSM_TRIGGER_LEVEL)
		return false;
	if (src->again && !src->in_service)
		return false;
	return !src->latched || src->target->page.state != EVENT_PAGE_ACTIVE;
}

/* See irqsrc.h. */
bool irqsrc_invariant_ok(void)
{
	u32 s, v, i, claimed = 0, mapped = 0;

	for (s = 0; s < SVSM_SOURCES_MAX; s++) {
		if (!source_ok(&svsm.sources[s]))
			return false;
		claimed += svsm.sources[s].host_vcpu != NULL;
	}
	for (i = 0; i < svsm.vcpu_count; i++) {
		for (v = 0; v < HOST_VECTORS; v++)
			mapped += svsm.vcpus[i].host_source[v] !=
				  HOST_SOURCE_NONE;
	}
	return claimed == mapped;
}

/* See timer.h. */
bool timer_invariant_ok(struct vcpu *vcpu)
{
	struct vtimer *timer = &vcpu->timer;
	bool ok = true;

	spin_lock(&timer->lock);
	if (timer->attached)
		ok = timer->source < SVSM_SOURCES_MAX &&
		     svsm.sources[timer->source].kind == SVSM_SOURCE_TIMER &&
		     svsm.sources[timer->source].target == vcpu &&
		     event_page_state(vcpu) != EVENT_PAGE_NONE;
	spin_unlock(&timer->lock);
	return ok;
}

/* See vcpu.h. */
bool vcpu_invariant_ok(struct vcpu *vcpu)
{
	u32 owner;

	if (!vcpu->has_guest)
		return !vcpu->state && !vcpu->calling_area;
	return pinned_owner(vcpu->state, PINNED_STATE, &owner) &&
	       owner == vcpu->index &&
	       pinned_owner(vcpu->calling_area, PINNED_CALLING_AREA, &owner) &&
	       owner == vcpu->index;
}

/* See svsm.h. */
bool svsm_invariants_ok(void)
{
	u32 i;

	if (!pinned_invariant_ok() || !irqsrc_invariant_ok())
		return false;
	for (i = 0; i < svsm.vcpu_count; i++) {
		if (!event_page_invariant_ok(&svsm.vcpus[i]) ||
		    !timer_invariant_ok(&svsm.vcpus[i]) ||
		    !vcpu_invariant_ok(&svsm.vcpus[i]))
			return false;
	}
	return true;
}
