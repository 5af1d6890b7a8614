// SPDX-License-Identifier: MIT
/*
 * The event page: raise and notification.
 *
 * Every pair of barriers below is named after its litmus test. The SVSM's half
 * is always a locked read-modify-write, which is a full barrier; the other
 * half is the guest's, in Documentation/abi.rst, "Event page".
 */
#include <svsm/arch.h>
#include <svsm/evpage.h>
#include <svsm/log.h>
#include <svsm/vcpu.h>

/* A notification is repeated after this time, in ms; as ticks of 1 kHz. */
#define REASSERT_MS	1000
/*
 * The same for a TSC of unknown frequency: 1 s at 1 GHz, sooner on all that is
 * faster.
 */
#define REASSERT_TICKS_UNKNOWN	1000000000ULL

static struct shm_u64 *pir_of(struct event_page *ep, u32 source)
{
	return shm_u64_at(ep->mem, EVENT_PAGE_OFFSET(pir) +
			  source / SVSM_SOURCES_PER_GROUP * sizeof(u64));
}

static struct shm_u64 *mask_of(struct event_page *ep, u32 source)
{
	return shm_u64_at(ep->mem, EVENT_PAGE_OFFSET(mask) +
			  source / SVSM_SOURCES_PER_GROUP * sizeof(u64));
}

static struct shm_u64 *level_of(struct event_page *ep, u32 source)
{
	return shm_u64_at(ep->mem, EVENT_PAGE_OFFSET(level) +
			  source / SVSM_SOURCES_PER_GROUP * sizeof(u64));
}

static u64 bit_of(u32 source)
{
	return BIT_ULL(source % SVSM_SOURCES_PER_GROUP);
}

/* See evpage.h. */
void event_page_init(struct event_page *ep)
{
	*ep = (struct event_page){ .reassert_at = TSC_NEVER };
}

/* See evpage.h. Relaxed: a counter orders nothing. */
void event_page_count(struct event_page *ep, enum svsm_page_counter counter)
{
	__atomic_fetch_add(&ep->counters[counter], 1, __ATOMIC_RELAXED);
}

/* See evpage.h. */
void event_page_lose(struct vcpu *vcpu)
{
	struct event_page *ep = &vcpu->page;

	svsm_log(LOG_WARN, "vcpu %u: event page at 0x%lx is gone", vcpu->index,
		 ep->gpa);
	ep->mem = NULL;
	ep->state = EVENT_PAGE_LOST;
}

/*
 * After the page lock is released: to wait for it at once would cost the
 * target more than it gains. This vCPU enters its guest soon anyway.
 */
static void kick(struct vcpu *vcpu)
{
	if (vcpu != arch_this_vcpu())
		arch_kick(vcpu);
}

/* See evpage.h. */
u32 event_page_set_vector(struct vcpu *vcpu, u8 vector)
{
	struct event_page *ep = &vcpu->page;
	u32 ret = SVSM_ERR_LOST;
	u32 on = 0;

	spin_lock(&ep->lock);
	if (ep->state != EVENT_PAGE_ACTIVE)
		goto unlock;
	if (!shm_write32(shm_u32_at(ep->mem, EVENT_PAGE_OFFSET(vector)),
			 vector) ||
	    !shm_read32(shm_u32_at(ep->mem, EVENT_PAGE_OFFSET(on)), &on)) {
		event_page_lose(vcpu);
		goto unlock;
	}
	ep->vector = vector;
	if (on & SVSM_EVENT_ON)
		ep->requests++;
	ret = SVSM_SUCCESS;
unlock:
	spin_unlock(&ep->lock);
	if (on & SVSM_EVENT_ON)
		kick(vcpu);
	return ret;
}

/* See evpage.h. */
enum event_page_state event_page_state(struct vcpu *vcpu)
{
	enum event_page_state state;

	spin_lock(&vcpu->page.lock);
	state = vcpu->page.state;
	spin_unlock(&vcpu->page.lock);
	return state;
}

/* Steps 1 to 5 on a page that is there. Return: false if the page is gone. */
static bool raise_in_page(struct vcpu *vcpu, u32 source, bool *notify)
{
	struct event_page *ep = &vcpu->page;
	u64 old64, mask;
	u32 old32, sn;

	/*
	 * 1. "raise/take, data": the barrier orders what the source stands for
	 * before the bit; pairs with the guest's RMW that clears the bit before
	 * it handles. Needed for a coalesced raise too.
	 */
	if (!shm_fetch_or64(pir_of(ep, source), bit_of(source), &old64))
		return false;
	if (old64 & bit_of(source)) {
		event_page_count(ep, SVSM_COUNTER_COALESCED);
		return true;
	}
	/*
	 * 2. "raise/unmask": pir before mask; pairs with the guest, which
	 * clears the mask bit by an RMW before it tests pir.
	 */
	if (!shm_read64(mask_of(ep, source), &mask))
		return false;
	if (mask & bit_of(source)) {
		event_page_count(ep, SVSM_COUNTER_MASKED);
		return true;
	}
	/*
	 * 3. "raise/take, groups": pir before groups; pairs with the guest's
	 * xchg of groups before it looks at pir.
	 */
	if (!shm_fetch_or64(shm_u64_at(ep->mem, EVENT_PAGE_OFFSET(groups)),
			    BIT_ULL(source / SVSM_SOURCES_PER_GROUP), &old64))
		return false;
	/*
	 * 4. "raise/SN": groups before sn; pairs with the full barrier between
	 * the guest's clearing of sn and its look at groups.
	 */
	if (!shm_read32(shm_u32_at(ep->mem, EVENT_PAGE_OFFSET(sn)), &sn))
		return false;
	if (sn & SVSM_EVENT_SN) {
		event_page_count(ep, SVSM_COUNTER_SUPPRESSED_SN);
		return true;
	}
	/*
	 * 5. "raise/take, ON": groups before on; pairs with the guest's xchg of
	 * on before that of groups.
	 */
	if (!shm_xchg32(shm_u32_at(ep->mem, EVENT_PAGE_OFFSET(on)),
			SVSM_EVENT_ON, &old32))
		return false;
	if (old32 & SVSM_EVENT_ON)
		event_page_count(ep, SVSM_COUNTER_SUPPRESSED_ON);
	else
		*notify = ep->vector != 0;
	return true;
}

/* See evpage.h. */
bool event_page_raise(struct vcpu *vcpu, u32 source)
{
	struct event_page *ep = &vcpu->page;
	bool notify = false;
	bool raised = false;

	spin_lock(&ep->lock);
	if (ep->state == EVENT_PAGE_ACTIVE) {
		raised = raise_in_page(vcpu, source, &notify);
		if (!raised)
			event_page_lose(vcpu);
		if (notify)
			ep->requests++;
	}
	spin_unlock(&ep->lock);
	if (notify)
		kick(vcpu);
	return raised;
}

static bool take_bit(struct vcpu *vcpu, u32 source)
{
	struct event_page *ep = &vcpu->page;
	u64 old;

	/*
	 * "move/raise": under the source's lock, so that no raise can put the
	 * bit back; an RMW, because the guest may clear it at the same time and
	 * only one of us may have it.
	 */
	if (!shm_fetch_and64(pir_of(ep, source), ~bit_of(source), &old)) {
		event_page_lose(vcpu);
		return false;
	}
	return old & bit_of(source);
}

static bool set_bit_to(struct shm_u64 *word, u64 bit, bool on)
{
	u64 old;

	return on ? shm_fetch_or64(word, bit, &old) :
		    shm_fetch_and64(word, ~bit, &old);
}

/* See evpage.h. */
void event_page_prepare(struct vcpu *vcpu, u32 source, bool level, bool fresh)
{
	struct event_page *ep = &vcpu->page;

	spin_lock(&ep->lock);
	if (ep->mem) {
		/* Masked before it is cleared: nothing old shows through. */
		if ((fresh && !set_bit_to(mask_of(ep, source), bit_of(source),
					  true)) ||
		    (fresh && !set_bit_to(pir_of(ep, source), bit_of(source),
					  false)) ||
		    !set_bit_to(level_of(ep, source), bit_of(source), level))
			event_page_lose(vcpu);
	}
	spin_unlock(&ep->lock);
}

/* See evpage.h. */
bool event_page_retire(struct vcpu *vcpu, u32 source)
{
	struct event_page *ep = &vcpu->page;
	bool was_set = false;

	spin_lock(&ep->lock);
	if (ep->mem) {
		was_set = take_bit(vcpu, source);
		if (ep->mem && !set_bit_to(level_of(ep, source),
					   bit_of(source), false))
			event_page_lose(vcpu);
	}
	spin_unlock(&ep->lock);
	return was_set;
}

/* See evpage.h. */
bool event_page_pending(struct vcpu *vcpu, u32 source)
{
	struct event_page *ep = &vcpu->page;
	u64 pir = 0;

	spin_lock(&ep->lock);
	if (ep->mem && !shm_read64(pir_of(ep, source), &pir)) {
		event_page_lose(vcpu);
		pir = 0;
	}
	spin_unlock(&ep->lock);
	return pir & bit_of(source);
}

/* Return: true while the guest owes an acknowledgement. */
static bool outstanding(struct vcpu *vcpu)
{
	struct event_page *ep = &vcpu->page;
	u32 on, sn;

	if (ep->state != EVENT_PAGE_ACTIVE || !ep->vector)
		return false;
	if (!shm_read32(shm_u32_at(ep->mem, EVENT_PAGE_OFFSET(on)), &on) ||
	    !shm_read32(shm_u32_at(ep->mem, EVENT_PAGE_OFFSET(sn)), &sn)) {
		event_page_lose(vcpu);
		return false;
	}
	return (on & SVSM_EVENT_ON) && !(sn & SVSM_EVENT_SN);
}

static u64 reassert_ticks(void)
{
	u32 khz = arch_tsc_khz();

	return khz ? (u64)khz * REASSERT_MS : REASSERT_TICKS_UNKNOWN;
}

/* See evpage.h. */
u8 event_page_enter(struct vcpu *vcpu, u64 *requests)
{
	struct event_page *ep = &vcpu->page;
	u8 vector = 0;
	u64 now;

	spin_lock(&ep->lock);
	if (outstanding(vcpu))
		vector = ep->vector;
	*requests = ep->requests;
	spin_unlock(&ep->lock);

	if (!vector) {
		ep->reassert_at = TSC_NEVER;
		return 0;
	}
	/* Lazily: one arm a second, however often the guest is entered. */
	now = arch_tsc();
	if (ep->reassert_at == TSC_NEVER || ep->reassert_at <= now)
		ep->reassert_at = now + reassert_ticks();
	return vector;
}

/* See evpage.h. */
void event_page_entered(struct vcpu *vcpu, u8 vector, u64 requests)
{
	struct event_page *ep = &vcpu->page;

	if (vector)
		event_page_count(ep, ep->served != requests ?
				 SVSM_COUNTER_NOTIFIED :
				 SVSM_COUNTER_REASSERTED);
	ep->served = requests;
}
