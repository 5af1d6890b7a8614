// SPDX-License-Identifier: MIT
/*
 * The registry of sources.
 */
#include <svsm/arch.h>
#include <svsm/hostirq.h>
#include <svsm/irqsrc.h>
#include <svsm/svsm.h>

static u32 number_of(const struct irqsrc *src)
{
	return (u32)(src - svsm.sources);
}

/* See irqsrc.h. */
void irqsrc_init(void)
{
	u32 s;

	for (s = 0; s < SVSM_SOURCES_MAX; s++)
		svsm.sources[s] = (struct irqsrc){ .open = false };
}

/* --- Raise -------------------------------------------------------------- */

/* Source lock held. Nothing is lost: what has no page is latched. */
static void deliver(struct irqsrc *src)
{
	if (event_page_raise(src->target, number_of(src)))
		return;
	src->latched = true;
	event_page_count(&src->target->page, SVSM_COUNTER_LATCHED);
}

/* Source lock held, source open. */
static void source_raise(struct irqsrc *src)
{
	if (src->trigger == SVSM_TRIGGER_LEVEL) {
		if (src->in_service) {
			src->again = true;
			return;
		}
		src->in_service = true;
	}
	deliver(src);
}

/* Source lock held, source open. */
static void source_posted(struct irqsrc *src, bool held)
{
	if (src->trigger == SVSM_TRIGGER_EDGE) {
		source_raise(src);
		/* The guest sends no EOI for an edge. */
		if (held)
			hostirq_eoi(src->host_vcpu, src->host_vector);
		return;
	}
	/* If an EOI is on its way the host posts again after it. */
	if (!held || !hostirq_eoi_owed(src->host_vcpu, src->host_vector))
		source_raise(src);
}

/* See irqsrc.h. */
bool irqsrc_posted(u32 source, struct vcpu *vcpu, u8 vector, bool held)
{
	struct irqsrc *src = &svsm.sources[source];
	bool taken;

	spin_lock(&src->lock);
	/* It may have been closed or taken by another meanwhile. */
	taken = src->open && src->host_vcpu == vcpu &&
		src->host_vector == vector;
	if (taken)
		source_posted(src, held);
	spin_unlock(&src->lock);
	return taken;
}

/* See irqsrc.h. */
u32 irqsrc_raise_software(u32 source)
{
	u32 ret = SVSM_ERR_INVALID_REQUEST;
	struct irqsrc *src;

	if (source >= SVSM_SOURCES_MAX)
		return ret;

	src = &svsm.sources[source];
	spin_lock(&src->lock);
	if (src->open && src->kind == SVSM_SOURCE_SOFTWARE) {
		source_raise(src);
		ret = SVSM_SUCCESS;
	}
	spin_unlock(&src->lock);
	return ret;
}

/* See irqsrc.h. */
void irqsrc_raise_timer(u32 source)
{
	struct irqsrc *src = &svsm.sources[source];

	spin_lock(&src->lock);
	source_raise(src);
	spin_unlock(&src->lock);
}

/* See irqsrc.h. */
u32 irqsrc_eoi(u32 source)
{
	u32 ret = SVSM_ERR_INVALID_REQUEST;
	struct irqsrc *src;

	if (source >= SVSM_SOURCES_MAX)
		return ret;

	src = &svsm.sources[source];
	spin_lock(&src->lock);
	if (src->in_service) {
		src->in_service = false;
		if (src->kind == SVSM_SOURCE_HOST_VECTOR)
			hostirq_eoi(src->host_vcpu, src->host_vector);
		if (src->again) {
			src->again = false;
			source_raise(src);
		}
		ret = SVSM_SUCCESS;
	}
	spin_unlock(&src->lock);
	return ret;
}

/* --- What exists ---------------------------------------------------------- */

static bool range_free(u32 first, u32 end, u32 *source)
{
	u32 s;

	/* Only holders of the control lock change @open. */
	for (s = first; s < end; s++) {
		if (!svsm.sources[s].open) {
			*source = s;
			return true;
		}
	}
	return false;
}

static u32 choose(const struct irqsrc_config *config, u32 *source)
{
	bool timer = config->kind == SVSM_SOURCE_TIMER;

	if (*source == SVSM_SOURCE_ANY)
		return range_free(timer ? 0 : SVSM_SOURCES_PER_GROUP,
				  timer ? SVSM_SOURCES_PER_GROUP :
					  SVSM_SOURCES_MAX, source) ?
		       SVSM_SUCCESS : SVSM_ERR_IN_USE;
	if (*source >= SVSM_SOURCES_MAX)
		return SVSM_ERR_INVALID_PARAMETER;
	return svsm.sources[*source].open ? SVSM_ERR_IN_USE : SVSM_SUCCESS;
}

static u32 claim_host_vector(const struct irqsrc_config *config)
{
	if (!hostirq_vector_ok(config->host_vector))
		return SVSM_ERR_VECTOR;
	if (config->host_vcpu->host_source[config->host_vector] !=
	    HOST_SOURCE_NONE)
		return SVSM_ERR_IN_USE;
	return SVSM_SUCCESS;
}

/* See irqsrc.h. */
u32 irqsrc_open(const struct irqsrc_config *config, u32 *source)
{
	struct irqsrc *src;
	u32 ret;

	ret = choose(config, source);
	if (!ret && config->host_vcpu)
		ret = claim_host_vector(config);
	if (ret)
		return ret;

	src = &svsm.sources[*source];
	spin_lock(&src->lock);
	src->open = true;
	src->kind = config->kind;
	src->trigger = config->trigger;
	src->host_vector = config->host_vector;
	src->host_vcpu = config->host_vcpu;
	src->target = config->target;
	event_page_prepare(src->target, *source,
			   src->trigger == SVSM_TRIGGER_LEVEL, true);
	if (src->host_vcpu) {
		/* "open/post": pairs with hostirq.c, host_event(). */
		__atomic_store_n(&src->host_vcpu->host_source[src->host_vector],
				 (u16)*source, __ATOMIC_SEQ_CST);
		/*
		 * What the host posted while nobody listened it still holds:
		 * have it post again if the line is still asserted.
		 */
		hostirq_eoi(src->host_vcpu, src->host_vector);
	}
	spin_unlock(&src->lock);
	return SVSM_SUCCESS;
}

/* Source lock held, source open. */
static void source_close(struct irqsrc *src)
{
	if (src->kind == SVSM_SOURCE_HOST_VECTOR) {
		__atomic_store_n(&src->host_vcpu->host_source[src->host_vector],
				 HOST_SOURCE_NONE, __ATOMIC_SEQ_CST);
		if (src->in_service)
			hostirq_eoi(src->host_vcpu, src->host_vector);
	}
	event_page_retire(src->target, number_of(src));
	src->open = false;
	src->latched = false;
	src->in_service = false;
	src->again = false;
	src->kind = 0;
	src->trigger = 0;
	src->host_vector = 0;
	src->host_vcpu = NULL;
	src->target = NULL;
}

/* See irqsrc.h. */
u32 irqsrc_close(u32 source)
{
	u32 ret = SVSM_ERR_INVALID_REQUEST;
	struct irqsrc *src;

	if (source >= SVSM_SOURCES_MAX)
		return ret;

	src = &svsm.sources[source];
	spin_lock(&src->lock);
	if (src->open && src->kind != SVSM_SOURCE_TIMER) {
		source_close(src);
		ret = SVSM_SUCCESS;
	}
	spin_unlock(&src->lock);
	return ret;
}

/* See irqsrc.h. */
void irqsrc_close_timer(u32 source)
{
	struct irqsrc *src = &svsm.sources[source];

	spin_lock(&src->lock);
	source_close(src);
	spin_unlock(&src->lock);
}

/* See irqsrc.h. */
void irqsrc_close_bound(struct vcpu *target)
{
	struct irqsrc *src;
	u32 s;

	for (s = 0; s < SVSM_SOURCES_MAX; s++) {
		src = &svsm.sources[s];
		spin_lock(&src->lock);
		if (src->open && (!target || src->target == target))
			source_close(src);
		spin_unlock(&src->lock);
	}
}

/*
 * Source lock held. A page that is gone tells nothing, and the host can make
 * it go: an edge in it is lost with it rather than made up. That a level
 * source awaits its EOI is known for certain.
 */
static bool pending_at(struct irqsrc *src, struct vcpu *vcpu)
{
	bool pending = event_page_retire(vcpu, number_of(src));

	if (event_page_state(vcpu) == EVENT_PAGE_LOST)
		pending = pending || src->in_service;
	if (src->latched)
		pending = true;
	src->latched = false;
	return pending;
}

/* See irqsrc.h. */
u32 irqsrc_bind(u32 source, struct vcpu *target)
{
	struct irqsrc *src;
	bool pending;

	if (source >= SVSM_SOURCES_MAX)
		return SVSM_ERR_INVALID_REQUEST;

	src = &svsm.sources[source];
	spin_lock(&src->lock);
	if (!src->open || (src->kind == SVSM_SOURCE_TIMER &&
			   src->target != target)) {
		spin_unlock(&src->lock);
		return SVSM_ERR_INVALID_REQUEST;
	}
	if (src->target != target) {
		/*
		 * "move/raise": no raise while we hold the lock, so after this
		 * the old page never shows the source again.
		 */
		pending = pending_at(src, src->target);
		src->target = target;
		event_page_prepare(target, source,
				   src->trigger == SVSM_TRIGGER_LEVEL, false);
		if (pending)
			deliver(src);
	}
	spin_unlock(&src->lock);
	return SVSM_SUCCESS;
}

/* See irqsrc.h. */
void irqsrc_page_up(struct vcpu *vcpu)
{
	struct irqsrc *src;
	u32 s;

	for (s = 0; s < SVSM_SOURCES_MAX; s++) {
		src = &svsm.sources[s];
		spin_lock(&src->lock);
		if (src->open && src->target == vcpu) {
			event_page_prepare(vcpu, s, src->trigger ==
					   SVSM_TRIGGER_LEVEL, false);
			if (src->latched) {
				src->latched = false;
				deliver(src);
			}
		}
		spin_unlock(&src->lock);
	}
}

/* See irqsrc.h. */
void irqsrc_page_down(struct vcpu *vcpu)
{
	struct irqsrc *src;
	u32 s;

	for (s = 0; s < SVSM_SOURCES_MAX; s++) {
		src = &svsm.sources[s];
		spin_lock(&src->lock);
		if (src->open && src->target == vcpu)
			src->latched = pending_at(src, vcpu);
		spin_unlock(&src->lock);
	}
}

/* See irqsrc.h. */
u32 irqsrc_query(u32 source, u64 *state)
{
	struct irqsrc *src;

	*state = 0;
	if (source >= SVSM_SOURCES_MAX)
		return SVSM_ERR_INVALID_REQUEST;

	src = &svsm.sources[source];
	spin_lock(&src->lock);
	if (src->open) {
		*state = SVSM_SOURCE_STATE_OPEN;
		if (src->latched)
			*state |= SVSM_SOURCE_STATE_LATCHED;
		if (src->in_service)
			*state |= SVSM_SOURCE_STATE_IN_SERVICE;
		if (event_page_pending(src->target, source))
			*state |= SVSM_SOURCE_STATE_PENDING;
		if (event_page_state(src->target) == EVENT_PAGE_LOST)
			*state |= SVSM_SOURCE_STATE_LOST;
	}
	spin_unlock(&src->lock);
	return SVSM_SUCCESS;
}
