// SPDX-License-Identifier: MIT
/*
 * The guest's timer.
 *
 * Whether a deadline has come is decided here, by the TSC; the host's timer
 * only makes us look. A tick that comes early fires nothing, one that never
 * comes is made good by the next look.
 */
#include <svsm/arch.h>
#include <svsm/svsm.h>
#include <svsm/timer.h>

/* See timer.h. */
void timer_init(struct vtimer *timer)
{
	*timer = (struct vtimer){ .armed = TSC_NEVER };
}

/*
 * Page lock held. Both: a timer_armed that is left behind would tell the next
 * owner that a look is coming.
 */
static bool clear_in_page(struct shm *mem)
{
	return shm_write64(shm_u64_at(mem, EVENT_PAGE_OFFSET(timer_deadline)),
			   SVSM_TIMER_NONE) &&
	       shm_write64(shm_u64_at(mem, EVENT_PAGE_OFFSET(timer_armed)),
			   SVSM_TIMER_NONE);
}

/* Page lock held. */
static bool show_counts(const struct vtimer *timer, struct shm *mem)
{
	return shm_write64(shm_u64_at(mem,
				      EVENT_PAGE_OFFSET(timer_expirations)),
			   timer->expirations) &&
	       shm_write64(shm_u64_at(mem, EVENT_PAGE_OFFSET(timer_late_max)),
			   timer->late_max);
}

/* Timer lock held. */
static void clear(struct vcpu *vcpu)
{
	struct event_page *ep = &vcpu->page;

	spin_lock(&ep->lock);
	if (ep->mem && !(clear_in_page(ep->mem) &&
			 show_counts(&vcpu->timer, ep->mem)))
		event_page_lose(vcpu);
	spin_unlock(&ep->lock);
}

static u32 attach(struct vcpu *vcpu, u32 *source)
{
	struct irqsrc_config config = {
		.kind = SVSM_SOURCE_TIMER,
		.trigger = SVSM_TRIGGER_EDGE,
		.target = vcpu,
	};
	u32 ret;

	if (vcpu->timer.attached)
		return SVSM_ERR_IN_USE;
	ret = irqsrc_open(&config, source);
	if (ret)
		return ret;
	vcpu->timer.expirations = 0;
	vcpu->timer.late_max = 0;
	clear(vcpu);
	vcpu->timer.source = *source;
	vcpu->timer.attached = true;
	return SVSM_SUCCESS;
}

/* See timer.h. */
u32 timer_attach(struct vcpu *vcpu, u32 *source)
{
	u32 ret;

	switch (event_page_state(vcpu)) {
	case EVENT_PAGE_ACTIVE:
		break;
	case EVENT_PAGE_LOST:
		return SVSM_ERR_LOST;
	default:
		return SVSM_ERR_NO_PAGE;
	}

	spin_lock(&vcpu->timer.lock);
	ret = attach(vcpu, source);
	spin_unlock(&vcpu->timer.lock);
	return ret;
}

/* See timer.h. */
u32 timer_detach(struct vcpu *vcpu)
{
	struct vtimer *timer = &vcpu->timer;
	u32 ret = SVSM_ERR_INVALID_REQUEST;

	spin_lock(&timer->lock);
	if (timer->attached) {
		timer->attached = false;
		clear(vcpu);
		irqsrc_close_timer(timer->source);
		ret = SVSM_SUCCESS;
	}
	spin_unlock(&timer->lock);
	return ret;
}

/* See timer.h. */
bool timer_attached(struct vcpu *vcpu)
{
	bool attached;

	spin_lock(&vcpu->timer.lock);
	attached = vcpu->timer.attached;
	spin_unlock(&vcpu->timer.lock);
	return attached;
}

static bool record_expiry(struct vtimer *timer, struct shm *mem, u64 late)
{
	timer->expirations++;
	if (late > timer->late_max)
		timer->late_max = late;
	return show_counts(timer, mem);
}

/* Page lock and timer lock held. Return: false if the page is gone. */
static bool look(struct vtimer *timer, struct shm *mem, u64 *next,
		 bool *expired)
{
	struct shm_u64 *word = shm_u64_at(mem,
					  EVENT_PAGE_OFFSET(timer_deadline));
	u64 deadline, now, old;

	if (!shm_read64(word, &deadline))
		return false;
	now = arch_tsc();
	*next = deadline;
	if (deadline == SVSM_TIMER_NONE || now < deadline)
		return true;
	/*
	 * "timer cmpxchg": pairs with the guest's store of a new deadline. If
	 * that came first we lose, and the new deadline stands.
	 */
	if (!shm_cmpxchg64(word, deadline, SVSM_TIMER_NONE, &old))
		return false;
	if (old != deadline) {
		*next = old;
		return true;
	}
	*next = TSC_NEVER;
	*expired = true;
	return record_expiry(timer, mem, now - deadline);
}

/* See timer.h. */
u64 timer_expire(struct vcpu *vcpu)
{
	struct event_page *ep = &vcpu->page;
	struct vtimer *timer = &vcpu->timer;
	u64 next = TSC_NEVER;
	bool expired = false;

	spin_lock(&timer->lock);
	if (timer->attached) {
		spin_lock(&ep->lock);
		if (ep->mem && !look(timer, ep->mem, &next, &expired)) {
			next = TSC_NEVER;
			event_page_lose(vcpu);
		}
		spin_unlock(&ep->lock);
		/* After the page lock: a raise takes the source's first. */
		if (expired) {
			event_page_count(ep, SVSM_COUNTER_EXPIRED);
			irqsrc_raise_timer(timer->source);
		}
	}
	spin_unlock(&timer->lock);
	return next;
}

/*
 * "timer arm": the host's timer is armed before the guest can read in
 * timer_armed that it is: this vCPU's guest does not run while we are here, and
 * arch_timer_arm() defers no longer than to the entry. Pairs with the guest's
 * full barrier between its store of the deadline and its read of timer_armed.
 */
static void publish(struct vcpu *vcpu)
{
	struct event_page *ep = &vcpu->page;
	struct vtimer *timer = &vcpu->timer;

	spin_lock(&timer->lock);
	if (timer->attached) {
		spin_lock(&ep->lock);
		if (ep->mem &&
		    !shm_write64(shm_u64_at(ep->mem,
					    EVENT_PAGE_OFFSET(timer_armed)),
				 timer->armed))
			event_page_lose(vcpu);
		spin_unlock(&ep->lock);
	}
	spin_unlock(&timer->lock);
}

/* See timer.h. */
void timer_arm(struct vcpu *vcpu, u64 deadline)
{
	struct vtimer *timer = &vcpu->timer;
	u64 wanted = deadline;

	if (vcpu->page.reassert_at < wanted)
		wanted = vcpu->page.reassert_at;
	/* It has come, or was dropped. */
	if (timer->armed <= arch_tsc())
		timer->armed = TSC_NEVER;
	/*
	 * Lazily: a tick that comes before it is wanted costs one look, less
	 * than it costs to move it.
	 */
	if (wanted < timer->armed) {
		arch_timer_arm(wanted);
		timer->armed = wanted;
	}
	publish(vcpu);
}
